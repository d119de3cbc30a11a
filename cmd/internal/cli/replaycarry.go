package cli

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/cassette"
	"github.com/exhibit-forensics/exhibit/replay/plan"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
	"github.com/exhibit-forensics/exhibit/replay/request"
	replayrun "github.com/exhibit-forensics/exhibit/replay/run"
)

// carry replays a session with the replayed replies in the place of the logged
// ones. What is asked next depends on the reply before, so that the plan grows
// with the replies; all of it is one cassette. A session that was interrupted goes
// on behind the replies that it has.
func (f *factory) carry(ctx context.Context, r *render.Renderer, c *casefile.Case, d *dryRun) error {
	t := &tape{f: f, c: c, file: d.options.Send.Cassette}
	s, err := f.converse(ctx, d, t)
	if s == nil {
		return err
	}
	prompts, gradeErr := gradeCassette(t.path, d.chosen.Calls, d.options.told())
	kept, keepErr := t.keep(ctx)
	if err := errors.Join(err, gradeErr, keepErr); err != nil {
		if keepErr == nil {
			f.note(kept.Text)
		}
		return err
	}
	if d.options.Output.Format != render.FormatCSV {
		fields := ranFields(&s.report, d.masking())
		fields.Items = append(fields.Items, intField("turns_logged", int64(len(d.chosen.Calls))))
		if err := r.Write(fields); err != nil {
			return err
		}
	}
	if err := errors.Join(d.options.report(prompts).write(r), r.Write(kept)); err != nil || s.report.Stopped == "" {
		return err
	}
	text := "the session was not replayed to its end: " + s.report.Stopped
	if !s.done {
		text += "; the same command goes on where this one stopped"
	}
	return r.Write(render.Note{Level: render.LevelWarning, Text: text})
}

// session is a conversation at work.
type session struct {
	d      *dryRun
	talk   *request.Conversation
	how    *replayrun.Options
	steps  int              // requests so far
	report replayrun.Report // of all of them
	done   bool             // nothing can follow
}

// converse carries out a conversation until it ends, or cannot go on. The session
// is nil where nothing was sent.
func (f *factory) converse(ctx context.Context, d *dryRun, t *tape) (s *session, err error) {
	s = &session{d: d, talk: request.NewConversation(d.chosen.Calls)}
	v, ok := s.talk.Next()
	if !ok {
		return nil, errors.New("replaying the session: nobody says anything in it, as far as the log has it")
	}
	first, err := s.step(v)
	if err != nil {
		return nil, err
	}
	how, login, err := f.sending(ctx, d)
	if err != nil {
		return nil, err
	}
	defer how.Sandbox.Close()
	s.how = how
	how.Cassette, err = t.open(&cassette.Plan{
		Server: d.target.URL.String(), Header: login.Header, Grows: true, Params: d.sessionParams(), Requests: []*replay.Outgoing{first},
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, how.Cassette.Close()) }()
	var turn atomic.Int64
	watch := f.watch(func(time.Time) string {
		return fmt.Sprintf("replaying  request %d of a session of %s", turn.Load(), plural(int64(len(d.chosen.Calls)), "turn"))
	})
	defer watch.Stop()
	for o := first; o != nil && err == nil; {
		turn.Add(1)
		o, err = s.exchange(ctx, o)
	}
	s.sum()
	return s, err
}

// sessionParams are what determines the requests of a session besides the replies:
// they are the same only where the log, the changes, the model and the masking are.
func (d *dryRun) sessionParams() map[string]any {
	sum := sha256.New()
	for _, o := range plan.All(d.entries) {
		_, _ = io.WriteString(sum, o.ID+"\n") // a hash takes everything
	}
	return map[string]any{"session": d.options.Select.Session, "turns": len(d.chosen.Calls), "requests_as_logged": hex.EncodeToString(sum.Sum(nil))}
}

// step is what is sent as one request of a conversation.
func (s *session) step(v request.Variant) (*replay.Outgoing, error) {
	changed, err := request.Apply(v.Request, s.d.edits...)
	if err != nil {
		return nil, err
	}
	entries, err := plan.Make([]request.Variant{{Name: v.Name, Request: changed}}, &s.d.how)
	if err != nil {
		return nil, err
	}
	return entries[0].Outgoing[0], s.d.options.enough(entries)
}

// exchange sends one request of a conversation, unless its reply is there already,
// and returns the next; nil where there is none, or it cannot be sent now.
func (s *session) exchange(ctx context.Context, o *replay.Outgoing) (*replay.Outgoing, error) {
	tape := s.how.Cassette
	if known := tape.IDs(); s.steps == len(known) {
		if err := tape.Add(o); err != nil {
			return nil, err
		}
	} else if known[s.steps] != o.ID {
		return nil, fmt.Errorf("going on with the session: request %d of the cassette is not the one that follows from its replies", s.steps+1)
	}
	s.steps++
	if tape.Finished(o.ID) {
		s.report.Before++
	} else if err := s.run(ctx); err != nil || !tape.Finished(o.ID) {
		return nil, err
	}
	x, err := tape.Exchange(o.ID)
	if err != nil {
		return nil, err
	}
	reply := protocol.NewReader().Read(x)
	s.talk.Heard(&reply)
	v, ok := s.talk.Next()
	if !ok {
		return nil, s.end(s.talk.Stopped())
	}
	if s.report.Stopped = spent(&s.how.Budget); s.report.Stopped != "" {
		return nil, nil
	}
	return s.step(v)
}

// end notes in the cassette that nothing follows.
func (s *session) end(why string) error {
	s.report.Stopped, s.done = why, true
	if !s.how.Cassette.Summary().Growing {
		return nil
	}
	return s.how.Cassette.Done(why)
}

// run sends the request that waits, and takes what it used from the budgets, which
// hold for all of them.
func (s *session) run(ctx context.Context) error {
	report, err := replayrun.Run(ctx, s.how)
	if report == nil {
		return err
	}
	r, b := &s.report, &s.how.Budget
	r.Calls += report.Calls
	r.Used.InputTokens += report.Used.InputTokens
	r.Used.OutputTokens += report.Used.OutputTokens
	r.Used.CostNanoUSD += report.Used.CostNanoUSD
	r.Took += report.Took
	r.Stopped = report.Stopped
	if last := report.Exchanges[len(report.Exchanges)-1]; r.Stopped == "" && last.Problem != "" {
		r.Stopped = cmp.Or(last.Problem, string(last.End))
	}
	takeFrom(&b.Calls, report.Calls)
	takeFrom(&b.Tokens, report.Used.InputTokens+report.Used.OutputTokens)
	takeFrom(&b.CostNanoUSD, report.Used.CostNanoUSD)
	takeFrom(&b.Wall, report.Took)
	return err
}

// usedUp is what is left of a budget of which nothing is: 0 would be no bound.
const usedUp = -1

// takeFrom takes what was used from a budget, if there is one.
func takeFrom[T ~int | ~int64](budget *T, used T) {
	if *budget == 0 {
		return
	}
	if *budget -= used; *budget <= 0 {
		*budget = usedUp
	}
}

// spent says which budget is used up; "" where none is.
func spent(b *replayrun.Budget) string {
	for _, left := range []struct {
		is   bool
		what string
	}{{b.Calls == usedUp, "calls"}, {b.Tokens == usedUp, "tokens"}, {b.CostNanoUSD == usedUp, "cost"}, {b.Wall == usedUp, "seconds"}} {
		if left.is {
			return "the budget of " + left.what + " is used up"
		}
	}
	return ""
}

// sum completes the report from what the cassette holds.
func (s *session) sum() {
	tape := s.how.Cassette
	sum := tape.Summary()
	s.report.Plan, s.report.Ends, s.report.Left = tape.PlanHash(), map[replay.End]int{}, int(sum.Unfinished)
	for end, n := range sum.Ends {
		s.report.Ends[end] = int(n)
	}
	for _, id := range tape.IDs() {
		s.report.Exchanges = append(s.report.Exchanges, replayrun.Outcome{ID: id, End: tape.Ended(id)})
	}
}
