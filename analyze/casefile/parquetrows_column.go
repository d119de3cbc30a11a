package casefile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// A column hands on its levels and values in batches of a page. Of a file with
// very many columns the batches are smaller.
const (
	batchLevels    = 1024
	minBatchLevels = 64
	heldLevels     = 1 << 20 // of all columns together
)

// rowColumn reads a column, a row group at a time. For every place where it
// could have a value there are two levels: how much of the path to it is there,
// and at which list of the path a new element begins.
type rowColumn struct {
	descr          *schema.Column
	index          int
	maxDef, maxRep int16
	values         columnValues

	group  *file.RowGroupReader
	memory *budgetAllocator
	batch  int   // levels at once
	keep   int64 // bytes of values at once, of a column read in portions
	pages  *checkedPages
	chunk  file.ColumnChunkReader // nil while the column is put away
	taken  int64                  // levels read of the row group
	ended  bool                   // all of them
	failed error                  // that comes after the levels that are there

	def, rep []int16
	at       int // level to hand on
	value    int // value to hand on
}

// String names the column, for errors.
func (c *rowColumn) String() string { return fmt.Sprintf("%.200q", c.descr.Path()) }

// open begins to read the column of a row group.
func (c *rowColumn) open(group *file.RowGroupReader, memory *budgetAllocator) error {
	c.group, c.memory, c.taken, c.ended, c.failed = group, memory, 0, false, nil
	c.clear()
	return c.resume()
}

// clear forgets what was read ahead.
func (c *rowColumn) clear() {
	c.def, c.rep, c.at, c.value = c.def[:0], c.rep[:0], 0, 0
	c.values.clear()
}

// resume opens the pages, and goes to where the column was put away.
func (c *rowColumn) resume() error {
	pages, err := c.group.GetColumnPageReader(c.index)
	if err != nil {
		return err
	}
	pages.SetMaxPageHeaderSize(c.batch * 4 << 10) // as the library's own 4 MiB, less where there are many columns
	c.pages = &checkedPages{PageReader: pages, column: c}
	//nolint:staticcheck // the one way to see a page before the library decodes it: it believes what pages say of their sizes
	c.chunk = file.NewColumnReader(c.descr, c.pages, c.memory, &sync.Pool{})
	for done := int64(0); done < c.taken; {
		n, err := c.read(c.taken - done)
		if err == nil && n == 0 {
			err = errors.New("its pages changed while they were read")
		}
		if err != nil {
			return err
		}
		c.clear()
		done += int64(n)
	}
	return nil
}

// close ends the reading of the row group.
func (c *rowColumn) close() error {
	if c.chunk == nil {
		return nil
	}
	chunk := c.chunk
	c.chunk, c.pages = nil, nil
	return chunk.Close()
}

// more reports whether the column has another level, which it makes ready.
func (c *rowColumn) more() (bool, error) {
	if c.at < len(c.def) {
		return true, nil
	}
	if c.ended || c.failed != nil {
		return false, c.failed
	}
	c.clear()
	if c.chunk == nil {
		if err := c.resume(); err != nil {
			return false, err
		}
	}
	n, err := c.read(int64(c.batch))
	c.taken += int64(n)
	if err != nil || n == 0 {
		return false, err
	}
	if c.memory.used > c.memory.most/3 {
		return true, c.putAway()
	}
	return true, nil
}

// putAway keeps a portion of the values and lets go of the pages. Otherwise the
// pages of many columns, or those of writers that make them very large, would
// have to fit into memory together. To resume means to read the row group from
// its beginning, so the portions are as large as can be.
func (c *rowColumn) putAway() error {
	size := c.values.own(0)
	for n := 1; n > 0 && size < c.keep && len(c.def) < heldLevels; {
		from := c.values.len()
		n, c.failed = c.read(int64(c.batch))
		c.taken += int64(n)
		size += c.values.own(from)
	}
	return c.close()
}

// read reads at most most levels of a page, and their values, behind those that
// are there. There are none left when it returns 0.
func (c *rowColumn) read(most int64) (int, error) {
	for !c.chunk.HasNext() { // false for a page without values, too
		if c.ended = c.pages.ended; c.ended || c.chunk.Err() != nil {
			return 0, c.chunk.Err()
		}
	}
	n := min(most, int64(c.batch), int64(c.pages.batch))
	from, fromValue := len(c.def), c.values.len()
	c.def = slices.Grow(c.def, int(n))[:from+int(n)]
	c.rep = slices.Grow(c.rep, int(n))[:from+int(n)]
	levels, values, err := c.values.read(c.chunk, n, c.def[from:], c.rep[from:])
	c.def, c.rep = c.def[:from+int(levels)], c.rep[:from+int(levels)]
	if c.maxDef == 0 {
		clear(c.def[from:])
	}
	if c.maxRep == 0 {
		clear(c.rep[from:])
	}
	want := 0
	for _, def := range c.def[from:] {
		if def == c.maxDef {
			want++
		}
	}
	switch {
	case err != nil:
	case levels == 0:
		err = errors.New("a page ends before its values do")
	case want != values:
		err = fmt.Errorf("a page has %d values where its levels say %d", values, want)
	}
	if err != nil {
		c.def, c.rep = c.def[:from], c.rep[:from]
		c.values.cut(fromValue)
		return 0, err
	}
	return int(levels), nil
}

// level makes the next level ready, which begins at the list of depth rep, and
// returns how much is there.
func (c *rowColumn) level(rep int16) (int16, error) {
	if c.at == len(c.def) {
		more, err := c.more()
		if err == nil && !more {
			err = errors.New("it ends before its row group does")
		}
		if err != nil {
			return 0, fmt.Errorf("column %s: %w", c, err)
		}
	}
	if c.rep[c.at] != rep {
		return 0, fmt.Errorf("column %s: its lists do not have as many elements as those beside it", c)
	}
	return c.def[c.at], nil
}

// pass passes over a level without a value, where something above it is not
// there.
func (c *rowColumn) pass(rep, def int16) error {
	got, err := c.level(rep)
	if err == nil && got != def {
		err = fmt.Errorf("column %s: it is there where the group around it is not", c)
	}
	c.at++
	return err
}

// next returns at which list the next level begins an element, 0 at the end of
// the row.
func (c *rowColumn) next() (int16, error) {
	more, err := c.more()
	if err != nil {
		return 0, fmt.Errorf("column %s: %w", c, err)
	}
	if !more {
		return 0, nil
	}
	return c.rep[c.at], nil
}

// columnValues are the values that a column has read.
type columnValues interface {
	// read reads at most n levels and the values that they say are there.
	read(chunk file.ColumnChunkReader, n int64, def, rep []int16) (levels int64, values int, err error)
	// own copies the values from a place on out of the memory of their page, and
	// returns how many bytes they take.
	own(from int) int64
	cut(n int)
	clear()
	len() int
	// write writes a value as JSON.
	write(w *lineWriter, i int) error
}

// typedValues are values of a physical type.
type typedValues[T any] struct {
	all []T
	put func(w *lineWriter, v T) error
}

func (t *typedValues[T]) read(chunk file.ColumnChunkReader, n int64, def, rep []int16) (int64, int, error) {
	r, ok := chunk.(interface {
		ReadBatchInPage(n int64, values []T, def, rep []int16) (int64, int, error)
	})
	if !ok {
		return 0, 0, fmt.Errorf("no reader for its type: %T", chunk)
	}
	from := len(t.all)
	t.all = slices.Grow(t.all, int(n))[:from+int(n)]
	levels, values, err := r.ReadBatchInPage(n, t.all[from:], def, rep)
	t.all = t.all[:from+values]
	return levels, values, err
}

func (t *typedValues[T]) own(from int) int64 {
	const header = 24 // of a slice, and about what the others take
	size := int64(len(t.all)-from) * header
	switch values := any(t.all[from:]).(type) {
	case []parquet.ByteArray:
		for i, v := range values {
			values[i] = bytes.Clone(v)
			size += int64(len(v))
		}
	case []parquet.FixedLenByteArray:
		for i, v := range values {
			values[i] = bytes.Clone(v)
			size += int64(len(v))
		}
	}
	return size
}

func (t *typedValues[T]) cut(n int) { t.all = t.all[:n] }

func (t *typedValues[T]) clear() { t.all = t.all[:0] }

func (t *typedValues[T]) len() int { return len(t.all) }

func (t *typedValues[T]) write(w *lineWriter, i int) error { return t.put(w, t.all[i]) }
