package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

const rootLong = `exhibit turns exported logs of AI models into a case and answers questions about it:
who called which model, what was said, what came back, and what it touched.

A case is a folder (NAME.case). It is the one given with --case, else the one in
EXHIBIT_CASE, else the only *.case folder here, else ./exhibit.case.

`

// newRoot builds the command tree. Its order is the order of the help.
func newRoot(f *factory) *cobra.Command {
	root := &cobra.Command{
		Use:   "exhibit",
		Short: "Forensics on AI model access logs",
		Long:  rootLong + exitStatus(),
		Example: `  # Try it on a small invented incident
  $ exhibit demo

  # Take logs into a case
  $ exhibit load AWSLogs/

  # How one command works
  $ exhibit help load`,
		Args: cobra.ArbitraryArgs, // an unknown command is refused in RunE, with a hint
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				f.status.print(cmd.UsageString() + "\n")
			}
			return unknownCommand(cmd, args)
		},
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SuggestionsMinimumDistance = 2 // two letters swapped
	addGlobalFlags(root, f)

	help := newHelp()
	root.SetHelpCommand(help)
	root.AddCommand(
		newLoad(f),
		newFormats(f),
		newKey(f),
		newInfo(f),
		newInventory(f),
		newEvents(f),
		newShow(f),
		newSQL(f),
		newTUI(f),
		newTimeline(f),
		newAffected(f),
		newReconcile(f),
		newAnalyze(f),
		newRules(f),
		newFindings(f),
		newFinding(f),
		newCheck(f),
		newMatch(f),
		newPivot(f),
		newPolicy(f),
		newBaseline(f),
		newReplay(f),
		newSuite(f),
		newVerify(f),
		newExtract(f),
		newEnrich(f),
		newRebuild(f),
		newDrill(f),
		newDemo(f),
		newVersion(f),
		newCompletion(f),
		newMan(f),
		help,
	)
	markStarted(root, f)
	return root
}

// newHelp is cobra's help command with the sections every command has.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show how a command works",
		Long:  "help shows how a command works. The flag --help of the command does the same.\n\n" + exitStatus(),
		Example: `  # All commands
  $ exhibit help

  # One of them
  $ exhibit help version`,
		ValidArgsFunction: completeCommands,
		RunE: func(cmd *cobra.Command, args []string) error {
			target, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), args)
			}
			target.InitDefaultHelpFlag()
			return target.Help()
		},
	}
}

// unknownCommand refuses a command line that names no command.
func unknownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return (&UsageError{Err: errors.New("no command given")}).
			hint("exhibit help lists the commands")
	}
	err := usagef("no command %q", args[0])
	for _, name := range root.SuggestionsFor(args[0]) {
		err = err.hint("did you mean: exhibit " + name)
	}
	return err.hint("exhibit help lists the commands")
}

// markStarted notes in f when a command's own code begins: an error before it
// is an error of the command line.
func markStarted(cmd *cobra.Command, f *factory) {
	if work := cmd.RunE; work != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			f.started = true
			return work(cmd, args)
		}
	}
	for _, child := range cmd.Commands() {
		markStarted(child, f)
	}
}
