package rules

import (
	"cmp"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// Kind says what a document is.
type Kind string

// The kinds of documents.
const (
	KindRule        Kind = "rule"
	KindCorrelation Kind = "correlation"
	KindFilter      Kind = "filter"
)

// Options shape how rules are read.
type Options struct {
	// Placeholders are the values of what stands between percent signs in values
	// with the modifier expand, by name.
	Placeholders map[string][]string
}

// Rule is one document of a file.
type Rule struct {
	Kind Kind
	File string // as it was found
	Line int    // where the document begins
	Text string // of the whole file

	Title, ID, Name, Status, Level, Description string
	Tags, FalsePositives, References            []string
	LogSource                                   LogSource // not of correlations

	when        *expr        // of rules and filters
	timeframe   bool         // has the timeframe of Sigma 1
	unused      []string     // selections that no condition names
	correlation *correlation // of correlations
	filters     []string     // of filters: the rules that they apply to
	filtered    []*expr      // of rules: the conditions of filters, all of which must hold
	silent      bool         // a correlation names it, and does not want it to report
	index       int          // in its set
}

// LogSource says which logs a rule is for.
type LogSource struct{ Category, Product, Service string }

// String writes a log source as one word for each part.
func (s LogSource) String() string {
	var parts []string
	for _, p := range []string{s.Product, s.Category, s.Service} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "/")
}

// Key is what a rule is known by: its id, else its name, else its file.
func (r *Rule) Key() string {
	base := path.Base(strings.ReplaceAll(r.File, `\`, "/"))
	return cmp.Or(r.ID, r.Name, strings.TrimSuffix(base, path.Ext(base)))
}

// Detector is the detector of the findings of a rule.
func (r *Rule) Detector() string { return analyze.FamilyRule + "." + r.Key() }

// Levels returns the words for the level of a rule, as the specification has
// them.
func Levels() []string { return []string{"informational", "low", "medium", "high", "critical"} }

// Severity is what the level of a rule means for a finding. A rule without one is
// low: its author did not say that it matters.
func (r *Rule) Severity() analyze.Severity {
	for i, word := range Levels() {
		if r.Level == word {
			return analyze.SeverityInfo + analyze.Severity(i) //nolint:gosec // five of them
		}
	}
	return analyze.SeverityLow
}

// Statuses returns the words for the status of a rule.
func Statuses() []string {
	return []string{"stable", "test", "experimental", "deprecated", "unsupported"}
}

// maxTitle is the most characters that the specification gives a title.
const maxTitle = 256

// parseRule reads one document.
func parseRule(n *yaml.Node, o *Options) (*Rule, error) {
	if n.Kind != yaml.MappingNode {
		return nil, wrong(n, "a rule must be a map with title, logsource and detection, not %s", kindOf(n))
	}
	r := &Rule{Kind: KindRule, Line: n.Line}
	if err := r.parseHead(n); err != nil {
		return nil, err
	}
	detection, correlated, filter := member(n, "detection"), member(n, "correlation"), member(n, "filter")
	given := 0
	for _, part := range []*yaml.Node{detection, correlated, filter} {
		if part != nil {
			given++
		}
	}
	switch {
	case given == 0:
		return nil, wrong(n, "the rule has no detection (nor is it a correlation or a filter)")
	case given > 1:
		return nil, wrong(n, "a document holds one of detection, correlation and filter; --- begins another document")
	case correlated != nil:
		r.Kind = KindCorrelation
		return r, r.parseCorrelation(correlated)
	}
	if err := r.parseLogSource(n); err != nil {
		return nil, err
	}
	var err error
	if filter != nil {
		r.Kind = KindFilter
		return r, r.parseFilter(filter, o)
	}
	r.timeframe = member(detection, "timeframe") != nil
	r.when, r.unused, err = parseDetection(detection, o)
	return r, err
}

// parseHead reads what says what a rule is for.
func (r *Rule) parseHead(n *yaml.Node) (err error) {
	for _, f := range []struct {
		name string
		into *string
	}{
		{"title", &r.Title}, {"id", &r.ID}, {"name", &r.Name}, {"status", &r.Status}, {"level", &r.Level}, {"description", &r.Description},
	} {
		if *f.into, err = optionalText(n, f.name); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		name string
		into *[]string
	}{{"tags", &r.Tags}, {"falsepositives", &r.FalsePositives}, {"references", &r.References}} {
		if *f.into, err = optionalTexts(n, f.name); err != nil {
			return err
		}
	}
	switch {
	case r.Title == "":
		return wrong(n, "the rule has no title")
	case len([]rune(r.Title)) > maxTitle:
		return wrong(member(n, "title"), "the title has more than %d characters", maxTitle)
	case r.Level != "" && !contains(Levels(), r.Level):
		return wrong(member(n, "level"), "the level %q is none of %s", r.Level, strings.Join(Levels(), ", "))
	case r.Status != "" && !contains(Statuses(), r.Status):
		return wrong(member(n, "status"), "the status %q is none of %s", r.Status, strings.Join(Statuses(), ", "))
	}
	return nil
}

func (r *Rule) parseLogSource(n *yaml.Node) (err error) {
	s := member(n, "logsource")
	if s == nil || s.Kind != yaml.MappingNode {
		return wrong(n, "the rule has no logsource, such as category: genai, or product: aws and service: cloudtrail")
	}
	for _, f := range []struct {
		name string
		into *string
	}{{"category", &r.LogSource.Category}, {"product", &r.LogSource.Product}, {"service", &r.LogSource.Service}} {
		if *f.into, err = optionalText(s, f.name); err != nil {
			return err
		}
	}
	if r.LogSource == (LogSource{}) {
		return wrong(s, "the logsource names no category, product or service")
	}
	return nil
}

// parseFilter reads which rules a filter is for, and what must hold for them to
// match.
func (r *Rule) parseFilter(n *yaml.Node, o *Options) error {
	if n.Kind != yaml.MappingNode {
		return wrong(n, "a filter must be a map with rules, a selection and a condition, not %s", kindOf(n))
	}
	list := member(n, "rules")
	if list == nil {
		return wrong(n, "the filter does not say for which rules it is: rules lists their ids or names, or is any")
	}
	var err error
	if r.filters, err = textsOf(list, "rules"); err != nil {
		return err
	}
	if len(r.filters) == 0 {
		return wrong(list, "the list of rules is empty")
	}
	r.when, r.unused, err = parseDetection(n, o, "rules")
	return err
}
