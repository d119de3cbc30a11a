package formats

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// gzipped returns each text as a gzip member.
func gzipped(t testing.TB, texts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, text := range texts {
		w := gzip.NewWriter(&b)
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func zstdOf(t testing.TB, text string) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll([]byte(text), nil)
}

func xzOf(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bzip2Of returns a line of JSON 20 times: there is no writer of bzip2 in Go.
func bzip2Of(t testing.TB) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString("QlpoOTFBWSZTWdcH4lkAAEXZgAAQEAAgECAAAAogADEMAFShmpSNIpFI0RpFI+LuSKcKEhrg/Esg")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecompress(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	var long strings.Builder
	for long.Len() < 300_000 {
		long.WriteByte("abcdefgh \n"[random.IntN(10)])
	}
	twice := gzipped(t, "inner")
	tests := []struct {
		name, compression string
		in                []byte
		want              string
	}{
		{"nothing", "", nil, ""},
		{"one byte", "", []byte("x"), "x"},
		{"half the magic", "", []byte("\x1f"), "\x1f"},
		{"text", "", []byte(long.String()), long.String()},
		{"gzip of nothing", "gzip", gzipped(t, ""), ""},
		{"gzip", "gzip", gzipped(t, "{}\n"), "{}\n"},
		{"long gzip", "gzip", gzipped(t, long.String()), long.String()},
		{"gzip members", "gzip", gzipped(t, "a", "", "b", long.String(), "c"), "ab" + long.String() + "c"},
		{"gzip in gzip", "gzip", gzipped(t, string(twice)), string(twice)},
		{"zstd", "zstd", append(zstdOf(t, "{}\n"), zstdOf(t, long.String())...), "{}\n" + long.String()},
		{"zstd after a skippable frame", "zstd", append([]byte("\x50\x2a\x4d\x18\x04\x00\x00\x00skip"), zstdOf(t, "{}")...), "{}"},
		{"bzip2", "bzip2", append(bzip2Of(t), bzip2Of(t)...), strings.Repeat("{\"a\":1}\n", 40)},
		{"xz", "xz", xzOf(t, long.String()), long.String()},
		{"xz streams with padding", "xz", append(append(xzOf(t, "a"), 0, 0, 0, 0), xzOf(t, "b")...), "ab"},
		{"UTF-16", "", []byte("\xff\xfeA\x00\xac\x20\x3d\xd8\x00\xde\n\x00"), "\ufeffA€😀\n"},
		{"UTF-16, big endian, in gzip", "gzip", gzipped(t, "\xfe\xff\x00{\x00}"), "\ufeff{}"},
		{"looks like bzip2", "", []byte("BZh9 is a word"), "BZh9 is a word"},
	}
	d := NewDecompressor()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			compression, err := d.Reset(iotest.HalfReader(bytes.NewReader(tt.in)))
			if err != nil || compression != tt.compression {
				t.Fatalf("Reset = %q, %v", compression, err)
			}
			got, err := io.ReadAll(d)
			if err != nil || string(got) != tt.want {
				t.Errorf("%d bytes, %v, want %d bytes", len(got), err, len(tt.want))
			}
		})
	}
}

func TestDecompressUnsupported(t *testing.T) {
	for start, want := range map[string]string{
		"PK\x03\x04rest": "zip", "PK\x05\x06": "zip", "PAR1rest": "parquet", "7z\xbc\xaf\x27\x1crest": "7z", "Rar!\x1a\x07rest": "rar",
		"\x04\x22\x4d\x18rest": "lz4", "\x1f\x9drest": "compress (.Z)", "\xff\xfe\x00\x00a\x00\x00\x00": "UTF-32",
	} {
		out, _, err := Decompress(strings.NewReader(start))
		var unsupported *UnsupportedError
		if !errors.As(err, &unsupported) || unsupported.Compression != want {
			t.Errorf("%q: %v, want %q not supported", start, err, want)
		}
		if n, again := out.Read(make([]byte, 9)); n != 0 || again != err {
			t.Errorf("%q: reading on gives %d bytes, %v", start, n, again)
		}
	}
}

func TestDecompressBroken(t *testing.T) {
	text := strings.Repeat("a line of a log, then another\n", 9000)
	whole := gzipped(t, text)
	badSum := bytes.Clone(whole)
	badSum[len(badSum)-6] ^= 1
	tests := []struct {
		name, want string // want is the beginning of the error
		in         []byte
		out        string
	}{
		{"magic only", "reading gzip at byte 2 (byte 0 decompressed): unexpected EOF", whole[:2], ""},
		{"not deflate", "reading gzip at byte 10 (byte 0 decompressed): gzip: invalid header", []byte("\x1f\x8b\x09aaaaaaaaaaaaaa"), ""},
		{"checksum", "reading gzip at byte ", badSum, text},
		{"garbage after", "reading gzip at byte ", append(bytes.Clone(whole), "garbage and more garbage"...), text},
		{"no checksum", "reading gzip at byte ", whole[:len(whole)-8], text},
		{"member cut off", "reading gzip at byte ", append(bytes.Clone(whole), whole[:5]...), text},
	}
	d := NewDecompressor()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := d.Reset(bytes.NewReader(tt.in)); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(d)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if string(got) != tt.out {
				t.Errorf("%d bytes before the error, want %d", len(got), len(tt.out))
			}
		})
	}
	for cut := 2; cut < len(whole); cut++ {
		out, _, _ := Decompress(bytes.NewReader(whole[:cut]))
		got, err := io.ReadAll(out)
		if err == nil || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(text, string(got)) {
			t.Fatalf("cut at %d: %d bytes, %v", cut, len(got), err)
		}
	}
}

// TestDecompressCut cuts streams of every compression anywhere: no end that is
// none, and every byte before it comes.
func TestDecompressCut(t *testing.T) {
	text := strings.Repeat("a line of a log, then another\n", 200)
	for name, whole := range map[string][]byte{
		"zstd": zstdOf(t, text), "xz": xzOf(t, text), "bzip2": bzip2Of(t),
	} {
		want := text
		if name == "bzip2" {
			want = strings.Repeat("{\"a\":1}\n", 20)
		}
		for cut := 11; cut < len(whole); cut++ {
			out, compression, _ := Decompress(bytes.NewReader(whole[:cut]))
			got, err := io.ReadAll(out)
			if compression != name || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(want, string(got)) {
				t.Errorf("%s cut at %d: %q, %d bytes, %v", name, cut, compression, len(got), err)
			}
		}
		flipped := bytes.Clone(whole)
		flipped[len(flipped)/2] ^= 0x10
		out, _, _ := Decompress(bytes.NewReader(flipped))
		if _, err := io.ReadAll(out); err == nil {
			t.Errorf("%s: a flipped bit is not found", name)
		}
	}
}

// What is not UTF-16 becomes U+FFFD, in whatever portions it is read.
func TestUTF16(t *testing.T) {
	tests := []struct {
		name, in, want string
		replaced       int64
	}{
		{"pair", "\xff\xfe\x3d\xd8\x00\xde", "\ufeff😀", 0},
		{"high half alone", "\xff\xfe\x3d\xd8A\x00", "\ufeff\ufffdA", 1},
		{"low half alone", "\xff\xfe\x00\xdeA\x00", "\ufeff\ufffdA", 1},
		{"halves the wrong way round", "\xff\xfe\x00\xde\x3d\xd8", "\ufeff\ufffd\ufffd", 2},
		{"two high halves", "\xff\xfe\x3d\xd8\x3d\xd8\x00\xde", "\ufeff\ufffd😀", 1},
		{"high half at the end", "\xff\xfe\x3d\xd8", "\ufeff\ufffd", 1},
		{"half a unit at the end", "\xff\xfeA\x00B", "\ufeffA\ufffd", 1},
		{"a high half and half a unit", "\xff\xfe\x3d\xd8B", "\ufeff\ufffd\ufffd", 2},
		{"big endian", "\xfe\xff\xd8\x3d\xde\x00\x20\xac", "\ufeff😀€", 0},
		{"NUL", "\xff\xfeA\x00\x00\x00", "\ufeffA\x00", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in))} {
				d := NewDecompressor()
				if _, err := d.Reset(r); err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(d)
				if err != nil || string(got) != tt.want || d.Replaced() != tt.replaced {
					t.Errorf("%q, %d replaced, %v; want %q and %d", got, d.Replaced(), err, tt.want, tt.replaced)
				}
			}
		})
	}
}

func TestDecompressReadError(t *testing.T) {
	broken := errors.New("disk on fire")
	for _, in := range [][]byte{[]byte("plain"), gzipped(t, "packed")[:20]} {
		out, _, err := Decompress(io.MultiReader(bytes.NewReader(in), iotest.ErrReader(broken)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = io.ReadAll(out); !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
	}
}

func TestDecompressLimits(t *testing.T) {
	d := NewDecompressor()
	d.Limits = Limits{MaxSize: 1000}
	if _, err := d.Reset(bytes.NewReader(gzipped(t, strings.Repeat("x", 5000)))); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(d)
	if len(got) != 1000 || err == nil || !strings.Contains(err.Error(), "decompressed more than 1000 bytes") {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := d.Reset(bytes.NewReader(gzipped(t, strings.Repeat("x", 1000)))); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(d); len(got) != 1000 || err != nil {
		t.Errorf("at the limit: %d bytes, %v", len(got), err)
	}

	bomb := bytes.Repeat(gzipped(t, strings.Repeat("\x00", 8<<20)), 64) // 512 MiB
	out, _, err := Decompress(bytes.NewReader(bomb))
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, out)
	if n > ratioFrom+(1<<20) || err == nil || !strings.Contains(err.Error(), "more than 500 times") {
		t.Errorf("bomb gives %d bytes, %v", n, err)
	}
}

func TestDecompressorDoesNotAllocate(t *testing.T) {
	in := gzipped(t, strings.Repeat(`{"a":1}`, 100))
	d := NewDecompressor()
	r := bytes.NewReader(nil)
	p := make([]byte, 4096)
	allocs := testing.AllocsPerRun(100, func() {
		r.Reset(in)
		if _, err := d.Reset(r); err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := d.Read(p); err == io.EOF {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocs > 2 {
		t.Errorf("reading a small file allocates %v times", allocs)
	}
}

// FuzzDecompress proves that any input ends, and that the same input gives the
// same bytes and error however it is read.
func FuzzDecompress(f *testing.F) {
	packed := gzipped(f, "a text", "and another")
	f.Add(packed)
	f.Add(packed[:len(packed)-3])
	f.Add([]byte("plain"))
	f.Add([]byte("BZh91AY&SY"))
	f.Add(bzip2Of(f))
	f.Add(zstdOf(f, "a text"))
	f.Add(xzOf(f, "a text"))
	f.Add([]byte("\xff\xfea\x00\x00\xd8b"))
	f.Fuzz(func(t *testing.T, in []byte) {
		d := NewDecompressor()
		d.Limits = Limits{MaxSize: 1 << 20}
		var outs [2][]byte
		var errs [2]error
		for i, r := range []io.Reader{bytes.NewReader(in), iotest.OneByteReader(bytes.NewReader(in))} {
			compression, err := d.Reset(r)
			if err == nil {
				outs[i], errs[i] = io.ReadAll(d)
			}
			if compression == "" && err == nil && d.Encoding() == "" && !bytes.Equal(outs[i], in) {
				t.Fatalf("plain bytes changed: %q", outs[i])
			}
		}
		if !bytes.Equal(outs[0], outs[1]) || (errs[0] == nil) != (errs[1] == nil) {
			t.Fatalf("%d bytes (%v) or %d bytes (%v)", len(outs[0]), errs[0], len(outs[1]), errs[1])
		}
	})
}
