package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/enrich"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type enrichOptions struct {
	Case    caseOptions
	Files   [5]string // by kind, in the order of casefile.EnrichFileKinds
	Clock   []enrich.Correction
	Reason  string
	Without []string
	Temp    string
	Output  outputOptions
}

const enrichLong = `enrich adds to a case what is known beside the logs: where source addresses are, whose
networks they belong to, what calls cost, which person is behind an identity, and whose
clock was off. Everything is read from local files; nothing is asked of a network.

The answers fill src_country, src_city, src_asn, src_network and person of events and calls,
and cost_usd where the log does not say, with the entry of the price list in cost_basis. The
files stay in the case (of an address database the answers for the addresses in it), hashed in
the ledger, so that later loads and rebuilds say the same. A file replaces the one of its kind.

--geoip and --asn take MaxMind DB files, such as GeoLite2 City, Country and ASN.
--networks takes lines of CIDR,LABEL or CIDR,LABEL,LATITUDE,LONGITUDE (degrees); the smallest
network that holds an address counts. Where networks are shows journeys that nobody makes.
--prices takes a price list in LiteLLM's or Langfuse's JSON shape.
--users takes CSV with the columns person, value and role. A value is a principal, a
credential id or an end user as the logs write it; one that ends in * stands for all that
begin so. A line without a person marks what many share, such as the role of a gateway.

Identities that the list does not have are learned from the calls that they stand in
together with one that it has. Where these are of several persons, nobody is assumed: the
conflict is shown.

--clock says how far the clock of a source was off: what is ADDED to its logged times gives
the true ones. SOURCE is a format of logs, or the beginning (8 digits or more) of the SHA-256
of one piece of evidence, which goes before its format. Times stay as logged: ts_corrected of
events and calls has the others, and timeline goes by them. Corrections of other sources stay;
0 takes that of a format away, and says of evidence that its clock was right. load
--time-offset is the other way: it changes the times for good.

`

func newEnrich(f *factory) *cobra.Command {
	var o enrichOptions
	cmd := &cobra.Command{
		Use:   "enrich",
		Short: "Add what is known beside the logs: places, prices, persons, clocks",
		Long:  enrichLong + exitStatus(),
		Example: `  # Where addresses are, and which are ours
  $ exhibit enrich --geoip GeoLite2-City.mmdb --asn GeoLite2-ASN.mmdb --networks networks.csv

  # Who is who, and what it cost
  $ exhibit enrich --users users.csv --prices model_prices_and_context_window.json

  # The gateway's clock was a minute and a half slow
  $ exhibit enrich --clock litellm=+1m30s --reason "host clock, by its boot log"

  # Without the prices again
  $ exhibit enrich --without prices`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runEnrich(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	usages := [...]string{
		"MaxMind DB `FILE` of countries or cities", "MaxMind DB `FILE` of autonomous systems",
		"`FILE` with lines of CIDR,LABEL[,LATITUDE,LONGITUDE]", "price list `FILE` (JSON of LiteLLM or Langfuse)", "`FILE` with the columns person, value, role (CSV)",
	}
	for i, kind := range casefile.EnrichFileKinds() {
		cmd.Flags().StringVar(&o.Files[i], kind, "", usages[i])
	}
	cmd.Flags().Var(clockValue{&o.Clock}, "clock", "add this to the logged times of a source, such as bedrock=+1m30s; repeatable")
	cmd.Flags().StringVar(&o.Reason, "reason", "", "why (`TEXT`); the ledger keeps it")
	cmd.Flags().StringSliceVar(&o.Without, "without", nil, "take what came from a `KIND` away: "+kindList())
	addTempFlag(cmd, &o.Temp)
	addOutputFlags(cmd, &o.Output, render.FormatText, render.FormatJSON, render.FormatJSONL)
	return cmd
}

// check refuses what cannot be meant, before any work.
func (o *enrichOptions) check() (map[string]string, error) {
	files := map[string]string{}
	kinds := casefile.EnrichFileKinds()
	for i, path := range o.Files {
		if path != "" {
			files[kinds[i]] = path
		}
	}
	for _, kind := range o.Without {
		switch {
		case !slices.Contains(casefile.EnrichKinds(), kind):
			return nil, usagef("there is nothing such as %q to do without; it is one of %s", kind, kindList())
		case files[kind] != "", kind == casefile.EnrichClock && len(o.Clock) > 0:
			return nil, usagef("--%s and --without %s contradict each other", kind, kind)
		}
	}
	if o.Reason != "" {
		if len(o.Clock) == 0 {
			return nil, usagef("--reason needs --clock: it is the reason for its corrections")
		}
		if err := enrich.CheckReason(o.Reason); err != nil {
			return nil, usagef("--reason: %v", err)
		}
		for i := range o.Clock {
			o.Clock[i].Reason = o.Reason
		}
	}
	if len(files)+len(o.Clock)+len(o.Without) == 0 {
		return nil, usagef("nothing to enrich from: give --geoip, --asn, --networks, --prices, --users or --clock")
	}
	return files, nil
}

// kindList lists the kinds that can be taken away.
func kindList() string {
	kinds := casefile.EnrichKinds()
	last := len(kinds) - 1
	return strings.Join(kinds[:last], ", ") + " or " + kinds[last]
}

// clockValue collects corrections of clocks.
type clockValue struct{ list *[]enrich.Correction }

func (v clockValue) Type() string { return "SOURCE=CORRECTION" }

func (v clockValue) String() string {
	if v.list == nil {
		return ""
	}
	var out []string
	for _, x := range *v.list {
		out = append(out, x.Source+"="+enrich.FormatCorrection(x.Add))
	}
	return strings.Join(out, " ")
}

// evidenceDigits is the beginning of a SHA-256.
var evidenceDigits = regexp.MustCompile(`^[0-9a-fA-F]{8,64}$`)

func (v clockValue) Set(s string) error {
	source, text, ok := strings.Cut(s, "=")
	if !ok {
		return fmt.Errorf("%q is no source and correction such as bedrock=+1m30s", s)
	}
	if !slices.Contains(formatNames(), source) && !evidenceDigits.MatchString(source) {
		return fmt.Errorf("%q is neither a format of logs (exhibit formats lists them) nor 8 digits or more of the SHA-256 of evidence", source)
	}
	if slices.ContainsFunc(*v.list, func(x enrich.Correction) bool { return strings.EqualFold(x.Source, source) }) {
		return fmt.Errorf("%s has two corrections", source)
	}
	add, err := enrich.ParseCorrection(text)
	*v.list = append(*v.list, enrich.Correction{Source: source, Add: add})
	return err
}

func runEnrich(ctx context.Context, f *factory, o enrichOptions) error {
	files, err := o.check()
	if err != nil {
		return err
	}
	dir, err := f.casePath(o.Case.Case)
	if err != nil {
		return err
	}
	key, err := f.examinerKey(false)
	if err != nil {
		return err
	}
	params := map[string]any{"without": o.Without, "clock": clockValue{&o.Clock}.String(), "reason": o.Reason}
	for kind, path := range files {
		params[kind] = path
	}
	err = f.emit(o.Output, render.Config{Case: dir, Params: params}, func(r *render.Renderer) error {
		report, err := casefile.Enrich(ctx, &casefile.EnrichOptions{
			Dir: dir, Files: files, Clock: o.Clock, Without: o.Without, Key: key, Actor: ledger.DefaultKeyName(), Tool: "exhibit " + f.build().Version, Now: f.now,
			Threads: o.Case.Resources.Threads, Memory: o.Case.Resources.Memory, Temp: o.Temp,
		})
		if err != nil {
			return err
		}
		f.note(fmt.Sprintf("enriched in %.1f s", report.Took.Seconds()))
		return f.writeEnriched(ctx, r, &o, dir, report)
	})
	if errors.Is(err, casefile.ErrEmptyCase) {
		return &HintError{Err: err, Hints: []string{"exhibit load PATH... loads evidence into it"}}
	}
	return f.loadProblem(err)
}

// writeEnriched says what the case is enriched from now, and what came of it.
func (f *factory) writeEnriched(ctx context.Context, r *render.Renderer, o *enrichOptions, dir string, report *casefile.EnrichReport) (err error) {
	c, err := casefile.Open(ctx, dir, casefile.OpenOptions{Threads: o.Case.Resources.Threads, Memory: o.Case.Resources.Memory})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	overview, err := c.Enrichment(ctx)
	if err != nil {
		return err
	}
	for _, m := range enrichMessages(overview) {
		if err := r.Write(m); err != nil {
			return err
		}
	}
	if err := r.Write(render.Fields{Name: "enrich", Items: []render.Field{field("head", report.Head.String())}}); err != nil {
		return err
	}
	return r.Write(note("write the head %.20s… down outside the case: exhibit verify --head proves with it that nothing before it was altered or cut off", report.Head))
}

// enrichMessages sums up an enrichment; nil has no messages.
func enrichMessages(o *casefile.EnrichOverview) []render.Message {
	if o == nil {
		return nil
	}
	sources := render.Table{Name: "enriched_from", Title: "Enriched from", Columns: []render.Column{
		{Name: "kind"}, {Name: "file"}, {Name: "size", Kind: render.KindSize}, {Name: "sha256"}, {Name: "note"},
	}}
	has := map[string]bool{}
	for _, s := range o.Sources {
		has[s.Kind] = true
		sources.Rows = append(sources.Rows, []any{s.Kind, s.Name, s.Size, s.SHA256, known(s.Note)})
	}
	counts := render.Fields{Name: "enriched"}
	if has[casefile.EnrichGeoIP] || has[casefile.EnrichASN] || has[casefile.EnrichNetworks] {
		counts.Items = append(counts.Items, intField("addresses", o.Addresses), intField("located", o.Located), intField("in_labelled_network", o.Labelled))
	}
	if has[casefile.EnrichPrices] {
		counts.Items = append(counts.Items, intField("events_priced", o.Priced))
	}
	if has[casefile.EnrichUsers] {
		counts.Items = append(counts.Items, intField("identities_listed", o.Listed), intField("identities_learned", o.Taught),
			intField("identities_in_conflict", o.Conflicted), intField("events_of_a_person", o.Attributed))
		if o.Events > 0 {
			counts.Items = append(counts.Items, field("share_of_a_person", fmt.Sprintf("%d %% of %d events", o.Attributed*100/o.Events, o.Events)))
		}
	}
	messages := []render.Message{sources}
	if len(counts.Items) > 0 {
		messages = append(messages, counts)
	}
	if len(o.Clocks) > 0 {
		messages = append(messages, clockTable(o.Clocks))
	}
	if len(o.Conflicts) > 0 {
		t := render.Table{Name: "identity_conflicts", Title: "Identities in calls of several persons (nobody is assumed)", Columns: []render.Column{
			{Name: "value"}, {Name: "person"}, {Name: "calls", Kind: render.KindInt},
		}}
		for _, x := range o.Conflicts {
			t.Rows = append(t.Rows, []any{x.Value, x.Person, x.Calls})
		}
		messages = append(messages, t)
	}
	return messages
}

// clockTable lists the corrections of clocks.
func clockTable(clocks []casefile.ClockCorrection) render.Table {
	t := render.Table{Name: "clocks", Title: "Corrected clocks (what is added to the logged times; ts stays as logged)", Columns: []render.Column{
		{Name: "source"}, {Name: "add"}, {Name: "evidence", Kind: render.KindInt}, {Name: "events", Kind: render.KindInt}, {Name: "reason", Kind: render.KindLong},
	}}
	for _, x := range clocks {
		t.Rows = append(t.Rows, []any{x.Source, enrich.FormatCorrection(x.Add), x.Evidence, x.Events, known(x.Reason)})
	}
	return t
}
