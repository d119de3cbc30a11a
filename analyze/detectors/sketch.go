package detectors

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"math"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// sketchReader gives what was asked keys by which nearly equal texts are found:
// texts that share most of their words share some of their keys.
//
// A text's shingles, three words in a row, are hashed once and dealt into bins,
// of which each keeps the least (Li, Owen, Zhang, "One permutation hashing", NIPS
// 2012): a sketch costs one hash for each word instead of one for each word and
// bin. Two bins make a key.
type sketchReader struct {
	found []*[]textKey
}

// textKey is a key of a text.
type textKey struct {
	key  uint64
	hash [sha256.Size]byte
}

const (
	shingle = 3
	bins    = 8 // a power of two
	// sketchWords bounds the words of a text that are looked at. What is asked again
	// and again with another detail has its template and the detail within.
	sketchWords = 512
	// leastKeyed is how many texts must share a key for it to be kept.
	leastKeyed = 6
	// maxKeys bounds the keys that are held in memory, at 40 bytes each.
	maxKeys = 8_000_000
)

func (s *sketchReader) visitor() func(*casefile.UniqueText, []uint64) error {
	found := new([]textKey)
	s.found = append(s.found, found)
	return func(u *casefile.UniqueText, words []uint64) error {
		if u.Role != "user" || len(words) < 2*shingle || len(*found) > maxKeys {
			return nil
		}
		var least [bins]uint64
		for i := range least {
			least[i] = math.MaxUint64
		}
		eachGram(words[:min(len(words), sketchWords)], shingle, func(gram uint64) {
			if b := gram % bins; gram < least[b] {
				least[b] = gram
			}
		})
		for i := 0; i < bins; i += 2 {
			if least[i] != math.MaxUint64 && least[i+1] != math.MaxUint64 {
				*found = append(*found, textKey{content.MixHash(least[i]*31 + least[i+1] + uint64(i)), u.SHA256})
			}
		}
		return nil
	}
}

// done makes the table sketch, of the keys that several texts share.
func (s *sketchReader) done(ctx context.Context, r *run) error {
	if err := r.exec(ctx, "sketch"); err != nil {
		return err
	}
	var all []textKey
	for _, found := range s.found {
		all = append(all, *found...)
		*found = nil
	}
	slices.SortFunc(all, func(a, b textKey) int { return cmp.Or(cmp.Compare(a.key, b.key), slices.Compare(a.hash[:], b.hash[:])) })
	kept := all[:0]
	for from := 0; from < len(all); {
		to := from + 1
		for to < len(all) && all[to].key == all[from].key {
			to++
		}
		if to-from >= leastKeyed {
			kept = append(kept, all[from:to]...)
		}
		from = to
	}
	return r.c.Append(ctx, "sketch", len(kept), func(i int) []driver.Value { return []driver.Value{kept[i].hash[:], kept[i].key} })
}
