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

// Budget is what runs may use. Zero is no limit. A run stops before the next
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

// Account keeps a budget, and what was used of it by the runs that share it, one
// after the other.
type Account struct {
	budget Budget

	mu       sync.Mutex
	total    Total
	reserved Use           // by requests on their way
	under    int           // requests on their way
	settled  chan struct{} // closed and replaced when one has ended
}

// Total is what runs used.
type Total struct {
	Calls     int // attempts
	Used      Use
	Estimated int // calls of which no reply says what they used: an estimate is counted
	Unpriced  int // calls of a model without a price: nothing is counted
	Took      time.Duration
}

func (t *Total) minus(o *Total) Total {
	return Total{t.Calls - o.Calls, t.Used.plus(o.Used, -1), t.Estimated - o.Estimated, t.Unpriced - o.Unpriced, t.Took - o.Took}
}

// NewAccount returns an account of which nothing is used.
func NewAccount(b Budget) *Account { return &Account{budget: b, settled: make(chan struct{})} }

// Total returns what was used so far.
func (a *Account) Total() Total {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.total
}

// Spent says which budget is used up; "" where none is.
func (a *Account) Spent() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	b, t := &a.budget, &a.total
	switch {
	case b.Calls > 0 && t.Calls >= b.Calls:
		return b.callsUsedUp()
	case b.Tokens > 0 && t.Used.tokens() >= b.Tokens:
		return fmt.Sprintf("the budget of %d tokens is used up", b.Tokens)
	case b.CostNanoUSD > 0 && t.Used.CostNanoUSD >= b.CostNanoUSD:
		return fmt.Sprintf("the budget of %s is used up", dollars(b.CostNanoUSD))
	case b.Wall > 0 && t.Took >= b.Wall:
		return b.wallUsedUp()
	}
	return ""
}

func (b *Budget) callsUsedUp() string {
	if b.Calls == 1 {
		return "the budget of 1 call is used up"
	}
	if b.Calls == 1 {
		return "the budget of 1 call is used up"
	}
	return fmt.Sprintf("the budget of %d calls is used up", b.Calls)
}

func (b *Budget) wallUsedUp() string { return fmt.Sprintf("the budget of %v is used up", b.Wall) }

// took adds the time of a run.
func (a *Account) took(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total.Took += d
}

// reserve takes what a request may use. Where it does not fit because of
// requests on their way it waits for these, for they may use less than was
// reserved: so what fits does not depend on the concurrency. It returns why the
// budget is used up, "" when it is not.
func (a *Account) reserve(ctx context.Context, u Use) string {
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
func (a *Account) tryReserve(u Use) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.take(u)
}

func (a *Account) take(u Use) string {
	b, used := &a.budget, &a.total.Used
	whole := used.plus(a.reserved, 1).plus(u, 1)
	switch {
	case b.Calls > 0 && a.total.Calls >= b.Calls:
		return b.callsUsedUp()
	case b.Tokens > 0 && whole.tokens() > b.Tokens:
		return fmt.Sprintf("the next request, with an estimate of %d tokens, would exceed the budget of %d: %d are used", u.tokens(), b.Tokens, used.tokens())
	case b.CostNanoUSD > 0 && whole.CostNanoUSD > b.CostNanoUSD:
		return fmt.Sprintf("the next request, with an estimate of %s, would exceed the budget of %s: %s are used",
			dollars(u.CostNanoUSD), dollars(b.CostNanoUSD), dollars(used.CostNanoUSD))
	}
	a.total.Calls++
	a.under++
	a.reserved = a.reserved.plus(u, 1)
	return ""
}

// dollars writes an amount exactly.
func dollars(nano int64) string { return fmt.Sprintf("$%d.%09d", nano/1e9, nano%1e9) }

// settle puts what a call used in the place of what was reserved for it.
func (a *Account) settle(reserved Use, m measured) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total.Used = a.total.Used.plus(m.Use, 1)
	if m.estimated {
		a.total.Estimated++
	}
	if m.unpriced {
		a.total.Unpriced++
	}
	a.release(reserved)
}

// giveBack takes a reservation back of a request that was not sent.
func (a *Account) giveBack(reserved Use) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total.Calls--
	a.release(reserved)
}

func (a *Account) release(reserved Use) {
	a.under--
	a.reserved = a.reserved.plus(reserved, -1)
	close(a.settled)
	a.settled = make(chan struct{})
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
