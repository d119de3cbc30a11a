package cli

import (
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/cmd/internal/outfile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// outputOptions say how and where the data of a command goes.
type outputOptions struct {
	Format string
	File   string // "" or "-" is stdout
	Force  bool
	Zone   *time.Location // of times in text; nil is UTC
}

// addOutputFlags adds --format, --output and --force. The first of formats is
// the default.
func addOutputFlags(cmd *cobra.Command, o *outputOptions, formats ...string) {
	addFormatFlag(cmd, o, formats...)
	addFileFlags(cmd, o)
}

// addFormatFlag adds --format alone, for commands whose output is always on
// stdout.
func addFormatFlag(cmd *cobra.Command, o *outputOptions, formats ...string) {
	o.Format = formats[0]
	cmd.Flags().VarP(&choiceValue{&o.Format, formats}, "format", "f", "how the output is written")
	// The flag was defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

// addFileFlags adds --output and --force alone, for output of one format.
func addFileFlags(cmd *cobra.Command, o *outputOptions) {
	cmd.Flags().StringVarP(&o.File, "output", "o", "", "`FILE` to write instead of stdout; appears only when complete")
	cmd.Flags().BoolVar(&o.Force, "force", false, "replace a file that exists")
}

func (o outputOptions) toStdout() bool { return o.File == "" || o.File == "-" }

// emit writes one stream of messages: config, then what write adds. The output
// file is claimed before write runs and appears only when all went well, so a
// command does its work inside write. Errors about what was found
// ([VerifyError] and the like) are returned after emit, not from write.
func (f *factory) emit(o outputOptions, config render.Config, write func(*render.Renderer) error) error {
	out, err := f.openOutput(o)
	if err != nil {
		return err
	}
	defer out.discard()
	options := render.Options{Zone: o.Zone, Aside: statusWriter{f.status}}
	if o.toStdout() && f.outTTY {
		options.Width, options.Color = f.width(), f.color()
	}
	r, err := render.New(out, o.Format, options)
	if err != nil {
		return err
	}
	config.Tool, config.Version, config.SchemaVersion = "exhibit", f.build().Version, render.SchemaVersion
	if err := r.Write(config); err != nil {
		return err
	}
	if err := write(r); err != nil {
		return err
	}
	if err := r.Close(); err != nil {
		return err
	}
	return out.commit()
}

// output is the place of a command's data: stdout, or a file that appears when
// commit succeeds.
type output struct {
	io.Writer
	file *outfile.File // nil for stdout
}

// openOutput opens the output. A file that exists is refused without --force;
// a device or pipe is written to as it is.
func (f *factory) openOutput(o outputOptions) (*output, error) {
	if o.toStdout() {
		return &output{Writer: f.out}, nil
	}
	file, err := outfile.Create(o.File, o.Force)
	if errors.Is(err, outfile.ErrFolder) {
		return nil, usagef("%s is a folder", o.File)
	}
	if err != nil {
		return nil, outputProblem(o.File, err)
	}
	return &output{Writer: file, file: file}, nil
}

// outputProblem makes it an error of use when a file is there already.
func outputProblem(path string, err error) error {
	if !errors.Is(err, outfile.ErrExists) {
		return err
	}
	return usagef("%s exists", path).hint("--force replaces it")
}

// commit makes the file appear under its name, with its content on the disk.
func (o *output) commit() error {
	if o.file == nil {
		return nil
	}
	return outputProblem(o.file.Path(), o.file.Commit())
}

// discard removes an output that was not committed.
func (o *output) discard() {
	if o.file != nil {
		o.file.Discard()
	}
}

// statusWriter lets a renderer write lines to stderr.
type statusWriter struct{ status *statusLine }

// Write expects whole lines.
func (w statusWriter) Write(p []byte) (int, error) {
	w.status.print(string(p))
	return len(p), nil
}
