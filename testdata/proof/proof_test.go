package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// The quick form runs through every section that needs no other test, and writes
// the same twice.
func TestQuick(t *testing.T) {
	t.Chdir("../..") // where the program runs
	work := t.TempDir()
	var first, second bytes.Buffer
	for only, out := range map[string]*bytes.Buffer{"detection,public,determinism": &first, "detection": &second} {
		if err := run(t.Context(), []string{"--quick", "--work", work, "--only", only}, out, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.HasPrefix(first.String(), second.String()) {
		t.Errorf("a second run says something else:\n%s", cmp.Diff(first.String(), second.String()))
	}
	for _, want := range []string{
		"The quick form", "## Detection", "| recall, normal | ", "| logging-off | 1 of 1 | 1 of 1 | ", "## The same by public rules",
		"| elastic_logging_changed | ", "### With every alert looked at", "| findings of four runs | all the same | all the same | reached |",
		"exhibit drill generate --seed 843294133 ", "exhibit drill score --truth truth.jsonl --case d.case --all",
	} {
		if !strings.Contains(first.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, first.String())
		}
	}
	for _, not := range []string{"## Speed", "## Calibration", work} {
		if strings.Contains(first.String(), not) {
			t.Errorf("the report has %q", not)
		}
	}
}

func TestFlags(t *testing.T) {
	for _, args := range [][]string{{"--only", "everything"}, {"--seeds", "x"}, {"--seeds", ""}, {"more"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
	p, err := parse([]string{"--seeds", "7,8", "--quick"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]uint64{7, 8}, p.seeds); diff != "" || p.output != "-" || p.form != quickForm() {
		t.Errorf("%+v", p)
	}
}

// What a rule says of one subject within an hour is one alert; what it says later,
// and of others, is another.
func TestAlerts(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 3, 2, 10, minute, 0, 0, time.UTC) }
	f := func(detector, subject string, from, to int, events ...string) analyze.Finding {
		return analyze.Finding{ID: events[0], Detector: detector, Subject: subject, Severity: analyze.SeverityMedium, First: at(from), Last: at(to), Events: events, EventCount: int64(len(events))}
	}
	got := alerts([]analyze.Finding{
		f("a", "x", 70, 75, "3"), f("a", "x", 0, 10, "1", "2"), f("a", "x", 136, 136, "4"), f("a", "y", 70, 71, "5"), f("b", "x", 70, 72, "6"),
	})
	want := []analyze.Finding{ // as findings are ranked: of equal scores, what is found of fewer subjects comes first
		f("b", "x", 70, 72, "6"), f("a", "x", 0, 75, "1", "2", "3"), f("a", "y", 70, 71, "5"), f("a", "x", 136, 136, "4"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A bar that is missed says so, and a figure without one says nothing.
func TestBars(t *testing.T) {
	var r report
	r.bars([]figure{{"a", "1", "at least 2", false}, {"b", "3", "at least 2", true}, {what: "c", got: "x|y"}})
	want := "| figure | measured | bar |  |\n| --- | --- | --- | --- |\n| a | 1 | at least 2 | **not reached** |\n| b | 3 | at least 2 | reached |\n| c | x\\|y |  |  |\n\n"
	if diff := cmp.Diff(want, r.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A test that does not exist has measured nothing.
func TestGoTest(t *testing.T) {
	for _, tt := range []struct {
		test, want string
	}{
		{"TestBars", "reached"},
		{"TestNothing", "**not measured**: there is no such test"},
	} {
		result, _, err := goTest(t.Context(), measured{pkg: ".", test: tt.test}, true)
		if err != nil || result != tt.want {
			t.Errorf("%s: %q, %v; want %q", tt.test, result, err, tt.want)
		}
	}
}

// The bars of calibration are the report's own: a test that demands less does not
// make them reached.
func TestCalibrated(t *testing.T) {
	got := calibrated("volume.calls      80000 tests  1.25  1.04  0.38  [1000 83 3]\nsomething else\n    volume.ttft  20000 tests  0.50  0.50  0.00  [100 10 0]\n")
	want := []figure{
		{"volume.calls, a = 0.01, 80000 tests", "1.25 (1000 seen)", "0.5 to 1.2", false},
		{"volume.calls, a = 0.001, 80000 tests", "1.04 (83 seen)", "0.5 to 1.2", true},
		{"volume.calls, a = 0.0001, 80000 tests", "0.38 (3 seen)", "0.5 to 1.2", false},
		{"volume.ttft, a = 0.01, 20000 tests", "0.50 (100 seen)", "0.5 to 1.2", true},
		{"volume.ttft, a = 0.001, 20000 tests", "0.50 (10 seen)", "0.5 to 1.2", true},
		{"volume.ttft, a = 0.0001, 20000 tests", "0.00 (0 seen)", "0.5 to 1.2", false},
		{"all together, a = 0.01, 100000 tests", "1.10 (1100 seen)", "0.5 to 1.2", true},
		{"all together, a = 0.001, 100000 tests", "0.93 (93 seen)", "0.5 to 1.2", true},
		{"all together, a = 0.0001, 100000 tests", "0.30 (3 seen)", "0.5 to 1.2", false},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(figure{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := calibrated("nothing"); len(got) != 1 || got[0].reached {
		t.Errorf("of nothing: %v", got)
	}
}

func TestHighWater(t *testing.T) {
	for text, want := range map[string]int64{
		"Name:\texhibit\nVmPeak:\t  900 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 1000 kB\n": 1234 << 10,
		"Name:\texhibit\n": 0, "VmHWM: many\n": 0, "": 0,
	} {
		if got := highWater([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
