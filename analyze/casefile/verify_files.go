package casefile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// fileCheck is one file, or one segment with its events, on its way through
// verification, and the memory that this needs. It is reused.
type fileCheck struct {
	ref    FileRef
	events *FileRef // of a records segment: its live events, nil when it has none
	strict bool     // the events are those that the load itself decoded
	bad    bool     // the file is missing or altered
	badRef string   // which of the two is
	gone   bool     // the file is missing
	faults []Fault
	hashed int64 // bytes
	files  int64
	buf    []byte

	segment storedSegment
	rows    eventRows
	parts   []evidencePart
	leaves  []tlog.Hash
	counts  []int64 // events by row
	total   EventCounts
	opened  bool // the segment was looked into
}

func (c *fileCheck) fault(path, place, format string, args ...any) {
	c.faults = append(c.faults, Fault{path, place, fmt.Sprintf(format, args...)})
}

// inOrder runs work on the jobs 0 to n-1, as many at once as there are checks,
// and hands each check to take in the order of the jobs. A job gets its check
// when it starts, so that memory is bounded by their number.
func inOrder(ctx context.Context, n int, checks []*fileCheck, work func(i int, c *fileCheck), take func(c *fileCheck)) error {
	type job struct {
		i    int
		c    *fileCheck
		done chan struct{}
	}
	free := make(chan *fileCheck, len(checks))
	for _, c := range checks {
		free <- c
	}
	jobs := make(chan *job, len(checks))
	ordered := make(chan *job, len(checks))
	var workers sync.WaitGroup
	for range max(1, len(checks)-1) {
		workers.Go(func() {
			for j := range jobs {
				work(j.i, j.c)
				close(j.done)
			}
		})
	}
	go func() {
		defer close(ordered)
		defer close(jobs)
		for i := range n {
			select {
			case c := <-free:
				j := &job{i, c, make(chan struct{})}
				jobs <- j
				ordered <- j
			case <-ctx.Done():
				return
			}
		}
	}()
	for j := range ordered {
		<-j.done
		if ctx.Err() == nil {
			take(j.c)
		}
		free <- j.c
	}
	workers.Wait()
	return ctx.Err()
}

// checkFiles hashes every file that the ledger names and, unless the run is
// quick, looks into the manifests and segments.
func (v *verification) checkFiles(ctx context.Context) error {
	segments, rest := v.segments()
	var small []FileRef
	small = append(append(small, v.s.manifests...), rest...)
	if v.o.Quick {
		for _, s := range segments {
			small = append(small, s.ref)
			if s.events != nil {
				small = append(small, *s.events)
			}
		}
	}
	for _, f := range slices.Concat(v.s.manifests, rest, v.s.records, v.s.events) {
		v.o.Progress.Total.Add(f.Size)
	}
	checks := make([]*fileCheck, v.o.Threads+1)
	for i := range checks {
		checks[i] = &fileCheck{buf: make([]byte, 256<<10)}
	}
	replaced := map[string]bool{}
	for _, f := range v.s.replaced {
		replaced[f.Path] = true
	}
	facts := map[string]bool{}
	for _, f := range v.s.factFiles() {
		facts[f.Path] = true
		small = append(small, f)
		v.o.Progress.Total.Add(f.Size)
	}
	err := inOrder(ctx, len(small), checks, func(i int, c *fileCheck) {
		c.start(small[i], nil)
		v.checkFile(ctx, c, small[i])
	}, func(c *fileCheck) {
		if c.gone && replaced[c.ref.Path] {
			v.note(c.ref.Path, "missing; its events were decoded again and nothing reads it any more")
			c.faults = nil
		}
		if c.gone && facts[c.ref.Path] {
			v.note(c.ref.Path, "missing; exhibit analyze reads the texts again")
			c.faults, c.bad = nil, false
		}
		v.took(c)
	})
	if err != nil || v.o.Quick {
		return err
	}
	v.readClaims()
	checks = checks[:min(len(checks), 1+maxBuilders(v.o.Threads, v.o.Memory))]
	v.seq = evidenceCheck{v: v, tree: new(ledger.TreeBuilder)}
	err = inOrder(ctx, len(segments), checks, func(i int, c *fileCheck) {
		c.start(segments[i].ref, segments[i].events)
		c.strict = segments[i].strict
		v.checkSegment(ctx, c)
	}, func(c *fileCheck) {
		v.took(c)
		v.seq.take(c)
	})
	if err != nil {
		return err
	}
	v.seq.end()
	return nil
}

func (c *fileCheck) start(ref FileRef, events *FileRef) {
	c.ref, c.events, c.bad, c.gone, c.badRef, c.opened = ref, events, false, false, "", false
	c.faults, c.hashed, c.files = nil, 0, 0
}

// took adds what a check found to the report.
func (v *verification) took(c *fileCheck) {
	if c.bad {
		v.bad[c.badRef] = true
	}
	v.add(c.faults...)
	v.report.Files += c.files
	v.report.FileBytes += c.hashed
}

// storedPair is a records segment and its live events.
type storedPair struct {
	ref    FileRef
	events *FileRef
	strict bool
}

// segments pairs the records segments with their events, and returns the other
// files beside the manifests.
func (v *verification) segments() (pairs []storedPair, rest []FileRef) {
	events := map[int64]*FileRef{}
	for i := range v.s.events {
		f := &v.s.events[i]
		if n, ok := segmentNumber(f.Path); ok && strings.HasSuffix(f.Path, "-events.parquet") && events[n] == nil {
			events[n] = f
			continue
		}
		rest = append(rest, *f)
	}
	again := int64(0)
	if v.s.redecoded != nil {
		again = v.s.redecoded.Segments
	}
	for _, f := range v.s.records {
		n, ok := segmentNumber(f.Path)
		pairs = append(pairs, storedPair{ref: f, events: events[n], strict: !ok || n > again})
		delete(events, n)
	}
	for _, f := range events { // of no records segment
		rest = append(rest, *f)
	}
	slices.SortFunc(rest, func(a, b FileRef) int { return strings.Compare(a.Path, b.Path) })
	return pairs, slices.Concat(v.s.inputs, v.s.cassettes(), rest, v.s.replaced)
}

// segmentNumber reads the number in the name of a segment file.
func segmentNumber(path string) (int64, bool) {
	name := path[strings.LastIndexByte(path, '/')+1:]
	if i := strings.IndexAny(name, "-."); i >= 0 {
		name = name[:i]
	}
	n, err := strconv.ParseInt(name, 10, 64)
	return n, err == nil && n > 0
}

// checkFile compares a file with what the ledger says about it, and returns
// where it is, "" when it is not as it should be.
func (v *verification) checkFile(ctx context.Context, c *fileCheck, ref FileRef) string {
	var err error
	for range 2 { // a writer may be moving it from staging into place
		var path string
		if path, err = v.locate(ref); err == nil {
			err = c.hash(ctx, path, ref, v.o.Progress)
		}
		if err == nil {
			return path
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	c.bad, c.badRef = true, ref.Path
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.gone = true
		c.fault(ref.Path, "", "missing")
	default:
		c.fault(ref.Path, "", "%v", err)
	}
	return ""
}

// locate finds a named file, which must be a regular one.
func (v *verification) locate(ref FileRef) (string, error) {
	path := locate(v.dir, v.s, ref.Path)
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	return path, err
}

// hash compares size and SHA-256 of the file at path with ref.
func (c *fileCheck) hash(ctx context.Context, path string, ref FileRef, progress *Progress) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	n := int64(0)
	for {
		k, err := f.Read(c.buf)
		h.Write(c.buf[:k])
		n += int64(k)
		progress.Done.Add(int64(k))
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("reading it: %w", err)
		}
	}
	c.files++
	c.hashed += n
	sum := hexSum(h.Sum(nil))
	switch {
	case n != ref.Size:
		return fmt.Errorf("altered: it has %d bytes, the ledger says %d", n, ref.Size)
	case sum != ref.SHA256:
		return fmt.Errorf("altered: its SHA-256 is %s, the ledger says %s", sum, ref.SHA256)
	}
	return nil
}
