package list_test

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
)

// TestCursorIsSeen checks after every key that the cursor is on a row that there
// is, and within the window.
func TestCursorIsSeen(t *testing.T) {
	m := keys.New()
	names := []string{"down", "down", "pgdown", "end", "up", "pgup", "home", "pgdown", "G", "k", "g"}
	for _, height := range []int{1, 2, 3, 5, 10} {
		for _, count := range []int{0, 1, 2, 7, 1000} {
			var l list.List
			l.Resize(height)
			l.Count(count)
			for _, name := range names {
				k, _ := keys.Parse(name)
				if !l.Press(k, &m.Move) {
					t.Fatalf("%q does not move", name)
				}
				from, to := l.Window()
				if count > 0 && (l.Cursor() < from || l.Cursor() >= to) || l.Cursor() < 0 {
					t.Errorf("height %d, %d rows, %q: the cursor is at %d, and %d to %d are seen", height, count, name, l.Cursor(), from, to)
				}
				if to-from != min(height, count) {
					t.Errorf("height %d, %d rows: %d are seen", height, count, to-from)
				}
			}
		}
	}
}

func TestMouse(t *testing.T) {
	var l list.List
	l.Resize(10)
	l.Count(100)
	l.Mouse(tea.MouseWheelMsg{Button: tea.MouseWheelDown}, 0)
	if l.Cursor() != 3 {
		t.Errorf("the wheel moves to %d", l.Cursor())
	}
	if l.Mouse(tea.MouseClickMsg{Button: tea.MouseLeft}, 5) || l.Cursor() != 5 {
		t.Errorf("a click chooses %d, or opens what was not chosen", l.Cursor())
	}
	if !l.Mouse(tea.MouseClickMsg{Button: tea.MouseLeft}, 5) {
		t.Error("a click on the chosen row does not open it")
	}
	if l.Mouse(tea.MouseClickMsg{Button: tea.MouseLeft}, -1) || l.Cursor() != 5 {
		t.Error("a click above the rows does something")
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 12345678: "12,345,678", -1234: "-1,234"} {
		if got := list.Number(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
