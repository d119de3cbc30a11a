// Package casefile keeps a case: the folder that holds all of an
// investigation. It takes evidence in as hashed records, keeps decoded events
// in Parquet segments, records everything done in a signed ledger, derives a
// DuckDB database from them, and verifies all of it.
//
// It is the only package that knows DuckDB and the Parquet writer. It does
// not know log formats (package formats), and draws no conclusions.
package casefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// The parts of a case folder.
const (
	ledgerFile    = "ledger.jsonl"
	manifestsDir  = "manifests"
	recordsDir    = "records"
	eventsDir     = "events"
	inputsDir     = "inputs"
	replaysDir    = "replays"
	derivedDir    = "derived"
	stagingDir    = "staging"
	checkpointDir = "checkpoints"
	factsDir      = "facts"
	currentFile   = "CURRENT"
)

// ErrNoCase means that a folder holds no case.
var ErrNoCase = errors.New("no case here")

// loadBody is the body of a load entry in the ledger.
type loadBody struct {
	Load         string         `json:"load"` // name of the load, and of its staging folder until it is in place
	Decoder      string         `json:"decoder"`
	Manifest     FileRef        `json:"manifest"`
	ManifestRoot string         `json:"manifest_root"` // RFC 6962 root over the manifest's lines, hex
	Segments     [2]int64       `json:"segments"`      // first and last segment; equal numbers + 1 when none
	Files        []FileRef      `json:"files"`
	Inputs       []FileRef      `json:"inputs,omitempty"` // parameter files that shaped the result
	Settings     map[string]any `json:"settings,omitempty"`
	Received     *Received      `json:"received,omitempty"`
	Derived      *DerivedState  `json:"derived"`
}

// Received says where evidence came from and what was promised about it.
type Received struct {
	From   string `json:"from,omitempty"`
	Label  string `json:"label,omitempty"`
	Hashes string `json:"hashes,omitempty"` // SHA-256 of the list of hashes that the evidence was checked against
}

// decodeBody is the body of a decode entry: the derived state was rebuilt, and
// with Files the events were decoded again.
type decodeBody struct {
	Load    string        `json:"load,omitempty"` // staging folder until the files are in place
	Decoder string        `json:"decoder"`
	Files   []FileRef     `json:"files,omitempty"`
	Counts  *EventCounts  `json:"counts,omitempty"` // with Files: what decoding again gave
	Derived *DerivedState `json:"derived"`
}

// EventCounts says how many events a number of segments hold.
type EventCounts struct {
	Segments int64 `json:"segments"` // the first segments of the case, up to this one
	Events   int64 `json:"events"`
	Silent   int64 `json:"silent"` // records that hold no event
}

// DerivedState is what a generation of the derived database holds: enough to
// find a changed row in it.
type DerivedState struct {
	Schema int64       `json:"schema"`
	Tables []TableHash `json:"tables"`
}

// TableHash is the order-independent hash of a table's rows.
type TableHash struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	Hash  string `json:"hash"`
}

// state is what the ledger says about the files of a case.
type state struct {
	head       ledger.Head
	create     ledger.CreateBody
	manifests  []FileRef
	records    []FileRef // live, in segment order
	events     []FileRef // of the live decoder
	replaced   []FileRef // events that were decoded again: nothing reads them any more
	decoder    string
	redecoded  *EventCounts // nil when every segment has the events of its load
	inputs     []FileRef
	enrichment []EnrichSource // that hold
	derived    *DerivedState
	generation string // name of the derived database of the last entry that changed it
	segment    int64  // number of the last segment
	pending    map[string]bool
	loads      []loadEntry
	earlier    map[string]bool // generations of the derived database that came before
	analysis   *analysisEntry  // the last run of the detectors; nil for none
	changed    int64           // the last entry that changed what detectors read
	acts       []FindingAct    // what was said of findings, in order
	words      map[EventRef][]EventAct
	texts      []textFacts     // what was found in texts and is kept
	facts      map[string]bool // files of facts that any analysis kept
	replays    []replayEntry
}

// loadEntry is a load and the entry of the ledger that says so.
type loadEntry struct {
	seq  int64
	body loadBody
}

func newState() *state {
	return &state{decoder: DecoderVersion, pending: map[string]bool{}, earlier: map[string]bool{}, facts: map[string]bool{}, words: map[EventRef][]EventAct{}}
}

// liveBytes is the size of the live segments.
func (s *state) liveBytes() int64 { return bytesOf(s.events) + bytesOf(s.records) }

// bytesOf is the size of files together.
func bytesOf(refs []FileRef) int64 {
	n := int64(0)
	for _, r := range refs {
		n += r.Size
	}
	return n
}

// readState follows the ledger from its first entry to its last.
func readState(l *ledger.Ledger) (*state, error) {
	s := newState()
	s.head, s.create = l.Head(), l.Info()
	for e, err := range l.Entries(0) {
		if err == nil {
			err = s.apply(e)
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s:%d: %w", ledgerFile, e.Seq, err)
		}
	}
	return s, nil
}

// generationName is the name of the derived database that an entry brings:
// the size of the ledger with it, and the beginning of the hash of its body.
func generationName(e ledger.Entry) string {
	return fmt.Sprintf("%d-%.8s.duckdb", e.Seq, sumOf(e.Body))
}

func (s *state) apply(e ledger.Entry) error {
	switch e.Action {
	case ledger.ActionLoad:
		var b loadBody
		if err := json.Unmarshal(e.Body, &b); err != nil {
			return err
		}
		if err := checkRefs(b.Manifest, b.Files, b.Inputs); err != nil {
			return err
		}
		s.loads = append(s.loads, loadEntry{e.Seq, b})
		s.manifests = append(s.manifests, b.Manifest)
		s.inputs = append(s.inputs, b.Inputs...)
		for _, f := range b.Files {
			if filepath.Dir(f.Path) == recordsDir {
				s.records = append(s.records, f)
			} else {
				s.events = append(s.events, f)
			}
		}
		s.segment = max(s.segment, b.Segments[1])
		s.changed = e.Seq
		s.derive(b.Derived, generationName(e))
		s.pending[b.Load] = true
	case ledger.ActionEnrich:
		var b enrichBody
		if err := json.Unmarshal(e.Body, &b); err != nil {
			return err
		}
		if err := checkRefs(FileRef{Path: inputsDir}, b.Inputs); err != nil {
			return err
		}
		s.inputs = append(s.inputs, b.Inputs...)
		s.enrichment = b.Sources
		s.changed = e.Seq
		s.derive(b.Derived, generationName(e))
		s.pending[b.Load] = true
	case ledger.ActionAnalyze:
		return s.applyAnalysis(e)
	case ledger.ActionReplay:
		return s.applyReplay(e)
	case ledger.ActionTriage, ledger.ActionNote, ledger.ActionTag:
		var b judgeBody
		if err := json.Unmarshal(e.Body, &b); err != nil {
			return err
		}
		return s.takeAct(e, &b)
	case ledger.ActionVerify:
		var b verifyBody
		if err := json.Unmarshal(e.Body, &b); err != nil {
			return err
		}
		if err := checkRefs(b.Results); err != nil {
			return err
		}
		s.inputs = append(s.inputs, b.Results)
		s.pending[b.Load] = true
	case ledger.ActionDecode:
		var b decodeBody
		if err := json.Unmarshal(e.Body, &b); err != nil {
			return err
		}
		if err := checkRefs(FileRef{Path: eventsDir}, b.Files); err != nil {
			return err
		}
		s.changed = e.Seq
		if b.Files != nil {
			s.replaced = append(s.replaced, s.events...)
			s.events, s.decoder, s.redecoded = b.Files, b.Decoder, b.Counts
		}
		s.derive(b.Derived, generationName(e))
		if b.Load != "" {
			s.pending[b.Load] = true
		}
	}
	return nil
}

// applyAnalysis takes an analyze entry.
func (s *state) applyAnalysis(e ledger.Entry) error {
	a := &analysisEntry{seq: e.Seq, time: e.Time, actor: e.Actor, tool: e.Tool}
	if err := json.Unmarshal(e.Body, &a.body); err != nil {
		return err
	}
	if err := checkRefs(a.body.Findings, a.body.Inputs); err != nil {
		return err
	}
	if err := s.takeFacts(a.body.Texts); err != nil {
		return err
	}
	s.inputs = append(append(s.inputs, a.body.Findings), a.body.Inputs...)
	s.analysis = a
	s.derive(a.body.Derived, generationName(e))
	s.pending[a.body.Load] = true
	return nil
}

func (s *state) derive(d *DerivedState, generation string) {
	if s.generation != "" {
		s.earlier[s.generation] = true
	}
	s.derived, s.generation = d, generation
}

// checkRefs refuses a path that leads out of the case: a case can come from
// anybody.
func checkRefs(first FileRef, lists ...[]FileRef) error {
	for _, f := range append([]FileRef{first}, slices.Concat(lists...)...) {
		if path.Clean(f.Path) != f.Path || !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			return fmt.Errorf("%q is no file of a case", f.Path)
		}
	}
	return nil
}

// Exists reports whether dir holds a case: a ledger with at least one entry,
// whatever its state. What an interrupted creation left is none.
func Exists(dir string) bool {
	ok, err := ledger.Exists(dir)
	return ok || err != nil
}

// locate returns where a file of the case is now: in place, or still in the
// staging folder of a load whose last step was interrupted.
func locate(dir string, s *state, ref string) string {
	p := filepath.Join(dir, filepath.FromSlash(ref))
	if _, err := os.Stat(p); err == nil {
		return p
	}
	for load := range s.pending {
		staged := filepath.Join(dir, stagingDir, load, filepath.FromSlash(ref))
		if _, err := os.Stat(staged); err == nil {
			return staged
		}
	}
	return p
}

// evidenceCount is the number of the last evidence in the case.
func lastEvidence(items []*Item) int64 {
	last := int64(0)
	for _, it := range items {
		last = max(last, it.Evidence)
	}
	return last
}
