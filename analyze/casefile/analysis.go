package casefile

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// AnalysisOptions say what was looked for in a case, and what was found.
type AnalysisOptions struct {
	// Of is the case that was read. When another command changed it since, the
	// analysis is of another case and is not kept.
	Of     *Case
	Params map[string]any // JSON without numbers that are not whole
	Files  []ParameterFile
	// Program is the SHA-256 of the program, hexadecimal; "" where it is not known.
	Program   string
	Detectors []DetectorCount
	Findings  []analyze.Finding // in the order in which to look at them

	Key     *ledger.Key
	Actor   string
	Tool    string
	Now     func() time.Time
	Threads int
	Memory  int64  // bytes
	Temp    string // folder for what does not fit in memory; "" is the case's staging folder
}

// ParameterFile is a file that shaped the result of an analysis. The case keeps
// it.
type ParameterFile struct {
	Kind string // policy, baseline, suppressions, rules
	Name string // as given
	Data []byte
}

// kept is how an entry of the ledger names the file.
func (f *ParameterFile) kept(sum string) AnalysisFile {
	return AnalysisFile{Kind: f.Kind, Name: ledger.EscapePath(filepath.Base(f.Name)), SHA256: sum}
}

// DetectorCount says what one detector did.
type DetectorCount struct {
	ID            string   `json:"id"`
	Version       int64    `json:"version"`
	Tests         int64    `json:"tests"`
	Findings      int64    `json:"findings"`
	NotApplicable string   `json:"not_applicable,omitempty"`
	Notes         []string `json:"notes,omitempty"`    // what it could not know
	Baseline      bool     `json:"baseline,omitempty"` // a baseline was used
}

// AnalysisFile is a kept [ParameterFile].
type AnalysisFile struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// analyzeBody is the body of an analyze entry. The hash of the file of findings
// is the same where the same was found.
type analyzeBody struct {
	Load      string          `json:"load"` // staging folder until the files are in place
	Params    map[string]any  `json:"params,omitempty"`
	Program   string          `json:"program,omitempty"` // SHA-256
	Detectors []DetectorCount `json:"detectors"`
	Files     []AnalysisFile  `json:"files,omitempty"`
	Findings  FileRef         `json:"findings"`
	Inputs    []FileRef       `json:"inputs,omitempty"` // the parameter files
	Texts     []textFacts     `json:"texts,omitempty"`  // all that is kept of texts from now on, where that changes
	Derived   *DerivedState   `json:"derived"`
}

// AnalysisReport says how an analysis was recorded.
type AnalysisReport struct {
	Head ledger.Head
	// Run is the number of the entry of the ledger that the findings are of.
	Run int64
	// Same says that the last run had the same parameters and found the same, so
	// that nothing was written.
	Same bool
}

// RecordAnalysis keeps what was found in a case: the findings replace those of
// the last run, and an entry of the ledger says how they came about.
func RecordAnalysis(ctx context.Context, o *AnalysisOptions) (*AnalysisReport, error) {
	w, err := openExisting(o.Of.Dir, "analyze", &LoadOptions{Key: o.Key, Tool: o.Tool, Actor: o.Actor, Now: o.Now})
	if err != nil {
		return nil, fmt.Errorf("recording the analysis: %w", err)
	}
	defer w.close()
	r, err := w.recordAnalysis(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("recording the analysis: %w", err)
	}
	return r, nil
}

func (w *writer) recordAnalysis(ctx context.Context, o *AnalysisOptions) (*AnalysisReport, error) {
	base := w.currentDerived()
	switch {
	case w.state.generation != o.Of.state.generation:
		return nil, errors.New("another command changed the case meanwhile; run it again")
	case base == "" || w.state.derived == nil || w.state.derived.Schema != derivedSchema:
		return nil, errors.New("the derived database is missing or of another version of exhibit; run exhibit rebuild first")
	}
	data, err := encodeFindings(o.Findings, o.Of.placeOf)
	if err != nil {
		return nil, err
	}
	body := &analyzeBody{Load: fmt.Sprintf("analyze-%06d", w.state.head.Size+1), Params: o.Params, Program: o.Program, Detectors: o.Detectors}
	staging, err := stage(w.dir, body.Load)
	if err != nil {
		return nil, err
	}
	committed := false
	defer func() {
		if !committed {
			_ = os.RemoveAll(staging)
		}
	}()
	if err := body.keep(staging, data, o.Files); err != nil {
		return nil, err
	}
	if err := body.keepFacts(staging, o.Of); err != nil {
		return nil, err
	}
	if last := w.state.analysis; last != nil && w.state.changed < last.seq {
		if same, err := body.same(&last.body); err != nil || same {
			return &AnalysisReport{Head: w.state.head, Run: last.seq, Same: same}, err
		}
	}
	if err := w.deriveFindings(ctx, o, body, data, staging, base); err != nil {
		return nil, err
	}
	if err := errors.Join(ctx.Err(), syncTree(staging)); err != nil {
		return nil, err
	}
	committed = true // from here on, the staging folder belongs to the ledger
	r := &AnalysisReport{Run: w.state.head.Size + 1}
	if r.Head, err = w.ledger.Append(ledger.ActionAnalyze, body); err != nil {
		return nil, err
	}
	if w.state, err = readState(w.ledger); err != nil {
		return nil, err
	}
	if err := recoverStaging(w.dir, w.state); err != nil {
		return nil, err
	}
	return r, removeFacts(w.dir, w.state.factFiles())
}

// keep writes the findings and the parameter files to the staging folder.
func (b *analyzeBody) keep(staging string, findings []byte, files []ParameterFile) error {
	var err error
	if b.Findings, err = writeInput(staging, findings); err != nil {
		return err
	}
	for _, f := range files {
		ref, err := writeInput(staging, f.Data)
		if err != nil {
			return err
		}
		b.Files = append(b.Files, f.kept(ref.SHA256))
		b.Inputs = append(b.Inputs, ref)
	}
	return nil
}

// same reports whether another run had the same parameters and found the same, and there is
// nothing new to keep of texts.
func (b *analyzeBody) same(other *analyzeBody) (bool, error) {
	mine, theirs := *b, *other
	mine.Load, mine.Derived, theirs.Load, theirs.Derived, theirs.Texts = "", nil, "", nil, nil
	x, err := ledger.Canonical(mine)
	if err != nil {
		return false, err
	}
	y, err := ledger.Canonical(theirs)
	return bytes.Equal(x, y), err
}

// deriveFindings makes the next generation: a copy of the last with the findings
// of this run.
func (w *writer) deriveFindings(ctx context.Context, o *AnalysisOptions, body *analyzeBody, data []byte, staging, base string) (err error) {
	path := filepath.Join(staging, stagedDerived)
	if err := copyFile(base, path); err != nil {
		return fmt.Errorf("copying the derived database: %w", err)
	}
	temp, err := os.MkdirTemp(cmp.Or(o.Temp, staging), "exhibit-*")
	if err != nil {
		return fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }() // what is left behind spoils no result
	db, err := openDuck(path, duckSettings{threads: o.Threads, memory: share(o.Memory), temp: temp, data: w.state.liveBytes()})
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, db.Close()); err == nil {
			err = syncFile(path)
		}
	}()
	if err := insertFindings(ctx, db, w.state.head.Size+1, data, w.items); err != nil {
		return err
	}
	body.Derived = &DerivedState{Schema: derivedSchema}
	for _, t := range w.state.derived.Tables {
		if strings.HasPrefix(t.Table, "finding") {
			if t, err = hashTable(ctx, db, "", t.Table); err != nil {
				return err
			}
		}
		body.Derived.Tables = append(body.Derived.Tables, t)
	}
	_, err = db.ExecContext(ctx, "checkpoint")
	return err
}

// analysis reads the findings of the last run; nil where there is none.
func (w *writer) analysis() (*storedAnalysis, error) {
	last := w.state.analysis
	if last == nil {
		return nil, nil
	}
	data, err := w.readInput(last.body.Findings.SHA256)
	return &storedAnalysis{run: last.seq, data: data, items: w.items}, err
}

// storedAnalysis is what a run found, on its way into a derived database.
type storedAnalysis struct {
	run   int64
	data  []byte
	items []*Item
}

// insertFindings fills the tables of findings.
func insertFindings(ctx context.Context, db *sql.DB, run int64, data []byte, items []*Item) error {
	list, err := decodeFindings(data)
	if err != nil {
		return err
	}
	number := map[string]int64{}
	for _, it := range items {
		if it.Evidence != 0 {
			number[it.SHA256] = it.Evidence
		}
	}
	if err := runFile(ctx, db, "finding_clear", nil, 0); err != nil {
		return err
	}
	err = appendRows(ctx, db, "finding", len(list), func(i int) []driver.Value { return findingRow(&list[i].Finding, int64(i+1), run) })
	if err != nil {
		return err
	}
	type event struct{ finding, at int }
	var events []event
	for i := range list {
		for k := range list[i].places {
			events = append(events, event{i, k})
		}
	}
	return appendRows(ctx, db, "finding_event", len(events), func(i int) []driver.Value {
		f := &list[events[i].finding]
		p := f.places[events[i].at]
		return []driver.Value{f.ID, int64(events[i].at + 1), number[p.evidence], p.record, p.part}
	})
}

// findingRow is the row of a finding in the order of the columns of its table.
func findingRow(f *analyze.Finding, rank, run int64) []driver.Value {
	row := []driver.Value{
		f.ID, rank, f.Severity.String(), f.Detector, f.Title, f.Subject, nullable(f.Bucket), nullable(f.Actor), timeOrNull(f.First), timeOrNull(f.Last),
		f.Explanation, factObject(f.Facts), wordList(f.Tags), wordList(f.Parts), f.Score, nil, nil, nil, f.EventCount, nil, nil, nil, run,
	}
	if t := f.Test; t != nil {
		row[15], row[16], row[17] = t.P, t.Q, t.Tests
	}
	if s := f.Suppressed; s != nil {
		row[19], row[20], row[21] = s.By, s.Until.Format(time.DateOnly), s.Reason
	}
	return row
}

func timeOrNull(t time.Time) driver.Value {
	if t.IsZero() {
		return nil
	}
	return t.UTC()
}

// factObject writes facts as a JSON object, in their order.
func factObject(facts []analyze.Fact) driver.Value {
	if len(facts) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteByte('{')
	for i, f := range facts {
		name, errName := json.Marshal(f.Name)
		value, err := json.Marshal(f.Value)
		if errName != nil || err != nil {
			value = []byte("null") // a number that JSON has no word for
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	return b.String() + "}"
}

// wordList writes words as a JSON list.
func wordList(words []string) driver.Value {
	if len(words) == 0 {
		return nil
	}
	data, err := json.Marshal(words)
	if err != nil {
		return nil
	}
	return string(data)
}
