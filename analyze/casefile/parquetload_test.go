package casefile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// callRows are the columns and rows of a table of calls, and its lines.
func callRows(n int) (columns []schema.Node, rows [][]any, lines string) {
	columns = []schema.Node{
		leaf("timestamp", required, parquet.Types.Int64, schema.NewTimestampLogicalType(true, schema.TimeUnitMillis), 0),
		textLeaf("user", optional), textLeaf("model", required), textLeaf("prompt", optional),
	}
	const first = 1775649600000 // 2026-04-08 12:00
	for i := range n {
		row := []any{int64(first + i*1000), nil, "model-a", fmt.Sprintf("question %d", i)}
		user := "null"
		if i%2 == 0 {
			row[1], user = "ana", `"ana"`
		}
		rows = append(rows, row)
		lines += fmt.Sprintf(`{"timestamp":"2026-04-08T12:%02d:%02d.000Z","user":%s,"model":"model-a","prompt":"question %d"}`+"\n", i/60, i%60, user, i)
	}
	return columns, rows, lines
}

// A Parquet file is evidence whose stream are its rows, a record each, wherever
// it stands.
func TestLoadParquet(t *testing.T) {
	columns, rows, lines := callRows(100)
	data := string(parquetFile(t, columns, [][][]any{rows[:30], rows[30:]}))
	for _, test := range []struct{ name, text, path, compression string }{
		{"calls.parquet", data, "calls.parquet", "parquet"},
		{"calls", data, "calls", "parquet"},
		{"calls.parquet.gz", gzipText(t, data), "calls.parquet.gz", "gzip+parquet"},
		{"calls.zip", zipText(t, packed{name: "a/calls.parquet", text: data}), "calls.zip::a/calls.parquet", "parquet"},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder, dir := t.TempDir(), filepath.Join(t.TempDir(), "parquet.case")
			path := filepath.Join(folder, test.name)
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			r := mustLoad(t, dir, testKey(t), path)
			it := r.Items[len(r.Items)-1]
			if it.Status != StatusLoaded || it.Compression != test.compression || it.Format != "jsonl" || it.Records != 100 || it.Events != 100 ||
				it.Path != filepath.Join(folder, test.path) || it.StreamSize != int64(len(lines)) || it.StreamSHA256 != sumOf([]byte(lines)) {
				t.Errorf("item %+v", it)
			}
			var out bytes.Buffer
			if err := Extract(t.Context(), dir, it.SHA256, &out); err != nil || out.String() != lines {
				t.Errorf("extract: %v, %.200s", err, out.String())
			}
			mustBeClean(t, dir)
			v := mustVerify(t, dir, VerifyOptions{Evidence: []string{path}})
			if len(v.Problems) > 0 || v.Originals != 1 {
				t.Errorf("verify: %+v", v)
			}
			c := mustOpen(t, dir)
			got := queryText(t, c, "select record, ts, principal, prompt from events where record in (1, 100) order by record")
			if want := "1 2026-04-08 12:00:00 +0000 UTC ana question 0\n100 2026-04-08 12:01:39 +0000 UTC <nil> question 99\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// Standard input is kept where Parquet can be read from its end.
func TestLoadParquetStdin(t *testing.T) {
	columns, rows, lines := callRows(10)
	o := loadOptions(filepath.Join(t.TempDir(), "stdin.case"), testKey(t), "-")
	o.Stdin = bytes.NewReader(parquetFile(t, columns, [][][]any{rows}))
	r, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if it := r.Items[0]; it.Records != 10 || it.StreamSHA256 != sumOf([]byte(lines)) {
		t.Errorf("item %+v", it)
	}
}

// Of a damaged file the rows before the damage are loaded, and it is said what
// is not; of what cannot be read, why.
func TestLoadParquetFaults(t *testing.T) {
	columns, rows, _ := callRows(100)
	good := parquetFile(t, columns, [][][]any{rows[:30], rows[30:]}, parquet.WithDictionaryDefault(false))
	meta, _ := footerOf(t, good)
	spoilt := bytes.Clone(good)
	clear(spoilt[meta.RowGroups[1].Columns[3].MetaData.DataPageOffset:][:20])
	encrypted := parquetFile(t, columns, [][][]any{rows}, parquet.WithEncryptionProperties(parquet.NewFileEncryptionProperties("0123456789012345")))
	tests := []struct {
		name   string
		data   []byte
		status Status
		note   string
	}{
		{"damaged", spoilt, StatusDamaged, `reading parquet: after row 30: row group 2: column "prompt": `},
		{"damaged in gzip", []byte(gzipText(t, string(good))[:300]), StatusUnreadable, "it may be cut off"},
		{"encrypted", encrypted, StatusUnreadable, "its footer is encrypted"},
		{"empty", parquetFile(t, columns, nil), StatusEmpty, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder, dir := t.TempDir(), filepath.Join(t.TempDir(), "faults.case")
			path := filepath.Join(folder, "x.parquet")
			if err := os.WriteFile(path, test.data, 0o600); err != nil {
				t.Fatal(err)
			}
			r := mustLoad(t, dir, testKey(t), path)
			it := r.Items[0]
			if it.Status != test.status || !strings.Contains(it.Note, test.note) {
				t.Errorf("%s: %s", it.Status, it.Note)
			}
			if test.status == StatusDamaged && it.Records != 30 {
				t.Errorf("%d records", it.Records)
			}
			if test.status == StatusEmpty { // leaves nothing in a case
				return
			}
			if v := mustVerify(t, dir, VerifyOptions{Evidence: []string{path}}); len(v.Problems) > 0 {
				t.Errorf("verify: %+v", v.Problems)
			}
		})
	}
}
