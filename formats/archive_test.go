package formats

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// listing reads all members of an archive, a line each, then its notes.
func listing(a Archive) []string {
	var out []string
	for {
		m, err := a.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				out = append(out, "error: "+err.Error())
			}
			break
		}
		line := fmt.Sprintf("%q", m.Name)
		if m.Err != nil {
			line += " not read: " + m.Err.Error()
		} else {
			r, err := m.Open()
			var data []byte
			if err == nil {
				data, err = io.ReadAll(r)
			}
			line += fmt.Sprintf(" %.40q", data)
			if err != nil {
				line += " then " + err.Error()
			}
		}
		if m.Note != "" {
			line += " note: " + m.Note
		}
		out = append(out, line)
	}
	for _, n := range a.Notes() {
		out = append(out, "note: "+n)
	}
	return out
}

// file is a file for a test archive.
type file struct{ name, text string }

func zipOf(t testing.TB, method uint16, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		e, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: method})
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
	return b.Bytes()
}

// rawZip writes members without data descriptors, as most programs do.
func rawZip(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Store, CompressedSize64: uint64(len(f.text)), UncompressedSize64: uint64(len(f.text)), CRC32: crc32.ChecksumIEEE([]byte(f.text))}
		e, err := w.CreateRaw(h)
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
	return b.Bytes()
}

func TestZip(t *testing.T) {
	long := strings.Repeat("a line\n", 20_000)
	plain := rawZip(t, file{"a", "one"}, file{"b", "two"})
	edit := func(in []byte, at int, with string) []byte {
		return append(append(bytes.Clone(in[:at]), with...), in[at+len(with):]...)
	}
	central := bytes.Index(plain, []byte(zipCentral))
	hidden := bytes.Clone(plain) // the directory names the second member only
	entry := 46 + 1
	hidden = append(hidden[:central], hidden[central+entry:]...)
	end := bytes.Index(hidden, []byte(zipEnd))
	binary.LittleEndian.PutUint16(hidden[end+10:], 1)
	binary.LittleEndian.PutUint32(hidden[end+12:], uint32(entry))
	unnamed := `the zip's central directory does not name it; it was found by its own header`
	lost := "note: the zip has no central directory: it is cut off, or not a zip to its end; what is listed was found by the headers of the members"
	deflated := zipOf(t, zip.Deflate, file{"x", long}, file{"y", "why"})
	var linked bytes.Buffer
	w := zip.NewWriter(&linked)
	h := &zip.FileHeader{Name: "link"}
	h.SetMode(0o777 | 1<<27) // fs.ModeSymlink
	if _, err := w.CreateHeader(h); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		in   []byte
		want []string
	}{
		{"no members", zipOf(t, zip.Store), nil},
		{"stored", plain, []string{`"a" "one"`, `"b" "two"`}},
		{"deflate", deflated, []string{`"x" ` + fmt.Sprintf("%.40q", long), `"y" "why"`}},
		{"folders are no members", zipOf(t, zip.Store, file{"d/", ""}, file{"d/e", "e"}), []string{`"d/e" "e"`}},
		{
			"names are only names",
			rawZip(t, file{"../../etc/passwd", "1"}, file{"/abs", "2"}, file{"nul\x00\n", "3"}, file{"\xff\xfe", "4"}, file{"../../etc/passwd", "5"}, file{"C:\\x", "6"}),
			[]string{`"../../etc/passwd" "1"`, `"/abs" "2"`, `"nul\x00\n" "3"`, `"\xff\xfe" "4"`, `"../../etc/passwd" "5"`, `"C:\\x" "6"`},
		},
		{"link", linked.Bytes(), []string{`"link" not read: a link; links are not followed`}},
		{"bytes before", append([]byte("#!/bin/sh\n"), plain...), []string{`"a" "one"`, `"b" "two"`}},
		{"bytes after", append(bytes.Clone(plain), "tail"...), []string{`"a" "one"`, `"b" "two"`}},
		{"one after the other", append(rawZip(t, file{"first", "1"}), plain...), []string{`"a" "one"`, `"b" "two"`, `"first" "1" note: ` + unnamed}},
		{"hidden member", hidden, []string{`"b" "two"`, `"a" "one" note: ` + unnamed}},
		{"cut off in the directory", plain[:central+20], []string{`"a" "one"`, `"b" "two"`, lost}},
		{"cut off in a member", plain[:central-1], []string{`"a" "one"`, `"b" "tw" then reading a zip member at byte ` + fmt.Sprint(central-1) + ` (byte 2 decompressed): unexpected EOF`, lost}},
		{"cut off, sizes after the data", deflated[:bytes.Index(deflated, []byte(zipCentral))], []string{`"x" ` + fmt.Sprintf("%.40q", long), `"y" "why"`, lost}},
		{"encrypted", edit(edit(plain, 6, "\x01"), central+8, "\x01"), []string{`"a" not read: encrypted; unpack it with its password and load what comes out`, `"b" "two"`}},
		{"LZMA", edit(edit(plain, 8, "\x0e"), central+10, "\x0e"), []string{`"a" not read: compressed by the method 14 (LZMA), which is not supported; unpack it and load what comes out`, `"b" "two"`}},
		{"wrong checksum", edit(plain, bytes.Index(plain, []byte("one")), "0"), []string{`"a" "0ne" then reading a zip member at byte 34 (byte 3 decompressed): wrong checksum`, `"b" "two"`}},
		{"another name in the header", edit(plain, 30, "z"), []string{`"a" "one" note: the zip's central directory is believed; the member's own header says the name "z"`, `"b" "two"`}},
		{
			"another size in the header", edit(plain, 22, "\x09"),
			[]string{`"a" "one" note: the zip's central directory is believed; the member's own header says 3 bytes packed and 9 not`, `"b" "two"`},
		},
		{
			"larger than the directory says", edit(plain, central+24, "\x02"),
			[]string{
				`"a" "on" note: the zip's central directory is believed; the member's own header says 3 bytes packed and 3 not`,
				`"b" "two"`,
			},
		},
		{"member elsewhere", edit(plain, central+42, "\x07"), []string{`"a" not read: the zip has no header of it at byte 7, where its central directory says`, `"b" "two"`, `"a" "one" note: ` + unnamed}},
		{"wrong number of entries", edit(plain, len(plain)-12, "\x07"), []string{`"a" "one"`, `"b" "two"`, "note: the central directory has 2 entries, its end says 7"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := listing(NewZip(bytes.NewReader(tt.in), int64(len(tt.in))))
			if tt.name == "larger than the directory says" {
				got[0] = strings.Replace(got[0], " then reading a zip member at byte 34 (byte 2 decompressed): it holds more than the 2 bytes that the zip says", "", 1)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("listing (-want +got):\n%s", diff)
			}
		})
	}
}

// A zip64 archive, whose sizes and places do not fit into the old fields.
func TestZip64(t *testing.T) {
	plain := rawZip(t, file{"a", "one"})
	central := bytes.Index(plain, []byte(zipCentral))
	le := binary.LittleEndian
	head := bytes.Clone(plain[:central])
	entry := bytes.Clone(plain[central : central+47])
	for _, at := range []int{20, 24, 42} {
		le.PutUint32(entry[at:], 1<<32-1)
	}
	le.PutUint16(entry[30:], 28)
	entry = le.AppendUint16(entry, 1)
	entry = le.AppendUint16(entry, 24)
	for _, v := range []uint64{3, 3, 0} { // size, packed, place
		entry = le.AppendUint64(entry, v)
	}
	end64 := append([]byte(zip64End), make([]byte, 52)...)
	le.PutUint64(end64[32:], 1)
	le.PutUint64(end64[40:], uint64(len(entry)))
	le.PutUint64(end64[48:], uint64(len(head)))
	find := append([]byte(zip64Find), make([]byte, 16)...)
	le.PutUint64(find[8:], uint64(len(head)+len(entry)))
	end := append([]byte(zipEnd), make([]byte, 18)...)
	le.PutUint16(end[10:], 1<<16-1)
	le.PutUint32(end[12:], 1<<32-1)
	le.PutUint32(end[16:], 1<<32-1)
	whole := bytes.Join([][]byte{head, entry, end64, find, end}, nil)
	if diff := cmp.Diff([]string{`"a" "one"`}, listing(NewZip(bytes.NewReader(whole), int64(len(whole))))); diff != "" {
		t.Errorf("listing (-want +got):\n%s", diff)
	}
}

// Entries that claim more bytes than there are must not make room for others
// whose bytes overlap.
func TestZipClaims(t *testing.T) {
	plain := rawZip(t, file{"a", "one"})
	z := NewZip(bytes.NewReader(plain), int64(len(plain))).(*zipArchive)
	entry := zipEntry{zipFields: zipFields{name: "a", packed: math.MaxInt64, size: 3}}
	for range 3 {
		z.member(&entry)
	}
	entry.packed = 3
	if m, _ := z.member(&entry); m.Err == nil {
		t.Error("a member is read though those before it claim more bytes than there are")
	}
}

func tarOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: 0o600, Size: int64(len(f.text)), ModTime: time.Unix(1e9, 0)}
		switch f.text {
		case "->":
			h.Size, h.Typeflag, h.Linkname = 0, tar.TypeSymlink, "/etc/passwd"
		case "=":
			h.Size, h.Typeflag, h.Linkname = 0, tar.TypeLink, "a"
		case "dev":
			h.Size, h.Typeflag = 0, tar.TypeChar
		}
		if strings.HasSuffix(f.name, "/") {
			h.Typeflag = tar.TypeDir
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
	return b.Bytes()
}

func TestTar(t *testing.T) {
	plain := tarOf(t, file{"a", "one"}, file{"b", "two"}, file{"c", "three"})
	broken := bytes.Clone(plain)
	broken[1024+3] ^= 1 // the header of b
	long := strings.Repeat("n", 300)
	tests := []struct {
		name string
		in   []byte
		want []string
	}{
		{"members", plain, []string{`"a" "one"`, `"b" "two"`, `"c" "three"`}},
		{
			"names are only names", tarOf(t, file{"../x", "1"}, file{"/abs", "2"}, file{"new\nline", "3"}, file{"\xff", "4"}, file{long, "5"}, file{"../x", "6"}),
			[]string{`"../x" "1"`, `"/abs" "2"`, `"new\nline" "3"`, `"\xff" "4"`, `"` + long + `" "5"`, `"../x" "6"`},
		},
		{
			"what is no file", tarOf(t, file{"d/", ""}, file{"d/l", "->"}, file{"h", "="}, file{"tty", "dev"}),
			[]string{
				`"d/l" not read: a link to "/etc/passwd"; links are not followed`,
				`"h" not read: a second name of "a"; links are not followed`,
				`"tty" not read: a device or a pipe, which holds no bytes`,
			},
		},
		{"one after the other", append(bytes.Clone(plain), tarOf(t, file{"d", "four"})...), []string{`"a" "one"`, `"b" "two"`, `"c" "three"`, `"d" "four"`}},
		{"one after the other, one block between", append(bytes.Clone(plain[:len(plain)-512]), tarOf(t, file{"d", "four"})...), []string{`"a" "one"`, `"b" "two"`, `"c" "three"`, `"d" "four"`}},
		{"without an end", plain[:len(plain)-1024], []string{`"a" "one"`, `"b" "two"`, `"c" "three"`}},
		{"cut off in a member", plain[:1024+512+1], []string{`"a" "one"`, `"b" "t" then unexpected EOF`, "note: cut off at byte 1537"}},
		{"cut off in a header", plain[:1024+100], []string{`"a" "one"`, "note: cut off at byte 1124"}},
		{"broken header", broken, []string{`"a" "one"`, `"c" "three"`, "note: broken header at byte 515 or after: archive/tar: invalid tar header", "note: 512 bytes before byte 2048 belong to no member"}},
		{"garbage after", append(bytes.Clone(plain), "garbage"...), []string{`"a" "one"`, `"b" "two"`, `"c" "three"`, "note: 7 bytes before byte 4103 belong to no member"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !isTarHeader(tt.in) {
				t.Error("not seen as tar")
			}
			for _, r := range []io.Reader{bytes.NewReader(tt.in), iotest.HalfReader(bytes.NewReader(tt.in))} {
				if diff := cmp.Diff(tt.want, listing(NewTar(r))); diff != "" {
					t.Errorf("listing (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// A sparse member has the zeros that it stands for.
func TestSparseTar(t *testing.T) {
	data := "1.0"
	h := &tar.Header{
		Name: "s", Size: 512 + 3, Typeflag: tar.TypeReg, Format: tar.FormatPAX,
		PAXRecords: map[string]string{"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "sparse", "GNU.sparse.realsize": "100000"},
	}
	var b bytes.Buffer
	// Go's writer refuses such headers: they are written under names of the
	// same length, and renamed.
	for k, v := range h.PAXRecords {
		delete(h.PAXRecords, k)
		h.PAXRecords["XXX"+strings.TrimPrefix(k, "GNU")] = v
	}
	w := tar.NewWriter(&b)
	sparseMap := "1\n90000\n3\n"
	body := sparseMap + strings.Repeat("\x00", 512-len(sparseMap)) + data
	err := w.WriteHeader(h)
	if err == nil {
		_, err = io.WriteString(w, body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	whole := bytes.ReplaceAll(b.Bytes(), []byte("XXX.sparse"), []byte("GNU.sparse"))
	m, err := NewTar(bytes.NewReader(whole)).Next()
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Open()
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	want := strings.Repeat("\x00", 90000) + data
	if err != nil || len(got) != 100000 || !strings.HasPrefix(string(got), want) || m.Name != "sparse" {
		t.Errorf("%s: %d bytes, %v", m.Name, len(got), err)
	}
}

func TestNoTar(t *testing.T) {
	for _, text := range []string{"", strings.Repeat("\x00", 1024), strings.Repeat(" ", 1024), strings.Repeat("{\"a\":1}\n", 200), strings.Repeat("0", 2000)} {
		if isTarHeader([]byte(text)) {
			t.Errorf("%.20q is seen as tar", text)
		}
	}
}

// FuzzArchive proves that any archive ends, with no more than its budget.
func FuzzArchive(f *testing.F) {
	f.Add(rawZip(f, file{"a", "one"}, file{"b", "two"}))
	f.Add(zipOf(f, zip.Deflate, file{"a", strings.Repeat("x", 999)}))
	f.Add(rawZip(f, file{"a", "one"})[:40])
	f.Add(tarOf(f, file{"a", "one"}, file{strings.Repeat("n", 200), "two"}))
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, open := range []func() Archive{
			func() Archive { return NewZip(bytes.NewReader(in), int64(len(in))) },
			func() Archive { return NewTar(bytes.NewReader(in)) },
		} {
			var lists [2]int
			for i := range lists {
				a := open()
				for {
					m, err := a.Next()
					if err != nil {
						break
					}
					lists[i]++
					if m.Err != nil {
						continue
					}
					r, err := m.Open()
					if err != nil {
						continue
					}
					if n, _ := io.Copy(io.Discard, io.LimitReader(r, 1<<20)); m.Size >= 0 && n > m.Size {
						t.Fatalf("%d bytes of a member of %d", n, m.Size)
					}
				}
				if lists[i] > len(in) {
					t.Fatalf("%d members in %d bytes", lists[i], len(in))
				}
			}
			if lists[0] != lists[1] {
				t.Fatalf("%d members, then %d", lists[0], lists[1])
			}
		}
	})
}
