package detectors

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// echoReader finds the answers in which several passages of some system prompt
// stand: those that may repeat one. Which prompt it is, and how much of it, is
// looked at afterwards.
type echoReader struct {
	grams   map[uint64]struct{} // of all system prompts
	prompts string              // a hash of which they are
}

const (
	// echoWords is how many words in a row make a passage, and echoLeast how many
	// different ones an answer must have.
	echoWords, echoLeast = 4, 5
	// maxEchoPrompts bounds the system prompts that are looked for, and
	// maxPromptChars what of each is.
	maxEchoPrompts, maxPromptChars = 5000, 40_000
)

func newEchoReader(ctx context.Context, r *run) (*echoReader, error) {
	var hashes []string
	err := r.query(ctx, "system_prompts", []any{sql.Named("most", maxEchoPrompts)}, func(rows *sql.Rows) error {
		var hash string
		err := rows.Scan(&hash)
		hashes = append(hashes, hash)
		return err
	})
	if err != nil {
		return nil, err
	}
	texts, err := r.c.Texts(ctx, hashes, maxPromptChars)
	if err != nil {
		return nil, err
	}
	slices.Sort(hashes)
	sum := sha256.Sum256([]byte(strings.Join(hashes, " ")))
	e := &echoReader{grams: map[uint64]struct{}{}, prompts: hex.EncodeToString(sum[:])}
	for _, text := range texts {
		eachGram(content.AppendWordHashes(nil, []byte(text.Text)), echoWords, func(gram uint64) { e.grams[gram] = struct{}{} })
	}
	return e, nil
}

// eachGram hands over a hash of each n words in a row.
func eachGram(words []uint64, n int, visit func(uint64)) {
	const base = 0x9e3779b97f4a7c15
	for i := 0; i+n <= len(words); i++ {
		h := uint64(0)
		for _, w := range words[i : i+n] {
			h = (h + w) * base
			h ^= h >> 29
		}
		visit(content.MixHash(h))
	}
}

func (e *echoReader) finder() casefile.TextFinder {
	return casefile.TextFinder{Name: "text_echo", Version: "1, prompts " + e.prompts}
}

func (e *echoReader) visitor() (textVisitor, error) {
	return func(t *readText, add func(casefile.TextFact)) {
		if len(e.grams) == 0 || t.Role != "assistant" {
			return
		}
		var seen [echoLeast]uint64
		n := 0
		eachGram(t.Words(), echoWords, func(gram uint64) {
			if n == echoLeast {
				return
			}
			if _, ok := e.grams[gram]; ok && !slices.Contains(seen[:n], gram) {
				seen[n] = gram
				n++
			}
		})
		if n == echoLeast {
			add(casefile.TextFact{})
		}
	}, nil
}

// tables makes the table echo.
func (*echoReader) tables(ctx context.Context, r *run) error { return r.exec(ctx, "echo") }
