package subject_test

import (
	"os"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/subject"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func TestMain(m *testing.M) { os.Exit(tuitest.Run(m)) }

// key is the access key that somebody looked around with in the demo.
const key = "AKIAEXAMPLEBDXXNZBV4"

// drive shows a subject of the demo.
func drive(t *testing.T, theme string, plain bool, width, height int, target part.Target) *tuitest.Driver {
	t.Helper()
	dir, key := tuitest.Demo(t)
	env := tuitest.Env(t, tuitest.Source(t, dir, key), theme, plain)
	return tuitest.Drive(t, env, subject.New(env), width, height, target)
}

// shows fails where the picture lacks a text.
func shows(t *testing.T, d *tuitest.Driver, texts ...string) {
	t.Helper()
	picture := d.Text()
	for _, text := range texts {
		if !strings.Contains(picture, text) {
			t.Errorf("no %q in\n%s", text, picture)
		}
	}
}

func TestCredential(t *testing.T) {
	d := drive(t, style.Dark, false, 120, 80, part.Target{Value: key})
	shows(t, d, "credential "+key, "3 calls of models, 7 other events", "2 denied", "A long-term key looked around", "2026-03-03")
}
