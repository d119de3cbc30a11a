package filter_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func TestMain(m *testing.M) { os.Exit(tuitest.Run(m)) }

func field(column string, values ...string) filter.Condition {
	return filter.Condition{Kind: filter.Field, Column: column, Values: values}
}

func not(c filter.Condition) filter.Condition {
	c.Not = true
	return c
}

// TestWith adds conditions to one another.
func TestWith(t *testing.T) {
	f := filter.Filter{}.With(field("plane", "access")).With(filter.Condition{Kind: filter.Text, Text: "a"}).
		With(field("plane", "access")).With(filter.Condition{Kind: filter.Text, Text: "b"})
	want := []filter.Condition{field("plane", "access"), {Kind: filter.Text, Text: "b"}}
	if diff := cmp.Diff(want, f.Conditions); diff != "" {
		t.Errorf("the same condition twice, and a second text (-want +got):\n%s", diff)
	}
	if got := f.Without(0); !got.Equal(filter.Filter{Conditions: want[1:]}) {
		t.Errorf("without the first: %v", got)
	}
	if !f.Equal(filter.Filter{Conditions: want}) || f.Empty() || !(filter.Filter{}).Empty() {
		t.Error("a filter is not equal to itself, or empty")
	}
}

// TestSQL checks that a condition selects what it says, by counting its events and
// those that it leaves out.
func TestSQL(t *testing.T) {
	dir, _ := tuitest.Demo(t)
	c := casetest.Open(t, dir)
	all := count(t, c, "true")
	for _, test := range []struct {
		name      string
		condition filter.Condition
		same      string // SQL of the same meaning
	}{
		{"one value", field("plane", "access"), "plane = 'access'"},
		{"two values", field("plane", "access", "control"), "plane = 'access' or plane = 'control'"},
		{"not a value", not(field("principal", "nobody")), "true"},
		{"not a value keeps NULL", not(field("model", "a'b")), "true"},
		{"NULL", field("model"), "model is null"},
		{"not NULL", not(field("model")), "model is not null"},
		{"a number", field("input_tokens", "14"), "input_tokens = 14"},
		{"a name that must be quoted", field("role", "x"), `"role" = 'x'`},
		{"severity", filter.Condition{Kind: filter.Severity, Text: "high"}, "event_id in (select event_id from finding_events where finding_id in (select id from findings where severity in ('high', 'critical')))"},
		{
			"a finding",
			filter.Condition{Kind: filter.Finding, Values: []string{"f-3bd11d0c026c144a"}},
			"event_id in (select event_id from finding_events where finding_id = 'f-3bd11d0c026c144a')",
		},
		{"any condition", filter.Condition{Kind: filter.Where, Text: "model is null or plane = 'access'"}, "model is null or plane = 'access'"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := count(t, c, filter.Filter{Conditions: []filter.Condition{test.condition}}.Where())
			if want := count(t, c, test.same); got != want {
				t.Errorf("%d events, want %d of %d", got, want, all)
			}
		})
	}
}

func count(t *testing.T, c *casefile.Case, where string) int64 {
	t.Helper()
	rows, err := c.Query(t.Context(), "select count(*) from events where "+where)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var n int64
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestCommand checks that a shell takes the command line apart into the words
// that were meant, whatever they hold.
func TestCommand(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("NOT CHECKED: there is no POSIX shell here")
	}
	from := time.Date(2026, 3, 4, 10, 0, 0, 123456000, time.UTC)
	f := filter.Filter{Conditions: []filter.Condition{
		field("principal", "o'brien; rm -rf $HOME `id` \"x\""),
		{Kind: filter.Text, Text: "ignore\nall 'rules'"},
		{Kind: filter.Regex, Text: `\bkey\b`},
		{Kind: filter.Time, From: from, To: from.Add(time.Hour)},
	}}
	line := strings.Replace(f.Command("/tmp/a case's.case"), "exhibit ", `printf '%s\0' `, 1)
	out, err := exec.CommandContext(t.Context(), sh, "-c", line).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"events", "--case", "/tmp/a case's.case", "--from", "2026-03-04T10:00:00.123456Z", "--to", "2026-03-04T11:00:00.123456Z",
		"--contains", "ignore\nall 'rules'", "--regex", `\bkey\b`, "--where", `principal::varchar = 'o''brien; rm -rf $HOME ` + "`id`" + ` "x"'`, "",
	}
	if diff := cmp.Diff(want, strings.Split(string(out), "\x00")); diff != "" {
		t.Errorf("words (-want +got):\n%s", diff)
	}
}

func TestChips(t *testing.T) {
	from := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		condition filter.Condition
		want      string
	}{
		{field("plane", "access", "control"), "plane=access|control"},
		{not(field("plane", "access")), "plane≠access"},
		{field("model"), "model=NULL"},
		{filter.Condition{Kind: filter.Text, Text: "key"}, "says key"},
		{filter.Condition{Kind: filter.Regex, Text: "k.y"}, "fits /k.y/"},
		{filter.Condition{Kind: filter.Severity, Text: "high"}, "findings ≥ high"},
		{filter.Condition{Kind: filter.Time, From: from, To: from.Add(90 * time.Minute)}, "2026-03-04T10:00Z…11:30Z"},
		{filter.Condition{Kind: filter.Time, From: from.Add(time.Second)}, "from 2026-03-04T10:00:01Z"},
		{filter.Condition{Kind: filter.Time, To: from.Add(time.Microsecond)}, "before 2026-03-04T10:00:00.000001Z"},
	} {
		if got := test.condition.Chip(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestParseTime(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, test := range []struct {
		text     string
		from, to time.Time
		wrong    bool
	}{
		{text: "2026-03-04T10:00..2026-03-04T12:30", from: at("2026-03-04T10:00:00Z"), to: at("2026-03-04T12:30:00Z")},
		{text: " 2026-03-04 .. ", from: at("2026-03-04T00:00:00Z")},
		{text: "..2026-03-04T10:00:05+02:00", to: at("2026-03-04T08:00:05Z")},
		{text: "2026-03", wrong: true},
		{text: "..", wrong: true},
		{text: "2026-03-05..2026-03-04", wrong: true},
		{text: "yesterday..", wrong: true},
	} {
		c, err := filter.ParseTime(test.text)
		if (err != nil) != test.wrong {
			t.Errorf("%q: %v", test.text, err)
		}
		if !test.wrong && (!c.From.Equal(test.from) || !c.To.Equal(test.to)) {
			t.Errorf("%q: %v to %v, want %v to %v", test.text, c.From, c.To, test.from, test.to)
		}
	}
}

// FuzzWhere checks that neither a name nor a value gets out of its quotes: what stands
// outside of them is the same whatever they are.
func FuzzWhere(f *testing.F) {
	f.Add("principal", "x' or 1=1 --")
	f.Add(`a"b`, "\x00")
	f.Add("'", "\x01")
	f.Add(`"`, `"' or "`)
	f.Fuzz(func(t *testing.T, column, value string) {
		where := filter.Filter{Conditions: []filter.Condition{field(column, value)}}.Where()
		outside, closed := unquoted(where)
		if !closed || strings.Contains(where, "\x00") || outside != "::varchar = " && outside != column+"::varchar = " {
			t.Errorf("%q", where)
		}
		if outside == column+"::varchar = " && strings.Trim(column, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
			t.Errorf("a name stands without quotes in %q", where)
		}
	})
}

// unquoted is what of an expression of SQL stands outside of names and texts in quotes,
// and whether the last of these ends. A quote that is doubled ends one and begins another.
func unquoted(s string) (outside string, closed bool) {
	var in byte
	var out []byte
	for i := range len(s) {
		switch c := s[i]; {
		case in == 0 && (c == '\'' || c == '"'):
			in = c
		case in == 0:
			out = append(out, c)
		case c == in:
			in = 0
		}
	}
	return string(out), in == 0
}
