package cell

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/bidi"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell/celltest"
)

// TestTmuxAgreesOnWidths draws every hostile text in a real terminal, puts a bar
// behind its column by position, and wants the bar right behind the text.
func TestTmuxAgreesOnWidths(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("SKIPPED: tmux is not installed; widths are not compared with a real terminal")
	}
	const width = 60
	var want []string
	var screen strings.Builder
	for _, text := range celltest.Texts() {
		line := Screen{}.Fit(text.Text, width).String()
		want = append(want, line+"|")
		fmt.Fprintf(&screen, "%s\x1b[%dG|\r\n", line, width+1)
	}
	got := strings.Split(capture(t, screen.String(), width+20, len(want)+5), "\n")
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Errorf("%s: tmux shows %q, want %q", celltest.Texts()[i].Name, got[i:min(i+1, len(got))], want[i])
		}
	}
}

// capture is what tmux shows after it was sent output.
func capture(t *testing.T, output string, width, height int) string {
	t.Helper()
	dir := t.TempDir()
	file, socket := filepath.Join(dir, "output"), filepath.Join(dir, "socket")
	if err := os.WriteFile(file, []byte(output+"END"), 0o600); err != nil {
		t.Fatal(err)
	}
	tmux := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "tmux", append([]string{"-u", "-S", socket, "-f", os.DevNull}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %s: %v: %s", args[0], err, out)
		}
		return string(out)
	}
	tmux("new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), "cat", file, "-")
	defer tmux("kill-server")
	for range 100 {
		if shown := tmux("capture-pane", "-p"); strings.Contains(shown, "END") {
			return shown
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("tmux shows nothing after five seconds")
	return ""
}

// TestColumnsStayAfterRightToLeftText asks the bidirectional algorithm about rows
// of columns. A line between columns that is turned around together with the
// text before it would stand, with the digits behind it, in front of that text.
func TestColumnsStayAfterRightToLeftText(t *testing.T) {
	cells := []string{"שלום", "שלום 123", "مرحبا ١٢٣", "abc", "10:30", "(admin) דוד!", "دوד 5 > 3"}
	for _, text := range celltest.Texts() {
		cells = append(cells, text.Text)
	}
	for _, sc := range screens {
		for i, left := range cells {
			right := cells[(i*7+3)%len(cells)]
			row := sc.Fit(left, 24).String() + "│" + sc.Fit(right, 24).String() + "│12:30"
			if strings.Count(row, "│") == 2 && linesTurned(t, row) {
				t.Errorf("%+v: columns of %+q and %+q are turned around", sc, left, right)
			}
		}
	}
	for _, row := range []string{"שלום   │12:30", "שלום│  עולם│", "مرحبا ١٢٣ │ ١٢٣│1"} {
		if !linesTurned(t, row) {
			t.Errorf("%q has no mark, and its columns stay", row)
		}
	}
}

// linesTurned reports whether a line between columns is in a right-to-left run
// of a row that as a whole is left-to-right.
func linesTurned(t *testing.T, row string) bool {
	t.Helper()
	var p bidi.Paragraph
	if _, err := p.SetString("x"+row, bidi.DefaultDirection(bidi.LeftToRight)); err != nil {
		t.Fatal(err)
	}
	order, err := p.Order()
	if err != nil {
		t.Fatal(err)
	}
	for i := range order.NumRuns() {
		run := order.Run(i)
		if run.Direction() == bidi.RightToLeft && strings.Contains(run.String(), "│") {
			return true
		}
	}
	return false
}
