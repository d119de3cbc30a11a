package cli

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

func TestOutputFile(t *testing.T) {
	failed := errors.New("failed")
	tests := []struct {
		name  string
		prior string // content of the file before, "" for none
		force bool
		fail  error
		meant func(t *testing.T) // what happens meanwhile
		code  int
		want  string
	}{
		{name: "new", code: exitDone, want: "name,value\nlabel,'=1\n"},
		{name: "exists", prior: "old", code: exitUsage, want: "old"},
		{name: "exists with force", prior: "old", force: true, code: exitDone, want: "name,value\nlabel,'=1\n"},
		{name: "failure keeps the old", prior: "old", force: true, fail: failed, code: exitError, want: "old"},
		{name: "failure leaves nothing", fail: failed, code: exitError},
		{name: "made meanwhile", code: exitUsage, want: "theirs", meant: func(t *testing.T) {
			if err := os.WriteFile("out.csv", []byte("theirs"), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if tt.prior != "" {
				if err := os.WriteFile("out.csv", []byte(tt.prior), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			f, _, _ := testFactory()
			o := outputOptions{Format: render.FormatCSV, File: "out.csv", Force: tt.force}
			err := f.emit(o, render.Config{}, func(r *render.Renderer) error {
				if tt.meant != nil {
					tt.meant(t)
				}
				return errors.Join(tt.fail, r.Write(render.Fields{Name: "case", Items: []render.Field{field("label", "=1")}}))
			})
			if code := exitCode(err); code != tt.code {
				t.Errorf("code %d (%v), want %d", code, err, tt.code)
			}
			entries, err := os.ReadDir(".")
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == "" {
				if len(entries) > 0 {
					t.Errorf("left behind: %v", entries)
				}
				return
			}
			got, err := os.ReadFile("out.csv")
			if err != nil || string(got) != tt.want || len(entries) != 1 {
				t.Errorf("out.csv holds %q, %v; want %q; folder: %v", got, err, tt.want, entries)
			}
		})
	}
}

func TestOutputPlaces(t *testing.T) {
	t.Chdir(t.TempDir())
	f, out, _ := testFactory()
	write := func(r *render.Renderer) error { return nil }
	if err := f.emit(outputOptions{Format: render.FormatJSON, File: "-"}, render.Config{}, write); err != nil || out.Len() == 0 {
		t.Errorf("to stdout: %v, %q", err, out)
	}
	if err := f.emit(outputOptions{Format: render.FormatJSON, File: "."}, render.Config{}, write); exitCode(err) != exitUsage {
		t.Errorf("to a folder: %v", err)
	}
	if err := f.emit(outputOptions{Format: render.FormatJSON, File: "no/such/folder"}, render.Config{}, write); exitCode(err) != exitError {
		t.Errorf("to nowhere: %v", err)
	}
	if runtime.GOOS != "windows" {
		if err := f.emit(outputOptions{Format: render.FormatJSON, File: os.DevNull}, render.Config{}, write); err != nil {
			t.Errorf("to a device: %v", err)
		}
	}
}

func TestColor(t *testing.T) {
	tests := []struct {
		name, env string
		tty, flag bool
		want      bool
	}{
		{"terminal", "", true, false, true},
		{"pipe", "", false, false, false},
		{"flag", "", true, true, false},
		{"NO_COLOR", "NO_COLOR=1", true, false, false},
		{"NO_COLOR empty", "NO_COLOR=", true, false, true},
		{"dumb", "TERM=dumb", true, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, out, _ := testFactory()
			f.outTTY, f.noColor = tt.tty, tt.flag
			name, value, _ := strings.Cut(tt.env, "=")
			f.env = func(n string) string { return map[string]string{name: value}[n] }
			err := f.emit(outputOptions{Format: render.FormatText}, render.Config{Case: "a.case"}, func(*render.Renderer) error { return nil })
			if styled := strings.Contains(out.String(), "\x1b["); err != nil || styled != tt.want || f.color() != tt.want {
				t.Errorf("styles %t, %v, %q", styled, err, out)
			}
		})
	}
}
