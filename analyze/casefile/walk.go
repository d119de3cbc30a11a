package casefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"sort"
	"time"
)

// Input is one file to load.
type Input struct {
	Path string // as given or found; "-" is standard input
	Size int64
	Err  error // why it cannot be read
}

// Select says which files of a folder are loaded. It chooses whole files only:
// time filters belong to queries, or a case would hold half of an evidence.
type Select struct {
	Include []string // globs on the slash path below the folder, or on the file name; empty includes all
	Exclude []string
	// SinceKeyDate skips files whose S3-style key names an earlier day
	// (…/2026/04/08/…, or …_20260408T1200Z_…). Files whose name has no date are kept.
	SinceKeyDate time.Time
}

// Check reports a pattern that cannot match anything because it is malformed.
func (s *Select) Check() error {
	for _, p := range append(append([]string{}, s.Include...), s.Exclude...) {
		if _, err := path.Match(p, ""); err != nil {
			return fmt.Errorf("reading pattern %q: %w", p, err)
		}
	}
	return nil
}

// settings adds what was selected to the settings of a load.
func (s *Select) settings(to map[string]any) map[string]any {
	if len(s.Include) > 0 {
		to["include"] = s.Include
	}
	if len(s.Exclude) > 0 {
		to["exclude"] = s.Exclude
	}
	if !s.SinceKeyDate.IsZero() {
		to["since_key_date"] = s.SinceKeyDate.Format(time.DateOnly)
	}
	return to
}

// Walk lists the files that paths name, each once, in the order that a load
// takes them: sorted by path, folders walked. What cannot be read is listed
// with its error. Links to files are followed when named; inside folders,
// only regular files are taken, and links, pipes, devices and cases are listed
// as left out. The case in the folder own, "" for none, is not listed.
func Walk(paths []string, sel Select, own string) ([]Input, error) {
	var out []Input
	for _, p := range paths {
		if p == "-" {
			out = append(out, Input{Path: p})
			continue
		}
		info, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("finding evidence: %w", err)
		}
		if !info.IsDir() {
			out = append(out, newInput(p, info))
			continue
		}
		found, err := walkFolder(p, sel, own)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	uniq := out[:0]
	for i, in := range out {
		if i == 0 || in.Path != out[i-1].Path {
			uniq = append(uniq, in)
		}
	}
	return uniq, nil
}

var (
	errNotFollowed = errors.New("links inside folders are not followed; name the file itself to load it")
	errNotRegular  = errors.New("not a regular file; pipe it in as standard input with -")
	errIsCase      = errors.New("a case is not evidence; name its files to load them")
)

// newInput makes an input of a file. Anything but a regular file is not even
// opened: a pipe would wait for its writer.
func newInput(path string, info fs.FileInfo) Input {
	if !info.Mode().IsRegular() {
		return Input{Path: path, Err: errNotRegular}
	}
	return Input{Path: path, Size: info.Size()}
}

// leftOut reports whether the input is nothing that is loaded, rather than a
// file that could not be read.
func (in *Input) leftOut() bool {
	return errors.Is(in.Err, errNotFollowed) || errors.Is(in.Err, errNotRegular) || errors.Is(in.Err, errIsCase)
}

func walkFolder(root string, sel Select, own string) ([]Input, error) {
	var out []Input
	ownInfo, _ := os.Stat(own) // without one there is nothing to leave out
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			if p == root {
				return fmt.Errorf("reading folder: %w", err)
			}
			out = append(out, Input{Path: p, Err: err})
			if e != nil && e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if e.IsDir() {
			if info, err := e.Info(); err == nil && os.SameFile(info, ownInfo) {
				return fs.SkipDir
			}
			if isCase(p) {
				out = append(out, Input{Path: p, Err: errIsCase})
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		if !sel.takes(filepath.ToSlash(rel)) {
			return nil
		}
		if e.Type()&fs.ModeSymlink != 0 {
			out = append(out, Input{Path: p, Err: errNotFollowed})
			return nil
		}
		info, err := e.Info()
		if err != nil {
			out = append(out, Input{Path: p, Err: err})
			return nil
		}
		out = append(out, newInput(p, info))
		return nil
	})
	return out, err
}

// isCase reports whether a folder is a case, whatever its name: by its ledger,
// and where that is damaged by what stands beside it.
func isCase(dir string) bool {
	path := filepath.Join(dir, ledgerFile)
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return false
	}
	if info, err := os.Stat(filepath.Join(dir, checkpointDir)); err == nil && info.IsDir() {
		return true
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	const first = `{"action":"create",` // canonical JSON sorts the members
	line := make([]byte, len(first))
	n, _ := readFull(f, line)
	return string(line[:n]) == first
}

func (s *Select) takes(rel string) bool {
	if len(s.Include) > 0 && !matchAny(s.Include, rel) {
		return false
	}
	if matchAny(s.Exclude, rel) {
		return false
	}
	if day, ok := keyDate(rel); ok && !s.SinceKeyDate.IsZero() {
		return !day.Before(s.SinceKeyDate.Truncate(24 * time.Hour))
	}
	return true
}

func matchAny(patterns []string, rel string) bool {
	for _, p := range patterns {
		if ok, _ := path.Match(p, rel); ok {
			return true
		}
		if ok, _ := path.Match(p, path.Base(rel)); ok {
			return true
		}
	}
	return false
}

var (
	keyFolder = regexp.MustCompile(`(?:^|/)(\d{4})/(\d{2})/(\d{2})/`)
	keyName   = regexp.MustCompile(`_(\d{4})(\d{2})(\d{2})T\d{4}(?:\d{2})?Z`)
)

// keyDate reads the day from an S3-style key.
func keyDate(rel string) (time.Time, bool) {
	m := keyName.FindStringSubmatch(path.Base(rel))
	if m == nil {
		m = keyFolder.FindStringSubmatch(rel)
	}
	if m == nil {
		return time.Time{}, false
	}
	day, err := time.Parse("20060102", m[1]+m[2]+m[3])
	return day, err == nil
}
