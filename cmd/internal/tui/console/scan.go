package console

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
)

// token is a piece of SQL. Blanks are between tokens.
type token struct {
	kind     tokenKind
	from, to int
	text     string // as it is written
}

type tokenKind uint8

const (
	tokenWord tokenKind = iota
	tokenQuoted
	tokenString
	tokenNumber
	tokenComment
	tokenSign
)

// look is what a token is drawn as.
func (t *token) look() cell.Kind {
	switch t.kind {
	case tokenWord:
		if isKeyword(t.text) {
			return cell.Key
		}
	case tokenString:
		return cell.String
	case tokenNumber:
		return cell.Number
	case tokenComment:
		return cell.Punct
	}
	return cell.Plain
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// scan cuts SQL into tokens. It takes everything: what is not SQL, DuckDB says.
func scan(s string) []token {
	var out []token
	for at := 0; at < len(s); {
		r, size := utf8.DecodeRuneInString(s[at:])
		if unicode.IsSpace(r) {
			at += size
			continue
		}
		kind, n := scanOne(s[at:], r, size)
		out = append(out, token{kind, at, at + n, s[at : at+n]})
		at += n
	}
	return out
}

func scanOne(s string, r rune, size int) (tokenKind, int) {
	switch {
	case strings.HasPrefix(s, "--"):
		return tokenComment, until(s, "\n", 0)
	case strings.HasPrefix(s, "/*"):
		return tokenComment, until(s, "*/", 2)
	case r == '\'':
		return tokenString, quoteLength(s, '\'')
	case r == '"':
		return tokenQuoted, quoteLength(s, '"')
	case unicode.IsDigit(r):
		return tokenNumber, wordLength(s)
	case isWord(r):
		return tokenWord, wordLength(s)
	}
	return tokenSign, size
}

// until is the length of s up to an end, and so many bytes of that.
func until(s, end string, with int) int {
	if i := strings.Index(s[1:], end); i >= 0 {
		return 1 + i + with
	}
	return len(s)
}

// quoteLength is the length of the quoted text that s begins with; a doubled
// quote is part of it.
func quoteLength(s string, quote byte) int {
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if i+1 == len(s) || s[i+1] != quote {
			return i + 1
		}
		i++
	}
	return len(s)
}

func wordLength(s string) int {
	if i := strings.IndexFunc(s, func(r rune) bool { return !isWord(r) }); i >= 0 {
		return i
	}
	return len(s)
}

// keywords are the words of SQL that are offered and drawn as such.
func keywords() []string {
	return []string{
		"select", "from", "where", "group", "by", "order", "limit", "having", "join", "left", "on", "using", "as", "and", "or", "not", "in", "is",
		"null", "like", "ilike", "between", "case", "when", "then", "else", "end", "distinct", "all", "asc", "desc", "nulls", "first", "last",
		"union", "except", "intersect", "with", "over", "partition", "exists", "cast", "interval", "timestamptz", "explain", "analyze",
		"offset", "filter", "qualify", "exclude", "true", "false", "inner", "cross", "lateral", "unnest", "values",
	}
}

func isKeyword(word string) bool { return slices.Contains(keywords(), strings.ToLower(word)) }

// functions are those of DuckDB that are most worth typing less of.
func functions() []string {
	return []string{
		"count(*)", "sum(", "avg(", "min(", "max(", "median(", "quantile_cont(", "arg_max(", "arg_min(", "list(", "string_agg(", "approx_count_distinct(",
		"date_trunc(", "time_bucket(", "extract(", "coalesce(", "length(", "lower(", "substr(", "contains(", "starts_with(", "regexp_matches(", "regexp_extract(",
		"json_extract_string(", "row_number()", "lag(", "lead(", "make_timestamp(", "printf(", "round(",
	}
}
