package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
)

// tools returns the tools that the request defines.
func (p *Prepared) tools() []protocol.Tool { return protocol.Tools(p.request.Tools) }

// tools says which tools the reply asks for.
func (j *judged) tools() []Verdict {
	calls := j.reply.ToolCalls
	var names []string
	var spans []Span
	for i := range calls {
		names = append(names, calls[i].Name)
		spans = append(spans, Span{Part: fmt.Sprintf("tool_calls[%d].name", i), End: len(calls[i].Name)})
	}
	called := j.found("tool_called", spans, 0, strings.Join(names, ", "))
	differ, arguments := j.toolsDiffer(names)
	return []Verdict{called, j.toolUndefined(), j.argumentsValid(), differ, arguments}
}

// toolUndefined looks for calls of tools that the model was not told of.
func (j *judged) toolUndefined() Verdict {
	const name = "tool_undefined"
	defined := j.Prepared.tools()
	if j.request.Tools != nil && len(defined) == 0 {
		return Verdict{Name: name, Why: "the log's tool definitions could not be read"}
	}
	var spans []Span
	for i, call := range j.reply.ToolCalls {
		if !slices.ContainsFunc(defined, func(t protocol.Tool) bool { return t.Name == call.Name }) {
			spans = append(spans, Span{Part: fmt.Sprintf("tool_calls[%d].name", i), End: len(call.Name)})
		}
	}
	if len(spans) > 0 && j.request.Tools == nil {
		return Verdict{Name: name, Spans: spans, Why: "the log has no tool definitions of this request"}
	}
	return j.found(name, spans, 0, "")
}

// argumentsValid holds the arguments of tool calls against the schemas of their
// tools.
func (j *judged) argumentsValid() Verdict {
	const name = "tool_arguments_valid"
	if len(j.reply.ToolCalls) == 0 {
		return Verdict{Name: name, Why: "the reply asks for no tool"}
	}
	defined := j.Prepared.tools()
	var unknown string
	for i := range j.reply.ToolCalls {
		call := &j.reply.ToolCalls[i]
		at := slices.IndexFunc(defined, func(t protocol.Tool) bool { return t.Name == call.Name })
		if at < 0 || defined[at].Schema == nil {
			unknown = fmt.Sprintf("the log has no schema of %q", call.Name)
			continue
		}
		fits, why := fitsSchema(defined[at].Schema, argumentsOf(call))
		switch {
		case fits.Kind == Unknown:
			unknown = why
		case !fits.Yes:
			part := fmt.Sprintf("tool_calls[%d].arguments", i)
			return Verdict{Name: name, Value: fits, Spans: []Span{{Part: part, End: len(argumentsOf(call))}}, Why: why}
		}
	}
	if unknown != "" {
		return Verdict{Name: name, Why: unknown}
	}
	return Verdict{Name: name, Value: TruthOf(true)}
}

// toolsDiffer compares the tools asked for with those of the logged reply, in
// their order.
func (j *judged) toolsDiffer(names []string) (differ, arguments Verdict) {
	differ, arguments = Verdict{Name: "tools_differ"}, Verdict{Name: "tool_arguments_differ"}
	logged := &j.request.Logged
	switch {
	case !logged.Complete && len(logged.ToolCalls) == 0:
		differ.Why = "the log does not have the whole reply"
	case j.failed() || !j.reply.Complete:
		differ.Why = "the reply is not whole"
	}
	if differ.Why != "" {
		arguments.Why = differ.Why
		return differ, arguments
	}
	var before []string
	for i := range logged.ToolCalls {
		before = append(before, logged.ToolCalls[i].Name)
	}
	differ.Value = TruthOf(!slices.Equal(before, names))
	if differ.Value.Yes {
		differ.Why = fmt.Sprintf("logged: %s; now: %s", orNone(before), orNone(names))
		arguments.Why = "the tools differ"
		return differ, arguments
	}
	if len(names) == 0 {
		arguments.Why = "neither reply asks for a tool"
		return differ, arguments
	}
	arguments.Spans = differentArguments(logged.ToolCalls, j.reply.ToolCalls)
	arguments.Value = TruthOf(len(arguments.Spans) > 0)
	return differ, arguments
}

func differentArguments(before, now []replay.ToolCall) []Span {
	var spans []Span
	for i := range now {
		if text := argumentsOf(&now[i]); !jsonEqual(argumentsOf(&before[i]), text) {
			spans = append(spans, Span{Part: fmt.Sprintf("tool_calls[%d].arguments", i), End: len(text)})
		}
	}
	return spans
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
