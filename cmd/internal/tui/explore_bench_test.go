package tui

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/timeline"
)

// The size of the terminal of the session, and the memory that exhibit tui has
// where nothing else is said.
const (
	benchWidth  = 120
	benchHeight = 40
	benchMemory = 1 << 30
)

// BenchmarkExplore opens the case that EXHIBIT_BENCH_CASE names and plays a session
// of 500 keys in the timeline: scrolling, paging, jumps, filters, brushes, zooms and
// a search, through the program's own loop with a terminal in memory:
//
//	EXHIBIT_BENCH_CASE=ten.case go test -v -run NONE -bench Explore -benchtime 1x ./cmd/internal/tui
//
// Of each key it takes the time until the frame that shows it was written to the
// terminal (frame), and until everything that the key asked for is in a frame:
// the rows that are seen (scroll, jump), the list and the histogram (filter, brush);
// and of each message what the program itself spent on it and on drawing (work).
//
// On 10,458,031 events, two processors that nobody else used, the median of four
// runs: first screen 255 ms, in order after 2.0 s, peak memory 456 MiB; p50 and p99 of
// work 0.7 and 4.9 ms, frame 6.1 and 14.6 ms, scroll 6.6 and 15.7 ms, jump 7.6 and 18
// ms, filter 24 and 188 ms (the p99 is the first filter by a column, which is read in
// whole), brush 4.3 and 10 ms. Bars: 500 ms, 500 MiB; frame 16, scroll 50, jump 200,
// filter and brush 250 ms. Half of a frame is the wait of Bubble Tea's renderer, which
// writes 120 times a second. Where others keep both processors busy (load 6 to 14),
// the p99 of frames was 33 ms, of filters 622 ms.
func BenchmarkExplore(b *testing.B) {
	dir := os.Getenv("EXHIBIT_BENCH_CASE")
	if dir == "" {
		b.Skip("NOT MEASURED: EXHIBIT_BENCH_CASE names no case to explore")
	}
	for range b.N {
		explore(b, dir)
	}
}

// step is a key of the session, or the mouse.
type step struct {
	kind  string // of what is measured beside the frame; "" for nothing
	msg   tea.Msg
	pause time.Duration // before it
	calm  bool          // and until everything is there
}

// session is the 500 keys. It is the same for every case.
func session() []step {
	var out []step
	press := func(kind string, pause time.Duration, calm bool, names ...string) {
		for _, name := range names {
			k, _ := keys.Parse(name)
			out = append(out, step{kind, k, pause, calm})
		}
	}
	const repeat, think = 33 * time.Millisecond, 150 * time.Millisecond // 30 keys a second, as terminals repeat them
	times := func(n int, name string) []string { return slices.Repeat([]string{name}, n) }
	scroll := func(n int, name string) { press("scroll", repeat, false, times(n, name)...) }
	scroll(40, "down") // while the events are put in order
	press("jump", think, true, "G", "g")
	mouse := func(kind string, m tea.Msg) { out = append(out, step{kind, m, repeat, false}) }
	for i := range 6 {
		press("", think, true, "t")
		press("", repeat, false, strings.Split(strconv.Itoa(7+15*i)+"%", "")...)
		press("jump", repeat, false, "enter")
		scroll(8, "pgdown")
		scroll(12, "down")
		scroll(6, "pgup")
		press("jump", think, true, "e", "e", "E", "a", "]")
		press("brush", think, true, "z", "z", "Z", "Z")
		x := 15 + 12*i
		mouse("", tea.MouseClickMsg{X: x, Y: 5, Button: tea.MouseLeft})
		for dx := range 6 {
			mouse("", tea.MouseMotionMsg{X: x + dx, Y: 5, Button: tea.MouseLeft})
		}
		mouse("jump", tea.MouseReleaseMsg{X: x + 6, Y: 5, Button: tea.MouseLeft})
		press("brush", think, true, "z")
		press("filter", think, true, "b")
		scroll(6, "pgdown")
		press("filter", think, true, "F")
		press("brush", think, true, "Z")
		press("", think, true, times(min(i+1, 5), "right")...)
		press("filter", think, true, "=")
		scroll(6, "pgdown")
		press("filter", think, true, "F", "-", "F")
		press("", repeat, false, times(6, "left")...)
	}
	press("", think, true, "/")
	press("", repeat, false, strings.Split("quarterly", "")...)
	press("", repeat, false, "enter")
	for len(out) < 500 {
		scroll(3, "pgdown")
		press("", repeat, false, "n")
	}
	return out[:500]
}

// explore plays the session once.
func explore(b *testing.B, dir string) {
	b.Helper()
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // begins the peak anew where there is such a file
	defer smallHeap()()
	threads := runtime.GOMAXPROCS(0)
	defer spareThreads()()
	began := time.Now()
	source, err := data.Open(b.Context(), data.Options{Dir: dir, Threads: threads, Memory: benchMemory, Tool: "exhibit bench", Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	w := newWatched(b.Context(), &Options{Source: source, Theme: style.Dark, Zone: time.UTC, Now: time.Now})
	p := tea.NewProgram(w, tea.WithContext(b.Context()), tea.WithInput(strings.NewReader("")), tea.WithOutput(w), tea.WithWindowSize(benchWidth, benchHeight),
		tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithFPS(framesASecond), tea.WithoutSignals())
	done := make(chan error, 1)
	go func() { _, err := p.Run(); done <- err }()
	w.wait(b, func() bool { rows, _, _ := w.view.Waiting(); return !rows })
	first := time.Since(began)
	for n, s := range session() {
		time.Sleep(s.pause)
		if s.calm {
			w.wait(b, w.calm)
		}
		at := time.Now()
		p.Send(sentMsg{step: s, n: n, at: at})
	}
	w.wait(b, w.calm)
	ordered := w.ordered.Sub(began)
	p.Quit()
	if err := <-done; err != nil {
		b.Error(err)
	}
	if err := source.Close(); err != nil {
		b.Error(err)
	}
	w.report(b, first, ordered)
}

// sentMsg is a key with the time at which it was sent.
type sentMsg struct {
	step
	n      int
	at     time.Time
	filter filter.Filter // before it
}

// watched is the root model with a clock: it is the terminal, too.
type watched struct {
	*model
	view *timeline.View

	mu      sync.Mutex
	pending []sentMsg // keys whose frame was not written yet
	waiting []sentMsg // keys that asked for something that is not there yet
	drawn   string
	spent   time.Duration // on the last message
	changed bool          // the frame differs from the one that was drawn before
	seen    time.Time
	ordered time.Time
	times   map[string][]time.Duration
}

func newWatched(ctx context.Context, o *Options) *watched {
	m := newModel(ctx, o)
	return &watched{model: m, view: m.parts[0].(*timeline.View), times: map[string][]time.Duration{}} //nolint:forcetypeassert // it is the first part
}

func (w *watched) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	w.mu.Lock()
	defer w.mu.Unlock()
	sent, ok := msg.(sentMsg)
	if ok {
		msg = sent.msg
	}
	sent.filter = w.filter
	began := time.Now()
	_, cmd := w.model.Update(msg)
	w.spent = time.Since(began)
	if ok {
		w.pending = append(w.pending, sent)
		if sent.kind != "" {
			w.waiting = append(w.waiting, sent)
		}
	}
	if _, list, _ := w.view.Waiting(); !list && w.ordered.IsZero() {
		w.ordered = time.Now()
	}
	return w, cmd
}

// View draws, and notes what the frame shows. Where it is the frame that was
// written last, nothing will be written.
func (w *watched) View() tea.View {
	w.mu.Lock()
	defer w.mu.Unlock()
	began := time.Now()
	v := w.model.View()
	w.times["work"] = append(w.times["work"], w.spent+time.Since(began))
	w.changed = v.Content != w.drawn
	w.drawn, w.seen = v.Content, time.Now()
	if !w.changed && len(w.pending) > 0 {
		w.written(time.Now())
	}
	return v
}

// Write is the terminal.
func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written(time.Now())
	return len(p), nil
}

// written notes what came to the screen.
func (w *watched) written(at time.Time) {
	for _, k := range w.pending {
		w.times["frame"] = append(w.times["frame"], at.Sub(k.at))
	}
	w.pending = nil
	rows, list, counts := w.view.Waiting()
	w.waiting = slices.DeleteFunc(w.waiting, func(k sentMsg) bool {
		if rows || k.kind != "scroll" && (list || counts) || k.kind == "filter" && w.filter.Equal(k.filter) {
			return false
		}
		w.times[k.kind] = append(w.times[k.kind], at.Sub(k.at))
		return true
	})
}

// calm reports whether everything that was asked for is there.
func (w *watched) calm() bool {
	rows, list, counts := w.view.Waiting()
	return !rows && !list && !counts && len(w.pending) == 0 && len(w.waiting) == 0
}

// unwritten is after how long a frame was not written because the screen has it.
const unwritten = 50 * time.Millisecond

// wait waits until something is so.
func (w *watched) wait(b *testing.B, so func() bool) {
	b.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		w.mu.Lock()
		if len(w.pending) > 0 && time.Since(w.seen) > unwritten {
			w.written(w.seen)
		}
		ok := so()
		w.mu.Unlock()
		if ok {
			return
		}
	}
	b.Fatal("the explorer does not come to rest")
}

// report prints what was measured.
func (w *watched) report(b *testing.B, first, ordered time.Duration) {
	b.Helper()
	b.Logf("first screen %v, in order after %v, peak memory %d MiB", first.Round(time.Millisecond), ordered.Round(time.Millisecond), peakMemory()>>20)
	b.ReportMetric(float64(first.Milliseconds()), "first-ms")
	b.ReportMetric(float64(peakMemory()>>20), "peak-MiB")
	for _, kind := range []string{"work", "frame", "scroll", "jump", "filter", "brush"} {
		list := w.times[kind]
		slices.Sort(list)
		if len(list) == 0 {
			continue
		}
		at := func(share float64) time.Duration {
			return list[min(len(list)-1, int(math.Ceil(share*float64(len(list))))-1)].Round(100 * time.Microsecond)
		}
		b.Logf("%-7s %4d times  p50 %8v  p99 %8v  max %8v", kind, len(list), at(0.5), at(0.99), at(1))
		b.ReportMetric(float64(at(0.99).Microseconds())/1000, kind+"-p99-ms")
	}
}

// peakMemory is the most memory that the process had at a time, in bytes; 0 where
// the system does not say.
func peakMemory() int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kB int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kB); n == 1 {
			return kB << 10
		}
	}
	return 0
}
