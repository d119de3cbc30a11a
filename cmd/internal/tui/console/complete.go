package console

import (
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
)

// offer is what a word could become.
type offer struct{ text, note string }

// completion is what is offered for the word before the cursor.
type completion struct {
	from   int    // where the word begins
	typed  string // the word, as it was typed
	offers []offer
	chosen int // -1 for none yet
}

// maxOffers bounds what is offered; more is no help.
const maxOffers = 200

// complete finds what the word that ends at a byte of a query could become: the
// tables behind from and join, the columns of a table behind its name and a dot,
// and else the columns of the tables that the query names, then all else.
func complete(surface []data.SurfaceColumn, query string, at int) completion {
	tokens := scan(query)
	before := tokensBefore(tokens, at)
	c := completion{from: at, chosen: -1}
	if n := len(before); n > 0 && before[n-1].kind == tokenWord && before[n-1].to >= at {
		c.from = before[n-1].from
		c.typed = query[c.from:at]
		before = before[:n-1]
	}
	if n := len(before); n > 0 && before[n-1].to >= at && slices.Contains([]tokenKind{tokenString, tokenNumber, tokenComment}, before[n-1].kind) {
		return c
	}
	var all []offer
	switch n := len(before); {
	case n > 1 && before[n-1].text == "." && before[n-1].to == c.from:
		all = columnsOf(surface, []string{aliases(surface, tokens)[strings.ToLower(before[n-2].text)]})
	case wantsTable(before):
		all = tablesOf(surface)
	default:
		all = anything(surface, tokens)
	}
	for _, o := range all {
		if len(o.text) > len(c.typed) && strings.EqualFold(o.text[:len(c.typed)], c.typed) && len(c.offers) < maxOffers &&
			!slices.ContainsFunc(c.offers, func(have offer) bool { return have.text == o.text }) {
			c.offers = append(c.offers, o)
		}
	}
	return c
}

func tokensBefore(tokens []token, at int) []token {
	n := slices.IndexFunc(tokens, func(t token) bool { return t.from >= at })
	if n < 0 {
		return tokens
	}
	return tokens[:n]
}

// wantsTable reports whether the name of a table comes next.
func wantsTable(before []token) bool {
	for _, t := range slices.Backward(before) {
		if t.kind != tokenWord || !isKeyword(t.text) {
			continue
		}
		word := strings.ToLower(t.text)
		last := before[len(before)-1]
		return (word == "from" || word == "join") && (last.from == t.from || last.text == ",")
	}
	return false
}

// aliases are the names that a query gives to tables, in lower case, and those
// of the tables.
func aliases(surface []data.SurfaceColumn, tokens []token) map[string]string {
	out := map[string]string{}
	for _, name := range tableNames(surface) {
		out[name] = name
	}
	for i, t := range tokens {
		table := strings.ToLower(t.text)
		if t.kind != tokenWord || out[table] != table {
			continue
		}
		next := i + 1
		if next < len(tokens) && strings.EqualFold(tokens[next].text, "as") {
			next++
		}
		if next < len(tokens) && tokens[next].kind == tokenWord && !isKeyword(tokens[next].text) {
			out[strings.ToLower(tokens[next].text)] = table
		}
	}
	return out
}

// tableNames are the tables of the surface, in its order.
func tableNames(surface []data.SurfaceColumn) []string {
	var out []string
	for _, col := range surface {
		if len(out) == 0 || out[len(out)-1] != col.Table {
			out = append(out, col.Table)
		}
	}
	return out
}

func tablesOf(surface []data.SurfaceColumn) []offer {
	var out []offer
	for _, name := range tableNames(surface) {
		out = append(out, offer{name, aboutTable(name)})
	}
	return out
}

// columnsOf are the columns of tables.
func columnsOf(surface []data.SurfaceColumn, tables []string) []offer {
	var out []offer
	for _, col := range surface {
		if col.Name != "" && slices.Contains(tables, col.Table) {
			note := strings.ToLower(col.Type)
			if col.Meaning != "" {
				note += ": " + col.Meaning
			}
			out = append(out, offer{col.Name, note})
		}
	}
	return out
}

// namesUnknown reports whether a query names a table whose columns are not known
// yet.
func namesUnknown(surface []data.SurfaceColumn, query string) bool {
	for _, t := range scan(query) {
		if t.kind == tokenWord && slices.ContainsFunc(surface, func(c data.SurfaceColumn) bool { return c.Name == "" && strings.EqualFold(c.Table, t.text) }) {
			return true
		}
	}
	return false
}

// anything is what can stand anywhere: first the columns of the tables that the
// query names, which are those of events where it names none yet.
func anything(surface []data.SurfaceColumn, tokens []token) []offer {
	names := tableNames(surface)
	var named []string
	for _, t := range tokens {
		if word := strings.ToLower(t.text); t.kind == tokenWord && slices.Contains(names, word) {
			named = append(named, word)
		}
	}
	if len(named) == 0 {
		named = []string{"events"}
	}
	out := columnsOf(surface, named)
	for _, word := range keywords() {
		out = append(out, offer{word, ""})
	}
	for _, word := range functions() {
		out = append(out, offer{word, "function"})
	}
	return append(out, tablesOf(surface)...)
}

// shared is what all offers begin with, as the first writes it.
func (c *completion) shared() string {
	if len(c.offers) == 0 {
		return ""
	}
	out := c.offers[0].text
	for _, o := range c.offers[1:] {
		n := 0
		for n < len(out) && n < len(o.text) && out[n] == o.text[n] {
			n++
		}
		out = out[:n]
	}
	return out
}

// aboutTable says in a line what a table of the surface holds.
func aboutTable(name string) string {
	switch name {
	case "events":
		return "every logged event, without repeats"
	case "events_all":
		return "every logged event, with repeats"
	case "calls":
		return "every call, with what all sources say of it"
	case "records":
		return "every record as it was logged, with its bytes"
	case "identifiers":
		return "every id that an event names"
	case "content":
		return "every text that was said, once"
	case "content_use":
		return "which event said which text"
	case "evidence":
		return "every file that was loaded"
	case "findings":
		return "what was found by the last analysis"
	case "finding_events":
		return "the events that show each finding"
	case "call", "act":
		return "made on demand: " + name + "s with who did them"
	}
	return "made on demand for detectors"
}
