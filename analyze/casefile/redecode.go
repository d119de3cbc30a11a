package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/exhibit-forensics/exhibit/formats"
)

// redecoding is the outcome of decoding all records again.
type redecoding struct {
	decoder string // folder below events/
	files   []FileRef
	counts  EventCounts
	changed bool // the rows are not those of the live events
}

// redecode decodes every record of the case again, from the bytes in the
// records segments, into the staging folder.
func (w *writer) redecode(ctx context.Context, o *RebuildOptions, staging string) (*redecoding, error) {
	d := &redecoding{decoder: w.freshDecoder()}
	if err := os.MkdirAll(filepath.Join(staging, eventsDir, d.decoder), 0o700); err != nil {
		return nil, fmt.Errorf("making the staging folder: %w", err)
	}
	if o.Progress == nil {
		o.Progress = new(Progress)
	}
	for _, f := range w.state.records {
		o.Progress.Total.Add(f.Size)
	}
	for i := range w.state.loads {
		if err := w.redecodeLoad(ctx, o, d, &w.state.loads[i].body, staging); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(d.files, func(a, b FileRef) int { return compareRefs(a.Path, b.Path) })
	d.counts.Segments = w.state.segment
	same, err := w.sameRows(ctx, o, d, staging)
	d.changed = !same
	return d, err
}

// compareRefs orders the files of segments by name, which begins with the
// number of the segment.
func compareRefs(a, b string) int {
	x, _ := segmentNumber(a)
	y, _ := segmentNumber(b)
	if x != y {
		return int(x - y)
	}
	if a < b {
		return -1
	}
	return 1
}

// freshDecoder returns a folder below events/ that the case does not have: the
// version of the decoders, and when that decoded the case already, the number
// of the entry that will say so.
func (w *writer) freshDecoder() string {
	dir := eventsDir + "/" + DecoderVersion + "/"
	for _, f := range slices.Concat(w.state.events, w.state.replaced) {
		if len(f.Path) > len(dir) && f.Path[:len(dir)] == dir {
			return fmt.Sprintf("%s-%d", DecoderVersion, w.state.head.Size+1)
		}
	}
	return DecoderVersion
}

// redecodeLoad decodes the segments of a load, with the settings that it ran
// under.
func (w *writer) redecodeLoad(ctx context.Context, o *RebuildOptions, d *redecoding, load *loadBody, staging string) error {
	setup, offsets, err := loadSettings(w.dir, w.state, load)
	if err != nil {
		return fmt.Errorf("reading the settings of %s: %w", load.Load, err)
	}
	items, err := readManifest(locate(w.dir, w.state, load.Manifest.Path))
	if err != nil {
		return err
	}
	byNumber := map[int64]*Item{}
	for _, it := range items {
		byNumber[it.Evidence] = it
	}
	var segments []FileRef
	for _, f := range load.Files {
		if filepath.Dir(f.Path) == recordsDir {
			segments = append(segments, f)
		}
	}
	contexts, err := w.contexts(segments, byNumber)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var work sync.WaitGroup
	jobs := make(chan FileRef)
	for range maxBuilders(o.Threads, o.Memory) {
		b, err := newSegmentBuilder(staging, setup)
		if err != nil {
			return err
		}
		b.shift = newTimeShift(offsets)
		again := &redecoder{builder: b, dir: d.decoder, items: byNumber, contexts: contexts}
		work.Go(func() {
			for f := range jobs {
				files, counts, err := again.segment(locate(w.dir, w.state, f.Path), f)
				o.Progress.Done.Add(f.Size)
				if err != nil {
					cancel(fmt.Errorf("decoding %s again: %w", f.Path, err))
					continue
				}
				mu.Lock()
				d.files = append(d.files, files...)
				d.counts.Events += counts.Events
				d.counts.Silent += counts.Silent
				mu.Unlock()
			}
		})
	}
	for _, f := range segments {
		select {
		case jobs <- f:
		case <-ctx.Done():
		}
	}
	close(jobs)
	work.Wait()
	return context.Cause(ctx)
}

// loadSettings returns what a load set on its decoders, and the offsets of
// clocks by format.
func loadSettings(dir string, s *state, load *loadBody) (func(*formats.Decoder), map[string]time.Duration, error) {
	var columns *formats.Map
	var zone *time.Location
	var err error
	if sum, ok := load.Settings["map"].(string); ok {
		text, err := os.ReadFile(locate(dir, s, inputsDir+"/"+sum))
		if err != nil {
			return nil, nil, err
		}
		if sumOf(text) != sum {
			return nil, nil, fmt.Errorf("%s/%s is altered; run exhibit verify", inputsDir, sum)
		}
		if columns, err = formats.ParseMap(inputsDir+"/"+sum, text); err != nil {
			return nil, nil, err
		}
	}
	if name, ok := load.Settings["assume_tz"].(string); ok {
		if zone, err = parseZone(name); err != nil {
			return nil, nil, err
		}
	}
	offsets := map[string]time.Duration{}
	if by, ok := load.Settings["time_offset_us"].(map[string]any); ok {
		for format, us := range by {
			n, ok := us.(float64)
			if !ok {
				return nil, nil, fmt.Errorf("the offset of %s is not a number", format)
			}
			offsets[format] = time.Duration(n) * time.Microsecond
		}
	}
	return func(d *formats.Decoder) { d.Map, d.AssumeTZ = columns, zone }, offsets, nil
}

// parseZone reads a time zone as a load recorded it: a name, or an offset such
// as +02:00.
func parseZone(name string) (*time.Location, error) {
	if t, err := time.Parse("-07:00", name); err == nil {
		_, offset := t.Zone()
		return time.FixedZone(name, offset), nil
	}
	return time.LoadLocation(name)
}

// redecoder decodes segments again. Each worker has one.
type redecoder struct {
	builder *segmentBuilder
	dir     string
	items   map[int64]*Item
	stored  storedSegment

	contexts map[contextAt]formats.Context // where it is not empty
}

// contextAt is the place in an evidence at which a segment begins.
type contextAt struct{ segment, evidence int64 }

// contexts returns what earlier records carry into the segments of a load, for
// evidence of formats that carry any and that more than one segment holds.
func (w *writer) contexts(segments []FileRef, items map[int64]*Item) (map[contextAt]formats.Context, error) {
	carries := false
	for _, it := range items {
		if f, ok := formats.ByName(it.Format); ok {
			_, is := f.(formats.Carrier)
			carries = carries || is
		}
	}
	if !carries || len(segments) < 2 {
		return nil, nil
	}
	out := map[contextAt]formats.Context{}
	var stored storedSegment
	var context formats.Context
	decoder := formats.NewDecoder()
	evidence := int64(0)
	for _, ref := range segments {
		if err := stored.read(locate(w.dir, w.state, ref.Path)); err != nil {
			return nil, err
		}
		number, _ := segmentNumber(ref.Path)
		for i := range stored.rows {
			row := &stored.rows[i]
			if row.evidence != evidence {
				evidence, context = row.evidence, formats.Context{}
			} else if i == 0 {
				out[contextAt{number, evidence}] = context
			}
			it := items[evidence]
			if it == nil || row.record == noRecord || row.problem != "" {
				continue
			}
			if f, ok := formats.ByName(it.Format); ok {
				carry(&context, decoder, f, it, stored.data[row.mid:row.to])
			}
		}
	}
	return out, nil
}

// segment decodes the records of one segment and writes their events.
func (r *redecoder) segment(path string, ref FileRef) ([]FileRef, EventCounts, error) {
	var counts EventCounts
	if err := r.stored.read(path); err != nil {
		return nil, counts, err
	}
	number, ok := segmentNumber(ref.Path)
	if !ok || int64(len(r.stored.rows)) != ref.Rows {
		return nil, counts, errors.New("not the segment that the ledger names; run exhibit verify")
	}
	b := r.builder
	b.events.reset()
	b.decoder.Reset()
	var format formats.Format
	var in batch
	var res batchResult
	for i := range r.stored.rows {
		row := &r.stored.rows[i]
		if in.item == nil || in.item.Evidence != row.evidence {
			in.item = r.items[row.evidence]
			if in.item == nil {
				return nil, counts, fmt.Errorf("evidence %d stands in no manifest of its load; run exhibit verify", row.evidence)
			}
			if format, ok = formats.ByName(in.item.Format); !ok {
				return nil, counts, fmt.Errorf("this program does not know the format %q of %s", in.item.Format, in.item.Path)
			}
			in.format = format
			b.decoder.Context = r.contexts[contextAt{number, row.evidence}]
			res = batchResult{item: in.item, format: format.Name(), principals: map[string]int64{}, mods: map[string]int64{}}
		}
		if row.record == noRecord {
			continue
		}
		o := origin{
			segment: number, evidence: row.evidence, record: row.record, offset: row.offset, length: row.length,
			format: []byte(format.Name()), sum: b.events.keepSum(row.sum),
		}
		n := b.decode(&in, &o, r.stored.data[row.mid:row.to], row.problem, &res)
		counts.Events += int64(n)
		if n == 0 {
			counts.Silent++
		}
	}
	files, err := r.write(number)
	return files, counts, err
}

// write writes the decoded tables of a segment.
func (r *redecoder) write(number int64) ([]FileRef, error) {
	var files []FileRef
	for _, t := range []*table{r.builder.events.events, r.builder.events.content, r.builder.events.uses} {
		if t.rows() == 0 {
			continue
		}
		ref := fmt.Sprintf("%s/%s/%06d-%s.parquet", eventsDir, r.dir, number, t.name)
		f, err := t.writeFile(filepath.Join(r.builder.dir, filepath.FromSlash(ref)), ref)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// sameRows reports whether decoding again gave the rows that are live. The
// bytes of the files decide where they are equal, and a hash of the rows where
// another version of the Parquet writer wrote them.
func (w *writer) sameRows(ctx context.Context, o *RebuildOptions, d *redecoding, staging string) (same bool, err error) {
	if slices.EqualFunc(sortedRefs(w.state.events), d.files, func(a, b FileRef) bool {
		return filepath.Base(a.Path) == filepath.Base(b.Path) && a.SHA256 == b.SHA256
	}) {
		return true, nil
	}
	db, err := openDuck("", duckSettings{threads: o.Threads, memory: share(o.Memory), temp: staging})
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	live, err := absolute(w.dir, w.state, w.state.events)
	if err != nil {
		return false, err
	}
	again, err := (&extension{staging: staging}).paths(d.files)
	if err != nil {
		return false, err
	}
	for _, kind := range []struct{ name, empty string }{{"events", ""}, {"content", emptyContent}, {"uses", emptyUses}} {
		before, err := hashRows(ctx, db, relation(only(live, kind.name), kind.empty))
		if err != nil {
			return false, err
		}
		after, err := hashRows(ctx, db, relation(only(again, kind.name), kind.empty))
		if err != nil || before != after {
			return false, err
		}
	}
	return true, nil
}

func sortedRefs(refs []FileRef) []FileRef {
	out := slices.Clone(refs)
	slices.SortFunc(out, func(a, b FileRef) int { return compareRefs(a.Path, b.Path) })
	return out
}

// hashRows hashes the rows of a relation; "" has none.
func hashRows(ctx context.Context, db *sql.DB, rows string) (TableHash, error) {
	var t TableHash
	if rows == "" {
		return t, nil
	}
	q, err := statement("rebuild_rows", map[string]string{"rows": rows})
	if err != nil {
		return t, err
	}
	if err := db.QueryRowContext(ctx, q).Scan(&t.Rows, &t.Hash); err != nil {
		return t, fmt.Errorf("comparing the events: %w", err)
	}
	return t, nil
}
