package run

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/exhibit-forensics/exhibit/replay"
)

const (
	firstWait = time.Second
	// maxWait bounds the time between two attempts, also where the server asks
	// for more: then the run stops and says so.
	maxWait = 2 * time.Minute
)

// backoff returns how long to wait after an attempt, from 1: exponential, half of
// it random, so that requests that were turned away together do not come back
// together (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog,
// 2015: equal jitter). The same request waits the same in every run with a seed.
func backoff(seed uint64, place, attempt int) time.Duration {
	whole := min(firstWait<<min(attempt-1, 10), maxWait)
	random := rand.New(rand.NewPCG(seed, uint64(place)<<20|uint64(attempt)))
	return whole/2 + time.Duration(random.Int64N(int64(whole/2)+1))
}

// retryAfter reads how long a server asks to wait: seconds or a date (RFC 9110,
// section 10.2.3).
func retryAfter(header []replay.Header, now time.Time) (time.Duration, bool) {
	for _, h := range header {
		if !strings.EqualFold(h.Name, "Retry-After") {
			continue
		}
		if n, err := strconv.ParseUint(strings.TrimSpace(h.Value), 10, 31); err == nil {
			return time.Duration(n) * time.Second, true
		}
		if at, err := http.ParseTime(h.Value); err == nil {
			return max(0, at.Sub(now)), true
		}
	}
	return 0, false
}

// gate lets requests pass one after the other: no more in a second than asked
// for, and none while a server asked everybody to wait.
type gate struct {
	now      func() time.Time
	wait     func(context.Context, time.Duration) error
	interval time.Duration

	mu    sync.Mutex
	next  time.Time
	until time.Time
}

func newGate(o *Options) *gate {
	g := &gate{now: o.Now, wait: o.Wait}
	if o.PerSecond > 0 {
		g.interval = time.Duration(min(float64(time.Second)/o.PerSecond, float64(24*time.Hour)))
	}
	return g
}

// hold keeps all requests back for a while.
func (g *gate) hold(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at := g.now().Add(d); d > 0 && at.After(g.until) {
		g.until = at
	}
}

// pass waits for the turn of one request.
func (g *gate) pass(ctx context.Context) error {
	turn := g.turn()
	for {
		g.mu.Lock()
		at := turn
		if g.until.After(at) {
			at = g.until
		}
		g.mu.Unlock()
		d := at.Sub(g.now())
		if d <= 0 {
			return ctx.Err()
		}
		if err := g.wait(ctx, d); err != nil {
			return err
		}
	}
}

// turn takes the next free moment.
func (g *gate) turn() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.now()
	if g.next.After(at) {
		at = g.next
	}
	g.next = at.Add(g.interval)
	return at
}
