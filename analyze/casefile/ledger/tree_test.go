package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestTreeBuilderAgreesWithTlog(t *testing.T) {
	var b TreeBuilder
	var stored storedTree
	for n := range int64(300) {
		want, err := tlog.TreeHash(n, stored)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Root(); got != want || b.Count() != n {
			t.Fatalf("root over %d leaves = %v, want %v", n, got, want)
		}
		leaf := tlog.RecordHash([]byte{byte(n), byte(n >> 8)})
		b.Add(leaf)
		if stored, err = stored.grow(n, leaf); err != nil {
			t.Fatal(err)
		}
	}
}

// The roots of RFC 6962's test tree are published with the certificate-transparency project: eight leaves from empty to
// 16 bytes.
func TestTreeBuilderKnownRoot(t *testing.T) {
	var b TreeBuilder
	for _, leaf := range []string{
		"", "\x00", "\x10", "\x20\x21", "\x30\x31", "\x40\x41\x42\x43", "\x50\x51\x52\x53\x54\x55\x56\x57",
		"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
	} {
		b.Add(tlog.RecordHash([]byte(leaf)))
	}
	if got, want := rootHex(&b), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"; got != want {
		t.Errorf("root = %s, want %s", got, want)
	}
}

func TestProveFromLeaves(t *testing.T) {
	leaves := make([]tlog.Hash, 70)
	for i := range leaves {
		leaves[i] = tlog.RecordHash([]byte{byte(i)})
	}
	var b TreeBuilder
	for n := int64(1); n <= int64(len(leaves)); n++ {
		b.Add(leaves[n-1])
		for i := range n {
			proof, err := ProveFromLeaves(iterate(leaves[:n]), i, n)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckRecord(proof, n, b.Root(), i, leaves[i]); err != nil {
				t.Fatalf("proof of %d in %d: %v", i, n, err)
			}
		}
	}
	for _, tt := range []struct {
		name            string
		have, index, of int64
	}{
		{"too few", 4, 1, 5}, {"too many", 6, 1, 5}, {"index at the end", 5, 5, 5}, {"negative", 5, -1, 5}, {"none", 0, 0, 0},
	} {
		if _, err := ProveFromLeaves(iterate(leaves[:tt.have]), tt.index, tt.of); err == nil {
			t.Errorf("%s: no error", tt.name)
		}
	}
}

func iterate(leaves []tlog.Hash) func() (tlog.Hash, bool) {
	return func() (tlog.Hash, bool) {
		if len(leaves) == 0 {
			return tlog.Hash{}, false
		}
		leaf := leaves[0]
		leaves = leaves[1:]
		return leaf, true
	}
}

func TestRecordLeaf(t *testing.T) {
	record := sha256.Sum256([]byte("record"))
	data := slices.Concat(binary.BigEndian.AppendUint64(nil, 1<<40), binary.BigEndian.AppendUint64(nil, 77), record[:])
	if got, want := RecordLeaf(1<<40, 77, record), tlog.RecordHash(data); got != want {
		t.Errorf("leaf = %v, want %v", got, want)
	}
	if n := testing.AllocsPerRun(100, func() { RecordLeaf(1, 2, record) }); n != 0 {
		t.Errorf("%v allocations for a leaf", n)
	}
}

func TestParseHead(t *testing.T) {
	root := sha256.Sum256([]byte("x"))
	head := Head{Size: 12, Root: root}
	for _, s := range []string{head.String(), "12:" + tlog.Hash(root).String()} {
		if got, err := ParseHead(s); got != head || err != nil {
			t.Errorf("ParseHead(%q) = %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "12", ":", "0" + head.String(), "+" + head.String(), head.String() + "0", "0" + head.String()[2:], "-1" + head.String()[2:], "9007199254740992" + head.String()[2:]} {
		if got, err := ParseHead(s); err == nil {
			t.Errorf("ParseHead(%q) = %v, want an error", s, got)
		}
	}
}

func BenchmarkTreeBuilder(b *testing.B) {
	var tree TreeBuilder
	var record [sha256.Size]byte
	for i := range b.N {
		tree.Add(RecordLeaf(int64(i), rand.Int64N(1000), record))
	}
}
