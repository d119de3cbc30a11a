package suppression

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
)

const list = `version: 1
suppressions:
  - id: f-0123456789abcdef
    reason: nightly
    expires: 2026-04-08
    who: ana@example.com
  - detector: volume.calls
    subject: "arn:aws:iam::*:role/batch-?"
    reason: quarterly
    expires: 2026-04-07
    who: ana@example.com
  - detector: "volume.*"
    subject: "*"
    reason: load test
    expires: 2026-05-01
    who: bo
  - detector: none.such
    subject: "*"
    reason: load test
    expires: 2026-05-01
    who: bo
`

func TestApply(t *testing.T) {
	l, err := Parse("s.yml", []byte(list))
	if err != nil {
		t.Fatal(err)
	}
	batch := "arn:aws:iam::111122223333:role/batch-1"
	findings := func() []analyze.Finding {
		return []analyze.Finding{
			{ID: "f-0123456789abcdef", Detector: "a.b", Subject: "x"},
			{ID: "f-2", Detector: "volume.calls", Subject: batch},
			{ID: "f-3", Detector: "volumes", Subject: batch},
		}
	}
	tests := []struct {
		name    string
		now     string
		want    []string // who, by finding
		expired int
		unused  int
	}{
		{"before all", "2026-04-07T23:59:59Z", []string{"ana@example.com", "ana@example.com", ""}, 0, 1},
		{"after the first day", "2026-04-08T00:00:00Z", []string{"ana@example.com", "bo", ""}, 1, 1},
		{"the last day is included", "2026-04-08T23:59:59Z", []string{"ana@example.com", "bo", ""}, 1, 1},
		{"later", "2026-04-09T00:00:00Z", []string{"", "bo", ""}, 2, 1},
		{"after all", "2026-06-01T00:00:00Z", []string{"", "", ""}, 4, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			got := findings()
			out := l.Apply(got, now)
			var who []string
			n := 0
			for _, f := range got {
				if f.Suppressed == nil {
					who = append(who, "")
					continue
				}
				n++
				who = append(who, f.Suppressed.By)
			}
			if diff := cmp.Diff(tt.want, who); diff != "" {
				t.Errorf("suppressed by (-want +got):\n%s", diff)
			}
			if out.Suppressed != n || len(out.Expired) != tt.expired || len(out.Unused) != tt.unused {
				t.Errorf("outcome %+v; want %d suppressed, %d expired, %d unused", out, n, tt.expired, tt.unused)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	good := "    reason: r\n    expires: 2026-04-08\n    who: w\n"
	entry := func(lines string) string { return "version: 1\nsuppressions:\n" + lines }
	tests := []struct {
		name, text string
		line       int
		says       string
	}{
		{"empty", "", 0, "empty"},
		{"no version", "suppressions: []\n", 1, "version: 1"},
		{"other version", "version: 2\nsuppressions: []\n", 1, "version: 1"},
		{"no list", "version: 1\n", 1, "suppressions"},
		{"unknown at the top", "version: 1\nsuppress: []\n", 2, `"suppress"`},
		{"unknown in an entry", entry("  - id: f-0123456789abcdef\n    until: x\n" + good), 4, `"until"`},
		{"twice", entry("  - id: f-0123456789abcdef\n    id: f-0123456789abcdef\n" + good), 4, "twice"},
		{"bad id", entry("  - id: f-1\n" + good), 3, "f-1"},
		{"id and detector", entry("  - id: f-0123456789abcdef\n    detector: a\n    subject: b\n" + good), 3, "want id"},
		{"detector alone", entry("  - detector: a\n" + good), 3, "want id"},
		{"subject alone", entry("  - subject: a\n" + good), 3, "want id"},
		{"no reason", entry("  - id: f-0123456789abcdef\n    expires: 2026-04-08\n    who: w\n"), 3, "reason"},
		{"blank reason", entry("  - id: f-0123456789abcdef\n    reason: ' '\n    expires: 2026-04-08\n    who: w\n"), 4, "text for reason"},
		{"no day", entry("  - id: f-0123456789abcdef\n    reason: r\n    expires: soon\n    who: w\n"), 5, "soon"},
		{"a list as a text", entry("  - id: [a]\n" + good), 3, "text for id"},
		{"two documents", "version: 1\nsuppressions: []\n---\nversion: 1\n", 4, "more than one"},
		{"alias", "version: &v 1\nsuppressions: []\n", 1, "anchors"},
		{"no YAML", "version: [", 0, ""},
		{"too long", strings.Repeat("#", maxSize+1), 0, "bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("s.yml", []byte(tt.text))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error is %v", err)
			}
			if e.Line != tt.line && tt.name != "two documents" || !strings.Contains(e.Msg, tt.says) || e.Name != "s.yml" {
				t.Errorf("%+v; want line %d and %q", e, tt.line, tt.says)
			}
		})
	}
}

func TestMatches(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "a/b:c", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"a*b*c", "a/b/c", true},
		{"a*b*c", "acb", false},
		{"*ab", "aab", true},
		{"a*", "ba", false},
		{"a.b", "axb", false},
		{"**a", "bca", true},
		{"[a]", "a", false},
	}
	for _, tt := range tests {
		if got := matches(tt.pattern, tt.text); got != tt.want {
			t.Errorf("matches(%q, %q) = %v", tt.pattern, tt.text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(list))
	f.Add([]byte("version: 1\nsuppressions: [{id: *a}]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := Parse("s.yml", text)
		if err != nil {
			if e := (*Error)(nil); !errors.As(err, &e) {
				t.Errorf("error without a place: %v", err)
			}
			return
		}
		for _, e := range l.entries {
			if e.word.Reason == "" || e.word.By == "" || (e.id == "") == (e.detector == "") {
				t.Errorf("entry without a reason: %+v", e)
			}
		}
	})
}
