package plan

import (
	"encoding/json"
	"math"
	"math/big"
	"time"

	"github.com/exhibit-forensics/exhibit/replay"
)

// BytesPerToken is what a token is taken to be where the log counted none: four
// letters of English, by OpenAI's help page "What are tokens and how to count
// them?". Other languages and code have fewer.
const BytesPerToken = 4

// Sum is a sum over the calls of a plan of which something is known.
type Sum struct {
	Value int64
	Known int // calls with a value
	Rough int // of them, those with a value that is an estimate
}

// add adds what is known of one call. A log can say anything: a sum that is no
// number any more stays at the largest.
func (s *Sum) add(v int64) {
	s.Known++
	if s.Value += v; s.Value < 0 {
		s.Value = math.MaxInt64
	}
}

// Estimate is what sending a plan will take, as far as the log tells.
type Estimate struct {
	Calls  int
	Bytes  int64
	Input  Sum // tokens; rough where they are a quarter of the bytes
	Output Sum // tokens, as logged; rough where only the limit is known
	Time   Sum // microseconds, one call after the other, as the logged calls took
	Cost   Sum // 1e-9 USD, by prices; rough where tokens are
}

// Price is what a model costs, in 1e-15 USD per token, as in
// [github.com/exhibit-forensics/exhibit/analyze/enrich.Price].
type Price struct{ Input, Output int64 }

// Of adds up a plan. Without a price nothing is known of cost.
func Of(entries []Entry, price *Price) Estimate {
	var out Estimate
	for i := range entries {
		e := &entries[i]
		for _, o := range e.Outgoing {
			out.Calls++
			out.Bytes += int64(len(o.Body))
			in, inRough := inputTokens(e, o)
			out.Input.add(in)
			out.Input.Rough += count(inRough)
			answer, answerRough, ok := outputTokens(e)
			if ok {
				out.Output.add(answer)
				out.Output.Rough += count(answerRough)
			}
			if l := e.Logged.Latency; l != nil && *l >= 0 {
				out.Time.add(int64(*l / time.Microsecond))
			}
			if price != nil && ok {
				out.Cost.add(price.Of(in, answer))
				out.Cost.Rough += count(inRough || answerRough)
			}
		}
	}
	return out
}

// said reports whether a log has a number of tokens that can be one.
func said(n *int64) bool { return n != nil && *n >= 0 }

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// inputTokens are those that were logged where the request is sent as it was,
// or else an estimate.
func inputTokens(e *Entry, o *replay.Outgoing) (n int64, rough bool) {
	if said(e.Logged.InputTokens) && len(e.Changes) == 0 {
		return *e.Logged.InputTokens, false
	}
	return (int64(len(o.Body)) + BytesPerToken - 1) / BytesPerToken, true
}

// outputTokens are those that were logged, or the most that the request allows.
func outputTokens(e *Entry) (n int64, rough, ok bool) {
	if said(e.Logged.OutputTokens) {
		return *e.Logged.OutputTokens, false, true
	}
	for _, p := range e.Parameters {
		if p.Name == "max_tokens" && json.Unmarshal(p.Value, &n) == nil && n > 0 {
			return n, true, true
		}
	}
	return 0, false, false
}

// Of returns the cost of tokens in 1e-9 USD, rounded up.
func (p *Price) Of(input, output int64) int64 {
	sum := new(big.Int).Add(
		new(big.Int).Mul(big.NewInt(input), big.NewInt(p.Input)),
		new(big.Int).Mul(big.NewInt(output), big.NewInt(p.Output)),
	)
	const unitsPerNano = 1_000_000
	sum.Add(sum, big.NewInt(unitsPerNano-1))
	sum.Quo(sum, big.NewInt(unitsPerNano))
	if !sum.IsInt64() {
		return math.MaxInt64
	}
	return sum.Int64()
}
