package verdict

import (
	"strings"

	"github.com/exhibit-forensics/exhibit/replay/protocol"
)

// form says whether the reply has the form that the request asks for. A reply
// that asks for tools answers later, and one that refuses keeps to no form: both
// are judged as they are, for a program that reads JSON fails on them too.
func (j *judged) form() []Verdict {
	valid, fits := Verdict{Name: "json_valid"}, Verdict{Name: "schema_valid"}
	f := protocol.FormatOf(j.request.Parameters)
	switch {
	case !f.JSON:
		valid.Why = "the request does not ask for JSON"
	case j.failed():
		valid.Why = "an error came back and no answer"
	case strings.TrimSpace(j.reply.Text) == "" && len(j.reply.ToolCalls) > 0:
		valid.Why = "the reply asks for tools and has no text"
	case !j.reply.Complete:
		valid.Why = "the reply is not whole"
	}
	if valid.Why != "" {
		fits.Why = valid.Why
		return []Verdict{valid, fits}
	}
	valid.Value = TruthOf(isJSON(j.reply.Text))
	if inner := fenced(j.reply.Text); inner != "" && isJSON(inner) {
		valid.Why = "JSON stands in a code fence"
	}
	if f.Schema == nil {
		fits.Why = "the request asks for JSON of no schema"
	} else {
		fits.Value, fits.Why = fitsSchema(f.Schema, j.reply.Text)
	}
	return []Verdict{valid, fits}
}
