package drill

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/exhibit-forensics/exhibit/formats"
)

// fourSources are those that see every call of Bedrock's models.
func fourSources() []string { return []string{"cloudtrail", "bedrock", "litellm", "otlp"} }

// record is a record of a call.
type record struct {
	raw   string
	event formats.Event
}

// recordsOf returns what a flat source has of each call, by its request id.
func recordsOf(t *testing.T, dir, source string) map[string][]record {
	t.Helper()
	text := read(t, filepath.Join(dir, source+sourceOf(source).extension()))
	var records []json.RawMessage
	if source == "cloudtrail" {
		var f struct{ Records []json.RawMessage }
		if err := json.Unmarshal(text, &f); err != nil {
			t.Fatal(err)
		}
		records = f.Records
	} else {
		for line := range bytes.Lines(text) {
			records = append(records, bytes.TrimSuffix(line, []byte("\n")))
		}
	}
	name := source
	if source == "openai" {
		name = "http-exchange"
	}
	i := slices.IndexFunc(formats.All(), func(f formats.Format) bool { return f.Name() == name })
	all := map[string][]record{}
	for _, raw := range records {
		d := formats.NewDecoder()
		if err := formats.All()[i].Decode(d, raw); err != nil || len(d.Events()) != 1 {
			t.Fatalf("%d events, %v: %s", len(d.Events()), err, raw)
		}
		if e := d.Events()[0]; e.Kind == formats.KindInference || e.Kind == formats.KindEmbedding {
			all[string(e.RequestID)] = append(all[string(e.RequestID)], record{string(raw), *e})
		}
	}
	return all
}

// saysOf returns what an event says in a field that can be altered.
func saysOf(e *formats.Event, field string) any {
	switch field {
	case "model":
		return string(e.Model)
	case "outcome":
		return e.Outcome
	case "principal":
		return string(e.Principal)
	case "input_tokens":
		return e.InputTokens
	case "output_tokens":
		return e.OutputTokens
	case "prompt":
		return string(e.Prompt)
	default:
		return string(e.Response)
	}
}

// differing returns the fields in which two events differ; when one ended
// otherwise, that is all there is to say.
func differing(a, b *formats.Event) string {
	var fields []string
	for _, f := range fieldNames {
		if saysOf(a, f) != saysOf(b, f) {
			fields = append(fields, f)
		}
	}
	if slices.Contains(fields, "outcome") {
		return "outcome"
	}
	return strings.Join(fields, "+")
}

// What the report says was tampered with is what differs from the logs as they
// were, and nothing else does.
func TestTampering(t *testing.T) {
	fields := map[string]int{}
	for _, c := range []struct {
		name    string
		sources []string
		seed    uint64
	}{
		{"four", fourSources(), 1},
		{"of AWS", []string{"cloudtrail", "bedrock"}, 2},
		{"all", Sources(), 3},
		{"around the provider", []string{"litellm", "cloudtrail"}, 4},
		{"callers", []string{"otlp", "langfuse", "bedrock"}, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := Config{Seed: c.seed, Days: 2, Calls: 1200, Words: [2]int{4, 12}, Sources: c.sources}
			_, plainDir := generate(t, config)
			config.Tampering = Tampering{Removed: 40, Altered: 60, Duplicated: 30}
			report, dir := generate(t, config)
			plain, spoilt := map[string]map[string][]record{}, map[string]map[string][]record{}
			for _, s := range c.sources {
				plain[s], spoilt[s] = recordsOf(t, plainDir, s), recordsOf(t, dir, s)
			}
			var got []Tampered
			for _, s := range c.sources {
				for id, was := range plain[s] {
					is := spoilt[s][id]
					switch x := (Tampered{Source: s, RequestID: id}); {
					case len(is) == 0:
						x.Kind = Removed
						got = append(got, x)
					case len(is) == 2 && is[0].raw == is[1].raw && is[0].raw == was[0].raw:
						x.Kind = Duplicated
						got = append(got, x)
					case len(is) != 1:
						t.Errorf("%s has %d records of %s", s, len(is), id)
					case was[0].raw != is[0].raw:
						x.Kind, x.Field = Altered, differing(&was[0].event, &is[0].event)
						got = append(got, x)
						fields[s+" "+x.Field]++
						if !slices.ContainsFunc(c.sources, func(o string) bool {
							other := plain[o][id]
							return o != s && other != nil && saysOf(&other[0].event, x.Field) == saysOf(&was[0].event, x.Field)
						}) {
							t.Errorf("%+v: no other source contradicts it", x)
						}
					}
				}
			}
			byCall := cmpopts.SortSlices(func(a, b Tampered) int { return strings.Compare(a.RequestID, b.RequestID) })
			if d := cmp.Diff(report.Tampered, got, byCall, cmpopts.IgnoreFields(Tampered{}, "Time")); d != "" {
				t.Errorf("truth and difference (-want +got):\n%s", d)
			}
			counts := map[TamperKind]int{}
			for _, x := range report.Tampered {
				counts[x.Kind]++
			}
			if d := cmp.Diff(map[TamperKind]int{Removed: 40, Altered: 60, Duplicated: 30}, counts); d != "" {
				t.Errorf("counts (-want +got):\n%s", d)
			}
		})
	}
	for _, want := range []string{
		"cloudtrail model", "cloudtrail outcome", "cloudtrail principal", "bedrock principal", "bedrock response", "bedrock prompt",
		"litellm output_tokens", "litellm input_tokens", "litellm principal", "otlp principal", "otlp prompt", "langfuse response", "openai output_tokens",
	} {
		if fields[want] == 0 {
			t.Errorf("never altered: %s, of %v", want, fields)
		}
	}
}

// All times of a source move, and nothing else does.
func TestShift(t *testing.T) {
	config := Config{Seed: 4, Days: 2, Calls: 300, Words: [2]int{4, 12}, Sources: Sources()}
	_, plainDir := generate(t, config)
	config.Tampering.Shifts = []Shift{
		{Source: "otlp", By: 42_137 * time.Millisecond},
		{Source: "cloudtrail", By: -90_250 * time.Millisecond},
		{Source: "bedrock", By: time.Millisecond},
		{Source: "langfuse"},
		{},
	}
	report, dir := generate(t, config)
	if len(report.Tampered) != 5 {
		t.Fatalf("%d shifts in the report, want 5: %+v", len(report.Tampered), report.Tampered)
	}
	byName := map[string]int64{}
	for _, x := range report.Tampered {
		if byName[x.Source] = x.ShiftUS; x.Kind != Shifted || x.ShiftUS == 0 || x.ShiftUS%1000 != 0 {
			t.Errorf("no shift: %+v", x)
		}
	}
	for _, s := range Sources() {
		plain, spoilt := recordsOf(t, plainDir, s), recordsOf(t, dir, s)
		by, unit := byName[s], int64(1)
		if s == "cloudtrail" || s == "bedrock" || s == "openai" {
			unit = 1_000_000
		}
		for id, was := range plain {
			was, is := was[0].event, spoilt[id][0].event
			moved := is.TS.Micros - was.TS.Micros
			if moved-by > unit-1 || by-moved > unit-1 {
				t.Errorf("%s: %s moved by %d, want %d", s, id, moved, by)
			}
			if is.TSEnd.OK {
				is.TSEnd.Micros -= moved
			}
			is.TS = was.TS
			if d := cmp.Diff(was, is, cmpopts.IgnoreUnexported(formats.Event{}, formats.Message{})); d != "" {
				t.Errorf("%s: more than the time moved (-want +got):\n%s", s, d)
			}
		}
	}
}

// The same records are tampered with however they are written.
func TestSameTampering(t *testing.T) {
	config := Config{
		Seed: 9, Calls: 600, Days: 2, Words: [2]int{5, 20}, Sources: Sources(),
		Tampering: Tampering{Removed: 20, Altered: 30, Duplicated: 20, Shifts: []Shift{{}, {}}},
	}
	want, dir := generate(t, config)
	tree := treeHash(t, dir)
	for _, c := range []struct {
		name  string
		same  bool // bytes
		other func(c *Config)
	}{
		{"many workers", true, func(c *Config) { c.Workers = 7 }},
		{"small files", false, func(c *Config) { c.FileRecords = 30 }},
		{"s3 gzip", false, func(c *Config) { c.Layout, c.Gzip = LayoutS3, true }},
		{"other order", true, func(c *Config) { slices.Reverse(c.Sources) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			other := config
			other.Sources = slices.Clone(config.Sources)
			c.other(&other)
			got, dir := generate(t, other)
			bySource := cmpopts.SortSlices(func(a, b Tampered) int {
				return strings.Compare(a.Source+a.RequestID, b.Source+b.RequestID)
			})
			if d := cmp.Diff(want.Tampered, got.Tampered, bySource); d != "" {
				t.Errorf("truth (-want +got):\n%s", d)
			}
			if c.same && treeHash(t, dir) != tree {
				t.Error("other bytes")
			}
			var records, wanted int64
			for i := range got.Sources {
				records, wanted = records+got.Sources[i].Records, wanted+want.Sources[i].Records
			}
			if records != wanted {
				t.Errorf("%d records, want %d", records, wanted)
			}
		})
	}
}

func TestBadTampering(t *testing.T) {
	for _, c := range []struct {
		name      string
		sources   []string
		tampering Tampering
		want      string
	}{
		{"negative", nil, Tampering{Removed: -1}, "must be from 0"},
		{"more than calls", nil, Tampering{Removed: 40, Altered: 61}, "100 calls are too few"},
		{"one source", []string{"bedrock"}, Tampering{Removed: 1}, "needs two sources"},
		{"nothing in common", []string{"bedrock", "openai"}, Tampering{Removed: 1}, "1 records are left"},
		{"shift of nothing", nil, Tampering{Shifts: []Shift{{Source: "otlp"}}}, `"otlp" is to be shifted but not written`},
		{"shift twice", nil, Tampering{Shifts: []Shift{{Source: "bedrock"}, {Source: "bedrock"}}}, "shifted twice"},
		{"too many shifts", nil, Tampering{Shifts: []Shift{{}, {}, {}}}, "more than there are sources"},
		{"fine shift", nil, Tampering{Shifts: []Shift{{By: time.Microsecond}}}, "whole milliseconds"},
		{"wild shift", nil, Tampering{Shifts: []Shift{{By: 31 * 24 * time.Hour}}}, "at most 720h0m0s"},
		{"all of it", nil, Tampering{Removed: 50, Altered: 45}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Generate(t.Context(), Config{Seed: 1, Calls: 100, Dir: t.TempDir(), Words: [2]int{3, 5}, Sources: c.sources, Tampering: c.tampering})
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
		})
	}
}
