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

// leakedTexts makes the table leaked_text: the texts in which the id of an access
// key of AWS stands that was used in the case, wherever in the text it is. The id
// is what logs have of a key, and stands beside its secret.
func (r *run) leakedTexts(ctx context.Context) error {
	if err := r.features.Need(ctx, "call", "act"); err != nil {
		return err
	}
	used := map[string]bool{}
	err := r.query(ctx, "used_keys", nil, func(rows *sql.Rows) error {
		var key string
		err := rows.Scan(&key)
		used[key] = true
		return err
	})
	if err != nil {
		return err
	}
	found, err := r.keysInTexts(ctx, used)
	if err != nil {
		return err
	}
	if err := r.exec(ctx, "leaked_text"); err != nil {
		return err
	}
	if err := r.c.StoredViews(ctx); err != nil {
		return err
	}
	return r.c.Append(ctx, "leaked_text", len(found), func(i int) []driver.Value {
		return []driver.Value{found[i].key, found[i].hash[:], found[i].role}
	})
}

// keysInTexts looks for keys in all texts. There are none to look for in most
// cases: then no text is read.
func (r *run) keysInTexts(ctx context.Context, used map[string]bool) ([]keyInText, error) {
	if len(used) == 0 {
		return nil, nil
	}
	form, err := regexp.Compile(`A(?:KIA|SIA)[A-Z0-9]{12,28}`)
	if err != nil {
		return nil, err
	}
	visitors := make([]func(*casefile.UniqueText) error, max(1, r.options.Threads))
	found := make([][]keyInText, len(visitors))
	for i := range visitors {
		visitors[i] = func(u *casefile.UniqueText) error {
			if !bytes.Contains(u.Text, []byte("AKIA")) && !bytes.Contains(u.Text, []byte("ASIA")) {
				return nil
			}
			for _, key := range form.FindAll(u.Text, -1) {
				if used[string(key)] {
					found[i] = append(found[i], keyInText{string(key), u.Role, u.SHA256})
				}
			}
			return nil
		}
	}
	if _, err := r.c.EachText(ctx, 0, visitors); err != nil {
		return nil, err
	}
	all := slices.Concat(found...)
	slices.SortFunc(all, func(a, b keyInText) int {
		return cmp.Or(cmp.Compare(a.key, b.key), slices.Compare(a.hash[:], b.hash[:]), cmp.Compare(a.role, b.role))
	})
	return slices.Compact(all), nil
}
