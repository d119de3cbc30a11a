package casefile

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/exhibit-forensics/exhibit/formats"
)

// packed is a file for a test archive.
type packed struct{ name, text string }

func zipText(t testing.TB, files ...packed) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		e, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate})
		if err == nil {
			_, err = io.WriteString(e, f.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tarText(t testing.TB, files ...packed) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: 0o600, Size: int64(len(f.text))}
		if f.text == "->" {
			h.Size, h.Typeflag, h.Linkname = 0, tar.TypeSymlink, "/etc/passwd"
		}
		err := w.WriteHeader(h)
		if err == nil && h.Size > 0 {
			_, err = io.WriteString(w, f.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipText(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, text)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstdText(t testing.TB, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(w.EncodeAll([]byte(text), nil))
}

// lineOf is a line of JSON that no other n gives.
func lineOf(n int) string { return strings.Replace(plainLine, "hello", fmt.Sprintf("hello %d", n), 1) }

// manyLines is more than a small file.
func manyLines(n int) string { return strings.Repeat(lineOf(n), smallFile/len(plainLine)+1) }

// listItems is a line for each item: status, path below folder, records, note.
func listItems(items []*Item, folder string) []string {
	var out []string
	for _, it := range items {
		path := strings.TrimPrefix(it.Path, folder+string(filepath.Separator))
		line := fmt.Sprintf("%s %s %d", it.Status, path, it.Records)
		if it.Note != "" && it.Status != StatusUnrecognised {
			line += " (" + it.Note + ")"
		}
		out = append(out, line)
	}
	return out
}

// A container is listed, then its members, in its order, each evidence of its
// own; the same bytes are evidence once, wherever they stand.
func TestContainers(t *testing.T) {
	key, folder := testKey(t), t.TempDir()
	inner := zipText(t, packed{"deep.jsonl", lineOf(5)}, packed{"again.jsonl", lineOf(1)})
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.zip", zipText(t,
		packed{"z.jsonl", lineOf(1)}, packed{"b/packed.jsonl.gz", gzipText(t, lineOf(2)+lineOf(3))}, packed{"empty", ""},
		packed{"noise", "\x00\x01"}, packed{"inner.zip", inner}, packed{"inner.tar.gz", gzipText(t, tarText(t, packed{"t.jsonl", lineOf(6)}))},
	))
	write("b.tar.zst", zstdText(t, tarText(t, packed{"../../x.jsonl", lineOf(7)}, packed{"link", "->"}, packed{"x.jsonl", lineOf(7)})))
	write("c.jsonl", lineOf(7))
	write("d.zip", inner)
	want := []string{
		"container a.zip 0",
		"loaded a.zip::z.jsonl 1",
		"loaded a.zip::b/packed.jsonl.gz 2",
		"empty a.zip::empty 0",
		"unrecognised a.zip::noise 0",
		"container a.zip::inner.zip 0",
		"loaded a.zip::inner.zip::deep.jsonl 1",
		"duplicate a.zip::inner.zip::again.jsonl 0 (the same bytes are evidence 1 of this case)",
		"container a.zip::inner.tar.gz 0",
		"loaded a.zip::inner.tar.gz::t.jsonl 1",
		"container b.tar.zst 0",
		"loaded b.tar.zst::../../x.jsonl 1",
		`unreadable b.tar.zst::link 0 (a link to "/etc/passwd"; links are not followed)`,
		"duplicate b.tar.zst::x.jsonl 0 (the same bytes are evidence 5 of this case)",
		"duplicate c.jsonl 0 (the same bytes are evidence 5 of this case)",
		"duplicate d.zip 0 (the same container was opened before in this load)",
	}
	var files []FileRef
	for _, threads := range []int{1, 4} {
		dir := filepath.Join(t.TempDir(), "x.case")
		o := loadOptions(dir, key, folder)
		o.Threads = threads
		r, err := Load(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, listItems(r.Items, folder)); diff != "" {
			t.Fatalf("items (-want +got):\n%s", diff)
		}
		zipped, nested := r.Items[0], r.Items[5]
		if zipped.SHA256 == "" || zipped.Members != 6 || r.Items[1].Container != zipped.SHA256 || r.Items[1].Member != "z.jsonl" || r.Items[6].Container != nested.SHA256 {
			t.Errorf("container %+v, member %+v", zipped, r.Items[1])
		}
		mustBeClean(t, dir)
		s, err := openState(dir)
		if err != nil {
			t.Fatal(err)
		}
		if now := append(s.records, s.events...); files == nil {
			files = now
		} else if diff := cmp.Diff(files, now); diff != "" {
			t.Errorf("on %d threads other files are written:\n%s", threads, diff)
		}
		v := mustVerify(t, dir, VerifyOptions{Evidence: []string{folder}})
		for _, p := range v.Problems {
			t.Errorf("problem: %v", p)
		}
		if v.Originals != 5 {
			t.Errorf("%d originals compared, notes %v", v.Originals, v.Notes)
		}
		var out bytes.Buffer
		if err := Extract(t.Context(), dir, r.Items[2].Path, &out); err != nil || out.String() != lineOf(2)+lineOf(3) {
			t.Errorf("extracting a member: %q, %v", out.String(), err)
		}
		if err := Extract(t.Context(), dir, r.Items[0].Path, &out); err == nil || !strings.Contains(err.Error(), "holds 6 others") {
			t.Errorf("extracting a container: %v", err)
		}
		if again := mustLoad(t, dir, key, folder); !again.Nothing {
			t.Errorf("loading it again adds something: %v", listItems(again.Items, folder))
		}
	}
}

// An altered member is found when the original is compared, also when it is
// packed in another way.
func TestVerifyMemberOriginals(t *testing.T) {
	key, folder := testKey(t), t.TempDir()
	dir := filepath.Join(t.TempDir(), "x.case")
	long := manyLines(3)
	mustLoad(t, dir, key, writeEvidence(t, "a.tar.gz", gzipText(t, tarText(t, packed{"1", lineOf(1)}, packed{"2", lineOf(2)}, packed{"3", long}))))
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole := write("other.zip", zipText(t, packed{"one", lineOf(1)}, packed{"two", lineOf(2)}, packed{"three", long}))
	if v := mustVerify(t, dir, VerifyOptions{Evidence: []string{whole}}); !v.OK() || v.Originals != 3 {
		t.Errorf("packed in another way: %d originals, %v", v.Originals, v.Problems)
	}
	altered := write("altered.tar", tarText(t, packed{"1", lineOf(1)}, packed{"2", lineOf(9)}, packed{"3", long}))
	v := mustVerify(t, dir, VerifyOptions{Evidence: []string{altered}})
	if len(v.Problems) != 1 || !strings.HasSuffix(v.Problems[0].Path, "altered.tar::2") || v.Originals != 2 {
		t.Errorf("altered: %d originals, %v", v.Originals, v.Problems)
	}
}

// Large evidence is one piece whether it comes as a file or as a member, and
// whichever comes first.
func TestLargeMembersOnce(t *testing.T) {
	text := manyLines(1)
	for _, container := range []packed{
		{".tar.gz", gzipText(t, tarText(t, packed{"x", text}, packed{"y", text}))},
		{".zip", zipText(t, packed{"x", text}, packed{"y", text})},
		{".zip.gz", gzipText(t, zipText(t, packed{"x", text}, packed{"y", text}))},
	} {
		for _, order := range [][2]string{{"1", "2"}, {"2", "1"}} {
			folder := t.TempDir()
			for name, text := range map[string]string{order[0] + ".jsonl": text, order[1] + container.name: container.text} {
				if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			dir := filepath.Join(t.TempDir(), "x.case")
			r := mustLoad(t, dir, testKey(t), folder)
			counts := map[Status]int{}
			for _, it := range r.Items {
				counts[it.Status]++
			}
			if diff := cmp.Diff(map[Status]int{StatusContainer: 1, StatusLoaded: 1, StatusDuplicate: 2}, counts); diff != "" {
				t.Errorf("%s, %v: %s", container.name, order, diff)
			}
			mustBeClean(t, dir)
			if left, err := os.ReadDir(filepath.Join(dir, stagingDir)); err == nil && len(left) > 0 {
				t.Errorf("%s: left in staging: %v", container.name, left)
			}
		}
	}
}

// Names of members never lead anywhere: nothing is written by them.
func TestMemberNames(t *testing.T) {
	names := []string{"../../../escape.jsonl", "/tmp/absolute.jsonl", "nul\x00.jsonl", "new\nline\x1b[31m.jsonl", "\xff\xfe.jsonl", `back\slash`, "", strings.Repeat("n", 5000), "same", "same"}
	var files []packed
	for i, name := range names {
		files = append(files, packed{name, lineOf(i)})
	}
	top := t.TempDir()
	dir := filepath.Join(top, "1", "2", "3", "x.case")
	path := writeEvidence(t, "names.zip", zipText(t, files...))
	r := mustLoad(t, dir, testKey(t), path)
	mustBeClean(t, dir)
	for i, it := range r.Items[1:] {
		if it.Status != StatusLoaded {
			t.Errorf("%q is %s: %s", names[i], it.Status, it.Note)
		}
	}
	if got := r.Items[5].Member; got != `\xff\xfe.jsonl` {
		t.Errorf("member %q", got)
	}
	if it := r.Items[8]; len(it.Member) != 4096 || it.Note != "its name has 5000 bytes, of which the first 4096 are kept" {
		t.Errorf("name of %d bytes, note %q", len(it.Member), it.Note)
	}
	if got := queryText(t, mustOpen(t, dir), `select count(distinct path), count(distinct member), count(*) from evidence where container is not null`); got != "9 8 10\n" {
		t.Errorf("paths, members and rows: %s", got)
	}
	err := filepath.WalkDir(top, func(p string, e fs.DirEntry, err error) error {
		if err == nil && strings.Contains(filepath.Base(p), ".jsonl") && filepath.Base(p) != ledgerFile && filepath.Dir(p) != filepath.Join(dir, manifestsDir) {
			t.Errorf("%s was written", p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := Extract(t.Context(), dir, path+"::same", io.Discard); err == nil || !strings.Contains(err.Error(), "several") {
		t.Errorf("extracting one of two of the same name: %v", err)
	}
}

// Limits end the reading with a message, and keep what came before.
func TestArchiveLimits(t *testing.T) {
	nested := lineOf(1)
	for i := range 6 {
		nested = zipText(t, packed{fmt.Sprint(i), nested})
	}
	limits := formats.DefaultArchiveLimits()
	limits.MaxMembers, limits.MaxSpool = 20, 1<<20
	bomb := zipText(t, packed{"1", lineOf(1)}, packed{"bomb", strings.Repeat("\x00", 300<<20)}, packed{"2", lineOf(2)})
	many := []packed{}
	for i := range 30 {
		many = append(many, packed{fmt.Sprint(i), lineOf(i)})
	}
	tests := []struct {
		name, text string
		want       []string // status and a part of the note, of each item that is not loaded
		loaded     int
	}{
		{"nested", nested, []string{"container", "container", "container", "container", "unreadable nested deeper than 4"}, 0},
		{"bomb", bomb, []string{"damaged more than 500 times as many; what follows the member bomb is not loaded", "unrecognised more than 500 times"}, 1},
		{"bomb in tar.gz", gzipText(t, tarText(t, packed{"b.zip", bomb}, packed{"after", lineOf(3)})), []string{"damaged what follows the member b.zip", "damaged what follows the member bomb", "unrecognised more than 500 times"}, 1},
		{"members", zipText(t, many...), []string{"damaged more than 20 members; unpack it and load the folder; what follows the member 20 is not loaded"}, 20},
		{"spool", gzipText(t, zipText(t, packed{"x", randomText(2 << 20)})), []string{"unreadable more than 1048576 bytes"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "x.case")
			o := loadOptions(dir, testKey(t), writeEvidence(t, "evidence", tt.text))
			o.Archives = limits
			r, err := Load(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			loaded := 0
			var left []*Item
			for _, it := range r.Items {
				if it.Status == StatusLoaded {
					loaded++
				} else {
					left = append(left, it)
				}
			}
			if loaded != tt.loaded || len(left) != len(tt.want) {
				t.Fatalf("%d loaded, the rest %q", loaded, listItems(left, ""))
			}
			for i, it := range left {
				status, note, _ := strings.Cut(tt.want[i], " ")
				if string(it.Status) != status || !strings.Contains(it.Note, note) {
					t.Errorf("%s (%s), want %s", it.Status, it.Note, tt.want[i])
				}
				if it.Status != StatusUnreadable && it.SHA256 == "" {
					t.Errorf("%s has no hash", it.Path)
				}
			}
			mustBeClean(t, dir)
		})
	}
}

// randomText does not compress.
func randomText(n int) string {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return string(b)
}

// Of archives that were cut off, everything before the cut is loaded.
func TestCutOffArchives(t *testing.T) {
	zipped := zipText(t, packed{"1", lineOf(1)}, packed{"2", lineOf(2)})
	tarred := tarText(t, packed{"1", lineOf(1)}, packed{"2", lineOf(2)})
	tests := []struct {
		name, text string
		want       []string
	}{
		{"zip without its directory", zipped[:strings.Index(zipped, "PK\x01\x02")], []string{"damaged", "loaded", "loaded"}},
		{"zip in its last member", zipped[:strings.Index(zipped, "PK\x01\x02")-30], []string{"damaged", "loaded", "damaged"}},
		{"tar", tarred[:1024+512+20], []string{"damaged", "loaded", "damaged"}},
		{"tar.gz", gzipText(t, tarred)[:120], []string{"damaged", "damaged"}},
		{"zip.gz", gzipText(t, zipped)[:150], []string{"damaged", "loaded", "damaged"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "x.case")
			path := writeEvidence(t, "cut", tt.text)
			r := mustLoad(t, dir, testKey(t), path)
			var got []string
			for _, it := range r.Items {
				got = append(got, string(it.Status))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", listItems(r.Items, ""), diff)
			}
			mustBeClean(t, dir)
			if v := mustVerify(t, dir, VerifyOptions{Evidence: []string{path}}); !v.OK() {
				t.Errorf("problems %v", v.Problems)
			}
		})
	}
}

// A container on standard input is a copy in the staging folder while it is
// read.
func TestContainerOnStandardInput(t *testing.T) {
	o := loadOptions(filepath.Join(t.TempDir(), "x.case"), testKey(t), "-")
	o.Stdin = strings.NewReader(zipText(t, packed{"a.jsonl", lineOf(1)}, packed{"b.jsonl", manyLines(2)}))
	r, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(listItems(r.Items[:2], ""), ", "); got != "container - 0, loaded -::a.jsonl 1" {
		t.Error(got)
	}
	mustBeClean(t, o.Dir)
}

// Text in UTF-16 is kept as the UTF-8 that it becomes; what is no UTF-16 in it
// is said.
func TestUTF16Evidence(t *testing.T) {
	utf16 := func(text string) string {
		var b strings.Builder
		b.WriteString("\xff\xfe")
		for _, c := range text {
			b.WriteByte(byte(c))
			b.WriteByte(byte(c >> 8))
		}
		return b.String()
	}
	line := strings.Replace(plainLine, "hello", "h€llo", 1)
	for _, text := range []string{utf16(line), gzipText(t, utf16(line)), utf16(line) + "\x3d\xd8"} {
		dir := filepath.Join(t.TempDir(), "x.case")
		path := writeEvidence(t, "export.json", text)
		r := mustLoad(t, dir, testKey(t), path)
		it := r.Items[0]
		if it.Encoding != "utf-16le" || it.Status != StatusLoaded || it.StreamSHA256 == it.SHA256 {
			t.Fatalf("%+v", it)
		}
		if odd := strings.HasSuffix(text, "\x3d\xd8"); odd != (it.Note == "1 places are not valid UTF-16LE; each became U+FFFD") {
			t.Errorf("note %q", it.Note)
		}
		mustBeClean(t, dir)
		if v := mustVerify(t, dir, VerifyOptions{Evidence: []string{path}}); !v.OK() || v.Originals != 1 {
			t.Errorf("problems %v", v.Problems)
		}
		if got := queryText(t, mustOpen(t, dir), "select prompt from events where record = 1"); got != "h€llo\n" {
			t.Errorf("prompt %q", got)
		}
		var out bytes.Buffer
		if err := Extract(t.Context(), dir, it.SHA256, &out); err != nil || !strings.HasPrefix(out.String(), "\ufeff"+line) {
			t.Errorf("extracted %q, %v", out.String(), err)
		}
	}
}
