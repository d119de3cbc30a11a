package cli

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/compare"
	"github.com/exhibit-forensics/exhibit/replay/request"
	replayrun "github.com/exhibit-forensics/exhibit/replay/run"
	"github.com/exhibit-forensics/exhibit/replay/verdict"
)

// compareSeed makes the intervals of the same replies the same ones.
const compareSeed = 1

// replyLines is how much of a reply text shows without --all.
const replyLines = 8

// gradedReport is what is told of judged replies.
type gradedReport struct {
	prompts []gradedPrompt
	tape    *gradedTape    // that they are of; nil for logged replies
	ran     *render.Fields // what became of sending them; nil where nothing was sent
	format  string
	all     bool
	limit   int
}

// write tells verdicts: original beside replay, prompt by prompt and overall.
// CSV has one table, that of all verdicts.
func (g *gradedReport) write(r *render.Renderer) error {
	if g.format == render.FormatCSV {
		return r.Write(g.verdicts())
	}
	if g.tape != nil {
		if err := r.Write(g.tape.fields()); err != nil {
			return err
		}
	}
	if g.ran != nil {
		if err := r.Write(*g.ran); err != nil {
			return err
		}
	}
	if err := g.replies(r); err != nil {
		return err
	}
	if g.format != render.FormatText {
		if err := r.Write(g.verdicts()); err != nil {
			return err
		}
	}
	if !g.replayed() {
		return r.Write(g.rates())
	}
	if err := g.comparison(r); err != nil {
		return err
	}
	if err := g.removals(r); err != nil {
		return err
	}
	return g.answerers(r)
}

// answerers warns where somebody else answered than was asked.
func (g *gradedReport) answerers(r *render.Renderer) error {
	if g.tape == nil || g.tape.warning() == "" {
		return nil
	}
	return r.Write(render.Note{Level: render.LevelWarning, Text: g.tape.warning()})
}

// replayed reports whether any reply was replayed.
func (g *gradedReport) replayed() bool {
	return slices.ContainsFunc(g.prompts, func(p gradedPrompt) bool { return len(p.Samples) > 0 })
}

// isWhole reports whether a variant stands for the logged call: nothing was
// removed from it, and it is no step that only the replay made.
func isWhole(variant string) bool {
	return variant == variantLogged || variant == variantChanged || variant == request.Carried
}

// replies shows each reply beside the logged one.
func (g *gradedReport) replies(r *render.Renderer) error {
	lines := replyLines
	if g.all {
		lines = 0
	}
	t := render.Table{Name: "replies", Title: "Replies", Stacked: true, Columns: []render.Column{
		{Name: "event", Whole: true},
		{Name: "variant"},
		{Name: "sample", Kind: render.KindInt},
		{Name: "end"},
		{Name: "problem", Kind: render.KindLong},
		{Name: "logged", Kind: render.KindLong, Lines: lines},
		{Name: "replayed", Kind: render.KindLong, Lines: lines},
		{Name: "verdicts", Kind: render.KindLong},
	}}
	n := 0
	for i := range g.prompts {
		p := &g.prompts[i]
		if len(p.Samples) == 0 {
			t.Rows = append(t.Rows, []any{p.Event, p.Variant, nil, nil, nil, replyText(p.Logged), nil, known(strings.Join(verdict.Hits(p.LoggedVerdicts), ", "))})
		}
		for _, s := range p.Samples {
			end, text := known(string(s.End)), any(nil)
			if s.End == "" {
				end = "not sent"
			} else {
				text = replyText(&s.Reply)
			}
			t.Rows = append(t.Rows, []any{p.Event, p.Variant, int64(s.Number), end, known(s.Problem), replyText(p.Logged), text, known(differences(p.LoggedVerdicts, s.Verdicts))})
		}
	}
	if g.format == render.FormatText && !g.all && g.limit > 0 && len(t.Rows) > g.limit {
		n = len(t.Rows) - g.limit
		t.Rows = t.Rows[:g.limit]
	}
	if err := r.Write(t); err != nil || n == 0 {
		return err
	}
	return r.Write(note("%s not shown: --limit all shows them, and -f json has them", are(int64(n), "more reply")))
}

// replyText is a reply as people read it; nil where there is none.
func replyText(q *replay.Reply) any { return known(q.Words()) }

// differences says which verdicts on the replayed reply are others than on the
// logged one.
func differences(logged, replayed []verdict.Verdict) string {
	out := verdict.Differences(logged, replayed)
	if len(out) == 0 && len(replayed) > 0 {
		return "none differs that is known of both; yes: " + joinedOrNone(verdict.Hits(replayed))
	}
	return strings.Join(out, "; ")
}

func joinedOrNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// verdicts lists every verdict.
func (g *gradedReport) verdicts() render.Table {
	t := render.Table{Name: "verdicts", Title: "Verdicts", Columns: []render.Column{
		{Name: "event"},
		{Name: "variant"},
		{Name: "sample", Kind: render.KindInt},
		{Name: "verdict"},
		{Name: "unit"},
		{Name: "logged"},
		{Name: "replayed"},
		{Name: "why"},
		{Name: "version"},
	}}
	for i := range g.prompts {
		p := &g.prompts[i]
		for _, v := range p.LoggedVerdicts {
			if len(p.Samples) == 0 {
				t.Rows = append(t.Rows, []any{p.Event, p.Variant, nil, v.Name, known(v.Unit), v.Value.String(), nil, known(v.Why), v.Version})
			}
		}
		for _, s := range p.Samples {
			for _, v := range s.Verdicts {
				was, _ := verdict.Find(p.LoggedVerdicts, v.Name)
				t.Rows = append(t.Rows, []any{p.Event, p.Variant, int64(s.Number), v.Name, known(v.Unit), was.Value.String(), v.Value.String(), known(v.Why), v.Version})
			}
		}
	}
	return t
}

// rates are those of the logged replies.
func (g *gradedReport) rates() render.Table {
	t := render.Table{Name: "rates", Title: "Logged replies", Columns: []render.Column{
		{Name: "verdict"},
		{Name: "yes", Kind: render.KindInt},
		{Name: "known", Kind: render.KindInt},
		{Name: "unknown", Kind: render.KindInt},
		{Name: "rate", Kind: render.KindNumber},
		{Name: "low", Kind: render.KindNumber},
		{Name: "high", Kind: render.KindNumber},
	}}
	for _, d := range verdict.Definitions() {
		if d.IsNumber() || isOfPair(d.Name) { // a logged reply is like itself
			continue
		}
		yes, of := 0, 0
		for i := range g.prompts {
			if v, _ := verdict.Find(g.prompts[i].LoggedVerdicts, d.Name); v.Value.Kind == verdict.Truth {
				of++
				if v.Value.Yes {
					yes++
				}
			}
		}
		rate := compare.RateOf(yes, of)
		t.Rows = append(t.Rows, []any{d.Name, yes, of, len(g.prompts) - of, finite(rate.Value), finite(rate.Low), finite(rate.High)})
	}
	return t
}

// finite is a number to three digits, nil where there is none.
func finite(x float64) any {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return math.Round(x*1000) / 1000
}

// sides pairs the logged replies with the replayed ones of the requests of which
// nothing was removed, and counts those without a reply that can be judged.
func (g *gradedReport) sides() (out []verdict.Sides, without int) {
	for i := range g.prompts {
		p := &g.prompts[i]
		if !isWhole(p.Variant) {
			continue
		}
		side := verdict.Sides{ID: p.Event, A: [][]verdict.Verdict{compared(p.LoggedVerdicts)}}
		for _, list := range p.known() {
			side.B = append(side.B, compared(list))
		}
		if len(side.B) == 0 {
			without++
			continue
		}
		out = append(out, side)
	}
	return out, without
}

// compared leaves out the verdicts that are themselves comparisons with the
// logged reply, which is like itself.
func compared(list []verdict.Verdict) []verdict.Verdict {
	return slices.DeleteFunc(slices.Clone(list), func(v verdict.Verdict) bool { return isOfPair(v.Name) })
}

// known are the verdicts on the replies that came.
func (p *gradedPrompt) known() [][]verdict.Verdict {
	var out [][]verdict.Verdict
	for _, s := range p.Samples {
		if s.Verdicts != nil {
			out = append(out, s.Verdicts)
		}
	}
	return out
}

// comparison compares both sides over all prompts. Text shows what changed, and
// names what did not show a change.
func (g *gradedReport) comparison(r *render.Renderer) error {
	t := render.Table{Name: "comparison", Title: "Logged replies and replayed ones", Stacked: true, Columns: []render.Column{
		{Name: "verdict"}, {Name: "evidence"}, {Name: "says", Kind: render.KindLong}, {Name: "changed", Kind: render.KindJSON},
	}}
	sides, without := g.sides()
	if without > 0 {
		if err := r.Write(note("%s not compared: no reply that can be judged came", are(int64(without), "prompt"))); err != nil {
			return err
		}
	}
	var quiet []string
	tests := 0
	for _, c := range verdict.Compare(sides, compareSeed) {
		tests = max(tests, c.Tests)
		shows := c.Evidence() == verdict.More || c.Evidence() == verdict.Less || len(c.Changed) > 0
		if g.format == render.FormatText && !g.all && !shows {
			if c.Evidence() == verdict.NoEvidence {
				quiet = append(quiet, c.Name)
			}
			continue
		}
		changed := any(nil) // of a number no prompt says yes or no
		if c.Truth != nil {
			changed = listOf(c.Changed)
		}
		t.Rows = append(t.Rows, []any{c.Name, string(c.Evidence()), c.String(), changed})
	}
	if len(t.Rows) > 0 {
		if err := r.Write(t); err != nil {
			return err
		}
	}
	if tests > 1 {
		if err := r.Write(note("%d verdicts could show a change: p is corrected for their number (Holm), so that any of them is called changed by chance in at most 5 of 100 comparisons; intervals are 95 %% each", tests)); err != nil {
			return err
		}
	}
	if len(quiet) == 0 {
		return nil
	}
	return r.Write(note("over %s there is no evidence of a change in %s; one may have been missed, --all says how large a one",
		plural(int64(len(sides)), "prompt"), strings.Join(quiet, ", ")))
}

// isOfPair reports whether a verdict is itself a comparison with the logged
// reply.
func isOfPair(name string) bool {
	switch name {
	case "similarity", "tools_differ", "tool_arguments_differ":
		return true
	}
	return false
}

// removals says which removal changes which verdict: shares of samples with the
// part and without it.
func (g *gradedReport) removals(r *render.Renderer) error {
	whole := map[string]*gradedPrompt{}
	removed := false
	for i := range g.prompts {
		if p := &g.prompts[i]; isWhole(p.Variant) {
			whole[p.Event] = p
		} else if strings.HasPrefix(p.Variant, request.Without) {
			removed = true
		}
	}
	if !removed {
		return nil
	}
	t := render.Table{Name: "removals", Title: "What a removal changes", Columns: []render.Column{
		{Name: "event", Whole: true}, {Name: "variant"}, {Name: "verdict"}, {Name: "with_it"}, {Name: "without_it"},
	}}
	unchanged, tried := 0, 0
	for i := range g.prompts {
		p := &g.prompts[i]
		if isWhole(p.Variant) || whole[p.Event] == nil {
			continue
		}
		if len(p.known()) == 0 || len(whole[p.Event].known()) == 0 {
			continue // nothing to compare
		}
		rows := changedShares(whole[p.Event], p)
		if tried++; len(rows) == 0 {
			unchanged++
		}
		t.Rows = append(t.Rows, rows...)
	}
	if len(t.Rows) > 0 {
		if err := r.Write(t); err != nil {
			return err
		}
	}
	var text string
	switch {
	case tried == 0:
		return nil
	case unchanged == tried:
		text = "no verdict differs without any of " + plural(int64(tried), "removed part")
	case unchanged > 0:
		text = "no verdict differs without " + plural(int64(unchanged), "other part")
	}
	if text != "" {
		if err := r.Write(note("%s", text)); err != nil {
			return err
		}
	}
	return r.Write(note("shares are of the samples of one prompt: with few samples they change by chance, --samples takes more"))
}

// changedShares are the verdicts whose share differs between two variants.
func changedShares(with, without *gradedPrompt) [][]any {
	var out [][]any
	for _, d := range verdict.Definitions() {
		if d.IsNumber() {
			continue
		}
		a, ofA := sharesOf(with, d.Name)
		b, ofB := sharesOf(without, d.Name)
		if ofA > 0 && ofB > 0 && a*ofB != b*ofA {
			out = append(out, []any{with.Event, without.Variant, d.Name, fmt.Sprintf("%d of %d", a, ofA), fmt.Sprintf("%d of %d", b, ofB)})
		}
	}
	return out
}

// sharesOf counts the replies on which a verdict is true, and known.
func sharesOf(p *gradedPrompt, name string) (yes, of int) {
	for _, list := range p.known() {
		if v, _ := verdict.Find(list, name); v.Value.Kind == verdict.Truth {
			of++
			if v.Value.Yes {
				yes++
			}
		}
	}
	return yes, of
}

// ranFields say what became of a plan.
func ranFields(report *replayrun.Report, masking string, priced bool) *render.Fields {
	var ends []string
	for _, end := range []replay.End{replay.Complete, replay.Failed, replay.Rejected, replay.Cut, replay.TimedOut, replay.TooLarge, replay.Refused, replay.Unreached, replay.Throttled} {
		if n := report.Ends[end]; n > 0 {
			ends = append(ends, fmt.Sprintf("%d %s", n, end))
		}
	}
	cost := render.Field{Column: render.Column{Name: "cost_usd", Kind: render.KindNumber}}
	if priced {
		cost.Value = float64(report.Used.CostNanoUSD) / 1e9
	}
	return &render.Fields{Name: "run", Title: "Replayed", Items: []render.Field{
		field("plan", report.Plan), field("masking", masking), intField("requests", int64(len(report.Exchanges))),
		intField("finished_before", int64(report.Before)), intField("calls", int64(report.Calls)), field("ends", known(strings.Join(ends, ", "))),
		intField("left", int64(report.Left)), intField("input_tokens", report.Used.InputTokens), intField("output_tokens", report.Used.OutputTokens),
		intField("tokens_estimated_calls", int64(report.Estimated)), cost,
		{Column: render.Column{Name: "took", Kind: render.KindDuration}, Value: report.Took.Microseconds()},
		field("stopped", known(report.Stopped)),
	}}
}
