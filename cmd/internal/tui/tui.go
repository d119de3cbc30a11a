// Package tui is the explorer: a case in a terminal. One root model knows which
// view is seen and draws what is around it; the views are dumb parts (package
// part), and what they want to know they ask of package data in commands, never
// while they draw or take keys.
package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// Options say what is explored, and how it is shown.
type Options struct {
	Source data.Source
	In     io.Reader
	Out    io.Writer
	Theme  string // one of [style.Themes]; "" is by the terminal
	Plain  bool   // for screen readers
	Zone   *time.Location
	Now    func() time.Time
	Open   part.Open // what is seen first; the zero value is the timeline
	// Filters is the file of saved filters, "" for none.
	Filters string
	History string   // the file of the queries that were run, "" for none
	Env     []string // of the process, for what the terminal can do; nil is its own
}

// framesASecond is how often the screen is written at most. With the 60 that
// Bubble Tea has where nothing is said, a key could be seen after 17 ms only.
const framesASecond = 120

// smallHeap keeps what is no more needed from adding up: the order of ten million
// events is a quarter of a gigabyte that has no pointers in it, so that to look
// through the heap often costs little, and to let it double costs much. The
// function that it returns leads back.
func smallHeap() func() {
	const percent = 15
	before := debug.SetGCPercent(percent)
	return func() { debug.SetGCPercent(before) }
}

// spareThreads lets what a person waits for run while all processors are busy with
// a search or with putting events in order: a goroutine that becomes ready waits up
// to 10 ms for one of Go's processors to be free (the time slice of its scheduler),
// but much less for the system to give a thread of its own a turn. The function that
// it returns leads back.
func spareThreads() func() {
	const spare = 2 // the loop, and the renderer
	before := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(before + spare)
	return func() { runtime.GOMAXPROCS(before) }
}

// Run shows the explorer until the person quits or the context ends.
func Run(ctx context.Context, o *Options) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer smallHeap()()
	defer spareThreads()()
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithFPS(framesASecond)}
	if o.Env != nil {
		options = append(options, tea.WithEnvironment(o.Env))
	}
	_, err := tea.NewProgram(newModel(ctx, o), options...).Run()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("showing the explorer: %w", err)
	}
	return nil
}
