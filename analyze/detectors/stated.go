package detectors

import (
	"bytes"
	"context"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// statedReader finds the numbers that texts state.
type statedReader struct{}

const (
	// maxStated bounds the numbers that are kept of a text.
	maxStated = 256
	// blockBytes is how long a prompt with documents is at least.
	blockBytes = 300
)

func (statedReader) finder() casefile.TextFinder {
	return casefile.TextFinder{Name: "text_number", Version: "1", Ints: []string{"number", "what"}}
}

func (statedReader) visitor() (textVisitor, error) {
	var all []content.Value
	var ints [2]int64
	return func(t *readText, add func(casefile.TextFact)) {
		all = content.AppendValues(all[:0], t.Text[:min(len(t.Text), maxWordBytes)])
		for _, v := range all[:min(len(all), maxStated)] {
			ints = [2]int64{int64(v.Number), int64(v.Of)} //nolint:gosec // the bits of hashes
			add(casefile.TextFact{Ints: ints[:]})
		}
	}, nil
}

// tables makes the table stated.
func (statedReader) tables(ctx context.Context, r *run) error { return r.exec(ctx, "stated") }

// documentReader finds the prompts that have a block of documents in them.
type documentReader struct{}

func (documentReader) finder() casefile.TextFinder {
	return casefile.TextFinder{Name: "text_document", Version: "1"}
}

func (documentReader) visitor() (textVisitor, error) {
	return func(t *readText, add func(casefile.TextFact)) {
		if t.Role == "user" && hasDocuments(t.Text) {
			add(casefile.TextFact{})
		}
	}, nil
}

// tables makes the table document_prompt and, with the numbers, those of what calls were
// given to read.
func (documentReader) tables(ctx context.Context, r *run) error {
	for _, name := range []string{"document_prompt", "given_document", "read_again"} {
		if err := r.exec(ctx, name); err != nil {
			return err
		}
	}
	return nil
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
