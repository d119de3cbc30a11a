package detectors

import (
	"context"
	"database/sql"
	"fmt"
	"math"

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
type sketchReader struct{}

const (
	bins = 8
	// sketchWords bounds the words of a text that are looked at. What is asked again
	// and again with another detail has its template and the detail within. Texts of fewer than
	// shortWords have shingles of two words, others of three.
	sketchWords, shortWords = 512, 24
	// leastSketched is the words below which a text is too short to be like another.
	leastSketched = 5
	// leastKeyed is how many texts must share a key for it to be looked at.
	leastKeyed = 6
	// maxSketched bounds the texts that are compared: of more, one of some is, chosen by
	// its hash.
	maxSketched = 1_000_000
)

func (sketchReader) finder() casefile.TextFinder {
	f := casefile.TextFinder{Name: "text_sketch", Version: "1"}
	for i := range bins {
		f.Ints = append(f.Ints, fmt.Sprintf("key%d", i))
	}
	return f
}

func (sketchReader) visitor() (textVisitor, error) {
	var keys [bins]int64
	return func(t *readText, add func(casefile.TextFact)) {
		if t.Role != "user" {
			return
		}
		words := t.Words()
		if len(words) < leastSketched {
			return
		}
		sketch := sketchOf(words)
		for i, v := range sketch {
			keys[i] = int64(content.MixHash(v*31 + sketch[(i+1)%bins] + uint64(i))) //nolint:gosec // its bits; i is below bins
		}
		add(casefile.TextFact{Ints: keys[:]})
	}, nil
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

// tables makes the table sketch, of the keys that several texts share.
func (sketchReader) tables(ctx context.Context, r *run) error {
	return r.exec(ctx, "sketch", sql.Named("most", maxSketched), sql.Named("least", leastKeyed))
}
