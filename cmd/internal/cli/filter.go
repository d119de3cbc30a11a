package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

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
const logFormatUsage = "only this format of logs (`NAME`): load reads every file as such a log, events selects its events"

// modelUsage and sessionUsage are shared with replay for the same reason.
const (
	modelUsage   = "only events of this model (`NAME`), asked for or answering; replay, the model to ask"
	sessionUsage = "only events of this session or conversation (`ID`)"
)

func filterFlags() []filterFlag {
	return []filterFlag{
		{"principal", []string{"principal"}, "only events of this principal (`NAME`), as the log names it", nil},
		{"model", []string{"model", "model_response"}, modelUsage, nil},
		{"operation", []string{"operation"}, "only events of this operation (`NAME`), as the provider names it", nil},
		{"kind", []string{"kind"}, "only events of this kind (`WORD`): inference, embedding, tool, data ...", eventKinds()},
		{"plane", []string{"plane"}, "only events of this plane (`WORD`): access, content, control or agent", eventPlanes()},
		{"outcome", []string{"outcome"}, "only events that ended so (`WORD`): success, denied, error, throttled, blocked or unknown", eventOutcomes()},
		{"ip", []string{"src_ip"}, "only events from this source address (`ADDRESS`)", nil},
		{"credential", []string{"credential_id", "issued_credential_id"}, "only events that used or issued this credential (`ID`)", nil},
		{"request-id", []string{"request_id"}, "only events of this request (`ID`)", nil},
		{"session", []string{"session_id"}, sessionUsage, nil},
		{"log-format", []string{"format"}, logFormatUsage, formatNames()},
	}
}

func eventKinds() []string {
	return []string{
		string(formats.KindInference), string(formats.KindEmbedding), string(formats.KindRetrieval), string(formats.KindTool),
		string(formats.KindMessage), string(formats.KindGuardrail), string(formats.KindAdmin), string(formats.KindAuth),
		string(formats.KindData), string(formats.KindUsage), string(formats.KindUnparsed), string(formats.KindOther),
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
	case !utf8.ValidString(s):
		return fmt.Errorf("%q is not UTF-8, and so in no event", s)
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

// checkWhere refuses a condition that is none, or on columns that the views do
// not have.
func checkWhere(ctx context.Context, c *casefile.Case, where string, views ...string) error {
	if where == "" {
		return nil
	}
	for _, view := range views {
		if err := c.CheckCondition(ctx, view, where); err != nil {
			sqlError := &SQLError{err}
			return (&UsageError{Err: sqlError}).hint(append(sqlError.hints(), "exhibit sql --tables lists the columns")...)
		}
	}
	return nil
}
