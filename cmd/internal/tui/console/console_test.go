package console_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell/celltest"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/console"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func TestMain(m *testing.M) { os.Exit(tuitest.Run(m)) }

// drive shows the console on the case of the demo.
func drive(t *testing.T, width, height int, target part.Target) *tuitest.Driver {
	t.Helper()
	return driveOn(t, source(t), width, height, target)
}

func driveOn(t *testing.T, source data.Source, width, height int, target part.Target) *tuitest.Driver {
	t.Helper()
	env := tuitest.Env(t, source, style.None, false)
	env.History = filepath.Join(t.TempDir(), "exhibit", "queries.json")
	return tuitest.Drive(t, env, console.New(env), width, height, target)
}

// source opens the case of the demo.
func source(t *testing.T) data.Source {
	t.Helper()
	dir, key := tuitest.Demo(t)
	return quick{tuitest.Source(t, dir, key)}
}

// quick is a source that knows one table that is made, without looking.
type quick struct{ data.Source }

func (quick) MadeTables(context.Context) ([]data.SurfaceColumn, error) {
	return []data.SurfaceColumn{{Table: "feature_week", Name: "hour_of_week", Type: "INTEGER"}, {Table: "feature_week", Name: "hours", Type: "BIGINT"}}, nil
}

const events = "select event_id, ts, principal, model, input_tokens, outcome from events order by ts, event_id"

// shows fails where a text is not on the screen.
func shows(t *testing.T, d *tuitest.Driver, want ...string) {
	t.Helper()
	text := d.Text()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in\n%s", w, text)
		}
	}
}

// TestViews draws the view in its states.
func TestViews(t *testing.T) {
	source := source(t)
	for _, size := range []struct {
		name          string
		width, height int
	}{{"80x21", 80, 21}, {"120x37", 120, 37}} {
		for _, look := range []struct {
			name, theme string
			plain       bool
		}{{"dark", style.Dark, false}, {"none", style.None, false}, {"plain", style.None, true}} {
			for _, state := range []struct {
				name, query string
				keys        []string
			}{
				{"empty", "", nil},
				{"completing", "", []string{"s", "e", "l", "e", "c", "t", " ", "i", "tab", "tab"}},
				{"rows", events, []string{"down", "down", "right", "right"}},
				{"value", "select prompt from events where prompt is not null order by ts, event_id", []string{"v", "down"}},
				{"error", "select modell\nfrom events", nil},
			} {
				t.Run(state.name+"-"+size.name+"-"+look.name, func(t *testing.T) {
					env := tuitest.Env(t, source, look.theme, look.plain)
					d := tuitest.Drive(t, env, console.New(env), size.width, size.height, part.Target{Query: state.query})
					d.Press(state.keys...)
					d.Golden(t)
				})
			}
		}
	}
}

// TestKeys presses every key that the view says does something, and looks at what
// came of it.
func TestKeys(t *testing.T) {
	source := source(t)
	for _, tt := range []struct {
		name   string
		target part.Target
		keys   []string // pressed before
		tested map[string]func(t *testing.T, d *tuitest.Driver)
	}{
		{"query", part.Target{Query: "select 1 as one where false"}, []string{"ctrl+u"}, map[string]func(*testing.T, *tuitest.Driver){
			"enter":     func(t *testing.T, d *tuitest.Driver) { hasNotice(t, d, "type a query first") },
			"tab":       func(t *testing.T, d *tuitest.Driver) { shows(t, d, "event_id", "varchar: EVIDENCE-RECORD") },
			"shift+tab": func(t *testing.T, d *tuitest.Driver) { shows(t, d, "event_id") },
			"esc": func(t *testing.T, d *tuitest.Driver) {
				if d.Part.Typing() {
					t.Error("still typing")
				}
			},
			"ctrl+j":    func(t *testing.T, d *tuitest.Driver) { d.Type("x"); shows(t, d, "\n  x\n") },
			"ctrl+up":   func(t *testing.T, d *tuitest.Driver) { shows(t, d, "> select 1 as one where false") },
			"ctrl+down": func(t *testing.T, d *tuitest.Driver) { shows(t, d, "type a query, such as") },
			"ctrl+g":    func(t *testing.T, d *tuitest.Driver) { shows(t, d, "> select * from events") },
		}},
		{"rows", part.Target{Query: events}, []string{"down", "right"}, map[string]func(*testing.T, *tuitest.Driver){
			"e": func(t *testing.T, d *tuitest.Driver) {
				if !d.Part.Typing() {
					t.Error("not typing")
				}
			},
			"enter": func(t *testing.T, d *tuitest.Driver) {
				if o := tuitest.Last[part.Open](d); o.Part != part.Timeline || o.Target.Event == 0 {
					t.Errorf("opened %+v", o)
				}
			},
			"v": func(t *testing.T, d *tuitest.Driver) {
				shows(t, d, "ts of row 2\n2026-03-03T00:07:00Z\n")
				at("1 of 1")(t, d)
			},
			"s": func(t *testing.T, d *tuitest.Driver) {
				if c := tuitest.Last[part.Choose](d); len(c.Options) != len(data.ExportFormats()) {
					t.Errorf("offers %v", c.Options)
				}
			},
			"=": func(t *testing.T, d *tuitest.Driver) {
				if c := tuitest.Last[part.AddFilter](d).Condition; c.Column != "ts" || len(c.Values) != 1 {
					t.Errorf("filters by %+v", c)
				}
			},
			"Y": func(t *testing.T, d *tuitest.Driver) {
				if c := tuitest.Last[part.Copy](d); strings.Count(c.Text, "\n") != 2 || !strings.HasPrefix(c.Text, "event_id,ts,") {
					t.Errorf("copied %q", c.Text)
				}
			},
			"A": func(t *testing.T, d *tuitest.Driver) {
				if c := tuitest.Last[part.Copy](d); strings.Count(c.Text, "\n") != 343 {
					t.Errorf("copied %d lines", strings.Count(c.Text, "\n"))
				}
			},
			"left":   func(t *testing.T, d *tuitest.Driver) { shows(t, d, "event_id (VARCHAR): ") },
			"right":  func(t *testing.T, d *tuitest.Driver) { shows(t, d, "principal (VARCHAR): ") },
			"0":      func(t *testing.T, d *tuitest.Driver) { shows(t, d, "event_id (VARCHAR): ") },
			"$":      func(t *testing.T, d *tuitest.Driver) { shows(t, d, "outcome (VARCHAR): ") },
			"up":     at("1 of 342"),
			"down":   at("3 of 342"),
			"pgup":   at("1 of 342"),
			"pgdown": at("17 of 342"),
			"home":   at("1 of 342"),
			"end":    at("342 of 342"),
			"ctrl+g": func(t *testing.T, d *tuitest.Driver) { shows(t, d, "> select * from events") },
		}},
		{"value", part.Target{Query: "select string_agg(n, chr(10)) as lines from range(50) r(n)"}, []string{"v", "down"}, map[string]func(*testing.T, *tuitest.Driver){
			"e":      func(t *testing.T, d *tuitest.Driver) { shows(t, d, "> select string_agg") },
			"v":      func(t *testing.T, d *tuitest.Driver) { shows(t, d, "lines (VARCHAR): 0") },
			"up":     at("1 of 50"),
			"down":   at("3 of 50"),
			"pgup":   at("1 of 50"),
			"pgdown": at("19 of 50"),
			"home":   at("1 of 50"),
			"end":    at("50 of 50"),
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := driveOn(t, source, 80, 21, tt.target)
			d.Press(tt.keys...)
			for _, b := range d.Part.Keys() {
				name := b.Keys()[0]
				test := tt.tested[name]
				if test == nil {
					t.Errorf("%s is said to do something, and no test says what", name)
					continue
				}
				t.Run(name, func(t *testing.T) {
					d := driveOn(t, source, 80, 21, tt.target)
					d.Press(tt.keys...)
					d.Press(name)
					test(t, d)
				})
			}
		})
	}
}

func at(position string) func(*testing.T, *tuitest.Driver) {
	return func(t *testing.T, d *tuitest.Driver) {
		t.Helper()
		if got := d.Part.State().Position; got != position {
			t.Errorf("at %q, want %q", got, position)
		}
	}
}

func hasNotice(t *testing.T, d *tuitest.Driver, want string) {
	t.Helper()
	if n := tuitest.Last[part.Notice](d); !strings.Contains(n.Text, want) {
		t.Errorf("says %q, want %q", n.Text, want)
	}
}

// TestRun types a query and runs it.
func TestRun(t *testing.T) {
	d := drive(t, 80, 21, part.Target{})
	d.Type("select null as nothing, '' as empty, 12 as n, 'x' as s, [1, 2] as l")
	d.Press("enter")
	shows(t, d, "1 row in 0.00 s", "–", "[1,2]", "nothing (INTEGER): NULL")
	if d.Part.Typing() || d.Part.Target().Query == "" {
		t.Errorf("typing %t, about %+v", d.Part.Typing(), d.Part.Target())
	}
	d.Press("e", "ctrl+u")
	d.Type("select n from range(20000) r(n)")
	d.Press("enter")
	shows(t, d, "the first 10,000 rows in 0.00 s; there are more")
	d.Press("e", "ctrl+u")
	d.Type("delete from evidence")
	d.Press("enter")
	shows(t, d, "only one SELECT statement")
	if !d.Part.Typing() {
		t.Error("the query cannot be mended")
	}
}

// TestErrorPlace puts the cursor behind what is wrong, and says what was meant.
func TestErrorPlace(t *testing.T) {
	source := source(t)
	long := "select '" + strings.Repeat("a", 300) + "' as a,\n  modell, '" + strings.Repeat("b", 300) + "' as b from events"
	for _, tt := range []struct{ name, query, typed, hint string }{
		{"column", "select ts,\n  modell from events", "select ts,\n  model from events", "did you mean model?"},
		{"long line", long, strings.Replace(long, "modell", "model", 1), "did you mean model?"},
		{"of another table", "select severity from events", "", "findings have a column severity"},
		{"table", "select 1 from evnts", "select 1 from events", "did you mean events?"},
		{"all tables", "select 1 from nothinglikeit", "", "tables: events, events_all, calls"},
		{"function", "select frobnicate(ts) from events", "", "frobnicate"},
		{"syntax", "select from events wher x", "", "syntax error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := driveOn(t, source, 100, 40, part.Target{Query: tt.query})
			if text := strings.Join(strings.Fields(d.Text()), " "); !strings.Contains(text, tt.hint) {
				t.Errorf("no %q in\n%s", tt.hint, text)
			}
			if tt.typed == "" {
				return
			}
			word := "modell"
			if tt.name == "table" {
				word = "evnts"
			}
			for range word {
				d.Press("backspace")
			}
			d.Type(map[string]string{"modell": "model", "evnts": "events"}[word])
			d.Press("enter")
			if d.Part.Target().Query != tt.typed {
				t.Errorf("the query became %q", d.Part.Target().Query)
			}
		})
	}
}

// TestComplete completes words at different places.
func TestComplete(t *testing.T) {
	source := source(t)
	for _, tt := range []struct{ name, typed, want string }{
		{"the only one", "select event_i", "select event_id"},
		{"tables", "select * from finding_", "select * from finding_events"},
		{"a table that is made", "select * from feature_we", "select * from feature_week"},
		{"a column of it", "select * from feature_week order by hour_", "select * from feature_week order by hour_of_week"},
		{"shared", "select * from fi", "select * from finding"},
		{"columns of an alias", "select f.seve from findings f", "select f.seve from findings f"},
		{"keyword", "select 1 from events wher", "select 1 from events where"},
		{"in a string", "select 'event_i", "select 'event_i"},
		{"behind a number", "select 1", "select 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := driveOn(t, source, 100, 21, part.Target{})
			d.Type(tt.typed)
			d.Press("tab")
			first, _, _ := strings.Cut(d.Text(), "\n")
			if first != "> "+tt.want {
				t.Errorf("%q, want %q", first, tt.want)
			}
		})
	}
	d := driveOn(t, source, 100, 21, part.Target{})
	d.Type("select f. from findings f")
	for range len(" from findings f") {
		d.Press("left")
	}
	d.Press("tab", "tab", "tab", "shift+tab")
	shows(t, d, "> select f.id from findings f", "severity")
	d.Press("esc")
	shows(t, d, "> select f. from findings f")
	d.Press("tab", "tab", "enter")
	d.Type(" ")
	shows(t, d, "> select f.id  from findings f")
}

// TestHistory keeps queries from one session to the next, for the person alone.
func TestHistory(t *testing.T) {
	d := drive(t, 80, 21, part.Target{})
	hostile := "select '\u202e\u200b' as x"
	for _, q := range []string{"select 1", hostile, "select 1", "select 2"} {
		if !d.Part.Typing() {
			d.Press("e")
		}
		d.Press("ctrl+u")
		d.Type(q)
		d.Press("enter")
	}
	info, err := os.Stat(d.Env.History)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	env := tuitest.Env(t, d.Env.Source, style.None, false)
	env.History = d.Env.History
	next := tuitest.Drive(t, env, console.New(env), 80, 21, part.Target{})
	next.Type("draft")
	next.Press("up")
	shows(t, next, "> select 2")
	next.Press("up")
	shows(t, next, "> select 1")
	next.Press("up")
	shows(t, next, `> select '`)
	next.Press("up", "down", "down", "down")
	shows(t, next, "> draft")
	if err := os.WriteFile(env.History, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := tuitest.Drive(t, env, console.New(env), 80, 21, part.Target{})
	hasNotice(t, broken, "mend or remove the file")
}

// TestSave writes all rows, not only those that are shown.
func TestSave(t *testing.T) {
	d := drive(t, 80, 21, part.Target{Query: "select n from range(20000) r(n)"})
	d.Press("s")
	path := filepath.Join(t.TempDir(), "rows.csv")
	for _, want := range []string{"saved 20,000 rows", "is there already"} {
		d.Do(tuitest.Last[part.Choose](d).Then(0))
		d.Do(tuitest.Last[part.Ask](d).Then(path))
		hasNotice(t, d, want)
	}
	if text, err := os.ReadFile(path); err != nil || strings.Count(string(text), "\n") != 20001 {
		t.Errorf("%d lines, %v", strings.Count(string(text), "\n"), err)
	}
}

// slow is a source whose queries end only when they are stopped.
type slow struct {
	data.Source
	begun chan struct{}
}

func (s *slow) Query(ctx context.Context, _ string, _ data.Bound) (*data.Result, error) {
	close(s.begun)
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestStop stops a query; what was on the screen stays.
func TestStop(t *testing.T) {
	source := &slow{source(t), make(chan struct{})}
	env := tuitest.Env(t, source, style.None, false)
	d := tuitest.Drive(t, env, console.New(env), 80, 21, part.Target{})
	d.Type("select 1")
	k, _ := keys.Parse("enter")
	done := make(chan tea.Msg, 1)
	cmd := d.Part.Press(k)
	go func() { done <- cmd() }()
	<-source.begun
	state := d.Part.State()
	if state.Busy != "running the query 0.00 s" || state.Cancel == nil {
		t.Fatalf("%+v", state)
	}
	shows(t, d, "ctrl+c stops it")
	state.Cancel()
	d.Part.Take(<-done)
	if state := d.Part.State(); state.Busy != "" || !d.Part.Typing() {
		t.Errorf("%+v, typing %t", state, d.Part.Typing())
	}
	shows(t, d, "> select 1")
}

// TestFilter follows the filter of events, and adds to it.
func TestFilter(t *testing.T) {
	source := source(t)
	d := driveOn(t, source, 100, 21, part.Target{})
	d.Do(d.Part.Take(part.Filtered{Filter: filter.Filter{}.With(filter.Condition{Kind: filter.Field, Column: "outcome", Values: []string{"denied"}})}))
	d.Press("ctrl+g", "enter")
	shows(t, d, "3 rows in", "where outcome::varchar = 'denied'")
	for query, want := range map[string]filter.Condition{
		"select model from events where model is null":                 {Kind: filter.Field, Column: "model"},
		"select 14 as input_tokens":                                    {Kind: filter.Field, Column: "input_tokens", Values: []string{"14"}},
		"select principal from events where plane = 'control' limit 1": {Kind: filter.Field, Column: "principal"},
	} {
		d := driveOn(t, source, 100, 21, part.Target{Query: query})
		d.Press("=")
		got := tuitest.Last[part.AddFilter](d).Condition
		if got.Column != want.Column || got.Kind != want.Kind || want.Values != nil && !slices.Equal(got.Values, want.Values) {
			t.Errorf("%s: %+v, want %+v", query, got, want)
		}
	}
	d = driveOn(t, source, 100, 21, part.Target{Query: "select 1 as one"})
	d.Press("=")
	hasNotice(t, d, "events have no column one")
	d.Press("enter")
	hasNotice(t, d, "the row names no event")
}

// TestFilterFindsRow checks that the condition of a value lets the event of its
// row pass, for every kind of column.
func TestFilterFindsRow(t *testing.T) {
	source := source(t)
	for _, column := range []string{"ts", "input_tokens", "cost", "model", "outcome", "stream", "record", "latency"} {
		d := driveOn(t, source, 100, 21, part.Target{Query: "select " + column + ", event_id from events where " + column + " is not null order by event_id limit 1"})
		if d.Part.State().Position == "" {
			continue // the demo has no such value, or there is no such column
		}
		d.Press("=")
		c := tuitest.Last[part.AddFilter](d).Condition
		r, err := d.Env.Source.Query(t.Context(), "select count(*) from events where "+filter.Filter{}.With(c).Where(), data.Bound{Rows: 1, Bytes: 1 << 10})
		if err != nil || r.Rows[0][0] == int64(0) {
			t.Errorf("%s by %v: %v, %v", column, c.Values, r, err)
		}
	}
}

// TestReload says that rows are of the case as it was, and learns its tables anew.
func TestReload(t *testing.T) {
	d := drive(t, 100, 21, part.Target{Query: events})
	d.Press("down")
	if err := d.Env.Source.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Do(d.Part.Take(part.Reloaded{}))
	shows(t, d, "the case has changed since")
	at("2 of 342")(t, d)
	d.Press("e", "enter")
	if strings.Contains(d.Text(), "has changed") {
		t.Error("rows that were asked for anew are said to be old")
	}
}

// TestSizes draws every state in sizes from small to wide.
func TestSizes(t *testing.T) {
	d := drive(t, 80, 21, part.Target{Query: events})
	for _, state := range [][]string{{"end", "$"}, {"v"}, {"v", "e", " ", "tab"}, {"esc", "esc"}} {
		d.Press(state...)
		for _, size := range [][2]int{{40, 7}, {1, 1}, {41, 8}, {300, 100}, {80, 21}} {
			d.Resize(size[0], size[1])
			d.Lines()
		}
	}
}

// TestMouse chooses a cell, and puts the cursor into the query.
func TestMouse(t *testing.T) {
	d := drive(t, 100, 21, part.Target{Query: "select 1 as a, 2 as b union all select 3, 4"})
	click := func(x, y int) { d.Do(d.Part.Mouse(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})) }
	click(4, 4)
	shows(t, d, "b (INTEGER): 4")
	click(4, 4)
	shows(t, d, "b of row 2")
	click(2, 0)
	d.Type("x")
	shows(t, d, "> xselect 1")
	d.Do(d.Part.Mouse(tea.MouseWheelMsg{X: 4, Y: 4, Button: tea.MouseWheelUp}))
	d.Do(d.Part.Take(tea.PasteMsg{Content: "a\r\nb\x1b[2J\tc"}))
	shows(t, d, "> xa", "  b[2J  cselect 1")
}

var errFailed = errors.New("failed")

// failing is a source that knows no tables.
type failing struct{ data.Source }

func (failing) Surface(context.Context) ([]data.SurfaceColumn, error) { return nil, errFailed }

// TestNoSurface says why nothing can be completed; queries run.
func TestNoSurface(t *testing.T) {
	env := tuitest.Env(t, failing{source(t)}, style.None, false)
	d := tuitest.Drive(t, env, console.New(env), 80, 21, part.Target{})
	hasNotice(t, d, "failed")
	d.Type("select x")
	d.Press("tab")
	shows(t, d, "reading the tables")
	d.Press("backspace")
	d.Type("1")
	d.Press("enter")
	shows(t, d, "1 row in")
}

// TestHostile draws hostile text as names of columns, as values, as a query and as
// what an error says.
func TestHostile(t *testing.T) {
	source := source(t)
	for _, text := range append(celltest.Texts(), celltest.Text{Name: "long", Text: celltest.Long(1<<20, false)}) {
		t.Run(text.Name, func(t *testing.T) {
			quoted := strings.ReplaceAll(strings.ToValidUTF8(strings.ReplaceAll(text.Text, "\x00", ""), ""), "'", "''")
			name := strings.ReplaceAll(quoted[:min(len(quoted), 3000)], `"`, `""`)
			d := driveOn(t, source, 80, 21, part.Target{})
			d.Do(d.Part.Take(tea.PasteMsg{Content: "select '" + quoted[:min(len(quoted), 20_000)] + "' as \"" + strings.ToValidUTF8(name, "") + "x\", 1 as n"}))
			d.Lines()
			d.Press("enter")
			d.Lines()
			d.Press("v", "down", "end")
			d.Lines()
			d.Resize(41, 8)
			d.Lines()
			d = driveOn(t, source, 80, 21, part.Target{Query: "select \"" + strings.ToValidUTF8(name, "") + "\" from events"})
			d.Lines()
		})
	}
}

// TestLongValues scrolls through a result of texts of megabytes in frames that
// depend on the screen alone.
func TestLongValues(t *testing.T) {
	d := drive(t, 120, 40, part.Target{Query: "select repeat('x', 4000000) as a, repeat('word \u4e00 ', 300000) as b from range(8)"})
	began := time.Now()
	const frames = 50
	for range frames {
		d.Press("down", "right")
		d.Part.Lines()
	}
	if took := time.Since(began) / frames; took > 16*time.Millisecond {
		t.Errorf("a frame takes %v", took)
	}
}
