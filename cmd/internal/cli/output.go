package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

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
	file  *os.File // nil for stdout
	path  string   // where file goes; "" when it is there already
	force bool
}

// openOutput opens the output. A file that exists is refused without --force;
// a device or pipe is written to as it is.
func (f *factory) openOutput(o outputOptions) (*output, error) {
	if o.toStdout() {
		return &output{Writer: f.out}, nil
	}
	info, err := os.Stat(o.File)
	switch {
	case err == nil && info.IsDir():
		return nil, usagef("%s is a folder", o.File)
	case err == nil && !info.Mode().IsRegular():
		file, err := os.OpenFile(o.File, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("opening the output: %w", err)
		}
		return &output{Writer: file, file: file}, nil
	}
	if _, err := os.Lstat(o.File); err == nil && !o.Force {
		return nil, exists(o.File)
	}
	name := filepath.Join(filepath.Dir(o.File), "."+filepath.Base(o.File)+"."+rand.Text()[:8]+".tmp")
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, fmt.Errorf("opening the output: %w", err)
	}
	return &output{Writer: file, file: file, path: o.File, force: o.Force}, nil
}

func exists(path string) error {
	return usagef("%s exists", path).hint("--force replaces it")
}

// commit makes the file appear under its name, with its content on the disk.
func (o *output) commit() error {
	if o.file == nil {
		return nil
	}
	file := o.file
	o.file = nil
	if o.path == "" {
		if err := file.Close(); err != nil {
			return fmt.Errorf("writing the output: %w", err)
		}
		return nil
	}
	err := errors.Join(file.Sync(), file.Close())
	if err == nil {
		err = o.place(file.Name())
	}
	if err != nil {
		_ = os.Remove(file.Name()) // the first error is the one to tell
		return fmt.Errorf("writing the output: %w", err)
	}
	return nil
}

// place gives the finished file its name. A hard link fails when somebody else
// made that name meanwhile; where there are no links, a look has to do.
func (o *output) place(temporary string) error {
	if o.force {
		return os.Rename(temporary, o.path)
	}
	err := os.Link(temporary, o.path)
	switch {
	case err == nil:
		return os.Remove(temporary)
	case errors.Is(err, fs.ErrExist):
		return exists(o.path)
	}
	if _, err := os.Lstat(o.path); err == nil {
		return exists(o.path)
	}
	return os.Rename(temporary, o.path)
}

// discard removes an output that was not committed.
func (o *output) discard() {
	if o.file == nil {
		return
	}
	_ = o.file.Close()
	if o.path != "" {
		_ = os.Remove(o.file.Name())
	}
	o.file = nil
}

// statusWriter lets a renderer write lines to stderr.
type statusWriter struct{ status *statusLine }

// Write expects whole lines.
func (w statusWriter) Write(p []byte) (int, error) {
	w.status.print(string(p))
	return len(p), nil
}
