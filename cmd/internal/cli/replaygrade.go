package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/cassette"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
	"github.com/exhibit-forensics/exhibit/replay/request"
	"github.com/exhibit-forensics/exhibit/replay/verdict"
)

// gradedPrompt is one variant of a logged call with its verdicts.
type gradedPrompt struct {
	Event, Variant string
	Logged         *replay.Reply
	LoggedVerdicts []verdict.Verdict
	Samples        []gradedSample
}

// gradedSample is one replayed reply.
type gradedSample struct {
	Number   int
	End      replay.End // "" when it was not sent
	Problem  string
	Reply    replay.Reply
	Verdicts []verdict.Verdict
}

// gradeLogged judges the logged replies.
func gradeLogged(calls []request.Call, told verdict.Options) ([]gradedPrompt, error) {
	judge, err := verdict.New(told)
	if err != nil {
		return nil, err
	}
	var out []gradedPrompt
	for _, c := range calls {
		out = append(out, gradedPrompt{
			Event: c.Event, Variant: variantLogged, Logged: &c.Logged, LoggedVerdicts: judge.Verdicts(c.Request, &c.Logged),
		})
	}
	return out, nil
}

// gradeCassette judges what a cassette holds, beside the logged replies. It
// reads nothing but the cassette and the case, so that anybody who has both
// gets the same.
func gradeCassette(path string, calls []request.Call, told verdict.Options) (prompts []gradedPrompt, err error) {
	tape, err := cassette.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tape.Close()) }()
	judge, err := verdict.New(told)
	if err != nil {
		return nil, err
	}
	byEvent := map[string]*replay.Request{}
	for _, c := range calls {
		byEvent[c.Event] = c.Request
	}
	replies, decoder := protocol.NewReader(), formats.NewDecoder()
	at := map[[2]string]int{}
	for _, id := range tape.IDs() {
		x, err := tape.Exchange(id)
		if err != nil {
			return nil, err
		}
		logged := byEvent[x.Event]
		if logged == nil {
			continue // not selected
		}
		sent := judge.Prepare(request.Sent(decoder, logged, &x.Outgoing))
		key := [2]string{x.Event, x.Variant}
		if _, ok := at[key]; !ok {
			at[key] = len(prompts)
			prompts = append(prompts, gradedPrompt{Event: x.Event, Variant: x.Variant, Logged: &logged.Logged, LoggedVerdicts: judge.Verdicts(logged, &logged.Logged)})
		}
		s := gradedSample{Number: x.Sample, End: x.End, Problem: x.Problem}
		if x.End != "" {
			s.Reply = replies.Read(x)
			s.Verdicts = sent.Verdicts(&s.Reply)
		}
		p := &prompts[at[key]]
		p.Samples = append(p.Samples, s)
	}
	if len(prompts) == 0 {
		return nil, fmt.Errorf("comparing with the cassette %s: it holds no reply to a selected call", path)
	}
	return prompts, nil
}

// cassetteCalls are the calls that a cassette is about.
func cassetteCalls(ctx context.Context, c *casefile.Case, path string) (calls *selectedCalls, err error) {
	tape, err := cassette.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tape.Close()) }()
	var ids []string
	seen := map[string]bool{}
	for _, id := range tape.IDs() {
		o, err := tape.Request(id)
		if err != nil {
			return nil, err
		}
		if !seen[o.Event] {
			seen[o.Event] = true
			ids = append(ids, o.Event)
		}
	}
	eids, err := request.Events(ctx, c, ids)
	if err != nil {
		return nil, &HintError{Err: err, Hints: []string{"the cassette is of another case, or of evidence that this one does not hold"}}
	}
	list, left, err := request.Calls(ctx, c, eids)
	return &selectedCalls{list, left}, err
}
