// Package run carries out the plan of a cassette: it sends each request through
// the sandbox and records what comes back, within budgets, and goes on where an
// earlier run was interrupted.
//
// Requests begin in the order of the plan. Those with a final end are not sent
// again, whatever interrupted the run that sent them; those that were cut, timed
// out, turned away, not let in or never reached are. A server that asks for patience (408,
// 429, 5xx) is asked again after a while, a bounded number of times. Nothing else
// is sent twice in one run: a request whose connection broke may have arrived.
package run

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/cassette"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
)

const (
	// MaxConcurrency is how many requests can be on their way at once.
	MaxConcurrency = 64
	// DefaultAttempts is how often a request is sent to a server that asks for
	// patience, where nothing else is said.
	DefaultAttempts = 4
	// maxInVain is how many requests in a row may find nobody there, or nobody who
	// takes any, until the run is given up: a server that went away is not knocked
	// at 2,000 times, nor one that wants another key.
	maxInVain = 5
)

// Options say how a plan is carried out. The plan itself, with the address of
// the server, is in the cassette.
type Options struct {
	Cassette *cassette.Writer
	Sandbox  *sandbox.Sandbox
	Secret   []replay.Header // sent with every request; their values are never kept
	Sign     sandbox.Signer  // signs every attempt; nil for none
	Account  *Account        // what may be used; nil for all
	// Price returns what a call costs in billionths of a dollar, and false where
	// that is not known; a budget of cost needs it.
	Price       func(model string, inputTokens, outputTokens int64) (nanoUSD int64, known bool)
	Concurrency int     // 0 for 1
	PerSecond   float64 // requests, attempts included; 0 for no limit
	Attempts    int     // of a request in this run; 0 for DefaultAttempts
	Seed        uint64  // of the jitter between attempts

	// Now is the clock; it must be given. Wait waits, and returns early with an
	// error when ctx ends; nil for a timer.
	Now  func() time.Time
	Wait func(ctx context.Context, d time.Duration) error
	// Progress is told how many requests have a final end or were given up, of
	// how many; it may be nil. It is called one at a time.
	Progress func(done, of int)
}

// Report says what became of a plan. Its lists are in the order of the plan,
// whatever the order in which replies came.
type Report struct {
	Plan      string // hash
	Exchanges []Outcome
	Ends      map[replay.End]int // of all exchanges that were sent, in this run or before
	Before    int                // had a final end when the run began
	Total                        // of this run
	Left      int                // requests without a final end
	// Stopped says why the run did not come to the end of the plan; "" when it
	// did.
	Stopped string
	// Spent says that it stopped because a budget is used up.
	Spent bool
}

// Outcome is how one exchange stands.
type Outcome struct {
	ID       string
	End      replay.End // "" when it was never sent
	Status   int
	Attempts int    // of this run; 0 where it was not sent in it
	Problem  string // of the last attempt of this run
}

// WantsKey reports whether the server wants a key, or another one.
func (o *Outcome) WantsKey() bool {
	return o.Status == http.StatusUnauthorized || o.Status == http.StatusProxyAuthRequired
}

// NotThere reports whether the server has no such path, or no such model.
func (o *Outcome) NotThere() bool {
	return o.Status == http.StatusNotFound || o.Status == http.StatusMethodNotAllowed
}

// runner is a Run at work.
type runner struct {
	*Options
	base   *url.URL
	header []replay.Header
	before Total // used of the account by other runs
	gate   *gate

	stop context.CancelCauseFunc

	mu       sync.Mutex
	outcomes map[string]Outcome
	done     int
	inVain   int
	stopped  string
	spent    bool

	measure sync.Mutex
	reader  *protocol.Reader
}

// Run carries out the plan of a cassette. It returns a report also with an
// error: that of ctx, or of the cassette, which is a valid one in either case.
func Run(ctx context.Context, o *Options) (*Report, error) {
	r, err := newRunner(o)
	if err != nil {
		return nil, fmt.Errorf("preparing the replay: %w", err)
	}
	start := r.Now()
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r.stop = stop
	budget := &r.Account.budget
	if budget.Wall > 0 {
		timed, cancel := context.WithTimeoutCause(working, budget.Wall-r.before.Took, errWall)
		defer cancel()
		working = timed
	}
	err = r.dispatch(working)
	r.Account.took(r.Now().Sub(start))
	report := r.report()
	switch cause := context.Cause(working); {
	case ctx.Err() != nil:
		report.Stopped, report.Spent, err = "it was interrupted", false, ctx.Err()
	case errors.Is(cause, errWall):
		report.Stopped, report.Spent, err = budget.wallUsedUp(), true, nil
	case cause != nil:
		report.Stopped, report.Spent, err = "what came could not be kept", false, cause
	}
	return report, err
}

var errWall = errors.New("the budget of time is used up")

func newRunner(o *Options) (*runner, error) {
	own := *o
	if own.Concurrency == 0 {
		own.Concurrency = 1
	}
	if own.Attempts == 0 {
		own.Attempts = DefaultAttempts
	}
	if own.Wait == nil {
		own.Wait = wait
	}
	if own.Account == nil {
		own.Account = NewAccount(Budget{})
	}
	if own.Progress == nil {
		own.Progress = func(int, int) {}
	}
	switch {
	case own.Concurrency < 0 || own.Concurrency > MaxConcurrency:
		return nil, fmt.Errorf("%d requests at once; it can be 1 to %d", own.Concurrency, MaxConcurrency)
	case own.Attempts < 0 || own.PerSecond < 0:
		return nil, errors.New("the number of attempts, or of requests per second, is negative")
	case own.Account.budget.CostNanoUSD > 0 && own.Price == nil:
		return nil, errors.New("a budget of cost needs prices")
	}
	for _, model := range own.Cassette.Summary().Models {
		if own.Account.budget.CostNanoUSD == 0 {
			break
		}
		if _, known := own.Price(model, 1, 1); !known {
			return nil, fmt.Errorf("a budget of cost needs a price of %.80q, of which there is none", model)
		}
	}
	base, err := url.Parse(own.Cassette.Server())
	if err != nil {
		return nil, err
	}
	r := &runner{
		Options: &own, base: base, header: own.Cassette.Header(), before: own.Account.Total(), outcomes: map[string]Outcome{},
		gate: newGate(&own), reader: protocol.NewReader(),
	}
	return r, nil
}

// wait waits by a timer.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// dispatch begins the requests in the order of the plan, and returns when all
// that it began have ended.
func (r *runner) dispatch(ctx context.Context) error {
	var workers sync.WaitGroup
	defer workers.Wait()
	slots := make(chan struct{}, r.Concurrency)
	ids := r.Cassette.IDs()
	for _, id := range ids {
		if r.Cassette.Finished(id) {
			r.done++
		}
	}
	r.Progress(r.done, len(ids))
	for i, id := range ids {
		if r.Cassette.Finished(id) {
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		o, err := r.Cassette.Request(id)
		if err != nil {
			return err
		}
		if !r.mayBegin(ctx, o) {
			return nil
		}
		workers.Go(func() {
			defer func() { <-slots }()
			r.exchange(ctx, i, o)
			r.ended(len(ids))
		})
	}
	return nil
}

// mayBegin waits until a request fits into the budgets and may be sent. It
// returns false when that will not be.
func (r *runner) mayBegin(ctx context.Context, o *replay.Outgoing) bool {
	if r.hasStopped() {
		return false
	}
	if why := r.Account.reserve(ctx, r.estimate(o)); why != "" {
		r.stopSpent(why)
		return false
	}
	if r.gate.pass(ctx) != nil || r.hasStopped() {
		r.Account.giveBack(r.estimate(o))
		return false
	}
	return true
}

// exchange sends a request, for which a place in the budget is reserved, until
// it ended otherwise than with a plea for patience.
func (r *runner) exchange(ctx context.Context, place int, o *replay.Outgoing) {
	for attempt := 1; ; attempt++ {
		result, err := r.send(ctx, o)
		if err != nil {
			r.stop(err)
		}
		if result == nil {
			r.Account.giveBack(r.estimate(o))
			return
		}
		r.Account.settle(r.estimate(o), r.usage(o, result))
		r.note(o.ID, attempt, result)
		if result.End != replay.Throttled || attempt >= r.Attempts || ctx.Err() != nil || r.hasStopped() {
			return
		}
		if !r.again(ctx, place, attempt, o, result) {
			return
		}
	}
}

// again waits until the next attempt may be made.
func (r *runner) again(ctx context.Context, place, attempt int, o *replay.Outgoing, result *sandbox.Result) bool {
	asked, ok := retryAfter(result.ResponseHeader, r.Now())
	if ok && asked > maxWait {
		r.stopBecause(fmt.Sprintf("the server asks to wait %v, which is longer than %v", asked.Round(time.Second), maxWait))
		return false
	}
	r.gate.hold(asked)
	if r.Wait(ctx, asked+backoff(r.Seed, place, attempt)) != nil {
		return false
	}
	if why := r.Account.tryReserve(r.estimate(o)); why != "" {
		r.stopSpent(why)
		return false
	}
	if r.gate.pass(ctx) != nil || r.hasStopped() {
		r.Account.giveBack(r.estimate(o))
		return false
	}
	return true
}

// send makes one attempt and records it. The error is one after which nothing
// can be recorded any more; the result is nil where nothing was sent.
func (r *runner) send(ctx context.Context, o *replay.Outgoing) (*sandbox.Result, error) {
	target, err := address(r.base, o.Path)
	if err != nil {
		return nil, err
	}
	recording, err := r.Cassette.Begin(o.ID, r.Now())
	if err != nil {
		return nil, err
	}
	request := &sandbox.Request{Method: "POST", URL: target, Header: withType(r.header), Secret: r.Secret, Sign: r.Sign, Body: o.Body}
	var lost error
	result, err := r.Sandbox.Send(ctx, request, func(c replay.Chunk) error {
		lost = recording.Chunk(c)
		return lost
	})
	if err != nil && lost == nil && ctx.Err() == nil {
		lost = err
	}
	x := &replay.Exchange{
		Address: result.Address, Started: result.Started, RequestHeader: result.RequestHeader, Status: result.Status,
		ResponseHeader: result.ResponseHeader, End: result.End, Problem: result.Problem,
	}
	return result, errors.Join(lost, recording.End(x))
}

// withType says that a body is JSON, as that of every protocol is, unless the
// plan says something else.
func withType(header []replay.Header) []replay.Header {
	for _, h := range header {
		if strings.EqualFold(h.Name, "Content-Type") {
			return header
		}
	}
	return append([]replay.Header{{Name: "Content-Type", Value: "application/json"}}, header...)
}

// version is the end of a base URL that holds a version: of most, and of Gemini's
// endpoint that speaks as OpenAI does
// (https://ai.google.dev/gemini-api/docs/openai).
var version = regexp.MustCompile(`/v[0-9]+((alpha|beta)[0-9]*)?(/openai)?$`)

// address returns where a request goes. People give the address of a server
// with and without the version that the paths of protocols begin with
// (http://localhost:8000 and http://localhost:8000/v1): it is not doubled.
func address(base *url.URL, path string) (*url.URL, error) {
	root := strings.TrimSuffix(base.String(), "/")
	if version.MatchString(root) && strings.HasPrefix(path, "/v1/") {
		path = strings.TrimPrefix(path, "/v1")
	}
	return url.Parse(root + path)
}

// note keeps how an attempt ended, and gives the run up where going on would
// bring the same again.
func (r *runner) note(id string, attempt int, result *sandbox.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcomes[id] = Outcome{ID: id, End: result.End, Status: result.Status, Attempts: attempt, Problem: result.Problem}
	switch result.End {
	case replay.Refused:
		r.inVain = 0
		r.stopLocked("the sandbox does not let it through: " + result.Problem)
	case replay.Unreached:
		r.vainLocked("nothing answered %d times in a row: %s", result.Problem)
	case replay.Rejected:
		r.vainLocked("%d requests in a row were not let in: %s", result.Problem)
	default:
		r.inVain = 0
	}
}

// vainLocked counts a request in vain; format takes how many there were in a row,
// and the problem of the last.
func (r *runner) vainLocked(format, problem string) {
	r.inVain++
	if r.inVain >= maxInVain {
		r.stopLocked(fmt.Sprintf(format, r.inVain, problem))
	}
}

func (r *runner) ended(of int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	r.Progress(r.done, of)
}

// stopBecause begins nothing any more; what is under way comes to its end.
func (r *runner) stopBecause(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopLocked(why)
}

// stopSpent is stopBecause for a budget that is used up.
func (r *runner) stopSpent(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spent = r.spent || r.stopped == ""
	r.stopLocked(why)
}

func (r *runner) stopLocked(why string) {
	if r.stopped == "" {
		r.stopped = why
	}
}

func (r *runner) hasStopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped != ""
}

// report says how everything stands.
func (r *runner) report() *Report {
	total := r.Account.Total()
	out := &Report{Plan: r.Cassette.PlanHash(), Ends: map[replay.End]int{}, Stopped: r.stopped, Spent: r.spent, Total: total.minus(&r.before)}
	for _, id := range r.Cassette.IDs() {
		end := r.Cassette.Ended(id)
		o, sent := r.outcomes[id]
		if !sent {
			o = Outcome{ID: id, End: end}
		}
		if end != "" {
			out.Ends[end]++
		}
		finished := r.Cassette.Finished(id)
		if finished && !sent {
			out.Before++
		}
		if !finished {
			out.Left++
		}
		out.Exchanges = append(out.Exchanges, o)
	}
	return out
}
