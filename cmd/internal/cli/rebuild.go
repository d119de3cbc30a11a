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

type rebuildOptions struct {
	Case     caseOptions
	Redecode bool
	Temp     string
	Output   outputOptions
}

const rebuildLong = `rebuild makes the derived database of a case anew from its segments and manifests: when
it is missing or was altered, or when this program derives more than the one that made it.
Nothing that cannot be derived is touched, and nothing is read but the case.

--redecode decodes every record again first, with the decoders of this program, from the
bytes in the case and with the settings of their loads. Where other events come out, they
become the live ones; which decoders made them is in the ledger.

`

func newRebuild(f *factory) *cobra.Command {
	var o rebuildOptions
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Make what was derived anew",
		Long:  rebuildLong + exitStatus(),
		Example: `  # The database is missing, or of another version
  $ exhibit rebuild --case incident.case

  # With what newer decoders see in the records
  $ exhibit rebuild --redecode`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runRebuild(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	cmd.Flags().BoolVar(&o.Redecode, "redecode", false, "decode every record again first")
	addTempFlag(cmd, &o.Temp)
	addOutputFlags(cmd, &o.Output, render.FormatText, render.FormatJSON, render.FormatJSONL)
	return cmd
}

func runRebuild(ctx context.Context, f *factory, o rebuildOptions) error {
	dir, err := f.casePath(o.Case.Case)
	if err != nil {
		return err
	}
	key, err := f.examinerKey(false)
	if err != nil {
		return err
	}
	config := render.Config{Case: dir, Params: map[string]any{"redecode": o.Redecode}}
	err = f.emit(o.Output, config, func(r *render.Renderer) error {
		report, err := f.rebuild(ctx, &casefile.RebuildOptions{
			Dir: dir, Redecode: o.Redecode, Key: key, Actor: ledger.DefaultKeyName(), Tool: "exhibit " + f.build().Version, Now: f.now,
			Threads: o.Case.Resources.Threads, Memory: o.Case.Resources.Memory, Temp: o.Temp, Progress: new(casefile.Progress),
		})
		if err != nil {
			return err
		}
		return writeRebuild(r, &o, report)
	})
	if errors.Is(err, casefile.ErrEmptyCase) {
		return &HintError{Err: err, Hints: []string{"exhibit load PATH... loads evidence into it"}}
	}
	return f.loadProblem(err)
}

// rebuild runs the rebuild with progress on stderr.
func (f *factory) rebuild(ctx context.Context, o *casefile.RebuildOptions) (*casefile.RebuildReport, error) {
	p := f.startProgress("rebuilding", func() (done, total int64) {
		return o.Progress.Done.Load(), o.Progress.Total.Load()
	})
	report, err := casefile.Rebuild(ctx, o)
	p.Stop()
	if err == nil {
		f.note(fmt.Sprintf("rebuilt in %.1f s", report.Took.Seconds()))
	}
	return report, err
}

// writeRebuild says what is other than it was.
func writeRebuild(r *render.Renderer, o *rebuildOptions, report *casefile.RebuildReport) error {
	number := func(name string, n int64) render.Field {
		return render.Field{Column: render.Column{Name: name, Kind: render.KindInt}, Value: n}
	}
	fields := render.Fields{Name: "rebuild", Items: []render.Field{
		{Column: render.Column{Name: "events_changed", Kind: render.KindBool}, Value: report.Redecoded},
	}}
	if o.Redecode {
		fields.Items = append(fields.Items, number("events", report.Events.Events), number("records_without_event", report.Events.Silent))
	}
	changed := report.Changed
	if changed == nil {
		changed = []string{}
	}
	fields.Items = append(fields.Items, field("decoder", report.Decoder),
		render.Field{Column: render.Column{Name: "tables_changed", Kind: render.KindJSON}, Value: changed},
		render.Field{Column: render.Column{Name: "entry_written", Kind: render.KindBool}, Value: report.Entry},
		field("head", report.Head.String()))
	if err := r.Write(fields); err != nil {
		return err
	}
	if report.Entry {
		return r.Write(note("write the head %.20s… down outside the case: exhibit verify --head proves with it that nothing before it was altered or cut off", report.Head))
	}
	return r.Write(note("the database holds what the ledger says: no entry was needed"))
}
