package reconcile

import (
	"regexp"
	"strings"
)

// modelVersion is what may stand behind the name of a model: the day of its
// version, and for Bedrock the number of its interface.
var modelVersion = regexp.MustCompile(`(-20[0-9]{2}-?[0-9]{2}-?[0-9]{2})?(-v[0-9]+(:[0-9]+)?)?$`)

// modelFamily is what different logs call a model alike: its name without
// the path of an ARN, the provider and place before it, and the version behind
// it. us.anthropic.claude-sonnet-4-5-20250929-v1:0 and claude-sonnet-4-5 are one.
func modelFamily(model string) string {
	name := strings.ToLower(model[strings.LastIndexByte(model, '/')+1:])
	for {
		head, rest, ok := strings.Cut(name, ".")
		if !ok || strings.ContainsAny(head, "-0123456789") || rest == "" {
			break
		}
		name = rest
	}
	return modelVersion.ReplaceAllString(name, "")
}
