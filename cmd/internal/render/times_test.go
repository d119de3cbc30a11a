package render

import (
	"math"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/formats"
)

func TestStamp(t *testing.T) {
	kolkata := time.FixedZone("IST", 5*3600+1800)
	const micros = 1769860800_250000 // 2026-01-31T12:00:00.25Z
	tests := []struct {
		name      string
		precision formats.Precision
		zone      *time.Location
		want      string
	}{
		{"seconds", formats.PrecisionS, nil, "2026-01-31T12:00:00Z"},
		{"milliseconds", formats.PrecisionMS, time.UTC, "2026-01-31T12:00:00.250Z"},
		{"microseconds", formats.PrecisionUS, time.UTC, "2026-01-31T12:00:00.250000Z"},
		{"nanoseconds are not kept", formats.PrecisionNS, time.UTC, "2026-01-31T12:00:00.250000Z"},
		{"unknown", "", time.UTC, "2026-01-31T12:00:00.250000Z"},
		{"zone", formats.PrecisionS, kolkata, "2026-01-31T17:30:00+05:30"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := (Stamp{micros, tt.precision}).Format(tt.zone); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	datetime, timestamp := TimesketchTime(Stamp{micros, formats.PrecisionS})
	if datetime != "2026-01-31T12:00:00.250000+00:00" || timestamp != micros {
		t.Errorf("TimesketchTime = %s, %d", datetime, timestamp)
	}
}

func TestRelative(t *testing.T) {
	tests := []struct {
		name string
		in   time.Duration
		want string
	}{
		{"zero", 0, "+0.000s"},
		{"milliseconds", 1234567 * time.Microsecond, "+1.234s"},
		{"before", -2*time.Minute - 3*time.Second, "-2m03s"},
		{"hours", time.Hour + 5*time.Minute, "+1h05m00s"},
		{"days", 76 * time.Hour, "+3d04h00m"},
		{"smallest", math.MinInt64, "-106751d23h47m"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Relative(tt.in); got != tt.want {
				t.Errorf("Relative(%d) = %s, want %s", tt.in, got, tt.want)
			}
		})
	}
}

func TestSizeAndCount(t *testing.T) {
	sizes := map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", -2048: "-2.0 KiB",
		1<<20 - 1: "1.0 MiB", 3 << 29: "1.5 GiB", math.MaxInt64: "8.0 EiB", math.MinInt64: "-8.0 EiB",
	}
	for n, want := range sizes {
		if got := Size(n); got != want {
			t.Errorf("Size(%d) = %q, want %q", n, got, want)
		}
	}
	counts := map[int64]string{
		0: "0", 9999: "9999", 10000: "10\u2009000", -1234567: "-1\u2009234\u2009567",
		math.MinInt64: "-9\u2009223\u2009372\u2009036\u2009854\u2009775\u2009808",
	}
	for n, want := range counts {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}
