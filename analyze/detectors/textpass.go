package detectors

import (
	"context"
	"crypto/sha256"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// textReader looks at every unique text of the case, in the one pass over those that it
// has not looked at before: what it finds is kept in the case.
type textReader interface {
	// finder says what is found; its version grows when other facts come of a text.
	finder() casefile.TextFinder
	// visitor returns what looks at the texts of one thread.
	visitor() (textVisitor, error)
	// tables makes the tables of what was found, from the view with the name of the
	// finder.
	tables(ctx context.Context, r *run) error
}

// textVisitor adds what a text shows.
type textVisitor func(t *readText, add func(casefile.TextFact))

// readText is a text with its words, which are hashed when they are asked for.
type readText struct {
	*casefile.UniqueText
	hashed [sha256.Size]byte // the text whose words are there
	words  []uint64
}

// Words returns the hashes of the words of the text, which are valid until the next text.
func (t *readText) Words() []uint64 {
	if t.hashed != t.SHA256 {
		t.words = content.AppendWordHashes(t.words[:0], t.Text[:min(len(t.Text), maxWordBytes)])
		t.hashed = t.SHA256
	}
	return t.words
}

// textReaders lists what looks at the texts. Keys that are asked for later are
// looked for here too, so that texts are read once.
func (r *run) textReaders(ctx context.Context) ([]textReader, error) {
	if r.signsOnly {
		return []textReader{signReader{}}, nil
	}
	echoes, err := newEchoReader(ctx, r)
	if err != nil {
		return nil, err
	}
	list := []textReader{signReader{}, echoes, sketchReader{}, statedReader{}, documentReader{}, formReader{}}
	if !r.leaked && r.options.chosen(leakedKeyID) {
		keys, err := newKeyReader(ctx, r)
		if err != nil {
			return nil, err
		}
		if len(keys.used) > 0 {
			list = append(list, keys)
		}
	}
	return list, nil
}

// maxWordBytes bounds what is cut into words of one text: its beginning.
const maxWordBytes = 256 << 10

// leakedKeyID is the detector that reads the table leaked_text.
const leakedKeyID = "recon.leaked-key"

// readTexts makes one pass over the texts.
func (r *run) readTexts(ctx context.Context, readers []textReader) error {
	if r.options.Progress != nil {
		texts, err := r.c.CountTexts(ctx)
		if err != nil {
			return err
		}
		r.options.Progress.Reading(texts)
	}
	var finders []casefile.TextFinder
	for _, reader := range readers {
		finders = append(finders, reader.finder())
	}
	err := r.c.FindInTexts(ctx, finders, r.options.Threads, func() ([]casefile.TextVisitor, error) {
		text := &readText{}
		var out []casefile.TextVisitor
		for i, reader := range readers {
			visit, err := reader.visitor()
			if err != nil {
				return nil, err
			}
			out = append(out, func(u *casefile.UniqueText, add func(casefile.TextFact)) error {
				text.UniqueText = u
				if i == 0 { // each text comes to all readers
					r.options.Progress.Text(len(u.Text))
				}
				visit(text, add)
				return nil
			})
		}
		return out, nil
	})
	if err != nil {
		return err
	}
	r.options.Progress.ReadAll()
	for _, reader := range readers {
		if err := reader.tables(ctx, r); err != nil {
			return err
		}
	}
	return nil
}
