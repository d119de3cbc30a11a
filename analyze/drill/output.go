package drill

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/klauspost/compress/gzip"
)

// output writes the records of one source to files. It is used by one
// goroutine.
type output struct {
	config Config
	source source
	number uint64 // of the source, in the list of all
	shift  time.Duration
	files  []*file
	// repeats are records that are written again.
	repeats []repeat
	report  *SourceReport
}

// maxRepeat is how many other records stand at most between a record and its
// repetition.
const maxRepeat = 40

// repeat is a record that is written again when the source has so many records.
type repeat struct {
	record []byte
	region string
	due    int64
}

// file is the one that records of a region go to at present; of a flat
// source there is one for all regions.
type file struct {
	region  string
	records int
	until   int64 // end of its period
	closer  *os.File
	buffer  *bufio.Writer
	gzip    *gzip.Writer // nil when not compressed
	to      io.Writer
}

// put appends one record of a region at a time, and what is due after it.
func (o *output) put(record []byte, region string, ms int64) error {
	if err := o.write(record, region, ms); err != nil {
		return err
	}
	for i := 0; i < len(o.repeats); i++ {
		if r := o.repeats[i]; r.due <= o.report.Records {
			if err := o.write(r.record, r.region, ms); err != nil {
				return err
			}
			o.repeats = slices.Delete(o.repeats, i, i+1)
			i--
		}
	}
	return nil
}

// again lets a record be written again, after so many others of the source, or
// at the end.
func (o *output) again(record []byte, region string, after int) {
	o.repeats = append(o.repeats, repeat{slices.Clone(record), region, o.report.Records + int64(after)})
}

func (o *output) write(record []byte, region string, ms int64) error {
	f, err := o.fileFor(region, ms)
	if err != nil {
		return err
	}
	lead := o.source.framing().between
	if f.records == 0 {
		lead = o.source.framing().head
	}
	if err := f.write(lead, record); err != nil {
		return fmt.Errorf("writing %s: %w", f.closer.Name(), err)
	}
	f.records++
	o.report.Records++
	o.report.Bytes += int64(len(lead) + len(record))
	return nil
}

func (f *file) write(lead string, record []byte) error {
	if _, err := io.WriteString(f.to, lead); err != nil {
		return err
	}
	_, err := f.to.Write(record)
	return err
}

// fileFor returns the file for a record, and opens a new one when there is
// none, or when it is full or its period is over.
func (o *output) fileFor(region string, ms int64) (*file, error) {
	if o.config.Layout == LayoutFlat {
		region = ""
	}
	var f *file
	for _, g := range o.files {
		if g.region == region {
			f = g
		}
	}
	if f == nil {
		f = &file{region: region}
		o.files = append(o.files, f)
	}
	if f.closer != nil && o.full(f, ms) {
		if err := o.close(f); err != nil {
			return nil, err
		}
	}
	if f.closer == nil {
		if err := o.open(f, ms); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (o *output) full(f *file, ms int64) bool {
	if o.config.FileRecords > 0 {
		return f.records >= o.config.FileRecords
	}
	return o.config.Layout == LayoutS3 && ms >= f.until
}

// open makes the next file. Its name is never used twice: the tree was empty,
// and the names are numbered or random.
func (o *output) open(f *file, ms int64) error {
	path := filepath.Join(o.config.Dir, filepath.FromSlash(o.path(f.region, ms)))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("making a folder for %s: %w", o.source.name(), err)
	}
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("creating a file for %s: %w", o.source.name(), err)
	}
	f.closer, f.records, f.until = to, 0, ms-ms%o.source.period()+o.source.period()
	if f.buffer == nil {
		f.buffer = bufio.NewWriterSize(nil, 256<<10)
	}
	f.buffer.Reset(to)
	f.to = f.buffer
	if o.config.Gzip {
		if f.gzip == nil {
			f.gzip = gzip.NewWriter(nil)
		}
		f.gzip.Reset(f.buffer) // no name and no time: the same input gives the same bytes
		f.to = f.gzip
	}
	o.report.Files++
	return nil
}

// path is the name of the next file, below the output folder.
func (o *output) path(region string, ms int64) string {
	name := o.source.name()
	path := name + o.source.extension()
	switch {
	case o.config.Layout == LayoutS3:
		r := newRNG(o.config.Seed, streamFile, o.number, uint64(o.report.Files))
		path = o.source.key(region, ms, string(r.appendLetters(nil, base64[:32], 16)))
	case o.config.FileRecords > 0:
		path = fmt.Sprintf("%s/%s-%06d%s", name, name, o.report.Files+1, o.source.extension())
	}
	if o.config.Gzip {
		path += ".gz"
	}
	return path
}

func (o *output) close(f *file) error {
	tail := o.source.framing().tail
	_, err := io.WriteString(f.to, tail)
	if f.gzip != nil {
		err = errors.Join(err, f.gzip.Close())
	}
	err = errors.Join(err, f.buffer.Flush(), f.closer.Close())
	if err != nil {
		return fmt.Errorf("finishing %s: %w", f.closer.Name(), err)
	}
	o.report.Bytes += int64(len(tail))
	f.closer = nil
	return nil
}

// finish writes what is to be written again, at a time, and closes what is open.
func (o *output) finish(ms int64) error {
	var all error
	for _, r := range o.repeats {
		all = errors.Join(all, o.write(r.record, r.region, ms))
	}
	for _, f := range o.files {
		if f.closer != nil {
			all = errors.Join(all, o.close(f))
		}
	}
	return all
}

// emptyDir makes dir, and refuses one that holds anything.
func emptyDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the output folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("reading the output folder: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("output folder %s is not empty: %w", dir, fs.ErrExist)
	}
	return nil
}
