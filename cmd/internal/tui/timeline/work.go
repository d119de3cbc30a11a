package timeline

import (
	"context"
	"sync/atomic"
)

// work is something that is asked for and can be called off. What comes after
// another was asked for has an old ticket.
type work struct {
	ticket int
	cancel context.CancelFunc
}

// start gives the context of a new piece of work, and calls the one before off.
func (w *work) start(ctx context.Context) context.Context {
	w.stop()
	w.ticket++
	ctx, w.cancel = context.WithCancel(ctx)
	return ctx
}

// stop calls it off, or lets go of it when it is done.
func (w *work) stop() {
	if w.cancel != nil {
		w.cancel()
		w.cancel = nil
	}
}

// going reports whether an answer is awaited.
func (w *work) going() bool { return w.cancel != nil }

// progress is how far something is. It is told by the goroutine that does it and
// read by the one that draws.
type progress struct{ done, total atomic.Int64 }

func (p *progress) tell(done, total int64) {
	p.done.Store(done)
	p.total.Store(total)
}
