package cli

import (
	"fmt"
	"sync"
	"time"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

const (
	// progressTick is the time between two updates: ten a second.
	progressTick = 100 * time.Millisecond
	// progressDelay keeps short commands free of flicker.
	progressDelay = 500 * time.Millisecond
	// progressWindow is how far back the rate looks: long enough to be calm,
	// short enough to follow a change of pace.
	progressWindow = 5 * time.Second
)

// counters reports the bytes done so far and in all; a total of 0 is unknown.
// It is called from another goroutine than the work, so it reads atomics.
type counters func() (done, total int64)

// progress shows how far a command is, with rate and time left, as the live
// line of stderr.
type progress struct {
	stop chan struct{}
	idle sync.WaitGroup
}

// startProgress shows read under label until the progress is stopped; without
// read, how long it takes. It shows nothing when stderr is no terminal or --quiet is given.
func (f *factory) startProgress(label string, read counters) *progress {
	p := &progress{stop: make(chan struct{})}
	if !f.errTTY || f.quiet || f.env("TERM") == "dumb" {
		return p
	}
	p.idle.Go(func() {
		ticker := time.NewTicker(progressTick)
		defer ticker.Stop()
		defer f.status.show("")
		meter := meter{label: label, start: f.now()}
		for {
			select {
			case <-p.stop:
				return
			case <-ticker.C:
				line := meter.waiting(f.now())
				if read != nil {
					done, total := read()
					line = meter.line(f.now(), done, total)
				}
				if line != "" {
					f.status.show(line)
				}
			}
		}
	})
	return p
}

// Stop takes the line away and waits until it is gone. It is called once.
func (p *progress) Stop() {
	close(p.stop)
	p.idle.Wait()
}

// meter turns counters into a line. It keeps the samples of the last
// [progressWindow].
type meter struct {
	label   string
	start   time.Time
	samples []sample
}

type sample struct {
	at   time.Time
	done int64
}

// line returns the progress at the time now, or "" while it is too early.
func (m *meter) line(now time.Time, done, total int64) string {
	m.samples = append(m.samples, sample{now, done})
	for len(m.samples) > 2 && now.Sub(m.samples[1].at) >= progressWindow {
		m.samples = m.samples[1:]
	}
	if now.Sub(m.start) < progressDelay {
		return ""
	}
	line := m.label + "  " + render.Size(done)
	if total > 0 {
		line += fmt.Sprintf(" of %s  %d%%", render.Size(total), percent(done, total))
	}
	rate := m.rate()
	if rate <= 0 {
		return line
	}
	line += "  " + render.Size(int64(rate)) + "/s"
	if left := total - done; total > 0 && left > 0 {
		line += "  " + remaining(float64(left)/rate) + " left"
	}
	return line
}

// waiting returns how long it took until the time now, or "" while it is too
// early.
func (m *meter) waiting(now time.Time) string {
	taken := now.Sub(m.start)
	if taken < progressDelay {
		return ""
	}
	return m.label + "  " + taken.Truncate(time.Second).String()
}

// percent never says 100 before the end and never more.
func percent(done, total int64) int64 {
	if done >= total {
		return 100
	}
	return min(int64(float64(done)/float64(total)*100), 99)
}

// rate is the bytes a second over the window.
func (m *meter) rate() float64 {
	first, last := m.samples[0], m.samples[len(m.samples)-1]
	seconds := last.at.Sub(first.at).Seconds()
	if seconds <= 0 {
		return 0
	}
	return float64(last.done-first.done) / seconds
}

func remaining(seconds float64) string {
	switch {
	case seconds < 60:
		return fmt.Sprintf("%ds", int(seconds)+1)
	case seconds < 3600:
		return fmt.Sprintf("%dm%02ds", int(seconds)/60, int(seconds)%60)
	case seconds < 100*3600:
		return fmt.Sprintf("%dh%02dm", int(seconds)/3600, int(seconds)/60%60)
	}
	return "days"
}
