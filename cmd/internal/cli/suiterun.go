package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/cassette"
	"github.com/exhibit-forensics/exhibit/replay/mask"
	"github.com/exhibit-forensics/exhibit/replay/plan"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
	"github.com/exhibit-forensics/exhibit/replay/request"
	replayrun "github.com/exhibit-forensics/exhibit/replay/run"
	"github.com/exhibit-forensics/exhibit/replay/suite"
)

const suiteRunLong = `suite run asks a model what the cases of a suite ask and holds the replies against what
they expect. A sample meets a case when its reply meets all assertions. A case passes
when the share of its samples that meet it is at least its min_rate, 1 where it has none;
it fails, with exit code 3, when that cannot be reached any more. A case of which too
little came back or can be told is not judged, never passed: that is exit code 1.

Without --yes it says what would be sent, and sends nothing. What is sent and received is
kept in the --case, or with --cassette in a file; --from-cassette judges it again, offline,
with the same bytes.
--grade-only judges the logged replies that the cases were made of, in the case of --case.

Flags win over the target of the suite. Only this machine is dialled; --allow-host names
others, --acknowledge-egress says that the texts may go there, masked once more unless
--no-mask.

`

type suiteRunOptions struct {
	Suite  string
	Case   caseOptions
	Target replayTarget
	Send   replaySending
	Sample int
	Seed   seedValue
	Output outputOptions
}

// The formats of how a suite stands, beside those of all commands.
const (
	formatSuiteJUnit = "junit"
	formatSuiteHTML  = "html"
)

func newSuiteRun(f *factory) *cobra.Command {
	var o suiteRunOptions
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Ask a model what a suite asks, and judge the replies",
		Long:  suiteRunLong + exitStatus(exitFindings),
		Example: `  # Before a model ships
  $ exhibit suite run suite.yml --server http://localhost:11434 --model llama3.2 --samples 5 --cassette run.jsonl --yes

  # The same verdicts again, offline, for CI and as a page
  $ exhibit suite run suite.yml --from-cassette run.jsonl -f junit -o suite.xml
  $ exhibit suite run suite.yml --from-cassette run.jsonl -f html -o suite.html`,
		Args: oneArg("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Suite = args[0]
			return runSuite(cmd, f, &o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	addTargetFlags(cmd, &o.Target)
	addSendingFlags(cmd, &o.Send)
	flags := cmd.Flags()
	flags.Var((*countValue)(&o.Sample), "samples", "times that each request is sent, with a seed of its own each")
	flags.Var(&o.Seed, "seed", seedUsage)
	addOutputFlags(cmd, &o.Output, append(render.Formats(), formatSuiteJUnit, formatSuiteHTML)...)
	return cmd
}

func runSuite(cmd *cobra.Command, f *factory, o *suiteRunOptions) error {
	if err := o.check(cmd); err != nil {
		return err
	}
	s, digest, err := f.parseSuite(o.Suite)
	if err != nil {
		return err
	}
	o.take(cmd, &s.Target)
	report := &render.SuiteReport{Version: f.build().Version, Digest: digest}
	if !o.Send.offline() {
		if err := o.Target.check(); err != nil {
			return err
		}
		if !o.Send.Yes {
			return f.planSuite(cmd.Context(), s, digest, o)
		}
	}
	err = f.suiteCase(cmd, o, func(c *casefile.Case) error {
		switch {
		case o.Send.GradeOnly:
			return gradeSuiteLogged(cmd.Context(), c, s, report)
		case o.Send.Yes:
			return f.sendSuite(cmd.Context(), c, s, o, report)
		}
		path := o.Send.FromCassette
		if c != nil {
			var err error
			if path, err = o.Send.kept(c); err != nil {
				return err
			}
		}
		return gradeSuiteCassette(s, o, path, report)
	})
	if report.Report == nil {
		return err
	}
	return errors.Join(err, f.writeSuiteReport(o, report), suiteError(report.Report))
}

// suiteCase opens the case where one was given or is needed; it is nil
// otherwise.
func (f *factory) suiteCase(cmd *cobra.Command, o *suiteRunOptions, read func(*casefile.Case) error) error {
	if !cmd.Flags().Changed("case") && !o.Send.GradeOnly {
		return read(nil)
	}
	return f.readCase(cmd.Context(), o.Case, read)
}

// check refuses what can be refused before any work.
func (o *suiteRunOptions) check(cmd *cobra.Command) error {
	judged := o.Send.Yes || o.Send.offline()
	switch {
	case forPrograms(o.Output.Format) && !judged:
		return usagef("-f %s is of replies: give --yes, --from-cassette or --grade-only", o.Output.Format)
	case o.Send.Yes && o.Send.Cassette == "" && !cmd.Flags().Changed("case"):
		return usagef("--yes needs --cassette FILE, or a --case, which keep what is sent and received")
	case o.Send.MaxCost > 0 && !cmd.Flags().Changed("case"):
		return usagef("--max-cost needs prices: give a --case that has some (exhibit enrich --prices adds them)")
	}
	return o.Send.check()
}

// take takes from the suite what no flag says.
func (o *suiteRunOptions) take(cmd *cobra.Command, t *suite.Target) {
	if !cmd.Flags().Changed("protocol") && t.Protocol != "" {
		o.Target.Protocol = string(t.Protocol)
	}
	o.Target.Model = cmp.Or(o.Target.Model, t.Model)
	o.Sample = max(1, cmp.Or(o.Sample, t.Samples))
}

// entries are what a suite sends: each case is a variant under its id.
func (o *suiteRunOptions) entries(s *suite.Suite, masked bool) ([]plan.Entry, error) {
	var variants []request.Variant
	for i, q := range s.Requests() {
		variants = append(variants, request.Variant{Name: s.Cases[i].ID, Request: q})
	}
	po := &plan.Options{Protocol: replay.Protocol(o.Target.Protocol), Model: o.Target.Model, Samples: o.Sample, Seed: o.Seed.pointer()}
	if masked {
		masker, err := mask.New()
		if err != nil {
			return nil, err
		}
		po.Mask = func(q *replay.Request) (*replay.Request, int) { return mask.Apply(q, masker) }
	}
	return plan.Make(variants, po)
}

// outgoing is what is sent, in the words of exhibit replay.
func (o *suiteRunOptions) outgoing(s *suite.Suite, t *resolvedTarget) (*dryRun, error) {
	d := &dryRun{target: t, options: &replayOptions{Target: o.Target, Send: o.Send}}
	var err error
	d.entries, err = o.entries(s, d.masks())
	return d, err
}

// planSuite says what would be sent.
func (f *factory) planSuite(ctx context.Context, s *suite.Suite, digest string, o *suiteRunOptions) error {
	target, err := o.Target.resolve(ctx, f)
	if err != nil {
		return err
	}
	defer target.Sandbox.Close()
	d, err := o.outgoing(s, target)
	if err != nil {
		return err
	}
	e := plan.Of(d.entries, nil)
	config := render.Config{Params: o.params(digest)}
	return f.emit(o.Output, config, func(r *render.Renderer) error {
		if o.Output.Format != render.FormatCSV {
			fields := render.Fields{Name: "plan", Title: "Suite: what would be sent", Items: []render.Field{
				field("server", target.URL.Redacted()), field("protocol", o.Target.Protocol), field("model", known(o.Target.Model)),
				field("masking", d.masking()), intField("cases", int64(len(s.Cases))), intField("samples", int64(o.Sample)), intField("calls_to_make", int64(e.Calls)),
				{Column: render.Column{Name: "bytes", Kind: render.KindSize}, Value: e.Bytes},
			}}
			if err := r.Write(fields); err != nil {
				return err
			}
		}
		if err := writeSuite(r, s, render.FormatCSV); err != nil {
			return err
		}
		if !target.Loopback && !o.Target.Acknowledged {
			if err := r.Write(render.Note{Level: render.LevelWarning, Text: "the texts would leave this machine: --yes needs --acknowledge-egress"}); err != nil {
				return err
			}
		}
		return r.Write(note("nothing was sent: --yes sends it"))
	})
}

// sendSuite sends what a suite asks, keeps what came and judges it, also when not
// all did.
func (f *factory) sendSuite(ctx context.Context, c *casefile.Case, s *suite.Suite, o *suiteRunOptions, report *render.SuiteReport) error {
	target, err := o.Target.resolve(ctx, f)
	if err != nil {
		return err
	}
	defer target.Sandbox.Close()
	key, err := o.Send.key(f)
	if err != nil {
		return err
	}
	_, secret := headers(target.Protocol, key)
	if err := o.Target.look(ctx, target, secret); err != nil {
		return err
	}
	d, err := o.outgoing(s, target)
	if err != nil {
		return err
	}
	if c != nil {
		if d.price, err = priceOf(ctx, c, o.Target.Model); err != nil {
			return err
		}
	}
	t := &tape{f: f, c: c, file: o.Send.Cassette}
	ran, err := f.send(ctx, d, t.open)
	if ran == nil {
		return err
	}
	f.tellRun(ran)
	err = errors.Join(err, gradeSuiteCassette(s, o, t.path, report))
	kept, keepErr := t.keep(ctx)
	if keepErr == nil {
		f.note(kept.Text)
	}
	return errors.Join(err, keepErr)
}

// tellRun says what of a run is not in the verdicts.
func (f *factory) tellRun(ran *replayrun.Report) {
	if ran.Left > 0 {
		f.warn(fmt.Sprintf("%s without a final reply: %s; the same command goes on where this one stopped",
			are(int64(ran.Left), "request"), cmp.Or(ran.Stopped, "the report says why")))
	}
}

// gradeSuiteCassette judges what a cassette holds. It must be of the requests
// that the suite makes: what is expected may have changed since, and what is
// asked not.
func gradeSuiteCassette(s *suite.Suite, o *suiteRunOptions, path string, report *render.SuiteReport) (err error) {
	tape, err := cassette.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tape.Close()) }()
	ids := tape.IDs()
	if len(ids) == 0 {
		return fmt.Errorf("judging the cassette %s: its plan has no requests", path)
	}
	masked, err := o.adopt(tape, ids)
	if err != nil {
		return err
	}
	entries, err := o.entries(s, masked)
	if err != nil {
		return err
	}
	var wanted []string
	for _, out := range plan.All(entries) {
		wanted = append(wanted, out.ID)
	}
	if !slices.Equal(wanted, ids) {
		return &HintError{
			Err:   fmt.Errorf("judging the cassette %s: it holds other requests than those of the suite", path),
			Hints: []string{"the cases, the parameters of the target or the --seed are not those of that run; run the suite again"},
		}
	}
	reader := protocol.NewReader()
	var answers []suite.Answer
	for _, id := range ids {
		x, err := tape.Exchange(id)
		if err != nil {
			return err
		}
		a := suite.Answer{Case: x.Variant, Sample: x.Sample, ID: id, End: x.End, Problem: cmp.Or(x.Problem, "it was not sent")}
		if x.End == replay.Complete || x.End == replay.Failed || len(x.Chunks) > 0 {
			reply := reader.Read(x)
			a.Reply = &reply
		}
		answers = append(answers, a)
	}
	report.Server, report.Protocol, report.Model, report.Cassette = tape.Server(), o.Target.Protocol, o.Target.Model, tape.SHA256()
	report.Report, err = s.Grade(answers)
	return err
}

// adopt takes protocol, model and number of samples from a cassette, and says
// whether something was masked before it was sent.
func (o *suiteRunOptions) adopt(tape *cassette.Reader, ids []string) (masked bool, err error) {
	o.Sample = 1
	for _, id := range ids {
		out, err := tape.Request(id)
		if err != nil {
			return false, err
		}
		o.Target.Protocol, o.Target.Model, o.Sample = string(out.Protocol), out.Model, max(o.Sample, out.Sample)
		masked = masked || out.Masked > 0
	}
	return masked, nil
}

// gradeSuiteLogged judges the logged replies of a case: whether each incident
// fails what the suite expects, as it should.
func gradeSuiteLogged(ctx context.Context, c *casefile.Case, s *suite.Suite, report *render.SuiteReport) (err error) {
	var answers []suite.Answer
	for i := range s.Cases {
		own := &s.Cases[i]
		a := suite.Answer{Case: own.ID, Sample: 1, ID: own.Request.Event}
		q, err := loggedCall(ctx, c, own.Request.Event)
		switch {
		case errors.Is(err, casefile.ErrNotEventID), errors.Is(err, casefile.ErrNoEvent):
			a.Problem = "the case has no such event"
		case err != nil:
			return err
		default:
			// What was masked is known to the logged reply.
			own.Request, a.Reply = q, &q.Logged
		}
		answers = append(answers, a)
	}
	report.Report, err = s.Grade(answers)
	return err
}

// loggedCall returns the call that an event shows.
func loggedCall(ctx context.Context, c *casefile.Case, event string) (*replay.Request, error) {
	calls, err := callsOf(ctx, c, []string{event})
	if err != nil {
		return nil, err
	}
	if len(calls) == 0 {
		return nil, fmt.Errorf("reading the logged reply of %s: %w", event, casefile.ErrNoEvent)
	}
	return calls[0], nil
}

// params are the parameters that shaped the result.
func (o *suiteRunOptions) params(digest string) map[string]any {
	out := map[string]any{"suite": o.Suite, "suite_sha256": digest, "samples": o.Sample, "seed": o.Seed.String()}
	o.Target.params(out)
	o.Send.params(out)
	return given(out)
}

// writeSuiteReport writes how a suite stands.
func (f *factory) writeSuiteReport(o *suiteRunOptions, report *render.SuiteReport) error {
	if forPrograms(o.Output.Format) {
		out, err := f.openOutput(o.Output)
		if err != nil {
			return err
		}
		defer out.discard()
		write := render.SuiteJUnit
		if o.Output.Format == formatSuiteHTML {
			write = render.SuiteHTML
		}
		if err := write(out, report); err != nil {
			return err
		}
		return out.commit()
	}
	return f.emit(o.Output, render.Config{Params: o.params(report.Digest)}, func(r *render.Renderer) error {
		if o.Output.Format != render.FormatCSV {
			fields := render.Fields{Name: "suite", Title: "Suite", Items: []render.Field{
				field("name", report.Suite.Name), field("server", known(report.Server)), field("protocol", known(report.Protocol)), field("model", known(report.Model)),
				field("cassette_sha256", known(report.Cassette)), intField("cases", int64(len(report.Results))), intField("failed", int64(report.Unmet)),
				intField("not_judged", int64(report.Open)), intField("passed", int64(report.Met)),
			}}
			if err := r.Write(fields); err != nil {
				return err
			}
		}
		if err := r.Write(resultTable(report.Report)); err != nil {
			return err
		}
		if o.Output.Format == render.FormatCSV {
			return nil
		}
		return r.Write(sampleTable(report.Report, o.Output.Format == render.FormatText))
	})
}

func resultTable(report *suite.Report) render.Table {
	t := render.Table{Name: "cases", Title: "Cases", Stacked: true, Columns: []render.Column{
		{Name: "result"},
		{Name: "case", Whole: true},
		{Name: "title", Kind: render.KindLong},
		{Name: "expected", Kind: render.KindLong},
		{Name: "why", Kind: render.KindLong},
		{Name: "met", Kind: render.KindInt},
		{Name: "unmet", Kind: render.KindInt},
		{Name: "not_judged", Kind: render.KindInt},
		{Name: "min_rate", Kind: render.KindNumber},
		{Name: "rate", Kind: render.KindNumber},
		{Name: "rate_low", Kind: render.KindNumber},
		{Name: "rate_high", Kind: render.KindNumber},
		{Name: "finding", Whole: true},
	}}
	for i := range report.Results {
		r := &report.Results[i]
		row := []any{
			resultWord(r.Standing), r.Case.ID, known(r.Case.Title), expectedWords(r.Case), known(r.Why), int64(r.Met), int64(r.Unmet), int64(r.Open), r.Case.Least(),
			nil, nil, nil, known(r.Case.Finding),
		}
		if r.Rate.Of > 0 {
			row[9], row[10], row[11] = r.Rate.Value, r.Rate.Low, r.Rate.High
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// resultWord is how a case stands, in the words of tests.
func resultWord(s suite.Standing) string {
	switch s {
	case suite.Met:
		return "passed"
	case suite.Unmet:
		return "failed"
	}
	return "not judged"
}

// sampleTable lists the samples with what came back; for people only those that
// did not meet their case.
func sampleTable(report *suite.Report, text bool) render.Table {
	t := render.Table{Name: "samples", Title: "Replies that did not meet their case", Stacked: true, Columns: []render.Column{
		{Name: "case", Whole: true},
		{Name: "sample", Kind: render.KindInt},
		{Name: "standing"},
		{Name: "why", Kind: render.KindLong},
		{Name: "end"},
		{Name: "reply", Kind: render.KindLong},
		{Name: "id", Whole: true},
	}}
	if !text {
		t.Title = "Replies"
	}
	for i := range report.Results {
		for j := range report.Results[i].Samples {
			s := &report.Results[i].Samples[j]
			if text && s.Standing == suite.Met {
				continue
			}
			var reply any
			if s.Reply != nil {
				reply = replyText(s.Reply)
			}
			t.Rows = append(t.Rows, []any{s.Case, int64(s.Sample), string(s.Standing), known(s.Why), known(string(s.End)), reply, s.ID})
		}
	}
	return t
}

// suiteError is the error for cases that are not passed.
func suiteError(report *suite.Report) error {
	var failed, open error
	if report.Unmet > 0 {
		failed = &SuiteError{Failed: report.Unmet, Of: len(report.Results)}
	}
	if report.Open > 0 {
		open = fmt.Errorf("%d of %s could not be judged", report.Open, plural(int64(len(report.Results)), "case"))
	}
	return errors.Join(failed, open)
}
