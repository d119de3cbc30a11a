package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// piece is a span with its bytes and its place in the stream.
type piece struct {
	offset  int64
	text    string
	problem string
}

// scanAll reads a stream with blocks of about target bytes, and checks that
// the blocks tile it and that the spans are in order.
func scanAll(t testing.TB, r io.Reader, stream []byte, f Framing, limit, target int) ([]piece, error) {
	t.Helper()
	s := NewScanner(r, f, limit)
	if target > 0 {
		s.target = target
	}
	var pieces []piece
	var joined []byte
	var b Block
	for {
		err := s.Next(&b)
		if err != nil {
			if !bytes.Equal(joined, stream) {
				t.Fatalf("blocks hold %d bytes, stream has %d", len(joined), len(stream))
			}
			if again := s.Next(&b); again != err || len(b.Data) > 0 || len(b.Records) > 0 {
				t.Fatalf("Next after %v = %v, %d bytes", err, again, len(b.Data))
			}
			return pieces, err
		}
		if b.Offset != int64(len(joined)) {
			t.Fatalf("block at %d follows %d bytes", b.Offset, len(joined))
		}
		last := 0
		for _, r := range b.Records {
			if r.Start < last || r.End < r.Start || r.End > len(b.Data) || r.Start == r.End && r.Problem == "" {
				t.Fatalf("span %+v after %d in a block of %d", r, last, len(b.Data))
			}
			last = r.End
			pieces = append(pieces, piece{b.Offset + int64(r.Start), string(b.Data[r.Start:r.End]), r.Problem})
		}
		joined = append(joined, b.Data...)
	}
}

// show writes pieces in one line: records as they are, problems in angle
// brackets.
func show(pieces []piece) string {
	var b strings.Builder
	for i, p := range pieces {
		if i > 0 {
			b.WriteString(" | ")
		}
		b.WriteString(p.text)
		if p.problem != "" {
			fmt.Fprintf(&b, "<%s>", p.problem)
		}
	}
	return b.String()
}

func TestScanner(t *testing.T) {
	lines, values, array, records := Framing{Kind: FrameLines}, Framing{Kind: FrameValues}, Framing{Kind: FrameArray}, Framing{Kind: FrameArray, Path: "Records"}
	entries, table := Framing{Kind: FrameArray, Path: "log.entries"}, Framing{Kind: FrameTable, Comma: ','}
	tabs, cri := Framing{Kind: FrameTable, Comma: '\t'}, Framing{Kind: FrameLines, Wrapper: WrapperCRI}
	docker := Framing{Kind: FrameLines, Wrapper: WrapperDocker}
	const out, err = "2024-03-01T00:00:00.5Z stdout ", "2024-03-01T00:00:00.5+01:00 stderr "
	tests := []struct {
		name    string
		framing Framing
		limit   int
		in      string
		want    string
	}{
		{"lines", lines, 0, "{}\n[1]\r\n\n \t\r\nx", "{} | [1] | x"},
		{"lines empty", lines, 0, "", ""},
		{"lines blank", lines, 0, "\n \n\r\n", ""},
		{"lines with mark", lines, 0, "\ufeff1\n\ufeff2", "1 | \ufeff2"},
		{"lines keep inner spaces", lines, 0, " {} \n", " {} "},
		{"lines lone return", lines, 0, "1\r2\r\n3\r", "1\r2 | 3\r"},
		{"lines at the limit", lines, 4, "1234\r\n1234\n12345\n", "1234 | 1234 | " +
			"1234<record longer than 4 bytes: piece 1> | 5<record longer than 4 bytes: piece 2>"},
		{"lines long blank", lines, 2, "      \n1", "1"},
		{"lines long end", lines, 4, "12345678", "1234<record longer than 4 bytes: piece 1> | 5678<record longer than 4 bytes: piece 2>"},

		{"values", values, 0, " {\"a\":[1]}\n\n{}[]\"x\\\"y\"1 true,null ", `{"a":[1]} | {} | [] | "x\"y" | 1 | true | null`},
		{"values with mark", values, 0, "\ufeff{}", "{}"},
		{"values brackets in strings", values, 0, `{"}":"]{"} 1`, `{"}":"]{"} | 1`},
		{"values double comma", values, 0, "1,,2", "1 | ,2<expecting a value, found ',' at byte 2; not read from there on>"},
		{"values first comma", values, 0, ",1", ",1<expecting a value, found ',' at byte 0; not read from there on>"},
		{"values last comma", values, 0, "1, ", "1 | <sequence after a comma cut off by the end of the stream at byte 3>"},
		{"values unopened", values, 0, "{}} {}", "{} | } {}<expecting a value, found '}' at byte 2; not read from there on>"},
		{"values garbage", values, 0, "{}\nERROR {}", "{} | ERROR {}<expecting a value, found 'E' at byte 3; not read from there on>"},
		{"values cut off", values, 0, `{} {"a":"}`, `{} | {"a":"}<record cut off by the end of the stream at byte 10>`},
		{"values cut in escape", values, 0, `"a\`, `"a\<record cut off by the end of the stream at byte 3>`},
		{"values long", values, 4, `[1,2,3,4] 1`, "[1,2<record longer than 4 bytes: piece 1> | ,3,4<record longer than 4 bytes: piece 2> | " +
			"]<record longer than 4 bytes: piece 3> | 1"},
		{"values long and cut off", values, 4, `[1,2,3`, "[1,2<record longer than 4 bytes: piece 1> | " +
			",3<record longer than 4 bytes: piece 2, record cut off by the end of the stream at byte 6>"},

		{"array", array, 0, "\ufeff [{\"a\":1}, 2 ,\"]\" ] ", `{"a":1} | 2 | "]"`},
		{"arrays", array, 0, "[1]\n[][2,3]", "1 | 2 | 3"},
		{"array of nothing", array, 0, "", ""},
		{"array double comma", array, 0, "[1,,2]", "1 | ,2]<expecting a value, found ',' at byte 3; not read from there on>"},
		{"array last comma", array, 0, `["",]`, `"" | ]<expecting a value, found ']' at byte 4; not read from there on>`},
		{"array without comma", array, 0, "[1 2]", "1 | 2]<expecting a comma or the end of the array, found '2' at byte 3; not read from there on>"},
		{"array wrong end", array, 0, "[1}", "1 | }<expecting a comma or the end of the array, found '}' at byte 2; not read from there on>"},
		{"array then garbage", array, 0, "[1]x", "1 | x<expecting an array, found 'x' at byte 3; not read from there on>"},
		{"array then end", array, 0, "[1]]", "1 | ]<expecting an array, found ']' at byte 3; not read from there on>"},
		{"array not closed", array, 0, " [{}", "{} | <array that begins at byte 1 cut off by the end of the stream at byte 4>"},
		{"array cut in scalar", array, 0, "[1,2", "1 | 2<record cut off by the end of the stream at byte 4>"},
		{"array not UTF-8", array, 0, "[\xff]", "\xff]<expecting a value, found the byte 0xff at byte 1; not read from there on>"},
		{"array mixed brackets", array, 0, `[{"a":1],2]`, `{"a":1] | 2`},
		{"rest in pieces", array, 4, "[1]xxxxx", "1 | xxxx<expecting an array, found 'x' at byte 3; not read from there on: piece 1 of 4 bytes> | " +
			"x<expecting an array, found 'x' at byte 3; not read from there on: piece 2 of 4 bytes>"},

		{"records", records, 0, `{"Records":[{"a":1},{"b":[]}]}`, `{"a":1} | {"b":[]}`},
		{"records among members", records, 0, ` { "x" : {"Records":[0]}, "y":1, "Records" : [ 1 ] , "z":[2,{}]} `, "1"},
		{"records twice", records, 0, "{\"Records\":[1]}\n{\"Records\":[]}{\"Records\":[2]}", "1 | 2"},
		{"records escaped name", records, 0, `{"R\u0065cords":[1]}`, "1"},
		{"records missing", records, 0, `{"a":1} {"Records":[2]} {}`, `{"a":1} | 2 | {}`},
		{"records inside only", records, 0, `{"a":{"Records":[1]}}`, `{"a":{"Records":[1]}}`},
		{"records not an array", records, 0, `{"Records":{"a":1}} {"Records":[1]}`, `{"Records":{"a":1}}<member Records is not an array at byte 11> | 1`},
		{"records bad head", records, 0, `{"a":tru,"Records":[1]} {"Records":[2]}`, `{"a":tru,"Records":[1]} | 2`},
		{"records bad tail", records, 0, `{"Records":[1],} {}`, `1 | ,} {}<object around Records is not valid at byte 14; not read from there on>`},
		{"records wrong end", records, 0, `{"Records":[1]]`, `1 | ]<object around Records is not valid at byte 14; not read from there on>`},
		{"records repeated", records, 0, `{"Records":[1],"Records":[2]}`, `1 | ,"Records":[2]}<object with a second member Records at byte 14; not read from there on>`},
		{"records cut in head", records, 0, `{"a":1,"Rec`, `{"a":1,"Rec<record cut off by the end of the stream at byte 11>`},
		{"records cut after name", records, 0, `{"Records":`, `{"Records":<record cut off by the end of the stream at byte 11>`},
		{"records cut in array", records, 0, `{"Records":[{"a":1},`, `{"a":1} | <array that begins at byte 11 cut off by the end of the stream at byte 20>`},
		{"records cut before tail", records, 0, `{"Records":[1]`, `1 | <object around Records cut off by the end of the stream at byte 14>`},
		{"records cut in tail", records, 0, `{"Records":[1],"a"`, `1 | ,"a"<object around Records cut off by the end of the stream at byte 18>`},
		{"records in an array", records, 0, `[1]`, `[1]<expecting an object, found '[' at byte 0; not read from there on>`},
		{"records after a comma", records, 0, `{"Records":[1]},{}`, `1 | ,{}<expecting an object, found ',' at byte 15; not read from there on>`},
		{"entries", entries, 0, `{"log":{"version":"1.2","entries":[{"a":1},2],"pages":[]},"x":{}} `, `{"a":1} | 2`},
		{"entries after others", entries, 0, `{"entries":[0],"x":{"log":{"entries":[0]}},"log":{"x":{"entries":[0]},"entries":[1]}}`, "1"},
		{"entries of several objects", entries, 0, "{\"log\":{\"entries\":[1]}}\n{\"log\":{\"entries\":[]}}{\"log\":{\"entries\":[2]}}", "1 | 2"},
		{"entries escaped names", entries, 0, `{"l\u006fg":{"entri\u0065s":[1]}}`, "1"},
		{"entries missing", entries, 0, `{"log":{"a":[]}} {"a":{}} {"log":{"entries":[1]}}`, `{"log":{"a":[]}} | {"a":{}} | 1`},
		{"entries in a second log", entries, 0, `{"log":{},"log":{"entries":[1]}} {}`, `{"log":{},"log":{"entries":[1]}} | {}`},
		{"entries not an array", entries, 0, `{"log":{"entries":{}}}`, `{"log":{"entries":{}}}<member log.entries is not an array at byte 18>`},
		{"log not an object", entries, 0, `{"log":[{"entries":[1]}]} {}`, `{"log":[{"entries":[1]}]}<member log is not an object at byte 7> | {}`},
		{"log is the member", entries, 0, `{"log.entries":[1]}`, `{"log.entries":[1]}`},
		{"entries bad head", entries, 0, `{"a":tru,"log":{"entries":[1]}} {}`, `{"a":tru,"log":{"entries":[1]}} | {}`},
		{"entries bad inner head", entries, 0, `{"log":{"a":tru,"entries":[1]}} {}`, `{"log":{"a":tru,"entries":[1]}} | {}`},
		{"entries bad tail", entries, 0, `{"log":{"entries":[1]},} {}`, `1 | },} {}<object around log.entries is not valid at byte 21; not read from there on>`},
		{"entries wrong end", entries, 0, `{"log":{"entries":[1]]}`, `1 | ]}<object around log.entries is not valid at byte 21; not read from there on>`},
		{"entries repeated", entries, 0, `{"log":{"entries":[1],"entries":[2]}}`, `1 | ,"entries":[2]}}<object with a second member log.entries at byte 21; not read from there on>`},
		{"log repeated", entries, 0, `{"log":{"entries":[1]},"log":{}}`, `1 | },"log":{}}<object with a second member log at byte 21; not read from there on>`},
		{"entries cut in head", entries, 0, `{"log":{"entr`, `{"log":{"entr<record cut off by the end of the stream at byte 13>`},
		{"entries cut after log", entries, 0, `{"log":`, `{"log":<record cut off by the end of the stream at byte 7>`},
		{"entries cut in array", entries, 0, `{"log":{"entries":[{}`, `{} | <array that begins at byte 18 cut off by the end of the stream at byte 21>`},
		{"entries cut in tail", entries, 0, `{"log":{"entries":[1]}`, `1 | }<object around log.entries cut off by the end of the stream at byte 22>`},
		{"entries unopened", entries, 0, `{"log":}`, `{"log":}<member log is not an object at byte 7>`},
		{"rows", table, 0, "a,b\r\n1,2\n\n \r\n3,4", "a,b | 1,2 | 3,4"},
		{"rows with mark", table, 0, "\ufeff\"a\",b\n", `"a",b`},
		{"rows with line ends in cells", table, 0, "a,\"b\r\nc\n\n\"\n\"\"\"\n\",x\n", "a,\"b\r\nc\n\n\" | \"\"\"\n\",x"},
		{"rows with marks inside", table, 0, "a\"b,c\n\"d\"e\"\n,f\n", "a\"b,c | \"d\"e\" | ,f"},
		{"rows of empty cells", tabs, 0, "\t\n\"\"\n  \n", "\t | \"\""},
		{"rows and a lone return", table, 0, "a\rb\r\nc\r", "a\rb | c\r"},
		{"row cut in quotation", table, 0, "a,b\n1,\"2\n3,4\n", "a,b | 1,\"2\n3,4\n<row with an open quotation mark cut off by the end of the stream at byte 13>"},
		{"row cut after a mark", table, 0, "1,\"2\"", "1,\"2\""},
		{"rows long", table, 4, "\"1\n3\"\n1,2\n", "\"1\n3<record longer than 4 bytes: piece 1> | \"<record longer than 4 bytes: piece 2> | 1,2"},
		{"rows long and blank inside", table, 4, "\"       \"\n1\n", "\"   <record longer than 4 bytes: piece 1> |     <record longer than 4 bytes: piece 2> | " +
			"\"<record longer than 4 bytes: piece 3> | 1"},

		{"wrapped", cri, 0, out + "F a\n" + err + "F:x b\r\n\n" + out + "F\n", out + "F a | " + err + "F:x b | " + out + "F"},
		{"wrapped parts", cri, 0, out + "P a\n" + out + "P b\n" + out + "F c\n" + out + "F d", out + "P a\n" + out + "P b\n" + out + "F c | " + out + "F d"},
		{"wrapped parts between lines of the other stream", cri, 0, out + "P a\n" + err + "F b\n" + out + "F c\n", out + "P a | " + err + "F b | " + out + "F c"},
		{"wrapped parts and a line of something else", cri, 0, out + "P a\nb\n" + out + "P c\n\n" + out + "P d", out + "P a | b | " + out + "P c | " + out + "P d"},
		{"wrapped parts beyond the limit", cri, 70, out + "P a\n" + out + "P b\n" + out + "F c\n", out + "P a\n" + out + "P b | " + out + "F c"},
		{"wrapped line beyond the limit", cri, 36, out + "P a\n" + out + "P bcdef\n" + out + "F c\n", out + "P a | " + out + "P bcde<record longer than 36 bytes: piece 1> | " +
			"f<record longer than 36 bytes: piece 2> | " + out + "F c"},
		{
			"docker", docker, 0, `{"log":"a","stream":"stdout"}` + "\n" + `{"stream":"stdout","log":"b\\n"}` + "\r\n" + `{"log":"c\n","stream":"stdout"}` + "\n" + `{"log":"\n","stream":"stderr"}`,
			`{"log":"a","stream":"stdout"}` + "\n" + `{"stream":"stdout","log":"b\\n"}` + "\r\n" + `{"log":"c\n","stream":"stdout"} | {"log":"\n","stream":"stderr"}`,
		},
		{
			"docker and others", docker, 0, "{\"log\":\"a\",\"stream\":\"stdout\"}\n{\"log\":1,\"stream\":\"stdout\"}\n[]\n{\"log\":\"a\",\"stream\":\"x\"}\n",
			"{\"log\":\"a\",\"stream\":\"stdout\"} | {\"log\":1,\"stream\":\"stdout\"} | [] | {\"log\":\"a\",\"stream\":\"x\"}",
		},
		{"records long tail", records, 11, `{"Records":[1],"abcdef":1}`, `1 | ,"abcdef":1<end of the object around Records longer than 11 bytes: piece 1> | ` +
			`}<end of the object around Records longer than 11 bytes: piece 2>`},
		{"records long head", records, 11, `{"Records" :[1]}`, `{"Records" <record longer than 11 bytes: piece 1> | :[1]}<record longer than 11 bytes: piece 2>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, target := range []int{0, 3, 5, 16} {
				pieces, err := scanAll(t, strings.NewReader(tt.in), []byte(tt.in), tt.framing, tt.limit, target)
				if err != io.EOF {
					t.Fatal(err)
				}
				if got := show(pieces); got != tt.want {
					t.Errorf("blocks of %d:\n got %s\nwant %s", target, got, tt.want)
				}
			}
		})
	}
}

// TestScannerPlaces proves that offsets are those of the stream.
func TestScannerPlaces(t *testing.T) {
	in := "\ufeff{\"Records\":[" + strings.Repeat(`{"a":"bcd"},`, 50) + "1]}"
	pieces, _ := scanAll(t, strings.NewReader(in), []byte(in), Framing{Kind: FrameArray, Path: "Records"}, 0, 32)
	if len(pieces) != 51 {
		t.Fatalf("%d records", len(pieces))
	}
	for _, p := range pieces {
		if in[p.offset:p.offset+int64(len(p.text))] != p.text {
			t.Fatalf("record %q is not at %d", p.text, p.offset)
		}
	}
}

func TestScannerReadError(t *testing.T) {
	broken := errors.New("disk on fire")
	tests := []struct {
		name    string
		framing Framing
		in      string
		want    string
	}{
		{"nothing", Framing{Kind: FrameLines}, "", ""},
		{"between lines", Framing{Kind: FrameLines}, "1\n", "1"},
		{"in a line", Framing{Kind: FrameLines}, "1\n2", "1 | 2<line cut off by a failed read at byte 3>"},
		{"in a row", Framing{Kind: FrameTable, Comma: ','}, "a,b\n1,", "a,b | 1,<line cut off by a failed read at byte 6>"},
		{"in a wrapped line", Framing{Kind: FrameLines, Wrapper: WrapperCRI}, "2024-03-01T00:00:00Z stdout P a\n2024-", "2024-03-01T00:00:00Z stdout P a | 2024-<line cut off by a failed read at byte 37>"},
		{"between values", Framing{Kind: FrameValues}, "{}\n", "{}"},
		{"in a scalar", Framing{Kind: FrameValues}, "1 2", "1 | 2<record cut off by a failed read at byte 3>"},
		{"in an array", Framing{Kind: FrameArray}, "[{}", "{} | <array that begins at byte 0 cut off by a failed read at byte 3>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := io.MultiReader(strings.NewReader(tt.in), iotest.ErrReader(broken))
			pieces, err := scanAll(t, r, []byte(tt.in), tt.framing, 0, 0)
			if err != broken {
				t.Errorf("error %v", err)
			}
			if got := show(pieces); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestScannerSuite cuts and parses every file of the JSONTestSuite the way
// plain JSON is: what is wrong gives an unparsed record, and what is right
// none.
func TestScannerSuite(t *testing.T) {
	names, _ := filepath.Glob("../../shared/data/json_test_suite/[ny]_*.json")
	if len(names) == 0 {
		t.Skip("SKIPPED, STRICTNESS NOT PROVEN: no ../../shared/data/json_test_suite")
	}
	var doc jsontape.Doc
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		framing := JSONFraming(NewSample(name, b, true, &doc))
		pieces, _ := scanAll(t, bytes.NewReader(b), b, framing, 0, 0)
		unparsed := 0
		for _, p := range pieces {
			if p.problem != "" || doc.Parse([]byte(p.text)) != nil {
				unparsed++
			}
		}
		name = filepath.Base(name)
		switch {
		case blank(b) && len(pieces) > 0:
			t.Errorf("%s has no data but %d records", name, len(pieces))
		case name[0] == 'n' && !blank(b) && unparsed == 0:
			t.Errorf("%s: no record is unparsed: %s", name, show(pieces))
		case name[0] == 'y' && unparsed > 0:
			t.Errorf("%s: %s", name, show(pieces))
		}
	}
}

// TestScannerGrows cuts records that are longer than a block.
func TestScannerGrows(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	for _, f := range []Framing{{Kind: FrameLines}, {Kind: FrameValues}} {
		var in []byte
		var want []string
		for range 12 {
			record := `{"a":"` + strings.Repeat(`\"`, random.IntN(1<<19)) + `"}`
			want = append(want, record)
			in = append(append(in, record...), '\n')
		}
		got, err := scanAll(t, bytes.NewReader(in), in, f, 0, 0)
		if err != io.EOF || len(got) != len(want) {
			t.Fatalf("%d records, %v, want %d", len(got), err, len(want))
		}
		for i := range want {
			if got[i].text != want[i] || got[i].problem != "" {
				t.Errorf("record %d of %d bytes, want %d: %s", i, len(got[i].text), len(want[i]), got[i].problem)
			}
		}
	}
}

// TestScannerCloudTrail cuts real evidence through all of the layer.
func TestScannerCloudTrail(t *testing.T) {
	tests := []struct {
		files   string
		framing Framing
		want    int
	}{
		{"invictus/*.json.gz", Framing{Kind: FrameArray, Path: "Records"}, 2900},
		{"stratus/*.json", Framing{Kind: FrameArray}, 119},
	}
	for _, tt := range tests {
		names, _ := filepath.Glob("../../shared/data/cloudtrail/" + tt.files)
		if len(names) == 0 {
			t.Skipf("SKIPPED, REAL EVIDENCE NOT READ: no ../../shared/data/cloudtrail/%s", tt.files)
		}
		records := 0
		var b Block
		var doc jsontape.Doc
		d := NewDecompressor()
		for _, name := range names {
			file, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Reset(bytes.NewReader(file)); err != nil {
				t.Fatal(err)
			}
			s := NewScanner(d, tt.framing, 0)
			for err = s.Next(&b); err == nil; err = s.Next(&b) {
				for _, r := range b.Records {
					if perr := doc.Parse(b.Data[r.Start:r.End]); perr != nil || r.Problem != "" {
						t.Errorf("%s: %v %s", name, perr, r.Problem)
					}
					records++
				}
			}
			if err != io.EOF {
				t.Errorf("%s: %v", name, err)
			}
		}
		if records != tt.want {
			t.Errorf("%s: %d records, want %d", tt.files, records, tt.want)
		}
	}
}

// framings are all ways of cutting that tests try.
var framings = []Framing{
	{Kind: FrameLines},
	{Kind: FrameValues},
	{Kind: FrameArray},
	{Kind: FrameArray, Path: "Records"},
	{Kind: FrameArray, Path: "log.entries"},
	{Kind: FrameTable, Comma: ','},
	{Kind: FrameTable, Comma: '\t'},
	{Kind: FrameLines, Wrapper: WrapperCRI},
	{Kind: FrameLines, Wrapper: WrapperDocker},
}

// checkScanner proves the tiling, and that what is cut does not depend on how
// the stream is read, nor, but for where blocks end, on the size of blocks.
func checkScanner(t *testing.T, in []byte, f Framing, limit, target int, seed uint64) {
	t.Helper()
	want, _ := scanAll(t, bytes.NewReader(in), in, f, limit, max(4096, len(in)))
	random := rand.New(rand.NewPCG(seed, 1))
	got, _ := scanAll(t, &stutter{in, random}, in, f, limit, target)
	if show(got) != show(want) {
		t.Fatalf("%+v limit %d, blocks of %d:\n got %s\nwant %s", f, limit, target, show(got), show(want))
	}
	for i := range got {
		if got[i] != want[i] || len(got[i].text) > limit {
			t.Fatalf("%+v limit %d: record %d is %+v, want %+v", f, limit, i, got[i], want[i])
		}
	}
	if f == (Framing{Kind: FrameLines}) {
		checkLines(t, in, limit, want)
	}
}

// checkLines proves that lines within the limit are what splitting gives.
func checkLines(t *testing.T, in []byte, limit int, got []piece) {
	var want []string
	lines := bytes.Split(trimBOM(in), []byte("\n"))
	for i, line := range lines {
		if i < len(lines)-1 {
			line = bytes.TrimSuffix(line, []byte("\r"))
		}
		if len(line) > limit {
			return
		}
		if !blank(line) {
			want = append(want, string(line))
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].text != want[i] || got[i].problem != "" {
			t.Fatalf("line %d is %+v, want %q", i, got[i], want[i])
		}
	}
}

// stutter reads a few bytes at a time.
type stutter struct {
	left   []byte
	random *rand.Rand
}

func (s *stutter) Read(p []byte) (int, error) {
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.left[:min(len(s.left), s.random.IntN(9))])
	s.left = s.left[n:]
	return n, nil
}

func TestScannerTiles(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	words := []string{
		`{"Records":[`, `]}`, `{"a":"b\"}"}`, `[`, `]`, `{`, `}`, `,`, `,`, "\n", "\r\n", " ", `"x\\"`, `"`, `\`, "1", "-2.5e3",
		"true", "nul", "\ufeff", `"k":`, `"Records":`, `"log":{`, `"entries":[`, "\xff", strings.Repeat(" ", 40), strings.Repeat("word ", 8),
		"a,", "\"\"", "\t", "\",\n",
		"2024-03-01T00:00:00Z stdout P ", "2024-03-01T00:00:00Z stdout F ", "2024-03-01T00:00:00Z stderr P ", "\n2024-03-01T00:00:00Z stdout P\r\n",
		`{"log":"a\n","stream":"stdout"}`, `{"log":"a","stream":"stdout"}`, `{"stream":"stderr","log":"a\\n"}`, "{\"log\":\"\",\"stream\":\"stdout\"}\n",
	}
	for i := range 20000 {
		var in []byte
		for range random.IntN(12) {
			in = append(in, words[random.IntN(len(words))]...)
		}
		f := framings[i%len(framings)]
		checkScanner(t, in, f, 1+random.IntN(40), 3+random.IntN(40), uint64(i))
	}
}

func FuzzScanner(f *testing.F) {
	for i, s := range []string{
		"\ufeff{\"Records\":[{\"a\":\"\\\\\"},1],\"x\":2}\n{\"Records\":[]}", "[1,{},\"\\\"]\"][]", "{}\n1,true [",
		"a\r\n\n \nb", `{"a":1,"Records":5}`, `{"Records":[1],"Records":[2]}`,
		`{"log":{"x":1,"entries":[{},2],"y":0}}{"log":{"entries":[]}}`,
		"a,b\r\n1,\"x\n\"\"y\"\n\n,\n", "2024-03-01T00:00:00Z stdout P a\n2024-03-01T00:00:00Z stdout F b\n",
		"{\"log\":\"a\",\"stream\":\"stdout\"}\r\n{\"log\":\"b\\n\",\"stream\":\"stdout\"}\n",
	} {
		f.Add([]byte(s), uint8(i), uint8(50), uint8(9))
	}
	f.Fuzz(func(t *testing.T, in []byte, kind, limit, target uint8) {
		checkScanner(t, in, framings[int(kind)%len(framings)], 1+int(limit), 3+int(target), uint64(kind))
	})
}

// benchmarkScanner scans 16 MB, and parses each record when parse is set.
func benchmarkScanner(b *testing.B, f Framing, before, record, between, after string, parse bool) {
	in := []byte(before + strings.Repeat(record+between, (16<<20)/len(record)) + record + after)
	var block Block
	var doc jsontape.Doc
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		s := NewScanner(bytes.NewReader(in), f, 0)
		for s.Next(&block) == nil {
			for _, r := range block.Records {
				if r.Problem != "" || parse && doc.Parse(block.Data[r.Start:r.End]) != nil {
					b.Fatal(r.Problem)
				}
			}
		}
	}
}

const cloudRecord = `{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE:batch",` +
	`"arn":"arn:aws:sts::111122223333:assumed-role/Batch/batch","accountId":"111122223333"},"eventTime":"2026-01-02T03:14:15Z",` +
	`"eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.17",` +
	`"userAgent":"aws-sdk-go/1.44 (go1.21; linux; amd64)","requestParameters":{"modelId":"example.model-v1:0"},` +
	`"responseElements":null,"requestID":"00000000-1111-2222-3333-444444444444","readOnly":true,"managementEvent":false}`

func BenchmarkScanLines(b *testing.B) {
	benchmarkScanner(b, Framing{Kind: FrameLines}, "", cloudRecord, "\n", "", false)
}

func BenchmarkScanValues(b *testing.B) {
	benchmarkScanner(b, Framing{Kind: FrameValues}, "", cloudRecord, "\n", "", false)
}

func BenchmarkScanRecords(b *testing.B) {
	benchmarkScanner(b, Framing{Kind: FrameArray, Path: "Records"}, `{"Records":[`, cloudRecord, ",", "]}", false)
}

func BenchmarkScanRecordsAndParse(b *testing.B) {
	benchmarkScanner(b, Framing{Kind: FrameArray, Path: "Records"}, `{"Records":[`, cloudRecord, ",", "]}", true)
}

func BenchmarkScanPretty(b *testing.B) {
	pretty := strings.ReplaceAll(strings.ReplaceAll(cloudRecord, `,"`, ",\n            \""), `":`, `": `)
	benchmarkScanner(b, Framing{Kind: FrameArray}, "[", pretty, ",\n        ", "]", false)
}
