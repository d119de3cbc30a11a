package cli

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// maxParameter bounds a parameter file. A list of the hashes of a million
// files is a tenth of it at most.
const maxParameter = 1 << 30

// readParameter reads a parameter file whole.
func readParameter(what, name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading the %s: %w", what, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxParameter+1))
	if err == nil && len(data) > maxParameter {
		err = fmt.Errorf("%s has more than %d bytes", name, maxParameter)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the %s: %w", what, err)
	}
	return data, nil
}

// readHashes reads --hashes. The list itself is no evidence: where it lies in
// a folder that is loaded, it is left out.
func (f *factory) readHashes(lo *casefile.LoadOptions, name string) error {
	if name == "" {
		return nil
	}
	data, err := readParameter("list of hashes", name)
	if err != nil {
		return err
	}
	if lo.Hashes, err = parseHashes(name, data); err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	lo.HashesFile, lo.Received.Hashes = data, hex.EncodeToString(sum[:])
	if base := filepath.Base(name); lo.Hashes[base] == "" {
		lo.Exclude = append(lo.Exclude, escapeGlob(base))
	}
	return nil
}

// escapeGlob returns a pattern that fits name only.
func escapeGlob(name string) string {
	return regexp.MustCompile(`[\\*?\[]`).ReplaceAllString(name, `\$0`)
}

var (
	plainHash = regexp.MustCompile(`^\\?([0-9A-Fa-f]{64}) [ *](.+)$`)
	taggedSum = regexp.MustCompile(`^\\?SHA256 \((.+)\) = ([0-9A-Fa-f]{64})$`)
)

// parseHashes reads a list of SHA-256 hashes as sha256sum and its relatives
// write it: HASH, two spaces (or a space and a star) and a name; or SHA256
// (NAME) = HASH. The result is by file name without folders.
func parseHashes(list string, data []byte) (map[string]string, error) {
	hashes := map[string]string{}
	lines := map[string]int{}
	scanner := bufio.NewScanner(bytes.NewReader(data))
	scanner.Buffer(nil, 64<<10)
	for n := 1; scanner.Scan(); n++ {
		line := strings.TrimSuffix(strings.TrimPrefix(scanner.Text(), "\ufeff"), "\r")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		sum, name, ok := parseHash(line)
		if !ok {
			return nil, usagef("reading the list of hashes %s:%d: %.80q is no SHA-256 and a name", list, n, line).
				hint("sha256sum FILE... and shasum -a 256 FILE... write such lists")
		}
		base := path.Base(strings.ReplaceAll(name, `\`, "/"))
		if old, ok := hashes[base]; ok && old != sum {
			return nil, usagef("reading the list of hashes %s:%d: %s has another hash in line %d", list, n, base, lines[base]).
				hint("names are compared without folders: check such files in two loads, each with a list of its own")
		}
		hashes[base], lines[base] = sum, n
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("reading the list of hashes %s: %w", list, err)
	}
	if len(hashes) == 0 {
		return nil, usagef("the list of hashes %s is empty", list)
	}
	return hashes, nil
}

// parseHash reads a line. A backslash at its begin says that \n, \r and \\ in
// the name are escapes.
func parseHash(line string) (sum, name string, ok bool) {
	if m := plainHash.FindStringSubmatch(line); m != nil {
		sum, name = m[1], m[2]
	} else if m := taggedSum.FindStringSubmatch(line); m != nil {
		sum, name = m[2], m[1]
	} else {
		return "", "", false
	}
	if strings.HasPrefix(line, `\`) {
		name = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r").Replace(name)
	}
	return strings.ToLower(sum), name, true
}

// examinerKey reads the examiner's key. Without one, a key is made for a new
// case; a case that exists needs its own.
func (f *factory) examinerKey(newCase bool) (*ledger.Key, error) {
	name, err := ledger.DefaultKeyPath()
	if err != nil {
		return nil, err
	}
	key, err := ledger.LoadKey(name)
	switch {
	case err == nil && key.Exposed:
		f.warn("others on this machine can read your examiner key " + name + "; chmod 600 helps if nobody has copied it")
	case errors.Is(err, fs.ErrNotExist) && newCase:
		return f.newExaminerKey(name)
	case errors.Is(err, fs.ErrNotExist):
		return nil, &HintError{Err: err, Hints: []string{"the case is signed with a key that is not here; EXHIBIT_KEY=FILE names it"}}
	}
	return key, err
}

// newExaminerKey makes the key at its default place, once.
func (f *factory) newExaminerKey(name string) (*ledger.Key, error) {
	key, err := ledger.CreateKey(name, "")
	if errors.Is(err, fs.ErrExist) { // another process was faster
		return ledger.LoadKey(name)
	}
	if err != nil {
		return nil, err
	}
	f.note("made your examiner key: " + name)
	f.note("it signs the ledger of your cases: keep it, keep a copy, and let nobody else have it")
	return key, nil
}
