package casefile

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// madeColumns are columns of every type that a chunkReader reads, with random
// values, and their names.
func madeColumns(r *rand.Rand, rows int) []*column {
	nulls := []int{0, 0, 2, 50}[r.IntN(4)]
	columns := []*column{
		{name: "row", typ: typeInt},
		{name: "int", typ: typeInt},
		{name: "time", typ: typeTime},
		{name: "money", typ: typeMoney},
		{name: "word", typ: typeWord},
		{name: "text", typ: typeText},
		{name: "wide", typ: typeWide},
		{name: "bool", typ: typeBool},
		{name: "hash", typ: typeHash},
	}
	for row := range rows {
		for _, c := range columns {
			switch {
			case c.name == "row":
				c.int(int64(row), true)
			case nulls > 0 && r.IntN(nulls) == 0:
				c.null()
			case c.typ == typeInt:
				c.int([]int64{0, 1, int64(row), math.MaxInt64, math.MinInt64, r.Int64() >> r.IntN(60)}[r.IntN(6)], true)
			case c.typ == typeTime, c.typ == typeMoney:
				c.int(int64(row)*1000+r.Int64N(500), true)
			case c.typ == typeWord:
				c.raw([]byte([]string{"", "a", "bc", strings.Repeat("d", 300)}[r.IntN(4)]))
			case c.typ == typeText:
				c.raw(fmt.Append(nil, r.Uint64()))
			case c.typ == typeWide:
				c.raw(bytes.Repeat([]byte("é"), r.IntN(900)))
			case c.typ == typeBool:
				c.bool(r.IntN(2) == 0, true)
			case c.typ == typeHash:
				c.sum(bytes.Repeat([]byte{byte(r.Uint32())}, 32))
			}
		}
	}
	return columns
}

// writtenColumns are the columns as a file, and its index.
func writtenColumns(t testing.TB, columns []*column) ([]byte, map[string]int) {
	t.Helper()
	table, err := newTable("made", columns...)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := table.write(&out); err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	for i, c := range columns {
		names[c.name] = i
	}
	return out.Bytes(), names
}

// TestChunkReader reads what was written: all of it, and some rows.
func TestChunkReader(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 5))
		columns := madeColumns(r, []int{1, 7, 129, 3000, rowGroupRows + 500}[seed%5])
		data, names := writtenColumns(t, columns)
		f := bytes.NewReader(data)
		index, _, err := readIndex(f, int64(len(data)), names, nil)
		if err != nil {
			t.Fatal(err)
		}
		reader := newChunkReader()
		for i, c := range columns {
			first := 0
			for g := range index.groups {
				chunk := &index.groups[g].chunks[i]
				n := int(index.groups[g].rows)
				want := valuesOfColumn(c)[first : first+n]
				for _, every := range []int{1, 3, 1000} {
					checkPick(t, reader, f, chunk, c, want, every, r)
				}
				checkWhole(t, reader, f, chunk, c, want)
				first += n
			}
		}
	}
}

// checkPick compares picked rows with what they should be.
func checkPick(t *testing.T, r *chunkReader, f *bytes.Reader, chunk *chunkIndex, c *column, want []string, every int, random *rand.Rand) {
	t.Helper()
	var rows []int
	var some, got []string
	for row := range want {
		if random.IntN(every) == 0 {
			rows, some = append(rows, row), append(some, want[row])
		}
	}
	p := picker{r: r, typ: c.typ, rows: rows, put: func(i int, v any) {
		if i != len(got) {
			t.Errorf("column %s: row %d after %d", c.name, i, len(got))
		}
		got = append(got, fmt.Sprint(v))
	}}
	if err := p.pick(f, chunk); err != nil {
		t.Fatalf("column %s: %v", c.name, err)
	}
	if d := cmp.Diff(some, got); d != "" {
		t.Fatalf("column %s, one row in %d (-want +got):\n%.2000s", c.name, every, d)
	}
}

// checkWhole compares whole columns with what they should be.
func checkWhole(t *testing.T, r *chunkReader, f *bytes.Reader, chunk *chunkIndex, c *column, want []string) {
	t.Helper()
	got, each := []string{}, slices.Repeat([]string{"<nil>"}, len(want))
	switch c.typ {
	case typeInt:
		dst := make([]int64, len(want))
		if err := r.ints(f, chunk, dst, -7); err != nil {
			t.Fatal(err)
		}
		for i, v := range dst {
			if got = append(got, fmt.Sprint(v)); want[i] == "<nil>" && v == -7 {
				got[i] = "<nil>"
			}
		}
		each = got
	case typeWord, typeText, typeWide:
		words, codes, err := r.texts(f, chunk, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range codes {
			if code == nullCode {
				got = append(got, "<nil>")
			} else {
				got = append(got, string(words[code]))
			}
		}
		if err := r.eachText(f, chunk, func(row int, text []byte) error {
			each[row] = string(text)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	default:
		return
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("column %s (-want +got):\n%.2000s", c.name, d)
	}
	if d := cmp.Diff(want, each); d != "" {
		t.Fatalf("column %s, one by one (-want +got):\n%.2000s", c.name, d)
	}
}

// valuesOfColumn are the values of a column as text.
func valuesOfColumn(c *column) []string {
	out, at := make([]string, len(c.def)), 0
	p := picker{typ: c.typ}
	for row, d := range c.def {
		if d == 0 {
			out[row] = "<nil>"
			continue
		}
		switch c.typ {
		case typeInt, typeTime, typeMoney:
			out[row] = fmt.Sprint(p.number(c.ints[at]))
		case typeBool:
			out[row] = fmt.Sprint(c.bools[at])
		case typeHash:
			out[row] = fmt.Sprintf("%x", []byte(c.hash[at]))
		case typeWord:
			out[row] = string(c.dict.words[c.dict.index[row]])
		default:
			out[row] = string(c.bytes[at])
		}
		at++
	}
	return out
}

// FuzzChunkReader reads files that were damaged: it must say so, or read something.
func FuzzChunkReader(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, rows := range []int{1, 12, 30} {
		data, _ := writtenColumns(f, madeColumns(r, rows))
		f.Add(data, uint16(0), byte(0))
		f.Add(data, uint16(len(data)-40), byte(3))
	}
	names := map[string]int{}
	for i, c := range madeColumns(r, 0) {
		names[c.name] = i
	}
	types := map[int]columnType{}
	for _, c := range madeColumns(r, 0) {
		types[names[c.name]] = c.typ
	}
	f.Fuzz(func(_ *testing.T, data []byte, at uint16, change byte) {
		data = slices.Clone(data)
		if int(at) < len(data) {
			data[at] ^= change
		}
		file := bytes.NewReader(data)
		index, _, err := readIndex(file, int64(len(data)), names, nil)
		if err != nil {
			return
		}
		reader := newChunkReader()
		for g := range index.groups {
			rows := int(index.groups[g].rows)
			if rows == 0 || rows > 1<<12 {
				continue
			}
			for i := range index.groups[g].chunks {
				c := &index.groups[g].chunks[i]
				if c.check(index.groups[g].rows, int64(len(data))) != nil {
					continue
				}
				// Errors are what damage is expected to lead to.
				_ = reader.ints(file, c, make([]int64, rows), 0)
				_, _, _ = reader.texts(file, c, nil)
				_ = reader.eachText(file, c, func(int, []byte) error { return nil })
				p := picker{r: reader, typ: types[i], rows: []int{0, rows - 1}[:min(rows, 2)], put: func(int, any) {}}
				_ = p.pick(file, c)
			}
		}
	})
}

// FuzzUnpack unpacks numbers that nobody packed.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte{0x80, 1, 4, 3, 2, 2, 0, 1, 2, 3}, uint8(3), uint8(10))
	f.Add([]byte{3, 0xff, 0xff, 0xff}, uint8(3), uint8(8))
	f.Add([]byte{20, 7}, uint8(0), uint8(10))
	f.Fuzz(func(_ *testing.T, data []byte, width, n uint8) {
		_ = unpackRuns(make([]uint32, n), slices.Clip(data), int(width%33))
		_ = unpackDeltas(make([]int64, n), slices.Clip(data))
	})
}
