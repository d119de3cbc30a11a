package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/formats"
)

// readmeCommand is one command of a console block of the README.
type readmeCommand struct {
	line   int    // of the README, from 1
	shell  string // what is typed
	code   int    // of a comment at its end: # exit 3
	output []string
}

var exitComment = regexp.MustCompile(`\s+# exit (\d+)$`)

// readmeCommands reads the commands of the blocks that begin with ```console.
// A block that begins with ```console no-run is for the eye only. A command
// begins with "$ " and goes on while lines end with a backslash; the lines up
// to the next command are its output.
func readmeCommands(readme string) ([]readmeCommand, error) {
	var (
		commands  []readmeCommand
		inBlock   bool
		runs      bool
		begun     bool // a command of this block was read
		continued bool // and goes on
	)
	for i, line := range strings.Split(readme, "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && !inBlock:
			inBlock, runs, begun, continued = true, info == "console", false, false
			if strings.HasPrefix(info, "console") && info != "console" && info != "console no-run" {
				return nil, fmt.Errorf("line %d: unknown block %q", i+1, info)
			}
		case fence:
			inBlock = false
		case !inBlock || !runs:
		case continued:
			last := &commands[len(commands)-1]
			last.shell += "\n" + line
			continued = strings.HasSuffix(line, `\`)
		case strings.HasPrefix(line, "$ "):
			c := readmeCommand{line: i + 1, shell: line[2:]}
			if m := exitComment.FindStringSubmatchIndex(c.shell); m != nil {
				code, err := strconv.Atoi(c.shell[m[2]:m[3]])
				if err != nil {
					return nil, fmt.Errorf("line %d: %w", i+1, err)
				}
				c.shell, c.code = c.shell[:m[0]], code
			}
			commands = append(commands, c)
			begun = true
			continued = strings.HasSuffix(line, `\`)
		case !begun:
			return nil, fmt.Errorf("line %d: output before any command of the block", i+1)
		default:
			last := &commands[len(commands)-1]
			last.output = append(last.output, line)
		}
	}
	return commands, nil
}

// matchOutput compares what came out with what the README shows: "..." on a
// line of its own stands for any lines, inside a line for anything. White space
// at line ends does not count. No shown output matches anything.
func matchOutput(shown []string, got string) bool {
	shown = trimLines(shown)
	if len(shown) == 0 {
		return true
	}
	var pattern strings.Builder
	pattern.WriteString(`\A`)
	for _, line := range shown {
		if line == "..." {
			pattern.WriteString(`(?:.*\n)*?`)
			continue
		}
		parts := strings.Split(line, "...")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		pattern.WriteString(strings.Join(parts, `.*?`) + `\n`)
	}
	pattern.WriteString(`\z`)
	lines := trimLines(strings.Split(got, "\n"))
	return regexp.MustCompile(pattern.String()).MatchString(strings.Join(lines, "\n") + "\n")
}

// trimLines removes white space at line ends and blank lines at the end.
func trimLines(lines []string) []string {
	lines = slices.Clone(lines)
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r")
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// TestReadme runs the commands of the README in order, in one empty folder and
// with a home of their own, and compares what they print on stdout. The program
// is this test binary, also where the README says go run ./cmd/exhibit.
func TestReadme(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("NOT TESTED HERE: the commands of the README are for a POSIX shell")
	}
	if testing.Short() {
		t.Skip("NOT TESTED with -short: the commands of the README")
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	commands, err := readmeCommands(string(readme))
	if err != nil {
		t.Fatalf("README.md: %v", err)
	}
	if len(commands) == 0 {
		t.Fatal("README.md has no console block to run")
	}
	home, work := t.TempDir(), t.TempDir()
	for _, c := range commands {
		shell := strings.ReplaceAll(c.shell, "go run ./cmd/exhibit", "exhibit")
		cmd := exec.CommandContext(t.Context(), "sh", "-c", shell)
		cmd.Dir = work
		cmd.Env = append(os.Environ(), "HOME="+home, "EXHIBIT_KEY="+filepath.Join(home, "key"), "EXHIBIT_CASE=", "NO_COLOR=1", "TZ=UTC")
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if code := cmd.ProcessState.ExitCode(); code != c.code {
			t.Fatalf("README.md:%d: $ %s\nexit code %d, want %d\nstdout:\n%sstderr:\n%s", c.line, c.shell, code, c.code, &stdout, &stderr)
		}
		if !matchOutput(c.output, stdout.String()) {
			t.Errorf("README.md:%d: $ %s\n(-README +stdout):\n%s\nstderr:\n%s", c.line, c.shell,
				cmp.Diff(trimLines(c.output), trimLines(strings.Split(stdout.String(), "\n"))), &stderr)
		}
	}
}

// TestReadmeFormats checks that the README lists the formats as the program
// does.
func TestReadmeFormats(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := "| format | logs |\n|---|---|\n"
	for _, f := range formats.All() {
		want += fmt.Sprintf("| `%s` | %s |\n", f.Name(), f.Doc())
	}
	if !strings.Contains(string(readme), want+"\n") {
		t.Errorf("README.md has another table of formats than\n%s", want)
	}
}

func TestReadmeCommands(t *testing.T) {
	const readme = "# x\n```console no-run\n$ git clone\n```\n```go\n$ x\n```\n" +
		"```console\n$ a \\\n  b\none\n\n$ c # exit 3\n```\n"
	got, err := readmeCommands(readme)
	want := []readmeCommand{{9, "a \\\n  b", 0, []string{"one", ""}}, {13, "c", 3, nil}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(readmeCommand{})); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, bad := range []string{"```console\nout\n```", "```console norun\n$ x\n```"} {
		if _, err := readmeCommands(bad); err == nil {
			t.Errorf("no error for %q", bad)
		}
	}
}

func TestMatchOutput(t *testing.T) {
	tests := []struct {
		name, shown, got string
		want             bool
	}{
		{"nothing shown", "", "anything\n", true},
		{"same", "a\nb", "a  \nb\n\n", true},
		{"differs", "a\nb", "a\nc\n", false},
		{"more lines", "a", "a\nb\n", false},
		{"rest", "a\n...", "a\nb\nc\n", true},
		{"rest is nothing", "a\n...", "a\n", true},
		{"middle", "a\n...\nd", "a\nb\nc\nd\n", true},
		{"middle without end", "a\n...\nd", "a\nb\nc\n", false},
		{"inside a line", "head 12:...", "head 12:abc\n", true},
		{"inside one line only", "head ...", "head 12\nmore\n", false},
		{"no pattern", "a.c (1)", "abc (1)\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := matchOutput(strings.Split(tt.shown, "\n"), tt.got); got != tt.want {
				t.Errorf("matchOutput = %t", got)
			}
		})
	}
}
