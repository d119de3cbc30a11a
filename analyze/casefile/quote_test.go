package casefile

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzQuote lets DuckDB read back what the quoters wrote: a name or a text of
// the log must stay one name and one text.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"a", `"`, `""; drop table t; --`, "'", "''; copy t to 'x'", "\\", "a\nb", "$1", "\u202e", "{{events}}"} {
		f.Add(s)
	}
	db, err := openDuck("", duckSettings{threads: 1, memory: 100 << 20})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" || !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return // no name can be empty; DuckDB takes UTF-8 only; a path has no NUL
		}
		rows, err := db.QueryContext(t.Context(), "select "+quoteText(s)+" as "+QuoteIdent(s))
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil || len(names) != 1 || names[0] != s {
			t.Fatalf("name %q came back as %q: %v", s, names, err)
		}
		var got string
		if !rows.Next() || rows.Scan(&got) != nil || got != s || rows.Next() {
			t.Fatalf("text %q came back as %q: %v", s, got, rows.Err())
		}
		if QuoteText(s) != quoteText(s) || strings.ContainsRune(QuoteText(s+"\x00"), 0) {
			t.Fatalf("text %q is quoted as %q", s, QuoteText(s))
		}
	})
}
