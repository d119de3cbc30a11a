package casefile

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/formats"
)

const plainLine = `{"timestamp":"2026-03-04T05:06:07Z","model":"m","prompt":"hello"}` + "\n"

func writeEvidence(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// One time that is absurd must not keep a whole load out of the case: from the
// year 2255 on, its microseconds are no number of canonical JSON.
func TestFarTimeLoads(t *testing.T) {
	for _, year := range []string{"0001", "1969", "2256", "9999"} {
		t.Run(year, func(t *testing.T) {
			path := writeEvidence(t, "far.jsonl", plainLine+strings.Replace(plainLine, "2026", year, 1))
			dir := filepath.Join(t.TempDir(), "far.case")
			mustLoad(t, dir, testKey(t), path)
			mustBeClean(t, dir)
			if got := queryText(t, mustOpen(t, dir), "select strftime(ts, '%Y') from events order by record"); got != "2026\n"+strings.TrimLeft(year, "0")+"\n" && got != "2026\n"+year+"\n" {
				t.Errorf("years %q", got)
			}
		})
	}
}

// A gzip stream that was cut off before its first byte is not an empty file.
func TestCutOffBeforeFirstByte(t *testing.T) {
	var whole bytes.Buffer
	z := gzip.NewWriter(&whole)
	if _, err := z.Write([]byte("\x00\x01" + plainLine)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		size int
		want Status
	}{
		{"the magic alone", 2, StatusUnreadable},
		{"the header", 10, StatusUnreadable},
		{"a format that nothing fits", whole.Len() - 9, StatusUnrecognised},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := writeEvidence(t, "cut.gz", whole.String()[:tt.size])
			r := mustLoad(t, filepath.Join(t.TempDir(), "cut.case"), testKey(t), path)
			it := r.Items[0]
			if it.Status != tt.want || !strings.Contains(it.Note, "reading gzip") || it.SHA256 == "" {
				t.Errorf("status %s, note %q, hash %q", it.Status, it.Note, it.SHA256)
			}
		})
	}
}

// A megabyte can hold half a million records. Segments and blocks have a bound
// on them, and still tile the evidence.
func TestManyTinyRecords(t *testing.T) {
	const records = segmentRecords + 3*blockRecords + 5
	text := " \n" + strings.Repeat("1\n", records) + "\n \n"
	path := writeEvidence(t, "tiny.jsonl", text)
	dir := filepath.Join(t.TempDir(), "tiny.case")
	r := mustLoad(t, dir, testKey(t), path)
	if it := r.Items[0]; it.Records != records || it.Events != records {
		t.Errorf("%d records, %d events, want %d", it.Records, it.Events, records)
	}
	if r.Segments != [2]int64{1, 2} {
		t.Errorf("segments %v, want two", r.Segments)
	}
	mustBeClean(t, dir)
	var out bytes.Buffer
	if err := Extract(t.Context(), dir, r.Items[0].SHA256, &out); err != nil || out.String() != text {
		t.Errorf("extracted %d bytes, want %d: %v", out.Len(), len(text), err)
	}
}

// Parts of a block tile it as the block tiles the stream.
func TestHandBlockInParts(t *testing.T) {
	const n = 2*blockRecords + 7
	data := []byte("  " + strings.Repeat("7\n", n) + "\n")
	b := &formats.Block{Data: data, Offset: 100}
	for i := range n {
		b.Records = append(b.Records, formats.Span{Start: 2 + 2*i, End: 3 + 2*i})
	}
	b.Records = append(b.Records, formats.Span{Start: len(data), End: len(data), Problem: "cut off"})
	in := &intake{blocks: &blockPool{free: make(chan *formats.Block, 1)}}
	tk := &task{out: make(chan *formats.Block, 8)}
	if err := in.hand(t.Context(), tk, b); err != nil {
		t.Fatal(err)
	}
	close(tk.out)
	var got []byte
	records := 0
	for part := range tk.out {
		if part.Offset != 100+int64(len(got)) || len(part.Records) > blockRecords {
			t.Errorf("part at %d with %d records after %d bytes", part.Offset, len(part.Records), len(got))
		}
		for _, s := range part.Records {
			if s.Problem == "" && string(part.Data[s.Start:s.End]) != "7" {
				t.Fatalf("record %d is %q", records, part.Data[s.Start:s.End])
			}
			records++
		}
		got = append(got, part.Data...)
	}
	if !bytes.Equal(got, data) || records != n+1 {
		t.Errorf("%d bytes and %d records, want %d and %d", len(got), records, len(data), n+1)
	}
}

// The same large evidence as a file and on standard input, whose size is not
// known when the load begins, is one piece of evidence: events would share ids.
func TestStandardInputIsTheFile(t *testing.T) {
	text := strings.Repeat(plainLine, smallFile/len(plainLine)+1)
	path := writeEvidence(t, "large.jsonl", text)
	o := loadOptions(filepath.Join(t.TempDir(), "x.case"), testKey(t), path, "-")
	o.Stdin = strings.NewReader(text)
	r, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := r.Items[0].Status, r.Items[1].Status; a != StatusLoaded || b != StatusDuplicate {
		t.Errorf("%s and %s, want loaded and duplicate", a, b)
	}
}

// A folder's own case is no evidence, whatever its name; other cases are named.
func TestFolderWithCases(t *testing.T) {
	folder, key := t.TempDir(), testKey(t)
	if err := os.WriteFile(filepath.Join(folder, "a.jsonl"), []byte(plainLine), 0o600); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(folder, "work")
	mustLoad(t, own, key, folder)
	mustLoad(t, filepath.Join(folder, "other.case"), key, filepath.Join(folder, "a.jsonl"))
	r := mustLoad(t, own, key, folder)
	var got []string
	for _, it := range r.Items {
		got = append(got, filepath.Base(it.Path)+" "+string(it.Status))
	}
	if want := "a.jsonl duplicate, other.case unreadable"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	report := mustVerify(t, own, VerifyOptions{Evidence: []string{folder}})
	for _, p := range report.Problems {
		t.Errorf("problem: %v", p)
	}
}

// The path of a case is no pattern, no option and no SQL.
func TestOddCasePath(t *testing.T) {
	evidence, key := writeEvidence(t, "a.jsonl", plainLine), testKey(t)
	tests := []struct {
		name string
		ok   bool
	}{
		{"100% 'done' %s.case", true},
		{"h#x;{{events}}$1.case", true},
		{"ünï.case", true},
		{"a*.case", false},
		{"b[c].case", false},
		{"q?.case", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "d", tt.name)
			_, err := Load(t.Context(), loadOptions(dir, key, evidence))
			if !tt.ok {
				if _, statErr := os.Stat(dir); err == nil || !os.IsNotExist(statErr) {
					t.Errorf("error %v; want one, and no folder", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			mustBeClean(t, dir)
			if got := queryText(t, mustOpen(t, dir), "select prompt from events"); got != "hello\n" {
				t.Errorf("prompt %q", got)
			}
		})
	}
}

// growing is a file that is written to faster than it is read.
type growing struct{ at int }

func (g *growing) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		m := copy(p[n:], plainLine[g.at%len(plainLine):])
		n, g.at = n+m, g.at+m
	}
	return n, nil
}

func (g *growing) Seek(int64, int) (int64, error) {
	g.at = 0
	return 0, nil
}

// Of a file that grows, what it had when it was opened is loaded, and said to be
// incomplete.
func TestGrowingFileEnds(t *testing.T) {
	for _, size := range []int64{10 * int64(len(plainLine)), smallFile + 1} {
		in := &intake{
			formats: formats.All(), limit: formats.DefaultRecordLimit, progress: new(Progress), hashAll: true,
			blocks: &blockPool{free: make(chan *formats.Block, 1)},
		}
		tk := newTask(Input{Path: "grow.jsonl"})
		tk.out = make(chan *formats.Block, 64)
		known := func() { close(tk.known) }
		file := new(growing)
		s := &source{r: io.LimitReader(file, size), size: size, progress: new(Progress), changed: func() bool { return !atEnd(file) }}
		s.again = func() (io.Reader, error) {
			_, err := file.Seek(0, io.SeekStart)
			return io.LimitReader(file, size), err
		}
		if err := in.take(t.Context(), tk, newDesk(), s, &known); err != nil {
			t.Fatal(err)
		}
		if it := tk.item; it.Status != StatusDamaged || it.Size != size || it.StreamSize != size || !strings.Contains(it.Note, "changed") {
			t.Errorf("size %d: %+v", size, it)
		}
	}
}
