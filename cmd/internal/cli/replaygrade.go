package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
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
	Verdicts []verdict.Verdict // nil where nothing came that can be judged
}

// gradedTape is what a cassette holds, judged.
type gradedTape struct {
	asked
	Server, SHA256 string
	Prompts        []gradedPrompt
}

// asked is who was asked and who answered, each once.
type asked struct {
	Protocols []string
	Models    []string
	Answered  []string // models, as the server says
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
func gradeCassette(path string, calls []request.Call, told verdict.Options) (out *gradedTape, err error) {
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
	out = &gradedTape{Server: tape.Server(), SHA256: tape.SHA256()}
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
			at[key] = len(out.Prompts)
			out.Prompts = append(out.Prompts, gradedPrompt{Event: x.Event, Variant: x.Variant, Logged: &logged.Logged, LoggedVerdicts: judge.Verdicts(logged, &logged.Logged)})
		}
		s := gradedSample{Number: x.Sample, End: x.End, Problem: x.Problem}
		if x.End != "" {
			s.Reply = replies.Read(x)
		}
		if s.Problem = cmp.Or(s.Problem, noReply(x, &s.Reply)); answers(x.End) && noReply(x, &s.Reply) == "" {
			s.Verdicts = sent.Verdicts(&s.Reply)
		}
		out.met(x, &s.Reply)
		p := &out.Prompts[at[key]]
		p.Samples = append(p.Samples, s)
	}
	if len(out.Prompts) == 0 {
		return nil, fmt.Errorf("comparing with the cassette %s: it holds no reply to a selected call", path)
	}
	return out, nil
}

// answers reports whether what ended so says anything of the model: an answer, a
// refusal, or the beginning of one. A server that is busy, or lets nobody in,
// says nothing.
func answers(e replay.End) bool {
	switch e {
	case replay.Complete, replay.Failed, replay.Cut, replay.TimedOut, replay.TooLarge:
		return true
	}
	return false
}

// noReply says that a whole body came in which there is no reply; "" where there
// is one.
func noReply(x *replay.Exchange, r *replay.Reply) string {
	if x.End != replay.Complete || r.Complete || r.Text+r.Reasoning+r.FinishReason+r.ErrorCode+r.ErrorMessage != "" || len(r.ToolCalls) > 0 {
		return ""
	}
	return fmt.Sprintf("the %d bytes that came are no reply of %s", len(x.Received()), x.Protocol)
}

// met notes who was asked, and who answered; the reply may be nil.
func (a *asked) met(x *replay.Exchange, r *replay.Reply) {
	add := func(to *[]string, word string) {
		if word != "" && !slices.Contains(*to, word) {
			*to = append(*to, word)
		}
	}
	add(&a.Protocols, string(x.Protocol))
	add(&a.Models, x.Model)
	if r != nil {
		add(&a.Answered, r.Model)
	}
}

// fields say who was asked and who answered.
func (t *gradedTape) fields() render.Fields {
	return render.Fields{Name: "asked", Title: "Asked", Items: []render.Field{
		field("server", t.Server), field("protocol", strings.Join(t.Protocols, ", ")), field("model", known(strings.Join(t.Models, ", "))),
		field("answered_by", known(strings.Join(t.Answered, ", "))), field("cassette_sha256", t.SHA256),
	}}
}

// strangers are the models that answered, as the server says, without being what
// was asked for, or a version of it: claude-x-latest is answered by
// claude-x-20250101, and llama3 by llama3:latest.
func (a *asked) strangers() []string {
	return slices.DeleteFunc(slices.Clone(a.Answered), func(name string) bool {
		return slices.ContainsFunc(a.Models, func(model string) bool {
			stem := strings.TrimSuffix(strings.TrimSuffix(model, "latest"), ":")
			return strings.HasPrefix(strings.ToLower(name), strings.ToLower(stem)) || strings.HasSuffix(model, "/"+name)
		})
	})
}

// warning says that somebody else answered than was asked; "" where nobody did.
func (a *asked) warning() string {
	others := a.strangers()
	if len(others) == 0 || len(a.Models) == 0 {
		return ""
	}
	return fmt.Sprintf("%s was asked for, and the server says that %s answered: the verdicts are about the latter", strings.Join(a.Models, ", "), strings.Join(others, ", "))
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
