package casefile

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"slices"
	"strconv"
	"unicode/utf8"
)

// StoredViews makes two temporary views in the database of the case, also in
// one that was opened for lookups: stored_event and stored_use, the rows of the
// events and uses segments as they are stored, with eid. They show duplicates,
// have hashes as bytes and no column that only the SQL surface makes. Unlike
// there, a condition on any column reaches the segments.
func (c *Case) StoredViews(ctx context.Context) error {
	return runWith(ctx, c.db, "lookup_stored", map[string]string{
		"events": c.allEvents(), "uses": relation(only(c.events, "uses"), emptyUses),
	}, nil)
}

// Text is the beginning of a text of the case.
type Text struct {
	Text  string
	Chars int64 // of the whole text
}

// Texts returns the texts with the given hashes, SHA-256 in hexadecimal digits
// of lower case, cut to a number of characters. Those that the case does not
// have are missing.
//
// Few are looked up where they stand. For many all texts are read, which costs
// less than as many places to join.
func (c *Case) Texts(ctx context.Context, hashes []string, chars int) (map[string]Text, error) {
	if len(hashes) > maxLookedUp {
		return c.textsOf(ctx, hashes, chars)
	}
	out := map[string]Text{}
	want := map[string]bool{}
	for _, h := range hashes {
		want[h] = true
	}
	note := func(hash []byte, text sql.NullString, length sql.NullInt64) {
		if h := hex.EncodeToString(hash); want[h] && text.Valid {
			out[h] = Text{text.String, length.Int64}
		}
	}
	columns, content, err := c.textPlaces(ctx, hashes)
	if err != nil {
		return nil, err
	}
	segments, err := c.segmentFiles()
	if err != nil {
		return nil, err
	}
	fill := map[string]string{"chars": strconv.Itoa(chars)}
	err = c.eachPlace(ctx, "lookup_text", fill, columns, func(r *sql.Rows) error {
		var hash [4][]byte
		var text [4]sql.NullString
		var length [4]sql.NullInt64
		var into []any
		for i := range hash {
			into = append(into, &hash[i], &text[i], &length[i])
		}
		err := r.Scan(into...)
		for i := range hash {
			note(hash[i], text[i], length[i])
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	one := func(r *sql.Rows) error {
		var hash []byte
		var text sql.NullString
		var length sql.NullInt64
		err := r.Scan(&hash, &text, &length)
		note(hash, text, length)
		return err
	}
	if err := c.eachPlaceOf(ctx, segments.content, "lookup_text_content", fill, content, one); err != nil {
		return nil, err
	}
	if len(out) == len(want) {
		return out, nil
	}
	return out, c.query(ctx, "lookup_text_joined", fill, []any{sql.Named("hashes", hashes)}, one)
}

// maxLookedUp is how many texts are looked up one by one.
const maxLookedUp = 10_000

// textsOf is Texts for many.
func (c *Case) textsOf(ctx context.Context, hashes []string, chars int) (map[string]Text, error) {
	want := map[[sha256.Size]byte]string{}
	for _, h := range hashes {
		if b, err := hex.DecodeString(h); err == nil && len(b) == sha256.Size {
			want[[sha256.Size]byte(b)] = h
		}
	}
	out := map[string]Text{}
	_, err := c.EachText(ctx, 0, []func(*UniqueText) error{func(u *UniqueText) error {
		if h, ok := want[u.SHA256]; ok {
			out[h] = Text{string(firstChars(u.Text, chars)), int64(utf8.RuneCount(u.Text))}
		}
		return nil
	}})
	return out, err
}

// firstChars cuts a text to a number of characters.
func firstChars(text []byte, n int) []byte {
	at := 0
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRune(text[at:])
		at += size
	}
	return text[:at]
}

// TextHashes returns the hashes of all texts of the events: what their columns,
// messages and documents say, and for the first event of a call what its chunks
// say together. They are SHA-256 in hexadecimal digits, sorted.
func (c *Case) TextHashes(ctx context.Context, eids []int64) ([]string, error) {
	segments, err := c.segmentFiles()
	if err != nil || len(eids) == 0 {
		return nil, err
	}
	var out []string
	note := func(r *sql.Rows, columns int) error {
		hashes := make([][]byte, columns)
		into := make([]any, columns)
		for i := range hashes {
			into[i] = &hashes[i]
		}
		err := r.Scan(into...)
		for _, h := range hashes {
			if h != nil {
				out = append(out, hex.EncodeToString(h))
			}
		}
		return err
	}
	own := func(r *sql.Rows) error { return note(r, 4) }
	if err := c.eachPlace(ctx, "lookup_text_own", nil, eids, own); err != nil {
		return nil, err
	}
	some := slices.DeleteFunc(slices.Clone(eids), func(eid int64) bool { return segments.uses[eid>>eidShift] == "" })
	err = c.eachPlaceOf(ctx, segments.uses, "lookup_text_use", nil, some, func(r *sql.Rows) error { return note(r, 1) })
	if err != nil {
		return nil, err
	}
	if err := c.query(ctx, "lookup_text_call", map[string]string{"eids": joinInts(eids)}, nil, own); err != nil {
		return nil, err
	}
	return distinct(out), nil
}

// textPlaces returns where texts stand: events that have them in a column, and
// rows of content segments, numbered like events.
func (c *Case) textPlaces(ctx context.Context, hashes []string) (columns, content []int64, err error) {
	if len(hashes) == 0 {
		return nil, nil, nil
	}
	err = c.query(ctx, "lookup_text_place", nil, []any{sql.Named("hashes", hashes)}, func(r *sql.Rows) error {
		var hash string
		var eid, place int64
		err := r.Scan(&hash, &eid, &place)
		if place == 0 {
			content = append(content, eid)
		} else {
			columns = append(columns, eid)
		}
		return err
	})
	return distinct(columns), distinct(content), err
}
