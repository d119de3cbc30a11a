package run

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
)

// Budget is what one run may use. Zero is no limit. A run stops before the next
// request would exceed it, by what is known and by an estimate of what is not.
type Budget struct {
	Calls       int // attempts
	Tokens      int64
	CostNanoUSD int64
	Wall        time.Duration
}

// Use is what calls used.
type Use struct {
	InputTokens, OutputTokens int64
	CostNanoUSD               int64
}

func (u Use) tokens() int64 { return u.InputTokens + u.OutputTokens }

func (u Use) plus(o Use, sign int64) Use {
	return Use{u.InputTokens + sign*o.InputTokens, u.OutputTokens + sign*o.OutputTokens, u.CostNanoUSD + sign*o.CostNanoUSD}
}

// measured is what one call used, and how that is known.
type measured struct {
	Use
	estimated, unpriced bool
}

// account keeps what was used and what requests on their way may use.
type account struct {
	budget Budget

	mu        sync.Mutex
	calls     int // attempts that were begun
	used      Use
	reserved  Use
	under     int           // requests on their way
	settled   chan struct{} // closed and replaced when one has ended
	estimated int
	unpriced  int
}

func newAccount(b Budget) *account { return &account{budget: b, settled: make(chan struct{})} }

// reserve takes what a request may use. Where it does not fit because of
// requests on their way it waits for these, for they may use less than was
// reserved: so what fits does not depend on the concurrency. It returns why the
// budget is used up, "" when it is not.
func (a *account) reserve(ctx context.Context, u Use) string {
	for {
		a.mu.Lock()
		why, under, settled := a.take(u), a.under, a.settled
		a.mu.Unlock()
		if why == "" || under == 0 {
			return why
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return "it was interrupted"
		}
	}
}

// tryReserve is reserve without waiting.
func (a *account) tryReserve(u Use) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.take(u)
}

func (a *account) take(u Use) string {
	b, whole := a.budget, a.used.plus(a.reserved, 1).plus(u, 1)
	switch {
	case b.Calls > 0 && a.calls >= b.Calls:
		return fmt.Sprintf("the budget of %d calls is used up", b.Calls)
	case b.Tokens > 0 && whole.tokens() > b.Tokens:
		return fmt.Sprintf("the next request, with an estimate of %d tokens, would exceed the budget of %d: %d are used", u.tokens(), b.Tokens, a.used.tokens())
	case b.CostNanoUSD > 0 && whole.CostNanoUSD > b.CostNanoUSD:
		return fmt.Sprintf("the next request, with an estimate of %s, would exceed the budget of %s: %s are used",
			dollars(u.CostNanoUSD), dollars(b.CostNanoUSD), dollars(a.used.CostNanoUSD))
	}
	a.calls++
	a.under++
	a.reserved = a.reserved.plus(u, 1)
	return ""
}

// dollars writes an amount exactly.
func dollars(nano int64) string { return fmt.Sprintf("$%d.%09d", nano/1e9, nano%1e9) }

// settle puts what a call used in the place of what was reserved for it.
func (a *account) settle(reserved Use, m measured) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.used = a.used.plus(m.Use, 1)
	if m.estimated {
		a.estimated++
	}
	if m.unpriced {
		a.unpriced++
	}
	a.release(reserved)
}

// giveBack takes a reservation back of a request that was not sent.
func (a *account) giveBack(reserved Use) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls--
	a.release(reserved)
}

func (a *account) release(reserved Use) {
	a.under--
	a.reserved = a.reserved.plus(reserved, -1)
	close(a.settled)
	a.settled = make(chan struct{})
}

func (a *account) total() (calls int, used Use, estimated, unpriced int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls, a.used, a.estimated, a.unpriced
}

const (
	// bytesPerToken is low, so that estimates are high: OpenAI gives about four
	// characters for English (help.openai.com, "What are tokens and how to count
	// them?"), and JSON and other languages have more tokens to the byte.
	bytesPerToken = 3
	// assumedOutput is what a reply may have where the request sets no limit: what
	// package protocol sets where a protocol demands one.
	assumedOutput = 4096
	// maxMeasured is the longest reply of which the usage is read, in bytes. A
	// model writes no longer ones.
	maxMeasured = 8 << 20
)

// Estimate returns what a request may use: its bytes as tokens, rather too many,
// and as much output as it allows.
func Estimate(o *replay.Outgoing) (inputTokens, outputTokens int64) {
	return int64(len(o.Body)+bytesPerToken-1) / bytesPerToken, outputLimit(o.Body)
}

// limits are the members of a body that bound its reply, in the protocols.
type limits struct {
	MaxTokens           *int64 `json:"max_tokens"`            // OpenAI chat, Anthropic
	MaxCompletionTokens *int64 `json:"max_completion_tokens"` // OpenAI chat
	MaxOutputTokens     *int64 `json:"max_output_tokens"`     // OpenAI responses
	Options             struct {
		NumPredict *int64 `json:"num_predict"` // Ollama
	} `json:"options"`
	InferenceConfig struct {
		MaxTokens *int64 `json:"maxTokens"` // Bedrock Converse
	} `json:"inferenceConfig"`
}

func outputLimit(body []byte) int64 {
	var l limits
	if json.Unmarshal(body, &l) != nil {
		return assumedOutput // of another type than the protocol has: the server will say so
	}
	for _, n := range []*int64{l.MaxTokens, l.MaxCompletionTokens, l.MaxOutputTokens, l.Options.NumPredict, l.InferenceConfig.MaxTokens} {
		if n != nil && *n > 0 && *n < 1<<40 {
			return *n
		}
	}
	return assumedOutput
}

func (r *runner) estimate(o *replay.Outgoing) Use {
	var u Use
	u.InputTokens, u.OutputTokens = Estimate(o)
	if r.Price != nil {
		u.CostNanoUSD, _ = r.Price(o.Model, u.InputTokens, u.OutputTokens)
	}
	return u
}

// usage returns what a call used: what its reply says; where that ended before
// it could, the estimate; nothing for a call that no model answered.
func (r *runner) usage(o *replay.Outgoing, result *sandbox.Result) measured {
	var m measured
	switch result.End {
	case replay.Refused, replay.Unreached:
		return m
	case replay.Complete:
		if said, ok := r.said(o.ID, result.Bytes); ok {
			m.Use = said
			break
		}
		fallthrough
	case replay.Cut, replay.TimedOut, replay.TooLarge:
		m.Use, m.estimated = r.estimate(o), true
	}
	if r.Price != nil && m.tokens() > 0 {
		nano, known := r.Price(o.Model, m.InputTokens, m.OutputTokens)
		m.CostNanoUSD, m.unpriced = nano, !known
	}
	return m
}

// said reads from the cassette what a reply says of its tokens. One at a time:
// what is read is in memory whole.
func (r *runner) said(id string, size int64) (u Use, ok bool) {
	if size > maxMeasured {
		return u, false
	}
	r.measure.Lock()
	defer r.measure.Unlock()
	x, err := r.Cassette.Exchange(id)
	if err != nil {
		return u, false
	}
	reply := r.reader.Read(x)
	if reply.InputTokens == nil || reply.OutputTokens == nil || *reply.InputTokens < 0 || *reply.OutputTokens < 0 ||
		*reply.InputTokens >= 1<<40 || *reply.OutputTokens >= 1<<40 {
		return u, false // a server can say anything
	}
	return Use{InputTokens: *reply.InputTokens, OutputTokens: *reply.OutputTokens}, true
}
