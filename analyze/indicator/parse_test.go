package indicator

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// brief is a list as tests compare it.
func brief(l *List) []string {
	var out []string
	for _, in := range l.Indicators {
		line := string(in.Type) + " " + in.Value
		if in.Type == Pattern {
			var any []string
			for _, all := range in.Any {
				var parts []string
				for _, x := range all {
					part := string(x.Type) + " " + x.Value
					if x.Not {
						part = "not " + part
					}
					parts = append(parts, part)
				}
				any = append(any, strings.Join(parts, " + "))
			}
			line = strings.Join(any, " | ")
		}
		if in.Label != "" {
			line += " (" + in.Label + ")"
		}
		out = append(out, in.Place+": "+line)
	}
	for _, p := range l.Problems {
		out = append(out, p.Place+": NOT "+p.What+": "+p.Reason)
	}
	return out
}

func TestParse(t *testing.T) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name, isCase := strings.CutSuffix(e.Name(), ".in")
		if !isCase {
			continue
		}
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile("testdata/" + name + ".in")
			if err != nil {
				t.Fatal(err)
			}
			for _, all := range []bool{false, true} {
				l, err := Parse(data, Options{All: all})
				if err != nil {
					t.Fatal(err)
				}
				got := fmt.Sprintf("%s, repeated %d, not for detection %d, deleted %d, other %d\n%s\n", l.Form, l.Repeated, l.NotForDetection, l.Deleted, l.Other, strings.Join(brief(l), "\n"))
				want := "testdata/" + name + map[bool]string{false: ".want", true: ".all"}[all]
				if os.Getenv("UPDATE") != "" && (!all || strings.HasPrefix(name, "misp")) {
					if err := os.WriteFile(want, []byte(got), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				golden, err := os.ReadFile(want)
				if errors.Is(err, os.ErrNotExist) && all {
					continue // --all changes nothing
				}
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(golden), got); diff != "" {
					t.Errorf("all %v (-want +got):\n%s", all, diff)
				}
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", "the file is empty"},
		{"white space", " \n\t\n", "the file is empty"},
		{"comments only", "# nothing\n", "nothing to match"},
		{"not UTF-8", "\xff\xfe1\x00", "not UTF-8"},
		{"JSON of another kind", `{"a":1}`, "neither a STIX bundle"},
		{"broken JSON", `{"objects":[{"type":"indicator",`, "reading JSON"},
		{"objects are no list", `{"objects":{}}`, "objects is no list"},
		{"deep JSON", `{"response":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}", "deep"},
		{"deeper JSON", `{"x":` + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + "}", "reading JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.in), Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestParseMany(t *testing.T) {
	var b strings.Builder
	for i := range MaxIndicators + 1 {
		fmt.Fprintf(&b, "h%d.example.com\n", i)
	}
	if _, err := Parse([]byte(b.String()), Options{}); err == nil || !strings.Contains(err.Error(), "split the list") {
		t.Errorf("a list that is too long: %v", err)
	}
}

// FuzzParse reads anything as a list, and makes a set of it.
func FuzzParse(f *testing.F) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".in") {
			data, err := os.ReadFile("testdata/" + e.Name())
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := Parse(data, Options{All: true})
		if err != nil {
			return
		}
		for _, in := range l.Indicators {
			if len(in.Any) == 0 || in.Place == "" || in.Value == "" {
				t.Errorf("incomplete: %+v", in)
			}
		}
		set, err := NewSet(l.Indicators)
		if err != nil {
			return
		}
		set.Scanner().Find(data, Kind{JSON: true, Said: true, Credential: true})
	})
}

// FuzzPattern reads anything as a pattern of STIX.
func FuzzPattern(f *testing.F) {
	f.Add("[ipv4-addr:value = '198.51.100.1' AND (url:value LIKE '%x' OR NOT domain-name:value IN ('a.example', 'b.example'))] OR [file:hashes.'SHA-256' != 'ab']")
	f.Add("([x:y = 'z'] FOLLOWEDBY [a:b MATCHES 'c']) WITHIN 5 SECONDS")
	f.Fuzz(func(t *testing.T, s string) {
		out, err := parsePattern(s)
		if err == nil && len(out) == 0 {
			t.Error("no alternatives and no error")
		}
		if len(out) > maxAlternatives {
			t.Errorf("%d alternatives", len(out))
		}
	})
}
