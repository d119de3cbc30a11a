package detectors

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"

	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// textSign is a sign of one text of the case.
type textSign struct {
	hash [sha256.Size]byte
	role string
	content.Sign
}

// signs makes the tables sign, sign_text and said_sign: what the texts of the
// case show, and who said them when; with them the tables of the other readers
// of texts and said, which text each call asked and answered. Each unique text is
// read once.
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

// keepSigns makes the table sign.
func (r *run) keepSigns(ctx context.Context, found []textSign) error {
	if err := r.exec(ctx, "sign_tables"); err != nil {
		return err
	}
	return r.c.Append(ctx, "sign", len(found), func(i int) []driver.Value {
		s := &found[i]
		return []driver.Value{s.hash[:], s.role, s.Kind, s.Label, s.Score, int64(s.Start), int64(s.End), s.Via}
	})
}
