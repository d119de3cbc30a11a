package cli

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

func TestPercentOf(t *testing.T) {
	tests := []struct {
		name  string
		n, of int64
		want  any
	}{
		{"none", 0, 7, json.Number("0.00")},
		{"all", 7, 7, json.Number("100.00")},
		{"not quite all", 999_999, 1_000_000, json.Number("99.99")},
		{"next to nothing", 1, 1_000_000, json.Number("0.01")},
		{"a third", 1, 3, json.Number("33.33")},
		{"of nothing", 0, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := percentOf(tt.n, tt.of); got != tt.want {
				t.Errorf("percentOf(%d, %d) = %v, want %v", tt.n, tt.of, got, tt.want)
			}
		})
	}
}

func TestRowLimit(t *testing.T) {
	tests := []struct {
		name   string
		tty    bool
		given  bool
		output outputOptions
		want   int
	}{
		{"text on a terminal", true, false, outputOptions{Format: render.FormatText}, 100},
		{"text in a pipe", false, false, outputOptions{Format: render.FormatText}, 0},
		{"JSON on a terminal", true, false, outputOptions{Format: render.FormatJSON}, 0},
		{"text in a file", true, false, outputOptions{Format: render.FormatText, File: "x"}, 0},
		{"given", false, true, outputOptions{Format: render.FormatJSON}, 100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, _, _ := testFactory()
			f.outTTY = tt.tty
			if got := f.rowLimit(100, tt.given, tt.output); got != tt.want {
				t.Errorf("limit %d, want %d", got, tt.want)
			}
		})
	}
}

func TestAlternatives(t *testing.T) {
	var values []string
	v := alternatives{&values, []string{"a", "b"}}
	for s, ok := range map[string]bool{"a": true, "c": false, "": false} {
		if err := v.Set(s); (err == nil) != ok {
			t.Errorf("%q: %v", s, err)
		}
	}
	free := alternatives{values: &values}
	if err := free.Set("x, y"); err != nil || !slices.Equal(values, []string{"a", "x, y"}) {
		t.Errorf("%v: %q", err, values)
	}
}

// Every flag that selects by a column names one that events have.
func TestFilterFlagsHaveColumns(t *testing.T) {
	for _, fl := range filterFlags() {
		for _, column := range fl.columns {
			if !slices.Contains(columnNames(), column) {
				t.Errorf("--%s selects by %s, which events do not have", fl.name, column)
			}
		}
	}
}

func TestSQLError(t *testing.T) {
	err := queryProblem(errors.New("Binder Error: no \x1b[2Jx\n\nLINE 1: select x\n               ^"))
	f, _, errOut := testFactory()
	report(f, err)
	want := "exhibit: Binder Error: no \\x1b[2Jx\nexhibit: hint: LINE 1: select x\nexhibit: hint:                ^\n"
	if errOut.String() != want || exitCode(err) != exitError {
		t.Errorf("code %d:\n%s", exitCode(err), errOut)
	}
	if code := exitCode(queryProblem(casefile.ErrNotSelect)); code != exitUsage {
		t.Errorf("what is no SELECT ends with code %d", code)
	}
}

func TestReadQuery(t *testing.T) {
	for name, in := range map[string]string{"empty": " \n", "too long": strings.Repeat("x", maxQuery+1)} {
		var usage *UsageError
		if _, err := readQuery(strings.NewReader(in)); !errors.As(err, &usage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if q, err := readQuery(strings.NewReader("select 1\n")); err != nil || q != "select 1\n" {
		t.Errorf("%q, %v", q, err)
	}
}

func TestPlural(t *testing.T) {
	for _, test := range []struct {
		n    int64
		noun string
		want string
	}{
		{1, "more reply", "1 more reply"}, {2, "more reply", "2 more replies"}, {0, "call", "0 calls"}, {3, "day", "3 days"}, {3, "replay", "3 replays"}, {2, "key", "2 keys"},
	} {
		if got := plural(test.n, test.noun); got != test.want {
			t.Errorf("%d %s: got %q, want %q", test.n, test.noun, got, test.want)
		}
	}
}
