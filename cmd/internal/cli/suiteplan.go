package cli

import (
	"context"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/replay/plan"
	"github.com/exhibit-forensics/exhibit/replay/suite"
)

// writePlan says what would be sent to the model, and at most to the judge: what
// that would be asked depends on the replies.
func (r *suiteRun) writePlan(ctx context.Context) error {
	target, err := r.o.Target.resolve(ctx, r.f)
	if err != nil {
		return err
	}
	defer target.Sandbox.Close()
	d, err := r.o.outgoing(r.suite, target)
	if err != nil {
		return err
	}
	e := plan.Of(d.entries, nil)
	return r.f.emit(r.o.Output, render.Config{Params: r.o.params(r.report.Digest)}, func(out *render.Renderer) error {
		if r.o.Output.Format != render.FormatCSV {
			fields := render.Fields{Name: "plan", Title: "Suite: what would be sent", Items: []render.Field{
				field("server", target.URL.Redacted()), field("protocol", r.o.Target.Protocol), field("model", known(r.o.Target.Model)),
				field("masking", d.masking()), intField("cases", int64(len(r.suite.Cases))), intField("samples", int64(r.o.Sample)), intField("calls_to_make", int64(e.Calls)),
				{Column: render.Column{Name: "bytes", Kind: render.KindSize}, Value: e.Bytes},
			}}
			if err := out.Write(fields); err != nil {
				return err
			}
			if r.judge != nil {
				if err := out.Write(r.judgeFields("calls_at_most", r.suite.Asking()*r.o.Sample)); err != nil {
					return err
				}
			}
		}
		if err := writeSuite(out, r.suite, render.FormatCSV); err != nil {
			return err
		}
		return r.writeNotSent(out, !target.Loopback || r.judge != nil && !r.judge.target.Loopback)
	})
}

// writeJudgePlan says what a judge would be asked about replies that are there.
func (r *suiteRun) writeJudgePlan(answers []suite.Answer) error {
	_, entries, err := r.questions(answers, r.asking())
	if err != nil {
		return err
	}
	r.judge.entries = entries
	fields := r.judgeFields("calls_to_make", len(entries))
	fields.Items = append(fields.Items, render.Field{Column: render.Column{Name: "bytes", Kind: render.KindSize}, Value: plan.Of(entries, nil).Bytes})
	return r.f.emit(r.o.Output, render.Config{Params: r.o.params(r.report.Digest)}, func(out *render.Renderer) error {
		if err := out.Write(fields); err != nil {
			return err
		}
		return r.writeNotSent(out, !r.judge.target.Loopback)
	})
}

// writeNotSent ends a dry run.
func (r *suiteRun) writeNotSent(out *render.Renderer, leaves bool) error {
	if leaves && !r.o.Target.Acknowledged {
		if err := out.Write(render.Note{Level: render.LevelWarning, Text: "the texts would leave this machine: --yes needs --acknowledge-egress"}); err != nil {
			return err
		}
	}
	return out.Write(note("nothing was sent: --yes sends it"))
}
