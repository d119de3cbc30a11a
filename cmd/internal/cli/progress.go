package cli

import (
	"fmt"
	"sync"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
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
	m := meter{label: label, start: f.now()}
	return f.watch(func(now time.Time) string {
		if read == nil {
			return m.waiting(now)
		}
		done, total := read()
		return m.line(now, done, total)
	})
}

// watchAnalysis shows how far an analysis is until the progress is stopped.
func (f *factory) watchAnalysis(of *analyze.Progress) *progress {
	m := stepMeter{start: f.now()}
	return f.watch(func(now time.Time) string { return m.line(now, of.Now()) })
}

// watch shows a line, "" for none, until the progress is stopped, where
// somebody can see it.
func (f *factory) watch(line func(now time.Time) string) *progress {
	p := &progress{stop: make(chan struct{})}
	if !f.errTTY || f.quiet || f.env("TERM") == "dumb" {
		return p
	}
	p.idle.Go(func() {
		ticker := time.NewTicker(progressTick)
		defer ticker.Stop()
		defer f.status.show("")
		for {
			select {
			case <-p.stop:
				return
			case <-ticker.C:
				if line := line(f.now()); line != "" {
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

// stepMeter turns the steps of an analysis into a line. Steps take very different
// times, so that how many are left says nothing of the time left; the reading of
// texts does.
type stepMeter struct {
	start   time.Time
	step    int
	samples []analyze.Step // of the texts of a step, at the times in at
	at      []time.Time
}

// line returns the step at the time now, or "" while it is too early.
func (m *stepMeter) line(now time.Time, s analyze.Step) string {
	if s.Number != m.step || s.AllTexts == 0 {
		m.step, m.samples, m.at = s.Number, nil, nil
	}
	if s.AllTexts > 0 {
		m.samples, m.at = append(m.samples, s), append(m.at, now)
		for len(m.at) > 2 && now.Sub(m.at[1]) >= progressWindow {
			m.samples, m.at = m.samples[1:], m.at[1:]
		}
	}
	taken := now.Sub(m.start)
	if taken < progressDelay {
		return ""
	}
	line := "analyzing"
	if s.Number > 0 {
		line += fmt.Sprintf("  %d of %d", s.Number, s.Of)
	}
	if s.AllTexts > 0 {
		return line + m.reading(s)
	}
	if s.Name != "" {
		line += "  " + s.Name
	}
	return line + "  " + taken.Truncate(time.Second).String()
}

// reading says how far the reading of texts is.
func (m *stepMeter) reading(s analyze.Step) string {
	// Texts that are put together from chunks are not counted before.
	line := fmt.Sprintf("  reading texts  %d%%", percent(min(s.Texts, s.AllTexts), s.AllTexts))
	last := len(m.at) - 1
	seconds := m.at[last].Sub(m.at[0]).Seconds()
	if seconds <= 0 {
		return line
	}
	line += "  " + render.Size(int64(float64(s.Read-m.samples[0].Read)/seconds)) + "/s"
	rate := float64(s.Texts-m.samples[0].Texts) / seconds
	if left := s.AllTexts - s.Texts; left > 0 && rate > 0 {
		line += "  " + remaining(float64(left)/rate) + " left"
	}
	return line
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
