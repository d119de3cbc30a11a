package casefile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/formats"
)

// LoadOptions say what to load into which case, and how.
type LoadOptions struct {
	Dir   string // the case; created when it does not exist
	Paths []string
	Stdin io.Reader
	Select

	Formats     []formats.Format // candidates; all when empty
	Map         *formats.Map     // columns of the jsonl format
	MapFile     []byte           // the map as written: kept in the case
	AssumeTZ    *time.Location   // zone of times written without one; nil leaves them NULL
	TimeOffset  map[string]time.Duration
	RecordLimit int // bytes; 0 is formats.DefaultRecordLimit
	Archives    formats.ArchiveLimits
	Hashes      map[string]string // SHA-256 by file name: what was sent
	HashesFile  []byte

	Received
	Examiner, CaseNumber, Label string // for a new case

	Key      *ledger.Key
	Actor    string // who runs this
	Tool     string // name and version of the program
	Now      func() time.Time
	Threads  int
	Memory   int64  // bytes for decoders, builders and DuckDB together
	Temp     string // folder for what does not fit in memory; "" is the case's staging folder
	Progress *Progress
}

// LoadReport is what a load did.
type LoadReport struct {
	Created  bool
	Nothing  bool // nothing was added: no ledger entry was written
	Items    []*Item
	Columns  map[string]map[string]int64
	Sources  []Source
	Segments [2]int64 // first and last segment of the load; none when the last is smaller
	Head     ledger.Head
	Took     time.Duration
	Warnings []string
}

// A HashError says that evidence is not what the list of hashes says was sent.
// Nothing was loaded.
type HashError struct {
	Problems []string // one for each file, sorted
}

// Error counts the files.
func (e *HashError) Error() string {
	return fmt.Sprintf("evidence differs from the list of hashes in %d places; nothing was loaded", len(e.Problems))
}

// Load takes evidence into a case. It commits everything or nothing.
func Load(ctx context.Context, o *LoadOptions) (*LoadReport, error) {
	start := time.Now()
	inputs, err := Walk(o.Paths, o.Select, o.Dir)
	if err != nil {
		return nil, err
	}
	if len(inputs) == 0 {
		return nil, errors.New("finding evidence: no file was selected; check the paths and the --include, --exclude and --since-key-date filters")
	}
	w, err := openWriter(o)
	if err != nil {
		return nil, err
	}
	defer w.close()
	report, err := w.load(ctx, o, inputs)
	if err != nil {
		return nil, err
	}
	report.Created = w.created
	report.Took = time.Since(start)
	return report, nil
}

// writer is a case that this process may change.
type writer struct {
	dir     string
	lock    *ledger.Lock
	ledger  *ledger.Ledger
	state   *state
	items   []*Item
	created bool
}

// openWriter locks the case, finishes what an interrupted command left, and
// creates the case when there is none.
func openWriter(o *LoadOptions) (*writer, error) {
	if err := checkPlace(o.Dir); err != nil {
		return nil, err
	}
	created := !Exists(o.Dir)
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the case folder: %w", err)
	}
	lock, err := ledger.AcquireLock(o.Dir, "load", o.Now())
	if err != nil {
		return nil, err
	}
	w := &writer{dir: o.Dir, lock: lock}
	if err := w.open(o, created); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// openExisting locks a case that is there, for the named command, and finishes
// what an interrupted one left. The caller closes it.
func openExisting(dir, command string, o *LoadOptions) (*writer, error) {
	if !Exists(dir) {
		return nil, ErrNoCase
	}
	if err := checkPlace(dir); err != nil {
		return nil, err
	}
	lock, err := ledger.AcquireLock(dir, command, o.Now())
	if err != nil {
		return nil, err
	}
	w := &writer{dir: dir, lock: lock}
	if err := w.open(o, false); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *writer) open(o *LoadOptions, created bool) error {
	opts := ledger.Options{Clock: o.Now, Tool: o.Tool, Actor: o.Actor}
	var err error
	if created && !Exists(w.dir) {
		if err := recoverStaging(w.dir, nil); err != nil {
			return err
		}
		w.created = true
		w.ledger, err = ledger.Create(w.dir, o.Key, ledger.CreateBody{Examiner: o.Examiner, CaseNumber: o.CaseNumber, Label: o.Label}, opts)
	} else {
		w.ledger, err = ledger.OpenForAppend(w.dir, o.Key, opts)
	}
	if err != nil {
		return err
	}
	if w.state, err = readState(w.ledger); err != nil {
		return err
	}
	if err := recoverStaging(w.dir, w.state); err != nil {
		return err
	}
	w.items, err = readManifests(w.dir, w.state)
	return err
}

func (w *writer) close() {
	_ = w.lock.Release() // nothing is held by it any more when the process ends
}

func (w *writer) load(ctx context.Context, o *LoadOptions, inputs []Input) (*LoadReport, error) {
	name := fmt.Sprintf("load-%06d", w.state.head.Size+1)
	staging, err := stage(w.dir, name)
	if err != nil {
		return nil, err
	}
	committed := false
	defer func() {
		if !committed {
			_ = os.RemoveAll(staging)
		}
	}()
	a := w.newAssembly(o, staging, inputs)
	if err := a.run(ctx, inputs, o.Memory); err != nil {
		return nil, err
	}
	report := &LoadReport{
		Items: a.items, Columns: a.columns, Head: w.state.head, Sources: sources(a),
		Segments: [2]int64{w.state.segment + 1, a.segment},
	}
	if err := checkHashes(o.Hashes, a.items); err != nil {
		return report, err
	}
	if len(a.files) == 0 && !bringsNews(w.items, a.items) {
		report.Nothing = true
		return report, nil
	}
	a.freeMemory()
	body, err := w.body(o, a, name, staging)
	if err != nil {
		return nil, err
	}
	if body.Derived, err = w.extendDerived(ctx, o, a, staging); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := syncTree(staging); err != nil {
		return nil, err
	}
	committed = true // from here on, the staging folder belongs to the ledger
	if report.Head, err = w.ledger.Append(ledger.ActionLoad, body); err != nil {
		return nil, err
	}
	if w.state, err = readState(w.ledger); err != nil {
		return nil, err
	}
	if err := recoverStaging(w.dir, w.state); err != nil {
		return nil, err
	}
	return report, nil
}

// smallLoad is up to how many bytes of evidence the builders hold so little that
// giving it back takes longer than it is worth.
const smallLoad = 4 << 20

// freeMemory gives back what the builders held: DuckDB is next, and it must not
// count twice.
func (a *assembly) freeMemory() {
	n := int64(0)
	for _, it := range a.items {
		n += it.Size + it.StreamSize
	}
	if n > smallLoad {
		debug.FreeOSMemory()
	}
}

// bringsNews reports whether items without records are worth an entry of the
// ledger: what nothing could be loaded of is named there, once.
func bringsNews(before, items []*Item) bool {
	key := func(it *Item) string { return string(it.Status) + " " + cmp.Or(it.SHA256, it.Path) }
	seen := map[string]bool{}
	for _, it := range before {
		seen[key(it)] = true
	}
	return slices.ContainsFunc(items, func(it *Item) bool {
		return !it.leftOut && it.Status != StatusDuplicate && it.Status != StatusEmpty && !seen[key(it)]
	})
}

// newAssembly prepares intake and assembly of the inputs.
func (w *writer) newAssembly(o *LoadOptions, staging string, inputs []Input) *assembly {
	a := &assembly{
		staging: staging, threads: o.Threads, offsets: o.TimeOffset,
		evidence: lastEvidence(w.items), segment: w.state.segment,
		known: map[string]int64{}, sizes: map[int64]bool{}, opened: map[string]bool{}, columns: map[string]map[string]int64{},
		names: map[string]*tally{},
	}
	sizes := map[int64]bool{}
	for _, it := range w.items {
		if it.Evidence != 0 {
			a.known[it.SHA256] = it.Evidence
			sizes[it.Size], a.sizes[it.Size] = true, true
		}
	}
	seen := map[int64]bool{}
	for _, in := range inputs {
		o.Progress.Total.Add(in.Size)
		if seen[in.Size] {
			sizes[in.Size] = true
		}
		seen[in.Size] = true
	}
	candidates := o.Formats
	if len(candidates) == 0 {
		candidates = formats.All()
	}
	limit := o.RecordLimit
	if limit == 0 {
		limit = formats.DefaultRecordLimit
	}
	a.in = &intake{
		formats: candidates, limit: limit, stdin: o.Stdin, spoolDir: cmp.Or(o.Temp, staging), sizes: sizes, progress: o.Progress,
		setup:    func(d *formats.Decoder) { d.Map, d.AssumeTZ = o.Map, o.AssumeTZ },
		archives: cmp.Or(o.Archives, formats.DefaultArchiveLimits()),
		blocks:   &blockPool{free: make(chan *formats.Block, 3*segmentSize>>20)},
	}
	return a
}

// body writes the manifest and the inputs, and describes the load.
func (w *writer) body(o *LoadOptions, a *assembly, name, staging string) (*loadBody, error) {
	b := &loadBody{
		Load: name, Decoder: DecoderVersion, Files: a.files,
		Segments: [2]int64{w.state.segment + 1, a.segment}, Settings: map[string]any{},
	}
	var err error
	if b.Manifest, b.ManifestRoot, err = writeManifest(staging, name, o.Received.Label, a.items); err != nil {
		return nil, err
	}
	for _, p := range []struct {
		name string
		data []byte
	}{{"map", o.MapFile}, {"hashes", o.HashesFile}} {
		if p.data == nil {
			continue
		}
		ref, err := writeInput(staging, p.data)
		if err != nil {
			return nil, err
		}
		b.Inputs = append(b.Inputs, ref)
		b.Settings[p.name] = ref.SHA256
	}
	if o.AssumeTZ != nil {
		b.Settings["assume_tz"] = o.AssumeTZ.String()
	}
	b.Settings = o.settings(b.Settings)
	if len(o.Formats) > 0 {
		var names []any
		for _, f := range o.Formats {
			names = append(names, f.Name())
		}
		b.Settings["log_formats"] = names
	}
	if len(o.TimeOffset) > 0 {
		offsets := map[string]any{}
		for source, d := range o.TimeOffset {
			offsets[source] = d.Microseconds()
		}
		b.Settings["time_offset_us"] = offsets
	}
	b.Settings["record_limit"] = int64(a.in.limit)
	if o.Received != (Received{}) {
		r := o.Received
		b.Received = &r
	}
	return b, nil
}

// writeInput keeps a parameter file that shaped a result.
func writeInput(staging string, data []byte) (FileRef, error) {
	sum := sumOf(data)
	ref := FileRef{Path: inputsDir + "/" + sum, Size: int64(len(data)), SHA256: sum}
	return ref, ledger.WriteFileSync(filepath.Join(staging, inputsDir, sum), data)
}

// checkHashes compares what arrived with what was sent.
func checkHashes(want map[string]string, items []*Item) error {
	if want == nil {
		return nil
	}
	var wrong []string
	for _, it := range items {
		if it.in != nil {
			continue // the list names what was sent: its container
		}
		sum, ok := want[filepath.Base(it.Path)]
		switch {
		case !ok:
			wrong = append(wrong, it.Path+": not in the list")
		case !strings.EqualFold(sum, it.SHA256):
			wrong = append(wrong, fmt.Sprintf("%s: has %s, the list says %s", it.Path, it.SHA256, sum))
		}
	}
	arrived := map[string]bool{}
	for _, it := range items {
		if it.in == nil {
			arrived[filepath.Base(it.Path)] = true
		}
	}
	for name := range want {
		if !arrived[name] {
			wrong = append(wrong, name+": in the list, but did not arrive")
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return &HashError{Problems: sortedCopy(wrong)}
}
