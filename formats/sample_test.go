package formats

import (
	"errors"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func TestJSONFraming(t *testing.T) {
	long := `{"a":"` + strings.Repeat("x", 100) + `"}`
	tests := []struct {
		name string
		in   string
		part bool // the sample is not the whole stream
		want FramingKind
	}{
		{"empty", "", false, FrameLines},
		{"not JSON", "hello\nworld\n", false, FrameLines},
		{"array", "[1,2]", false, FrameArray},
		{"array after mark and space", "\ufeff\n [\n1", false, FrameArray},
		{"broken array", "[{},{]", false, FrameArray},
		{"lines", "{}\n{}\n", false, FrameLines},
		{"lines with mark", "\ufeff{}\r\n\r\n{}\r\n", false, FrameLines},
		{"lines of scalars", "1\n2\n", false, FrameLines},
		{"first of lines", "{}\n", true, FrameLines},
		{"one object", "{}\n", false, FrameValues},
		{"pretty object", "{\n\"a\": 1\n}\n", false, FrameValues},
		{"pretty objects", "{\n\"a\": {}\n}\n{\n}\n", false, FrameValues},
		{"pretty object with a line that is an object", "{\"a\":\n{}\n}\n", false, FrameValues},
		{"concatenated", "{}{}\n{}{}\n", false, FrameValues},
		{"commas", "{},\n{}", false, FrameValues},
		{"long line", long[:50], true, FrameValues},
		{"lines after a long line", long + "\n{", true, FrameLines},
		{"damaged first line", "{\"a\":01}\n{\"a\":1}\n", false, FrameLines},
		{"garbage after the first line's value", "{\"a\":1}\x00\n{\"a\":1}\n", false, FrameLines},
		{"broken object of several lines", "{\n\"a\": 01\n}\n", false, FrameValues},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var doc jsontape.Doc
			got := JSONFraming(NewSample("log.json", []byte(tt.in), !tt.part, &doc))
			if got != (Framing{Kind: tt.want}) {
				t.Errorf("JSONFraming(%q) = %+v, want kind %d", tt.in, got, tt.want)
			}
		})
	}
}

func TestNewSample(t *testing.T) {
	var doc jsontape.Doc
	s := NewSample("k", []byte("\ufeff \n{\"Records\":[{\"eventVersion\":\"1.09\",\"user"), false, &doc)
	if got := string(s.First.Get("Records").Index(0).Get("eventVersion").Text()); got != "1.09" {
		t.Errorf("member of a cut sample = %q", got)
	}
	deep := strings.Repeat("[", 1000) + strings.Repeat("]", 1000)
	for _, in := range []string{
		`{"Records":[{"n":1},{"n":` + deep + `},{"n":3}]}`, `{"Records":[{"n":1},{"n":` + deep, `{"Records":[{"n":1},{"n":01},{"n":3}]}`,
	} {
		if first := NewSample("k", []byte(in), true, &doc).First.Get("Records").Index(0); string(first.Get("n").Raw()) != "1" {
			t.Errorf("%.40q: the first record is %q", in, first.Raw())
		}
	}
	for _, in := range []string{"", "  ", "x", "{]", "time,name\n"} {
		if NewSample("k", []byte(in), true, &doc).First.Exists() {
			t.Errorf("%q has a first value", in)
		}
	}
}

// named is a format that only has a name and an opinion.
type named struct {
	Format
	name   string
	reason error
}

func (n named) Name() string         { return n.name }
func (n named) Detect(*Sample) error { return n.reason }

func TestDetect(t *testing.T) {
	no := func(name string) Format { return named{name: name, reason: errors.New("no " + name + " here")} }
	got, err := Detect(&Sample{Path: "x.log"}, []Format{no("a"), named{name: "b"}, named{name: "c"}})
	if err != nil || got.Name() != "b" {
		t.Errorf("Detect = %v, %v", got, err)
	}
	_, err = Detect(&Sample{Path: "x.log"}, []Format{no("a"), no("b")})
	want := "detecting the format of x.log: none fits\n  a: no a here\n  b: no b here"
	if err == nil || err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}
