package cli

import (
	"context"
	"database/sql"
	_ "embed" // the statement
	"fmt"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/plan"
	replayrun "github.com/exhibit-forensics/exhibit/replay/run"
)

//go:embed sql/replay_price.sql
var replayPrice string

// priceOf returns what a model costs by the prices of the case, nil where it
// has none.
func priceOf(ctx context.Context, c *casefile.Case, model string) (*plan.Price, error) {
	var price *plan.Price
	err := casefile.EachRow(ctx, c.DB(), "replay_price", replayPrice, []any{sql.Named("model", model)}, func(r *sql.Rows) error {
		price = new(plan.Price)
		return r.Scan(&price.Input, &price.Output)
	})
	return price, err
}

// dryRun is what would be sent.
type dryRun struct {
	chosen  *selectedCalls
	edits   readEdits
	how     plan.Options
	entries []plan.Entry
	target  *resolvedTarget
	price   *plan.Price
	account *replayrun.Account // what may be used
	options *replayOptions
}

// masks reports whether personal data and secrets are taken out before anything
// is sent: not on this machine, unless it was asked for.
func (d *dryRun) masks() bool {
	t := &d.options.Target
	return t.Mask || !d.target.Loopback && !t.NoMask
}

// masking says so.
func (d *dryRun) masking() string {
	spans := 0
	for _, o := range plan.All(d.entries) {
		spans += o.Masked
	}
	switch t := &d.options.Target; {
	case d.masks():
		return fmt.Sprintf("on: secrets and personal data are replaced, %s of the requests", plural(int64(spans), "span"))
	case t.NoMask:
		return "off: --no-mask; everything is sent as it was logged"
	}
	return "off: the server is on this machine; everything is sent as it was logged, --mask replaces secrets and personal data"
}

func writeDryRun(r *render.Renderer, d *dryRun) error {
	if d.options.Output.Format != render.FormatCSV { // which holds one table
		if err := r.Write(d.summary()); err != nil {
			return err
		}
	}
	if err := d.requests(r); err != nil {
		return err
	}
	for _, n := range d.notes() {
		if err := r.Write(n); err != nil {
			return err
		}
	}
	return nil
}

// summary says where requests go and what sending them takes.
func (d *dryRun) summary() render.Fields {
	e := plan.Of(d.entries, d.price)
	grades := map[replay.Grade]int{}
	for i := range d.entries {
		grades[d.entries[i].Outgoing[0].Grade()]++
	}
	var fidelity []string
	for g := replay.GradeExact; ; g-- {
		if n := grades[g]; n > 0 {
			fidelity = append(fidelity, fmt.Sprintf("%d %s", n, g))
		}
		if g == replay.GradeIncomplete {
			break
		}
	}
	where := "this machine"
	if !d.target.Loopback {
		where = "beyond this machine"
	}
	items := []render.Field{
		field("server", d.target.URL.Redacted()), field("addresses", known(strings.Join(d.target.Addrs, ", "))), field("where", where),
		field("protocol", string(d.target.Protocol)), field("model", known(d.options.Target.Model)),
		intField("calls_selected", int64(len(d.chosen.Calls))), intField("events_that_ask_no_model", int64(d.chosen.Left)),
		intField("requests", int64(len(d.entries))), intField("samples", int64(d.options.Samples)), intField("calls_to_make", int64(e.Calls)),
		field("fidelity", strings.Join(fidelity, ", ")), field("masking", d.masking()),
		{Column: render.Column{Name: "bytes", Kind: render.KindSize}, Value: e.Bytes},
	}
	for _, s := range []struct {
		name string
		sum  plan.Sum
	}{{"input_tokens", e.Input}, {"output_tokens", e.Output}} {
		items = append(items, sumField(s.name, render.KindInt, s.sum), intField(s.name+"_estimated_calls", int64(s.sum.Rough)), intField(s.name+"_unknown_calls", int64(e.Calls-s.sum.Known)))
	}
	items = append(items, sumField("time_in_a_row", render.KindDuration, e.Time), intField("time_unknown_calls", int64(e.Calls-e.Time.Known)))
	cost := render.Field{Column: render.Column{Name: "cost_usd", Kind: render.KindNumber}}
	if e.Cost.Known > 0 {
		cost.Value = float64(e.Cost.Value) / 1e9
	}
	return render.Fields{Name: "replay", Title: "Replay: what would be sent", Items: append(items, cost)}
}

// sumField is a sum, NULL where nothing is known of any call.
func sumField(name string, kind render.Kind, s plan.Sum) render.Field {
	f := render.Field{Column: render.Column{Name: name, Kind: kind}}
	if s.Known > 0 {
		f.Value = s.Value
	}
	return f
}

// requests lists the requests, with what is lost of each.
func (d *dryRun) requests(r *render.Renderer) error {
	why := map[string]string{}
	for _, c := range d.chosen.Calls {
		why[c.Event] = c.Why
	}
	t := render.Table{Name: "requests", Title: "Requests", Stacked: true, Columns: []render.Column{
		{Name: "event", Whole: true},
		{Name: "variant"},
		{Name: "ts", Kind: render.KindTime},
		{Name: "logged_model"},
		{Name: "fidelity"},
		{Name: "reasons", Kind: render.KindLong},
		{Name: "changes", Kind: render.KindLong},
		{Name: "taken", Kind: render.KindLong},
		{Name: "messages", Kind: render.KindInt},
		{Name: "bytes", Kind: render.KindSize},
		{Name: "masked", Kind: render.KindInt},
		{Name: "id", Whole: true},
	}}
	shown := d.entries
	if d.options.Output.Format == render.FormatText && !d.options.All && d.options.Limit > 0 {
		shown = shown[:min(len(shown), d.options.Limit)]
	}
	for i := range shown {
		e := &shown[i]
		o := e.Outgoing[0]
		var reasons []string
		for _, l := range o.Losses {
			reasons = append(reasons, lossLine(l))
		}
		t.Rows = append(t.Rows, []any{
			e.Event, e.Name, requestTime(e.Time), known(e.Model), o.Grade().String(), known(strings.Join(reasons, "\n")),
			known(strings.Join(e.Changes, "\n")), known(why[e.Event]), int64(len(e.Messages)), int64(len(o.Body)), int64(o.Masked), o.ID,
		})
	}
	if err := r.Write(t); err != nil {
		return err
	}
	if n := len(d.entries) - len(shown); n > 0 {
		return r.Write(note("%s not shown: --limit all shows them, and -f json has them", are(int64(n), "more request")))
	}
	return nil
}

func requestTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return export.StampOf(&t)
}

// notes say what the numbers rest on, and what to do next.
func (d *dryRun) notes() []render.Message {
	out := []render.Message{
		note("tokens are as logged, and where that is not known, or the request was changed, a quarter of the bytes; replies that were not logged are taken to be as long as the request allows; seconds are those of the logged calls"),
	}
	if d.options.Carry {
		out = append(out, note("with --carry a turn depends on the replies before it: turns after the first are shown as they would be with the logged replies"))
	}
	if d.options.Target.Model == "" {
		out = append(out, render.Note{Level: render.LevelWarning, Text: "each request asks for the model that the log names, which other servers seldom have: --model names the one to ask"})
	}
	if d.price == nil {
		out = append(out, note("what it costs is not known: the case has no price of this model (exhibit enrich --prices adds some)"))
	}
	if d.options.Samples > 1 && !plan.HasSeed(d.target.Protocol) {
		out = append(out, note("%s has no seed: samples differ by chance alone and cannot be made again", d.target.Protocol))
	}
	if !d.target.Loopback && !d.options.Target.Acknowledged {
		out = append(out, render.Note{Level: render.LevelWarning, Text: "logged texts would leave this machine: --yes needs --acknowledge-egress"})
	}
	return append(out, note("nothing was sent: --yes sends it"))
}
