package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func newFormats(f *factory) *cobra.Command {
	var output outputOptions
	cmd := &cobra.Command{
		Use:   "formats",
		Short: "List the formats of logs, and write maps for your own",
		Long: `formats lists the formats of logs that load reads, in the order in which it tries
them. Any JSON can be read: columns are found by well-known names, or by a map that
says which column is where (formats infer writes one to begin with).

` + exitStatus(),
		Example: `  # What load reads
  $ exhibit formats

  # A map for a log of your own, to edit
  $ exhibit formats infer requests.jsonl -o columns.yaml`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			return runFormats(f, output)
		},
	}
	addOutputFlags(cmd, &output, render.Formats()...)
	cmd.AddCommand(newFormatsInfer(f), newFormatsColumns(f))
	return cmd
}

func runFormats(f *factory, o outputOptions) error {
	table := render.Table{Name: "formats", Columns: []render.Column{{Name: "format"}, {Name: "what"}}}
	for _, format := range formats.All() {
		table.Rows = append(table.Rows, []any{format.Name(), format.Doc()})
	}
	return f.emit(o, render.Config{}, func(r *render.Renderer) error { return r.Write(table) })
}

func newFormatsColumns(f *factory) *cobra.Command {
	var output outputOptions
	cmd := &cobra.Command{
		Use:   "columns",
		Short: "List the columns that events have",
		Long: `formats columns lists the columns that a map can fill, and that tables, queries and
files of events have.

` + exitStatus(),
		Example: `  # For people
  $ exhibit formats columns

  # For a spreadsheet
  $ exhibit formats columns -f csv -o columns.csv`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			table := render.Table{Name: "columns", Columns: []render.Column{{Name: "column"}, {Name: "type"}, {Name: "what"}}}
			for _, c := range formats.Columns() {
				table.Rows = append(table.Rows, []any{c.Name, typeName(c.Type), c.Doc})
			}
			return f.emit(output, render.Config{}, func(r *render.Renderer) error { return r.Write(table) })
		},
	}
	addOutputFlags(cmd, &output, render.Formats()...)
	return cmd
}

// typeName is the word for the type of a column.
func typeName(t formats.ColumnType) string {
	switch t {
	case formats.ColumnJSON, formats.ColumnMessages, formats.ColumnIDs:
		return "json"
	case formats.ColumnTexts:
		return "list of text"
	case formats.ColumnWord:
		return "word"
	case formats.ColumnInt:
		return "integer"
	case formats.ColumnDuration:
		return "microseconds"
	case formats.ColumnCost:
		return "usd"
	case formats.ColumnBool:
		return "true or false"
	case formats.ColumnTime:
		return "time"
	}
	return "text"
}

// How much of a log formats infer looks at: enough to see rare fields, and read
// in no time.
const (
	inferRecords = 10_000
	inferBytes   = 64 << 20
)

func newFormatsInfer(f *factory) *cobra.Command {
	var output outputOptions
	cmd := &cobra.Command{
		Use:   "infer FILE",
		Short: "Write a map for a log of your own, to edit",
		Long: `formats infer reads the first records of a JSON log (any of JSON lines, an array, or
values that follow each other) or of a table (CSV or tab-separated, with a row of names;
compressed too; - is standard input) and writes the map by which load would read it: YAML,
a line for each column. Fields whose meaning or unit is not clear are comments. Edit it,
then give it to load with --map.

` + exitStatus(),
		Example: `  # Write a map, look at it, use it
  $ exhibit formats infer requests.jsonl -o columns.yaml
  $ exhibit load --map columns.yaml requests.jsonl

  # From another program
  $ zcat requests.json.gz | exhibit formats infer -`,
		Args: oneArg("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			return runFormatsInfer(f, args[0], output)
		},
	}
	addFileFlags(cmd, &output)
	return cmd
}

func runFormatsInfer(f *factory, path string, o outputOptions) error {
	in := f.in
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("reading the log: %w", err)
		}
		defer file.Close()
		in = file
	}
	records, known, err := firstRecords(path, in)
	var none noFormatError
	switch {
	case errors.As(err, &none):
		return &HintError{Err: fmt.Errorf("reading %s: no format fits", path), Hints: none.reasons}
	case err != nil:
		return fmt.Errorf("reading %s: %w", path, err)
	}
	if len(records) == 0 {
		return fmt.Errorf("reading %s: no records", path)
	}
	if known != "jsonl" && known != "table" {
		f.note("this is " + known + ": load reads it without a map, and better")
	}
	out, err := f.openOutput(o)
	if err != nil {
		return err
	}
	defer out.discard()
	if err := formats.InferMap(records).WriteYAML(out); err != nil {
		return fmt.Errorf("writing the map: %w", err)
	}
	f.note(fmt.Sprintf("looked at %s", plural(int64(len(records)), "record")))
	return out.commit()
}

// noFormatError says why each format does not fit, a line each.
type noFormatError struct{ reasons []string }

// Error returns all of it in a line.
func (e noFormatError) Error() string { return "no format fits: " + strings.Join(e.reasons, "; ") }

// openLog returns the decompressed stream of a log: of a Parquet file, its rows.
func openLog(in io.Reader) (io.ReadCloser, error) {
	stream, compression, err := formats.Decompress(in)
	var unsupported *formats.UnsupportedError
	file, ok := in.(*os.File)
	if ok && compression == "" && errors.As(err, &unsupported) && unsupported.Compression == "parquet" {
		info, err := file.Stat()
		if err != nil {
			return nil, err
		}
		return casefile.ParquetLines(file, info.Size()), nil
	}
	return io.NopCloser(stream), err
}

// firstRecords returns the first records of a log that can be read, as JSON, and
// the name of the format that would read it.
func firstRecords(path string, in io.Reader) (records [][]byte, known string, err error) {
	stream, err := openLog(in)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = stream.Close() }() // was only read
	prefix := make([]byte, formats.MaxSampleSize)
	n, err := io.ReadFull(stream, prefix)
	whole := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !whole {
		return nil, "", err
	}
	prefix = prefix[:n]
	sample := formats.NewSample(path, prefix, whole, new(jsontape.Doc))
	format, err := formats.Detect(sample, formats.All())
	if err != nil {
		return nil, "", noFormatError{reasonLines(err.Error())[1:]}
	}
	framing := sample.Framing(format)
	decoder := formats.NewDecoder() // of its own as well
	rest := io.MultiReader(bytes.NewReader(prefix), io.LimitReader(stream, inferBytes))
	scanner := formats.NewScanner(rest, framing, 0)
	for len(records) < inferRecords {
		var b formats.Block // of its own: the records are kept
		err := scanner.Next(&b)
		for _, span := range b.Records {
			if span.Problem != "" || len(records) == inferRecords {
				continue
			}
			if record, err := decoder.Open(framing, b.Data[span.Start:span.End]); err == nil && record != nil {
				records = append(records, record)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return records, format.Name(), nil // what is there is enough for a map
		}
	}
	return records, format.Name(), nil
}
