package jsontape

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// suiteDir holds the JSONTestSuite files where the shared data is mounted.
const suiteDir = "../../../shared/data/json_test_suite"

// suite returns the files of the JSONTestSuite whose names begin with prefix.
func suite(t *testing.T, prefix string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(suiteDir, prefix+"*.json"))
	if err != nil || len(names) == 0 {
		t.Skipf("SKIPPED, STRICTNESS NOT PROVEN: no %s*.json in %s", prefix, suiteDir)
	}
	files := make(map[string][]byte, len(names))
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = b
	}
	return files
}

func TestSuite(t *testing.T) {
	var doc Doc
	for name, b := range suite(t, "n_") {
		if doc.Parse(b) == nil {
			t.Errorf("%s: accepted, must be refused", name)
		}
	}
	for name, b := range suite(t, "y_") {
		if err := doc.Parse(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What RFC 8259 leaves open: text is accepted, however it is encoded inside
	// strings, and numbers of any size; other encodings than UTF-8 are refused.
	for name, b := range suite(t, "i_") {
		want := !strings.Contains(name, "utf16") && !strings.Contains(name, "UTF-16")
		if err := doc.Parse(b); (err == nil) != want {
			t.Errorf("%s: accepted %t, want %t (%v)", name, err == nil, want, err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct {
		name, src string
		offset    int
	}{
		{"empty", "", 0},
		{"white space", " \n\t\r", 4},
		{"byte order mark", "\ufeff{}", 0},
		{"two values", "{} {}", 3},
		{"trailing comma in array", "[1,]", 3},
		{"trailing comma in object", `{"a":1,}`, 7},
		{"missing colon", `{"a" 1}`, 5},
		{"wrong end of array", "[1}", 2},
		{"wrong end of object", `{"a":1]`, 6},
		{"name without quotes", "{a:1}", 1},
		{"leading zero", "[-012]", 3},
		{"leading plus", "[+1]", 1},
		{"no fraction", "[1.]", 3},
		{"no exponent", "[1e+]", 4},
		{"lone minus", "-", 1},
		{"half a word", "tru", 3},
		{"wrong word", "[nul1]", 4},
		{"control character", "[\"a\x01\"]", 3},
		{"control character in a long string", "[\"aaaaaaaaaaaaaaaaaaaa\n\"]", 22},
		{"unknown escape", `["\x41"]`, 3},
		{"short unicode escape", `["\u12"]`, 6},
		{"open string", `["abc`, 5},
		{"open string after escape", `"\`, 2},
		{"form feed is not white space", "[\f1]", 1},
		{"too deep", strings.Repeat("[", MaxDepth+1), MaxDepth},
	}
	var doc Doc
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var syntax *SyntaxError
			err := doc.Parse([]byte(tt.src))
			if !errors.As(err, &syntax) {
				t.Fatalf("Parse(%q) = %v, want a SyntaxError", tt.src, err)
			}
			if syntax.Offset != tt.offset {
				t.Errorf("Parse(%q): %v, want offset %d", tt.src, err, tt.offset)
			}
			if doc.Root().Exists() || doc.Complete() {
				t.Errorf("a refused text left a root")
			}
		})
	}
	deepest := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	if err := doc.Parse([]byte(deepest)); err != nil {
		t.Errorf("depth of %d: %v", MaxDepth, err)
	}
}

func TestParsePrefix(t *testing.T) {
	tests := []struct {
		name, src, want string // want is the root written anew, "" when missing
		complete        bool
	}{
		{"nothing", "", "", false},
		{"white space", "  ", "", false},
		{"whole value and more", `{"a":1} {"b"`, `{"a":1}`, true},
		{"whole value and rubbish", `[1]]`, `[1]`, true},
		{"cut in a name", `{"a":1,"b`, `{"a":1}`, false},
		{"cut after a name", `{"a":1,"b"`, `{"a":1}`, false},
		{"cut after a colon", `{"a":1,"b":`, `{"a":1}`, false},
		{"cut in a string", `{"a":1,"b":"x`, `{"a":1}`, false},
		{"cut in an escape", `{"a":1,"b":"x\u00`, `{"a":1}`, false},
		{"cut after a backslash", `{"a":1,"b":"x\`, `{"a":1}`, false},
		{"cut after a string", `{"a":1,"b":"x"`, `{"a":1,"b":"x"}`, false},
		{"cut in a number", `{"a":true,"b":1`, `{"a":true}`, false},
		{"cut in the exponent", `{"a":true,"b":1e`, `{"a":true}`, false},
		{"cut after a number", `{"a":true,"b":1 `, `{"a":true,"b":1}`, false},
		{"cut in a word", `[null,nul`, `[null]`, false},
		{"cut in an element", `[1,22`, `[1]`, false},
		{"cut after a comma", `[1,`, `[1]`, false},
		{"cut deep inside", `{"Records":[{"a":{"b":[1,2`, `{"Records":[{"a":{"b":[1]}}]}`, false},
		{"cut after an opening", `{"a":1,"b":{`, `{"a":1,"b":{}}`, false},
		{"top-level string cut", `"abc`, "", false},
		{"top-level number", `12`, "12", true},
		{"top-level number cut", `12.`, "", false},
		{"top-level word cut", `tr`, "", false},
	}
	var doc Doc
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := doc.ParsePrefix([]byte(tt.src)); err != nil {
				t.Fatal(err)
			}
			if got := string(rewrite(nil, doc.Root())); got != tt.want {
				t.Errorf("ParsePrefix(%q) = %s, want %s", tt.src, got, tt.want)
			}
			if doc.Complete() != tt.complete {
				t.Errorf("ParsePrefix(%q): complete %t", tt.src, doc.Complete())
			}
		})
	}
	for _, src := range []string{`{"a":01`, `[1 2`, `[trx`, `x`, "\ufeff{}"} {
		if err := doc.ParsePrefix([]byte(src)); err == nil || doc.Root().Exists() {
			t.Errorf("ParsePrefix(%q) = nil, want a syntax error", src)
		}
	}
}

// rewrite appends v as JSON made from its nodes.
func rewrite(dst []byte, v Value) []byte {
	switch v.Kind() {
	case Array:
		dst = append(dst, '[')
		for e := range v.Elements() {
			dst = append(rewrite(dst, e), ',')
		}
		return append(bytes.TrimSuffix(dst, []byte{','}), ']')
	case Object:
		dst = append(dst, '{')
		for name, e := range v.Members() {
			quoted, _ := json.Marshal(string(name))
			dst = append(append(dst, quoted...), ':')
			dst = append(rewrite(dst, e), ',')
		}
		return append(bytes.TrimSuffix(dst, []byte{','}), '}')
	case String:
		quoted, _ := json.Marshal(string(v.Text()))
		return append(dst, quoted...)
	}
	return append(dst, v.Raw()...)
}

func TestText(t *testing.T) {
	long := strings.Repeat("text without anything special, ", 9)
	tests := []struct{ name, raw, want string }{
		{"empty", ``, ""},
		{"plain", `abc`, "abc"},
		{"long", long, long},
		{"escapes", `\"\\\/\b\f\n\r\t`, "\"\\/\b\f\n\r\t"},
		{"unicode escape", `\u0041\u00e9\u20AC`, "Aé€"},
		{"nul", `\u0000`, "\x00"},
		{"surrogate pair", `\ud83d\ude00!`, "😀!"},
		{"lone high surrogate", `\ud83d!`, "\ufffd!"},
		{"lone low surrogate", `\ude00\ud83d`, "\ufffd\ufffd"},
		{"high surrogate before a letter", `\ud83d\u0041`, "\ufffdA"},
		{"high surrogate before an escape", `\ud83d\n\u0041`, "\ufffd\nA"},
		{"UTF-8", "é€😀", "é€😀"},
		{"UTF-8 and escape", "é\\n€", "é\n€"},
		{"invalid UTF-8", "a\xff\xfe" + long + "\xc3", "a\ufffd\ufffd" + long + "\ufffd"},
		{"invalid UTF-8 and escape", "\xe2\x82\\t\xed\xa0\x80", "\ufffd\ufffd\t\ufffd\ufffd\ufffd"},
	}
	var doc Doc
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := doc.Parse([]byte(`{"` + tt.raw + `":["` + tt.raw + `"]}`)); err != nil {
				t.Fatal(err)
			}
			got := doc.Root().Get(tt.want).Index(0).Text()
			if got == nil || string(got) != tt.want {
				t.Errorf("Text of %q = %q, want %q", tt.raw, got, tt.want)
			}
			for name := range doc.Root().Members() {
				if string(name) != tt.want {
					t.Errorf("name %q, want %q", name, tt.want)
				}
			}
		})
	}
}

func TestTextLen(t *testing.T) {
	for n := range 20 {
		for _, stop := range []string{"", `"`, `\`} {
			text := strings.Repeat("é\n", n)[:n] + stop + `"\ and more`
			if stop == "" {
				text = text[:n]
			}
			if got := TextLen([]byte(text)); got != n {
				t.Errorf("TextLen(%q) = %d, want %d", text, got, n)
			}
		}
	}
}

func TestNumbers(t *testing.T) {
	tests := []struct {
		src string
		v   int64
		ok  bool
	}{
		{"0", 0, true},
		{"-0", 0, true},
		{"0.000e99999999999999999999", 0, true},
		{"12", 12, true},
		{"12.0", 12, true},
		{"12.500e1", 125, true},
		{"1e3", 1000, true},
		{"1E+18", 1e18, true},
		{"1200e-2", 12, true},
		{"120e-2", 0, false},
		{"1.5", 0, false},
		{"1e-1", 0, false},
		{"1e19", 0, false},
		{"1e99999999999999999999", 0, false},
		{"1e-99999999999999999999", 0, false},
		{"9223372036854775807", math.MaxInt64, true},
		{"9223372036854775808", 0, false},
		{"-9223372036854775808", math.MinInt64, true},
		{"-9223372036854775809", 0, false},
		{"922337203685477580.70e1", math.MaxInt64, true},
		{"18446744073709551617", 0, false},
		{"1." + strings.Repeat("0", 100), 1, true},
		{"1" + strings.Repeat("0", 100) + "e-100", 1, true},
	}
	var doc Doc
	for _, tt := range tests {
		if err := doc.Parse([]byte(tt.src)); err != nil {
			t.Fatal(err)
		}
		if v, ok := doc.Root().Int(); v != tt.v || ok != tt.ok {
			t.Errorf("Int of %s = %d, %t, want %d, %t", tt.src, v, ok, tt.v, tt.ok)
		}
	}
	if err := doc.Parse([]byte("[1.5e3,1e999]")); err != nil {
		t.Fatal(err)
	}
	if f, ok := doc.Root().Index(0).Float(); f != 1500 || !ok {
		t.Errorf("Float = %v, %t", f, ok)
	}
	if _, ok := doc.Root().Index(1).Float(); ok {
		t.Errorf("Float of 1e999 is in range")
	}
}

func TestValues(t *testing.T) {
	var doc Doc
	src := `{"a":{"b":[1,"two",null,true,false,{}]},"n":null,"r":1,"r":2,"":""}`
	if err := doc.Parse([]byte(" " + src + "\n")); err != nil {
		t.Fatal(err)
	}
	root := doc.Root()
	list := root.Path("a", "b")
	if got := root.Len(); got != 5 {
		t.Errorf("Len of the object = %d", got)
	}
	if got := list.Len(); got != 6 {
		t.Errorf("Len of the array = %d", got)
	}
	if got := string(root.Raw()); got != src {
		t.Errorf("Raw = %s", got)
	}
	if got := string(list.Index(1).Raw()); got != `"two"` {
		t.Errorf("Raw of a string = %s", got)
	}
	if v, _ := root.Get("r").Int(); v != 2 {
		t.Errorf("repeated name gives %d, want the last", v)
	}
	if n := root.Get("n"); !n.Exists() || n.Kind() != Null || n.Text() != nil {
		t.Errorf("null: exists %t, kind %v", n.Exists(), n.Kind())
	}
	if e := root.Get("").Text(); e == nil || len(e) != 0 {
		t.Errorf("empty text = %v", e)
	}
	if b, ok := list.Index(3).Bool(); !b || !ok {
		t.Error("true is not true")
	}
	if b, ok := list.Index(-2).Bool(); b || !ok {
		t.Error("false is not false")
	}
	if list.Index(-7).Exists() || list.Index(6).Exists() {
		t.Error("an element beyond the array exists")
	}
	missing := root.Path("a", "x", "y").Index(3)
	if missing.Exists() || missing.Raw() != nil || missing.Text() != nil || missing.Len() != 0 {
		t.Error("a missing value is not missing")
	}
	if (Value{}).Get("a").Exists() {
		t.Error("the zero value has members")
	}
}

func TestArena(t *testing.T) {
	var a Arena
	var all [][]byte
	for i := range 4000 {
		b := a.Copy(bytes.Repeat([]byte{byte(i)}, i))
		if len(b) != i || cap(b) != i {
			t.Fatalf("Copy of %d bytes has len %d, cap %d", i, len(b), cap(b))
		}
		all = append(all, b)
	}
	all = append(all, a.Bytes(chunkSize), a.Bytes(2*chunkSize))
	for i, b := range all[:4000] {
		if bytes.Count(b, []byte{byte(i)}) != i {
			t.Fatalf("copy %d was overwritten", i)
		}
	}
	held := a.Size()
	if held < 8<<20 {
		t.Errorf("Size = %d", held)
	}
	a.Reset()
	if a.Size() >= held {
		t.Errorf("Size after Reset = %d, was %d", a.Size(), held)
	}
	if a.Copy(nil) != nil || a.Copy([]byte{}) == nil {
		t.Error("Copy confuses nil and empty")
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	src := cloudLike()
	var doc Doc
	doc.Arena = new(Arena)
	allocs := testing.AllocsPerRun(100, func() {
		doc.Arena.Reset()
		if doc.Parse(src) != nil || doc.Root().Path("userIdentity", "note").Text() == nil {
			t.Fatal("cannot parse")
		}
	})
	if allocs != 0 {
		t.Errorf("parsing a record allocates %v times", allocs)
	}
}

// FuzzParse compares with encoding/json: what is valid, and what texts say.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,2.5e-3,"x\u00e9\ud83d\ude00"],"b":{"c":null,"d":true}}`,
		"\"\xff\\ud800\"", "[]]", "-0.0", ` {"long name to scan":"a longer text to scan \n"} `,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var doc Doc
		err := doc.Parse(src)
		deep := bytes.Count(src, []byte("["))+bytes.Count(src, []byte("{")) > MaxDepth
		if valid := json.Valid(src); valid != (err == nil) && !deep {
			t.Fatalf("Parse(%q) = %v, encoding/json says valid %t", src, err, valid)
		}
		if err == nil {
			compare(t, src, doc.Root())
		}
		for cut := len(src); cut >= 0 && cut > len(src)-20; cut-- {
			prefix := src[:cut]
			if perr := doc.ParsePrefix(prefix); perr != nil && err == nil {
				t.Fatalf("ParsePrefix(%q) = %v", prefix, perr)
			}
			if made := rewrite(nil, doc.Root()); len(made) > 0 && !json.Valid(made) {
				t.Fatalf("ParsePrefix(%q) gives %q", prefix, made)
			}
		}
	})
}

// compare checks every text of v against encoding/json.
func compare(t *testing.T, src []byte, v Value) {
	switch v.Kind() {
	case String:
		var want string
		if err := json.Unmarshal(v.Raw(), &want); err != nil || want != string(v.Text()) {
			t.Fatalf("Text of %q = %q, want %q (%v)", v.Raw(), v.Text(), want, err)
		}
	case Number:
		var want int64
		if json.Unmarshal(v.Raw(), &want) == nil {
			if got, ok := v.Int(); !ok || got != want {
				t.Fatalf("Int of %s = %d, %t", v.Raw(), got, ok)
			}
		}
	case Array:
		for e := range v.Elements() {
			compare(t, src, e)
		}
	case Object:
		for _, e := range v.Members() {
			compare(t, src, e)
		}
	case Null:
		if string(v.Raw()) != "null" {
			t.Fatalf("null is %q", v.Raw())
		}
	}
}

// cloudLike is an invented record in the shape of a cloud audit log.
func cloudLike() []byte {
	return []byte(`{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE:batch",` +
		`"arn":"arn:aws:sts::111122223333:assumed-role/Batch/batch","accountId":"111122223333","note":"a\tb",` +
		`"sessionContext":{"attributes":{"creationDate":"2026-01-02T03:04:05Z","mfaAuthenticated":"false"}}},` +
		`"eventTime":"2026-01-02T03:14:15Z","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel",` +
		`"awsRegion":"us-east-1","sourceIPAddress":"192.0.2.17","userAgent":"aws-sdk-go/1.44 (go1.21; linux; amd64)",` +
		`"requestParameters":{"modelId":"example.model-v1:0","bucketName":null},"responseElements":null,` +
		`"requestID":"00000000-1111-2222-3333-444444444444","eventID":"55555555-6666-7777-8888-999999999999",` +
		`"readOnly":true,"resources":[{"accountId":"111122223333","type":"AWS::S3::Object","ARN":"arn:aws:s3:::example/key"}],` +
		`"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111122223333","eventCategory":"Data"}`)
}

func benchmarkParse(b *testing.B, src []byte) {
	var doc Doc
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if err := doc.Parse(src); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseCloud(b *testing.B) { benchmarkParse(b, cloudLike()) }

func BenchmarkParseText(b *testing.B) {
	prose := strings.Repeat("An invented paragraph of prose, as prompts are.\\nIt has lines and \\\"quotes\\\". ", 20)
	benchmarkParse(b, []byte(`{"requestId":"r","input":{"messages":[{"role":"user","content":[{"text":"`+prose+
		`"}]}]},"output":{"text":"`+prose+`","tokens":{"in":300,"out":300}}}`))
}

func BenchmarkText(b *testing.B) {
	prose := strings.Repeat("An invented paragraph of prose, as prompts are.\\nIt has lines and \\\"quotes\\\". ", 20)
	var doc Doc
	if err := doc.Parse([]byte(`"` + prose + `"`)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(prose)))
	b.ReportAllocs()
	for b.Loop() {
		doc.Root().Text()
		doc.Arena.Reset()
	}
}
