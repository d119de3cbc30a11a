package casefile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// refOf names an event of a case by its id.
func refOf(t *testing.T, dir, id string) EventRef {
	t.Helper()
	c := mustOpen(t, dir)
	eids, err := c.ResolveEvent(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := c.Events(t.Context(), eids[:1], nil)
	if err != nil {
		t.Fatal(err)
	}
	return rows[0].Ref()
}

// TestEventWords checks that what was said of events is seen by readers, stays
// whatever is done to the case, and is no word about findings.
func TestEventWords(t *testing.T) {
	a := newAnalyzed(t)
	ids := eventIDsOf(t, a.dir)
	one, two := refOf(t, a.dir, ids[2]), refOf(t, a.dir, ids[0])
	a.record(t, claimed(ids[0]))
	before := stateOf(t, a.dir).generation
	a.judge(t, JudgeOptions{Event: &one, Action: ledger.ActionTag, Text: "mark"})
	a.judge(t, JudgeOptions{Event: &one, Action: ledger.ActionNote, Text: "called 'ana'\x1b[2J"})
	a.judge(t, JudgeOptions{Event: &one, Action: ledger.ActionTag, Text: "a"})
	a.judge(t, JudgeOptions{Event: &one, Action: ledger.ActionTag, Text: "a"})
	a.judge(t, JudgeOptions{Event: &two, Action: ledger.ActionTag, Text: "mark"})
	a.judge(t, JudgeOptions{Event: &two, Action: ledger.ActionTag, Text: "mark", Remove: true})
	check := func(when string) {
		t.Helper()
		c := mustOpen(t, a.dir)
		words := c.EventWords(one)
		if diff := cmp.Diff([]string{"a", "mark"}, words.Tags); diff != "" || len(words.Acts) != 4 || words.Acts[1].Actor != "ana" {
			t.Errorf("%s: %+v (-want +got):\n%s", when, words.Acts, diff)
		}
		if words := c.EventWords(two); len(words.Tags) != 0 || len(words.Acts) != 2 || !words.Acts[1].Removed {
			t.Errorf("%s: %+v", when, words)
		}
		all, err := c.AllEventWords(t.Context())
		if err != nil || len(all) != 2 {
			t.Fatalf("%s: %v, %v", when, all, err)
		}
		for eid, got := range all {
			rows, err := c.Events(t.Context(), []int64{eid}, nil)
			if err != nil || len(got.Acts) == 0 || rows[0].Ref() != got.Acts[0].Event {
				t.Errorf("%s: of %v: %+v, %v", when, rows, got, err)
			}
			if diff := cmp.Diff(c.EventWords(rows[0].Ref()), got); diff != "" {
				t.Errorf("%s: alone and among all (-alone +all):\n%s", when, diff)
			}
		}
		if diff := cmp.Diff([][]string{
			{ids[2], "tag", "mark", "ana"}, {ids[2], "note", "called 'ana'\x1b[2J", "ana"}, {ids[2], "tag", "a", "ana"},
		}, textRows(t, c, "select event_id, action, text, actor from event_words where said_at is not null order by entry")); diff != "" {
			t.Errorf("%s: event_words (-want +got):\n%s", when, diff)
		}
		if judged := c.Judged(); len(judged) != 0 {
			t.Errorf("%s: said of findings: %v", when, judged)
		}
		mustBeClean(t, a.dir)
	}
	check("at once")
	if got := stateOf(t, a.dir).generation; got != before {
		t.Errorf("a new generation: %s after %s", got, before)
	}
	a.load(t, "two.jsonl", enrichLog[0])
	check("after a load")
	if _, err := Rebuild(t.Context(), &RebuildOptions{Dir: a.dir, Redecode: true, Key: a.key, Actor: "ana", Tool: "exhibit test", Now: testClock, Threads: 1, Memory: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	check("after decoding again")
}

// TestEventWordsRefused checks that nothing is said of what is no event.
func TestEventWordsRefused(t *testing.T) {
	a := newAnalyzed(t)
	ref := refOf(t, a.dir, eventIDsOf(t, a.dir)[0])
	other := ref
	other.Evidence = strings.Repeat("ab", 32)
	late := ref
	late.Record = 1000
	for name, o := range map[string]JudgeOptions{
		"no hash":          {Event: &EventRef{Evidence: "ab", Record: 1}, Action: ledger.ActionNote, Text: "x"},
		"no record":        {Event: &EventRef{Evidence: ref.Evidence}, Action: ledger.ActionNote, Text: "x"},
		"a triage":         {Event: &ref, Action: ledger.ActionTriage, State: StateOpen},
		"a finding too":    {Event: &ref, Finding: "f-00000000000000aa", Action: ledger.ActionNote, Text: "x"},
		"no text":          {Event: &ref, Action: ledger.ActionTag},
		"another evidence": {Event: &other, Action: ledger.ActionNote, Text: "x"},
		"a later record":   {Event: &late, Action: ledger.ActionNote, Text: "x"},
	} {
		o.Dir, o.Key, o.Actor, o.Tool, o.Now = a.dir, a.key, "ana", "exhibit test", testClock
		before := stateOf(t, a.dir).head
		_, err := Judge(&o)
		if err == nil || stateOf(t, a.dir).head != before {
			t.Errorf("%s: accepted", name)
		}
		if unknown := o.Event == &other || o.Event == &late; unknown != errors.Is(err, ErrNoEvent) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEventWordsOfNothing checks that verify names an entry about an event that
// cannot be in the case, which this program does not write.
func TestEventWordsOfNothing(t *testing.T) {
	a := newAnalyzed(t)
	ref := refOf(t, a.dir, eventIDsOf(t, a.dir)[0])
	for _, body := range []*judgeBody{
		{Event: &EventRef{Evidence: strings.Repeat("ab", 32), Record: 1}, Text: "x"},
		{Event: &EventRef{Evidence: ref.Evidence, Record: 1000}, Text: "x"},
	} {
		l, err := ledger.OpenForAppend(a.dir, a.key, ledger.Options{Clock: testClock, Tool: "exhibit test", Actor: "eve"})
		if err != nil {
			t.Fatal(err)
		}
		head, err := l.Append(ledger.ActionNote, body)
		if err != nil {
			t.Fatal(err)
		}
		r := mustVerify(t, a.dir, VerifyOptions{})
		if !bytes.Contains(fmt.Append(nil, r.Problems), fmt.Appendf(nil, "line %d", head.Size)) {
			t.Errorf("entry %d is not named: %v", head.Size, r.Problems)
		}
	}
}
