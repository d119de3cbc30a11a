package verdict

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestFitsSchema(t *testing.T) {
	const person = `{"type":"object","properties":{"name":{"type":"string","minLength":1},"age":{"type":"integer","minimum":0}},"required":["name"],"additionalProperties":false}`
	tests := []struct {
		name, schema, text string
		want               Value
		why                string
	}{
		{"fits", person, `{"name":"Ann","age":41}`, TruthOf(true), ""},
		{"1.0 is an integer", person, `{"name":"Ann","age":1.0}`, TruthOf(true), ""},
		{"another type", person, `{"name":7}`, TruthOf(false), "/name: got number, want string"},
		{"missing", person, `{}`, TruthOf(false), "/: missing property 'name'"},
		{"several, in order of place", person, `{"name":"","age":-1,"x":1}`, TruthOf(false), "/: additional properties 'x' not allowed, and 2 more"},
		{"no JSON", person, `Ann`, TruthOf(false), "it is no JSON: invalid character 'A' looking for beginning of value"},
		{"two values", person, `{"name":"Ann"} {}`, TruthOf(false), "it is no JSON: more follows the value"},
		{"true fits all", `true`, `[1]`, TruthOf(true), ""},
		{"false fits nothing", `false`, `[1]`, TruthOf(false), "/: false schema"},
		{"reference within", `{"$ref":"#/$defs/a","$defs":{"a":{"type":"array"}}}`, `[1]`, TruthOf(true), ""},
		{"recursion", `{"type":"object","properties":{"next":{"$ref":"#"}}}`, `{"next":{"next":{"next":3}}}`, TruthOf(false), "/next/next/next: got number, want object"},
		{"no schema", `{"type":"objekt"}`, `{}`, Value{}, "the schema cannot be used:"},
		{"another document", `{"$ref":"https://example.com/schema.json"}`, `{}`, Value{}, "the schema cannot be used:"},
		{"a file", `{"$ref":"file:///etc/passwd"}`, `{}`, Value{}, "the schema cannot be used:"},
		{"a relative file", `{"$ref":"other.json"}`, `{}`, Value{}, "the schema cannot be used:"},
		{"a bad pattern", `{"pattern":"("}`, `""`, Value{}, "the schema cannot be used:"},
		{"backreferences are not in RE2", `{"pattern":"(a)\\1"}`, `""`, Value{}, "the schema cannot be used:"},
		{"deep", strings.Repeat(`{"not":`, 200) + "true" + strings.Repeat("}", 200), `{}`, Value{}, "the schema cannot be used: it is too large or too deep"},
		{"deep value", `true`, strings.Repeat("[", 500) + strings.Repeat("]", 500), Value{}, "the reply cannot be held against the schema: it is too large or too deep"},
		{"endless", `{"$ref":"#"}`, `1`, Value{}, "the schema refers to itself without end"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, why := fitsSchema(json.RawMessage(test.schema), test.text)
			if got != test.want || !strings.HasPrefix(why, test.why) || test.why == "" && why != "" {
				t.Errorf("%v, %q; want %v, %q", got, why, test.want, test.why)
			}
		})
	}
}

// TestSchemaSteps: schemas that double their work with every line are given up,
// the same way each time.
func TestSchemaSteps(t *testing.T) {
	for _, word := range []string{"anyOf", "allOf", "oneOf"} {
		var b strings.Builder
		b.WriteString(`{"$ref":"#/$defs/s0","$defs":{`)
		const levels = 40
		for i := range levels {
			fmt.Fprintf(&b, `"s%d":{"%s":[{"$ref":"#/$defs/s%d"},{"$ref":"#/$defs/s%d"}]},`, i, word, i+1, i+1)
		}
		for _, last := range []string{"true", `{"type":"string"}`, `{"not":{}}`} {
			schema := fmt.Sprintf(`%s"s%d":%s}}`, b.String(), levels, last)
			start := time.Now()
			got, why := fitsSchema(json.RawMessage(schema), `1`)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("%s of %s took %v", word, last, took)
			}
			t.Logf("%s of %s: %v %s in %v", word, last, got, why, time.Since(start))
			if again, sameWhy := fitsSchema(json.RawMessage(schema), `1`); again != got || why != sameWhy {
				t.Errorf("%s of %s: %v %q and then %v %q", word, last, got, why, again, sameWhy)
			}
		}
	}
}

func FuzzFitsSchema(f *testing.F) {
	f.Add(`{"type":"object","properties":{"a":{"$ref":"#"}}}`, `{"a":{"a":1}}`)
	f.Add(`{"anyOf":[{"pattern":"^a+$"},{"enum":[1,2.0]}],"unevaluatedProperties":false}`, `"aaa"`)
	f.Add(`{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"x":{"uniqueItems":true}},"$ref":"#/definitions/x"}`, `[1,1.0]`)
	f.Add(`{"$dynamicRef":"#n","$dynamicAnchor":"n","$id":"urn:x"}`, `[]`)
	f.Fuzz(func(t *testing.T, schema, text string) {
		got, why := fitsSchema(json.RawMessage(schema), text)
		if again, sameWhy := fitsSchema(json.RawMessage(schema), text); again != got || why != sameWhy {
			t.Errorf("%v %q and then %v %q", got, why, again, sameWhy)
		}
		if got.Kind == Truth && got.Yes && !json.Valid([]byte(text)) {
			t.Errorf("%q is no JSON and fits", text)
		}
	})
}
