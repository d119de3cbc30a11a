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
func (f *factory) carry(ctx context.Context, r *render.Renderer, c *casefile.Case, d *dryRun, ran *sentError) error {
	t := &tape{f: f, c: c, file: d.options.Send.Cassette}
	s, err := f.converse(ctx, d, t)
	if s == nil {
		return err
	}
	graded, gradeErr := gradeCassette(t.path, d.chosen.Calls, d.options.told())
	kept, keepErr := t.keep(ctx)
	if err := errors.Join(err, gradeErr, keepErr); err != nil {
		if keepErr == nil {
			f.note(kept.Text)
		}
		return err
	}
	told := d.options.report(graded.Prompts, graded)
	told.ran = ranFields(&s.report, d.masking(), d.price != nil)
	told.ran.Items = append(told.ran.Items, intField("turns_logged", int64(len(d.chosen.Calls))))
	if err := errors.Join(told.write(r), r.Write(kept)); err != nil {
		return err
	}
	text := "the session was not replayed to its end: " + s.report.Stopped
	switch {
	case s.report.Stopped == "" && s.steps < len(d.chosen.Calls):
		return r.Write(note("the session ended after %s, where the log has %s: what was replied asks for nothing more, and nobody else says anything",
			plural(int64(s.steps), "request"), plural(int64(len(d.chosen.Calls)), "turn")))
	case s.report.Stopped == "":
		return nil
	case s.done:
	case s.report.Spent:
		text += "; " + goesOn
	default:
		ran.error = &HintError{Err: errors.New(text), Hints: []string{goesOn}}
		return nil
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
	if s.report.Stopped = s.how.Account.Spent(); s.report.Stopped != "" {
		s.report.Spent = true
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

// run sends the request that waits.
func (s *session) run(ctx context.Context) error {
	report, err := replayrun.Run(ctx, s.how)
	if report == nil {
		return err
	}
	r := &s.report
	r.Stopped, r.Spent = report.Stopped, report.Spent
	if last := report.Exchanges[len(report.Exchanges)-1]; r.Stopped == "" && last.Problem != "" {
		r.Stopped = cmp.Or(last.Problem, string(last.End))
	}
	return err
}

// sum completes the report from what the cassette holds.
func (s *session) sum() {
	tape := s.how.Cassette
	sum := tape.Summary()
	s.report.Total = s.how.Account.Total()
	s.report.Plan, s.report.Ends, s.report.Left = tape.PlanHash(), map[replay.End]int{}, int(sum.Unfinished)
	for end, n := range sum.Ends {
		s.report.Ends[end] = int(n)
	}
	for _, id := range tape.IDs() {
		s.report.Exchanges = append(s.report.Exchanges, replayrun.Outcome{ID: id, End: tape.Ended(id)})
	}
}
