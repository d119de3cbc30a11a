package rules

import (
	"errors"

	"go.yaml.in/yaml/v3"
)

// ParsePlaceholders reads a file of placeholders: a map of names and what they
// stand for, a text or a list of texts.
func ParsePlaceholders(name string, text []byte) (map[string][]string, error) {
	docs, err := documents(text)
	if err == nil && (len(docs) != 1 || docs[0].Kind != yaml.MappingNode) {
		err = errors.New("want one map of names and their values")
	}
	if err != nil {
		return nil, inFile(name, err)
	}
	out := map[string][]string{}
	for i := 0; i < len(docs[0].Content); i += 2 {
		key := docs[0].Content[i].Value
		list, err := textsOf(docs[0].Content[i+1], key)
		if err == nil && !placeholder.MatchString("%"+key+"%") {
			err = wrong(docs[0].Content[i], "%q is no name of a placeholder", key)
		}
		if err != nil {
			return nil, inFile(name, err)
		}
		out[key] = list
	}
	return out, nil
}
