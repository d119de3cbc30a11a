package detectors

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// statedReader keeps the numbers that texts state, and which prompts have a block of
// documents in them.
type statedReader struct {
	found []*statedTexts
}

type statedTexts struct {
	values []statedValue
	blocks [][sha256.Size]byte
	all    []content.Value
	full   bool
}

type statedValue struct {
	hash [sha256.Size]byte
	content.Value
}

const (
	// maxStated bounds the numbers that are kept of a text, and maxValues those that are held in
	// memory by each thread, at 48 bytes each.
	maxStated, maxValues = 256, 4_000_000
	// blockBytes is how long a prompt with documents is at least.
	blockBytes = 300
)

func (s *statedReader) visitor() func(*casefile.UniqueText, []uint64) error {
	t := &statedTexts{}
	s.found = append(s.found, t)
	return func(u *casefile.UniqueText, _ []uint64) error {
		if len(t.values) > maxValues {
			t.full = true
			return nil
		}
		if u.Role == "user" && hasDocuments(u.Text) {
			t.blocks = append(t.blocks, u.SHA256)
		}
		t.all = content.AppendValues(t.all[:0], u.Text[:min(len(u.Text), maxWordBytes)])
		for _, v := range t.all[:min(len(t.all), maxStated)] {
			t.values = append(t.values, statedValue{u.SHA256, v})
		}
		return nil
	}
}

// hasDocuments reports whether a prompt has a block of documents in it: the usual templates
// put them in tags or under a heading.
func hasDocuments(text []byte) bool {
	if len(text) < blockBytes {
		return false
	}
	text = text[:min(len(text), maxWordBytes)]
	for _, mark := range []string{"<document", "<context", "<source", "<passage", "Context:", "CONTEXT:", "Documents:", "Sources:", "Passages:", "Document 1", "[doc1]", "Source 1", "context information"} {
		if bytes.Contains(text, []byte(mark)) {
			return true
		}
	}
	return false
}

// done makes the tables stated, of numbers, and document_prompt, of prompts.
func (s *statedReader) done(ctx context.Context, r *run) error {
	if err := r.exec(ctx, "stated"); err != nil {
		return err
	}
	var values []statedValue
	var blocks [][sha256.Size]byte
	for _, t := range s.found {
		values, blocks = append(values, t.values...), append(blocks, t.blocks...)
		r.statedFull = r.statedFull || t.full
		*t = statedTexts{}
	}
	slices.SortFunc(values, func(a, b statedValue) int {
		return cmp.Or(slices.Compare(a.hash[:], b.hash[:]), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Of, b.Of))
	})
	values = slices.Compact(values)
	err := r.c.Append(ctx, "stated", len(values), func(i int) []driver.Value {
		return []driver.Value{values[i].hash[:], values[i].Number, values[i].Of}
	})
	if err != nil {
		return err
	}
	slices.SortFunc(blocks, func(a, b [sha256.Size]byte) int { return slices.Compare(a[:], b[:]) })
	if err := r.c.Append(ctx, "document_prompt", len(blocks), func(i int) []driver.Value { return []driver.Value{blocks[i][:]} }); err != nil {
		return err
	}
	if err := r.exec(ctx, "given_document"); err != nil {
		return err
	}
	return r.exec(ctx, "read_again")
}
