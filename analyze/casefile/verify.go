package casefile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// VerifyOptions say how much of a case to verify, and what is known about it
// from elsewhere.
type VerifyOptions struct {
	// Quick checks the ledger and the names, sizes and hashes of all files, and
	// does not look into them.
	Quick bool
	// Head is a head of the ledger noted earlier, outside the case; nil if there
	// is none.
	Head *ledger.Head
	// TrustedKey is the public key that the case should be signed with; empty if
	// it is not known from elsewhere.
	TrustedKey string
	// Evidence names originals, files or folders, from which the records are
	// derived again and compared.
	Evidence []string
	Threads  int
	Memory   int64     // bytes
	Temp     string    // folder for what does not fit in memory; "" is the system's
	Progress *Progress // bytes of files checked; may be nil
}

// A Fault is one thing that verification found, and where.
type Fault struct {
	Path  string `json:"path"`            // file below the case, with slashes, or the original
	Place string `json:"place,omitempty"` // line, row, record or table, where one is to blame
	What  string `json:"what"`
}

// String returns "path: place: what".
func (f Fault) String() string {
	if f.Place == "" {
		return f.Path + ": " + f.What
	}
	return f.Path + ": " + f.Place + ": " + f.What
}

// VerifyReport is what Verify found.
type VerifyReport struct {
	Ledger *ledger.Report `json:"ledger"`
	Quick  bool           `json:"quick"`
	// Files and FileBytes count what was hashed and compared with the ledger.
	Files     int64 `json:"files"`
	FileBytes int64 `json:"file_bytes"`
	// Evidence counts the pieces whose every byte was found in the case again,
	// and what they hold. All are zero after a quick run.
	Evidence int64 `json:"evidence"`
	Records  int64 `json:"records"`
	Frames   int64 `json:"frames"`
	Events   int64 `json:"events"`
	Silent   int64 `json:"silent"` // records that hold no event
	Bytes    int64 `json:"bytes"`  // decompressed
	// Tables counts the derived tables whose rows are those of the ledger.
	Tables int64 `json:"tables"`
	// Originals counts the originals from which the same records came again.
	Originals int64 `json:"originals"`
	// Problems are all signs of alteration, in the order of the ledger.
	Problems []Fault `json:"problems"`
	// Notes do not make a case invalid.
	Notes []Fault `json:"notes"`
	// Limits says in sentences what the result does not prove.
	Limits []string      `json:"limits"`
	Took   time.Duration `json:"took_ns"`
}

// OK says that nothing was altered, as far as can be known from what was
// given.
func (r *VerifyReport) OK() bool { return len(r.Problems) == 0 }

// maxFaults bounds the lists of a report; the rest is counted.
const maxFaults = 10_000

// verification is a Verify at work.
type verification struct {
	dir    string
	o      VerifyOptions
	s      *state
	report *VerifyReport
	more   int               // problems that did not fit
	bad    map[string]bool   // files that are missing or altered
	items  map[int64]*claim  // by number of the evidence
	others map[string]Status // by SHA-256: inputs of which nothing is in the case
	last   int64             // highest number of an evidence
	seq    evidenceCheck
}

// Verify checks a case and lists everything that is wrong with it; it does not
// stop at the first problem, takes no lock and changes nothing. An error means
// that the case could not be looked at.
func Verify(ctx context.Context, dir string, o VerifyOptions) (*VerifyReport, error) {
	start := time.Now()
	o.Threads = max(1, o.Threads)
	if o.Progress == nil {
		o.Progress = new(Progress)
	}
	v := &verification{
		dir: dir, o: o, report: &VerifyReport{Quick: o.Quick, Problems: []Fault{}, Notes: []Fault{}},
		bad: map[string]bool{}, items: map[int64]*claim{}, others: map[string]Status{},
	}
	if err := v.run(ctx); err != nil {
		return nil, fmt.Errorf("verifying %s: %w", dir, err)
	}
	if v.more > 0 {
		v.report.Problems = append(v.report.Problems, Fault{Path: ledgerFile, What: fmt.Sprintf("and %d more problems", v.more)})
	}
	v.report.Took = time.Since(start)
	return v.report, nil
}

func (v *verification) run(ctx context.Context) error {
	if _, err := os.Stat(v.dir); err != nil {
		return err
	}
	if ok, err := ledger.Exists(v.dir); err != nil {
		return err
	} else if !ok && !v.hasTruth() {
		return ErrNoCase
	}
	// A writer names a file in the ledger before it puts it in place: what is
	// listed before the ledger is read must be in it.
	found, err := v.list()
	if err != nil {
		return err
	}
	if err := v.checkLedger(); err != nil {
		return err
	}
	v.checkNames(found)
	for _, step := range []func(context.Context) error{v.checkFiles, v.checkDerived, v.checkOriginals} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	v.checkWords()
	return nil
}

// checkWords checks that the events of which something was said can be in the
// case. Without all manifests that cannot be told, which is a problem already.
func (v *verification) checkWords() {
	if len(v.bad) > 0 || len(v.s.words) == 0 {
		return
	}
	records := map[string]int64{}
	for _, c := range v.items {
		records[c.SHA256] = c.Records
	}
	for _, seq := range v.s.wordsOutside(records) {
		v.problem(ledgerFile, linePlace(seq), "something is said of an event that the case does not have")
	}
}

// hasTruth reports whether the folder holds anything else of a case: then a
// missing ledger is a problem of that case.
func (v *verification) hasTruth() bool {
	for _, name := range append(truthFolders(), checkpointDir, ledgerFile) {
		if _, err := os.Lstat(filepath.Join(v.dir, name)); err == nil {
			return true
		}
	}
	return false
}

func (v *verification) problem(path, place, format string, args ...any) {
	v.add(Fault{Path: path, Place: place, What: fmt.Sprintf(format, args...)})
}

func (v *verification) add(faults ...Fault) {
	room := max(0, maxFaults-len(v.report.Problems))
	v.more += max(0, len(faults)-room)
	v.report.Problems = append(v.report.Problems, faults[:min(room, len(faults))]...)
}

func (v *verification) note(path, format string, args ...any) {
	if len(v.report.Notes) < maxFaults {
		v.report.Notes = append(v.report.Notes, Fault{Path: path, What: fmt.Sprintf(format, args...)})
	}
}

// checkLedger verifies the ledger, and reads from it what can be read.
func (v *verification) checkLedger() error {
	r, err := ledger.Verify(v.dir, ledger.VerifyOptions{Head: v.o.Head, TrustedKey: v.o.TrustedKey})
	if err != nil {
		return err
	}
	v.report.Ledger = r
	v.report.Limits = r.Limits()
	for _, p := range r.Problems {
		v.add(Fault{p.Path, linePlace(p.Line), p.What})
	}
	for _, p := range r.Warnings {
		v.report.Notes = append(v.report.Notes, Fault{p.Path, linePlace(p.Line), p.What})
	}
	v.s = newState()
	v.s.head, v.s.create = r.Head, r.Create
	lines := int64(0)
	for e, err := range ledger.Lines(v.dir) {
		if errors.Is(err, fs.ErrNotExist) {
			break // said above
		}
		if err != nil {
			v.problem(ledgerFile, "", "%v", err)
			break
		}
		lines++
		if err := v.s.apply(e); err != nil {
			v.problem(ledgerFile, linePlace(e.Seq), "reading the body: %v", err)
		}
	}
	if lines < r.Entries {
		v.note(ledgerFile, "%d lines cannot be read; the files that they name are listed as unnamed", r.Entries-lines)
	}
	return nil
}

func linePlace(line int64) string {
	if line == 0 {
		return ""
	}
	return fmt.Sprintf("line %d", line)
}

// truthFolders are the folders in which every file stands in the ledger;
// events are not truth, but decide what is read.
func truthFolders() []string {
	return []string{manifestsDir, recordsDir, inputsDir, replaysDir, eventsDir}
}

// found is what stands in the case folder.
type found struct {
	path string // below the case, with slashes
	mode fs.FileMode
}

// list walks over the case folder, without following links.
func (v *verification) list() ([]found, error) {
	top, err := os.ReadDir(v.dir)
	if err != nil {
		return nil, err
	}
	var out []found
	for _, e := range top {
		out = append(out, found{e.Name(), e.Type()})
		if !e.IsDir() || !slices.Contains(append(truthFolders(), derivedDir, factsDir), e.Name()) {
			continue
		}
		err := filepath.WalkDir(filepath.Join(v.dir, e.Name()), func(p string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // a writer moved it just now
			}
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(v.dir, p)
			if err == nil && filepath.Dir(rel) != "." {
				out = append(out, found{filepath.ToSlash(rel), e.Type()})
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// checkNames reports what stands in the case and is not explained by the
// ledger.
func (v *verification) checkNames(all []found) {
	named := map[string]bool{}
	for _, f := range slices.Concat(v.s.manifests, v.s.records, v.s.events, v.s.replaced, v.s.inputs, v.s.cassettes()) {
		named[f.Path] = true
		for p := f.Path; strings.Contains(p, "/"); {
			p = p[:strings.LastIndexByte(p, '/')]
			named[p+"/"] = true
		}
	}
	used := map[string]bool{}
	for _, f := range v.s.factFiles() {
		used[f.Path] = true
	}
	own := ledger.FileNames()
	folders := append(truthFolders(), derivedDir, factsDir, stagingDir, checkpointDir)
	for _, f := range all {
		name := ledger.EscapePath(f.path)
		switch top, _, below := strings.Cut(f.path, "/"); {
		case !below && slices.Contains(folders, top):
			if !f.mode.IsDir() {
				v.problem(name, "", "not a folder")
			}
		case !below && slices.Contains(own, top): // the ledger has looked at it
		case !below:
			v.problem(name, "", "no part of a case: nothing in the ledger explains it")
		case top == derivedDir: // looked at with the database
		case v.s.facts[f.path] && !used[f.path]:
			v.note(name, "not in use; the next analysis removes it")
		case used[f.path]: // looked at with the other files
		case f.mode.IsDir():
			if !named[f.path+"/"] {
				v.problem(name, "", "a folder that nothing in the ledger explains")
			}
		case !named[f.path]:
			v.problem(name, "", "no entry of the ledger names this file")
		}
	}
	v.noteStaging()
}

// noteStaging says what commands at work, or interrupted ones, have left.
func (v *verification) noteStaging() {
	staged, err := os.ReadDir(filepath.Join(v.dir, stagingDir))
	if err != nil {
		return // not there: nothing is staged
	}
	for _, e := range staged {
		path := stagingDir + "/" + ledger.EscapePath(e.Name())
		if isReplayStaging(e.Name()) {
			if _, err := os.Lstat(filepath.Join(v.dir, stagingDir, e.Name(), stagedCassette)); err != nil {
				continue // nothing was sent
			}
			v.note(path, "a replay is at work, or was killed; what it sent is not on record until it is run again and ends")
			continue
		}
		if v.s.pending[e.Name()] {
			v.note(path, "the last step of a committed load was interrupted; the next writing command finishes it")
		} else {
			v.note(path, "left by an interrupted command, or one is at work; the next writing command removes it")
		}
	}
}
