package ledger

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
)

// VerifyOptions are what the examiner knows from elsewhere.
type VerifyOptions struct {
	// Head is a head noted earlier, outside the case; nil if there is none.
	Head *Head
	// TrustedKey is the public key the case should be signed with; empty if it is not known from elsewhere.
	TrustedKey string
}

// A Report says what Verify found.
type Report struct {
	// Create holds the facts of the create entry, zero if it cannot be read.
	Create CreateBody `json:"create"`
	// Head is computed from the lines as they stand.
	Head Head `json:"head"`
	// Entries is the number of complete lines.
	Entries int64 `json:"entries"`
	// Checkpoints is how many checkpoints were found good, signature and root.
	Checkpoints int64 `json:"checkpoints"`
	// KeyTrusted says that the signing key is the one given, and not only the one the case names itself.
	KeyTrusted bool `json:"key_trusted"`
	// HeadProven says that a noted head was given and the ledger extends it.
	HeadProven bool `json:"head_proven"`
	// TruncationUnknown says that no head was given, so that entries cut off together with their checkpoints cannot be
	// excluded.
	TruncationUnknown bool `json:"truncation_unknown"`
	// Pending says that the last entry's checkpoint is still in ledger.next (an append was interrupted or is going on).
	Pending bool `json:"pending"`
	// Torn describes the incomplete line of an interrupted append, nil if there is none.
	Torn *Recovered `json:"torn,omitempty"`
	// Problems are all signs of alteration. None of them can come from a crash.
	Problems []Problem `json:"problems"`
	// Warnings do not make the ledger invalid.
	Warnings []Problem `json:"warnings"`
}

// OK says that nothing was altered, as far as can be known from what was given.
func (r *Report) OK() bool {
	return len(r.Problems) == 0
}

// Limits returns, in full sentences, what the result does not prove.
func (r *Report) Limits() []string {
	var limits []string
	if !r.KeyTrusted {
		limits = append(limits, "The signatures were checked against the key that the case itself names; whether it is the examiner's is not proven.")
	}
	if r.TruncationUnknown {
		limits = append(limits, "Truncation cannot be excluded without a head noted earlier.")
	}
	if r.Pending {
		limits = append(limits, "The last entry is signed in ledger.next: an append was interrupted or is going on.")
	}
	if r.Torn != nil {
		limits = append(limits, fmt.Sprintf("The last %d bytes are an incomplete entry of an interrupted append.", r.Torn.TornBytes))
	}
	return limits
}

// Verify checks every line and every checkpoint, and lists all that is wrong: a line that is not the canonical JSON of an
// entry, a hole in the numbers, a checkpoint that is missing, extra, altered, not signed by the case's key, or signed for
// other lines. An error means that the ledger could not be read, or that the options are wrong.
func Verify(dir string, opts VerifyOptions) (*Report, error) {
	if opts.TrustedKey != "" {
		if err := CheckVerifier(opts.TrustedKey); err != nil {
			return nil, fmt.Errorf("verifying the ledger: %w", err)
		}
	}
	var report *Report
	found := errors.New("problems found")
	err := settle(dir, func() (err error) {
		report, err = verify(dir, opts)
		if err == nil && !report.OK() {
			return found
		}
		return err
	})
	if err != nil && !errors.Is(err, found) {
		return nil, err
	}
	return report, nil
}

func verify(dir string, opts VerifyOptions) (*Report, error) {
	c := &collector{}
	s, err := readState(dir, c)
	if err != nil {
		return nil, err
	}
	r := &Report{Create: s.create, Entries: s.size(), Torn: s.torn, TruncationUnknown: opts.Head == nil}
	if r.Head, err = s.head(); err != nil {
		return nil, err
	}
	if s.created && opts.TrustedKey != "" {
		if r.KeyTrusted = s.create.Key == opts.TrustedKey; !r.KeyTrusted {
			c.problem(fileName, 1, "the case names the key %s, not the trusted key %s", s.create.Key, opts.TrustedKey)
		}
	}
	have, err := s.listCheckpoints(dir, c)
	if err != nil {
		return nil, err
	}
	v := s.verifier()
	t, err := s.checkTail(dir, have, v, c)
	if err != nil {
		return nil, err
	}
	r.Pending = t.pending
	if t.leftover && s.torn == nil {
		c.warn(nextName, 0, "left by an append that was interrupted before it wrote its line; the next writing command removes it")
	}
	if v == nil {
		c.problem(checkpointDir, 0, "cannot be checked: the create entry names no key")
	} else if r.Checkpoints, err = s.checkAll(dir, have, t, v, c); err != nil {
		return nil, err
	}
	if opts.Head != nil {
		if err := s.extends(*opts.Head); err != nil {
			c.problem(fileName, 0, "%v", err)
		} else {
			r.HeadProven = true
		}
	}
	c.finish()
	r.Problems, r.Warnings = c.problems, c.warnings
	return r, nil
}

// checkAll checks the checkpoint of every size and returns how many are good. The first root that does not fit names the
// altered line; all later roots are over that line too, so they are only counted.
func (s *state) checkAll(dir string, have map[int64]bool, t tail, v note.Verifier, c *collector) (int64, error) {
	var good, lastGood, differ int64
	for size := int64(1); size <= s.size(); size++ {
		if size == s.size() && !have[size] {
			if t.pending {
				good++
			}
			break // checkTail has said what there is to say
		}
		data, cp, err := s.readCheckpoint(dir, size, v, c)
		if err != nil {
			return 0, err
		}
		if data == nil {
			continue
		}
		root, err := s.root(size)
		if err != nil {
			return 0, err
		}
		if cp.Head.Root == root {
			good++
			lastGood = size
			continue
		}
		if differ++; differ == 1 {
			c.problem(fileName, lastGood+1, "%s", alteredBetween(lastGood+1, size))
		}
	}
	if differ > 1 {
		c.problem(checkpointDir, 0, "%d checkpoints do not fit the lines, the first being that of the line named", differ)
	}
	return good, nil
}

func alteredBetween(from, to int64) string {
	if from == to {
		return fmt.Sprintf("not the line that %s was signed for", checkpointPath(to))
	}
	return fmt.Sprintf("this line, or one up to line %d, is not what %s was signed for", to, checkpointPath(to))
}
