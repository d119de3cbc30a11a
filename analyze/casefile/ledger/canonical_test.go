package ledger

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestCanonicalize(t *testing.T) {
	tests := []struct {
		name, in, want string // want "" means an error
	}{
		{"literals", ` [ null , true,false ] `, `[null,true,false]`},
		{"string of RFC 8785 section 3.2.2", `"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"`, "\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\""},
		{
			"key order of RFC 8785 section 3.2.3",
			`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",` +
				`"\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\"," +
				"\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
		},
		{"every short escape", `"\b\f\n\r\t\u0001\u001f\u007f\u2028"`, "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\u2028\""},
		{"largest integers", `[9007199254740991,-9007199254740991,0]`, `[9007199254740991,-9007199254740991,0]`},
		{"prefix key first", `{"ab":1,"a":{},"":[]}`, `{"":[],"a":{},"ab":1}`},
		{"integer too large", `9007199254740992`, ``},
		{"integer too small", `-9007199254740992`, ``},
		{"fraction", `1.5`, ``},
		{"fraction of nothing", `1.0`, ``},
		{"exponent", `1e2`, ``},
		{"minus zero", `-0`, ``},
		{"repeated key", `{"a":1,"\u0061":1}`, ``},
		{"lone high surrogate", `"\ud83d"`, ``},
		{"lone high surrogate before another escape", `"\ud83d\u0061"`, ``},
		{"lone low surrogate", `"\ude00"`, ``},
		{"invalid UTF-8", "\"\xff\"", ``},
		{"two texts", `{} {}`, ``},
		{"nothing", ``, ``},
		{"open", `{"a":`, ``},
		{"at the depth limit", strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1), strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1)},
		{"too deep", strings.Repeat("[", maxDepth+2) + strings.Repeat("]", maxDepth+2), ``},
		{"far too deep", strings.Repeat("[", 100_000), ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Canonicalize([]byte(tt.in))
			if (err != nil) != (tt.want == "") || string(got) != tt.want {
				t.Errorf("Canonicalize(%.80q) = %q, %v; want %q", tt.in, got, err, tt.want)
			}
		})
	}
}

func TestCanonicalValues(t *testing.T) {
	type inner struct {
		Z int64  `json:"z"`
		A string `json:"a,omitempty"`
	}
	loop := []any{nil}
	loop[0] = loop
	tests := []struct {
		name string
		in   any
		want string // "" means an error
	}{
		{"struct", struct {
			B inner
			A *inner `json:"a"`
		}{B: inner{Z: 1, A: "<&>"}}, `{"B":{"a":"<&>","z":1},"a":null}`},
		{"map", map[string]any{"b": []string{"x"}, "a": uint8(3)}, `{"a":3,"b":["x"]}`},
		{"raw", json.RawMessage(`{"b" : 1, "a":2}`), `{"a":2,"b":1}`},
		{"bytes", []byte{1, 2}, `"AQI="`},
		{"replacement character is a character", "\ufffd", "\"\ufffd\""},
		{"nil", nil, `null`},
		{"hidden invalid UTF-8 is not written", struct {
			a string
			B string `json:"-"`
		}{"\xff", "\xff"}, `{}`},
		{"float", 1.0, ``},
		{"float in an interface", []any{float32(2)}, ``},
		{"big unsigned", uint64(math.MaxUint64), ``},
		{"invalid UTF-8", map[string]string{"a": "\xff"}, ``},
		{"invalid UTF-8 key", map[string]int{"\xff": 1}, ``},
		{"raw invalid UTF-8", json.RawMessage("\"\xff\""), ``},
		{"raw float", json.RawMessage(`1.5`), ``},
		{"loop", loop, ``},
		{"function", func() {}, ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Canonical(tt.in)
			if (err != nil) != (tt.want == "") || string(got) != tt.want {
				t.Errorf("Canonical = %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestEscapePath(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"usual", "logs/2026/a b%20.json.gz", "logs/2026/a b%20.json.gz"},
		{"other letters", "журнал/日志", "журнал/日志"},
		{"backslash", `a\xff`, `a\\xff`},
		{"invalid", "a\xff\xfe/\xe2\x82", `a\xff\xfe/\xe2\x82`},
		{"replacement character", "\ufffd", "\ufffd"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := EscapePath(tt.in)
			if back, err := UnescapePath(got); got != tt.want || back != tt.in || err != nil {
				t.Errorf("EscapePath(%q) = %q, back %q, %v; want %q", tt.in, got, back, err, tt.want)
			}
		})
	}
	for _, bad := range []string{`\`, `\x`, `\xf`, `\xFF`, `\x61`, `\n`, `a\`, "\xff", `\xe2\x82\xac`} {
		if got, err := UnescapePath(bad); err == nil {
			t.Errorf("UnescapePath(%q) = %q, want an error", bad, got)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{`{"b":[1,{"a":null}],"a":"\ud83d\ude00\n"}`, `[-0, 1e5]`, `"\ud800"`, `{"a":1,"a":2}`, "\"\xff\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := EscapePath(string(data))
		if back, err := UnescapePath(path); back != string(data) || err != nil {
			t.Errorf("UnescapePath(%q) = %q, %v; want %q", path, back, err, data)
		}
		got, err := Canonicalize(data)
		if err != nil {
			return
		}
		again, err := Canonicalize(got)
		if err != nil || !bytes.Equal(again, got) {
			t.Errorf("second pass over %q = %q, %v", got, again, err)
		}
		if a, b := decodeAny(t, data), decodeAny(t, got); !reflect.DeepEqual(a, b) {
			t.Errorf("%q became %q", data, got)
		}
	})
}

func decodeAny(t *testing.T, data []byte) any {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("decoding %q: %v", data, err)
	}
	return v
}
