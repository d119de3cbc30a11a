package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// proofHeader is the first line of the format, see https://c2sp.org/tlog-proof.
const proofHeader = "c2sp.org/tlog-proof@v1"

// maxProof bounds a proof's text: 63 hashes, a checkpoint and room for extra data.
const maxProof = 1 << 20

// A Proof shows that one leaf is in a log: a C2SP tlog-proof, which any implementation of that format can check.
type Proof struct {
	// Extra is opaque and not authenticated; nil if there is none.
	Extra []byte
	// Index is the leaf's place, from 0.
	Index int64
	// Hashes lead from the leaf's sibling up to the root's child.
	Hashes tlog.RecordProof
	// Checkpoint is the signed note over the tree, as it is.
	Checkpoint []byte
}

// Format returns the proof's text.
func (p Proof) Format() []byte {
	var b strings.Builder
	b.WriteString(proofHeader + "\n")
	if len(p.Extra) > 0 {
		b.WriteString("extra " + base64.StdEncoding.EncodeToString(p.Extra) + "\n")
	}
	b.WriteString("index " + strconv.FormatInt(p.Index, 10) + "\n")
	for _, h := range p.Hashes {
		b.WriteString(h.String() + "\n")
	}
	b.WriteString("\n")
	b.Write(p.Checkpoint)
	return []byte(b.String())
}

// ParseProof reads a proof's text. It accepts only what Format would write; the checkpoint is not looked into.
func ParseProof(text []byte) (Proof, error) {
	if len(text) > maxProof {
		return Proof{}, fmt.Errorf("reading proof: longer than %d bytes", maxProof)
	}
	p, err := parseProof(string(text))
	if err != nil {
		return Proof{}, fmt.Errorf("reading proof: %w", err)
	}
	return p, nil
}

func parseProof(text string) (Proof, error) {
	var p Proof
	rest, ok := strings.CutPrefix(text, proofHeader+"\n")
	if !ok {
		return p, fmt.Errorf("the first line is not %s", proofHeader)
	}
	line, rest, _ := strings.Cut(rest, "\n")
	if extra, ok := strings.CutPrefix(line, "extra "); ok {
		var err error
		if p.Extra, err = decodeBase64(extra); err != nil || len(p.Extra) == 0 {
			return p, errors.New("the extra data is not base64")
		}
		line, rest, _ = strings.Cut(rest, "\n")
	}
	index, ok := strings.CutPrefix(line, "index ")
	if !ok {
		return p, errors.New("no index line")
	}
	var err error
	if p.Index, err = parseCount(index); err != nil {
		return p, fmt.Errorf("reading the index: %w", err)
	}
	p.Hashes = tlog.RecordProof{}
	for {
		line, rest, ok = strings.Cut(rest, "\n")
		if !ok {
			return p, errors.New("no blank line before the checkpoint")
		}
		if line == "" {
			break
		}
		h, err := parseHash(line)
		if err != nil {
			return p, err
		}
		if p.Hashes = append(p.Hashes, h); len(p.Hashes) > maxLevels {
			return p, fmt.Errorf("more than %d hashes", maxLevels)
		}
	}
	if rest == "" {
		return p, errors.New("no checkpoint")
	}
	p.Checkpoint = []byte(rest)
	return p, nil
}

// Check says why the proof does not show that the leaf is in the log signed by verifier (a public key as in
// Key.Verifier), or returns the checkpoint that it shows it for. Whose log that is, is in its Origin.
func (p Proof) Check(leaf tlog.Hash, verifier string) (Checkpoint, error) {
	v, err := newVerifier(verifier)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checking proof: %w", err)
	}
	c, _, err := openCheckpoint(p.Checkpoint, v)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checking proof: reading the checkpoint: %w", err)
	}
	if err := tlog.CheckRecord(p.Hashes, c.Head.Size, c.Head.Root, p.Index, leaf); err != nil {
		return Checkpoint{}, fmt.Errorf("checking proof of entry %d in a log of %d: %w", p.Index+1, c.Head.Size, err)
	}
	return c, nil
}

// Prove returns the proof that entry seq (from 1) is in the ledger, under the checkpoint over all entries.
func (l *Ledger) Prove(seq int64) (Proof, error) {
	if seq < 1 || seq > l.state.size() {
		return Proof{}, fmt.Errorf("proving entry %d of %d: no such entry", seq, l.state.size())
	}
	hashes, err := tlog.ProveRecord(l.state.size(), seq-1, l.state.tree)
	if err != nil {
		return Proof{}, fmt.Errorf("proving entry %d: %w", seq, err)
	}
	return Proof{Index: seq - 1, Hashes: hashes, Checkpoint: l.checkpoint}, nil
}
