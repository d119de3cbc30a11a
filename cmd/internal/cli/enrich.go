package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type enrichOptions struct {
	Case    caseOptions
	Files   [5]string // by kind, in the order of casefile.EnrichKinds
	Without []string
	Temp    string
	Output  outputOptions
}

const enrichLong = `enrich adds to a case what is known beside the logs: where source addresses are, whose
networks they belong to, what calls cost, and which person is behind an identity. Everything
is read from local files; nothing is asked of a network.

The answers fill src_country, src_city, src_asn, src_network and person of events and calls,
and cost_usd where the log does not say, with the entry of the price list in cost_basis. The
files stay in the case (of an address database the answers for the addresses in it), hashed in
the ledger, so that later loads and rebuilds say the same. A file replaces the one of its kind.

--geoip and --asn take MaxMind DB files, such as GeoLite2 City, Country and ASN.
--networks takes lines of CIDR,LABEL; the smallest network that holds an address counts.
--prices takes a price list in LiteLLM's or Langfuse's JSON shape.
--users takes CSV with the columns person, value and role. A value is a principal, a
credential id or an end user as the logs write it; one that ends in * stands for all that
begin so. A line without a person marks what many share, such as the role of a gateway.

Identities that the list does not have are learned from the calls that they stand in
together with one that it has. Where these are of several persons, nobody is assumed: the
conflict is shown.

`

func newEnrich(f *factory) *cobra.Command {
	var o enrichOptions
	cmd := &cobra.Command{
		Use:   "enrich",
		Short: "Add what is known beside the logs: places, prices, persons",
		Long:  enrichLong + exitStatus(),
		Example: `  # Where addresses are, and which are ours
  $ exhibit enrich --geoip GeoLite2-City.mmdb --asn GeoLite2-ASN.mmdb --networks networks.csv

  # Who is who, and what it cost
  $ exhibit enrich --users users.csv --prices model_prices_and_context_window.json

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
		"`FILE` with lines of CIDR,LABEL", "price list `FILE` (JSON of LiteLLM or Langfuse)", "`FILE` with the columns person, value, role (CSV)",
	}
	for i, kind := range casefile.EnrichKinds() {
		cmd.Flags().StringVar(&o.Files[i], kind, "", usages[i])
	}
	cmd.Flags().StringSliceVar(&o.Without, "without", nil, "take what came from a `KIND` away: geoip, asn, networks, prices or users")
	addTempFlag(cmd, &o.Temp)
	addOutputFlags(cmd, &o.Output, render.FormatText, render.FormatJSON, render.FormatJSONL)
	return cmd
}

// check refuses what cannot be meant, before any work.
func (o *enrichOptions) check() (map[string]string, error) {
	files := map[string]string{}
	kinds := casefile.EnrichKinds()
	for i, path := range o.Files {
		if path != "" {
			files[kinds[i]] = path
		}
	}
	for _, kind := range o.Without {
		known := false
		for _, k := range kinds {
			known = known || k == kind
		}
		switch {
		case !known:
			return nil, usagef("there is nothing such as %q to do without; it is one of geoip, asn, networks, prices and users", kind)
		case files[kind] != "":
			return nil, usagef("--%s and --without %s contradict each other", kind, kind)
		}
	}
	if len(files)+len(o.Without) == 0 {
		return nil, usagef("nothing to enrich from: give --geoip, --asn, --networks, --prices or --users")
	}
	return files, nil
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
	params := map[string]any{"without": o.Without}
	for kind, path := range files {
		params[kind] = path
	}
	err = f.emit(o.Output, render.Config{Case: dir, Params: params}, func(r *render.Renderer) error {
		report, err := casefile.Enrich(ctx, &casefile.EnrichOptions{
			Dir: dir, Files: files, Without: o.Without, Key: key, Actor: ledger.DefaultKeyName(), Tool: "exhibit " + f.build().Version, Now: f.now,
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
	messages := []render.Message{sources, counts}
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
