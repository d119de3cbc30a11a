package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/cassette"
	"github.com/exhibit-forensics/exhibit/replay/plan"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
	"github.com/exhibit-forensics/exhibit/replay/request"
	"github.com/exhibit-forensics/exhibit/replay/suite"
	"github.com/exhibit-forensics/exhibit/replay/verdict"
)

// suiteJudge says which model is asked what judge assertions ask about replies.
type suiteJudge struct {
	Server, Protocol, Model string
	KeyEnv, KeyFile         string
	Samples                 int
	Cassette                string
}

// judgeSeed is the seed of the first time that a question is asked; each further
// one has the next.
const judgeSeed int64 = 1

// judgeSamples is how often a question is asked where nothing is said: two
// answers that differ do not say which is the odd one.
const judgeSamples = 3

// judgeEnding is put to the name of the cassette of the replies, in a file, for
// the name of that of the judge.
const judgeEnding = ".judge"

func addSuiteJudgeFlags(cmd *cobra.Command, o *suiteJudge) {
	o.Protocol, o.Samples = string(replay.OpenAIChat), judgeSamples
	flags := cmd.Flags()
	flags.StringVar(&o.Server, "judge-server", "", "`URL` of the model that judge assertions ask; without it they are not judged")
	flags.StringVar(&o.Model, "judge-model", "", "`NAME` of that model")
	flags.Var(&choiceValue{&o.Protocol, protocols()}, "judge-protocol", "protocol that its server speaks")
	// The flag was defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("judge-protocol", cobra.FixedCompletions(protocols(), cobra.ShellCompDirectiveNoFileComp))
	flags.Var((*countValue)(&o.Samples), "judge-samples", "times that it is asked each question; it has to say the same each time")
	flags.StringVar(&o.KeyEnv, "judge-key-env", "", "environment variable (`NAME`) with the key of its server")
	flags.StringVar(&o.KeyFile, "judge-key-file", "", "`FILE` with the key of its server and nothing else")
	flags.StringVar(&o.Cassette, "judge-cassette", "", "`FILE` that keeps what it was asked and said, or a cassette of the case by its SHA-256 (default: that of --cassette and "+judgeEnding+", or the case)")
}

func (o *suiteJudge) check() error {
	switch {
	case o.Server == "" && (o.Model != "" || o.KeyEnv != "" || o.KeyFile != ""):
		return usagef("--judge-model and the key of a judge are of --judge-server: give that too")
	case o.Server == "":
		return nil
	case o.Model == "":
		return usagef("--judge-server needs --judge-model NAME")
	case o.KeyEnv != "" && o.KeyFile != "":
		return usagef("--judge-key-env and --judge-key-file both say where the key is: give one")
	}
	_, err := parseServer("--judge-server", o.Server)
	return err
}

func (o *suiteJudge) params(into map[string]any) {
	into["judge_server"], into["judge_model"], into["judge_cassette"] = o.Server, o.Model, o.Cassette
	if o.Server != "" {
		into["judge_protocol"], into["judge_samples"] = o.Protocol, o.Samples
	}
}

// judgeOptions are the options of a judge in the words of a replay: what may be
// dialled and sent, and the budgets, are those of the suite.
func (o *suiteRunOptions) judgeOptions() *replayOptions {
	t, s := o.Target, o.Send
	t.Server, t.Provider, t.Protocol, t.Model = o.Judge.Server, "", o.Judge.Protocol, o.Judge.Model
	s.KeyEnv, s.KeyFile = o.Judge.KeyEnv, o.Judge.KeyFile
	return &replayOptions{Target: t, Send: s}
}

// openJudge looks the judge up, if one was named and anything is to be asked of
// it, before anything is sent to anybody. One that may be asked and does not
// answer leaves the assertions that ask it open; see [suiteRun.hear].
func (r *suiteRun) openJudge(ctx context.Context) error {
	if r.o.Judge.Server == "" {
		return nil
	}
	if r.suite.Asking() == 0 {
		r.f.note("no case of the suite has a judge assertion: --judge-server is not asked")
		return nil
	}
	d := &dryRun{options: r.o.judgeOptions()}
	var err error
	if d.target, err = d.options.Target.resolve(ctx, r.f); err != nil {
		return fmt.Errorf("looking up the judge: %w", err)
	}
	r.judge = d
	if _, err := d.options.Send.key(r.f); err != nil {
		return err
	}
	if r.c != nil {
		if d.price, err = priceOf(ctx, r.c, r.o.Judge.Model); err != nil {
			return err
		}
	}
	if r.o.Send.MaxCost > 0 && d.price == nil {
		return fmt.Errorf("holding --max-cost: the case has no price of the judge %s", r.o.Judge.Model)
	}
	err = r.f.look(ctx, &d.options.Target, &d.options.Send, d.target)
	if wrong := (*UsageError)(nil); errors.As(err, &wrong) {
		return err
	}
	r.unheard = err
	return nil
}

// judgeFields say who judges, and how often it is asked.
func (r *suiteRun) judgeFields(calls string, questions int) render.Fields {
	return render.Fields{Name: "judge", Title: "Judge: what would be asked", Items: []render.Field{
		field("server", r.judge.target.URL.Redacted()), field("protocol", r.o.Judge.Protocol), field("model", r.o.Judge.Model),
		field("masking", r.judge.masking()), intField("samples", int64(r.o.Judge.Samples)), intField(calls, int64(questions*r.o.Judge.Samples)),
	}}
}

// asking is how the judge is asked.
func (r *suiteRun) asking() sentAs {
	return sentAs{replay.Protocol(r.o.Judge.Protocol), r.o.Judge.Model, r.o.Judge.Samples, r.judge.masks()}
}

// questions are what is asked about answers, and the plan of asking it.
func (r *suiteRun) questions(answers []suite.Answer, h sentAs) ([]suite.Question, []plan.Entry, error) {
	masking, err := maskingOf(h.masked)
	if err != nil {
		return nil, nil, err
	}
	list := r.suite.Questions(answers, masking)
	masked := map[*replay.Request]int{}
	var variants []request.Variant
	for _, q := range list {
		masked[q.Request] = q.Masked
		variants = append(variants, request.Variant{Name: q.Name, Request: q.Request})
	}
	first := judgeSeed
	entries, err := plan.Make(variants, &plan.Options{
		Protocol: h.protocol, Model: h.model, Samples: h.samples, Seed: &first,
		// A question was masked before its material was put between fences: they
		// look like secrets themselves.
		Mask: func(q *replay.Request) (*replay.Request, int) { return q, masked[q] },
	})
	return list, entries, err
}

// hear puts to the answers what a judge says of them: one that is asked now, or
// that was asked then.
func (r *suiteRun) hear(ctx context.Context, answers []suite.Answer) error {
	switch {
	case r.suite.Asking() == 0:
		return nil
	case r.judge != nil && r.unheard != nil:
		list, _, err := r.questions(answers, r.asking())
		for i := range list {
			suite.Hear(answers, &list[i], []verdict.Opinion{{Problem: r.unheard.Error()}})
		}
		return errors.Join(err, fmt.Errorf("asking the judge: %w", r.unheard))
	case r.judge != nil:
		return r.ask(ctx, answers)
	}
	found, err := r.recall(answers)
	if err == nil && !found {
		r.f.warn("judge assertions are not judged: --judge-server names a model that may be asked, which nothing else is")
	}
	return err
}

// ask asks a judge, keeps what it says and reads it back.
func (r *suiteRun) ask(ctx context.Context, answers []suite.Answer) error {
	if r.stopped != "" {
		r.f.warn("the judge was not asked, because the replies are not all there: " + r.stopped + "; " + goesOn)
		return nil
	}
	if why := r.account.Spent(); why != "" {
		r.f.warn("the judge was not asked: " + why + "; " + goesOn)
		return nil
	}
	if r.o.Judge.Model == r.report.Model && r.o.Judge.Server == r.report.Server {
		r.f.warn("the judge is the model whose replies it judges")
	}
	_, entries, err := r.questions(answers, r.asking())
	if err != nil || len(entries) == 0 {
		return err
	}
	r.judge.entries = entries
	r.judge.account = r.account
	t := &tape{
		f: r.f, c: r.c, file: r.judgeFile(), flag: "--judge-cassette", other: "leave --judge-server out: then it is read again", params: map[string]any{judgeOf: r.of},
		what: "what the judge was asked and said", again: func(string) string { return "it is read again with the replies" },
	}
	ran, err := r.f.send(ctx, r.judge, t.open)
	if ran == nil {
		return err
	}
	if ran.Left > 0 {
		r.f.warn("asking the judge: " + leftText(ran) + "; " + leftHint(ran))
	}
	err = errors.Join(err, r.opinions(t.path, answers))
	kept, keepErr := t.keep(ctx)
	if keepErr == nil {
		r.f.note(kept.Text)
	}
	return errors.Join(err, keepErr)
}

// judgeOf is the parameter of a plan that asks a judge: the plan whose replies
// it judges, or loggedReplies.
const (
	judgeOf       = "judge_of"
	loggedReplies = "logged replies"
)

// judgeFile is the file in which a judge is kept; "" for the case.
func (r *suiteRun) judgeFile() string {
	switch {
	case r.o.Judge.Cassette != "":
		return r.o.Judge.Cassette
	case r.replies != "":
		return r.replies + judgeEnding
	}
	return ""
}

// recall reads what a judge was asked about these replies then: in the cassette
// that was named, beside that of the replies, or in the case, where the last one
// counts that was asked just this.
func (r *suiteRun) recall(answers []suite.Answer) (found bool, err error) {
	if r.o.Judge.Cassette != "" {
		path, err := cassetteOf(r.c, r.o.Judge.Cassette)
		if err != nil {
			return false, err
		}
		return true, r.opinions(path, answers)
	}
	if path := r.judgeFile(); path != "" {
		if _, err := os.Lstat(path); err == nil {
			return true, r.opinions(path, answers)
		}
	}
	if r.c == nil {
		return false, nil
	}
	for _, kept := range slices.Backward(r.c.Replays()) {
		params, err := cassette.PlanParams(kept.Path)
		if err != nil {
			return false, err
		}
		var said map[string]any
		if kept.Continued || json.Unmarshal(params, &said) != nil || said[judgeOf] != r.of {
			continue
		}
		if err := r.opinions(kept.Path, answers); !errors.Is(err, errOtherRequests) {
			return true, err
		}
	}
	return false, nil
}

// opinions reads out of a cassette what a judge said about answers, which must
// be those that it was asked about.
func (r *suiteRun) opinions(path string, answers []suite.Answer) (err error) {
	tape, err := cassette.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tape.Close()) }()
	h, err := howSent(tape)
	if err != nil {
		return err
	}
	list, entries, err := r.questions(answers, h)
	if err != nil {
		return err
	}
	if err := holds(tape, entries); err != nil {
		return &HintError{
			Err:   fmt.Errorf("reading the judge in the cassette %s: %w", path, err),
			Hints: []string{"it was asked about other replies, or other questions: ask again with --judge-server and a --judge-cassette of its own"},
		}
	}
	reader := protocol.NewReader()
	for i := range list {
		var said []verdict.Opinion
		for _, out := range entries[i].Outgoing {
			x, err := tape.Exchange(out.ID)
			if err != nil {
				return err
			}
			said = append(said, verdict.Opinion{Reply: replyOf(reader, x), Problem: cmp.Or(x.Problem, "it was not asked")})
		}
		suite.Hear(answers, &list[i], said)
	}
	r.report.Judge = render.SuiteJudge{Server: tape.Server(), Protocol: string(h.protocol), Model: h.model, Cassette: tape.SHA256()}
	return nil
}
