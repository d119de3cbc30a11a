package cli

import (
	"context"
	"errors"
	"fmt"

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
// ones. What is asked next depends on the reply before, so that each request is
// a plan, and a cassette, of its own.
func (f *factory) carry(ctx context.Context, r *render.Renderer, c *casefile.Case, d *dryRun) error {
	talk := request.NewConversation(d.chosen.Calls)
	var prompts []gradedPrompt
	var last render.Note
	requests, stopped := 0, ""
	for {
		v, ok := talk.Next()
		if !ok {
			stopped = talk.Stopped()
			break
		}
		step, err := d.step(v)
		if err != nil {
			return err
		}
		requests++
		said, err := f.carryOne(ctx, c, step, requests)
		if err != nil {
			return err
		}
		prompts, last = append(prompts, said.prompts...), said.kept
		if stopped = said.report.Stopped; stopped == "" {
			stopped = d.spend(said.report)
		}
		if stopped != "" {
			break
		}
		talk.Heard(&said.reply)
	}
	if d.options.Output.Format != render.FormatCSV {
		if err := r.Write(render.Fields{Name: "run", Title: "Replayed", Items: []render.Field{
			field("masking", d.masking()), intField("turns_logged", int64(len(d.chosen.Calls))), intField("requests", int64(requests)), field("stopped", known(stopped)),
		}}); err != nil {
			return err
		}
	}
	if err := errors.Join(d.options.report(prompts).write(r), r.Write(last)); err != nil || stopped == "" {
		return err
	}
	return r.Write(render.Note{Level: render.LevelWarning, Text: "the session was not replayed to its end: " + stopped})
}

// step is the plan of one request of a conversation.
func (d *dryRun) step(v request.Variant) (*dryRun, error) {
	changed, err := request.Apply(v.Request, d.edits...)
	if err != nil {
		return nil, err
	}
	out := *d
	out.entries, err = plan.Make([]request.Variant{{Name: v.Name, Request: changed}}, &d.how)
	if err != nil {
		return nil, err
	}
	return &out, d.options.enough(out.entries)
}

// spend takes what a request used from the budgets, which hold for all of them,
// and says when one is used up.
func (d *dryRun) spend(report *replayrun.Report) string {
	o := &d.options.Send
	for _, b := range []struct {
		left *int64
		used int64
		what string
	}{
		{&o.MaxCalls, int64(report.Calls), "calls"},
		{&o.MaxTokens, report.Used.InputTokens + report.Used.OutputTokens, "tokens"},
		{(*int64)(&o.MaxCost), report.Used.CostNanoUSD, "cost"},
		{&o.MaxSeconds, int64(report.Took.Seconds()), "seconds"},
	} {
		if *b.left == 0 {
			continue
		}
		if *b.left -= b.used; *b.left <= 0 {
			return "the budget of " + b.what + " is used up"
		}
	}
	return ""
}

// carried is what came of one request.
type carried struct {
	report  *replayrun.Report
	reply   replay.Reply
	prompts []gradedPrompt
	kept    render.Note
}

// carryOne sends one request of a conversation, judges the reply and keeps both.
func (f *factory) carryOne(ctx context.Context, c *casefile.Case, d *dryRun, number int) (*carried, error) {
	t := &tape{f: f, c: c, file: d.options.Send.Cassette}
	if t.file != "" {
		t.file = fmt.Sprintf("%s.%d", t.file, number)
	}
	out := new(carried)
	var err error
	if out.report, err = f.send(ctx, d, t.open); out.report == nil {
		return nil, err
	}
	reply, replyErr := replyIn(t.path, d.entries[0].Outgoing[0].ID)
	out.reply = reply
	prompts, gradeErr := gradeCassette(t.path, d.chosen.Calls, d.options.told())
	out.prompts = prompts
	kept, keepErr := t.keep(ctx)
	out.kept = kept
	return out, errors.Join(err, replyErr, gradeErr, keepErr)
}

// replyIn reads a reply out of a cassette.
func replyIn(path, id string) (reply replay.Reply, err error) {
	tape, err := cassette.Open(path)
	if err != nil {
		return reply, err
	}
	defer func() { err = errors.Join(err, tape.Close()) }()
	x, err := tape.Exchange(id)
	if err != nil {
		return reply, err
	}
	return protocol.NewReader().Read(x), nil
}
