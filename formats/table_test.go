package formats

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func TestSniffTable(t *testing.T) {
	long := strings.Repeat("x", 200)
	tests := []struct {
		name, text string
		part       bool   // the sample is not the whole stream
		comma      string // "" is no table
		first      string
	}{
		{"comma", "ts,model\n2026-03-01,m\n", false, ",", `{"ts":"2026-03-01","model":"m"}`},
		{"semicolon", "a;b\n1;\"2,3\"\n", false, ";", `{"a":"1","b":"2,3"}`},
		{"tab", "a\tb\r\n1\t\r\n", false, "\t", `{"a":"1","b":null}`},
		{"bar", "a|b\n1|2", false, "|", `{"a":"1","b":"2"}`},
		{"index column", ",a,b\n0,1,2\n", false, ",", `{"":"0","a":"1","b":"2"}`},
		{"quoted names", "\"a, b\",\"c\"\n\"\",x\n", false, ",", `{"a, b":"","c":"x"}`},
		{"names with spaces", "Client IP,Time (ms)\nx,1\n", false, ",", `{"Client IP":"x","Time (ms)":"1"}`},
		{"known name and words", "model,note\nm,n\n", false, ",", `{"model":"m","note":"n"}`},
		{"blank lines", "\r\n\na,b\n\n \n1,2\n", false, ",", `{"a":"1","b":"2"}`},
		{"type line", "#TYPE System.Object\n\"a\",\"b\"\n\"1\",\"2\"\n", false, ",", `{"a":"1","b":"2"}`},
		{"separator line", "sep=;\r\na;b\r\n1;2\r\n", false, ";", `{"a":"1","b":"2"}`},
		{"first row wrong", "a,b\nx\n1,2\n3,4\n", false, ",", `{"a":"1","b":"2"}`},
		{"last row cut", "a,b,c\n1,2", true, ",", `{"a":"1",`},
		{"long row cut", "a,b,c\n1,\"2\n" + long, true, ",", `{"a":"1",`},
		{"quotation never ends", "a,b,c\n1,\"2\n" + long, false, ",", `{"a":"1",`},
		{"same names", "a,a\n1,2\n", false, ",", `{"a":"1","a_2":"2"}`},
		{"JSON in cells", "ts,data\n1,\"{\"\"a\"\":1}\"\n", false, ",", `{"ts":"1","data":"{\"a\":1}"}`},
		{"not UTF-8", "a,gr\xf6\xdfe\n1,\xe4\n", false, ",", `{"a":"1","gr` + "\uFFFD" + `e":"` + "\uFFFD" + `"}`},

		{"nothing", "", false, "", ""},
		{"names only", "time,model\n", false, "", ""},
		{"names cut", "time,mod", true, "", ""},
		{"one column", "time\n1\n2\n", false, "", ""},
		{"object", `{"a":1,"b":2}` + "\n" + `{"a":1,"b":2}`, false, "", ""},
		{"array", "[1,2]\n[3,4]\n", false, "", ""},
		{"numbers", "1,2\n3,4\n", false, "", ""},
		{"prose", "Starting up, please wait\nListening on a, port 80\n", false, "", ""},
		{"prose without spaces", "one,two\nthree,four\n", false, "", ""},
		{"log in bars", "INFO|main|started\nINFO|main|took 5 ms\n", false, "", ""},
		{"log in bars with numbers", "INFO|main|started\nINFO|main|5\n", false, "", ""},
		{"key and value", "level=info,msg=up\nlevel=info,msg=1\n", false, "", ""},
		{"rows of other lengths", "a,b\n1\n2\n3,4,5\n1,2\n", false, "", ""},
		{"XML", "<a b=\"1,2\">\n<a b=\"1,2\">\n", false, "", ""},
		{"NGINX", `198.51.100.7 - ana [08/Apr/2026:12:00:00 +0000] "GET /a,b HTTP/1.1" 200 5 "-" "Mozilla/5.0 (X11; Linux) like Gecko, x"` + "\n", false, "", ""},
		{"NGINX with a host name", `web-1 - - [08/Apr/2026:12:00:00 +0000] "GET /a|b,c HTTP/1.1" 200 5 "-" "a;b,c"` + "\n" + `web-1 - - [08/Apr/2026:12:00:00 +0000] "GET /a|b,c HTTP/1.1" 200 5 "-" "a;b,c"` + "\n", false, "", ""},
		{"GIN", "[GIN] 2026/04/08 - 12:00:00 | 200 | 1ms | 127.0.0.1 | POST \"/api/chat\"\n", false, "", ""},
		{"CEF", "CEF:0|Example|firewall|1.0|100|stopped|10|src=198.51.100.7\nCEF:0|Example|firewall|1.0|100|stopped|10|src=198.51.100.7\n", false, "", ""},
		{"Markdown", "| a | b |\n|---|---|\n| 1 | 2 |\n", false, "", ""},
		{"vLLM", "INFO 04-08 12:00:00 logger.py:39] Received request cmpl-1: prompt: 'a,b', params: SamplingParams(n=1, best_of=1), lora: None\n", false, "", ""},
		{"CRI", "2026-04-08T12:00:00Z stdout F a,b\n2026-04-08T12:00:00Z stdout F 1,2\n", false, "", ""},
		{"names too long", long + ",b\n1,2\n", false, "", ""},
		{"binary", "a,b\x00\n1,2\n", false, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, first, ok := sniffTable([]byte(tt.text), !tt.part)
			if ok != (tt.comma != "") || ok && (f.Kind != FrameTable || string(rune(f.Comma)) != tt.comma) {
				t.Fatalf("sniffTable = %+v, %t", f, ok)
			}
			if d := cmp.Diff(tt.first, string(first)); d != "" {
				t.Errorf("first row (-want +got):\n%s", d)
			}
		})
	}
}

// A sample that cuts the first row must say so, for the caller looks at more
// then.
func TestTableSample(t *testing.T) {
	for _, tt := range []struct {
		text     string
		complete bool
	}{{"a,b\n1,2\n3,", true}, {"a,b,c\n1,2", false}} {
		var doc jsontape.Doc
		s := NewSample("x.csv", []byte(tt.text), false, &doc)
		if got := string(s.First.Get("a").Text()); got != "1" || doc.Complete() != tt.complete {
			t.Errorf("%q: a is %q, complete is %t", tt.text, got, doc.Complete())
		}
	}
}

func TestOpenRow(t *testing.T) {
	f := Framing{Kind: FrameTable, Comma: ',', Header: "sep=,\r\na,\"b \"\"x\"\"\",a,,a_2,gr\uFFFDe"}
	tests := []struct{ name, row, want string }{
		{"cells", `1,"2",x y,,"",z`, `{"a":"1","b \"x\"":"2","a_3":"x y","":null,"a_2":"","gr` + "\uFFFD" + `e":"z"}`},
		{"marks and line ends", "\"\"\"\",\"\r\n\t\",a\"b,\"x\"\"\"\"y\",\\,\xff", `{"a":"\"","b \"x\"":"\r\n\t","a_3":"a\"b","":"x\"\"y","a_2":"\\","gr` + "\uFFFD" + `e":"` + "\uFFFD" + `"}`},
		{"names again", "a,\"b \"\"x\"\"\",a,,a_2,gr\xf6\xdfe", ""},
		{"line before the names", "sep=,", ""},
		{"too few", "1,2", "reading the row: 2 cells under 6 columns"},
		{"too many", "1,2,3,4,5,6,7", "reading the row: 7 cells under 6 columns"},
		{"text after a mark", `1,"2"3,4,5,6,7`, "reading cell 2 at byte 2 of the row: text after the quotation mark that ends it, or no such mark"},
		{"no mark", `1,"2`, "reading cell 2 at byte 2 of the row: text after the quotation mark that ends it, or no such mark"},
	}
	d := NewDecoder()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := d.Open(f, []byte(tt.row))
			if err != nil {
				got = []byte(err.Error())
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The same names in three tables: what was made for one must not serve another.
func TestOpenRowsOfTables(t *testing.T) {
	d := NewDecoder()
	for _, tt := range []struct {
		f         Framing
		row, want string
	}{
		{Framing{Kind: FrameTable, Comma: ',', Header: "a,b"}, "1,2", `{"a":"1","b":"2"}`},
		{Framing{Kind: FrameTable, Comma: ';', Header: "a;b"}, "1;2", `{"a":"1","b":"2"}`},
		{Framing{Kind: FrameTable, Comma: ';', Header: "a,b"}, "1;2", "reading the row: 2 cells under 1 columns"},
		{Framing{Kind: FrameTable}, "1;2", "reading the row: 1 cells under 1 columns"},
	} {
		got, err := d.Open(tt.f, []byte(tt.row))
		if err != nil {
			got = []byte(err.Error())
		}
		if string(got) != tt.want && tt.f.Header != "" {
			t.Errorf("%+v: %s, want %s", tt.f, got, tt.want)
		}
	}
}

func TestFramingJSON(t *testing.T) {
	for _, tt := range []struct {
		f    Framing
		want string
	}{
		{Framing{}, `{"kind":"lines"}`},
		{Framing{Kind: FrameArray, Path: "log.entries"}, `{"kind":"array","path":"log.entries"}`},
		{Framing{Kind: FrameTable, Comma: '\t', Header: "a\tb"}, `{"kind":"table","comma":"\t","header":"a\tb"}`},
		{Framing{Kind: FrameLines, Wrapper: WrapperCRI}, `{"kind":"lines","wrapper":"cri"}`},
	} {
		text, err := json.Marshal(tt.f)
		if err != nil || string(text) != tt.want {
			t.Errorf("%+v is written as %s, %v, want %s", tt.f, text, err, tt.want)
		}
		var got Framing
		if err := json.Unmarshal(text, &got); err != nil || got != tt.f {
			t.Errorf("%s is read as %+v, %v", text, got, err)
		}
	}
	for _, wrong := range []string{`{"kind":"pages"}`, `{"kind":"table","comma":"ab"}`} {
		if err := json.Unmarshal([]byte(wrong), new(Framing)); err == nil {
			t.Errorf("%s is read", wrong)
		}
	}
}

// FuzzOpen opens anything as a row and as wrapped lines: it must not crash, and
// what it returns of a row must be an object.
func FuzzOpen(f *testing.F) {
	f.Add("a,b", "1,\"2\"\"\n\"")
	f.Add("#TYPE x\na;b;a", "1;;")
	f.Add("", `{"log":"x\n","stream":"stdout","time":"2026-04-08T12:00:00Z"}`)
	f.Add("", "2026-04-08T12:00:00Z stdout P a\r\n2026-04-08T12:00:00Z stdout F b")
	f.Fuzz(func(t *testing.T, header, record string) {
		d := NewDecoder()
		var doc jsontape.Doc
		for _, comma := range []Comma{',', ';', '\t', 0} {
			text, err := d.Open(Framing{Kind: FrameTable, Comma: comma, Header: header}, []byte(record))
			if err == nil && text != nil && (doc.Parse(text) != nil || doc.Root().Kind() != jsontape.Object) {
				t.Errorf("opened as %q", text)
			}
		}
		for _, w := range []Wrapper{WrapperCRI, WrapperDocker, "other"} {
			_, _ = d.Open(Framing{Wrapper: w}, []byte(record))
		}
		_ = NewSample("x", []byte(header+"\n"+record), false, &doc)
	})
}

func FuzzDecodeTable(f *testing.F) { fuzzDecode(f, tables{}) }
