package casefile

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// claim is what a manifest says about a piece of evidence, and where.
type claim struct {
	*Item
	path string
	line int64
}

func (c *claim) place() string {
	return fmt.Sprintf("line %d (evidence %d, %s)", c.line, c.Evidence, c.Path)
}

// readClaims reads all manifests, also altered ones as far as they can be
// read, and checks their trees.
func (v *verification) readClaims() {
	for i := range v.s.loads {
		b := &v.s.loads[i].body
		path, err := v.locate(b.Manifest)
		if err != nil {
			continue // said by checkFile
		}
		if err := v.readClaim(path, b); err != nil {
			v.problem(b.Manifest.Path, "", "%v", err)
		}
	}
}

func (v *verification) readClaim(path string, b *loadBody) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 64<<10)
	var tree ledger.TreeBuilder
	for n := int64(1); ; n++ {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		tree.Add(tlog.RecordHash(line))
		it := new(Item)
		if err := json.Unmarshal(line, it); err != nil {
			v.problem(b.Manifest.Path, linePlace(n), "not JSON of an item: %v", err)
			continue
		}
		v.claims(&claim{it, b.Manifest.Path, n})
	}
	if root := tree.Root(); tree.Count() != b.Manifest.Rows || hexSum(root[:]) != b.ManifestRoot {
		return fmt.Errorf("its %d lines have the root %x, the ledger says %d and %s", tree.Count(), root[:], b.Manifest.Rows, b.ManifestRoot)
	}
	return nil
}

func (v *verification) claims(c *claim) {
	if c.Evidence == 0 {
		v.others[c.SHA256] = c.Status
		return
	}
	if first := v.items[c.Evidence]; first != nil {
		v.problem(c.path, c.place(), "%s:%d names this evidence too", first.path, first.line)
		return
	}
	v.items[c.Evidence] = c
	v.last = max(v.last, c.Evidence)
	if c.Compression == "" && c.Encoding == "" && c.StreamSHA256 != c.SHA256 && c.StreamSHA256 != "" {
		v.problem(c.path, c.place(), "neither compressed nor converted, but the stream has another SHA-256 than the evidence")
	}
}
