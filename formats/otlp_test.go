package formats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func FuzzDecodeOTLP(f *testing.F) { fuzzDecode(f, otlp{}) }

// The module of the collector reads the same bytes: the spans and log records,
// their ids, times and attributes must be those that it sees.

// otlpItem is a span or log record as both readers see it.
type otlpItem struct {
	Trace, Span, Parent string
	Start, End          int64 // microseconds
	Name                string
	Attributes          []string
	Body                string
}

// oracleItems returns what the collector's module sees in an export request.
func oracleItems(t *testing.T, line []byte) []otlpItem {
	t.Helper()
	var items []otlpItem
	if traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line); err == nil {
		for _, r := range traces.ResourceSpans().All() {
			for _, scope := range r.ScopeSpans().All() {
				for _, s := range scope.Spans().All() {
					items = append(items, otlpItem{
						s.TraceID().String(), s.SpanID().String(), s.ParentSpanID().String(),
						micros(s.StartTimestamp()), micros(s.EndTimestamp()), s.Name(), oracleAttributes(t, s.Attributes()), "",
					})
				}
			}
		}
	}
	if logs, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(line); err == nil {
		for _, r := range logs.ResourceLogs().All() {
			for _, scope := range r.ScopeLogs().All() {
				for _, l := range scope.LogRecords().All() {
					at := l.Timestamp()
					if at == 0 {
						at = l.ObservedTimestamp()
					}
					name := l.EventName()
					items = append(items, otlpItem{
						l.TraceID().String(), l.SpanID().String(), "", micros(at), 0, name,
						oracleAttributes(t, l.Attributes()), canonicalValue(t, l.Body().AsRaw()),
					})
				}
			}
		}
	}
	return items
}

func micros(t pcommon.Timestamp) int64 { return int64(uint64(t) / 1000) }

func oracleAttributes(t *testing.T, m pcommon.Map) []string {
	t.Helper()
	out := []string{}
	for key, v := range m.All() {
		out = append(out, key+"="+canonicalValue(t, v.AsRaw()))
	}
	return out
}

// canonicalValue returns a value as JSON with sorted names.
func canonicalValue(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return sameNumbers(t, b)
}

// sameNumbers writes numbers in one way, however they were written.
func sameNumbers(t *testing.T, text []byte) string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	var walk func(v any) any
	walk = func(v any) any {
		switch x := v.(type) {
		case json.Number:
			if f, err := x.Float64(); err == nil && strings.ContainsAny(x.String(), ".eE") {
				return fmt.Sprint("float ", f)
			}
			if f, err := x.Float64(); err == nil && f < 1<<53 && f > -(1<<53) {
				return fmt.Sprint("float ", f)
			}
			return x.String()
		case []any:
			for i := range x {
				x[i] = walk(x[i])
			}
		case map[string]any:
			for k := range x {
				x[k] = walk(x[k])
			}
		}
		return v
	}
	b, err := json.Marshal(walk(v))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// ownItems returns what the format sees: ids and times from its events, names
// and attributes from the same functions that the events are made with.
func ownItems(t *testing.T, line []byte) []otlpItem {
	t.Helper()
	d := NewDecoder()
	if err := (otlp{}).Decode(d, line); err != nil {
		t.Fatal(err)
	}
	items := []otlpItem{}
	var doc jsontape.Doc
	if err := doc.Parse(line); err != nil {
		t.Fatal(err)
	}
	render := NewDecoder()
	n := 0
	eachLeaf(doc.Root(), func(leaf jsontape.Value) {
		e := d.Events()[n]
		n++
		item := otlpItem{Trace: string(e.TraceID), Span: string(e.SpanID), Parent: string(e.ParentSpanID), Start: e.TS.Micros, End: e.TSEnd.Micros, Attributes: []string{}}
		for key, m := range leaf.Members() {
			switch string(key) {
			case "name", "eventName":
				item.Name = string(m.Text())
			case "attributes":
				for k, a := range attributesOf(m).members() {
					item.Attributes = append(item.Attributes, string(k)+"="+plainJSON(t, render, a))
				}
			case "body":
				item.Body = plainJSON(t, render, anyValue(m))
			}
		}
		items = append(items, item)
	})
	if n != len(d.Events()) {
		t.Errorf("%d events of %d spans and log records", len(d.Events()), n)
	}
	return items
}

func plainJSON(t *testing.T, d *Decoder, a attr) string {
	t.Helper()
	if !a.v.Exists() && a.wrap == wrapNone {
		return "null"
	}
	return sameNumbers(t, a.render(d))
}

// eachLeaf calls f with each span and log record of an export request.
func eachLeaf(root jsontape.Value, f func(jsontape.Value)) {
	for _, names := range [...][3]string{{"resourceSpans", "scopeSpans", "spans"}, {"resourceLogs", "scopeLogs", "logRecords"}} {
		for r := range root.Get(names[0]).Elements() {
			for scope := range r.Get(names[1]).Elements() {
				for leaf := range scope.Get(names[2]).Elements() {
					f(leaf)
				}
			}
		}
	}
}

func TestOTLPOracleCases(t *testing.T) {
	compared := 0
	for name, c := range formatCases(t) {
		if !strings.HasPrefix(name, "otlp/") || !strings.HasSuffix(c.path, ".jsonl") {
			continue
		}
		for _, line := range bytes.Split(bytes.TrimSpace(c.text), []byte("\n")) {
			if bytes.Contains(line, []byte("resourceMetrics")) {
				continue
			}
			want := oracleItems(t, line)
			compared += len(want)
			if d := cmp.Diff(want, ownItems(t, line)); d != "" {
				t.Errorf("%s (-collector +ours):\n%s", name, d)
			}
		}
	}
	if compared < 30 {
		t.Errorf("only %d spans and log records were compared", compared)
	}
}

// randomValue fills a value with anything that OTLP can say.
func randomValue(r *rand.Rand, v pcommon.Value, depth int) {
	kinds := 8
	if depth == 0 {
		kinds = 6
	}
	switch r.IntN(kinds) {
	case 0:
		v.SetStr(randomText(r))
	case 1:
		v.SetInt(r.Int64() - r.Int64())
	case 2:
		v.SetDouble(r.NormFloat64() * 1e6)
	case 3:
		v.SetBool(r.IntN(2) == 0)
	case 4:
		v.SetEmptyBytes().FromRaw([]byte("b" + randomText(r))) // the module reads empty bytes as null
	case 5: // stays empty
	case 6:
		list := v.SetEmptySlice()
		for range r.IntN(4) {
			randomValue(r, list.AppendEmpty(), depth-1)
		}
	case 7:
		randomMap(r, v.SetEmptyMap(), depth-1)
	}
}

func randomMap(r *rand.Rand, m pcommon.Map, depth int) {
	for i := range r.IntN(6) {
		randomValue(r, m.PutEmpty(fmt.Sprintf("%s.%d", randomText(r), i)), depth)
	}
	names := []string{"gen_ai.request.model", "gen_ai.prompt.0.content", "gen_ai.input.messages", "llm.input_messages", "session.id", "event.name"}
	randomValue(r, m.PutEmpty(names[r.IntN(len(names))]), depth)
}

func randomText(r *rand.Rand) string {
	texts := []string{"", "a", "gen_ai", "Zürich", "\x00\n\"\\", "[{\"role\":\"user\",\"content\":\"x\"}]", "💥", "{", "0"}
	return texts[r.IntN(len(texts))] + texts[r.IntN(len(texts))]
}

func TestOTLPOracleGenerated(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{"chat m", "gen_ai.choice", "gen_ai.user.message", "gen_ai.client.inference.operation.details", ""}
	for range 300 {
		traces, logs := ptrace.NewTraces(), plog.NewLogs()
		for range 1 + r.IntN(3) {
			rs := traces.ResourceSpans().AppendEmpty()
			randomMap(r, rs.Resource().Attributes(), 2)
			spans := rs.ScopeSpans().AppendEmpty().Spans()
			records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
			for range r.IntN(4) {
				var trace pcommon.TraceID
				var span, parent pcommon.SpanID
				for i := range 8 {
					trace[i], trace[i+8], span[i], parent[i] = byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())
				}
				at := pcommon.Timestamp(r.Uint64())
				s := spans.AppendEmpty()
				s.SetTraceID(trace)
				s.SetSpanID(span)
				s.SetParentSpanID(parent)
				s.SetName(names[r.IntN(len(names))])
				s.SetStartTimestamp(at)
				s.SetEndTimestamp(at + 1000)
				s.SetKind(ptrace.SpanKind(r.IntN(6)))
				randomMap(r, s.Attributes(), 3)
				event := s.Events().AppendEmpty()
				event.SetName(names[r.IntN(len(names))])
				randomMap(r, event.Attributes(), 3)
				l := records.AppendEmpty()
				l.SetTraceID(trace)
				l.SetSpanID(span)
				l.SetEventName(names[r.IntN(len(names))])
				l.SetTimestamp(at)
				randomValue(r, l.Body(), 3)
				randomMap(r, l.Attributes(), 3)
			}
		}
		text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(oracleItems(t, text), ownItems(t, text), equateEmpty()); d != "" {
			t.Fatalf("(-collector +ours) of %s:\n%s", text, d)
		}
		if text, err = (&plog.JSONMarshaler{}).MarshalLogs(logs); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(oracleItems(t, text), ownItems(t, text), equateEmpty()); d != "" {
			t.Fatalf("(-collector +ours) of %s:\n%s", text, d)
		}
	}
}

// equateEmpty makes no list equal to an empty one.
func equateEmpty() cmp.Option {
	return cmp.FilterValues(func(a, b []otlpItem) bool { return len(a) == 0 && len(b) == 0 }, cmp.Ignore())
}

// TestSpansWrongTypes puts each value of a span in turn to another type: no
// record may fail, and none may lose an event.
func TestSpansWrongTypes(t *testing.T) {
	for name, c := range formatCases(t) {
		if !strings.HasPrefix(name, "otlp/") && !strings.HasPrefix(name, "openinference/") {
			continue
		}
		var doc jsontape.Doc
		framing := c.format.Framing(sampleOf(c.text, &doc))
		eachRecord(t, c.text, framing, func(record []byte, _ string) {
			d := NewDecoder()
			if err := c.format.Decode(d, record); err != nil {
				t.Fatal(err)
			}
			eachWrong(t, record, func(wrong []byte) {
				d.Reset()
				if err := c.format.Decode(d, wrong); err != nil {
					t.Errorf("%s: %v in %s", name, err, wrong)
				}
			})
		})
	}
}

// eachWrong calls f with the record once for each scalar in it, which has
// become another type.
func eachWrong(t *testing.T, record []byte, f func([]byte)) {
	t.Helper()
	for at := 0; at < len(record); at++ {
		if c := record[at]; c != ':' && c != '[' && c != ',' {
			continue
		}
		start := skipBlank(record, at+1)
		if start >= len(record) || record[start] == ']' || record[start] == '}' || !beginsValue(record[start]) {
			continue
		}
		end := skipValue(record, start)
		for _, other := range []string{`7`, `"x"`, `null`, `[[1]]`, `{"a":{}}`} {
			wrong := append(append(bytes.Clone(record[:start]), other...), record[end:]...)
			if json.Valid(wrong) {
				f(wrong)
			}
		}
		if record[start] == '"' {
			at = end - 1
		}
	}
}

func TestOTLPIDs(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		size           int
	}{
		{"hex", `"0af7651916cd43dd8448eb211c80319c"`, "0af7651916cd43dd8448eb211c80319c", 16},
		{"upper case", `"B7AD6B7169203331"`, "b7ad6b7169203331", 8},
		{"base64", `"CvdlGRbNQ92ESOshHIAxnA=="`, "0af7651916cd43dd8448eb211c80319c", 16},
		{"base64 without padding", `"t61rcWkgMzE"`, "b7ad6b7169203331", 8},
		{"python", `"0xb7ad6b7169203331"`, "b7ad6b7169203331", 8},
		{"uuid", `"ed7b336d-e71a-46f0-a334-5f2e87cb6cfc"`, "ed7b336d-e71a-46f0-a334-5f2e87cb6cfc", 16},
		{"zeros", `"0000000000000000"`, "", 8},
		{"zeros in base64", `"AAAAAAAAAAA="`, "", 8},
		{"empty", `""`, "", 8},
		{"number", `7`, "", 8},
	} {
		d := NewDecoder()
		if err := d.JSON.Parse([]byte(tt.in)); err != nil {
			t.Fatal(err)
		}
		if got := otelID(d, d.JSON.Root(), tt.size); string(got) != tt.want || (got == nil) != (tt.want == "") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestOTLPNanos(t *testing.T) {
	for in, want := range map[string]uint64{
		`"1775649600000000999"`:  1775649600000000999,
		`1775649600000000999`:    1775649600000000999,
		`1.7756496e18`:           1775649600000000000,
		`"18446744073709551615"`: 1<<64 - 1,
		`"18446744073709551616"`: 0,
		`"-1"`:                   0,
		`-1`:                     0,
		`"1e3"`:                  0,
		`""`:                     0,
		`true`:                   0,
	} {
		d := NewDecoder()
		if err := d.JSON.Parse([]byte(in)); err != nil {
			t.Fatal(err)
		}
		if got, ok := nanos(d.JSON.Root()); got != want || ok != (want != 0) {
			t.Errorf("%s is %d (%v), want %d", in, got, ok, want)
		}
	}
}

func TestSafeName(t *testing.T) {
	for in, want := range map[string]string{
		"GET https://u:p@example.com/a?key=AIza": "GET https://example.com/a",
		"https://example.com/a?key=AIza":         "https://example.com/a",
		"chat gpt-4o":                            "chat gpt-4o",
		"is this a question?":                    "is this a question?",
		"":                                       "",
	} {
		if got := safeName(NewDecoder(), Text(in)); string(got) != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

func TestSafeURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://u:p@example.com/a?key=AIza#x": "https://example.com/a",
		"https://example.com/a@b":              "https://example.com/a@b",
		"/v1/chat?key=1":                       "/v1/chat",
		"https://example.com":                  "https://example.com",
	} {
		if got := safeURL(NewDecoder(), Text(in)); string(got) != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

func TestErrorOutcome(t *testing.T) {
	for in, want := range map[string]Outcome{
		"429": OutcomeThrottled, "403": OutcomeDenied, "500": OutcomeError, "200": OutcomeError, "timeout": OutcomeError,
		"openai.RateLimitError": OutcomeThrottled, "anthropic.AuthenticationError": OutcomeDenied, "ThrottlingException": OutcomeThrottled,
		"AccessDeniedException": OutcomeDenied, "": OutcomeError,
	} {
		if got := errorOutcome(Text(in)); got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
	}
}

// TestFlatAnyOrder shuffles the attributes of an indexed conversation: nothing
// says that they come in order.
func TestFlatAnyOrder(t *testing.T) {
	var list []string
	add := func(key, value string) {
		list = append(list, fmt.Sprintf(`{"key":%q,"value":{"stringValue":%q}}`, key, value))
	}
	for i := range 40 {
		add(fmt.Sprintf("gen_ai.prompt.%d.role", i), "user")
		add(fmt.Sprintf("gen_ai.prompt.%d.content", i), fmt.Sprint("turn ", i))
		for j := range 2 {
			add(fmt.Sprintf("gen_ai.prompt.%d.tool_calls.%d.id", i, j), fmt.Sprintf("call_%d_%d", i, j))
			add(fmt.Sprintf("gen_ai.prompt.%d.tool_calls.%d.name", i, j), "look")
		}
	}
	add("gen_ai.operation.name", "chat")
	var buf []byte
	decode := func() string {
		d := NewDecoder()
		line := `{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[` + strings.Join(list, ",") + `]}]}]}]}`
		if err := (otlp{}).Decode(d, []byte(line)); err != nil {
			t.Fatal(err)
		}
		buf = appendEvent(buf[:0], d.Events()[0])
		return string(buf)
	}
	want := decode()
	if !strings.Contains(want, `"prompt":"turn 39"`) {
		t.Fatalf("the prompt is missing: %s", want)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if d := cmp.Diff(want, decode()); d != "" {
			t.Fatalf("(-in order +shuffled):\n%s", d)
		}
	}
}

// TestOTLPDeepValue nests a value as deep as JSON may: what is too deep stays
// as OTLP writes it, and the result is JSON.
func TestOTLPDeepValue(t *testing.T) {
	const depth = 160
	value := strings.Repeat(`{"arrayValue":{"values":[`, depth) + strings.Repeat(`]}}`, depth)
	line := `{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"gen_ai.tool.definitions","value":` + value + `}]}]}]}]}`
	d := NewDecoder()
	if err := (otlp{}).Decode(d, []byte(line)); err != nil {
		t.Fatal(err)
	}
	if got := d.Events()[0].ToolDefinitions; !json.Valid(got) || !bytes.HasPrefix(got, []byte("[[[[")) {
		t.Errorf("tool definitions are %.60s", got)
	}
}
