package detectors

import (
	"bytes"
	"context"
	"database/sql"
	"regexp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// leakedTexts makes the table leaked_text where the pass over the texts that
// [run.signs] makes has not: no text is read where no key was used, which is so
// in most cases.
func (r *run) leakedTexts(ctx context.Context) error {
	if r.leaked {
		return nil
	}
	if err := r.c.StoredViews(ctx); err != nil {
		return err
	}
	keys, err := newKeyReader(ctx, r)
	if err != nil {
		return err
	}
	if len(keys.used) == 0 {
		r.leaked = true
		return r.exec(ctx, "leaked_text_none")
	}
	return r.readTexts(ctx, []textReader{keys})
}

// keyReader finds the texts in which the id of an access key of AWS stands,
// wherever in the text it is. The id is what logs have of a key, and stands beside
// its secret. Of those found the ones count that were used in the case.
type keyReader struct {
	form *regexp.Regexp
	used []string
}

func newKeyReader(ctx context.Context, r *run) (*keyReader, error) {
	if err := r.features.Need(ctx, "call", "act"); err != nil {
		return nil, err
	}
	form, err := regexp.Compile(`A(?:KIA|SIA)[A-Z0-9]{12,28}`)
	if err != nil {
		return nil, err
	}
	k := &keyReader{form: form}
	return k, r.query(ctx, "used_keys", nil, func(rows *sql.Rows) error {
		var key string
		err := rows.Scan(&key)
		k.used = append(k.used, key)
		return err
	})
}

func (*keyReader) finder() casefile.TextFinder {
	return casefile.TextFinder{Name: "text_key", Version: "1", Words: []string{"key", "role"}}
}

func (k *keyReader) visitor() (textVisitor, error) {
	var words [2]string
	seen := map[string]bool{}
	return func(t *readText, add func(casefile.TextFact)) {
		if !bytes.Contains(t.Text, []byte("AKIA")) && !bytes.Contains(t.Text, []byte("ASIA")) {
			return
		}
		clear(seen)
		for _, key := range k.form.FindAll(t.Text, -1) {
			if seen[string(key)] {
				continue
			}
			words = [2]string{string(key), t.Role}
			seen[words[0]] = true
			add(casefile.TextFact{Words: words[:]})
		}
	}, nil
}

// tables makes the table leaked_text.
func (k *keyReader) tables(ctx context.Context, r *run) error {
	r.leaked = true
	return r.exec(ctx, "leaked_text")
}
