package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type versionOptions struct {
	Output outputOptions
}

func newVersion(f *factory) *cobra.Command {
	var o versionOptions
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show what this program is made of",
		Long: `version shows the version of exhibit, of Go and of DuckDB, and the versions of the
schemas it writes. A report on evidence should name them.

` + exitStatus(),
		Example: `  # For people
  $ exhibit version

  # For programs
  $ exhibit version -f json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runVersion(cmd.Context(), f, o)
		},
	}
	addOutputFlags(cmd, &o.Output, render.FormatText, render.FormatJSON)
	return cmd
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
