package cli

import (
	"errors"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type keyOptions struct {
	Path, Name string
	Output     outputOptions
}

const keyLong = `Your examiner key signs the ledger of the cases you make. It is a file outside of
every case: EXHIBIT_KEY, else exhibit/examiner.key in your configuration folder. The
first load makes it when there is none.

Keep it, keep a copy, and let nobody else have it: without it nothing can be added
to your cases, and who has it can sign in your name. The public key is for
everybody; it is in each case.

`

func newKey(f *factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key COMMAND",
		Short: "Make or show your examiner key",
		Long:  keyLong + exitStatus(),
		Example: `  # Make a key
  $ exhibit key init

  # Show the public key
  $ exhibit key show`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return noSubcommand(cmd)
		},
	}
	cmd.AddCommand(newKeyInit(f), newKeyShow(f))
	return cmd
}

// noSubcommand refuses a command line that ends at a group of commands.
func noSubcommand(cmd *cobra.Command) error {
	err := usagef("%s needs a command", cmd.CommandPath())
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			err = err.hint(child.CommandPath() + ": " + child.Short)
		}
	}
	return err
}

func newKeyInit(f *factory) *cobra.Command {
	var o keyOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make an examiner key",
		Long:  "key init makes an examiner key. A key that exists is never replaced.\n\n" + keyLong + exitStatus(),
		Example: `  # At the default place
  $ exhibit key init

  # On a stick, under a name of its own
  $ exhibit key init --name m.ruiz@example.com --path /media/stick/examiner.key`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			return runKeyInit(f, o)
		},
	}
	cmd.Flags().StringVar(&o.Name, "name", "", "`NAME` in every signature, without spaces (default: user@host)")
	addKeyPathFlag(cmd, &o.Path)
	addOutputFlags(cmd, &o.Output, render.FormatText, render.FormatJSON)
	return cmd
}

func newKeyShow(f *factory) *cobra.Command {
	var o keyOptions
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show the public half of your examiner key",
		Long:  "key show shows where your examiner key is, and its public half.\n\n" + keyLong + exitStatus(),
		Example: `  # For people
  $ exhibit key show

  # For programs
  $ exhibit key show -f json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			return runKeyShow(f, o)
		},
	}
	addKeyPathFlag(cmd, &o.Path)
	addOutputFlags(cmd, &o.Output, render.FormatText, render.FormatJSON)
	return cmd
}

func addKeyPathFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "path", "", "`FILE` of the key (default: EXHIBIT_KEY, else in your configuration folder)")
}

// keyPath returns the flag or the default.
func keyPath(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	return ledger.DefaultKeyPath()
}

func runKeyInit(f *factory, o keyOptions) error {
	path, err := keyPath(o.Path)
	if err != nil {
		return err
	}
	if o.Name != "" {
		if err := ledger.CheckKeyName(o.Name); err != nil {
			return &UsageError{Err: err}
		}
	}
	return f.emit(o.Output, render.Config{}, func(r *render.Renderer) error {
		key, err := ledger.CreateKey(path, o.Name)
		if errors.Is(err, fs.ErrExist) {
			return usagef("there is a key at %s, and a key is never replaced", path).
				hint("exhibit key show shows it; --path FILE makes another one elsewhere")
		}
		if err != nil {
			return err
		}
		f.note("keep this file, keep a copy, and let nobody else have it")
		if o.Path != "" {
			f.note("EXHIBIT_KEY=" + shellWord(path) + " makes exhibit use it")
		}
		return r.Write(keyFields(path, key))
	})
}

func runKeyShow(f *factory, o keyOptions) error {
	path, err := keyPath(o.Path)
	if err != nil {
		return err
	}
	return f.emit(o.Output, render.Config{}, func(r *render.Renderer) error {
		key, err := ledger.LoadKey(path)
		if errors.Is(err, fs.ErrNotExist) {
			return &HintError{Err: err, Hints: []string{"exhibit key init makes a key; so does the first load of a new case"}}
		}
		if err != nil {
			return err
		}
		if key.Exposed {
			f.warn("others on this machine can read " + path + "; chmod 600 helps if nobody has copied it")
		}
		return r.Write(keyFields(path, key))
	})
}

func keyFields(path string, key *ledger.Key) render.Fields {
	return render.Fields{Name: "key", Items: []render.Field{
		field("name", key.Name), field("public_key", key.Verifier), field("path", path),
	}}
}
