package formats

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func TestJSONLinesDetect(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"object", `{"a":1}`, ""},
		{"array", `[1,2]`, ""},
		{"broken object", `{"a":`, ""},
		{"broken first line", "{\"a\":tru}\n{\"a\":1}\n", ""},
		{"number", "12\n13\n", ""},
		{"text value", "\"a\"\n", ""},
		{"truth", "true", ""},
		{"empty", "", "it is empty or blank"},
		{"blank", "\xEF\xBB\xBF \n", "it is empty or blank"},
		{"date", "2024-03-01 12:00:00 started", "reading the first line: invalid JSON at byte "},
		{"list of numbers", "1,2,3\n", "reading the first line: invalid JSON at byte "},
		{"word", "true story", "reading the first line: invalid JSON at byte "},
		{"text", "hello", "it does not begin like JSON, but with the byte 0x68"},
		{"UTF-16", "\xFF\xFE{\x00", "it does not begin like JSON, but with the byte 0xff"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var doc jsontape.Doc
			err := jsonLines{}.Detect(sampleOf([]byte(tt.text), &doc))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
				t.Errorf("Detect(%q) = %v, want %q", tt.text, err, tt.want)
			}
		})
	}
}

// TestJSONTestSuite checks that the jsonl format reads each y_ file of the JSON
// test suite and none of the n_ files: those are unparsed. Two of them hold no
// data, and so no record.
func TestJSONTestSuite(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(sharedData(t, "json_test_suite"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	empty := 0
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var doc jsontape.Doc
		f := jsonLines{}
		lines := eventLines(t, f, f.Framing(sampleOf(text, &doc)), text)
		unparsed := 0
		for _, l := range lines {
			if strings.Contains(l, `"kind":"unparsed"`) {
				unparsed++
			}
		}
		switch name := filepath.Base(path); {
		case strings.HasPrefix(name, "y_") && unparsed > 0:
			t.Errorf("%s: %v", name, lines)
		case strings.HasPrefix(name, "n_") && len(lines) == 0:
			empty++
		case strings.HasPrefix(name, "n_") && unparsed == 0:
			t.Errorf("%s is read: %v", name, lines)
		}
	}
	if empty != 2 {
		t.Errorf("%d of the n_ files hold no record, want 2", empty)
	}
}

// TestNamePlaces decodes records whose names stand at other places than in those
// before, and then where more names were seen than are remembered: what a decoder
// remembers must not change what it makes of a record.
func TestNamePlaces(t *testing.T) {
	records := []string{
		`{"ts":1772344802,"data":{"model":"m","usage":{"input_tokens":7,"model":"no"}},"user":{"id":"ana"}}`,
		`{"user":{"id":"ben","data":{"ts":1}},"data":{"usage":{"input_tokens":8},"model":"n"},"ts":1772344803}`,
		`{"data":{"ts":1772344804,"data":{"model":"o"}},"model":null,"prompt":"Hi","prompt":"Ho"}`,
		`{"x":{"data":{"model":"p"},"time":"2026-03-01T06:00:00Z"},"event":{"created":1772344805},"_":{"model":"q"}}`,
		`{"_":{"timestamp":1772344806},"a":{"b":{"c":{"d":{"e":{"model":"r"}}}}},"gen_ai":{"request":{"model":"s"}}}`,
		`{"start_time":1772344807,"a.b.c.d.e.f.g.h":1,"event":{"start":1772344808},"usage":{"usage":{"output_tokens":3}}}`,
	}
	var want []string
	for _, record := range records {
		want = append(want, eventLines(t, jsonLines{}, Framing{}, []byte(record))...)
	}
	log := []byte(strings.Join(records, "\n") + "\n")
	diffLines(t, want, eventLines(t, jsonLines{}, Framing{}, log))

	var odd []byte
	for i := range maxPlaces {
		odd = fmt.Appendf(odd, "{\"k%d\":{\"x%d\":1,\"y\":{\"z\":2}}}\n", i, i)
	}
	got := eventLines(t, jsonLines{}, Framing{}, append(odd, log...))
	diffLines(t, want, got[maxPlaces:])
	if ts := `"ts_source":"_.timestamp"`; !strings.Contains(want[4], ts) {
		t.Errorf("there is no %s in %s", ts, want[4])
	}
}

// decodeAll decodes the records again and again; what it returns must not
// allocate once its memory has grown.
func decodeAll(t testing.TB, f Format, text string) func() {
	t.Helper()
	var records [][]byte
	for line := range strings.Lines(text) {
		records = append(records, []byte(strings.TrimSpace(line)))
	}
	d := NewDecoder()
	decode := func() {
		for _, r := range records {
			d.Clear()
			if err := f.Decode(d, r); err != nil {
				t.Fatal(err)
			}
		}
		d.Reset()
	}
	decode()
	return decode
}

const gatewayLine = `{"timestamp":"2026-03-01T06:00:00.123Z","request_id":"r1","user_id":"u","model":"m","prompt":"Hello?","response":"Yes.",` +
	`"usage":{"prompt_tokens":4,"completion_tokens":2},"latency_ms":91.5,"status":200,"client_ip":"203.0.113.9","user_agent":"OpenAI/Python 1.5","metadata":{"env":"prod"}}`

func TestDecodeAllocates(t *testing.T) {
	cases := formatCases(t)
	for _, tt := range []struct {
		name, text string
		format     Format
	}{
		{"cloudtrail", string(cases["cloudtrail/data-lines"].text), cloudTrail{}},
		{"jsonl", gatewayLine, jsonLines{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if n := testing.AllocsPerRun(20, decodeAll(t, tt.format, tt.text)); n != 0 {
				t.Errorf("decoding allocates %v times", n)
			}
		})
	}
}

func BenchmarkDecodeCloudTrail(b *testing.B) {
	text := string(formatCases(b)["cloudtrail/data-lines"].text)
	benchmarkDecode(b, cloudTrail{}, text)
}

func BenchmarkDecodeJSONLines(b *testing.B) { benchmarkDecode(b, jsonLines{}, gatewayLine) }

func benchmarkDecode(b *testing.B, f Format, text string) {
	decode := decodeAll(b, f, text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		decode()
	}
}
