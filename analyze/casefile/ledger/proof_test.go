package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestProveEntries(t *testing.T) {
	key := testKey(t, "ana@lab")
	l := testCase(t, key, 9)
	opened, err := Open(l.Dir())
	if err != nil {
		t.Fatal(err)
	}
	for seq := int64(1); seq <= 9; seq++ {
		line, err := opened.Line(seq)
		if err != nil {
			t.Fatal(err)
		}
		p, err := opened.Prove(seq)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := ParseProof(p.Format())
		if err != nil {
			t.Fatal(err)
		}
		c, err := parsed.Check(tlog.RecordHash(line), key.Verifier)
		if err != nil || c.Origin != l.Info().Origin || c.Head != l.Head() {
			t.Errorf("entry %d: %+v, %v", seq, c, err)
		}
		if _, err := parsed.Check(tlog.RecordHash(append(line, ' ')), key.Verifier); err == nil {
			t.Errorf("entry %d: another line was accepted", seq)
		}
		if _, err := parsed.Check(tlog.RecordHash(line), testKey(t, "ana@lab").Verifier); err == nil {
			t.Errorf("entry %d: another key was accepted", seq)
		}
		parsed.Index = (parsed.Index + 1) % 9
		if _, err := parsed.Check(tlog.RecordHash(line), key.Verifier); err == nil {
			t.Errorf("entry %d: another place was accepted", seq)
		}
	}
	for _, seq := range []int64{0, 10, -1} {
		if _, err := opened.Prove(seq); err == nil {
			t.Errorf("entry %d was proven", seq)
		}
	}
}

func TestParseProof(t *testing.T) {
	hash := tlog.RecordHash(nil).String() + "\n"
	const checkpoint = "origin\n1\nx\n\n— n s\n"
	tests := []struct {
		name, text string
		ok         bool
	}{
		{"no hashes", proofHeader + "\nindex 0\n\n" + checkpoint, true},
		{"extra and hashes", proofHeader + "\nextra YWI=\nindex 73894\n" + hash + hash + "\n" + checkpoint, true},
		{"other header", "c2sp.org/tlog-proof@v2\nindex 0\n\n" + checkpoint, false},
		{"empty extra", proofHeader + "\nextra \nindex 0\n\n" + checkpoint, false},
		{"no index", proofHeader + "\n\n" + checkpoint, false},
		{"leading zero", proofHeader + "\nindex 01\n\n" + checkpoint, false},
		{"negative", proofHeader + "\nindex -1\n\n" + checkpoint, false},
		{"huge index", proofHeader + "\nindex 9223372036854775807\n\n" + checkpoint, false},
		{"short hash", proofHeader + "\nindex 0\nAAAA\n\n" + checkpoint, false},
		{"stray bits in a hash", proofHeader + "\nindex 0\n" + strings.Replace(hash, "=", "B", 1) + "\n" + checkpoint, false},
		{"carriage returns", strings.ReplaceAll(proofHeader+"\nindex 0\n\n"+checkpoint, "\n", "\r\n"), false},
		{"too many hashes", proofHeader + "\nindex 0\n" + strings.Repeat(hash, 64) + "\n" + checkpoint, false},
		{"no checkpoint", proofHeader + "\nindex 0\n\n", false},
		{"no blank line", proofHeader + "\nindex 0\n" + hash, false},
		{"empty", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParseProof([]byte(tt.text))
			if (err == nil) != tt.ok {
				t.Errorf("ParseProof = %+v, %v", p, err)
			}
			if tt.ok && string(p.Format()) != tt.text {
				t.Errorf("Format = %q, want %q", p.Format(), tt.text)
			}
		})
	}
}

func FuzzParseProof(f *testing.F) {
	f.Add([]byte(proofHeader + "\nextra YWI=\nindex 73894\n" + tlog.RecordHash(nil).String() + "\n\norigin\n1\nx\n\n— n s\n"))
	key := testKey(f, "ana@lab")
	proof, _ := testEventProof(f, key)
	f.Add(proof)
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := ParseProof(data); err == nil {
			if !bytes.Equal(p.Format(), data) {
				t.Errorf("%q is read as %q", data, p.Format())
			}
			if _, err := p.Check(tlog.Hash{}, key.Verifier); err == nil {
				t.Error("a proof of nothing was accepted")
			}
		}
		if _, err := CheckEventProof(data, key.Verifier); err == nil && !bytes.Equal(data, proof) {
			t.Errorf("another proof was accepted: %q", data)
		}
	})
}

func rootHex(b *TreeBuilder) string {
	root := b.Root()
	return fmt.Sprintf("%x", root[:])
}

// testEventProof makes a load of three pieces of evidence, the second of 20 records, two more entries, and the proof of
// that evidence's record 13.
func testEventProof(t testing.TB, key *Key) ([]byte, Record) {
	t.Helper()
	l := testCase(t, key, 3)
	records, raws := make([]Record, 20), make([][]byte, 20)
	var tree TreeBuilder
	var leaves []tlog.Hash
	for i := range records {
		raws[i] = binary.AppendUvarint([]byte("record "), uint64(i))
		records[i] = Record{Offset: int64(i) * 8, Length: 8, SHA256: sha256.Sum256(raws[i])}
		tree.Add(records[i].Leaf())
		leaves = append(leaves, records[i].Leaf())
	}
	var manifest TreeBuilder
	var lines [][]byte
	var lineLeaves []tlog.Hash
	for i := range 3 {
		line, err := Canonical(map[string]any{
			"evidence": int64(i + 1), "sha256": fmt.Sprintf("%x", sha256.Sum256([]byte{byte(i)})),
			"records": tree.Count(), "records_root": rootHex(&tree),
		})
		if err != nil {
			t.Fatal(err)
		}
		lines, lineLeaves = append(lines, line), append(lineLeaves, tlog.RecordHash(line))
		manifest.Add(tlog.RecordHash(line))
	}
	head, err := l.Append(ActionLoad, map[string]any{
		"manifest": map[string]any{"rows": manifest.Count()}, "manifest_root": rootHex(&manifest),
	})
	if err != nil {
		t.Fatal(err)
	}
	appendNote(t, l, "afterwards")
	path, err := ProveFromLeaves(iterate(leaves), 13, tree.Count())
	if err != nil {
		t.Fatal(err)
	}
	linePath, err := ProveFromLeaves(iterate(lineLeaves), 1, manifest.Count())
	if err != nil {
		t.Fatal(err)
	}
	whole := EventProof{Record: records[13], Index: 13, Path: path, Evidence: lines[1], EvidenceIndex: 1, EvidencePath: linePath, Raw: raws[13]}
	p, err := l.ProveRecord(head.Size, whole)
	if err != nil {
		t.Fatal(err)
	}
	wrong := whole
	wrong.Record, wrong.Raw = records[12], nil
	if _, err := l.ProveRecord(head.Size, wrong); err == nil {
		t.Error("a proof of the wrong record was made")
	}
	wrong = whole
	wrong.Evidence = lines[2]
	if _, err := l.ProveRecord(head.Size, wrong); err == nil {
		t.Error("a proof of the wrong evidence was made")
	}
	wrong = whole
	wrong.EvidenceIndex = 0
	if _, err := l.ProveRecord(head.Size, wrong); err == nil {
		t.Error("a proof of the wrong manifest line was made")
	}
	if _, err := l.ProveRecord(2, whole); err == nil {
		t.Error("a proof under an entry that is no load was made")
	}
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data, records[13]
}

func TestEventProof(t *testing.T) {
	key := testKey(t, "ana@lab")
	data, record := testEventProof(t, key)
	for _, trusted := range []string{"", key.Verifier} {
		r, err := CheckEventProof(data, trusted)
		if err != nil {
			t.Fatal(err)
		}
		if r.Record != record || r.Index != 13 || r.EvidenceSHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte{1})) || !r.RawChecked || r.Entry.Seq != 4 || r.Checkpoint.Head.Size != 5 || r.KeyTrusted != (trusted != "") {
			t.Errorf("report = %+v", r)
		}
	}
	if _, err := CheckEventProof(data, testKey(t, "ana@lab").Verifier); err == nil {
		t.Error("another key was trusted")
	}
	p, err := ParseEventProof(data)
	if err != nil {
		t.Fatal(err)
	}
	p.Raw = nil
	short, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if r, err := CheckEventProof(short, key.Verifier); err != nil || r.RawChecked || len(r.Limits()) != 2 {
		t.Errorf("without raw: %+v, %v", r, err)
	}
	p.Raw = []byte("something else")
	if other, err := p.Encode(); err != nil {
		t.Fatal(err)
	} else if _, err := CheckEventProof(other, key.Verifier); err == nil {
		t.Error("other raw bytes were accepted")
	}
}

func TestAlteredEventProofIsRefused(t *testing.T) {
	key := testKey(t, "ana@lab")
	data, _ := testEventProof(t, key)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 3000 {
		altered := slices.Clone(data)
		switch i % 3 {
		case 0:
			altered[r.IntN(len(altered))] ^= 1 << r.IntN(8)
		case 1:
			altered = slices.Insert(altered, r.IntN(len(altered)+1), " \n\t0A="[r.IntN(6)])
		case 2:
			altered = altered[:r.IntN(len(altered))]
		}
		if _, err := CheckEventProof(altered, ""); err == nil {
			t.Errorf("round %d: accepted %q", i, altered)
		}
	}
}
