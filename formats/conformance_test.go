package formats

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

var update = flag.Bool("update", false, "write the wanted events anew")

// formatCase is one file under testdata/formats: FORMAT/NAME.in.json (or
// .jsonl, .json.gz), whose events are in FORMAT/NAME.want.jsonl.
type formatCase struct {
	format Format
	path   string
	text   []byte // decompressed
}

// formatCases returns all cases by name, FORMAT/NAME.
func formatCases(t testing.TB) map[string]formatCase {
	t.Helper()
	root := filepath.Join("..", "testdata", "formats")
	files, err := filepath.Glob(filepath.Join(root, "*", "*.in.*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("finding cases in %s: %d files, %v", root, len(files), err)
	}
	cases := make(map[string]formatCase)
	for _, path := range files {
		folder := filepath.Base(filepath.Dir(path))
		f, ok := ByName(folder)
		if !ok {
			t.Fatalf("%s: there is no format %s", path, folder)
		}
		name, _, _ := strings.Cut(filepath.Base(path), ".in.")
		cases[folder+"/"+name] = formatCase{f, path, readCase(t, path)}
	}
	return cases
}

func readCase(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, _, err := Decompress(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// wanted returns the path of the wanted events of a case.
func (c formatCase) wanted() string {
	name, _, _ := strings.Cut(c.path, ".in.")
	return name + ".want.jsonl"
}

// TestFormats runs every test that a format must pass on every case. A new
// format needs cases and no Go.
func TestFormats(t *testing.T) {
	cases := formatCases(t)
	for _, f := range All() {
		if !hasCase(cases, f) {
			t.Errorf("the format %s has no case", f.Name())
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var doc jsontape.Doc
			framing := sampleOf(c.text, &doc).Framing(c.format)
			want := eventLines(t, c.format, framing, c.text)
			t.Run("golden", func(t *testing.T) { testGolden(t, c, want) })
			t.Run("detected", func(t *testing.T) { testDetected(t, c) })
			t.Run("truncated", func(t *testing.T) { testTruncated(t, c, framing, want) })
			t.Run("bom", func(t *testing.T) { testBOM(t, c, want) })
			t.Run("long line", func(t *testing.T) { testLongLine(t, c, framing, want) })
			t.Run("twice", func(t *testing.T) {
				diffLines(t, want, eventLines(t, c.format, framing, c.text))
			})
			t.Run("round trip", func(t *testing.T) { testRoundTrip(t, want) })
			t.Run("wrong types", func(t *testing.T) { testWrongTypes(t, c, framing) })
			if framing.inText() {
				t.Run("crlf", func(t *testing.T) { testCRLF(t, c, framing, want) })
			}
		})
	}
	for _, f := range All() {
		t.Run(f.Name()+"/empty", func(t *testing.T) { testEmpty(t, f) })
	}
}

func hasCase(cases map[string]formatCase, f Format) bool {
	for name := range cases {
		if strings.HasPrefix(name, f.Name()+"/") {
			return true
		}
	}
	return false
}

func sampleOf(text []byte, doc *jsontape.Doc) *Sample {
	return NewSample("case", text[:min(len(text), SampleSize)], len(text) <= SampleSize, doc)
}

func testGolden(t *testing.T, c formatCase, got []string) {
	text := strings.Join(got, "\n") + "\n"
	if *update {
		if err := os.WriteFile(c.wanted(), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(c.wanted())
	if err != nil {
		t.Fatalf("%v (go test -update writes it, to be read before it is kept)", err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(text, "\n")); d != "" {
		t.Errorf("%s (-want +got):\n%s", c.wanted(), d)
	}
}

// catchesAll reports whether a format takes what others take, and is asked last.
func catchesAll(f Format) bool { return f.Name() == "jsonl" || f.Name() == "table" }

// testDetected checks that no other format takes the case, but for those that
// take all JSON or all tables.
func testDetected(t *testing.T, c formatCase) {
	var doc jsontape.Doc
	s := sampleOf(c.text, &doc)
	for _, f := range All() {
		err := f.Detect(s)
		switch {
		case f.Name() == c.format.Name() && err != nil:
			t.Errorf("%s refuses its own case: %v", f.Name(), err)
		case f.Name() != c.format.Name() && !catchesAll(f) && err == nil:
			t.Errorf("%s takes a case of %s", f.Name(), c.format.Name())
		}
	}
	if got, err := Detect(s, All()); err != nil || got.Name() != c.format.Name() {
		t.Errorf("detected as %v (%v), want %s", got, err, c.format.Name())
	}
}

// testTruncated cuts the case short: what is whole must be read as before, and
// what is not must be unparsed. Only a row or a line of plain text can look
// whole where it is cut.
func testTruncated(t *testing.T, c formatCase, framing Framing, want []string) {
	var doc jsontape.Doc
	unparsed := func(line string) bool { return strings.Contains(line, `"kind":"unparsed"`) }
	want = slices.DeleteFunc(slices.Clone(want), unparsed)
	looksWhole := framing.Kind == FrameTable || framing.Kind == FrameLines && !beginsObject(sampleOf(c.text, &doc))
	for i := 1; i < 8; i++ {
		text := c.text[:len(c.text)*i/8]
		var doc jsontape.Doc
		s := sampleOf(text, &doc)
		if f, err := Detect(s, All()); err == nil {
			eventLines(t, f, s.Framing(f), text) // as it would be loaded: must not fail
		}
		n := 0
		lines := eventLines(t, c.format, framing, text)
		for j, line := range lines {
			if unparsed(line) || looksWhole && j == len(lines)-1 {
				continue
			}
			if n >= len(want) || line != want[n] {
				t.Errorf("cut at %d/8: event %d is\n%s", i, n, line)
				break
			}
			n++
		}
	}
}

func testBOM(t *testing.T, c formatCase, want []string) {
	text := append([]byte("\xEF\xBB\xBF"), c.text...)
	var doc jsontape.Doc
	s := sampleOf(text, &doc)
	f, err := Detect(s, All())
	if err != nil || f.Name() != c.format.Name() {
		t.Fatalf("with a byte order mark it is %v (%v), want %s", f, err, c.format.Name())
	}
	diffLines(t, want, eventLines(t, f, s.Framing(f), text))
}

// testLongLine adds 1 MiB in one piece: a line, or white space where the
// framing does not care about lines.
func testLongLine(t *testing.T, c formatCase, framing Framing, want []string) {
	if !framing.inText() {
		text := append(bytes.Repeat([]byte{' '}, 1<<20), c.text...)
		diffLines(t, want, eventLines(t, c.format, framing, text))
		return
	}
	text := append(bytes.TrimRight(bytes.Clone(c.text), "\n"), "\n{\"padding\":\""...)
	text = append(text, bytes.Repeat([]byte{'x'}, 1<<20)...)
	text = append(text, "\"}\n"...)
	got := eventLines(t, c.format, framing, text)
	if len(got) != len(want)+1 {
		t.Fatalf("%d events, want %d and one for the long line", len(got), len(want))
	}
	diffLines(t, want, got[:len(want)])
}

// testCRLF changes the line ends. Those inside the cells of a table are text and
// stay as they are.
func testCRLF(t *testing.T, c formatCase, framing Framing, want []string) {
	var text []byte
	eachRecord(t, c.text, framing, func(record []byte, problem string) {
		if framing.Kind == FrameLines {
			record = bytes.ReplaceAll(record, []byte("\n"), []byte("\r\n"))
		}
		text = append(append(text, record...), "\r\n"...)
	})
	diffLines(t, want, eventLines(t, c.format, framing, text))
}

// testWrongTypes puts a value of each type in the place of each member of each
// record, nested ones included: the record must decode or be refused, and be so
// again, and its events must be such that can be kept.
func testWrongTypes(t *testing.T, c formatCase, framing Framing) {
	opener, decoders := NewDecoder(), [2]*Decoder{NewDecoder(), NewDecoder()}
	eachRecord(t, c.text, framing, func(record []byte, problem string) {
		inner, err := opener.Open(framing, record)
		if problem != "" || err != nil || inner == nil {
			return
		}
		opener.Context.Carry(c.format, inner)
		var doc jsontape.Doc
		if doc.Parse(inner) != nil {
			return
		}
		for n, last := 1, false; !last; n++ {
			for _, other := range []string{"null", "-7.5e3", `"x"`, `{"x":[1]}`, `[{"x":1},"y"]`, "true", `""`} {
				left := n
				changed := withOther(nil, doc.Root(), &left, other)
				last = left > 0
				var lines [2][]string
				for i, d := range decoders {
					d.Reset()
					d.Context = opener.Context
					if err := c.format.Decode(d, changed); err != nil {
						lines[i] = []string{err.Error()}
						continue
					}
					for _, e := range d.Events() {
						lines[i] = append(lines[i], string(appendEvent(nil, e)))
					}
					if i == 0 {
						testRoundTrip(t, lines[i])
					}
				}
				if t.Failed() || !slices.Equal(lines[0], lines[1]) {
					t.Fatalf("%s gives (-first +second):\n%s", changed, cmp.Diff(lines[0], lines[1]))
				}
			}
		}
	})
}

// withOther appends a value in which the member that left counts down to is
// replaced by another.
func withOther(dst []byte, v jsontape.Value, left *int, other string) []byte {
	member := func(m jsontape.Value) {
		if *left--; *left == 0 {
			dst = append(dst, other...)
		} else {
			dst = withOther(dst, m, left, other)
		}
		dst = append(dst, ',')
	}
	switch v.Kind() {
	case jsontape.Object:
		dst = append(dst, '{')
		for key, m := range v.Members() {
			dst = append(appendString(dst, key), ':')
			member(m)
		}
		return append(bytes.TrimSuffix(dst, []byte{','}), '}')
	case jsontape.Array:
		dst = append(dst, '[')
		for m := range v.Elements() {
			member(m)
		}
		return append(bytes.TrimSuffix(dst, []byte{','}), ']')
	}
	return append(dst, v.Raw()...)
}

func testEmpty(t *testing.T, f Format) {
	for _, text := range []string{"", "\n", "\xEF\xBB\xBF", " \r\n\t\n"} {
		var doc jsontape.Doc
		s := sampleOf([]byte(text), &doc)
		if f.Detect(s) == nil {
			t.Errorf("takes %q", text)
		}
		if got := eventLines(t, f, s.Framing(f), []byte(text)); len(got) != 0 {
			t.Errorf("%q has the events %v", text, got)
		}
	}
}

// testRoundTrip reads the events from their JSON and writes them again.
func testRoundTrip(t *testing.T, lines []string) {
	d := NewDecoder()
	for _, line := range lines {
		d.Reset()
		if err := d.JSON.Parse([]byte(line)); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		e := d.Add()
		for key, v := range d.JSON.Root().Members() {
			c, ok := ColumnByName(string(key))
			if !ok {
				t.Fatalf("there is no column %s", key)
			}
			u := unitNone
			if c.Type == ColumnCost {
				u = unitUSD
			}
			if !c.assign(d, e, v, u) {
				t.Errorf("column %s does not take its own %s", key, v.Raw())
			}
		}
		if got := string(appendEvent(nil, e)); got != line {
			t.Errorf("(-want +got):\n%s", cmp.Diff(line, got))
		}
	}
}

func diffLines(t *testing.T, want, got []string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// eventLines returns the events of a text as JSON, a record that cannot be
// parsed as one event of kind unparsed.
func eventLines(t *testing.T, f Format, framing Framing, text []byte) []string {
	t.Helper()
	lines := []string{}
	var line []byte
	d := NewDecoder()
	eachRecord(t, text, framing, func(record []byte, problem string) {
		d.Reset()
		if problem == "" {
			if err := d.Decode(f, framing, record); err != nil {
				problem = err.Error()
			}
		}
		if problem != "" {
			d.Clear()
			e := d.Add()
			e.Kind, e.Problem = KindUnparsed, problem
		}
		for _, e := range d.Events() {
			line = appendEvent(line[:0], e)
			lines = append(lines, string(line))
		}
	})
	return lines
}

// appendEvent appends the columns of an event that are not NULL as a JSON
// object, in the order of Columns.
func appendEvent(dst []byte, e *Event) []byte {
	dst = append(dst, '{')
	for _, c := range columns {
		if value := columnJSON(c, e); value != nil {
			dst = appendKey(dst, c.Name)
			dst = append(dst, value...)
		}
	}
	return append(dst, '}')
}

// columnJSON returns the value of a column as JSON, nil for NULL.
func columnJSON(c Column, e *Event) []byte {
	if c.Ref == nil {
		return nil
	}
	text := func(s string) []byte {
		if s == "" {
			return nil
		}
		return appendString(nil, Text(s))
	}
	switch v := c.Ref(e).(type) {
	case *Text:
		var out bytes.Buffer
		switch {
		case *v == nil:
			return nil
		case c.Type == ColumnJSON && json.Compact(&out, *v) == nil:
			return out.Bytes()
		}
		return appendString(nil, *v)
	case *string:
		return text(*v)
	case *Plane:
		return text(string(*v))
	case *Kind:
		return text(string(*v))
	case *Outcome:
		return text(string(*v))
	case *ContentState:
		return text(string(*v))
	case *Precision:
		return text(string(*v))
	case *Int:
		switch {
		case !v.OK:
			return nil
		case c.Type == ColumnCost:
			return fmt.Appendf(nil, "%d.%09d", v.V/1e9, v.V%1e9)
		}
		return strconv.AppendInt(nil, v.V, 10)
	case *Bool:
		if !v.OK {
			return nil
		}
		return strconv.AppendBool(nil, v.V)
	case *Time:
		if !v.OK {
			return nil
		}
		return text(time.UnixMicro(v.Micros).UTC().Format("2006-01-02T15:04:05.999999Z07:00"))
	case *[]Text:
		if len(*v) == 0 {
			return nil
		}
		out := []byte{'['}
		for i, s := range *v {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendString(out, s)
		}
		return append(out, ']')
	case *[]ID:
		if len(*v) == 0 {
			return nil
		}
		out := []byte{'['}
		for i, id := range *v {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, '{')
			out = appendMember(out, "kind", Text(id.Kind))
			out = appendMember(out, "value", id.Value)
			out = append(out, '}')
		}
		return append(out, ']')
	case *[]Message:
		if len(*v) == 0 {
			return nil
		}
		var out bytes.Buffer
		if json.Compact(&out, AppendMessages(nil, *v)) != nil {
			return []byte(`"broken messages"`)
		}
		return out.Bytes()
	}
	panic("a column of a type that is not known: " + c.Name)
}

func TestColumns(t *testing.T) {
	seen := make(map[string]bool)
	var e Event
	for _, c := range Columns() {
		if seen[c.Name] {
			t.Errorf("%s is there twice", c.Name)
		}
		seen[c.Name] = true
		if c.Doc == "" || strings.HasSuffix(c.Doc, ".") && !strings.HasSuffix(c.Doc, " ...") {
			t.Errorf("%s has the doc %q", c.Name, c.Doc)
		}
		columnJSON(c, &e) // panics when the type is not known
		if (words(c.Name) != nil) != (c.Type == ColumnWord) {
			t.Errorf("%s has words, or has none", c.Name)
		}
	}
}

func TestByName(t *testing.T) {
	for _, f := range All() {
		if got, ok := ByName(f.Name()); !ok || got != f {
			t.Errorf("ByName(%q) = %v, %v", f.Name(), got, ok)
		}
		if f.Doc() == "" {
			t.Errorf("%s has no doc", f.Name())
		}
	}
	if _, ok := ByName("CloudTrail"); ok {
		t.Error("a format is found by a name that it does not have")
	}
}
