package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
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

Assertions that ask a judge model are judged only where --judge-server names one. It is
shown the prompt and the reply as data, answers with one of the words that the suite gives,
and has to say the same each of --judge-samples times; anything else is not judged. What
it was asked and said is kept too, and read again offline. With --from-cassette or
--grade-only, --judge-server says what it would be asked, and --yes asks it.

Flags win over the target of the suite. Only this machine is dialled; --allow-host names
others, --acknowledge-egress says that the texts may go there, masked once more unless
--no-mask.

`

type suiteRunOptions struct {
	Suite  string
	Case   caseOptions
	Target replayTarget
	Send   replaySending
	Judge  suiteJudge
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
	addSuiteJudgeFlags(cmd, &o.Judge)
	flags := cmd.Flags()
	flags.Var((*countValue)(&o.Sample), "samples", "times that each request is sent, with a seed of its own each")
	flags.Var(&o.Seed, "seed", seedUsage)
	addOutputFlags(cmd, &o.Output, append(render.Formats(), formatSuiteJUnit, formatSuiteHTML)...)
	return cmd
}

// suiteRun is a suite being run.
type suiteRun struct {
	f      *factory
	o      *suiteRunOptions
	suite  *suite.Suite
	c      *casefile.Case // nil where none is needed
	report *render.SuiteReport

	of      string             // hash of the plan that was answered, or loggedReplies
	replies string             // cassette of the answers where it is a file; "" otherwise
	account *replayrun.Account // what may be used, of which the judge has what the replies leave
	stopped string             // why not all was sent

	judge   *dryRun // how the judge is asked; nil where none is
	unheard error   // why it cannot be
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
	if !o.Send.offline() {
		if err := o.Target.check(); err != nil {
			return err
		}
	}
	r := &suiteRun{f: f, o: o, suite: s, account: o.Send.account(), report: &render.SuiteReport{Version: f.build().Version, Digest: digest}}
	err = f.suiteCase(cmd, o, func(c *casefile.Case) error {
		r.c = c
		return r.run(cmd.Context())
	})
	if r.report.Report == nil {
		return err
	}
	return errors.Join(err, f.writeSuiteReport(o, r.report), suiteError(r.report.Report))
}

// run judges answers, or says what would be sent to get them.
func (r *suiteRun) run(ctx context.Context) error {
	if err := r.openJudge(ctx); err != nil {
		return err
	}
	if r.judge != nil {
		defer r.judge.target.Sandbox.Close()
	}
	if !r.o.Send.Yes && !r.o.Send.offline() {
		return r.writePlan(ctx)
	}
	answers, err := r.answers(ctx)
	if answers == nil {
		return err
	}
	if r.judge != nil && !r.o.Send.Yes {
		return errors.Join(err, r.writeJudgePlan(answers))
	}
	err = errors.Join(err, r.hear(ctx, answers))
	var gradeErr error
	r.report.Report, gradeErr = r.suite.Grade(answers)
	return errors.Join(err, gradeErr)
}

// answers are the logged ones, those of a cassette, or new ones. With an error
// there may be some.
func (r *suiteRun) answers(ctx context.Context) ([]suite.Answer, error) {
	switch {
	case r.o.Send.GradeOnly:
		r.of = loggedReplies
		r.f.note("these are the logged replies: a case that fails shows its incident, as it should; one that passes would not find it again")
		return loggedAnswers(ctx, r.c, r.suite)
	case r.o.Send.FromCassette == "":
		return r.send(ctx)
	}
	path, err := cassetteOf(r.c, r.o.Send.FromCassette)
	if err != nil {
		return nil, err
	}
	if path == r.o.Send.FromCassette {
		r.replies = path
	}
	return r.recorded(path)
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
	judged := o.Send.Yes || o.Send.offline() && o.Judge.Server == ""
	switch {
	case forPrograms(o.Output.Format) && !judged:
		return usagef("-f %s is of replies: give --yes, --from-cassette or --grade-only", o.Output.Format)
	case o.Send.Yes && !o.Send.offline() && o.Send.Cassette == "" && !cmd.Flags().Changed("case"):
		return usagef("--yes needs --cassette FILE, or a --case, which keep what is sent and received")
	case o.Send.MaxCost > 0 && !cmd.Flags().Changed("case"):
		return usagef("--max-cost needs prices: give a --case that has some (exhibit enrich --prices adds them)")
	}
	send := o.Send
	if o.Judge.Server != "" && send.offline() {
		send.Yes = false // --yes asks the judge alone
	}
	return errors.Join(o.Judge.check(), send.check())
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
	var err error
	if po.Mask, err = maskingOf(masked); err != nil {
		return nil, err
	}
	return plan.Make(variants, po)
}

// maskingOf is what takes secrets and personal data out of requests; nil where
// nothing does.
func maskingOf(masked bool) (func(*replay.Request) (*replay.Request, int), error) {
	if !masked {
		return nil, nil
	}
	masker, err := mask.New()
	if err != nil {
		return nil, err
	}
	return func(q *replay.Request) (*replay.Request, int) { return mask.Apply(q, masker) }, nil
}

// outgoing is what is sent, in the words of exhibit replay.
func (o *suiteRunOptions) outgoing(s *suite.Suite, t *resolvedTarget) (*dryRun, error) {
	d := &dryRun{target: t, options: &replayOptions{Target: o.Target, Send: o.Send}}
	var err error
	d.entries, err = o.entries(s, d.masks())
	return d, err
}

// send sends what a suite asks, keeps what came and reads it back, also when not
// all did.
func (r *suiteRun) send(ctx context.Context) ([]suite.Answer, error) {
	target, err := r.o.Target.resolve(ctx, r.f)
	if err != nil {
		return nil, err
	}
	defer target.Sandbox.Close()
	if err := r.f.look(ctx, &r.o.Target, &r.o.Send, target); err != nil {
		return nil, err
	}
	d, err := r.o.outgoing(r.suite, target)
	if err != nil {
		return nil, err
	}
	if r.c != nil {
		if d.price, err = priceOf(ctx, r.c, r.o.Target.Model); err != nil {
			return nil, err
		}
	}
	r.replies = r.o.Send.Cassette
	t := &tape{
		f: r.f, c: r.c, file: r.replies,
		again: func(name string) string {
			return fmt.Sprintf("exhibit suite run %s --from-cassette %s judges it again", shellWord(r.o.Suite), name)
		},
	}
	d.account = r.account
	ran, err := r.f.send(ctx, d, t.open)
	if ran == nil {
		return nil, err
	}
	if r.stopped = ran.Stopped; ran.Left > 0 {
		r.f.warn(leftText(ran) + "; " + leftHint(ran))
	}
	answers, readErr := r.recorded(t.path)
	kept, keepErr := t.keep(ctx)
	if keepErr == nil {
		r.f.note(kept.Text)
	}
	return answers, errors.Join(err, readErr, keepErr)
}

// errOtherRequests says that a cassette is of another plan.
var errOtherRequests = errors.New("it holds other requests than those of the suite")

// holds makes sure that a cassette holds the requests of a plan, and no others.
func holds(tape *cassette.Reader, entries []plan.Entry) error {
	var wanted []string
	for _, out := range plan.All(entries) {
		wanted = append(wanted, out.ID)
	}
	if !slices.Equal(wanted, tape.IDs()) {
		return errOtherRequests
	}
	return nil
}

// replyOf is the reply of an exchange; nil where none came.
func replyOf(reader *protocol.Reader, x *replay.Exchange) *replay.Reply {
	if x.End != replay.Complete && x.End != replay.Failed && len(x.Chunks) == 0 {
		return nil
	}
	reply := reader.Read(x)
	return &reply
}

// recorded are the answers that a cassette holds. It must be of the requests
// that the suite makes: what is expected may have changed since, and what is
// asked not.
func (r *suiteRun) recorded(path string) (answers []suite.Answer, err error) {
	tape, err := cassette.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tape.Close()) }()
	sent, err := howSent(tape)
	if err != nil {
		return nil, err
	}
	r.o.Target.Protocol, r.o.Target.Model, r.o.Sample = string(sent.protocol), sent.model, sent.samples
	entries, err := r.o.entries(r.suite, sent.masked)
	if err != nil {
		return nil, err
	}
	if err := holds(tape, entries); err != nil {
		return nil, &HintError{
			Err:   fmt.Errorf("judging the cassette %s: %w", path, err),
			Hints: []string{"the cases, the parameters of the target or the --seed are not those of that run; run the suite again"},
		}
	}
	reader := protocol.NewReader()
	var who asked
	for _, id := range tape.IDs() {
		x, err := tape.Exchange(id)
		if err != nil {
			return nil, err
		}
		reply := replyOf(reader, x)
		answers = append(answers, suite.Answer{Case: x.Variant, Sample: x.Sample, ID: id, End: x.End, Problem: cmp.Or(x.Problem, "it was not sent"), Reply: reply})
		who.met(x, reply)
	}
	if text := who.warning(); text != "" {
		r.f.warn(text)
	}
	r.of = tape.PlanHash()
	r.report.Server, r.report.Protocol, r.report.Model, r.report.Cassette = tape.Server(), string(sent.protocol), sent.model, tape.SHA256()
	r.report.Answered = who.Answered
	return answers, nil
}

// howSent says how the requests of a cassette were made: what determines a plan
// beside the requests themselves.
type sentAs struct {
	protocol replay.Protocol
	model    string
	samples  int
	masked   bool // something was masked before it was sent
}

func howSent(tape *cassette.Reader) (s sentAs, err error) {
	for _, id := range tape.IDs() {
		out, err := tape.Request(id)
		if err != nil {
			return s, err
		}
		s.protocol, s.model, s.samples = out.Protocol, out.Model, max(s.samples, out.Sample)
		s.masked = s.masked || out.Masked > 0
	}
	return s, nil
}

// loggedAnswers are the logged replies of a case, to see whether each incident
// fails what the suite expects, as it should.
func loggedAnswers(ctx context.Context, c *casefile.Case, s *suite.Suite) ([]suite.Answer, error) {
	var answers []suite.Answer
	for i := range s.Cases {
		own := &s.Cases[i]
		a := suite.Answer{Case: own.ID, Sample: 1, ID: own.Request.Event}
		q, err := loggedCall(ctx, c, own.Request.Event)
		switch {
		case errors.Is(err, casefile.ErrNotEventID), errors.Is(err, casefile.ErrNoEvent):
			a.Problem = "the case has no such event"
		case err != nil:
			return nil, err
		default:
			// What was masked is known to the logged reply.
			own.Request, a.Reply = q, &q.Logged
		}
		answers = append(answers, a)
	}
	return answers, nil
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
	o.Judge.params(out)
	return export.Given(out)
}
