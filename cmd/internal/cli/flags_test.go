package cli

import (
	"context"
	"io"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

func makeCases(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func eventIDsForTest(_ context.Context, casePath, prefix string) []string {
	return []string{prefix + "12-1", casePath}
}

// TestFlagGroups parses the shared flags as a command would.
func TestFlagGroups(t *testing.T) {
	type options struct {
		resourceOptions
		Zone  string
		Limit int
		Range [2]string
	}
	tests := []struct {
		name, args string
		want       options
		err        string
	}{
		{"values", "--threads 3 --memory 512M --tz Asia/Kolkata --limit 7 --from 7d --to 2026-01-31", options{resourceOptions{3, 512 << 20}, "Asia/Kolkata", 7, [2]string{"7d", "2026-01-31"}}, ""},
		{"defaults and all", "--threads 1 --limit all", options{resourceOptions{1, 1 << 30}, "UTC", 0, [2]string{}}, ""},
		{"offset", "--threads 1 --tz +05:30 --limit 1", options{resourceOptions{1, 1 << 30}, "+05:30", 1, [2]string{}}, ""},
		{"no threads", "--threads 0", options{}, `"0" is not a whole number of at least 1`},
		{"half a thread", "--threads 1.5", options{}, `"1.5" is not a whole number of at least 1`},
		{"little memory", "--memory 1KB", options{}, `"1KB" is less than 1MiB`},
		{"zone", "--tz Mars/Olympus", options{}, `"Mars/Olympus" is no time zone`},
		{"zone outside", "--tz ../../etc/passwd", options{}, `is no time zone`},
		{"negative limit", "--limit -1", options{}, `"-1" is neither a whole number of at least 1 nor all`},
		{"time", "--from yesterday", options{}, `"yesterday" is no time`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var (
				got    options
				zone   *time.Location
				bounds rangeOptions
			)
			cmd := &cobra.Command{Use: "try"}
			cmd.Flags().SetOutput(io.Discard)
			addResourceFlags(cmd, &got.resourceOptions)
			addZoneFlag(cmd, &zone)
			addLimitFlag(cmd, &got.Limit, 50)
			addRangeFlags(cmd, &bounds)
			err := cmd.ParseFlags(strings.Fields(tt.args))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v, want %s", err, tt.err)
				}
				return
			}
			got.Zone, got.Range = zone.String(), [2]string{bounds.From.String(), bounds.To.String()}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(options{})); err != nil || diff != "" {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestParseSize(t *testing.T) {
	good := map[string]int64{
		"1GiB": 1 << 30, "512M": 512 << 20, "1.5 GB": 15e8, "2gib": 2 << 30, "1048576B": 1 << 20, "0K": 0,
	}
	for s, want := range good {
		if got, err := parseSize(s); err != nil || got != want {
			t.Errorf("parseSize(%q) = %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "G", "5", "-1G", "1e3M", "1..5G", "9999999T", "1X", "NaNG", "0x1G", "1GiBB", "InfK"} {
		if got, err := parseSize(s); err == nil {
			t.Errorf("parseSize(%q) = %d, want an error", s, got)
		}
	}
	for n, want := range map[int64]string{1 << 30: "1GiB", 1536 << 20: "1536MiB", 1e9: "1000000000B"} {
		if got := (*sizeValue)(&n).String(); got != want {
			t.Errorf("size %d shows as %s, want %s", n, got, want)
		}
	}
}

func TestParseTimeBound(t *testing.T) {
	day := 24 * time.Hour
	tests := []struct {
		in   string
		kind boundKind
		at   time.Time
		span time.Duration
		err  string
	}{
		{in: "2026-01-31T12:00:00+02:00", kind: boundInstant, at: time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)},
		{in: "2026-01-31T12:00:00.000001Z", kind: boundInstant, at: time.Date(2026, 1, 31, 12, 0, 0, 1000, time.UTC)},
		{in: "2026-01-31", kind: boundDate, at: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)},
		{in: "24h", kind: boundSpan, span: day},
		{in: "1w2d3h4m5s", kind: boundSpan, span: 9*day + 3*time.Hour + 4*time.Minute + 5*time.Second},
		{in: "2026-01-31T12:00:00", err: "has no offset"},
		{in: "2026-02-30", err: "is no time"},
		{in: "", err: "is no time"},
		{in: "0d", err: "is no time"},
		{in: "7", err: "is no time"},
		{in: "-7d", err: "is no time"},
		{in: "1h1d", err: "is no time"},
		{in: "1d1d", err: "is no time"},
		{in: "1.5h", err: "is no time"},
		{in: "99999999999w", err: "is no time"},
		{in: "106751d24h", err: "is no time"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := parseTimeBound(tt.in)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %+v, %v, want %s", got, err, tt.err)
				}
				return
			}
			if err != nil || got.Kind != tt.kind || !got.At.Equal(tt.at) || got.Span != tt.span {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestRange(t *testing.T) {
	newest := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	zurich, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, from, to string
		newest         time.Time
		want           [2]string
		check, resolve string
	}{
		{"open", "", "", time.Time{}, [2]string{}, "", ""},
		{"a day with a change of clocks", "2026-03-29", "2026-03-29", newest, [2]string{"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}, "", ""},
		{"spans", "7d", "1d", newest, [2]string{"2026-03-24T12:00:00Z", "2026-03-30T12:00:00Z"}, "", ""},
		{"span and time", "24h", "2026-03-31T11:00:00Z", newest, [2]string{"2026-03-30T12:00:00Z", "2026-03-31T11:00:00Z"}, "", ""},
		{"span and no event", "24h", "", time.Time{}, [2]string{}, "", errNoNewest.Error()},
		{"times backwards", "2026-03-31T11:00:00Z", "2026-03-31T11:00:00Z", newest, [2]string{}, "--from 2026-03-31T11:00:00Z is not before", "is not before"},
		{"spans backwards", "1d", "7d", newest, [2]string{}, "--from 1d is not before --to 7d", "is not before"},
		{"mixed backwards", "1h", "2026-03-31T09:00:00Z", newest, [2]string{}, "", "is not before"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var o rangeOptions
			for _, b := range []struct {
				bound *timeBound
				text  string
			}{{&o.From, tt.from}, {&o.To, tt.to}} {
				if b.text != "" {
					if err := b.bound.Set(b.text); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := o.check(zurich); (err == nil) != (tt.check == "") || err != nil && !strings.Contains(err.Error(), tt.check) {
				t.Errorf("check: %v, want %s", err, tt.check)
			}
			from, to, err := o.resolve(tt.newest, zurich)
			if tt.resolve != "" {
				if err == nil || !strings.Contains(err.Error(), tt.resolve) {
					t.Errorf("resolve: %v, want %s", err, tt.resolve)
				}
				return
			}
			got := [2]string{show(from), show(to)}
			if err != nil || got != tt.want {
				t.Errorf("resolve: %v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func show(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func FuzzFlagValues(f *testing.F) {
	for _, seed := range []string{"7d", "1GiB", "2026-01-31", "99999999999999999999w", "+02:00", "1e400T"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if b, err := parseTimeBound(s); err == nil && b.Kind == boundSpan && b.Span <= 0 {
			t.Errorf("span %q is %s", s, b.Span)
		}
		if n, err := parseSize(s); err == nil && (n < 0 || n == math.MaxInt64) {
			t.Errorf("size %q is %d", s, n)
		}
		var zone *time.Location
		if err := (&zoneValue{&zone}).Set(s); err == nil && zone == nil {
			t.Errorf("zone %q is nil", s)
		}
	})
}
