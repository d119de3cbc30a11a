package cli

import (
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// responseTable says what a policy wants to be done about findings of some
// severities, the severest first.
func responseTable(p *policy.Policy, severities ...analyze.Severity) render.Table {
	t := render.Table{Name: "responses", Title: "What the policy says to do", Columns: []render.Column{
		{Name: "severity"}, {Name: "do", Kind: render.KindLong}, {Name: "call", Kind: render.KindLong}, {Name: "line", Kind: render.KindInt},
	}}
	slices.Sort(severities)
	for _, s := range slices.Backward(slices.Compact(severities)) {
		if r, ok := p.Response(s); ok {
			t.Rows = append(t.Rows, []any{s.String(), orNone(r.Do), orNone(strings.Join(r.Call, ", then ")), r.Line})
		}
	}
	return t
}

// unsettledSeverities are the severities of the findings that somebody is to
// look at.
func (o *findingsOptions) unsettledSeverities(list []analyze.Finding) []analyze.Severity {
	var out []analyze.Severity
	open := unsettled(list, o.judged)
	for i := range open {
		if open[i].Suppressed == nil {
			out = append(out, open[i].Severity)
		}
	}
	return out
}

// storedResponse says what the policy of the last recorded run wants to be done
// about findings of a severity, nil where there is none or it says nothing. A
// policy that this program does not read, as one of another version may write,
// hides no finding.
func storedResponse(c *casefile.Case, s analyze.Severity) (render.Message, error) {
	file, ok, err := c.ParameterFile(policyKind)
	if err != nil || !ok {
		return nil, err
	}
	p, err := policy.Parse(file.Data)
	if err != nil {
		return render.Note{Level: render.LevelWarning, Text: "what the policy of this run says to do is not known: " + err.Error()}, nil
	}
	if t := responseTable(p, s); len(t.Rows) > 0 {
		return t, nil
	}
	return nil, nil
}
