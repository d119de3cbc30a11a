package casefile

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"
	"github.com/google/go-cmp/cmp"
)

// required, optional and repeated are what a member can be.
const (
	required = parquet.Repetition(0)
	optional = parquet.Repetition(1)
	repeated = parquet.Repetition(2)
)

// leaf makes a column; typ is the physical type, logical may be nil.
func leaf(name string, rep parquet.Repetition, typ parquet.Type, logical schema.LogicalType, width int) schema.Node {
	return schema.Must(schema.NewPrimitiveNodeLogical(name, rep, logical, typ, width, -1))
}

// textLeaf makes a column of text.
func textLeaf(name string, rep parquet.Repetition) schema.Node {
	return leaf(name, rep, parquet.Types.ByteArray, schema.StringLogicalType{}, 0)
}

// group makes a group; logical may be nil.
func group(name string, rep parquet.Repetition, logical schema.LogicalType, fields ...schema.Node) schema.Node {
	return schema.Must(schema.NewGroupNodeLogical(name, rep, fields, logical, -1))
}

// listOf makes a list in today's form.
func listOf(name string, rep parquet.Repetition, element schema.Node) schema.Node {
	return group(name, rep, schema.ListLogicalType{}, group("list", repeated, nil, element))
}

// shredder takes rows apart into columns: a second, simpler hand at what
// rowNode puts together. Values have the form of the schema: a group is an
// []any of its members, a repeated member an []any, NULL nil.
type shredder struct{ leaves []*shreds }

type shreds struct {
	values   []any
	def, rep []int16
}

func leavesOf(n schema.Node) int {
	g, ok := n.(*schema.GroupNode)
	if !ok {
		return 1
	}
	sum := 0
	for i := range g.NumFields() {
		sum += leavesOf(g.Field(i))
	}
	return sum
}

func (s *shredder) field(n schema.Node, at int, v any, def, rep, depth int16) {
	list, _ := v.([]any)
	switch r := n.RepetitionType(); {
	case r == optional && v == nil, r == repeated && len(list) == 0:
		for i := range leavesOf(n) {
			l := s.leaves[at+i]
			l.def, l.rep = append(l.def, def), append(l.rep, rep)
		}
	case r == optional:
		s.content(n, at, v, def+1, rep, depth)
	case r == repeated:
		for i, e := range list {
			if i > 0 {
				rep = depth + 1
			}
			s.content(n, at, e, def+1, rep, depth+1)
		}
	default:
		s.content(n, at, v, def, rep, depth)
	}
}

func (s *shredder) content(n schema.Node, at int, v any, def, rep, depth int16) {
	g, ok := n.(*schema.GroupNode)
	if !ok {
		l := s.leaves[at]
		l.values, l.def, l.rep = append(l.values, v), append(l.def, def), append(l.rep, rep)
		return
	}
	for i := range g.NumFields() {
		s.field(g.Field(i), at, v.([]any)[i], def, rep, depth)
		at += leavesOf(g.Field(i))
	}
}

func typed[T any](values []any) []T {
	var out []T
	for _, v := range values {
		out = append(out, v.(T))
	}
	return out
}

func byteArrays(values []any) []parquet.ByteArray {
	var out []parquet.ByteArray
	for _, v := range values {
		out = append(out, []byte(v.(string)))
	}
	return out
}

// write writes a row group's column, in batches, so that it has several pages.
func (l *shreds) write(w file.ColumnChunkWriter, maxDef int16) error {
	const batch = 7
	for from, to, value := 0, 0, 0; from < len(l.def); from = to {
		n := 0
		to = min(from+batch, len(l.def))
		for to < len(l.def) && l.rep[to] > 0 { // pages of version 2 begin with a row
			to++
		}
		for _, d := range l.def[from:to] {
			if d == maxDef {
				n++
			}
		}
		values, def, rep := l.values[value:value+n], l.def[from:to], l.rep[from:to]
		value += n
		var err error
		switch w := w.(type) {
		case *file.BooleanColumnChunkWriter:
			_, err = w.WriteBatch(typed[bool](values), def, rep)
		case *file.Int32ColumnChunkWriter:
			_, err = w.WriteBatch(typed[int32](values), def, rep)
		case *file.Int64ColumnChunkWriter:
			_, err = w.WriteBatch(typed[int64](values), def, rep)
		case *file.Int96ColumnChunkWriter:
			_, err = w.WriteBatch(typed[parquet.Int96](values), def, rep)
		case *file.Float32ColumnChunkWriter:
			_, err = w.WriteBatch(typed[float32](values), def, rep)
		case *file.Float64ColumnChunkWriter:
			_, err = w.WriteBatch(typed[float64](values), def, rep)
		case *file.ByteArrayColumnChunkWriter:
			_, err = w.WriteBatch(byteArrays(values), def, rep)
		case *file.FixedLenByteArrayColumnChunkWriter:
			var fixed []parquet.FixedLenByteArray
			for _, v := range byteArrays(values) {
				fixed = append(fixed, parquet.FixedLenByteArray(v))
			}
			_, err = w.WriteBatch(fixed, def, rep)
		}
		if err != nil {
			return err
		}
	}
	return w.Close()
}

// parquetFile writes rows, each an []any of its columns, as a Parquet file with
// a row group for each list of rows.
func parquetFile(t testing.TB, columns []schema.Node, groups [][][]any, opts ...parquet.WriterProperty) []byte {
	t.Helper()
	useCodec()
	root := schema.MustGroup(schema.NewGroupNode("schema", required, columns, -1))
	var buf bytes.Buffer
	pw, err := file.NewParquetWriterWithError(&buf, root, file.WithWriterProps(parquet.NewWriterProperties(opts...)))
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range groups {
		s := &shredder{}
		for range leavesOf(root) {
			s.leaves = append(s.leaves, &shreds{})
		}
		for _, row := range rows {
			s.content(root, 0, row, 0, 0, 0)
		}
		rg, err := pw.AppendRowGroupChecked()
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range s.leaves {
			cw, err := rg.NextColumn()
			if err == nil {
				err = l.write(cw, cw.Descr().MaxDefinitionLevel())
			}
			if err != nil {
				t.Fatalf("column %d: %v", i, err)
			}
		}
		if err := rg.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := pw.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// rowLines returns the lines of a Parquet file, and the error after them.
func rowLines(data []byte) (string, error) {
	s := ParquetLines(bytes.NewReader(data), int64(len(data)))
	defer s.Close()
	var out strings.Builder
	_, err := io.Copy(&out, s)
	return out.String(), err
}

// Every type has one encoding.
func TestParquetValues(t *testing.T) {
	types := parquet.Types
	decimal := func(precision, scale int32) schema.LogicalType { return schema.NewDecimalLogicalType(precision, scale) }
	stamp := func(utc bool, unit schema.TimeUnitType) schema.LogicalType {
		return schema.NewTimestampLogicalType(utc, unit)
	}
	clock := func(utc bool, unit schema.TimeUnitType) schema.LogicalType {
		return schema.NewTimeLogicalType(utc, unit)
	}
	int96 := func(nanos uint64, day uint32) (v parquet.Int96) {
		binary.LittleEndian.PutUint64(v[:8], nanos)
		binary.LittleEndian.PutUint32(v[8:], day)
		return v
	}
	half := string(float16.New(-2.5).ToLEBytes())
	tests := []struct {
		name    string
		typ     parquet.Type
		logical schema.LogicalType
		width   int
		values  []any
		want    string // of each value, one a line
	}{
		{"boolean", types.Boolean, nil, 0, []any{true, false}, "true\nfalse"},
		{"int32", types.Int32, nil, 0, []any{int32(math.MinInt32), int32(0)}, "-2147483648\n0"},
		{"int64", types.Int64, nil, 0, []any{int64(math.MaxInt64), int64(-1)}, "9223372036854775807\n-1"},
		{"int8", types.Int32, schema.NewIntLogicalType(8, true), 0, []any{int32(-128)}, "-128"},
		{"uint32", types.Int32, schema.NewIntLogicalType(32, false), 0, []any{int32(-1)}, "4294967295"},
		{"uint64", types.Int64, schema.NewIntLogicalType(64, false), 0, []any{int64(-1), int64(1)}, "18446744073709551615\n1"},
		{"float", types.Float, nil, 0, []any{float32(0.1), float32(1e-6), float32(1e-7), float32(16777216), float32(3e30)}, "0.1\n0.000001\n1e-7\n16777216\n3e+30"},
		{"double", types.Double, nil, 0, []any{0.1, math.Copysign(0, -1), 1e21, 123456789.25, 5e-324}, "0.1\n-0\n1e+21\n123456789.25\n5e-324"},
		{"no number", types.Double, nil, 0, []any{math.NaN(), math.Inf(1), math.Inf(-1)}, "\"NaN\"\n\"Infinity\"\n\"-Infinity\""},
		{"float16", types.FixedLenByteArray, schema.Float16LogicalType{}, 2, []any{half, "\x00\x7c"}, "-2.5\n\"Infinity\""},
		{"decimal of int32", types.Int32, decimal(9, 2), 0, []any{int32(-123), int32(5), int32(-1), int32(0)}, "-1.23\n0.05\n-0.01\n0.00"},
		{"decimal of int64", types.Int64, decimal(18, 9), 0, []any{int64(1_500_000_000), int64(math.MaxInt64)}, "1.500000000\n9223372036.854775807"},
		{"decimal without scale", types.Int64, decimal(18, 0), 0, []any{int64(-70)}, "-70"},
		{"decimal of bytes", types.ByteArray, decimal(38, 3), 0, []any{"\x01\x00", "\xff", "\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00"}, "0.256\n-0.001\n-604462909807314587353.088"},
		{"decimal of a fixed length", types.FixedLenByteArray, decimal(38, 2), 16, []any{strings.Repeat("\xff", 15) + "\x9c"}, "-1.00"},
		{"date", types.Int32, schema.DateLogicalType{}, 0, []any{int32(0), int32(-1), int32(20551), int32(2932897), int32(-719529)}, "\"1970-01-01\"\n\"1969-12-31\"\n\"2026-04-08\"\n\"+10000-01-01\"\n\"-0001-12-31\""},
		{"time of milliseconds", types.Int32, clock(true, schema.TimeUnitMillis), 0, []any{int32(43_200_007), int32(86_400_000)}, "\"12:00:00.007Z\"\n86400000"},
		{"time of microseconds", types.Int64, clock(false, schema.TimeUnitMicros), 0, []any{int64(1), int64(-1)}, "\"00:00:00.000001\"\n-1"},
		{"time of nanoseconds", types.Int64, clock(false, schema.TimeUnitNanos), 0, []any{int64(86_399_999_999_999)}, "\"23:59:59.999999999\""},
		{"timestamp of milliseconds", types.Int64, stamp(true, schema.TimeUnitMillis), 0, []any{int64(1775649600123), int64(-1), int64(math.MaxInt64), int64(math.MinInt64)}, "\"2026-04-08T12:00:00.123Z\"\n\"1969-12-31T23:59:59.999Z\"\n\"+292278994-08-17T07:12:55.807Z\"\n\"-292275055-05-16T16:47:04.192Z\""},
		{"timestamp of microseconds without a zone", types.Int64, stamp(false, schema.TimeUnitMicros), 0, []any{int64(1775649600123456)}, "\"2026-04-08T12:00:00.123456\""},
		{"timestamp of nanoseconds", types.Int64, stamp(true, schema.TimeUnitNanos), 0, []any{int64(1775649600000000001)}, "\"2026-04-08T12:00:00.000000001Z\""},
		{"int96", types.Int96, nil, 0, []any{int96(43200e9+7, 2461139), int96(86400e9, 2461139)}, "\"2026-04-08T12:00:00.000000007\"\n{\"$base64\":\"AABPkZROAADTjSUA\"}"},
		{"text", types.ByteArray, schema.StringLogicalType{}, 0, []any{"", "a\"b\\c\n\t\x00\u007f\u2028é<>&", "\xff\xfe"}, `""` + "\n" + `"a\"b\\c\n\u0009\u0000` + "\u007f\u2028é<>&\"\n" + `{"$base64":"//4="}`},
		{"enum", types.ByteArray, schema.EnumLogicalType{}, 0, []any{"RED"}, `"RED"`},
		{"json", types.ByteArray, schema.JSONLogicalType{}, 0, []any{`{"a":[1]}`}, `"{\"a\":[1]}"`},
		{"bson", types.ByteArray, schema.BSONLogicalType{}, 0, []any{"\x05\x00\x00\x00\x00"}, `{"$base64":"BQAAAAA="}`},
		{"binary", types.ByteArray, nil, 0, []any{"text", "\x80", ""}, "\"text\"\n{\"$base64\":\"gA==\"}\n\"\""},
		{"fixed binary", types.FixedLenByteArray, nil, 3, []any{"abc", "\x00\xff\x00"}, "\"abc\"\n{\"$base64\":\"AP8A\"}"},
		{"uuid", types.FixedLenByteArray, schema.UUIDLogicalType{}, 16, []any{"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"}, `"00112233-4455-6677-8899-aabbccddeeff"`},
		{"interval", types.FixedLenByteArray, schema.IntervalLogicalType{}, 12, []any{"\x01\x00\x00\x00\x02\x00\x00\x00\xff\xff\xff\xff"}, `{"months":1,"days":2,"milliseconds":4294967295}`},
		{"unknown", types.Int32, schema.NullLogicalType{}, 0, []any{nil}, "null"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var rows [][]any
			want := ""
			for i, line := range strings.Split(strings.TrimSuffix(test.want, "\n"), "\n") {
				rows = append(rows, []any{test.values[i]}, []any{nil})
				want += `{"v":` + line + "}\n" + `{"v":null}` + "\n"
			}
			if len(rows) != 2*len(test.values) {
				t.Fatalf("%d values", len(test.values))
			}
			data := parquetFile(t, []schema.Node{leaf("v", optional, test.typ, test.logical, test.width)}, [][][]any{rows})
			got, err := rowLines(data)
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Rows are nested as their schema is, in its forms of today and of before.
func TestParquetNesting(t *testing.T) {
	type list = []any
	number := func(name string, rep parquet.Repetition) schema.Node {
		return leaf(name, rep, parquet.Types.Int32, nil, 0)
	}
	one, two, three := int32(1), int32(2), int32(3)
	mapOf := func(key, value schema.Node) schema.Node {
		return group("m", optional, schema.MapLogicalType{}, group("key_value", repeated, nil, key, value))
	}
	tests := []struct {
		name   string
		column schema.Node
		values []any
		want   string
	}{
		{
			"group", group("g", optional, nil, number("a", required), textLeaf("b", optional)),
			list{nil, list{one, nil}, list{two, "x"}},
			`null {"a":1,"b":null} {"a":2,"b":"x"}`,
		},
		{"group that is there", group("g", required, nil, number("a", optional)), list{list{nil}, list{one}}, `{"a":null} {"a":1}`},
		{"repeated", number("r", repeated), list{list{}, list{one}, list{one, two, three}}, `[] [1] [1,2,3]`},
		{
			"repeated group", group("r", repeated, nil, number("a", optional), number("b", repeated)),
			list{list{}, list{list{nil, list{}}, list{one, list{two, three}}}},
			`[] [{"a":null,"b":[]},{"a":1,"b":[2,3]}]`,
		},
		{
			"list", listOf("l", optional, number("element", optional)),
			list{nil, list{list{}}, list{list{list{nil}}}, list{list{list{one}, list{nil}, list{two}}}},
			`null [] [null] [1,null,2]`,
		},
		{"list that is there, of values that are", listOf("l", required, number("element", required)), list{list{list{}}, list{list{list{one}}}}, `[] [1]`},
		{
			"list of lists", listOf("l", optional, listOf("element", optional, number("element", optional))),
			list{
				list{list{}},
				list{list{list{nil}, list{list{list{}}}, list{list{list{list{one}, list{nil}}}}}},
				list{list{list{list{list{list{one}}}}, list{list{list{list{two}, list{three}}}}}},
			},
			`[] [null,[],[1,null]] [[1],[2,3]]`,
		},
		{
			"list of groups", listOf("l", optional, group("element", optional, nil, number("a", optional), listOf("b", optional, textLeaf("element", optional)))),
			list{list{list{list{list{one, list{list{list{"x"}, list{"y"}}}}}, list{nil}, list{list{nil, nil}}}}},
			`[{"a":1,"b":["x","y"]},null,{"a":null,"b":null}]`,
		},
		{"old list of two levels", group("l", optional, schema.ListLogicalType{}, number("element", repeated)), list{nil, list{list{}}, list{list{one, two}}}, `null [] [1,2]`},
		{
			"old list of groups", group("l", optional, schema.ListLogicalType{}, group("element", repeated, nil, number("a", required), number("b", required))),
			list{list{list{list{one, two}}}},
			`[{"a":1,"b":2}]`,
		},
		{"old list of groups with one member", group("l", optional, schema.ListLogicalType{}, group("array", repeated, nil, number("a", required))), list{list{list{list{one}}}}, `[{"a":1}]`},
		{"old list of Hive", group("l", optional, schema.ListLogicalType{}, group("l_tuple", repeated, nil, number("a", required))), list{list{list{list{one}}}}, `[{"a":1}]`},
		{"old list of a repeated member", group("l", optional, schema.ListLogicalType{}, group("list", repeated, nil, number("a", repeated))), list{list{list{list{list{one, two}}}}}, `[{"a":[1,2]}]`},
		{"no list", group("l", optional, schema.ListLogicalType{}, number("a", optional)), list{list{one}}, `{"a":1}`},
		{
			"map", mapOf(textLeaf("key", required), number("value", optional)),
			list{nil, list{list{}}, list{list{list{"a", one}, list{"a\"", nil}}}},
			`null {} {"a":1,"a\"":null}`,
		},
		{
			"map of lists", mapOf(textLeaf("key", required), listOf("value", optional, number("element", optional))),
			list{list{list{list{"a", list{list{list{one}, list{two}}}}, list{"b", nil}, list{"c", list{list{}}}}}},
			`{"a":[1,2],"b":null,"c":[]}`,
		},
		{"map with a key that is no text", mapOf(textLeaf("key", required), number("value", optional)), list{list{list{list{"\xff", one}, list{"$base64:", two}}}}, `{"$base64:/w==":1,"$base64:JGJhc2U2NDo=":2}`},
		{"map of numbers", mapOf(number("key", required), textLeaf("value", optional)), list{list{list{list{one, "x"}, list{two, nil}}}}, `[{"key":1,"value":"x"},{"key":2,"value":null}]`},
		{"map with keys that may be missing", mapOf(textLeaf("key", optional), number("value", optional)), list{list{list{list{nil, one}}}}, `[{"key":null,"value":1}]`},
		{"map of keys only", group("m", optional, schema.MapLogicalType{}, group("key_value", repeated, nil, textLeaf("key", required))), list{list{list{list{"a"}}}}, `[{"key":"a"}]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var rows [][]any
			want := ""
			for i, v := range test.values {
				rows = append(rows, []any{v})
				want += fmt.Sprintf("{%q:%s}\n", test.column.Name(), strings.Fields(test.want)[i])
			}
			many, wantMany := rows, want
			for range 9 { // more than a page, and than a batch
				many, wantMany = append(many, many...), wantMany+wantMany
			}
			for _, opts := range [][]parquet.WriterProperty{
				{parquet.WithVersion(parquet.V1_0), parquet.WithDictionaryDefault(true), parquet.WithDataPageSize(64)},
				{parquet.WithDataPageVersion(parquet.DataPageV2), parquet.WithDataPageSize(100), parquet.WithDictionaryDefault(false)},
			} {
				data := parquetFile(t, []schema.Node{test.column}, [][][]any{rows, many, rows}, opts...)
				got, err := rowLines(data)
				if err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(want+wantMany+want, got); diff != "" {
					t.Fatalf("(-want +got)\n%.2000s", diff)
				}
			}
		})
	}
}

// Names are as the schema has them.
func TestParquetNames(t *testing.T) {
	columns := []schema.Node{
		textLeaf("a", optional), textLeaf("a", optional), textLeaf("a.b", optional), textLeaf("", optional), textLeaf("\xff\n", optional), textLeaf("$base64:x", optional), textLeaf("é\"", optional),
	}
	got, err := rowLines(parquetFile(t, columns, [][][]any{{{"1", "2", "3", "4", "5", "6", "7"}}}))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"a":"1","a":"2","a.b":"3","":"4","$base64:/wo=":"5","$base64:JGJhc2U2NDp4":"6","é\"":"7"}` + "\n"
	if got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

// manyRows are rows of a wide text, a word, a number and a list, and the lines
// that they are.
func manyRows(n int) (columns []schema.Node, rows [][]any, lines []string) {
	columns = []schema.Node{
		textLeaf("text", optional), textLeaf("word", required), leaf("n", optional, parquet.Types.Int64, nil, 0),
		listOf("tags", optional, textLeaf("element", required)),
	}
	for i := range n {
		text := strings.Repeat(fmt.Sprintf("text %d ", i), 1+i%40)
		word := fmt.Sprintf("word-%d", i%7)
		row, line := []any{text, word, int64(i), []any{[]any{[]any{word}, []any{"x"}}}}, fmt.Sprintf(`{"text":%q,"word":%q,"n":%d,"tags":[%q,"x"]}`, text, word, i, word)
		if i%5 == 0 {
			row, line = []any{nil, word, nil, nil}, fmt.Sprintf(`{"text":null,"word":%q,"n":null,"tags":null}`, word)
		}
		rows, lines = append(rows, row), append(lines, line+"\n")
	}
	return columns, rows, lines
}

// The rows do not depend on how they are stored.
func TestParquetEncodings(t *testing.T) {
	columns, rows, lines := manyRows(1500)
	want := strings.Join(lines, "")
	groups := [][][]any{rows[:600], nil, rows[600:]}
	codecs := map[string]compress.Compression{
		"uncompressed": compress.Codecs.Uncompressed, "snappy": compress.Codecs.Snappy, "gzip": compress.Codecs.Gzip,
		"brotli": compress.Codecs.Brotli, "zstd": compress.Codecs.Zstd, "lz4": compress.Codecs.Lz4Raw,
	}
	encodings := map[string][]parquet.WriterProperty{
		"dictionary": {parquet.WithDictionaryDefault(true)},
		"plain":      {parquet.WithDictionaryDefault(false)},
		"delta": {
			parquet.WithDictionaryDefault(false), parquet.WithEncodingFor("text", parquet.Encodings.DeltaByteArray),
			parquet.WithEncodingFor("word", parquet.Encodings.DeltaLengthByteArray), parquet.WithEncodingFor("n", parquet.Encodings.DeltaBinaryPacked),
			parquet.WithEncodingFor("tags.list.element", parquet.Encodings.DeltaByteArray),
		},
		"split": {parquet.WithDictionaryDefault(false), parquet.WithEncodingFor("n", parquet.Encodings.ByteStreamSplit)},
		"old":   {parquet.WithVersion(parquet.V1_0)},
	}
	for codec, c := range codecs {
		for encoding, opts := range encodings {
			for _, version := range []parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2} {
				t.Run(fmt.Sprint(codec, "/", encoding, "/", version), func(t *testing.T) {
					opts := append([]parquet.WriterProperty{parquet.WithCompression(c), parquet.WithDictionaryCostFallbackFor("word", false), parquet.WithDictionaryCostFallbackFor("text", false), parquet.WithDataPageVersion(version), parquet.WithDataPageSize(4 << 10)}, opts...)
					got, err := rowLines(parquetFile(t, columns, groups, opts...))
					if err != nil {
						t.Error(err)
					}
					if got != want {
						t.Errorf("other rows: %.300s", got)
					}
				})
			}
		}
	}
}

// A file whose pages do not fit into memory together is read in portions.
func TestParquetMemory(t *testing.T) {
	columns, rows, lines := manyRows(3000)
	data := parquetFile(t, columns, [][][]any{rows[:2000], rows[2000:]}, parquet.WithDictionaryDefault(false), parquet.WithDataPageSize(32<<10))
	for _, limit := range []int64{1 << 20, 150 << 10} {
		var out bytes.Buffer
		if err := writeRowLines(&out, bytes.NewReader(data), int64(len(data)), limit); err != nil {
			t.Errorf("%d bytes: %v", limit, err)
		}
		if out.String() != strings.Join(lines, "") {
			t.Errorf("%d bytes: other rows", limit)
		}
	}
	meta, _ := footerOf(t, data)
	spoilt := bytes.Clone(data)
	c := meta.RowGroups[1].Columns[0].MetaData
	clear(spoilt[c.DataPageOffset+c.TotalCompressedSize/2:][:c.TotalCompressedSize/2])
	var rest, portions bytes.Buffer
	faultErr := writeRowLines(&rest, bytes.NewReader(spoilt), int64(len(spoilt)), 1<<20)
	portionsErr := writeRowLines(&portions, bytes.NewReader(spoilt), int64(len(spoilt)), 150<<10)
	if faultErr == nil || portionsErr == nil || rest.String() != portions.String() || strings.Count(rest.String(), "\n") < 2100 {
		t.Errorf("%d and %d bytes of a damaged file: %v, %v", rest.Len(), portions.Len(), faultErr, portionsErr)
	}
	err := writeRowLines(io.Discard, bytes.NewReader(data), int64(len(data)), 64<<10)
	if want := "exceeds configured limit 21845"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

// A row longer than what is held comes out whole.
func TestParquetLongRow(t *testing.T) {
	var list []any
	for range 200_000 {
		list = append(list, []any{"element\n"})
	}
	long := strings.Repeat("long text\n", 200_000)
	data := parquetFile(t, []schema.Node{listOf("l", optional, textLeaf("element", required)), textLeaf("t", optional), textLeaf("b", optional)}, [][][]any{{{[]any{list}, long, "\xff" + long}}})
	got, err := rowLines(data)
	if err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(got, `{"l":["element\n","element\n"`) || strings.Count(got, `"element\n"`) != 200_000 ||
		strings.Count(got, `long text\n`) != 200_000 || strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, "\"}}\n") {
		t.Errorf("%d bytes: %.50s", len(got), got)
	}
}

// footerOf returns the metadata of a file, and the file with other metadata.
func footerOf(t testing.TB, data []byte) (*metadata.FileMetaData, func() []byte) {
	t.Helper()
	meta, err := readFooter(io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data))))
	if err != nil {
		t.Fatal(err)
	}
	body := data[:len(data)-8-int(binary.LittleEndian.Uint32(data[len(data)-8:]))]
	return meta, func() []byte {
		text, err := meta.Serialize(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		out := append(bytes.Clone(body), text...)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(text)))
		return append(out, "PAR1"...)
	}
}

// A faulty file gives out the rows before the fault, and says what is wrong.
func TestParquetFaults(t *testing.T) {
	columns, rows, lines := manyRows(1000)
	plain := []parquet.WriterProperty{parquet.WithDictionaryDefault(false), parquet.WithDataPageSize(2 << 10), parquet.WithCompression(compress.Codecs.Snappy), parquet.WithStats(false)}
	good := parquetFile(t, columns, [][][]any{rows[:400], rows[400:]}, plain...)
	key := parquet.NewColumnEncryptionProperties("word", parquet.WithKey("0123456789012345"))
	encrypted := parquet.NewFileEncryptionProperties("0123456789012345")
	signed := parquet.NewFileEncryptionProperties("0123456789012345", parquet.WithPlaintextFooter(), parquet.WithEncryptedColumns(parquet.ColumnPathToEncryptionPropsMap{"word": key}))
	// lie changes the metadata of the good file.
	lie := func(change func(m *metadata.FileMetaData)) []byte {
		meta, write := footerOf(t, good)
		change(meta)
		return write()
	}
	// spoil changes the bytes of a column of the second row group.
	spoil := func(column int, change func(chunk []byte)) []byte {
		meta, _ := footerOf(t, good)
		c := meta.RowGroups[1].Columns[column].MetaData
		out := bytes.Clone(good)
		change(out[c.DataPageOffset:][:c.TotalCompressedSize])
		return out
	}
	tests := []struct {
		name string
		data []byte
		rows [2]int // at least and at most
		want string
	}{
		{"cut off", good[:len(good)-20], [2]int{}, "it may be cut off"},
		{"cut off at the front", []byte("PAR1"), [2]int{}, "too short for a footer"},
		{"a longer footer than file", append(bytes.Clone(good[:len(good)-8]), "\xff\xff\xff\x7fPAR1"...), [2]int{}, "the footer is said to have 2147483647 bytes"},
		{"no footer", append(bytes.Clone(good[:len(good)-8]), "\x00\x00\x00\x00PAR1"...), [2]int{}, "it ends in the middle of a value"},
		{"footer encrypted", parquetFile(t, columns, [][][]any{rows}, parquet.WithEncryptionProperties(encrypted)), [2]int{}, "its footer is encrypted"},
		{"column encrypted", parquetFile(t, columns, [][][]any{rows}, parquet.WithEncryptionProperties(signed)), [2]int{}, "it has encrypted columns"},
		{"LZO", lie(func(m *metadata.FileMetaData) { m.RowGroups[1].Columns[2].MetaData.Codec = 3 }), [2]int{400, 400}, `after row 400: row group 2: column "n": its compression LZO is not supported`},
		{"old LZ4", lie(func(m *metadata.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.Codec = 5 }), [2]int{}, "its compression LZ4 is not supported"},
		{"column in another file", lie(func(m *metadata.FileMetaData) { m.SetFilePath("other.parquet") }), [2]int{}, `in another file, "other.parquet"`},
		{"more rows in the footer", lie(func(m *metadata.FileMetaData) { m.NumRows = 1 << 40 }), [2]int{1000, 1000}, "the footer says that the file has 1099511627776 rows; its row groups have 1000"},
		{"more rows than values", lie(func(m *metadata.FileMetaData) { m.RowGroups[0].NumRows = 1 << 60 }), [2]int{400, 400}, `after row 400: row group 1: column "text": it ends before its row group does`},
		{"fewer rows than values", lie(func(m *metadata.FileMetaData) { m.RowGroups[0].NumRows = 10 }), [2]int{10, 10}, "it has more values than the row group has rows, 10"},
		{"negative rows", lie(func(m *metadata.FileMetaData) { m.RowGroups[1].NumRows = -1 }), [2]int{400, 400}, "it has -1 rows"},
		{"fewer values", lie(func(m *metadata.FileMetaData) { m.RowGroups[1].Columns[1].MetaData.NumValues = 3 }), [2]int{401, 999}, `column "word": it ends before`},
		{"column beyond the file", lie(func(m *metadata.FileMetaData) { m.RowGroups[1].Columns[1].MetaData.TotalCompressedSize = 1 << 50 }), [2]int{400, 400}, `column "word": it is said to be the 1125899906842624 bytes`},
		{"column before the file", lie(func(m *metadata.FileMetaData) { m.RowGroups[1].Columns[1].MetaData.DataPageOffset = -5 }), [2]int{400, 400}, "bytes at byte -5"},
		{"columns that share bytes", lie(func(m *metadata.FileMetaData) {
			c := m.RowGroups[1].Columns
			c[1].MetaData.DataPageOffset = c[0].MetaData.DataPageOffset
		}), [2]int{400, 400}, "two of its columns share"},
		{"column without a place", lie(func(m *metadata.FileMetaData) { m.RowGroups[0].Columns[0].MetaData = nil }), [2]int{}, "it does not say where a column is"},
		{"a column less", lie(func(m *metadata.FileMetaData) { m.RowGroups[1].Columns = m.RowGroups[1].Columns[:3] }), [2]int{400, 400}, "it has 3 columns; the schema has 4"},
		{"wide values", lie(func(m *metadata.FileMetaData) { m.FileMetaData.Schema[1].TypeLength = ptr(int32(1 << 30)) }), [2]int{}, "a column has values of 1073741824 bytes"},
		{"many members", lie(func(m *metadata.FileMetaData) { m.FileMetaData.Schema[0].NumChildren = ptr(int32(math.MaxInt32)) }), [2]int{}, "more than 20000 columns and groups"},
		{"members that are not there", lie(func(m *metadata.FileMetaData) { m.FileMetaData.Schema[0].NumChildren = ptr(int32(5)) }), [2]int{}, "the schema ends before its last group does"},
		{"members too many", lie(func(m *metadata.FileMetaData) { m.FileMetaData.Schema[0].NumChildren = ptr(int32(3)) }), [2]int{}, "the schema goes on after its last group"},
		{"long names", lie(func(m *metadata.FileMetaData) { m.FileMetaData.Schema[4].Name = strings.Repeat("n", 20<<20) }), [2]int{}, "more than the 16777216 that are read"},
		{"pages of nothing", spoil(0, func(chunk []byte) { clear(chunk) }), [2]int{400, 400}, "row group 2: column \"text\": "},
		{"page of noise", spoil(0, func(chunk []byte) {
			for i := len(chunk) / 2; i < len(chunk); i++ {
				chunk[i] ^= 0xa5
			}
		}), [2]int{401, 999}, `row group 2: column "text": `},
		{"huge page", spoil(1, func(chunk []byte) { copy(chunk, "\x15\x00\x15\xfe\xff\xff\xff\x0f\x15\x10") }), [2]int{400, 400}, "exceeds configured limit"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := rowLines(test.data)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			n := strings.Count(got, "\n")
			if n < test.rows[0] || n > test.rows[1] || got != strings.Join(lines[:n], "") {
				t.Errorf("got %d rows, want from %d to %d: %.100s", n, test.rows[0], test.rows[1], got)
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

// A schema as deep as the file is long must not be followed.
func TestParquetDeepSchema(t *testing.T) {
	for _, test := range []struct {
		depth int
		want  string
	}{{maxNesting - 1, ""}, {maxNesting, "the schema is nested deeper than 64"}} {
		node := textLeaf("v", required)
		value, line := any("x"), `"x"`
		for range test.depth - 1 {
			node, value, line = group("g", required, nil, node), []any{value}, `{"`+node.Name()+`":`+line+`}`
		}
		got, err := rowLines(parquetFile(t, []schema.Node{group("g", required, nil, node)}, [][][]any{{{[]any{value}}}}))
		if test.want == "" && (err != nil || got != `{"g":{"`+node.Name()+`":`+line+"}}\n") {
			t.Errorf("%d: %v %s", test.depth, err, got)
		}
		if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%d: %v", test.depth, err)
		}
	}
}

// What has no rows has no lines.
func TestParquetEmpty(t *testing.T) {
	column := []schema.Node{textLeaf("a", optional)}
	for name, data := range map[string][]byte{
		"no row groups": parquetFile(t, column, nil), "no rows": parquetFile(t, column, [][][]any{{}, {}}), "no columns": parquetFile(t, nil, nil),
	} {
		if got, err := rowLines(data); got != "" || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	meta, write := footerOf(t, parquetFile(t, nil, nil))
	meta.NumRows = 3
	if _, err := rowLines(write()); err == nil || !strings.Contains(err.Error(), "its 3 rows have no columns") {
		t.Error(err)
	}
}

// Few bytes that claim much are refused before memory is given to them.
func TestParquetBombs(t *testing.T) {
	long := strings.Repeat("n", 300)
	rows := make([][]any, 1<<20)
	for i := range rows {
		rows[i] = []any{nil}
	}
	nulls := parquetFile(t, []schema.Node{textLeaf(long, optional)}, [][][]any{rows})
	if err := writeRowLines(io.Discard, bytes.NewReader(nulls), int64(len(nulls)), pageMemory); err == nil || !strings.Contains(err.Error(), "its rows have more than 268435456 bytes") {
		t.Error(err)
	}
	// patched returns a file of numbers and words with other bytes behind a mark.
	patched := func(e parquet.WriterProperty, mark, with string) []byte {
		var rows [][]any
		for i := range 500 {
			rows = append(rows, []any{int64(i), fmt.Sprintf("word-%030d", i%70)})
		}
		columns := []schema.Node{leaf("n", required, parquet.Types.Int64, nil, 0), textLeaf("word", required)}
		data := parquetFile(t, columns, [][][]any{rows}, e, parquet.WithDictionaryFor("n", false), parquet.WithCompression(compress.Codecs.Uncompressed), parquet.WithDictionaryCostFallbackFor("word", false))
		at := bytes.Index(data, []byte(mark))
		if at < 0 {
			t.Fatalf("no %x", mark)
		}
		copy(data[at+len(mark):], with)
		return data
	}
	for _, test := range []struct {
		data []byte
		want string
	}{
		{patched(parquet.WithDictionaryFor("word", true), "\x4c\x15", "\xfe\x7f"), "a dictionary of 2730 bytes is said to have 8191 values"},
		{patched(parquet.WithEncodingFor("n", parquet.Encodings.DeltaBinaryPacked), "\x80\x01\x04", "\xff\xff\xff\xff\x07"), "packed numbers for 500 values"},
	} {
		if _, err := rowLines(test.data); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Error(err)
		}
	}
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"blocks of billions", []byte("\x80\xff\xff\xff\x0f\x01\x01\x00"), "blocks of"},
		{"billions of numbers", []byte("\x80\x01\x04\xff\xff\xff\xff\x07\x00"), "packed numbers for"},
		{"parts of nothing", []byte("\x80\x01\x00\x01\x00"), "in 0 parts"},
		{"cut off", []byte("\x80\x01\x04\x7f\x00\x00\x20\x20\x20\x20"), "ends before its values begin"},
		{"good", []byte("\x80\x01\x04\x02\x00\x00\x01\x00\x00\x00\xff\xff\xff\xffrest"), ""},
	}
	for _, test := range tests {
		rest, err := skipDelta(test.data, math.MaxInt32)
		if test.want == "" && (err != nil || string(rest) != "rest") {
			t.Errorf("%s: %q, %v", test.name, rest, err)
		}
		if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// Whatever the bytes are, reading them ends with rows that are JSON lines, an
// error, or both, and twice the same.
func FuzzParquetLines(f *testing.F) {
	columns, rows, _ := manyRows(40)
	for _, opts := range [][]parquet.WriterProperty{
		{parquet.WithCompression(compress.Codecs.Uncompressed), parquet.WithDictionaryDefault(true), parquet.WithStats(false)},
		{parquet.WithDictionaryDefault(false), parquet.WithDataPageVersion(parquet.DataPageV2), parquet.WithEncodingFor("text", parquet.Encodings.DeltaByteArray), parquet.WithEncodingFor("n", parquet.Encodings.DeltaBinaryPacked)},
		{parquet.WithCompression(compress.Codecs.Snappy), parquet.WithDictionaryDefault(false)},
	} {
		f.Add(parquetFile(f, columns, [][][]any{rows[:20], rows[20:]}, opts...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		var first, second bytes.Buffer
		err := writeRowLines(limitWriter{&first}, bytes.NewReader(data), int64(len(data)), 64<<20)
		again := writeRowLines(limitWriter{&second}, bytes.NewReader(data), int64(len(data)), 64<<20)
		if !bytes.Equal(first.Bytes(), second.Bytes()) || fmt.Sprint(err) != fmt.Sprint(again) {
			t.Errorf("%v and then %v", err, again)
		}
	})
}

// limitWriter stops at a size that shows enough.
type limitWriter struct{ *bytes.Buffer }

func (w limitWriter) Write(p []byte) (int, error) {
	if w.Len() > 4<<20 {
		return 0, io.ErrShortWrite
	}
	return w.Buffer.Write(p)
}

// 377 MB/s of lines, 1.6 million rows a second, on one of two cores: decompressing
// and escaping are half of it. A load decodes, hashes and compresses them at a
// fraction of that.
func BenchmarkParquetLines(b *testing.B) {
	columns, rows, lines := manyRows(20_000)
	data := parquetFile(b, columns, [][][]any{rows}, parquet.WithCompression(compress.Codecs.Snappy), parquet.WithDataPageSize(1<<20))
	b.SetBytes(int64(len(strings.Join(lines, ""))))
	for b.Loop() {
		if err := writeRowLines(io.Discard, bytes.NewReader(data), int64(len(data)), pageMemory); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(rows))/b.Elapsed().Seconds(), "rows/s")
}
