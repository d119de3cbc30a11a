package correlation

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

func TestIsPlaceholder(t *testing.T) {
	for value, want := range map[string]bool{
		"00000000-0000-0000-0000-000000000000": true,
		"ffffffff-ffff-ffff-ffff-ffffffffffff": true,
		"0":                                    true,
		"-":                                    true,
		" - ":                                  true,
		"NULL":                                 true,
		"Unknown":                              true,
		"****":                                 true,
		"HIDDEN_DUE_TO_SECURITY_REASONS":       true,
		"\u00a0":                               false,
		"1":                                    false,
		"req-0":                                false,
		"00000000-0000-0000-0000-000000000001": false,
		"7c3f9a52-1d84-4e0b-9b60-2f5d8e1a4c77": false,
	} {
		if got := IsPlaceholder(value); got != want {
			t.Errorf("IsPlaceholder(%q) = %v", value, got)
		}
	}
}

func TestParents(t *testing.T) {
	entry := func(k casefile.Keys) Entry { return Entry{Parent: -1, keys: &k} }
	entries := []Entry{
		entry(casefile.Keys{SpanID: "s1", TraceID: "t1"}),
		entry(casefile.Keys{SpanID: "s2", ParentSpanID: "s1", TraceID: "t1"}),
		entry(casefile.Keys{SpanID: "s3", ParentSpanID: "s1", TraceID: "t2"}), // a span of another trace
		entry(casefile.Keys{MessageID: "m1", ToolCallIDs: []string{"c1"}}),
		entry(casefile.Keys{MessageID: "m2", ParentMessageID: "m1", ToolCallIDs: []string{"c1", "c2"}}),
		entry(casefile.Keys{ToolCallIDs: []string{"c1", "c2"}}), // answers c2, repeats c1
		entry(casefile.Keys{SpanID: "s6", ParentSpanID: "s7"}),  // each other's parents
		entry(casefile.Keys{SpanID: "s7", ParentSpanID: "s6"}),
		entry(casefile.Keys{SpanID: "s8", ParentSpanID: "s8"}), // its own parent
	}
	setParents(entries, [][]string{3: {"c1"}, 4: {"c2"}, 8: nil})
	type parent struct {
		At int
		By ParentKind
	}
	var got []parent
	for _, e := range entries {
		got = append(got, parent{e.Parent, e.ParentBy})
	}
	want := []parent{
		{-1, ""}, {0, ParentSpan}, {-1, ""}, {-1, ""}, {3, ParentMessage}, {4, ParentToolCall}, {-1, ""}, {6, ParentSpan}, {-1, ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	r := Result{Entries: entries}
	tree := []Branch{{0, 0}, {1, 1}, {2, 0}, {3, 0}, {4, 1}, {5, 2}, {6, 0}, {7, 1}, {8, 0}}
	if diff := cmp.Diff(tree, r.Tree()); diff != "" {
		t.Errorf("tree (-want +got)\n%s", diff)
	}
}
