package cli

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/term"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"

	// Time zones by name must work where the system has no list of them.
	_ "time/tzdata"
)

// factory holds what commands take from the outside world, so that tests can
// give them another one. Costly things are functions: help and completion touch
// nothing.
type factory struct {
	in     io.Reader
	out    io.Writer // data
	errOut io.Writer // everything else, by way of status
	outTTY bool
	errTTY bool
	width  func() int // columns of the terminal at out; 0 without one
	env    func(name string) string
	now    func() time.Time
	build  func() buildInfo

	// duckDBVersion asks the linked library; nil where none is linked.
	duckDBVersion func(context.Context) (string, error)
	// eventIDs completes event ids of a case; nil where no case can be read.
	eventIDs func(ctx context.Context, casePath, prefix string) []string
	// findingIDs completes the ids of findings; nil where no case can be read.
	findingIDs func(ctx context.Context, casePath, prefix string) []string

	status  *statusLine
	started bool // a command's own code ran

	quiet, verbose, noColor bool // flags of every command
}

// systemFactory is the factory of the running process.
func systemFactory() *factory {
	return &factory{
		in:     os.Stdin,
		out:    os.Stdout,
		errOut: os.Stderr,
		outTTY: term.IsTerminal(int(os.Stdout.Fd())),
		errTTY: term.IsTerminal(int(os.Stderr.Fd())),
		width:  terminalWidth,
		env:    os.Getenv,
		now:    time.Now,
		build:  readBuildInfo,
		status: &statusLine{w: os.Stderr},

		duckDBVersion: casefile.DuckDBVersion,
		eventIDs:      eventIDs,
		findingIDs:    findingIDs,
	}
}

func terminalWidth() int {
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// color reports whether data on stdout may have styles: only on a terminal,
// and neither --no-color, NO_COLOR (no-color.org: any value that is not empty)
// nor a terminal without abilities forbids them.
func (f *factory) color() bool {
	return f.outTTY && !f.noColor && f.env("NO_COLOR") == "" && f.env("TERM") != "dumb"
}

// note says something on stderr that is not an error, unless --quiet.
func (f *factory) note(text string) {
	if !f.quiet {
		f.say(text)
	}
}

// detail says something on stderr that only --verbose wants.
func (f *factory) detail(text string) {
	if f.verbose && !f.quiet {
		f.say(text)
	}
}

// warn says something on stderr that also --quiet must not hide.
func (f *factory) warn(text string) { f.say("warning: " + text) }

// buildInfo says what this program was built from.
type buildInfo struct {
	Version  string // of the module; "(devel)" for a build from a working tree
	Revision string // of the working tree; "" where not known
	Time     string // of the revision, RFC 3339; "" where not known
	Modified bool   // the working tree had changes
	Go       string
	Platform string
}

// readBuildInfo reads what the Go command wrote into the program.
func readBuildInfo() buildInfo {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return buildInfo{Version: "(unknown)"}
	}
	b := buildInfo{Version: info.Main.Version, Go: info.GoVersion}
	if b.Version == "" {
		b.Version = "(devel)"
	}
	var system, machine string
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		case "GOOS":
			system = s.Value
		case "GOARCH":
			machine = s.Value
		}
	}
	b.Platform = system + "/" + machine
	return b
}
