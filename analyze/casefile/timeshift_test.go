package casefile

import (
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/formats"
)

func TestTimeShift(t *testing.T) {
	at := func(micros int64) formats.Time { return formats.Time{Micros: micros, OK: true} }
	tests := []struct {
		name          string
		format        string
		ts, end       formats.Time
		wantTS, wantE formats.Time
		wantSource    string
	}{
		{"later", "a", at(5), at(9), at(90_000_005), at(90_000_009), "field+1m30s"},
		{"earlier", "b", at(5), formats.Time{}, at(-999_995), formats.Time{}, "field-1s"},
		{"no time", "a", formats.Time{}, formats.Time{}, formats.Time{}, formats.Time{}, "field"},
		{"end only", "a", formats.Time{}, at(0), formats.Time{}, at(90_000_000), "field"},
		{"other source", "c", at(5), at(9), at(5), at(9), "field"},
	}
	s := newTimeShift(map[string]time.Duration{"a": 90 * time.Second, "b": -time.Second})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := &formats.Event{TS: tt.ts, TSEnd: tt.end, TSSource: "field"}
			s.apply(tt.format, e)
			if e.TS != tt.wantTS || e.TSEnd != tt.wantE || e.TSSource != tt.wantSource {
				t.Errorf("got %v, %v, %q", e.TS, e.TSEnd, e.TSSource)
			}
		})
	}
	e := &formats.Event{TS: at(5), TSSource: "field"}
	if n := testing.AllocsPerRun(100, func() { e.TSSource = "field"; s.apply("a", e) }); n > 0 {
		t.Errorf("%v allocations for an event", n)
	}
}
