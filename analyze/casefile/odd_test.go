package casefile

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/formats"
)

// deep is an array in an array, and so on.
func deep(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

// TestOddRecords loads what logs and attackers write. Every byte comes out
// again; a record that is no JSON is one unparsed event and hides no other.
func TestOddRecords(t *testing.T) {
	line := func(members string) string {
		return `{"timestamp":"2026-03-04T05:06:07Z","model":"m",` + members + "}\n"
	}
	id := func(n int) string { return fmt.Sprintf("%08d-1111-4111-8111-111111111111", n) }
	deepTrail := func(n int) string {
		return strings.Replace(trailRecord(id(n)), `"responseElements":null`, `"responseElements":{"x":`+deep(1000)+`}`, 1)
	}
	tests := []struct {
		name, text string
		format     string // "" is jsonl
		records    int64
		unparsed   int64
		query      string
		want       string
	}{
		{"invalid UTF-8", line(`"prompt":"a` + "\xff\xc3" + `b"`), "", 1, 0, "select prompt from events", "a\ufffd\ufffdb\n"},
		{"NUL in a text", line(`"prompt":"a\u0000b"`), "", 1, 0, "select length(prompt) from events", "3\n"},
		{"raw NUL", line(`"prompt":"1"`) + "{\"prompt\":\"a\x00b\"}\n" + line(`"prompt":"3"`), "", 3, 1, "select prompt from events where kind <> 'unparsed' order by record", "1\n3\n"},
		{"mark, CR LF, no last newline", "\ufeff" + strings.ReplaceAll(line(`"prompt":"1"`), "\n", "\r\n") + strings.TrimSpace(line(`"prompt":"2"`)), "", 2, 0, "select prompt from events order by record", "1\n2\n"},
		{"blank lines", "\n \r\n" + line(`"prompt":"1"`) + "\n\n", "", 1, 0, "select byte_offset from events", "4\n"},
		{"1,000 deep", line(`"prompt":"1"`) + line(`"x":`+deep(1000)) + line(`"prompt":"3"`), "", 3, 1, "select record from events where kind = 'unparsed'", "2\n"},
		{"1,000 deep first", line(`"x":`+deep(1000)) + line(`"prompt":"2"`), "", 2, 1, "select prompt from events where record = 2", "2\n"},
		{"1,000 deep among CloudTrail records", `{"Records":[` + trailRecord(id(1)) + "," + deepTrail(2) + "," + trailRecord(id(3)) + `]}`, "cloudtrail", 3, 1, "select count(*) from events where operation = 'InvokeModel'", "2\n"},
		{"1,000 deep before CloudTrail records", `{"Records":[` + deepTrail(1) + "," + trailRecord(id(2)) + `]}`, "cloudtrail", 2, 1, "select record from events where operation = 'InvokeModel'", "2\n"},
		{"broken CloudTrail record", `{"Records":[` + trailRecord(id(1)) + `,{"a":01},` + trailRecord(id(3)) + `]}`, "cloudtrail", 3, 1, "select count(*) from events where operation = 'InvokeModel'", "2\n"},
		{"beyond 2^53", line(`"request_id":9007199254740993,"usage":{"input_tokens":9007199254740993}`), "", 1, 0, "select request_id, input_tokens from events", "9007199254740993 9007199254740993\n"},
		{"beyond 2^63", line(`"prompt":"1","usage":{"input_tokens":99999999999999999999}`), "", 1, 0, "select input_tokens is null from events", "true\n"},
		{"repeated member", line(`"prompt":"1","prompt":"2"`), "", 1, 0, "select prompt from events", "2\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "x.case")
			it := mustLoad(t, dir, testKey(t), writeEvidence(t, "odd", tt.text)).Items[0]
			if want := max(tt.format, ""); it.Format != want && (want != "" || it.Format != "jsonl") || it.Records != tt.records || it.Unparsed != tt.unparsed || it.Status != StatusLoaded {
				t.Errorf("%s: %d records of %s, %d unparsed; want %d and %d", it.Status, it.Records, it.Format, it.Unparsed, tt.records, tt.unparsed)
			}
			mustBeClean(t, dir)
			if got := queryText(t, mustOpen(t, dir), tt.query); got != tt.want {
				t.Errorf("%s\ngives %q, want %q", tt.query, got, tt.want)
			}
			var out bytes.Buffer
			if err := Extract(t.Context(), dir, it.SHA256, &out); err != nil || out.String() != tt.text {
				t.Errorf("extracted %d bytes of %d: %v", out.Len(), len(tt.text), err)
			}
		})
	}
}

// TestOddTimes follows times from the log to the case.
func TestOddTimes(t *testing.T) {
	tests := []struct{ in, want, precision, source string }{
		{`"2026-03-04T05:06:07.123Z"`, "2026-03-04 05:06:07.123000", "ms", "timestamp"},
		{`"2026-03-04T05:06:07.123456Z"`, "2026-03-04 05:06:07.123456", "us", "timestamp"},
		{`"2026-03-04T05:06:07.1234567Z"`, "2026-03-04 05:06:07.123456", "ns", "timestamp"},
		{`"2026-03-04T05:06:07.123456789+02:00"`, "2026-03-04 03:06:07.123456", "ns", "timestamp"},
		{`1772600767`, "2026-03-04 05:06:07.000000", "s", "timestamp"},
		{`1772600767123`, "2026-03-04 05:06:07.123000", "ms", "timestamp"},
		{`1772600767123456`, "2026-03-04 05:06:07.123456", "us", "timestamp"},
		{`1772600767123456789`, "2026-03-04 05:06:07.123456", "ns", "timestamp"},
		{`639081975671234567`, "2026-03-04 05:06:07.123456", "ns", "timestamp"}, // .NET ticks
		{`"2016-12-31T23:59:60Z"`, "2017-01-01 00:00:00.000000", "s", "timestamp"},
		{`"1601-01-01T00:00:00Z"`, "1601-01-01 00:00:00.000000", "s", "timestamp"},
		{`"9999-12-31T23:59:59.999999Z"`, "9999-12-31 23:59:59.999999", "us", "timestamp"},
		{`"2026-03-04T05:06:07"`, "", "", "timestamp (no zone)"},
		{`"10000-01-01T00:00:00Z"`, "", "", "timestamp (not a time)"},
	}
	var text, want strings.Builder
	for _, tt := range tests {
		fmt.Fprintf(&text, `{"timestamp":%s,"model":"m","prompt":"p"}`+"\n", tt.in)
		fmt.Fprintf(&want, "%s|%s|%s\n", tt.want, tt.precision, tt.source)
	}
	dir := filepath.Join(t.TempDir(), "x.case")
	mustLoad(t, dir, testKey(t), writeEvidence(t, "times.jsonl", text.String()))
	mustBeClean(t, dir)
	got := queryText(t, mustOpen(t, dir), "select concat_ws('|', coalesce(strftime(ts, '%Y-%m-%d %H:%M:%S.%f'), ''), coalesce(ts_precision, ''), ts_source) from events order by record")
	if got != want.String() {
		t.Errorf("got\n%swant\n%s", got, want.String())
	}
}

// A line longer than the record limit becomes pieces; the lines around it are
// what they are.
func TestLongLine(t *testing.T) {
	text := plainLine + `{"prompt":"` + strings.Repeat("x", formats.DefaultRecordLimit) + "\"}\n" + plainLine
	dir := filepath.Join(t.TempDir(), "x.case")
	it := mustLoad(t, dir, testKey(t), writeEvidence(t, "long.jsonl", text)).Items[0]
	if it.Records != 4 || it.Unparsed != 2 || !strings.Contains(it.Problems[0].What, "longer than 67108864 bytes: piece 1") {
		t.Errorf("%d records, %d unparsed, %+v", it.Records, it.Unparsed, it.Problems)
	}
	mustBeClean(t, dir)
}

// A file with holes has zeros in them, like any other.
func TestSparseFile(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"holes.bin": "", "tail.jsonl": plainLine} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, 96<<20); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(t.TempDir(), "x.case")
	r := mustLoad(t, dir, testKey(t), folder)
	if it := r.Items[0]; it.Status != StatusUnrecognised || it.SHA256 == "" {
		t.Errorf("%+v", it)
	}
	if it := r.Items[1]; it.Status != StatusLoaded || it.Records != 3 || it.Unparsed != 2 {
		t.Errorf("%+v", it)
	}
	mustBeClean(t, dir)
}

// A file that gets shorter while it is read is loaded as far as it went.
func TestShrinkingFile(t *testing.T) {
	for _, size := range []int64{3 * int64(len(plainLine)), smallFile + 1} {
		in := &intake{
			formats: formats.All(), limit: formats.DefaultRecordLimit, progress: new(Progress), hashAll: true,
			blocks: &blockPool{free: make(chan *formats.Block, 1)},
		}
		tk := newTask(Input{Path: "shrink.jsonl"})
		text := func() (io.Reader, error) { return strings.NewReader(plainLine + plainLine), nil }
		s := &source{size: size, progress: new(Progress), changed: func() bool { return false }, again: text}
		s.r, _ = text()
		known := func() { close(tk.known) }
		if err := in.take(t.Context(), tk, newDesk(), s, &known); err != nil {
			t.Fatal(err)
		}
		if it := tk.item; it.Status != StatusDamaged || it.Size != 2*int64(len(plainLine)) || !strings.Contains(it.Note, "changed") {
			t.Errorf("size %d: %+v", size, it)
		}
	}
}

// A file that is written to while it is read is said to have changed, even when
// it keeps its size.
func TestTouchedFile(t *testing.T) {
	path := writeEvidence(t, "a.jsonl", plainLine)
	in := &intake{progress: new(Progress)}
	s, err := in.open(newTask(Input{Path: path}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if _, err := io.Copy(io.Discard, s.r); err != nil || s.changed() {
		t.Errorf("changed before it was, %v", err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if !s.changed() {
		t.Error("not seen as changed")
	}
}

// A case is no evidence, also when its folder is not called one.
func TestCaseIsNoEvidence(t *testing.T) {
	key, folder := testKey(t), t.TempDir()
	old := filepath.Join(folder, "old work")
	mustLoad(t, old, key, writeEvidence(t, "a.jsonl", plainLine))
	if err := os.WriteFile(filepath.Join(folder, ledgerFile), []byte(plainLine), 0o600); err != nil {
		t.Fatal(err) // a log of that name makes no case
	}
	for _, path := range []string{old, folder} {
		r := mustLoad(t, filepath.Join(t.TempDir(), "x.case"), key, path)
		last := r.Items[len(r.Items)-1]
		if last.Path != old || last.Status != StatusUnreadable || last.Note != errIsCase.Error() {
			t.Errorf("loading %s: %q", path, listItems(r.Items, folder))
		}
		if path == folder && r.Items[0].Status != StatusLoaded {
			t.Errorf("a log called %s: %+v", ledgerFile, r.Items[0])
		}
	}
}

// A load of which nothing could be loaded is in the ledger, once.
func TestUnrecognisedIsRecorded(t *testing.T) {
	key, path := testKey(t), writeEvidence(t, "noise.bin", "\x00\x01\x02")
	dir := filepath.Join(t.TempDir(), "x.case")
	if r := mustLoad(t, dir, key, path); r.Nothing || r.Head.Size != 2 {
		t.Errorf("nothing %v, %d entries", r.Nothing, r.Head.Size)
	}
	if r := mustLoad(t, dir, key, path); !r.Nothing || r.Head.Size != 2 {
		t.Errorf("again: nothing %v, %d entries", r.Nothing, r.Head.Size)
	}
	mustBeClean(t, dir)
	s, err := openState(dir)
	if err != nil {
		t.Fatal(err)
	}
	items, err := readManifests(dir, s)
	if err != nil || len(items) != 1 || items[0].Status != StatusUnrecognised || items[0].SHA256 == "" {
		t.Errorf("%+v, %v", items, err)
	}
	mustLoad(t, dir, key, writeEvidence(t, "a.jsonl", plainLine))
	mustBeClean(t, dir)
	if got := queryText(t, mustOpen(t, dir), "select count(*) from events"); got != "1\n" {
		t.Errorf("%s events", got)
	}
}

// TestManyFiles loads a folder of very many files: EXHIBIT_LONG=1 makes them a
// million.
func TestManyFiles(t *testing.T) {
	files := 3000
	if os.Getenv("EXHIBIT_LONG") != "" {
		files = 1_000_000
	}
	folder := t.TempDir()
	for i := range files {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("new\nline %07d", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(t.TempDir(), "x.case")
	r := mustLoad(t, dir, testKey(t), folder)
	if len(r.Items) != files || r.Items[files-1].Status != StatusEmpty || !strings.HasSuffix(r.Items[files-1].Path, fmt.Sprintf("new\nline %07d", files-1)) {
		t.Errorf("%d items, the last %+v", len(r.Items), r.Items[len(r.Items)-1])
	}
	mustBeClean(t, dir)
}
