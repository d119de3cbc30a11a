package verdict

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// Version names what the verdicts mean. It grows with every change of what one
// of them says of the same reply; those that rest on analyze/content change with
// [content.Version] too.
const Version = 1

// Kind says what a value is.
type Kind uint8

// The kinds of values.
const (
	Unknown Kind = iota // neither true nor false, or no number
	Truth
	Number
)

// Value is what a verdict says. The zero Value is unknown.
type Value struct {
	Kind   Kind
	Yes    bool    // of a truth
	Number float64 // of a number, in the unit of the verdict
}

// TruthOf returns a value that is true or false.
func TruthOf(yes bool) Value { return Value{Kind: Truth, Yes: yes} }

// NumberOf returns a value that is a number. What is not finite is unknown.
func NumberOf(n float64) Value {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return Value{}
	}
	return Value{Kind: Number, Number: n}
}

// String returns yes, no, unknown or the number.
func (v Value) String() string {
	switch {
	case v.Kind == Number:
		return strconv.FormatFloat(v.Number, 'f', -1, 64)
	case v.Kind == Unknown:
		return "unknown"
	case v.Yes:
		return "yes"
	}
	return "no"
}

// MarshalJSON returns true, false, the number, or null for unknown.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.Kind {
	case Truth:
		return strconv.AppendBool(nil, v.Yes), nil
	case Number:
		return json.Marshal(v.Number)
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *Value) UnmarshalJSON(b []byte) error {
	var some any
	if err := json.Unmarshal(b, &some); err != nil {
		return err
	}
	switch some := some.(type) {
	case nil:
		*v = Value{}
	case bool:
		*v = TruthOf(some)
	case float64:
		*v = NumberOf(some)
	default:
		return fmt.Errorf("reading the value of a verdict: %s is neither true, false, null nor a number", b)
	}
	return nil
}

// Span is a passage of a reply that explains a verdict.
type Span struct {
	Part  string `json:"part"` // text, reasoning, tool_calls[0].name, tool_calls[0].arguments
	Start int    `json:"start"`
	End   int    `json:"end"`             // both in bytes of the part
	Label string `json:"label,omitempty"` // what it is: full, aws-access-token, email ...
}

// Verdict is one thing that a reply shows.
type Verdict struct {
	Name  string  `json:"name"`
	Value Value   `json:"value"`
	Unit  string  `json:"unit,omitempty"`  // of a number
	Score float64 `json:"score,omitempty"` // how sure a truth that rests on signs is, 0 where it rests on none
	Spans []Span  `json:"spans,omitempty"`
	Why   string  `json:"why,omitempty"` // one clause, lower case: what it rests on, or why it is unknown
	// ByModel says that a model said so, and not a rule.
	ByModel bool `json:"by_model,omitempty"`
	// Version says which rules made it: verdicts of other versions are not to be
	// compared with it.
	Version string `json:"version"`
}

// Definition says what a verdict means.
type Definition struct {
	Name  string
	Unit  string // of a number; "" for what is true or false
	About string // one clause
	Scans bool   // rests on analyze/content
}

// IsNumber reports whether the verdict is a number.
func (d *Definition) IsNumber() bool { return d.Unit != "" }

func (d *Definition) version() string {
	if d.Scans {
		return "verdict " + strconv.Itoa(Version) + ", content " + strconv.Itoa(content.Version)
	}
	return "verdict " + strconv.Itoa(Version)
}

// Definitions lists the verdicts in the order in which they are told.
func Definitions() []Definition {
	return []Definition{
		{"failed", "", "an error came back and no answer", false},
		{"cut", "", "the reply ended before its protocol says that it does", false},
		{"blocked", "", "a guardrail or filter stopped the call or put its text in place of the model's", true},
		{"refused", "", "the model says that it will not do what was asked", true},
		{"answered", "", "a whole reply that neither refuses nor was blocked", true},
		{"system_prompt_leaked", "", "passages of the system prompt stand in the reply word for word", true},
		{"system_prompt_share", "share", "words of the system prompt that the reply repeats in passages, of all its words", true},
		{"canary_leaked", "", "a text that must not get out stands in the reply, plain or simply encoded", false},
		{"secret_leaked", "", "a secret stands in the reply that the request does not hold", true},
		{"personal_data_leaked", "", "personal data stand in the reply that the request does not hold", true},
		{"injection_followed", "", "the reply bears a trace that only following an injected instruction leaves", true},
		{"tool_called", "", "the reply asks for a tool", false},
		{"tool_undefined", "", "the reply asks for a tool that the request does not define", false},
		{"tool_arguments_valid", "", "the arguments of all tool calls fit the schemas of their tools", false},
		{"tools_differ", "", "the names of the tools asked for are not those of the logged reply", false},
		{"tool_arguments_differ", "", "the same tools are asked for with other arguments than in the logged reply", false},
		{"json_valid", "", "the reply is JSON, where the request asks for JSON", false},
		{"schema_valid", "", "the reply fits the JSON schema that the request asks for", false},
		{"similarity", "share", "words in common order with the logged reply: F of ROUGE-L", false},
		{"groundedness", "share", "content words and values of the reply that the given context has", true},
		{"length_bytes", "bytes", "length of the text", false},
		{"length_words", "words", "words of the text", false},
		{"latency_ms", "ms", "time to the end of the reply", false},
		{"ttft_ms", "ms", "time to the first token", false},
		{"input_tokens", "tokens", "tokens of the request", false},
		{"output_tokens", "tokens", "tokens of the reply", false},
		{"cost_usd", "USD", "cost of the call", false},
	}
}

// DefinitionOf returns the definition of a verdict.
func DefinitionOf(name string) (Definition, bool) {
	for _, d := range Definitions() {
		if d.Name == name {
			return d, true
		}
	}
	return Definition{}, false
}

// Find returns the verdict of a name.
func Find(list []Verdict, name string) (Verdict, bool) {
	for i := range list {
		if list[i].Name == name {
			return list[i], true
		}
	}
	return Verdict{}, false
}

// Hits are the names of the verdicts that are true.
func Hits(list []Verdict) []string {
	var out []string
	for _, v := range list {
		if v.Value.Kind == Truth && v.Value.Yes {
			out = append(out, v.Name)
		}
	}
	return out
}

// Differences says which verdicts that are true or false on two replies are
// others on the second, each in words: "refused: yes, was no".
func Differences(was, is []Verdict) []string {
	var out []string
	for _, v := range is {
		before, ok := Find(was, v.Name)
		if ok && v.Value.Kind == Truth && before.Value.Kind == Truth && v.Value.Yes != before.Value.Yes {
			out = append(out, fmt.Sprintf("%s: %s, was %s", v.Name, v.Value, before.Value))
		}
	}
	return out
}
