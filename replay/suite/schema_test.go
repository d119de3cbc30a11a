package suite

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/verdict"
)

// compiled is the published schema.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("suite.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("suite.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchema holds files against the schema: what is written fits, and what is
// refused for its shape does not.
func TestSchema(t *testing.T) {
	text, err := Encode(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, text string
		fits       bool
	}{
		{"what is written", string(text), true},
		{"the least", one(""), true},
		{"unknown key", one("zzz: 1\n"), false},
		{"no cases", head, false},
		{"version", strings.Replace(one(""), "version: 1", "version: 2", 1), false},
		{"rate", one("  min_rate: 0\n"), false},
		{"id", strings.Replace(one(""), "id: x", "id: a b", 1), false},
		{"body without protocol", head + "cases:\n- id: x\n  request: {body: '{\"messages\": []}'}\n  expect: [{contains: a}]\n", false},
		{"two kinds", strings.Replace(one(""), "contains: a", "contains: a, equals: b", 1), false},
	}
	s := compiled(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var v any
			if err := yaml.Unmarshal([]byte(tt.text), &v); err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(doc); (err == nil) != tt.fits {
				t.Errorf("fits: %t, want %t: %v", err == nil, tt.fits, err)
			}
			if _, err := Parse([]byte(tt.text)); (err == nil) != tt.fits {
				t.Errorf("Parse takes it: %t, want %t: %v", err == nil, tt.fits, err)
			}
		})
	}
}

// node is what the test reads of a schema.
type node struct {
	Properties map[string]node `json:"properties"`
	Items      *node           `json:"items"`
	Enum       []string        `json:"enum"`
	Defs       map[string]node `json:"$defs"`
}

// TestSchemaKeys asks Parse for the keys of each mapping by giving it one that
// there is not, and compares them with the schema.
func TestSchemaKeys(t *testing.T) {
	var root node
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	request := root.Defs["request"]
	in := func(key, text string) string {
		return head + "cases:\n- id: x\n  expect: [{contains: a}]\n  request: {messages: [{role: user, text: hi}]}\n  " + key + ": " + text + "\n"
	}
	message := func(text string) string {
		return strings.Replace(one(""), "{role: user, text: hi}", text, 1)
	}
	tests := []struct {
		name, text string
		want       node
	}{
		{"suite", one("zzz: 1\n"), root},
		{"from", one("from: {zzz: 1}\n"), root.Properties["from"]},
		{"target", one("target: {zzz: 1}\n"), root.Properties["target"]},
		{"case", in("zzz", "1"), root.Defs["case"]},
		{"request", message("{role: user, text: hi}], zzz: [1"), request},
		{"message", message("{role: user, zzz: hi}"), *request.Properties["messages"].Items},
		{"part", message("{role: user, parts: [{type: text, zzz: 1}]}"), root.Defs["part"]},
		{"loss", message("{role: user}], losses: [{part: a, grade: exact, why: b, zzz: 1}"), *request.Properties["losses"].Items},
	}
	listed := regexp.MustCompile(`has no key "zzz"; it has (.*)`)
	for _, tt := range tests {
		_, err := Parse([]byte(tt.text))
		m := listed.FindStringSubmatch(problemsOf(err))
		if m == nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(tt.want.Properties)), slices.Sorted(slices.Values(strings.Split(m[1], ", ")))); diff != "" {
			t.Errorf("%s (-schema +Parse):\n%s", tt.name, diff)
		}
	}
	assertion := append(verdict.Kinds(), "name", "of", "ignore_case")
	words := []struct {
		name      string
		want, got []string
	}{
		{"kinds of assertions", slices.Sorted(slices.Values(assertion)), slices.Sorted(maps.Keys(root.Defs["assertion"].Properties))},
		{"places", verdict.Places(), root.Defs["assertion"].Properties["of"].Enum},
		{"protocols", strings.Split(joined(replay.Protocols()), ", "), root.Defs["protocol"].Enum},
		{"grades", grades(), root.Defs["grade"].Enum},
		{"standings", strings.Split(joined(Standings()), ", "), root.Defs["case"].Properties["then"].Enum},
		{"part types", strings.Split(joined(partTypes()), ", "), root.Defs["part"].Properties["type"].Enum},
	}
	for _, tt := range words {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
