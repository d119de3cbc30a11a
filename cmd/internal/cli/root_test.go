package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// walk calls visit for every command of the tree.
func walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, child := range cmd.Commands() {
		walk(child, visit)
	}
}

func TestHelpOfEveryCommand(t *testing.T) {
	f, _, _ := testFactory()
	walk(newRoot(f), func(cmd *cobra.Command) {
		t.Run(strings.ReplaceAll(cmd.CommandPath(), " ", "_"), func(t *testing.T) {
			if cmd.RunE == nil || cmd.Run != nil {
				t.Error("a command has RunE, so that its errors reach Main")
			}
			if cmd.Args == nil && cmd.Name() != "help" {
				t.Error("Args is not set: what the command takes is not checked")
			}
			if s := cmd.Short; s == "" || strings.HasSuffix(s, ".") || strings.ToUpper(s[:1]) != s[:1] {
				t.Errorf("Short is no capitalised phrase without full stop: %q", s)
			}
			_, status, found := strings.Cut(cmd.Long, "\n\nEXIT STATUS\n")
			if !found || strings.Contains(status, "\n\n") {
				t.Error("Long does not end with an EXIT STATUS section")
			}
			comments := regexp.MustCompile(`(?m)^  # .+\n  \$ `).FindAllString(cmd.Example, -1)
			if len(comments) < 2 || strings.HasSuffix(cmd.Example, "\n") {
				t.Errorf("Example has %d of two examples: a comment, then a line with $", len(comments))
			}
		})
	})
}

func TestExamplesParse(t *testing.T) {
	f, _, _ := testFactory()
	var examples []string
	walk(newRoot(f), func(cmd *cobra.Command) {
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			if rest, ok := strings.CutPrefix(line, "  $ exhibit "); ok {
				examples = append(examples, rest)
			}
		}
	})
	for _, line := range examples {
		t.Run(line, func(t *testing.T) {
			f, _, _ := testFactory()
			cmd, rest, err := newRoot(f).Find(words(line))
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.ParseFlags(rest); err != nil {
				t.Fatal(err)
			}
			if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
				t.Error(err)
			}
		})
	}
}

// words splits a simple shell command: quotes are removed, and it ends at a
// pipe, a redirection or a second command.
func words(line string) []string {
	var out []string
	for _, w := range regexp.MustCompile(`'[^']*'|"[^"]*"|[^\s'"]+`).FindAllString(line, -1) {
		if strings.ContainsAny(w[:1], "|<>&;") {
			break
		}
		out = append(out, strings.Trim(w, `'"`))
	}
	return out
}

// TestSameFlagSameMeaning holds the tree to its promise.
func TestSameFlagSameMeaning(t *testing.T) {
	f, _, _ := testFactory()
	type meaning struct{ Shorthand, Usage string }
	first := map[string]meaning{}
	shorthands := map[string]string{}
	walk(newRoot(f), func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			// What drill generate writes is a folder.
			if flag.Name == "help" || flag.Name == "output" && cmd.CommandPath() == "exhibit drill generate" {
				return
			}
			got := meaning{flag.Shorthand, flag.Usage}
			if want, ok := first[flag.Name]; ok && want != got {
				t.Errorf("--%s of %s (-want +got):\n%s", flag.Name, cmd.CommandPath(), cmp.Diff(want, got))
			}
			first[flag.Name] = got
			if other := shorthands[flag.Shorthand]; flag.Shorthand != "" && other != "" && other != flag.Name {
				t.Errorf("-%s means --%s and --%s", flag.Shorthand, other, flag.Name)
			}
			shorthands[flag.Shorthand] = flag.Name
		})
	})
}

func TestUsageErrors(t *testing.T) {
	tests := []struct {
		name, args, stderr string
	}{
		{"unknown command", "nothing", "exhibit: no command \"nothing\"\n"},
		{"suggestion", "versio", "exhibit: hint: did you mean: exhibit version\n"},
		{"unknown flag", "version --nope", "exhibit: unknown flag: --nope\nexhibit: hint: exhibit version --help shows how it works\n"},
		{"flag value", "version -f xml", `"xml" is none of text, json`},
		{"argument", "version now", `takes no argument, and "now" is one`},
		{"missing argument", "completion", "exhibit completion needs SHELL"},
		{"second argument", "completion bash zsh", `takes one SHELL, and "zsh" is one more`},
		{"unknown shell", "completion tcsh", "exhibit: hint: known shells: bash"},
		{"unknown topic", "help nothing", "exhibit: no command \"nothing\"\n"},
		{"no command", "", "Available Commands:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, out, errOut := testFactory()
			code := run(t.Context(), f, newRoot(f), strings.Fields(tt.args))
			if code != exitUsage || !strings.Contains(errOut.String(), tt.stderr) || out.Len() > 0 {
				t.Errorf("code %d, stdout %q, stderr:\n%s", code, out, errOut)
			}
		})
	}
}

func TestExitStatus(t *testing.T) {
	want := "EXIT STATUS\n  0    done\n  1    error\n  2    wrong use of the command\n" +
		"  5    partial: more records unreadable than --allow-unparsed\n  130  interrupted\n" +
		"Where several apply, the first of 130, 2, 4, 1, 3, 5 is returned and all are named."
	if diff := cmp.Diff(want, exitStatus(exitPartial)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSomeArgs(t *testing.T) {
	check := someArgs("PATH...")
	cmd := &cobra.Command{Use: "load"}
	if err := check(cmd, nil); err == nil || err.Error() != "load needs PATH..." {
		t.Errorf("no argument: %v", err)
	}
	if err := check(cmd, []string{"a", "b"}); err != nil {
		t.Errorf("two arguments: %v", err)
	}
}

func TestManPages(t *testing.T) {
	f, _, errOut := testFactory()
	dir := t.TempDir()
	if code := run(t.Context(), f, newRoot(f), []string{"man", dir}); code != exitDone {
		t.Fatal(code, errOut)
	}
	page := manPage(newVersion(f), buildInfo{Version: "v1", Time: "2026-01-31T23:00:00Z"})
	for _, want := range []string{
		".TH \"VERSION\" 1 \"2026-01-31\" \"exhibit v1\"", ".SH NAME\nversion \\- Show", "\\-o, \\-\\-output FILE\n",
		".SH EXIT STATUS\n.nf\n  0    done", ".SH EXAMPLES\n.nf\n  # For people\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page:\n%s", want, page)
		}
	}
	f, _, errOut = testFactory()
	if code := run(t.Context(), f, newRoot(f), []string{"man", dir}); code != exitUsage || !strings.Contains(errOut.String(), "exists") {
		t.Errorf("pages were overwritten: %d %s", code, errOut)
	}
	if got := roff(`.a -b\`); got != `\&.a \-b\e` {
		t.Errorf("roff: %s", got)
	}
}

func TestCompletion(t *testing.T) {
	t.Chdir(t.TempDir())
	makeCases(t, "a.case", "sub/b.case")
	tests := []struct {
		name, args, want string
		ids              bool
	}{
		{"formats", "version|-f|j", "json", false},
		{"commands of help", "help|ver", "version\tShow what this program is made of", false},
		{"cases", "try|--case|a", "a.case", false},
		{"cases in a folder", "try|--case|sub/", "sub/b.case", false},
		{"cases from here", "try|--case|./", "./a.case", false},
		{"events", "try|ab", "ab12-1", true},
		{"no events", "try|ab", "", false},
		{"shells", "completion|b", "bash", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, out, errOut := testFactory()
			root := newRoot(f)
			try := &cobra.Command{Use: "try", ValidArgsFunction: completeEvents(f), RunE: func(*cobra.Command, []string) error { return nil }}
			addCaseFlag(try, new(string))
			root.AddCommand(try)
			if tt.ids {
				f.eventIDs = eventIDsForTest
			}
			code := run(t.Context(), f, root, append([]string{"__complete"}, strings.Split(tt.args, "|")...))
			lines := strings.Split(out.String(), "\n")
			if code != exitDone || !slices.Contains(lines, tt.want) && tt.want != "" || tt.want == "" && len(lines) != 2 {
				t.Errorf("code %d, completions %q, want %q\n%s", code, lines, tt.want, errOut)
			}
		})
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		f, out, _ := testFactory()
		if code := run(t.Context(), f, newRoot(f), []string{"completion", shell}); code != exitDone || out.Len() == 0 {
			t.Errorf("completion %s: code %d, %d bytes", shell, code, out.Len())
		}
	}
}
