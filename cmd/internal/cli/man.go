package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newMan(f *factory) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the manual pages",
		Hidden: true, // for packagers
		Long: `man writes a manual page for each command to the folder DIR, which must exist. The
pages depend on the build only: two runs write the same bytes.

` + exitStatus(),
		Example: `  # Into a folder of their own
  $ mkdir man && exhibit man man

  # Once more
  $ exhibit man man --force`,
		Args: oneArg("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return writeManPages(f, cmd.Root(), outputOptions{File: args[0], Force: force})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace a file that exists")
	return cmd
}

// writeManPages writes the page of cmd and of all commands below it to the
// folder o.File.
func writeManPages(f *factory, cmd *cobra.Command, o outputOptions) error {
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
	out, err := f.openOutput(outputOptions{File: filepath.Join(o.File, name+".1"), Force: o.Force})
	if err != nil {
		return err
	}
	defer out.discard()
	if _, err := out.Write([]byte(manPage(cmd, f.build()))); err != nil {
		return fmt.Errorf("writing %s.1: %w", name, err)
	}
	if err := out.commit(); err != nil {
		return err
	}
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			if err := writeManPages(f, child, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// manPage returns the page of one command in the man macros of roff. Its date
// is that of the source, so that a build is reproducible.
func manPage(cmd *cobra.Command, b buildInfo) string {
	cmd.InitDefaultHelpFlag()
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
	date := ""
	if t, err := time.Parse(time.RFC3339, b.Time); err == nil {
		date = t.UTC().Format(time.DateOnly)
	}
	var p strings.Builder
	fmt.Fprintf(&p, ".TH %q 1 %q %q \"exhibit manual\"\n", strings.ToUpper(name), date, "exhibit "+b.Version)
	fmt.Fprintf(&p, ".SH NAME\n%s \\- %s\n", roff(name), roff(cmd.Short))
	fmt.Fprintf(&p, ".SH SYNOPSIS\n%s\n", roff(cmd.UseLine()))
	text, status, _ := strings.Cut(cmd.Long, "EXIT STATUS\n")
	manText(&p, "DESCRIPTION", text)
	manFlags(&p, "OPTIONS", cmd.LocalFlags())
	manFlags(&p, "GLOBAL OPTIONS", cmd.InheritedFlags())
	manText(&p, "EXIT STATUS", status)
	manText(&p, "EXAMPLES", cmd.Example)
	manSeeAlso(&p, cmd)
	return p.String()
}

// manText writes a section: paragraphs are filled, indented lines stay as they
// are.
func manText(p *strings.Builder, title, text string) {
	text = strings.TrimRight(text, "\n")
	if text == "" {
		return
	}
	fmt.Fprintf(p, ".SH %s\n", title)
	verbatim := false
	for line := range strings.SplitSeq(text, "\n") {
		if indented := strings.HasPrefix(line, "  "); indented != verbatim && line != "" {
			verbatim = indented
			p.WriteString(map[bool]string{true: ".nf\n", false: ".fi\n"}[indented])
		}
		if line == "" {
			p.WriteString(".PP\n")
			continue
		}
		p.WriteString(roff(line) + "\n")
	}
	if verbatim {
		p.WriteString(".fi\n")
	}
}

func manFlags(p *strings.Builder, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(p, ".SH %s\n", title)
	flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden {
			return
		}
		names := "--" + flag.Name
		if flag.Shorthand != "" {
			names = "-" + flag.Shorthand + ", " + names
		}
		kind, usage := pflag.UnquoteUsage(flag)
		if kind != "" {
			names += " " + kind
		}
		fmt.Fprintf(p, ".TP\n%s\n%s\n", roff(names), roff(usage))
	})
}

func manSeeAlso(p *strings.Builder, cmd *cobra.Command) {
	var pages []string
	if cmd.HasParent() {
		pages = append(pages, strings.ReplaceAll(cmd.Parent().CommandPath(), " ", "-")+"(1)")
	}
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			pages = append(pages, strings.ReplaceAll(child.CommandPath(), " ", "-")+"(1)")
		}
	}
	if len(pages) > 0 {
		fmt.Fprintf(p, ".SH SEE ALSO\n%s\n", roff(strings.Join(pages, ", ")))
	}
}

// roff escapes a line of text: backslashes, hyphens (which would turn into
// dashes), and a dot or apostrophe in front, which would be a request.
func roff(line string) string {
	line = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	return line
}
