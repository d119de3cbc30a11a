package timeline_test

import (
	"os"
	"testing"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/timeline"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func TestMain(m *testing.M) { os.Exit(tuitest.Run(m)) }

// TestLooks draws the view on the case of the demo.
func TestLooks(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	for _, size := range []struct {
		name          string
		width, height int // of the part: a terminal less header, status and hints
	}{{"80x24", 80, 21}, {"120x40", 120, 37}, {"40x10", 40, 7}} {
		for _, look := range []string{style.Dark, style.None, "plain"} {
			t.Run(size.name+"-"+look, func(t *testing.T) {
				env := tuitest.Env(t, source, look, look == "plain")
				d := tuitest.Drive(t, env, timeline.New(env), size.width, size.height, part.Target{})
				d.Press("down", "down", "down")
				d.Golden(t)
			})
		}
	}
}
