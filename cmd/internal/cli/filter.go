package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/formats"
)

// filterOptions are the flags that select events by their columns. Values of
// one flag are alternatives; flags must all hold.
type filterOptions struct {
	values [][]string // in the order of filterFlags
}

// filterFlag is a flag that selects by text columns.
type filterFlag struct {
	name    string
	columns []string // any of them
	usage   string
	words   []string // nil where any text will do
}

// logFormatUsage is the help of --log-format. It says what the flag means for
// load as well, because a flag means the same everywhere.
const logFormatUsage = "logs of this format only: their events, or for load, read every file as such a log"

func filterFlags() []filterFlag {
	return []filterFlag{
		{"principal", []string{"principal"}, "who called; * stands for any text; repeatable, as all flags of this kind", nil},
		{"model", []string{"model", "model_response"}, "model that was asked for or that answered", nil},
		{"operation", []string{"operation"}, "the provider's own name for what was done", nil},
		{"kind", []string{"kind"}, "what the event is: inference, embedding, tool, data ...", eventKinds()},
		{"plane", []string{"plane"}, "side of the access that the event shows: access, content, control, agent", eventPlanes()},
		{"outcome", []string{"outcome"}, "how it ended: success, denied, error, throttled, blocked, unknown", eventOutcomes()},
		{"ip", []string{"src_ip"}, "address that the call came from", nil},
		{"credential", []string{"credential_id", "issued_credential_id"}, "id of the key or token that was used or handed out", nil},
		{"request-id", []string{"request_id"}, "id of the request", nil},
		{"session", []string{"session_id"}, "id of the session or conversation", nil},
		{"log-format", []string{"format"}, logFormatUsage, formatNames()},
	}
}

func eventKinds() []string {
	return []string{
		string(formats.KindInference), string(formats.KindEmbedding), string(formats.KindRetrieval), string(formats.KindTool),
		string(formats.KindMessage), string(formats.KindGuardrail), string(formats.KindAdmin), string(formats.KindAuth),
		string(formats.KindData), string(formats.KindUnparsed), string(formats.KindOther),
	}
}

func eventPlanes() []string {
	return []string{string(formats.PlaneAccess), string(formats.PlaneContent), string(formats.PlaneControl), string(formats.PlaneAgent)}
}

func eventOutcomes() []string {
	return []string{
		string(formats.OutcomeSuccess), string(formats.OutcomeDenied), string(formats.OutcomeError), string(formats.OutcomeThrottled),
		string(formats.OutcomeBlocked), string(formats.OutcomeUnknown),
	}
}

func addFilterFlags(cmd *cobra.Command, o *filterOptions) {
	list := filterFlags()
	o.values = make([][]string, len(list))
	for i, fl := range list {
		cmd.Flags().Var(&alternatives{&o.values[i], fl.words}, fl.name, fl.usage)
		if fl.words != nil {
			// The flag was defined above, the only thing that can fail.
			_ = cmd.RegisterFlagCompletionFunc(fl.name, cobra.FixedCompletions(fl.words, cobra.ShellCompDirectiveNoFileComp))
		}
	}
}

// matches turns the flags into conditions.
func (o *filterOptions) matches() []casefile.Match {
	var out []casefile.Match
	for i, fl := range filterFlags() {
		if len(o.values[i]) > 0 {
			out = append(out, casefile.Match{Columns: fl.columns, Values: o.values[i]})
		}
	}
	return out
}

// params adds the flags that were given to the parameters of a stream.
func (o *filterOptions) params(into map[string]any) {
	for i, fl := range filterFlags() {
		into[strings.ReplaceAll(fl.name, "-", "_")] = o.values[i]
	}
}

// alternatives is a flag that may be given several times: each value is one
// more that will do. Commas do not separate values, because names may hold
// some.
type alternatives struct {
	values *[]string
	words  []string // nil where any text will do
}

func (v *alternatives) Type() string { return "VALUE" }

func (v *alternatives) String() string {
	if v.values == nil {
		return ""
	}
	return strings.Join(*v.values, ", ")
}

func (v *alternatives) Set(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("an empty value selects nothing; --where says IS NULL or = ''")
	case v.words != nil && !slices.Contains(v.words, s):
		return fmt.Errorf("%q is none of %s", s, strings.Join(v.words, ", "))
	}
	*v.values = append(*v.values, s)
	return nil
}

// addWhereFlag adds --where.
func addWhereFlag(cmd *cobra.Command, where *string) {
	cmd.Flags().StringVar(where, "where", "", "condition in `SQL` on the columns, such as \"input_tokens > 1000\"")
}
