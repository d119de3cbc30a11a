package raw_test

import (
	"os"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/raw"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func TestMain(m *testing.M) { os.Exit(tuitest.Run(m)) }

// event is an event of the first segment of any case.
const event = 1 << 28

func TestRecord(t *testing.T) {
	dir, key := tuitest.Demo(t)
	env := tuitest.Env(t, tuitest.Source(t, dir, key), style.Dark, false)
	d := tuitest.Drive(t, env, raw.New(env), 80, 24, part.Target{Event: event})
	if text := d.Text(); !strings.Contains(text, "SHA-256") {
		t.Errorf("no hash in\n%s", text)
	}
	d.Press("i")
	if c := tuitest.Last[part.Copy](d); !strings.Contains(c.Text, "-") {
		t.Errorf("copied %q, which is no event id", c.Text)
	}
}
