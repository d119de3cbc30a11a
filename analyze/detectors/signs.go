package detectors

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// textSign is a sign of one text of the case.
type textSign struct {
	hash [sha256.Size]byte
	role string
	content.Sign
}

// signs makes the tables sign, sign_text and said_sign: what the texts of the
// case show, and who said them when. Each unique text is scanned once.
func (r *run) signs(ctx context.Context) error {
	if r.signed {
		return nil
	}
	if err := r.features.Need(ctx, "call"); err != nil {
		return err
	}
	found, err := r.scanTexts(ctx)
	if err != nil {
		return err
	}
	if err := r.exec(ctx, "sign_tables"); err != nil {
		return err
	}
	err = r.c.Append(ctx, "sign", len(found), func(i int) []driver.Value {
		s := &found[i]
		return []driver.Value{s.hash[:], s.role, s.Kind, s.Label, s.Score, int64(s.Start), int64(s.End), s.Via}
	})
	if err != nil {
		return err
	}
	if err := r.c.StoredViews(ctx); err != nil {
		return err
	}
	r.signed = true
	return r.exec(ctx, "said_sign")
}

// scanTexts returns the signs of all texts, in order of their hashes.
func (r *run) scanTexts(ctx context.Context) ([]textSign, error) {
	visitors := make([]func(*casefile.UniqueText) error, max(1, r.options.Threads))
	found := make([][]textSign, len(visitors))
	for i := range visitors {
		scanner, err := content.NewScanner()
		if err != nil {
			return nil, err
		}
		visitors[i] = func(u *casefile.UniqueText) error {
			for _, sign := range scanner.Scan(u.Text, content.Role(u.Role)) {
				found[i] = append(found[i], textSign{u.SHA256, u.Role, sign})
			}
			if len(found[i]) > maxTextSigns {
				return fmt.Errorf("scanning texts: they show more than %d signs; analyze a part of the case with --except content", maxTextSigns)
			}
			return nil
		}
	}
	if _, err := r.c.EachText(ctx, 0, visitors); err != nil {
		return nil, err
	}
	all := slices.Concat(found...)
	slices.SortStableFunc(all, func(a, b textSign) int { return slices.Compare(a.hash[:], b.hash[:]) })
	return all, nil
}

// maxTextSigns bounds the signs that are held in memory, at about 150 bytes
// each.
const maxTextSigns = 2_000_000
