package cli

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

func TestMeter(t *testing.T) {
	start := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	const mib = 1 << 20
	type step struct {
		after       time.Duration
		done, total int64
		want        string
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"too early", []step{{100 * time.Millisecond, mib, 10 * mib, ""}}},
		{"total known", []step{
			{0, 0, 600 * mib, ""},
			{time.Second, mib, 600 * mib, "loading  1.0 MiB of 600.0 MiB  0%  1.0 MiB/s  9m59s left"},
			{2 * time.Second, 599 * mib, 600 * mib, "loading  599.0 MiB of 600.0 MiB  99%  299.5 MiB/s  1s left"},
			{3 * time.Second, 600 * mib, 600 * mib, "loading  600.0 MiB of 600.0 MiB  100%  200.0 MiB/s"},
		}},
		{"total unknown", []step{{0, 0, 0, ""}, {time.Second, mib, 0, "loading  1.0 MiB  1.0 MiB/s"}}},
		{"standing still", []step{{0, 0, 0, ""}, {time.Second, 0, 10 * mib, "loading  0 B of 10.0 MiB  0%"}}},
		{"only the window counts", []step{
			{0, 0, 0, ""},
			{time.Second, 100 * mib, 0, "loading  100.0 MiB  100.0 MiB/s"},
			{6 * time.Second, 105 * mib, 0, "loading  105.0 MiB  1.0 MiB/s"},
		}},
		{"far away", []step{{0, 0, 0, ""}, {1000 * time.Second, 1, 1 << 40, "loading  1 B of 1.0 TiB  0%"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := meter{label: "loading", start: start}
			for _, s := range tt.steps {
				if got := m.line(start.Add(s.after), s.done, s.total); !strings.HasPrefix(got, s.want) || s.want == "" && got != "" {
					t.Errorf("after %s: %q, want %q", s.after, got, s.want)
				}
			}
		})
	}
	for seconds, want := range map[float64]string{0.2: "1s", 61: "1m01s", 3700: "1h01m", 1e9: "days"} {
		if got := remaining(seconds); got != want {
			t.Errorf("remaining(%g) = %s, want %s", seconds, got, want)
		}
	}
}

func TestStepMeter(t *testing.T) {
	start := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	m := stepMeter{start: start}
	const mib = 1 << 20
	for _, s := range []struct {
		after time.Duration
		step  analyze.Step
		want  string
	}{
		{100 * time.Millisecond, analyze.Step{Name: "volume.calls", Number: 1, Of: 9}, ""},
		{600 * time.Millisecond, analyze.Step{}, "analyzing  0s"},
		{2 * time.Second, analyze.Step{Name: "volume.calls", Number: 1, Of: 9}, "analyzing  1 of 9  volume.calls  2s"},
		{3 * time.Second, analyze.Step{Name: "content.injection", Number: 2, Of: 9, AllTexts: 400}, "analyzing  2 of 9  reading texts  0%"},
		{4 * time.Second, analyze.Step{Name: "content.injection", Number: 2, Of: 9, Texts: 100, AllTexts: 400, Read: 10 * mib}, "analyzing  2 of 9  reading texts  25%  10.0 MiB/s  4s left"},
		{5 * time.Second, analyze.Step{Name: "content.injection", Number: 2, Of: 9, Texts: 401, AllTexts: 400, Read: 20 * mib}, "analyzing  2 of 9  reading texts  100%  10.0 MiB/s"},
		{6 * time.Second, analyze.Step{Name: "content.refusal", Number: 3, Of: 9}, "analyzing  3 of 9  content.refusal  6s"},
		{9 * time.Second, analyze.Step{Name: "quality.drift", Number: 4, Of: 9, Texts: 1, AllTexts: 2, Read: mib}, "analyzing  4 of 9  reading texts  50%"},
	} {
		if got := m.line(start.Add(s.after), s.step); got != s.want {
			t.Errorf("after %s: %q, want %q", s.after, got, s.want)
		}
	}
}

func TestProgress(t *testing.T) {
	tests := []struct {
		name       string
		tty, quiet bool
		term       string
		want       bool
	}{
		{"terminal", true, false, "xterm", true},
		{"no terminal", false, false, "xterm", false},
		{"quiet", true, true, "xterm", false},
		{"dumb", true, false, "dumb", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, _, errOut := testFactory()
			f.errTTY, f.quiet = tt.tty, tt.quiet
			f.env = func(string) string { return tt.term }
			var clock atomic.Int64
			f.now = func() time.Time { return time.Unix(clock.Add(1), 0) }
			var asked atomic.Int64
			p := f.startProgress("loading", func() (int64, int64) { return asked.Add(1), 10 })
			if tt.want {
				waitFor(t, func() bool { return asked.Load() >= 3 })
				f.note("a note\u202e")
				p.Stop()
			} else {
				p.Stop()
			}
			got := errOut.String()
			if !tt.want {
				if got != "" {
					t.Errorf("shown: %q", got)
				}
				return
			}
			if !strings.Contains(got, "\rloading  1 B of 10 B") || !strings.Contains(got, "\r\rexhibit: a note\\u{202e}\n") && !strings.Contains(got, " \rexhibit: a note\\u{202e}\n") {
				t.Errorf("no progress or note: %q", got)
			}
			if !strings.HasSuffix(got, "\r") && !strings.HasSuffix(got, "\n") {
				t.Errorf("progress stays: %q", got)
			}
		})
	}
}

// TestWaiting shows how long something takes that cannot say how far it is.
func TestWaiting(t *testing.T) {
	m := meter{label: "reading the case", start: time.Unix(0, 0)}
	for _, tt := range []struct {
		after time.Duration
		want  string
	}{{progressDelay - 1, ""}, {progressDelay, "reading the case  0s"}, {61900 * time.Millisecond, "reading the case  1m1s"}} {
		if got := m.waiting(m.start.Add(tt.after)); got != tt.want {
			t.Errorf("after %s: %q, want %q", tt.after, got, tt.want)
		}
	}
}

func waitFor(t *testing.T, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ready(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited for 20 seconds")
		}
	}
}

func TestSaying(t *testing.T) {
	tests := []struct {
		name           string
		quiet, verbose bool
		want           string
	}{
		{"normal", false, false, "exhibit: note\nexhibit: warning: doubt\n"},
		{"verbose", false, true, "exhibit: note\nexhibit: detail\nexhibit: warning: doubt\n"},
		{"quiet", true, true, "exhibit: warning: doubt\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			f := &factory{quiet: tt.quiet, verbose: tt.verbose, status: &statusLine{w: &b}}
			f.note("note")
			f.detail("detail")
			f.warn("doubt")
			if b.String() != tt.want {
				t.Errorf("got %q, want %q", &b, tt.want)
			}
		})
	}
}
