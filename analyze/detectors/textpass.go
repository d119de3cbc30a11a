package detectors

import (
	"context"
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// textReader looks at every unique text of the case, in the one pass over them.
type textReader interface {
	// visitor returns what looks at the texts of one thread. It is given the
	// hashes of the words of a text too, which are valid until it returns.
	visitor() func(u *casefile.UniqueText, words []uint64) error
	// done keeps what all visitors saw, in an order of its own.
	done(ctx context.Context, r *run) error
}

// textReaders lists what looks at the texts. Keys that are asked for later are
// looked for here too, so that texts are read once.
func (r *run) textReaders(ctx context.Context) ([]textReader, error) {
	echoes, err := newEchoReader(ctx, r)
	if err != nil {
		return nil, err
	}
	sketches, err := newSketchReader(ctx, r)
	if err != nil {
		return nil, err
	}
	list := []textReader{&signReader{}, echoes, sketches, &statedReader{}, &formReader{}}
	if !r.leaked && r.options.chosen(leakedKeyID) {
		keys, err := newKeyReader(ctx, r)
		if err != nil {
			return nil, err
		}
		list = append(list, keys)
	}
	return list, nil
}

// maxWordBytes bounds what is cut into words of one text: its beginning.
const maxWordBytes = 256 << 10

// leakedKeyID is the detector that reads the table leaked_text.
const leakedKeyID = "recon.leaked-key"

// readTexts makes one pass over the texts.
func (r *run) readTexts(ctx context.Context, readers []textReader) error {
	visitors := make([]func(*casefile.UniqueText) error, max(1, r.options.Threads))
	for i := range visitors {
		var each []func(*casefile.UniqueText, []uint64) error
		for _, reader := range readers {
			each = append(each, reader.visitor())
		}
		var words []uint64
		visitors[i] = func(u *casefile.UniqueText) error {
			words = content.AppendWordHashes(words[:0], u.Text[:min(len(u.Text), maxWordBytes)])
			for _, visit := range each {
				if err := visit(u, words); err != nil {
					return err
				}
			}
			return nil
		}
	}
	if _, err := r.c.EachText(ctx, 0, visitors); err != nil {
		return err
	}
	for _, reader := range readers {
		if err := reader.done(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// signReader finds the signs of all texts.
type signReader struct {
	found []*[]textSign // by visitor
}

func (s *signReader) visitor() func(*casefile.UniqueText, []uint64) error {
	scanner, err := content.NewScanner()
	found := new([]textSign)
	s.found = append(s.found, found)
	return func(u *casefile.UniqueText, _ []uint64) error {
		if err != nil {
			return err
		}
		for _, sign := range scanner.Scan(u.Text, content.Role(u.Role)) {
			*found = append(*found, textSign{u.SHA256, u.Role, sign})
		}
		if len(*found) > maxTextSigns {
			return fmt.Errorf("scanning texts: they show more than %d signs; analyze a part of the case with --except content", maxTextSigns)
		}
		return nil
	}
}

func (s *signReader) done(ctx context.Context, r *run) error {
	var all []textSign
	for _, found := range s.found {
		all = append(all, *found...)
	}
	slices.SortStableFunc(all, func(a, b textSign) int { return slices.Compare(a.hash[:], b.hash[:]) })
	return r.keepSigns(ctx, all)
}

// maxTextSigns bounds the signs that are held in memory, at about 150 bytes
// each.
const maxTextSigns = 2_000_000
