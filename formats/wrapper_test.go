package formats

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func dockerLine(text string) string {
	return string(appendString([]byte(`{"log":`), Text(text))) + `,"stream":"stdout","time":"2026-04-08T12:00:00Z"}` + "\n"
}

// plainText is a format that takes lines of text that begin with GET.
type plainText struct{ jsonLines }

func (plainText) Name() string { return "plain" }

func (plainText) Detect(s *Sample) error {
	if !strings.HasPrefix(string(s.Prefix), "GET ") {
		return errors.New("no GET")
	}
	return nil
}

func TestWrappedSample(t *testing.T) {
	const cri = "2026-04-08T12:00:00.5+02:00 stdout F "
	tests := []struct {
		name, text string
		part       bool
		format     string // "" when none fits
		wrapper    Wrapper
		first      string // JSON
	}{
		{"docker JSON", dockerLine("{\"a\":1}\n"), false, "jsonl", WrapperDocker, `{"a":1}`},
		{"docker text", dockerLine("GET /\n"), false, "plain", WrapperDocker, ""},
		{"docker other text", dockerLine("hello\n"), false, "jsonl", "", strings.TrimSpace(dockerLine("hello\n"))},
		{"docker brackets", dockerLine("[12:00] hello\n"), false, "jsonl", "", strings.TrimSpace(dockerLine("[12:00] hello\n"))},
		{"docker JSON after text", dockerLine("hello\n") + dockerLine("{\"a\":1}\n"), false, "jsonl", WrapperDocker, `{"a":1}`},
		{"docker parts", dockerLine("{\"a\":") + dockerLine("1}\n"), false, "jsonl", WrapperDocker, `{"a":1}`},
		{"docker part cut", dockerLine("{\"a\":1,\"b\":") + `{"log":"1`, true, "jsonl", WrapperDocker, `{"a":1,"b":`},
		{"docker, more members", `{"log":"GET /\n","stream":"stdout","time":"2026-04-08T12:00:00Z","kubernetes":{}}` + "\n", false, "jsonl", "", ""},
		{"docker, no time", `{"log":"GET /\n","stream":"stdout","time":"noon"}` + "\n", false, "jsonl", "", ""},
		{"CRI JSON", cri + "{\"a\":1}\r\n" + cri + "{}\n", false, "jsonl", WrapperCRI, `{"a":1}`},
		{"CRI text", "\ufeff" + cri + "GET /\n", false, "plain", WrapperCRI, ""},
		{"CRI other text", cri + "hello\n", false, "", "", ""},
		{"CRI without tag", "2026-04-08T12:00:00Z stdout GET /\n", false, "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var doc jsontape.Doc
			s := NewSample("x.log", []byte(tt.text), !tt.part, &doc)
			f, err := Detect(s, []Format{plainText{}, jsonLines{}})
			if tt.format == "" {
				if err == nil {
					t.Errorf("detected as %s", f.Name())
				}
				return
			}
			if err != nil || f.Name() != tt.format {
				t.Fatalf("Detect = %v, %v, want %s", f, err, tt.format)
			}
			if got := s.Framing(f); got.Wrapper != tt.wrapper || tt.wrapper != "" && got.Kind != FrameLines {
				t.Errorf("framing %+v", got)
			}
			if got := string(s.First.Raw()); tt.first != "" && got != tt.first {
				t.Errorf("first %s, want %s", got, tt.first)
			}
		})
	}
}

func TestOpenWrapped(t *testing.T) {
	cri, docker := Framing{Wrapper: WrapperCRI}, Framing{Wrapper: WrapperDocker}
	tests := []struct {
		name   string
		f      Framing
		record string
		want   string
		time   string // source and microseconds
	}{
		{"CRI", cri, "2026-04-08T12:00:00.5+02:00 stderr F:x a  b ", "a  b ", "time (cri)"},
		{"CRI parts", cri, "2026-04-08T12:00:00Z stdout P a\r\n2026-04-08T12:00:01Z stdout P \n2026-04-08T12:00:01Z stdout F b", "ab", "time (cri)"},
		{"CRI blank", cri, "2026-04-08T12:00:00Z stdout F", "", "time (cri)"},
		{"CRI without an end", cri, "2026-04-08T12:00:00Z stdout P a", "unwrapping: the last part of the text is missing", "time (cri)"},
		{"CRI without a tag", cri, "2026-04-08T12:00:00Z stdout a", "unwrapping line 1: line without the time, stream and tag of a container runtime", ""},
		{"CRI not a time", cri, "2026-14-08T12:00:00Z stdout F a", "a", ""},
		{"docker", docker, strings.TrimSpace(dockerLine("a\\\t\r\n")), "a\\\t", "time (docker)"},
		{"docker parts", docker, dockerLine("a") + strings.TrimSpace(dockerLine("b\n")), "ab", "time (docker)"},
		{"docker without an end", docker, strings.TrimSpace(dockerLine("a")), "a", "time (docker)"},
		{"docker blank", docker, strings.TrimSpace(dockerLine("\n")), "", "time (docker)"},
		{"docker broken", docker, `{"log":`, "unwrapping line 1: invalid JSON at byte 7: expecting a value, found the end", ""},
		{"docker other", docker, `{"log":"a\n"}`, "unwrapping line 1: line without the log, stream and time of Docker", ""},
	}
	d := NewDecoder()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := d.Open(tt.f, []byte(tt.record))
			if err != nil {
				got = []byte(err.Error())
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if d.LoggedAt.Source != tt.time {
				t.Errorf("logged at %+v", d.LoggedAt)
			}
		})
	}
	if got, err := d.Open(Framing{}, []byte("x")); string(got) != "x" || err != nil || d.LoggedAt.Time.OK {
		t.Errorf("a plain record opens as %q, %v, %+v", got, err, d.LoggedAt)
	}
}

// A line of one part is decoded where it stands, and one of Docker costs the
// copy that its escapes need.
func TestOpenAllocates(t *testing.T) {
	d := NewDecoder()
	for name, tt := range map[string]struct {
		f      Framing
		record string
	}{
		"cri":    {Framing{Wrapper: WrapperCRI}, "2026-04-08T12:00:00Z stdout F {}"},
		"docker": {Framing{Wrapper: WrapperDocker}, strings.TrimSpace(dockerLine("{}\n"))},
		"row":    {Framing{Kind: FrameTable, Comma: ',', Header: "a,b"}, `1,"x""y"`},
	} {
		n := testing.AllocsPerRun(100, func() {
			d.Reset()
			if _, err := d.Open(tt.f, []byte(tt.record)); err != nil {
				t.Fatal(err)
			}
		})
		if n > 1 { // the copy of the record
			t.Errorf("%s: opening allocates %v times", name, n-1)
		}
	}
}

func BenchmarkOpenRow(b *testing.B) {
	f := Framing{Kind: FrameTable, Comma: ',', Header: "timestamp,user_id,model,prompt,response,input_tokens,output_tokens"}
	row := []byte(`2026-04-08T12:00:00.123Z,ana@example.com,m-large,"Say ""hi"", please. ` + strings.Repeat("And again. ", 40) + `","Hi there.",1200,3`)
	d := NewDecoder()
	b.SetBytes(int64(len(row)))
	for b.Loop() {
		d.Reset()
		if err := d.Decode(tables{}, f, row); err != nil {
			b.Fatal(err)
		}
	}
}
