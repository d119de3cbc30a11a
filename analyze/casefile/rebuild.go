package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// RebuildOptions say what to rebuild.
type RebuildOptions struct {
	Dir string
	// Redecode decodes every record again with the decoders of this program,
	// from the bytes in the case and with the settings of their loads.
	Redecode bool

	Key      *ledger.Key
	Actor    string
	Tool     string
	Now      func() time.Time
	Threads  int
	Memory   int64     // bytes
	Temp     string    // folder for what does not fit in memory; "" is the case's staging folder
	Progress *Progress // bytes of records segments read when decoding again; may be nil
}

// RebuildReport says what a rebuild did.
type RebuildReport struct {
	// Redecoded says that other events came from decoding again, and are live
	// now. It is false when the same came.
	Redecoded bool
	// Events counts what decoding again gave.
	Events EventCounts
	// Decoder is the folder below events/ of the live events.
	Decoder string
	// Changed lists the derived tables whose rows are not those that the ledger
	// named before.
	Changed []string
	// Entry says that an entry was written. Without one, the ledger says already
	// what the database holds.
	Entry bool
	Head  ledger.Head
	Took  time.Duration
}

// Rebuild makes the derived database anew from the segments and manifests, and
// with Redecode the events first. What was kept of texts goes: the next analysis reads
// them again.
func Rebuild(ctx context.Context, o *RebuildOptions) (*RebuildReport, error) {
	start := time.Now()
	w, err := openExisting(o.Dir, "rebuild", &LoadOptions{Key: o.Key, Tool: o.Tool, Actor: o.Actor, Now: o.Now})
	if errors.Is(err, ErrNoCase) {
		return nil, fmt.Errorf("rebuilding %s: %w", o.Dir, err)
	}
	if err != nil {
		return nil, err
	}
	defer w.close()
	r, err := w.rebuild(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("rebuilding %s: %w", o.Dir, err)
	}
	r.Took = time.Since(start)
	return r, nil
}

func (w *writer) rebuild(ctx context.Context, o *RebuildOptions) (*RebuildReport, error) {
	if w.state.generation == "" {
		return nil, ErrEmptyCase
	}
	name := fmt.Sprintf("rebuild-%06d", w.state.head.Size+1)
	staging := filepath.Join(w.dir, stagingDir, name)
	if err := os.MkdirAll(staging, 0o700); err != nil {
		return nil, fmt.Errorf("making the staging folder: %w", err)
	}
	committed := false
	defer func() {
		if !committed {
			_ = os.RemoveAll(staging)
		}
	}()
	r := &RebuildReport{Decoder: w.state.decoder, Head: w.state.head}
	body := &decodeBody{Load: name, Decoder: w.state.decoder}
	root, events := w.dir, w.state.events
	if o.Redecode {
		d, err := w.redecode(ctx, o, staging)
		if err != nil {
			return nil, err
		}
		r.Events = d.counts
		if d.changed {
			r.Redecoded, r.Decoder, r.Events = true, d.decoder, d.counts
			body.Decoder, body.Files, body.Counts = d.decoder, d.files, &d.counts
			root, events = staging, d.files
		}
	}
	var err error
	if body.Derived, err = w.deriveAgain(ctx, o, staging, root, events); err != nil {
		return nil, err
	}
	r.Changed = changedTables(w.state.derived, body.Derived)
	if err := errors.Join(ctx.Err(), syncTree(staging)); err != nil {
		return nil, err
	}
	if len(r.Changed) == 0 && !r.Redecoded {
		if err := publishDerived(w.dir, filepath.Join(staging, stagedDerived), w.state.generation); err != nil {
			return nil, err
		}
		return r, removeFacts(w.dir, nil)
	}
	committed = true // from here on, the staging folder belongs to the ledger
	r.Entry = true
	if r.Head, err = w.ledger.Append(ledger.ActionDecode, body); err != nil {
		return nil, err
	}
	if w.state, err = readState(w.ledger); err != nil {
		return nil, err
	}
	if err := recoverStaging(w.dir, w.state); err != nil {
		return nil, err
	}
	return r, removeFacts(w.dir, nil)
}

// changedTables lists the tables whose rows differ between two states.
func changedTables(before, after *DerivedState) []string {
	var out []string
	for _, t := range after.Tables {
		if before == nil || before.Schema != after.Schema || !slices.Contains(before.Tables, t) {
			out = append(out, t.Table)
		}
	}
	return out
}

// deriveAgain builds a generation of all loads in the staging folder. The
// files of events are below root.
func (w *writer) deriveAgain(ctx context.Context, o *RebuildOptions, staging, root string, events []FileRef) (*DerivedState, error) {
	temp, err := os.MkdirTemp(staging, "tmp-*")
	if o.Temp != "" {
		temp, err = os.MkdirTemp(o.Temp, "exhibit-*")
	}
	if err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }() // what is left behind spoils no result
	settings := duckSettings{threads: o.Threads, memory: share(o.Memory), temp: temp, data: w.state.liveBytes()}
	x := &extension{previous: newState(), dir: w.dir, staging: root, uncounted: true}
	if x.loads, err = w.allLoads(events); err != nil {
		return nil, err
	}
	if x.enrichment, err = w.enrichment(); err != nil {
		return nil, err
	}
	if x.analysis, err = w.analysis(); err != nil {
		return nil, err
	}
	return x.build(ctx, filepath.Join(staging, stagedDerived), true, settings)
}

// allLoads returns the loads of the case with the events that are live.
func (w *writer) allLoads(events []FileRef) ([]extensionLoad, error) {
	of := map[int64][]FileRef{} // files by segment
	for _, f := range events {
		n, ok := segmentNumber(f.Path)
		if !ok {
			return nil, fmt.Errorf("%s is no segment", f.Path)
		}
		of[n] = append(of[n], f)
	}
	var out []extensionLoad
	for i := range w.state.loads {
		b := &w.state.loads[i].body
		items, err := readManifest(locate(w.dir, w.state, b.Manifest.Path))
		if err != nil {
			return nil, err
		}
		l := extensionLoad{name: b.Load, items: items}
		for n := b.Segments[0]; n <= b.Segments[1]; n++ {
			l.files = append(l.files, of[n]...)
		}
		out = append(out, l)
	}
	return out, nil
}

// count reads from the events what a load counts while it decodes: for each
// item its events, and for each format and column the rows with a value.
func (x *extension) count(ctx context.Context, db *sql.DB) error {
	for i := range x.loads {
		l := &x.loads[i]
		paths, err := x.paths(l.files)
		if err != nil {
			return err
		}
		l.columns = map[string]map[string]int64{}
		for _, it := range l.items {
			it.Events, it.Unparsed, it.WithoutTime, it.FirstTS, it.LastTS = 0, 0, 0, nil, nil
		}
		events := only(paths, "events")
		if len(events) == 0 {
			continue
		}
		if err := l.countItems(ctx, db, events); err != nil {
			return err
		}
		if err := l.countColumns(ctx, db, events); err != nil {
			return err
		}
	}
	return nil
}

// countItems sets what the items say about their events.
func (l *extensionLoad) countItems(ctx context.Context, db *sql.DB, events []string) error {
	q, err := statement("rebuild_counts", map[string]string{"events": quoteList(events)})
	if err != nil {
		return err
	}
	byNumber := map[int64]*Item{}
	for _, it := range l.items {
		byNumber[it.Evidence] = it
	}
	rows, err := db.QueryContext(ctx, q)
	if err != nil {
		return fmt.Errorf("counting events: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var c Item
		if err := rows.Scan(&n, &c.Events, &c.Unparsed, &c.WithoutTime, &c.FirstTS, &c.LastTS); err != nil {
			return fmt.Errorf("counting events: %w", err)
		}
		it := byNumber[n]
		if it == nil || n == 0 {
			return fmt.Errorf("counting events: evidence %d stands in no manifest of its load; run exhibit verify", n)
		}
		it.Events, it.Unparsed, it.WithoutTime, it.FirstTS, it.LastTS = c.Events, c.Unparsed, c.WithoutTime, c.FirstTS, c.LastTS
	}
	return rows.Err()
}

// countColumns sets the coverage of the load.
func (l *extensionLoad) countColumns(ctx context.Context, db *sql.DB, events []string) error {
	names := []string{"*"}
	var counts []string
	for _, c := range eventColumns() {
		names = append(names, c.name)
		counts = append(counts, "count("+QuoteIdent(c.name)+")")
	}
	q, err := statement("rebuild_coverage", map[string]string{"events": quoteList(events), "columns": strings.Join(counts, ", ")})
	if err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, q)
	if err != nil {
		return fmt.Errorf("counting columns: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var format string
		values := make([]int64, len(names))
		at := []any{&format}
		for i := range values {
			at = append(at, &values[i])
		}
		if err := rows.Scan(at...); err != nil {
			return fmt.Errorf("counting columns: %w", err)
		}
		l.columns[format] = map[string]int64{}
		for i, n := range values {
			if n > 0 {
				l.columns[format][names[i]] = n
			}
		}
	}
	return rows.Err()
}
