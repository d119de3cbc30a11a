package detectors

import (
	"context"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// signs makes the tables sign, sign_text and said_sign: what the texts of the
// case show, and who said them when; with them the tables of the other readers
// of texts and said, which text each call asked and answered. Each unique text is
// read once, also by later runs.
func (r *run) signs(ctx context.Context) error {
	if r.signed {
		return nil
	}
	if err := r.features.Need(ctx, "call"); err != nil {
		return err
	}
	if err := r.c.StoredViews(ctx); err != nil {
		return err
	}
	if err := r.exec(ctx, "said"); err != nil {
		return err
	}
	readers, err := r.textReaders(ctx)
	if err != nil {
		return err
	}
	if err := r.readTexts(ctx, readers); err != nil {
		return err
	}
	r.signed = true
	return r.exec(ctx, "said_sign")
}

// signReader finds the signs of all texts.
type signReader struct{}

func (signReader) finder() casefile.TextFinder {
	return casefile.TextFinder{
		Name: "text_sign", Version: fmt.Sprintf("1, signs %d", content.Version),
		Words: []string{"role", "kind", "label", "via"}, Ints: []string{"start_at", "end_at"}, Score: "score",
	}
}

func (signReader) visitor() (textVisitor, error) {
	scanner, err := content.NewScanner()
	if err != nil {
		return nil, err
	}
	var words [4]string
	var ints [2]int64
	return func(t *readText, add func(casefile.TextFact)) {
		for _, s := range scanner.Scan(t.Text, content.Role(t.Role)) {
			words = [4]string{t.Role, s.Kind, s.Label, s.Via}
			ints = [2]int64{int64(s.Start), int64(s.End)}
			add(casefile.TextFact{Words: words[:], Ints: ints[:], Score: s.Score})
		}
	}, nil
}

func (signReader) tables(ctx context.Context, r *run) error { return r.exec(ctx, "sign_tables") }
