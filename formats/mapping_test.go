package formats

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// mapped returns the event that a map makes of a record, as JSON.
func mapped(t testing.TB, m *Map, record string) string {
	t.Helper()
	d := NewDecoder()
	d.Map = m
	if err := (jsonLines{}).Decode(d, []byte(record)); err != nil {
		t.Fatal(err)
	}
	return string(appendEvent(nil, d.Events()[0]))
}

func TestMap(t *testing.T) {
	for _, tt := range []struct{ name, yaml, record, want string }{
		{"path", "model: a.b", `{"a":{"b":"m"}}`, `{"kind":"other","model":"m"}`},
		{"name with a dot", "model: a.b", `{"a.b":"m"}`, `{"kind":"other","model":"m"}`},
		{"name with a dot wins", "model: a.b", `{"a":{"b":"x"},"a.b":"m"}`, `{"kind":"other","model":"m"}`},
		{"dot inside", "model: a.b.c.d", `{"a.b":{"x":1},"a":{"b.c":{"d":"m"}}}`, `{"kind":"other","model":"m"}`},
		{"array", "model: a.1.m", `{"a":[{"m":"x"},{"m":"m"}]}`, `{"kind":"other","model":"m"}`},
		{"last", "model: a.-1", `{"a":["x","m"]}`, `{"kind":"other","model":"m"}`},
		{"beyond the array", "model: a.7", `{"a":["x"]}`, `{"kind":"other"}`},
		{"JSON in a string", "model: a.b", `{"a":"{\"b\":\"m\"}"}`, `{"kind":"other","model":"m"}`},
		{"first that is there", "model: [x, y, z]", `{"y":"m","z":"n"}`, `{"kind":"other","model":"m"}`},
		{"null is not there", "model: [x, y]", `{"x":null,"y":"m"}`, `{"kind":"other","model":"m"}`},
		{"first that fits", "http_status: [x, y]", `{"x":"ok","y":404}`, `{"kind":"other","outcome":"error","http_status":404}`},
		{"number as text", "principal: id", `{"id":12}`, `{"kind":"other","principal":"12"}`},
		{"object is no text", "principal: id", `{"id":{}}`, `{"kind":"other"}`},
		{"empty text", "principal: id", `{"id":""}`, `{"kind":"other","principal":""}`},
		{"unit", "latency_us: {path: d, unit: ms}", `{"d":12.3456}`, `{"latency_us":12346,"kind":"other"}`},
		{"seconds", "latency_us: {path: d, unit: s}", `{"d":"1.5"}`, `{"latency_us":1500000,"kind":"other"}`},
		{"column's own unit", "latency_us: d", `{"d":15}`, `{"latency_us":15,"kind":"other"}`},
		{"not a number", "latency_us: d", `{"d":"fast"}`, `{"kind":"other"}`},
		{"time unit", "ts: {path: t, unit: s}", `{"t":12.5}`, `{"ts":"1970-01-01T00:00:12.5Z","ts_precision":"s","ts_source":"t","kind":"other"}`},
		{"time", "ts: t", `{"t":"2024-03-01T00:00:00.5Z"}`, `{"ts":"2024-03-01T00:00:00.5Z","ts_precision":"ms","ts_source":"t","kind":"other"}`},
		{"units in a list", "latency_us: [a, {path: d, unit: s}]", `{"d":2}`, `{"latency_us":2000000,"kind":"other"}`},
		{"unit of a list", "latency_us: {path: [a, {path: d, unit: s}], unit: ms}", `{"a":2}`, `{"latency_us":2000,"kind":"other"}`},
		{"cost", "cost_usd: {path: c, unit: usd}", `{"c":1.5e-05}`, `{"kind":"other","cost_usd":0.000015000}`},
		{"constant", "provider: {value: internal}", `{}`, `{"kind":"other","provider":"internal"}`},
		{"constant number as text", "tenant: {value: 007}", `{}`, `{"kind":"other","tenant":"007"}`},
		{"constant truth", "stream: {value: true}", `{}`, `{"kind":"other","stream":true}`},
		{"kind", "kind: {value: tool}\nplane: {value: agent}", `{}`, `{"plane":"agent","kind":"tool"}`},
		{"inference by the map", "kind: {value: inference}", `{}`, `{"plane":"content","kind":"inference","content_state":"not_logged"}`},
		{"other id", "other_ids.batch_id: b", `{"b":"x1"}`, `{"kind":"other","other_ids":[{"kind":"batch_id","value":"x1"}]}`},
		{"outcome words", "outcome: s", `{"s":"Failed"}`, `{"kind":"other","outcome":"error"}`},
		{"list", "guardrail_policies: g", `{"g":["a","b"]}`, `{"kind":"other","guardrail_policies":["a","b"]}`},
		{"JSON column", "retrieved: r", `{"r":[{"id": 1}]}`, `{"kind":"other","retrieved":[{"id":1}]}`},
		{
			"content", "model: m\nsystem_prompt: s\nprompt: p\nresponse: r", `{"m":"m","s":"S","p":"P","r":"R"}`,
			`{"plane":"content","kind":"inference","model":"m","content_state":"present","system_prompt":"S","prompt":"P","response":"R",` +
				`"input_messages":[{"role":"system","parts":[{"type":"text","content":"S"}]},{"role":"user","parts":[{"type":"text","content":"P"}]}],` +
				`"output_messages":[{"role":"assistant","parts":[{"type":"text","content":"R"}]}]}`,
		},
		{
			"body in a string", "request_body: q", `{"q":"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"}`,
			`{"plane":"content","kind":"inference","model":"m","content_state":"partial","prompt":"hi",` +
				`"input_messages":[{"role":"user","parts":[{"type":"text","content":"hi"}]}]}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := ParseMap("m.yaml", []byte(tt.yaml))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, mapped(t, m, tt.record)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			// What is written must be read as the same map.
			var b bytes.Buffer
			if err := m.WriteYAML(&b); err != nil {
				t.Fatal(err)
			}
			again, err := ParseMap("again", b.Bytes())
			if err != nil {
				t.Fatalf("%v in\n%s", err, b.Bytes())
			}
			if d := cmp.Diff(tt.want, mapped(t, again, tt.record)); d != "" {
				t.Errorf("after writing (-want +got):\n%s", d)
			}
		})
	}
}

func TestParseMapErrors(t *testing.T) {
	for _, tt := range []struct{ name, yaml, want, hint string }{
		{"empty", "", "reading map m.yaml: the map is empty", ""},
		{"comments", "# nothing\n", "reading map m.yaml: the map is empty", ""},
		{"empty object", "{}", "reading map m.yaml:1: the map is empty", ""},
		{"list", "- model", "reading map m.yaml:1: want columns and their paths, not a list", ""},
		{"text", "model", "reading map m.yaml:1: want columns and their paths, not a value", ""},
		{"broken", "model: [", "reading map m.yaml: ", ""},
		{"two documents", "model: a\n---\nmodel: b\n", "reading map m.yaml:2: there is more than one document", ""},
		{"unknown column", "model: a\nmodelx: b\n", `reading map m.yaml:2: unknown column "modelx"`, "latency_us, "},
		{"column of ours", "ts_source: a", "reading map m.yaml:1: ts_source cannot be mapped: it follows from ts", ""},
		{"other_ids", "other_ids: a", "reading map m.yaml:1: other_ids cannot be mapped: write other_ids.KIND, for instance other_ids.batch_id", ""},
		{"kind of id", "other_ids.Batch: a", `reading map m.yaml:1: unknown column "other_ids.Batch"`, "other_ids.KIND"},
		{"twice", "model: a\nmodel: b\n", "reading map m.yaml:2: model is given twice, first in line 1", ""},
		{"no path", "model:", "reading map m.yaml:1: want a path for model, not nothing", ""},
		{"empty path", `model: ""`, "reading map m.yaml:1: the path of model is empty, longer than 128 bytes, or deeper than 8 names", ""},
		{"deep path", "model: a.b.c.d.e.f.g.h.i", "reading map m.yaml:1: the path of model is empty, longer than 128 bytes, or deeper than 8 names", ""},
		{"no paths", "model: []", "reading map m.yaml:1: model has no path", ""},
		{"list in a list", "model: [[a]]", "reading map m.yaml:1: want a path for model, not a list", ""},
		{"unknown word", "model:\n  paht: a", `reading map m.yaml:2: unknown word "paht" for model`, "path, unit and value"},
		{"word twice", "model: {path: a, path: b}", `reading map m.yaml:1: "path" is given twice`, ""},
		{"neither", "latency_us: {unit: ms}", "reading map m.yaml:1: latency_us needs either a path or a value", ""},
		{"both", "model: {path: a, value: b}", "reading map m.yaml:1: model needs either a path or a value", ""},
		{"unit of a constant", "latency_us: {value: 1, unit: ms}", "reading map m.yaml:1: latency_us is a constant and has no unit", ""},
		{"value in a list", "model: [{value: a}]", "reading map m.yaml:1: want a path for model, not an object without one", ""},
		{"unknown unit", "latency_us: {path: a, unit: hours}", `reading map m.yaml:1: unknown unit "hours"`, "s, ms, us, ns and usd"},
		{"unit of a text", "model: {path: a, unit: ms}", "reading map m.yaml:1: model has no unit ms", ""},
		{"unit of a cost", "cost_usd: {path: a, unit: ms}", "reading map m.yaml:1: cost_usd has no unit ms", ""},
		{"unknown kind", "kind: {value: chat}", `reading map m.yaml:1: kind cannot be "chat"`, "inference, "},
		{"constant that does not fit", "input_tokens: {value: many}", `reading map m.yaml:1: input_tokens cannot be "many"`, ""},
		{"constant body", "request_body: {value: x}", `reading map m.yaml:1: request_body cannot be "x"`, ""},
		{"alias", "model: &a x\nprincipal: *a\n", "reading map m.yaml:2: want a path for principal, not an alias", ""},
		{"merge", "<<: {model: a}", `reading map m.yaml:1: unknown column "<<"`, ""},
		{"too long", strings.Repeat("#", maxMapSize+1), "reading map m.yaml: the file has more than 1048576 bytes", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseMap("m.yaml", []byte(tt.yaml))
			var e *MapError
			if !errors.As(err, &e) {
				t.Fatalf("the error is %v", err)
			}
			if !strings.HasPrefix(e.Error(), tt.want) || tt.want != "reading map m.yaml: " && e.Error() != tt.want {
				t.Errorf("error %q, want %q", e.Error(), tt.want)
			}
			if (tt.hint == "") != (e.Hint == "") && tt.name != "merge" || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("hint %q, want %q in it", e.Hint, tt.hint)
			}
		})
	}
}

// TestInferMap checks that the map says what the format does without one.
func TestInferMap(t *testing.T) {
	for name, c := range formatCases(t) {
		if !catchesAll(c.format) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			var records [][]byte
			var doc jsontape.Doc
			framing, d := sampleOf(c.text, &doc).Framing(c.format), NewDecoder()
			eachRecord(t, c.text, framing, func(record []byte, _ string) {
				if inner, err := d.Open(framing, record); err == nil && inner != nil {
					records = append(records, bytes.Clone(inner))
				}
			})
			var b bytes.Buffer
			if err := InferMap(records).WriteYAML(&b); err != nil {
				t.Fatal(err)
			}
			m, err := ParseMap("inferred", b.Bytes())
			if err != nil {
				t.Fatalf("%v in\n%s", err, b.Bytes())
			}
			for _, r := range records {
				d := NewDecoder()
				if d.JSON.Parse(r) != nil {
					continue
				}
				if d := cmp.Diff(mapped(t, nil, string(r)), mapped(t, m, string(r))); d != "" {
					t.Errorf("of %s with\n%s(-without a map +with):\n%s", r, b.Bytes(), d)
				}
			}
		})
	}
}

func TestInferMapSuggests(t *testing.T) {
	var b bytes.Buffer
	m := InferMap([][]byte{
		[]byte(`{"timestamp":"2024-03-01T00:00:00Z","duration":3,"cost":0.1,"x\u202e\u001b y":"?","deep":{"er":1},"true":"yes"}`),
		[]byte(`{"timestamp":"2024-03-01T00:00:00Z","model":"m"}`), []byte(`broken`), []byte(`[1]`),
	})
	if err := m.WriteYAML(&b); err != nil {
		t.Fatal(err)
	}
	want := `# Which column is filled from which place of a record.
# COLUMN: path, or [path, other path], {path: path, unit: s|ms|us|ns|usd}, {value: constant}
ts: timestamp  # in 2 of 2 records
model: model  # in 1 of 2 records
# COLUMN: deep.er  # in 1 of 2 records
# COLUMN: "true"  # in 1 of 2 records
# COLUMN: "x\u202e\x1b y"  # in 1 of 2 records
# latency_us: {path: duration, unit: ms}  # in 1 of 2 records; which unit?
# cost_usd: {path: cost, unit: usd}  # in 1 of 2 records; which unit?
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestKnownNames(t *testing.T) {
	type meaning struct {
		name string
		to   target
	}
	seen := make(map[meaning]bool)
	for _, k := range knownNames {
		to, ok := targetByName(k.column)
		if !ok || mappable(k.column) != "" {
			t.Errorf("%s is no column that can be filled", k.column)
			continue
		}
		if to < targetRequest && !k.unit.fits(columns[to].Type) {
			t.Errorf("%s has no unit %s", k.column, k.unit)
		}
		for _, name := range k.names {
			key := meaning{string(appendNormal(nil, []byte(name))), to}
			if seen[key] {
				t.Errorf("%s is there twice for %s", name, k.column)
			}
			seen[key] = true
		}
	}
}

func TestScaled(t *testing.T) {
	for _, tt := range []struct {
		in    string
		exp   int
		round bool
		want  int64
		ok    bool
	}{
		{"12", 0, false, 12, true},
		{"-12", 0, false, -12, true},
		{"12.0", 0, false, 12, true},
		{"12.5", 0, false, 0, false},
		{"12.5", 0, true, 13, true},
		{"-12.5", 0, true, -13, true},
		{"12.49", 0, true, 12, true},
		{"1e3", 0, false, 1000, true},
		{"1.5E-05", 9, true, 15000, true},
		{"0.0003", 9, true, 300000, true},
		{"0.00030000000000000003", 9, true, 300000, true},
		{"0.0000000004", 9, true, 0, true},
		{"0.0000000005", 9, true, 1, true},
		{"0", 9, true, 0, true},
		{"1712577600123456789", -3, true, 1712577600123457, true},
		{"123456789012345678901234567890", 0, true, 0, false},
		{"9223372036854775807", 3, true, 0, false},
		{"1e9999", 0, true, 0, false},
		{"0e9999", 0, true, 0, true},
		{"1e-9999", 0, true, 0, true},
		{"1e99999", 0, true, 0, false},
		{"", 0, true, 0, false},
		{"-", 0, true, 0, false},
		{"1.", 0, true, 0, false},
		{".5", 0, true, 0, false},
		{"1.2.3", 0, true, 0, false},
		{"1e", 0, true, 0, false},
		{"0x10", 0, true, 0, false},
		{" 1", 0, true, 0, false},
		{"NaN", 0, true, 0, false},
	} {
		got, ok := scaled([]byte(tt.in), tt.exp, tt.round)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("scaled(%q, %d, %v) = %d, %v; want %d, %v", tt.in, tt.exp, tt.round, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzMap(f *testing.F) {
	for _, s := range []string{
		"model: a.b\n", "latency_us: {path: d, unit: ms}\n", "provider: {value: internal}\n", "principal: [a, b.0.c]\n",
		"other_ids.x: y\nrequest_body: q\nresponse_body: r\n", "ts: {path: t, unit: ns}\nstream: {value: true}\n", "a: &x [*x]", "<<: *x",
	} {
		f.Add([]byte(s), []byte(`{"a":{"b":["m"]},"d":1,"q":{"messages":[]},"r":"{}","t":1,"y":"z"}`))
	}
	f.Fuzz(func(t *testing.T, text, record []byte) {
		m, err := ParseMap("m", text)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := m.WriteYAML(&b); err != nil {
			t.Fatal(err)
		}
		again, err := ParseMap("again", b.Bytes())
		if err != nil {
			t.Fatalf("%v in what was written for %q:\n%s", err, text, b.Bytes())
		}
		d := NewDecoder()
		if d.JSON.Parse(record) != nil {
			return
		}
		if first, second := mapped(t, m, string(record)), mapped(t, again, string(record)); first != second {
			t.Fatalf("%q\nwritten as\n%s\nmakes of %q\n%s\nand then\n%s", text, b.Bytes(), record, first, second)
		}
	})
}
