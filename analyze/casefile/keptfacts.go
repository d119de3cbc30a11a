package casefile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// What was found in texts is kept in the case, in Parquet files in the folder facts, with
// the analysis that found it. The files hold hashes of texts, where they first stand, and
// what their finders say of them: no more of a text than the case holds. They are derived
// from the segments: they may be missing, and texts are then read again; rebuild removes
// them. The ledger has their hashes, and a file that is another is not read.

// textFacts says in the ledger what is kept of a finder, and of which texts.
type textFacts struct {
	Name    string    `json:"name"`
	Version string    `json:"version"`
	Through int64     `json:"through"` // the last segment whose texts were looked at
	Of      string    `json:"of"`      // the segments up to it: see [state.segmentsSum]
	Files   []FileRef `json:"files,omitempty"`
	// Joined are the facts of texts that were put together from chunks, and JoinedOf the
	// hash of the table that has them.
	JoinedOf string    `json:"joined_of,omitempty"`
	Joined   []FileRef `json:"joined,omitempty"`
}

const (
	// maxKeptFiles is how many files of a finder are kept: one comes with each analysis
	// after a load. With more, all texts are read again, into one file.
	maxKeptFiles = 16
	// maxKeptFacts bounds what is kept of a finder, in bytes. What has more is found again
	// with each analysis.
	maxKeptFacts = 2 << 30
	// maxFactFiles bounds the files of facts that are made while a case is open.
	maxFactFiles = 64
)

// segmentsSum is a hash over the hashes of the live events and texts of the segments up to
// a number, and the schema by which repeated texts are found.
func (s *state) segmentsSum(through int64) string {
	h := sha256.New()
	_, _ = fmt.Fprintln(h, derivedSchema) // a hash takes all
	for _, f := range s.events {
		if n, ok := segmentNumber(f.Path); ok && n <= through {
			_, _ = fmt.Fprintln(h, n, f.SHA256)
		}
	}
	return hexSum(h.Sum(nil))
}

// joinedTexts is the hash of the texts that were put together from chunks, "" for none.
func (s *state) joinedTexts() string {
	if s.derived == nil {
		return ""
	}
	for _, t := range s.derived.Tables {
		if t.Table == "joined_text" && t.Rows > 0 {
			return t.Hash
		}
	}
	return ""
}

// factFiles are the files of facts in use.
func (s *state) factFiles() []FileRef {
	var out []FileRef
	for i := range s.texts {
		out = append(out, slices.Concat(s.texts[i].Files, s.texts[i].Joined)...)
	}
	return out
}

// takeFacts takes what an analysis kept.
func (s *state) takeFacts(list []textFacts) error {
	if list == nil {
		return nil
	}
	s.texts = list
	for _, f := range s.factFiles() {
		if err := checkRefs(f); err != nil {
			return err
		}
		if f.Path != factPathOf(f.SHA256) {
			return fmt.Errorf("%q is no file of facts", f.Path)
		}
		s.facts[f.Path] = true
	}
	return nil
}

func factPathOf(sum string) string { return factsDir + "/" + sum + ".parquet" }

// factPath returns where a file of facts is: among those that were made since the case was
// opened, or in the case.
func (c *Case) factPath(f FileRef) string {
	if path, ok := c.newFacts[f.SHA256]; ok {
		return path
	}
	return locate(c.Dir, c.state, f.Path)
}

// newFactPath is where the next file of facts is made.
func (c *Case) newFactPath() (string, error) {
	if c.factFiles == maxFactFiles {
		return "", fmt.Errorf("more than %d files of facts; open the case again", maxFactFiles)
	}
	c.factFiles++
	return c.tempFacts()[c.factFiles-1], nil
}

// tempFacts are the paths of files of facts that are made while the case is open.
func (c *Case) tempFacts() []string {
	var out []string
	for i := range maxFactFiles {
		out = append(out, filepath.Join(c.temp, fmt.Sprintf("facts-%d.parquet", i)))
	}
	return out
}

// allowedFacts are the files of facts that the database may read.
func (c *Case) allowedFacts() ([]string, error) {
	kept, err := absolute(c.Dir, c.state, c.state.factFiles())
	return append(c.tempFacts(), kept...), err
}

// keptFacts returns what the case has of a finder, as far as it still holds: what another
// version found, or in segments that were decoded again, does not.
func (c *Case) keptFacts(f *TextFinder) (textFacts, error) {
	none := textFacts{Name: f.Name, Version: f.Version}
	kept, ok := c.foundFacts[f.Name]
	if !ok {
		at := slices.IndexFunc(c.state.texts, func(t textFacts) bool { return t.Name == f.Name })
		if at < 0 {
			return none, nil
		}
		kept = c.state.texts[at]
	}
	more := kept.Through < c.state.segment || kept.JoinedOf != c.state.joinedTexts()
	if kept.Version != f.Version || kept.Through > c.state.segment || kept.Of != c.state.segmentsSum(kept.Through) || more && len(kept.Files) >= maxKeptFiles {
		return none, nil
	}
	for _, ref := range slices.Concat(kept.Files, kept.Joined) {
		if c.newFacts[ref.SHA256] != "" {
			continue
		}
		if ok, err := isFile(c.factPath(ref), ref); err != nil || !ok {
			return none, err
		}
	}
	return kept, nil
}

// isFile reports whether a file is there and is the one that a reference names.
func isFile(path string, ref FileRef) (bool, error) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() != ref.Size {
		return false, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, ref.Size+1)); err != nil {
		return false, err
	}
	return hexSum(h.Sum(nil)) == ref.SHA256, nil
}

// makeFactView makes the temporary view of the facts of a finder. A text that stands in an
// earlier place, of evidence that came later, is looked at there.
func (c *Case) makeFactView(ctx context.Context, f *TextFinder, refs []FileRef) error {
	columns := []string{"f.hash"}
	empty := []string{"''::blob as hash", "0::bigint as segment", "0::bigint as row", "0::bigint as place"}
	add := func(typ string, names ...string) {
		for _, name := range names {
			columns = append(columns, "f."+QuoteIdent(name))
			empty = append(empty, "null::"+typ+" as "+QuoteIdent(name))
		}
	}
	add("varchar", f.Words...)
	add("bigint", f.Ints...)
	if f.Score != "" {
		add("double", f.Score)
	}
	var paths []string
	for _, ref := range refs {
		path, err := filepath.Abs(c.factPath(ref))
		if err != nil {
			return fmt.Errorf("finding a file of facts: %w", err)
		}
		paths = append(paths, path)
	}
	return runWith(ctx, c.db, "fact_view", map[string]string{
		"view": QuoteIdent(f.Name), "columns": strings.Join(columns, ", "), "facts": relation(paths, "(select "+strings.Join(empty, ", ")+" where false)"),
	}, nil)
}

// keepFacts copies what was found since the case was opened to the staging folder, with
// what is kept already of other finders. It keeps nothing where nothing is new.
func (b *analyzeBody) keepFacts(staging string, c *Case) error {
	all := map[string]textFacts{}
	for _, t := range c.state.texts {
		all[t.Name] = t
	}
	changed := false
	for _, name := range slices.Sorted(maps.Keys(c.foundFacts)) {
		t, size := c.foundFacts[name], int64(0)
		refs := slices.Concat(t.Files, t.Joined)
		for _, ref := range refs {
			size += ref.Size
		}
		if size > maxKeptFacts || c.hasFacts(&t, refs) {
			continue
		}
		all[name], changed = t, true
		for _, ref := range refs {
			if err := c.stageFacts(staging, ref); err != nil {
				return fmt.Errorf("keeping what was found in texts: %w", err)
			}
		}
	}
	if !changed {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b.Texts = append(b.Texts, all[name])
	}
	return nil
}

// hasFacts reports whether the case keeps all this already.
func (c *Case) hasFacts(t *textFacts, refs []FileRef) bool {
	same := func(o textFacts) bool {
		return o.Name == t.Name && o.Version == t.Version && o.Through == t.Through && o.Of == t.Of && o.JoinedOf == t.JoinedOf &&
			slices.Equal(o.Files, t.Files) && slices.Equal(o.Joined, t.Joined)
	}
	return slices.ContainsFunc(c.state.texts, same) && !slices.ContainsFunc(refs, func(f FileRef) bool { return c.newFacts[f.SHA256] != "" })
}

// stageFacts copies a new file of facts to the staging folder.
func (c *Case) stageFacts(staging string, ref FileRef) error {
	from := c.newFacts[ref.SHA256]
	if from == "" {
		return nil
	}
	to := filepath.Join(staging, filepath.FromSlash(ref.Path))
	if _, err := os.Lstat(to); err == nil {
		return nil // two finders found the same
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	// One that stands there was altered, or it would have been read.
	if err := os.Remove(filepath.Join(c.Dir, filepath.FromSlash(ref.Path))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := copyFile(from, to); err != nil {
		return err
	}
	return syncFile(to)
}

// removeFacts removes the files of facts that are not in use. A reader that has not opened
// them yet reads the texts instead.
func removeFacts(dir string, used []FileRef) error {
	keep := map[string]bool{}
	for _, f := range used {
		keep[f.Path] = true
	}
	found, err := os.ReadDir(filepath.Join(dir, factsDir))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return err
	}
	removed := false
	for _, e := range found {
		if path := factsDir + "/" + e.Name(); !keep[path] {
			// What somebody has open may refuse to go; the next writer tries again.
			_ = os.Remove(filepath.Join(dir, filepath.FromSlash(path)))
			removed = true
		}
	}
	if removed {
		return ledger.SyncDir(filepath.Join(dir, factsDir))
	}
	return nil
}
