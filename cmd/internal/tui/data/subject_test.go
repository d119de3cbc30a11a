package data_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

// TestSubject checks that what a subject did is what the view of calls says.
func TestSubject(t *testing.T) {
	dir, key := tuitest.Demo(t)
	c := tuitest.Source(t, dir, key)
	surface := casetest.Open(t, dir)
	for _, kind := range []string{"principal", "credential_id", "model", "src_ip", "app"} {
		list, err := c.SubjectList(t.Context(), kind, 5)
		if err != nil || len(list) == 0 && kind != "app" {
			t.Fatal(list, err)
		}
		for _, v := range list {
			s, err := c.Subject(t.Context(), kind, v.Value, func(int64, int64) {})
			if err != nil {
				t.Fatal(err)
			}
			if found, err := c.SubjectKind(t.Context(), v.Value); err != nil || found != kind {
				t.Errorf("%s is a %s (%v), want %s", v.Value, found, err, kind)
			}
			got := fmt.Sprintf("%d calls, %s in, %s out", s.All.Calls, known(s.All.InputTokens), known(s.All.OutputTokens))
			if diff := cmp.Diff(callsOf(t, surface, kind, v.Value), got); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", kind, v.Value, diff)
			}
			units := int64(0)
			for _, h := range s.Hours {
				units += h.Calls + h.Others
			}
			if all := s.All.Calls + s.All.Others; units+s.Timeless != all || *s.First < s.From || *s.Last > s.To+60e6 {
				t.Errorf("%s %s: %d in hours, %d without a time, %d in all, from %d to %d", kind, v.Value, units, s.Timeless, all, *s.First, *s.Last)
			}
		}
	}
	if _, err := c.Subject(t.Context(), "prompt", "x", func(int64, int64) {}); err == nil || !strings.Contains(err.Error(), "none of") {
		t.Errorf("a prompt as a subject: %v", err)
	}
	if kind, err := c.SubjectKind(t.Context(), "nobody' or 1 = 1 --"); err != nil || kind != "" {
		t.Errorf("nobody is a %s, %v", kind, err)
	}
}

// callsOf counts with the view of calls.
func callsOf(t *testing.T, c *casefile.Case, kind, value string) string {
	t.Helper()
	column := kind
	if kind == "model" {
		column = "coalesce(model, model_response)"
	}
	var n int64
	var input, output *int64
	query := "select count(*), sum(input_tokens)::bigint, sum(output_tokens)::bigint from calls where kind in ('inference', 'embedding') and " + column + " = $1"
	if err := c.DB().QueryRowContext(t.Context(), query, value).Scan(&n, &input, &output); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d calls, %s in, %s out", n, known(input), known(output))
}

func known(n *int64) string {
	if n == nil {
		return "NULL"
	}
	return strconv.FormatInt(*n, 10)
}

// TestSubjectShared finds who came from the same address.
func TestSubjectShared(t *testing.T) {
	dir, key := tuitest.Demo(t)
	c := tuitest.Source(t, dir, key)
	s, err := c.Subject(t.Context(), "credential_id", "AKIAEXAMPLEBDXXNZBV4", func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	shared, err := c.SubjectShared(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range shared {
		got = append(got, fmt.Sprint(o.Kind, " ", o.Value, " ", o.Principal, " ", o.Events))
	}
	if diff := cmp.Diff([]string{
		"src_ip 203.0.113.166 arn:aws:sts::111122223333:assumed-role/ai-platform-admin/maintenance 27",
		"credential_id AKIAEXAMPLEBDXXNZBV4 arn:aws:iam::111122223333:user/dev-07 10",
		"src_ip 203.0.113.166 arn:aws:iam::111122223333:user/dev-07 10",
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestFindings reads what was found, once for each analysis.
func TestFindings(t *testing.T) {
	dir, key := tuitest.Demo(t)
	c := tuitest.Source(t, dir, key)
	first, err := c.Findings(t.Context())
	if err != nil || first.Analysis == nil || len(first.List) != 8 || len(first.About) == 0 {
		t.Fatal(first, err)
	}
	f := &first.List[0]
	eids, err := c.EventsOf(t.Context(), append([]string{"00000000-7", "no id"}, f.Events...))
	if err != nil || eids[0] != 0 || eids[1] != 0 || len(eids) != len(f.Events)+2 {
		t.Fatal(eids, err)
	}
	rows, err := c.Rows(t.Context(), eids[2:], nil, 0)
	for i := range rows {
		if rows[i].EventID != f.Events[i] {
			t.Errorf("event %d is %s, want %s", i, rows[i].EventID, f.Events[i])
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	var _ data.Findings = c
}

// TestSubjectFindings counts the events of a principal that findings list, against
// looking at each.
func TestSubjectFindings(t *testing.T) {
	dir, key := tuitest.Demo(t)
	c := tuitest.Source(t, dir, key)
	ctx := t.Context()
	const who = "arn:aws:iam::111122223333:user/dev-07"
	found, err := c.Findings(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for i := range found.List {
		eids, err := c.EventsOf(ctx, found.List[i].Events)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := c.Rows(ctx, eids, []string{"principal"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if r.Values[0] == any(who) {
				want[found.List[i].ID]++
			}
		}
	}
	got, err := c.SubjectFindings(ctx, "principal", who)
	if diff := cmp.Diff(want, got); err != nil || diff != "" || len(got) == 0 {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := c.SubjectFindings(ctx, "person", who); err != nil || len(got) != 0 {
		t.Errorf("of a person, whom no log names: %v, %v", got, err)
	}
}
