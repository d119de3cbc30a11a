package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/cmd/internal/licenses"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type versionOptions struct {
	Licenses bool
	Output   outputOptions
}

func newVersion(f *factory) *cobra.Command {
	var o versionOptions
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show what this program is made of",
		Long: `version shows the version of exhibit, of Go and of DuckDB, and the versions of the
schemas it writes. A report on evidence should name them.

A released program names its tag. One that was built from a checkout of something
else names a version made of the last tag, the time and the revision, with +dirty
where files were changed; one built without git is (devel).

--licenses shows, as plain text, the licences of all that is linked in.

` + exitStatus(),
		Example: `  # For people
  $ exhibit version

  # For programs
  $ exhibit version -f json

  # Whose work is in it
  $ exhibit version --licenses`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Licenses {
				return runLicenses(f, o)
			}
			return runVersion(cmd.Context(), f, o)
		},
	}
	cmd.Flags().BoolVar(&o.Licenses, "licenses", false, "show the licences of what is linked in instead")
	addOutputFlags(cmd, &o.Output, render.FormatText, render.FormatJSON)
	return cmd
}

func runLicenses(f *factory, o versionOptions) error {
	if o.Output.Format != render.FormatText {
		return usagef("--licenses is plain text, not %s", o.Output.Format)
	}
	out, err := f.openOutput(o.Output)
	if err != nil {
		return err
	}
	defer out.discard()
	if err := licenses.Write(out); err != nil {
		return fmt.Errorf("writing the licences: %w", err)
	}
	return out.commit()
}

func runVersion(ctx context.Context, f *factory, o versionOptions) error {
	b := f.build()
	var duckDB any
	if f.duckDBVersion != nil {
		version, err := f.duckDBVersion(ctx)
		if err != nil {
			return fmt.Errorf("asking DuckDB for its version: %w", err)
		}
		duckDB = version
	}
	fields := render.Fields{Name: "version", Items: []render.Field{
		field("exhibit", b.Version),
		field("revision", known(b.Revision)),
		field("revision_time", known(b.Time)),
		{Column: render.Column{Name: "modified", Kind: render.KindBool}, Value: modified(b)},
		field("go", b.Go),
		field("platform", b.Platform),
		field("duckdb", duckDB),
		{Column: render.Column{Name: "output_schema", Kind: render.KindInt}, Value: render.SchemaVersion},
	}}
	return f.emit(o.Output, render.Config{}, func(r *render.Renderer) error {
		return r.Write(fields)
	})
}

func field(name string, value any) render.Field {
	return render.Field{Column: render.Column{Name: name}, Value: value}
}

// known turns what the build does not say into NULL.
func known(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func modified(b buildInfo) any {
	if b.Revision == "" {
		return nil
	}
	return b.Modified
}
