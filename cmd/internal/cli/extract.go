package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

type extractOptions struct {
	Case     caseOptions
	Evidence string
	Output   outputOptions
}

const extractLong = `extract writes a piece of evidence as it was taken into the case, byte for byte: of a
compressed file, what it holds, and of a Parquet file its rows, as JSON lines. EVIDENCE
is its number in the case, the first digits of its SHA-256 (of the file as received), or
its path as it was loaded.

On the way every record is compared with its hash, and the whole with the hash in the
manifest. If anything differs, the case is not what it was: no file appears, and what
went to standard output is not the evidence.

Evidence may hold what a terminal obeys, so it is not written to one without --force.

`

func newExtract(f *factory) *cobra.Command {
	var o extractOptions
	cmd := &cobra.Command{
		Use:   "extract EVIDENCE",
		Short: "Write evidence out again, byte for byte",
		Long:  extractLong + exitStatus(exitVerify),
		Example: `  # Into a file
  $ exhibit extract 1f3a5c7e -o events.json

  # Into another program
  $ exhibit extract 3 | sha256sum`,
		Args:              oneArg("EVIDENCE"),
		ValidArgsFunction: completeEvidence(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Evidence = args[0]
			return runExtract(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	addFileFlags(cmd, &o.Output)
	return cmd
}

func runExtract(ctx context.Context, f *factory, o extractOptions) error {
	if o.Output.toStdout() && f.outTTY && !o.Output.Force {
		return usagef("evidence may hold what a terminal obeys").hint("-o FILE writes it to a file; --force writes it here")
	}
	dir, err := f.casePath(o.Case.Case)
	if err != nil {
		return err
	}
	name, err := f.findEvidence(ctx, o)
	if err != nil {
		return err
	}
	out, err := f.openOutput(o.Output)
	if err != nil {
		return err
	}
	defer out.discard()
	if err := casefile.Extract(ctx, dir, name, out); err != nil {
		return errors.Join(err, f.whyNotExtracted(ctx, dir, o))
	}
	return out.commit()
}

// findEvidence finds the evidence that a person named, and returns its
// SHA-256. Where the case cannot be opened for that, the name is returned as it
// is: what is left of a case can be extracted from.
func (f *factory) findEvidence(ctx context.Context, o extractOptions) (string, error) {
	var found []*casefile.Item
	err := f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		found = evidenceNamed(c.Items(), o.Evidence)
		return nil
	})
	switch {
	case ctx.Err() != nil:
		return "", err
	case err != nil:
		f.detail(err.Error())
		return o.Evidence, nil
	case len(found) == 0:
		return "", &HintError{
			Err:   fmt.Errorf("extracting %s: the case has no such evidence", o.Evidence),
			Hints: []string{"EVIDENCE is a number, the first digits of a SHA-256, or a path as it was loaded: exhibit sql 'from evidence' lists them"},
		}
	case len(found) > 1:
		err := usagef("%q is several pieces of evidence", o.Evidence)
		var names []string
		for _, it := range found {
			names = append(names, it.SHA256+" "+it.Path)
		}
		return "", err.hint(boundedLines(names)...)
	}
	return found[0].SHA256, nil
}

// shortestPrefix is how many digits of a SHA-256 people see at least: fewer
// digits can be a number.
const shortestPrefix = 8

// evidenceNamed returns the evidence that a name fits best: as a number, as a
// whole path or hash, then as the beginning of a hash.
func evidenceNamed(items []*casefile.Item, name string) []*casefile.Item {
	number, err := strconv.ParseInt(name, 10, 64)
	isNumber := err == nil && len(name) < shortestPrefix
	digits := strings.ToLower(name)
	for _, fits := range []func(*casefile.Item) bool{
		func(it *casefile.Item) bool { return isNumber && it.Evidence == number },
		func(it *casefile.Item) bool {
			return it.SHA256 == digits || it.Path == name || it.Path == ledger.EscapePath(name)
		},
		func(it *casefile.Item) bool { return strings.HasPrefix(it.SHA256, digits) },
	} {
		var found []*casefile.Item
		for _, it := range items {
			if it.Evidence != 0 && fits(it) {
				found = append(found, it)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// whyNotExtracted says whether a file of the case was altered.
func (f *factory) whyNotExtracted(ctx context.Context, dir string, o extractOptions) error {
	if ctx.Err() != nil {
		return nil
	}
	report, err := casefile.Verify(ctx, dir, casefile.VerifyOptions{
		Quick: true, Threads: o.Case.Resources.Threads, Memory: o.Case.Resources.Memory,
	})
	if err != nil || report.OK() {
		return err
	}
	return &HintError{Err: (&verified{report: report}).verdict(), Hints: []string{"exhibit verify says what is wrong"}}
}

// completeEvidence completes evidence of the case of the command line by its
// SHA-256, with its path.
func completeEvidence(f *factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		var fits []string
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		flag, _ := cmd.Flags().GetString("case") // "" without the flag
		o := caseOptions{Case: flag, Resources: resourceOptions{Threads: 1, Memory: 1 << 30}}
		_ = f.readCase(cmd.Context(), o, func(c *casefile.Case) error { // what goes wrong completes nothing
			for _, it := range c.Items() {
				if it.Evidence != 0 && strings.HasPrefix(it.SHA256, strings.ToLower(typed)) && len(fits) < maxCompletions {
					fits = append(fits, shortHash(c.Items(), it.SHA256)+"\t"+it.Path)
				}
			}
			return nil
		})
		slices.Sort(fits)
		return fits, cobra.ShellCompDirectiveNoFileComp
	}
}

// maxCompletions is how many completions a shell gets.
const maxCompletions = 100

// shortHash is the shortest beginning of a hash that no other evidence shares.
func shortHash(items []*casefile.Item, sum string) string {
	n := shortestPrefix
	for _, it := range items {
		for it.Evidence != 0 && it.SHA256 != sum && n < len(sum) && strings.HasPrefix(it.SHA256, sum[:n]) {
			n++
		}
	}
	return sum[:n]
}
