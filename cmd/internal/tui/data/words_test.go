package data_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

// TestWords checks that marks, notes and tags of events are seen at once, and
// when the case is opened again.
func TestWords(t *testing.T) {
	dir, key := tuitest.Demo(t)
	c := tuitest.Source(t, dir, key)
	ctx := t.Context()
	head, err := c.Mark(ctx, firstEvent+1, true)
	if err != nil || head != c.Info().Head || c.Changed() {
		t.Fatalf("head %s after %s, %v", c.Info().Head, head, err)
	}
	for _, say := range []func() (string, error){
		func() (string, error) { return c.Mark(ctx, firstEvent, true) },
		func() (string, error) { return c.Note(ctx, firstEvent, "asked\x1b[2J") },
		func() (string, error) { return c.Tag(ctx, firstEvent, "key", false) },
		func() (string, error) { return c.Tag(ctx, firstEvent, "other", false) },
		func() (string, error) { return c.Tag(ctx, firstEvent, "other", true) },
		func() (string, error) { return c.Mark(ctx, firstEvent+1, false) },
	} {
		if _, err := say(); err != nil {
			t.Fatal(err)
		}
	}
	for when, source := range map[string]data.Source{"at once": c, "opened again": tuitest.Source(t, dir, key)} {
		all, err := source.AllWords(ctx)
		if err != nil || len(all) != 2 || slices.Contains(all[firstEvent+1].Tags, data.MarkTag) {
			t.Errorf("%s: %v, %v", when, all, err)
		}
		words := all[firstEvent]
		if diff := cmp.Diff([]string{"key", "mark"}, words.Tags); err != nil || diff != "" || len(words.Acts) != 5 || words.Acts[1].Text != "asked\x1b[2J" {
			t.Errorf("%s: %+v (-want +got):\n%s%v", when, words.Acts, diff, err)
		}
	}
	if _, err := c.Note(ctx, firstEvent, " "); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("an empty note: %v", err)
	}
}
