package detectors

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"regexp"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// keyInText is an access key that stands in a text.
type keyInText struct {
	key, role string
	hash      [sha256.Size]byte
}

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
		return keys.done(ctx, r)
	}
	return r.readTexts(ctx, []textReader{keys})
}

// keyReader finds the texts in which the id of an access key of AWS stands that
// was used in the case, wherever in the text it is. The id is what logs have of a
// key, and stands beside its secret.
type keyReader struct {
	form  *regexp.Regexp
	used  map[string]bool
	found []*[]keyInText // by visitor
}

func newKeyReader(ctx context.Context, r *run) (*keyReader, error) {
	if err := r.features.Need(ctx, "call", "act"); err != nil {
		return nil, err
	}
	form, err := regexp.Compile(`A(?:KIA|SIA)[A-Z0-9]{12,28}`)
	if err != nil {
		return nil, err
	}
	k := &keyReader{form: form, used: map[string]bool{}}
	return k, r.query(ctx, "used_keys", nil, func(rows *sql.Rows) error {
		var key string
		err := rows.Scan(&key)
		k.used[key] = true
		return err
	})
}

func (k *keyReader) visitor() func(*casefile.UniqueText, []uint64) error {
	found := new([]keyInText)
	k.found = append(k.found, found)
	return func(u *casefile.UniqueText, _ []uint64) error {
		if len(k.used) == 0 || !bytes.Contains(u.Text, []byte("AKIA")) && !bytes.Contains(u.Text, []byte("ASIA")) {
			return nil
		}
		for _, key := range k.form.FindAll(u.Text, -1) {
			if k.used[string(key)] {
				*found = append(*found, keyInText{string(key), u.Role, u.SHA256})
			}
		}
		return nil
	}
}

// done makes the table leaked_text.
func (k *keyReader) done(ctx context.Context, r *run) error {
	if err := r.exec(ctx, "leaked_text"); err != nil {
		return err
	}
	var all []keyInText
	for _, found := range k.found {
		all = append(all, *found...)
	}
	slices.SortFunc(all, func(a, b keyInText) int {
		return cmp.Or(cmp.Compare(a.key, b.key), slices.Compare(a.hash[:], b.hash[:]), cmp.Compare(a.role, b.role))
	})
	all = slices.Compact(all)
	r.leaked = true
	return r.c.Append(ctx, "leaked_text", len(all), func(i int) []driver.Value {
		return []driver.Value{all[i].key, all[i].hash[:], all[i].role}
	})
}
