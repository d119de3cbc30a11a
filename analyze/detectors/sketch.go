package detectors

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"math"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// sketchReader gives what was asked keys by which nearly equal texts are found:
// texts that share most of their words share some of their keys.
//
// A text's shingles, some words in a row, are hashed once and dealt into bins, of
// which each keeps the least (Li, Owen, Zhang, "One permutation hashing", NIPS 2012):
// a sketch costs one hash for each word instead of one for each word and bin. A bin
// that got none borrows from the next (Shrivastava and Li, "Densifying one permutation
// hashing via rotation", ICML 2014). Two bins make a key.
type sketchReader struct {
	// every says of how many texts one is looked at, chosen by its hash, where there are
	// too many for memory.
	every uint64
	found []*textKeys
}

// textKeys are texts with their keys.
type textKeys struct {
	hashes [][sha256.Size]byte
	keys   []textKey
}

// textKey is a key of the text at a place of the list.
type textKey struct {
	key  uint64
	text int32
}

const (
	bins = 8
	// sketchWords bounds the words of a text that are looked at. What is asked again
	// and again with another detail has its template and the detail within. Texts of fewer than
	// shortWords have shingles of two words, others of three.
	sketchWords, shortWords = 512, 24
	// leastSketched is the words below which a text is too short to be like another.
	leastSketched = 5
	// leastKeyed is how many texts must share a key for it to be kept.
	leastKeyed = 6
	// maxSketched bounds the texts that are held in memory, at 160 bytes each.
	maxSketched = 1_000_000
)

func newSketchReader(ctx context.Context, r *run) (*sketchReader, error) {
	s := &sketchReader{every: 1}
	return s, r.query(ctx, "prompts_asked", nil, func(rows *sql.Rows) error {
		var n uint64
		err := rows.Scan(&n)
		s.every = n/maxSketched + 1
		return err
	})
}

func (s *sketchReader) visitor() func(*casefile.UniqueText, []uint64) error {
	found := &textKeys{}
	s.found = append(s.found, found)
	return func(u *casefile.UniqueText, words []uint64) error {
		if u.Role != "user" || len(words) < leastSketched || binary.BigEndian.Uint64(u.SHA256[:])%s.every != 0 {
			return nil
		}
		sketch := sketchOf(words)
		text := int32(len(found.hashes)) //nolint:gosec // texts that are held are bounded
		found.hashes = append(found.hashes, u.SHA256)
		for i, v := range sketch {
			found.keys = append(found.keys, textKey{content.MixHash(v*31 + sketch[(i+1)%bins] + uint64(i)), text}) //nolint:gosec // below bins
		}
		return nil
	}
}

// sketchOf returns the least shingle of each bin.
func sketchOf(words []uint64) [bins]uint64 {
	var least [bins]uint64
	for i := range least {
		least[i] = math.MaxUint64
	}
	shingle := 3
	if len(words) < shortWords {
		shingle = 2
	}
	eachGram(words[:min(len(words), sketchWords)], shingle, func(gram uint64) {
		if b := gram % bins; gram < least[b] {
			least[b] = gram
		}
	})
	own := least
	for i := range least {
		for j := 1; least[i] == math.MaxUint64 && j < bins; j++ {
			if v := own[(i+j)%bins]; v != math.MaxUint64 {
				least[i] = v + uint64(j) //nolint:gosec // below bins
			}
		}
	}
	return least
}

// done makes the table sketch, of the keys that several texts share.
func (s *sketchReader) done(ctx context.Context, r *run) error {
	if err := r.exec(ctx, "sketch"); err != nil {
		return err
	}
	var all textKeys
	for _, found := range s.found {
		from := int32(len(all.hashes)) //nolint:gosec // texts that are held are bounded
		for _, k := range found.keys {
			all.keys = append(all.keys, textKey{k.key, from + k.text})
		}
		all.hashes = append(all.hashes, found.hashes...)
		*found = textKeys{}
	}
	slices.SortFunc(all.keys, func(a, b textKey) int {
		return cmp.Or(cmp.Compare(a.key, b.key), slices.Compare(all.hashes[a.text][:], all.hashes[b.text][:]))
	})
	kept := all.keys[:0]
	for from := 0; from < len(all.keys); {
		to := from + 1
		for to < len(all.keys) && all.keys[to].key == all.keys[from].key {
			to++
		}
		if to-from >= leastKeyed {
			kept = append(kept, all.keys[from:to]...)
		}
		from = to
	}
	return r.c.Append(ctx, "sketch", len(kept), func(i int) []driver.Value {
		return []driver.Value{all.hashes[kept[i].text][:], kept[i].key}
	})
}
