package yamldoc

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, text string
		want       Problem
	}{
		{"one", "version: 1\n", Problem{}},
		{"markers around one", "---\nversion: 1\n...\n", Problem{}},
		{"nothing", "", Problem{Line: 1, Column: 1, Text: "the list is empty: it begins with version: 1"}},
		{"only a remark", "# nothing\n", Problem{Line: 1, Column: 1, Text: "the list is empty: it begins with version: 1"}},
		{"two", "version: 1\n---\nversion: 2\n", Problem{Line: 2, Column: 1, Text: "a second document begins here: a list is one, without ---"}},
		{"no YAML", "a: b\nc: [", Problem{Line: 2, Text: "this is not YAML: did not find expected node content"}},
		{"no YAML in the second", "a: b\n---\nc: [", Problem{Line: 3, Text: "this is not YAML: did not find expected node content"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n, p := Parse([]byte(test.text), "list")
			if p == nil {
				p = &Problem{}
				if n.Kind != yaml.MappingNode {
					t.Errorf("a node of kind %d", n.Kind)
				}
			}
			if diff := cmp.Diff(test.want, *p); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	list := []Problem{{Line: 3, Text: "c"}, {Line: 1, Column: 2, Text: "b"}, {Line: 1, Column: 2, Text: "b"}, {Text: "a"}}
	var got []string
	for _, p := range Sort(slices.Clone(list)) {
		got = append(got, p.String())
	}
	if diff := cmp.Diff([]string{"a", "line 1, column 2: b", "line 3: c"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, want := (&Error{What: "a list", Problems: list}).Error(), "reading a list: line 3: c (and 3 more)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if p := ProblemAt(1, 1, "%s", strings.Repeat("ä", 400)); len(p.Text) > maxProblem+3 || !strings.HasSuffix(p.Text, "ä...") {
		t.Errorf("a long text: %q", p.Text)
	}
	if p := Placed("line 12: x"); p != (Problem{Line: 12, Text: "x"}) {
		t.Errorf("%+v", p)
	}
	if p := Placed("line 99999999999999999999: x"); p.Line != 0 {
		t.Errorf("%+v", p)
	}
}
