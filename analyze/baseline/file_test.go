package baseline

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// golden is what package observe writes of its test case.
func golden(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("observe/testdata/two.json")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestParse checks that what is written is read again, also with other white
// space, and that what is wrong is refused with the reason.
func TestParse(t *testing.T) {
	text := golden(t)
	b, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Encode(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), string(again)); diff != "" {
		t.Errorf("what was read is written otherwise (-want +got):\n%s", diff)
	}
	if _, err := Parse(bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n "))); err != nil {
		t.Errorf("with other white space: %v", err)
	}
	for _, tt := range []struct{ name, from, to, want string }{
		{"nothing", string(text), "", "it is no baseline"},
		{"another kind", `"kind":"exhibit baseline"`, `"kind":"list"`, `its kind is "list"`},
		{"another version", `"schema":2`, `"schema":3`, "its schema is 3, and this version of exhibit reads 1 to 2; make it again"},
		{"an older version", `"schema":2`, `"schema":1`, "a baseline of version 1 with 1 covers cannot be"},
		{"no cover", `"covers":[{"provider":"aws","first":"2026-03-02","last":"2026-03-05"}],`, "", "with 0 covers cannot be"},
		{"a cover that ends before it begins", `"provider":"aws","first":"2026-03-02"`, `"provider":"aws","first":"2026-03-09"`, "impossible or out of order"},
		{"days that are none", `"days":"1101"`, `"days":"1201"`, "on which it was seen are impossible"},
		{"a last day without anybody", `"days":"1101"`, `"days":"1100"`, "on which it was seen are impossible"},
		{"an actor that was not seen", `,"seen":{"first":"2026-03-02","days":"1101"}`, "", "with or without seen"},
		{"more asked than called", `"talks":3`, `"talks":4`, "its refusals are impossible"},
		{"more refused than asked", `"refused":1`, `"refused":9`, "its refusals are impossible"},
		{"an unknown member", `"tool":`, `"note":"x","tool":`, `unknown field "note"`},
		{"a member twice", `"days":2,"covers"`, `"days":2,"days":2,"covers"`, "not in the form in which exhibit writes it"},
		{"a member in capitals", `"tool":`, `"TOOL":`, "not in the form"},
		{"a text behind it", "\n]}\n", "\n]}\n{}", "no baseline"},
		{"a bad time", `"first":"2026-03-02T09:00:00.000000Z"`, `"first":"2026-03-02"`, "is no time"},
		{"a bad day", `"first":"2026-03-02"`, `"first":"2026-3-2"`, "is no day"},
		{"a subject out of order", `{"name":"ana"`, `{"name":"zoe"`, `"bo" is not after the subject before`},
		{"a dimension that is missing", `{"name":"credential"`, `{"name":"person"`, "its dimensions are not"},
		{"an hour that no week has", `"week":[[9,`, `"week":[[168,`, "impossible numbers"},
		{"an hour without numbers", `"week":[[9,1,1,1,`, `"week":[[9,1,1,null,`, "impossible numbers"},
		{"a measure that is none", `"measure":"calls"`, `"measure":"words"`, `no volume "words"`},
		{"a value that was never used", `{"value":"model-1","calls":2,"hours":2`, `{"value":"model-1","calls":2,"hours":0`, "impossible numbers"},
		{"an attribute that is none", `"attribute":"model"`, `"attribute":"prompt"`, "no such attribute"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(string(text), tt.from, tt.to, 1)
			if changed == string(text) {
				t.Fatalf("the baseline has no %s", tt.from)
			}
			if _, err := Parse([]byte(changed)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := Parse(make([]byte, MaxSize+1)); err == nil || !strings.Contains(err.Error(), "--from") {
		t.Errorf("too large: %v", err)
	}
}

// TestParseVersion1 checks that a file of the first version is read, and written as it
// was.
func TestParseVersion1(t *testing.T) {
	text, err := os.ReadFile("observe/testdata/version1.json")
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if ana := b.Subject("actor", "ana"); ana == nil || ana.Seen != nil || ana.Refusals != nil || b.Covers != nil {
		t.Errorf("version 1 holds of ana %+v", ana)
	}
	again, err := Encode(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), string(again)); diff != "" {
		t.Errorf("what was read is written otherwise (-want +got):\n%s", diff)
	}
}

// FuzzParse checks that nothing crashes, and that what is read is written and read
// again as the same.
func FuzzParse(f *testing.F) {
	f.Add(golden(f))
	f.Add([]byte(`{"kind":"exhibit baseline","schema":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Encode(b)
		if err != nil {
			t.Fatal(err)
		}
		other, err := Parse(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b, other); diff != "" {
			t.Errorf("read again (-want +got):\n%s", diff)
		}
	})
}
