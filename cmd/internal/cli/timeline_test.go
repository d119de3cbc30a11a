package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/correlation"
)

// The middle and the distance of --from and --to give back both, to the
// microsecond, without the end of the range.
func TestTimelineWindow(t *testing.T) {
	tests := []struct{ name, from, to, first, last string }{
		{"instants", "2026-03-01T10:00:00Z", "2026-03-01T10:00:01Z", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00.999999Z"},
		{"odd distance", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000003Z", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000002Z"},
		{"day", "2026-03-01", "2026-03-01", "2026-02-28T22:00:00Z", "2026-03-01T21:59:59.999999Z"},
		{"open end", "2026-03-01", "", "2026-02-28T22:00:00Z", ""},
		{"open start", "", "2026-03-01T10:00:00Z", "", "2026-03-01T09:59:59.999999Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var o timelineOptions
			o.Output.Zone = time.FixedZone("+02:00", 2*3600)
			for bound, text := range map[*timeBound]string{&o.Range.From: tt.from, &o.Range.To: tt.to} {
				if text == "" {
					continue
				}
				if err := bound.Set(text); err != nil {
					t.Fatal(err)
				}
			}
			var co correlation.Options
			if err := o.window(t.Context(), nil, &co); err != nil {
				t.Fatal(err)
			}
			first, last := co.Around.Add(-co.Window), co.Around.Add(co.Window)
			if got := first.UTC().Format(time.RFC3339Nano); tt.first != "" && got != tt.first {
				t.Errorf("from %s, want %s", got, tt.first)
			}
			if got := last.UTC().Format(time.RFC3339Nano); tt.last != "" && got != tt.last {
				t.Errorf("to %s, want %s", got, tt.last)
			}
			if span := last.Sub(first); (tt.from == "" || tt.to == "") && span < 200*365*24*time.Hour {
				t.Errorf("an open end is %s away", span)
			}
		})
	}
}

func TestEvidenceNamed(t *testing.T) {
	sum := func(digits string) string { return digits + strings.Repeat("0", 64-len(digits)) }
	items := []*casefile.Item{
		{Evidence: 1, SHA256: sum("12ab"), Path: "logs/a"},
		{Evidence: 2, SHA256: sum("1"), Path: "2"},
		{Evidence: 12, SHA256: sum("12cd"), Path: "logs/b"},
		{SHA256: sum("ff"), Path: "logs/c"},
	}
	tests := []struct {
		name, typed string
		want        []int64
	}{
		{"number before digits", "12", []int64{12}},
		{"number before path", "2", []int64{2}},
		{"digits", "12a", []int64{1}},
		{"zero is no beginning", "0", nil},
		{"upper case", "12CD", []int64{12}},
		{"path", "logs/a", []int64{1}},
		{"not loaded", "logs/c", nil},
		{"whole hash", sum("1"), []int64{2}},
		{"nothing", "99", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []int64
			for _, it := range evidenceNamed(items, tt.typed) {
				got = append(got, it.Evidence)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if got := shortHash(items, sum("1")); got != sum("1")[:shortestPrefix] {
		t.Errorf("shortest beginning: %s", got)
	}
}
