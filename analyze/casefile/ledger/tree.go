package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// maxLevels is enough for every count up to 2^63-1.
const maxLevels = 63

// A TreeBuilder computes the RFC 6962 root of any number of leaves in about 2 KB. The zero value is an empty tree.
type TreeBuilder struct {
	n int64
	// full[l] is the root of a full subtree of 2^l leaves, valid where bit l of n is set.
	full [maxLevels]tlog.Hash
}

// Add appends a leaf by its hash.
func (b *TreeBuilder) Add(leaf tlog.Hash) {
	l := bits.TrailingZeros64(^uint64(b.n))
	for i := range l {
		leaf = tlog.NodeHash(b.full[i], leaf)
	}
	b.full[l] = leaf
	b.n++
}

// Count returns the number of leaves.
func (b *TreeBuilder) Count() int64 {
	return b.n
}

// Root returns the root over the leaves so far; of none it is the SHA-256 of nothing. More leaves can follow.
func (b *TreeBuilder) Root() tlog.Hash {
	if b.n == 0 {
		return sha256.Sum256(nil)
	}
	l := bits.TrailingZeros64(uint64(b.n))
	root := b.full[l]
	for l++; b.n>>l != 0; l++ {
		if b.n>>l&1 == 1 {
			root = tlog.NodeHash(b.full[l], root)
		}
	}
	return root
}

// A Record binds the bytes of one record to its place in the evidence. The evidence itself is bound by its line in the
// manifest, which holds the root of the tree over its records.
type Record struct {
	// Offset and Length are bytes in the decompressed stream.
	Offset, Length int64
	// SHA256 is over the record's bytes.
	SHA256 [sha256.Size]byte
}

// recordSize is the encoded size of a record: 8 + 8 + 32 bytes.
const recordSize = 16 + sha256.Size

// Leaf returns the record's leaf hash, as RecordLeaf does.
func (r Record) Leaf() tlog.Hash {
	return RecordLeaf(r.Offset, r.Length, r.SHA256)
}

// RecordLeaf returns the leaf hash of a record in the tree of its evidence: the RFC 6962 leaf hash, SHA-256(0x00 || data),
// over 48 bytes: offset (8, big-endian), length (8, big-endian), record SHA-256 (32).
func RecordLeaf(offset, length int64, sha [sha256.Size]byte) tlog.Hash {
	var buf [1 + recordSize]byte // buf[0] is the leaf prefix 0x00
	binary.BigEndian.PutUint64(buf[1:], uint64(offset))
	binary.BigEndian.PutUint64(buf[9:], uint64(length))
	copy(buf[17:], sha[:])
	return sha256.Sum256(buf[:])
}

// ProveFromLeaves returns the proof that leaf index (from 0) is in the tree over n leaves, reading the leaf hashes once,
// in order, and keeping about 2 KB. It is an error if next does not give exactly n leaves.
func ProveFromLeaves(next func() (tlog.Hash, bool), index, n int64) (tlog.RecordProof, error) {
	if index < 0 || index >= n {
		return nil, fmt.Errorf("proving record %d: the tree has %d leaves", index, n)
	}
	p := prover{at: -1}
	for i := range n {
		leaf, ok := next()
		if !ok {
			return nil, fmt.Errorf("proving record %d: %d leaves instead of %d", index, i, n)
		}
		p.add(leaf, i == index)
	}
	if _, ok := next(); ok {
		return nil, fmt.Errorf("proving record %d: more leaves than %d", index, n)
	}
	return p.finish(), nil
}

// prover is a TreeBuilder that also writes down, from the leaf up, each sibling of the subtree that holds the target.
type prover struct {
	TreeBuilder
	at    int // the level whose full subtree holds the target, -1 before the target came
	proof tlog.RecordProof
}

func (p *prover) add(leaf tlog.Hash, target bool) {
	l := bits.TrailingZeros64(^uint64(p.n))
	for i := range l {
		target = p.join(i, leaf, target)
		leaf = tlog.NodeHash(p.full[i], leaf)
	}
	p.full[l] = leaf
	if target {
		p.at = l
	}
	p.n++
}

// join notes the sibling when full[l] (left) and right are about to become one, and says whether the result holds the
// target.
func (p *prover) join(l int, right tlog.Hash, rightHolds bool) bool {
	switch {
	case rightHolds:
		p.proof = append(p.proof, p.full[l])
	case p.at == l:
		p.proof = append(p.proof, right)
	default:
		return false
	}
	return true
}

func (p *prover) finish() tlog.RecordProof {
	l := bits.TrailingZeros64(uint64(p.n))
	root, holds := p.full[l], p.at == l
	for l++; p.n>>l != 0; l++ {
		if p.n>>l&1 == 1 {
			holds = p.join(l, root, holds)
			root = tlog.NodeHash(p.full[l], root)
		}
	}
	if p.proof == nil {
		return tlog.RecordProof{}
	}
	return p.proof
}

// storedTree keeps every node of the ledger's tree in the order of tlog.StoredHashIndex, about 64 bytes an entry.
type storedTree []tlog.Hash

// ReadHashes implements tlog.HashReader.
func (t storedTree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x < 0 || x >= int64(len(t)) {
			return nil, fmt.Errorf("reading tree node %d of %d", x, len(t))
		}
		hashes[i] = t[x]
	}
	return hashes, nil
}

// grow returns the tree with one more leaf; n is the number of leaves so far. Like append it may reuse t's memory.
func (t storedTree) grow(n int64, leaf tlog.Hash) (storedTree, error) {
	nodes, err := tlog.StoredHashesForRecordHash(n, leaf, t)
	if err != nil {
		return nil, fmt.Errorf("growing the tree: %w", err)
	}
	return append(t, nodes...), nil
}
