package timeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/timeline"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

// TestExport writes what passes a filter, and what is marked, and never over a
// file that is there.
func TestExport(t *testing.T) {
	dir, key := tuitest.Demo(t)
	env := tuitest.Env(t, tuitest.Source(t, dir, key), style.None, false)
	d := tuitest.Drive(t, env, timeline.New(env), 100, 30, part.Target{})
	f := filter.Filter{}.With(filter.Condition{Kind: filter.Field, Column: "outcome", Values: []string{"denied"}})
	d.Do(d.Part.Take(part.Filtered{Filter: f}))
	write := func(option int, name string) (string, part.Notice) {
		t.Helper()
		d.Press("X")
		choose := tuitest.Last[part.Choose](d)
		d.Do(choose.Then(option))
		path := filepath.Join(dir, "..", name)
		d.Do(tuitest.Last[part.Ask](d).Then(path))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text), tuitest.Last[part.Notice](d)
	}
	text, said := write(0, "denied.csv")
	if strings.Count(text, "\n") != 4 || !strings.Contains(said.Text, "wrote 3 events") {
		t.Errorf("%q after\n%s", said.Text, text)
	}
	if again, said := write(0, "denied.csv"); again != text || said.Level != part.Failure {
		t.Errorf("over a file that is there: %v", said)
	}
	d.Press("m")
	if text, said := write(5, "marked.jsonl"); strings.Count(text, `"row"`) > 2 || !strings.Contains(said.Text, "wrote 1 events") {
		t.Errorf("%q after\n%s", said.Text, text)
	}
	d.Press("X")
	d.Do(tuitest.Last[part.Choose](d).Then(0))
	before := len(d.Requests)
	d.Do(tuitest.Last[part.Ask](d).Then(" "))
	if len(d.Requests) != before {
		t.Error("a blank is taken for a file")
	}
}
