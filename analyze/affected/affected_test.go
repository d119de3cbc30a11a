package affected

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

const dues = "Harbour dues rise."

// harbour is a case with [documents], in which six people share a system
// prompt.
func harbour(t *testing.T) *casefile.Case {
	t.Helper()
	var shared strings.Builder
	for i, user := range []string{"ana", "bo", "cy", "di", "ed", "flo"} {
		fmt.Fprintf(&shared, `{"timestamp":"2026-03-02T08:0%d:00Z","user":%q,"model":"m-1","system_prompt":"You help.","prompt":"hello %d","request_id":"call-%d"}`+"\n", i, user, i, i)
	}
	shared.WriteString(`{"timestamp":"2026-03-02T08:09:00Z","user":"ana","model":"m-1","system_prompt":"You help.","prompt":"` + dues + `","request_id":"call-9"}` + "\n")
	return casetest.Files(t, map[string]string{"documents.jsonl": documents, "shared.jsonl": shared.String(), "again.jsonl": documents})
}

func find(t *testing.T, c *casefile.Case, o Options) *Result {
	t.Helper()
	r, err := Find(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestChain follows a document: it was a prompt, then an answer, and then a
// document for somebody else.
func TestChain(t *testing.T) {
	r := find(t, harbour(t), Options{Value: dues})
	if len(r.Things) != 1 || r.Things[0].Text != dues || r.Things[0].Chars != 18 || r.Things[0].Value != sumOf(dues) {
		t.Fatalf("got things %+v", r.Things)
	}
	var chain []string
	for _, role := range r.Things[0].Roles {
		chain = append(chain, fmt.Sprintf("%s by %s in %d", role.Role, role.Principal, role.Units))
	}
	want := []string{"user by ana in 3", "assistant by ana in 1", "document by bo in 1"}
	if diff := gocmp.Diff(want, chain); diff != "" {
		t.Errorf("chain (-want +got)\n%s", diff)
	}
	var who []string
	for _, x := range r.Subjects {
		who = append(who, fmt.Sprint(*x.Principal, " ", x.Calls))
	}
	if diff := gocmp.Diff([]string{"ana 2", "bo 2", "cy 1"}, who); diff != "" {
		t.Errorf("subjects (-want +got)\n%s", diff)
	}
	bo := r.Subjects[1].Next
	if bo.Calls != 1 || bo.Again != 1 || len(bo.Models) != 1 || bo.Models[0].Value != "m-2" || len(bo.Addresses) != 1 {
		t.Errorf("after bo met it: %+v", bo)
	}
	var telling []string
	for _, x := range bo.Telling {
		telling = append(telling, x.Why)
	}
	if diff := gocmp.Diff([]string{"new address", "new model", "next"}, telling); diff != "" {
		t.Errorf("telling (-want +got)\n%s", diff)
	}
}

// TestFromEvent starts from a call: what only it holds is not told, and what
// all hold distinguishes nobody.
func TestFromEvent(t *testing.T) {
	c := harbour(t)
	keys, err := c.IdentifierEvents(t.Context(), "call-9")
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	for _, test := range []struct {
		name string
		o    Options
		kind StartKind
	}{
		{"event", Options{Value: keys[0].EventID}, StartEvent},
		{"finding", Options{Value: "f-0123456789abcdef", Finding: func(context.Context, string) (*analyze.Finding, error) {
			return &analyze.Finding{ID: "f-0123456789abcdef", Title: "A claim", Events: []string{keys[0].EventID}, EventCount: 3}, nil
		}}, StartFinding},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := find(t, c, test.o)
			if r.Start.Kind != test.kind || !slices.Equal(r.Start.Events, []string{keys[0].EventID}) {
				t.Errorf("starts from %+v", r.Start)
			}
			if test.kind == StartFinding && (r.Start.Title != "A claim" || r.Start.Cut != 2) {
				t.Errorf("starts from %+v", r.Start)
			}
			var things []string
			for _, x := range r.Things {
				things = append(things, fmt.Sprint(x.Text, " ", x.Principals, " ", x.Common, " ", x.Told))
			}
			if diff := gocmp.Diff([]string{dues + " 3 false true", "You help. 6 true false"}, things); diff != "" {
				t.Errorf("things (-want +got)\n%s", diff)
			}
			if r.Alone != 1 || r.Population != 6 || len(r.Subjects) != 3 {
				t.Errorf("alone %d, population %d, %d subjects", r.Alone, r.Population, len(r.Subjects))
			}
		})
	}
}

func TestLookups(t *testing.T) {
	c := harbour(t)
	hash := sumOf(dues)
	for _, test := range []struct {
		name string
		o    Options
		want string // kinds and calls of the things
	}{
		{"hash", Options{Value: hash}, "content 5"},
		{"beginning of a hash", Options{Value: strings.ToUpper(hash[:8])}, "content 5"},
		{"text of a file", Options{Text: []byte(dues + "\r\n")}, "content 5"},
		{"principal", Options{Value: "bo"}, "principal 3"},
		{"address", Options{Value: "198.51.100.9"}, "address 1"},
		{"session", Options{Value: "s-2"}, "session 3"},
		{"only what is common", Options{Value: "You help."}, "content 7"},
		{"up to a time", Options{Value: dues, To: time.Date(2026, 3, 2, 9, 5, 0, 0, time.UTC)}, "content 2"},
		{"from a time", Options{Value: dues, From: time.Date(2026, 3, 2, 9, 5, 0, 0, time.UTC)}, "content 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := find(t, c, test.o)
			var got []string
			for _, x := range r.Things {
				got = append(got, fmt.Sprint(x.Kind, " ", x.Calls))
			}
			if strings.Join(got, ", ") != test.want || len(r.Subjects) == 0 {
				t.Errorf("got %v and %d subjects, want %s", got, len(r.Subjects), test.want)
			}
		})
	}
}

func TestNotFound(t *testing.T) {
	c := harbour(t)
	for _, o := range []Options{
		{Value: "nothing"},
		{Value: "0000-1"},
		{Value: "00000000"},
		{Value: "f-0123456789abcdef"},
		{Text: []byte("nothing\n")},
		{Value: dues, By: []string{"address"}},
		{Value: dues, From: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		var none *NotFoundError
		if r, err := Find(t.Context(), c, o); !errors.As(err, &none) {
			t.Errorf("%+v: got %+v, %v", o, r, err)
		}
	}
	for _, o := range []Options{{}, {Value: "x", Text: []byte("y")}, {Text: []byte{}}, {Value: "x", By: []string{"colour"}}, {Value: "x", Limit: -1}} {
		if r, err := Find(t.Context(), c, o); err == nil {
			t.Errorf("%+v: got %+v", o, r)
		}
	}
}

// TestLoadOrder checks that the order in which evidence was loaded, and the
// number of threads, do not matter.
func TestLoadOrder(t *testing.T) {
	dir := casetest.Write(t, map[string]string{"a.jsonl": documents, "b.jsonl": strings.Replace(documents, "ana", "zoe", 1), "c.jsonl": documents})
	var results []*Result
	for _, names := range [][]string{{"a.jsonl", "b.jsonl", "c.jsonl"}, {"c.jsonl", "b.jsonl", "a.jsonl"}} {
		var paths []string
		for _, name := range names {
			paths = append(paths, dir+"/"+name)
		}
		results = append(results, find(t, casetest.Open(t, casetest.Load(t, paths...)), Options{Value: dues}))
	}
	if diff := gocmp.Diff(results[0], results[1]); diff != "" {
		t.Errorf("(-first +second)\n%s", diff)
	}
}

// FuzzFind searches for any text.
func FuzzFind(f *testing.F) {
	c := casetest.Files(f, map[string]string{"documents.jsonl": documents})
	for _, seed := range []string{dues, "'; drop table met; --", "00000000", "f-0123456789abcdef", "a-1", "\x00\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if value == "" {
			return
		}
		var none *NotFoundError
		var several *AmbiguousError
		if _, err := Find(t.Context(), c, Options{Value: value}); err != nil &&
			!errors.As(err, &none) && !errors.As(err, &several) && !errors.Is(err, casefile.ErrAmbiguous) {
			t.Errorf("%q: %v", value, err)
		}
	})
}
