package raw_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell/celltest"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/raw"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func TestMain(m *testing.M) { os.Exit(tuitest.Run(m)) }

// event is an event of the first segment of any case.
const event = 1 << 28

// fixed is a source whose record and evidence are what a test wants: its case may
// stand in a folder of any name.
type fixed struct {
	data.Source
	raw  []byte
	path string
	err  error // of the record
}

func (f *fixed) Detail(ctx context.Context, eid int64) (*casefile.Detail, error) {
	d, err := f.Source.Detail(ctx, eid)
	if err != nil {
		return nil, err
	}
	d.Evidence.Path = f.path
	return d, nil
}

func (f *fixed) Record(ctx context.Context, eid int64) (*casefile.Record, error) {
	if f.err != nil {
		return nil, f.err
	}
	r, err := f.Source.Record(ctx, eid)
	if err != nil || f.raw == nil {
		return r, err
	}
	sum := sha256.Sum256(f.raw)
	r.Raw, r.Length, r.SHA256 = f.raw, int64(len(f.raw)), hex.EncodeToString(sum[:])
	return r, nil
}

func source(t *testing.T) *fixed {
	t.Helper()
	dir, key := tuitest.Demo(t)
	return &fixed{Source: tuitest.Source(t, dir, key), path: "evidence/CloudTrail.json.gz"}
}

func drive(t *testing.T, s data.Source, width, height int) *tuitest.Driver {
	t.Helper()
	env := tuitest.Env(t, s, style.None, false)
	return tuitest.Drive(t, env, raw.New(env), width, height, part.Target{Event: event})
}

func shows(t *testing.T, d *tuitest.Driver, want ...string) {
	t.Helper()
	text := d.Text()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in\n%s", w, text)
		}
	}
}

func at(t *testing.T, d *tuitest.Driver, want string) {
	t.Helper()
	if got := d.Part.State().Position; got != want {
		t.Errorf("at %q, want %q", got, want)
	}
}

// TestViews draws every form of a record.
func TestViews(t *testing.T) {
	s := source(t)
	for _, size := range []struct {
		name          string
		width, height int
	}{{"80x21", 80, 21}, {"120x37", 120, 37}, {"40x7", 40, 7}} {
		for _, look := range []struct {
			name, theme string
			plain       bool
		}{{"dark", style.Dark, false}, {"none", style.None, false}, {"plain", style.None, true}} {
			for _, form := range []struct {
				name string
				keys []string
			}{{"json", nil}, {"logged", []string{"v"}}, {"hex", []string{"v", "v", "down"}}} {
				t.Run(form.name+"-"+size.name+"-"+look.name, func(t *testing.T) {
					env := tuitest.Env(t, s, look.theme, look.plain)
					d := tuitest.Drive(t, env, raw.New(env), size.width, size.height, part.Target{Event: event})
					d.Press(form.keys...)
					d.Golden(t)
				})
			}
		}
	}
}

// TestKeys presses every key that the view says does something.
func TestKeys(t *testing.T) {
	s := source(t)
	tested := map[string]func(t *testing.T, d *tuitest.Driver){
		"v": func(t *testing.T, d *tuitest.Driver) { shows(t, d, "JSON  [as logged]  hex") },
		"/": func(t *testing.T, d *tuitest.Driver) {
			d.Do(tuitest.Last[part.Ask](d).Then("EVENTNAME"))
			at(t, d, "hit 1 of 1  9 of 45")
		},
		"n": func(t *testing.T, d *tuitest.Driver) { at(t, d, "hit 3 of 11  8 of 45") },
		"N": func(t *testing.T, d *tuitest.Driver) { at(t, d, "hit 1 of 11  4 of 45") },
		"x": func(t *testing.T, d *tuitest.Driver) {
			if a := tuitest.Last[part.Ask](d); !strings.HasSuffix(a.Value, "-1.json") {
				t.Errorf("offers %q", a.Value)
			}
		},
		"i": func(t *testing.T, d *tuitest.Driver) {
			if c := tuitest.Last[part.Copy](d); !strings.HasSuffix(c.Text, "-1") {
				t.Errorf("copied %q", c.Text)
			}
		},
		"o": func(t *testing.T, d *tuitest.Driver) {
			if c := tuitest.Last[part.Copy](d); c.Text != "evidence/CloudTrail.json.gz:12+1173" {
				t.Errorf("copied %q", c.Text)
			}
		},
		"y": func(t *testing.T, d *tuitest.Driver) {
			if c := tuitest.Last[part.Copy](d); len(c.Text) != 1173 {
				t.Errorf("copied %d bytes", len(c.Text))
			}
		},
		"up":     func(t *testing.T, d *tuitest.Driver) { at(t, d, "hit 2 of 11  4 of 45") },
		"down":   func(t *testing.T, d *tuitest.Driver) { at(t, d, "hit 2 of 11  6 of 45") },
		"pgup":   func(t *testing.T, d *tuitest.Driver) { at(t, d, "hit 2 of 11  1 of 45") },
		"pgdown": func(t *testing.T, d *tuitest.Driver) { at(t, d, "hit 2 of 11  19 of 45") },
		"home":   func(t *testing.T, d *tuitest.Driver) { at(t, d, "hit 2 of 11  1 of 45") },
		"end":    func(t *testing.T, d *tuitest.Driver) { at(t, d, "hit 2 of 11  45 of 45") },
	}
	pressed := func() *tuitest.Driver {
		d := drive(t, s, 80, 21)
		d.Press("/")
		d.Do(tuitest.Last[part.Ask](d).Then("AWS"))
		d.Press("n")
		return d
	}
	names := []string{"y"}
	for _, b := range pressed().Part.Keys() {
		names = append(names, b.Keys()[0])
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			test := tested[name]
			if test == nil {
				t.Fatal("said to do something, and no test says what")
			}
			d := pressed()
			d.Press(name)
			test(t, d)
		})
	}
}

// TestForms shows what is no JSON as it was logged or in hex, and keeps the form
// from one record to the next.
func TestForms(t *testing.T) {
	s := source(t)
	s.raw = []byte("not {JSON\nsecond line")
	d := drive(t, s, 80, 21)
	shows(t, d, "[as logged]  hex", "not {JSON\nsecond line")
	d.Press("v")
	shows(t, d, "as logged  [hex]", "0000000c  6e 6f 74 20")
	d.Press("v")
	shows(t, d, "[as logged]  hex")
	s.raw = []byte(`{"a":1}`)
	d.Do(d.Part.Show(part.Target{Event: event + 1}))
	shows(t, d, `{"a":1}`, "JSON  [as logged]  hex")
	d.Press("/")
	d.Do(tuitest.Last[part.Ask](d).Then("nothing like it"))
	if n := tuitest.Last[part.Notice](d); !strings.Contains(n.Text, "no nothing like it") {
		t.Errorf("says %q", n.Text)
	}
}

// TestHash says that a hash does not hold, with all that is known.
func TestHash(t *testing.T) {
	s := source(t)
	s.err = fmt.Errorf("reading the record: %w abc; run exhibit verify", casefile.ErrRecordHash)
	d := drive(t, s, 100, 21)
	shows(t, d, "DOES NOT HOLD", "evidence/CloudTrail.json.gz", "12 to 1,185", "run exhibit verify", "not those that were loaded")
	for _, b := range d.Part.Keys() {
		d.Requests = nil
		d.Press(b.Keys()[0])
		tuitest.Last[part.Copy](d)
	}
	d.Press("v", "/", "x", "down")
	d.Lines()
	s.err = context.DeadlineExceeded
	d.Do(d.Part.Take(part.Reloaded{}))
	shows(t, d, "not checked", "deadline")
	s.err = nil
	d.Do(d.Part.Take(part.Reloaded{}))
	shows(t, d, "SHA-256  holds db97059e")
}

// TestReload keeps the cursor where it was.
func TestReload(t *testing.T) {
	s := source(t)
	d := drive(t, s, 80, 21)
	d.Press("down", "down")
	if err := s.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Do(d.Part.Take(part.Reloaded{}))
	at(t, d, "3 of 45")
}

// TestExport writes the bytes as they were logged.
func TestExport(t *testing.T) {
	s := source(t)
	d := drive(t, s, 80, 21)
	path := filepath.Join(t.TempDir(), "record.json")
	d.Press("x")
	for _, want := range []string{"wrote 1,173 bytes", "there already"} {
		d.Do(tuitest.Last[part.Ask](d).Then(path))
		if n := tuitest.Last[part.Notice](d); !strings.Contains(n.Text, want) {
			t.Errorf("says %q, want %q", n.Text, want)
		}
	}
	d.Press("y")
	if got, err := os.ReadFile(path); err != nil || string(got) != tuitest.Last[part.Copy](d).Text {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestHostile draws hostile records and paths in every form and size.
func TestHostile(t *testing.T) {
	s := source(t)
	for _, text := range celltest.Texts() {
		t.Run(text.Name, func(t *testing.T) {
			s.raw, s.path = []byte(text.Text), text.Text
			if text.Text == "" {
				s.raw = []byte{}
			}
			d := drive(t, s, 80, 21)
			for range 3 {
				d.Press("down", "v")
				for _, size := range [][2]int{{40, 7}, {1, 1}, {80, 21}} {
					d.Resize(size[0], size[1])
					d.Lines()
				}
			}
		})
	}
}

// TestLong goes through a record of 10 MB in one line in frames that depend on the
// screen alone, and finds text at its end.
func TestLong(t *testing.T) {
	const size = 10 << 20
	for name, text := range map[string]string{
		"a word": celltest.Long(size, true), "words": celltest.Long(size, false), "JSON": `{"a":"` + strings.Repeat("x", size) + `","b":[` + strings.Repeat("1,", size/20) + `2]}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := source(t)
			s.raw = []byte(text[:len(text)-4] + "end]}")
			if name == "JSON" {
				s.raw = []byte(text)
			}
			d := drive(t, s, 120, 40)
			if position := d.Part.State().Position; strings.HasSuffix(position, "+") {
				t.Errorf("not all lines were found: %s", position)
			}
			began := time.Now()
			const frames = 60
			for i := range frames {
				d.Press([]string{"pgdown", "end", "pgup", "up"}[i%4])
				d.Part.Lines()
			}
			if took := time.Since(began) / frames; took > 16*time.Millisecond {
				t.Errorf("a frame takes %v", took)
			}
			d.Press("home", "/")
			d.Do(tuitest.Last[part.Ask](d).Then(map[bool]string{true: ",2", false: "END]"}[name == "JSON"]))
			d.Press("v", "v")
			d.Lines()
			d.Resize(60, 20)
			d.Lines()
		})
	}
}

// TestEmpty says what to do where there is nothing to show, and takes all keys.
func TestEmpty(t *testing.T) {
	env := tuitest.Env(t, source(t), style.None, false)
	d := tuitest.Drive(t, env, raw.New(env), 80, 21, part.Target{})
	shows(t, d, "choose an event")
	d.Press("v", "/", "n", "x", "i", "o", "y", "down")
	d.Do(d.Part.Mouse(tea.MouseClickMsg{X: 1, Y: 9, Button: tea.MouseLeft}))
	if len(d.Requests) > 0 || len(d.Part.Keys()) > 0 {
		t.Errorf("asked for %v", d.Requests)
	}
	d.Do(d.Part.Show(part.Target{Event: event}))
	d.Do(d.Part.Mouse(tea.MouseClickMsg{X: 1, Y: 9, Button: tea.MouseLeft}))
	at(t, d, "4 of 45")
	d.Do(d.Part.Mouse(tea.MouseWheelMsg{X: 1, Y: 9, Button: tea.MouseWheelDown}))
	at(t, d, "7 of 45")
}
