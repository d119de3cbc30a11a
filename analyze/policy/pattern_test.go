package policy

import (
	"regexp"
	"strings"
	"testing"
)

func glob(t testing.TB, text string, path bool) *Glob {
	t.Helper()
	g, err := parseGlob(text, path)
	if err != nil {
		t.Fatal(err)
	}
	return &g
}

func TestGlob(t *testing.T) {
	tests := []struct {
		pattern, name string
		path, want    bool
	}{
		{"a", "a", false, true},
		{"a", "ab", false, false},
		{"a*", "a", false, true},
		{"a*", "ab/c", false, true},
		{"a*b*c", "a1b2b3c", false, true},
		{"a*b*c", "a1c2b", false, false},
		{"*", "", false, true},
		{"a?c", "aéc", false, true},
		{"a?c", "a/c", false, true},
		{"a?c", "ac", false, false},
		{`a\*`, "a*", false, true},
		{`a\*`, "ab", false, false},
		{"ab*ba", "aba", false, false},
		{"arn:aws:sts::*:assumed-role/Analyst/*", "arn:aws:sts::111122223333:assumed-role/Analyst/ana", false, true},
		{"arn:aws:sts::*:assumed-role/Analyst/*", "arn:aws:sts::111122223333:assumed-role/Analyst-2/ana", false, false},
		{"a*", "A", false, false},
		{"/home/*/src/**", "/home/ana/src/a/b", true, true},
		{"/home/*/src/**", "/home/ana/x/src/a", true, false},
		{"/home/*/src/**", "/home/ana/src", true, false},
		{"**/.ssh/**", "/root/.ssh/id", true, true},
		{"/a?b", "/a/b", true, false},
		{"a*", "a\xff", false, true},
	}
	for _, tt := range tests {
		if got := glob(t, tt.pattern, tt.path).match(tt.name); got != tt.want {
			t.Errorf("%s fits %q: %t", tt.pattern, tt.name, got)
		}
	}
}

func TestBadGlobs(t *testing.T) {
	tests := []struct {
		name, pattern string
		path          bool
		want          string
	}{
		{"empty", "", false, "empty pattern"},
		{"two stars", "a**", false, "two stars in a row"},
		{"three stars", "/a/***", true, "more than two stars"},
		{"class", "a[bc]", false, "patterns do not have"},
		{"alternatives", "{a,b}", false, "patterns do not have"},
		{"backslash", `C:\a`, false, "a backslash that is not before"},
		{"backslash at the end", `a\`, false, "a backslash that is not before"},
		{"white space", "a ", false, "white space"},
		{"turned text", "a\u202eb", false, "U+202E"},
		{"long", strings.Repeat("a", maxPattern+1), false, "longer than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parseGlob(tt.pattern, tt.path); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// words returns all texts of up to n of the letters.
func words(letters string, n int) []string {
	all := []string{""}
	for from := 0; n > 0; n-- {
		to := len(all)
		for _, w := range all[from:to] {
			for _, c := range letters {
				all = append(all, w+string(c))
			}
		}
		from = to
	}
	return all
}

// TestGlobRelations compares match with regular expressions, and covers and
// overlaps with all names of up to five letters: what is claimed must hold.
// Patterns are shorter than names, so an overlap shows in one of these.
func TestGlobRelations(t *testing.T) {
	for _, path := range []bool{false, true} {
		names := words("ab/", 5)
		var globs []*Glob
		var fits []map[string]bool
		for _, w := range words("a/*?", 4) {
			g, err := parseGlob(w, path)
			if err != nil {
				continue
			}
			re := strings.NewReplacer("**", ".*", "*", "[^/]*", "?", "[^/]").Replace(w)
			if !path {
				re = strings.NewReplacer("*", ".*", "?", ".").Replace(w)
			}
			want := regexp.MustCompile("^(?s:" + re + ")$")
			fit := map[string]bool{}
			for _, n := range names {
				if g.match(n) != want.MatchString(n) {
					t.Fatalf("%s fits %q: %t", w, n, g.match(n))
				}
				if g.match(n) {
					fit[n] = true
				}
			}
			globs, fits = append(globs, &g), append(fits, fit)
		}
		covered, disjoint := 0, 0
		for i, a := range globs {
			for j, b := range globs {
				common, outside := false, false
				for n := range fits[j] {
					common = common || fits[i][n]
					outside = outside || !fits[i][n]
				}
				if a.covers(b) && outside {
					t.Fatalf("%s does not cover %s", a, b)
				}
				if a.overlaps(b) && !common && len(a.text)+len(b.text) <= 5 || !a.overlaps(b) && common {
					t.Fatalf("%s and %s overlap: %t", a, b, a.overlaps(b))
				}
				if a.covers(b) {
					covered++
				}
				if !a.overlaps(b) {
					disjoint++
				}
			}
		}
		if covered < len(globs) || disjoint == 0 {
			t.Errorf("path %t: %d patterns, %d covered, %d disjoint", path, len(globs), covered, disjoint)
		}
	}
}

// TestGlobTime tries a pattern on which backtracking would not end.
func TestGlobTime(t *testing.T) {
	g := glob(t, strings.Repeat("*a", 200)+"*b", false)
	if g.match(strings.Repeat("a", 20_000)) {
		t.Error("there is no b")
	}
}
