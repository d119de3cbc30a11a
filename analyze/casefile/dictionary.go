package casefile

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// maxDictionary is the size in bytes up to which a column is worth a
// dictionary.
const maxDictionary = 1 << 20

// dictionary collects the values of a column that repeats few of them. The
// Parquet library would look up every value by its hash; most values here
// equal the one before.
type dictionary struct {
	index []int32 // of the value, a row each; 0 for NULL
	words []parquet.ByteArray
	at    map[string]int32
	size  int
	last  int32
}

func (d *dictionary) reset() {
	d.index, d.words, d.size, d.last = d.index[:0], d.words[:0], 0, 0
	clear(d.at)
}

func (d *dictionary) large() bool { return d.size > maxDictionary }

func (d *dictionary) add(v []byte) {
	if len(d.words) == 0 || !bytes.Equal(d.words[d.last], v) {
		d.last = d.find(v)
	}
	d.index = append(d.index, d.last)
}

// find returns the index of v, which is added when it is new. Once the
// dictionary is large it is not searched any more.
func (d *dictionary) find(v []byte) int32 {
	if i, ok := d.at[string(v)]; ok {
		return i
	}
	i := int32(len(d.words))
	d.words = append(d.words, v)
	d.size += len(v) + 4
	if !d.large() {
		if d.at == nil {
			d.at = map[string]int32{}
		}
		d.at[string(v)] = i
	}
	return i
}

// dictionaryWriter is the part of the library's dictionary encoder that takes
// a finished dictionary.
type dictionaryWriter interface{ PutDictionary(arrow.Array) error }

// write writes the rows from row on that def describes.
func (d *dictionary) write(w *file.ByteArrayColumnChunkWriter, row int, def []int16) error {
	if d.large() || len(d.words) == 0 {
		return d.writePlain(w, row, def)
	}
	enc, ok := w.CurrentEncoder().(dictionaryWriter)
	if !ok {
		return fmt.Errorf("writing a dictionary: %T takes none", w.CurrentEncoder())
	}
	words := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	defer words.Release()
	for _, v := range d.words {
		words.Append(v)
	}
	list := words.NewArray()
	defer list.Release()
	if err := enc.PutDictionary(list); err != nil {
		return fmt.Errorf("writing a dictionary: %w", err)
	}
	index := array.NewInt32Builder(memory.DefaultAllocator)
	defer index.Release()
	// The library takes an index for each row and skips those of NULL rows,
	// but by the array's own validity, not by def.
	valid := make([]bool, len(def))
	for i, present := range def {
		valid[i] = present == 1
	}
	index.AppendValues(d.index[row:row+len(def)], valid)
	at := index.NewArray()
	defer at.Release()
	return w.WriteDictIndices(at, def, nil)
}

// writePlain writes the values themselves.
func (d *dictionary) writePlain(w *file.ByteArrayColumnChunkWriter, row int, def []int16) error {
	var values []parquet.ByteArray
	for i, present := range def {
		if present == 1 {
			values = append(values, d.words[d.index[row+i]])
		}
	}
	return writeTexts(w, values, def)
}
