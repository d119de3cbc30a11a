package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

type tuiOptions struct {
	Case      string
	Resources resourceOptions
	At        string
	Theme     string
	Plain     bool
	Zone      *time.Location
}

const tuiLong = `tui opens a case in a terminal: a timeline of all events with a histogram, and from the
event under the cursor the correlation of its sources, the conversation, and the raw
record; the findings with their evidence, to be judged and noted; people, credentials
and models against what is usual; and a console for SQL. ? lists the keys that work,
: finds a command by its words.

CASE is the folder of a case. The case is open for reading, and stays open while another
process loads or analyzes: what is new is shown. What is said of findings and events goes
into the ledger, signed with the examiner's key.

--plain is for screen readers: no frames, no colours, the terminal's cursor on the line
that is chosen. NO_COLOR and terminals of 16 colours are respected.

`

func newTUI(f *factory) *cobra.Command {
	var o tuiOptions
	cmd := &cobra.Command{
		Use:   "tui [CASE]",
		Short: "Explore a case in the terminal",
		Long:  tuiLong + exitStatus(),
		Example: `  # The case of this folder
  $ exhibit tui

  # A case, beginning at a finding
  $ exhibit tui incident.case --at f-01234567`,
		Args: cobra.MatchAll(func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("%s takes one CASE at most", cmd.CommandPath())
			}
			return nil
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && o.Case != "" {
				return usagef("CASE and --case name the same thing: give one of them")
			}
			if len(args) == 1 {
				o.Case = args[0]
			}
			return runTUI(cmd.Context(), f, &o)
		},
	}
	addCaseFlag(cmd, &o.Case)
	addResourceFlags(cmd, &o.Resources)
	addZoneFlag(cmd, &o.Zone)
	flags := cmd.Flags()
	flags.StringVar(&o.At, "at", "", "begin at this event or finding (`ID`)")
	flags.Var(&choiceValue{&o.Theme, style.Themes()}, "theme", "colours: dark, light, 16 or none (default: by the terminal)")
	flags.BoolVar(&o.Plain, "plain", false, "for screen readers: no frames and no colours")
	// The flag was defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("theme", cobra.FixedCompletions(style.Themes(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func runTUI(ctx context.Context, f *factory, o *tuiOptions) error {
	if in, ok := f.in.(*os.File); !f.outTTY || !ok || !term.IsTerminal(int(in.Fd())) {
		return usagef("tui needs a terminal").hint("exhibit timeline, findings, show and sql print the same to a file or a pipe")
	}
	dir, err := f.casePath(o.Case)
	if err != nil {
		return err
	}
	source, err := data.Open(ctx, data.Options{
		Dir: dir, Threads: o.Resources.Threads, Memory: o.Resources.Memory, Unlock: unlock,
		Actor: ledger.DefaultKeyName(), Tool: "exhibit " + f.build().Version, Now: f.now,
	})
	if errors.Is(err, casefile.ErrEmptyCase) {
		return &HintError{Err: err, Hints: []string{"exhibit load PATH... loads evidence into it"}}
	}
	if err != nil {
		return err
	}
	t := tui.Options{Source: source, In: f.in, Out: f.out, Theme: o.Theme, Plain: o.Plain, Zone: o.Zone, Now: f.now}
	if t.Theme == "" && !f.color() {
		t.Theme = style.None
	}
	if folder, err := os.UserConfigDir(); err == nil {
		t.Filters = filepath.Join(folder, "exhibit", "filters.json")
		t.History = filepath.Join(folder, "exhibit", "queries.json")
	}
	if t.Open, err = startAt(ctx, source, o.At); err == nil {
		err = tui.Run(ctx, &t)
	}
	return errors.Join(err, source.Close())
}

// startAt finds what an id of a command line names.
func startAt(ctx context.Context, source data.Source, id string) (part.Open, error) {
	switch {
	case id == "":
		return part.Open{}, nil
	case strings.HasPrefix(id, "f-"):
		return part.Open{Part: part.Findings, Target: part.Target{Finding: id}}, nil
	}
	eids, err := source.Resolve(ctx, id)
	if err != nil {
		return part.Open{}, eventProblem(err)
	}
	return part.Open{Part: part.Timeline, Target: part.Target{Event: eids[0]}}, nil
}

// unlock reads the examiner's key when it is first needed. It writes nothing: the
// screen belongs to the explorer.
func unlock() (*ledger.Key, error) {
	name, err := ledger.DefaultKeyPath()
	if err != nil {
		return nil, err
	}
	key, err := ledger.LoadKey(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("the case is signed with a key that is not here: EXHIBIT_KEY=FILE names it")
	}
	return key, err
}
