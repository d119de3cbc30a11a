package casefile

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Finder says which terms a value holds. [Case.Search] has one for each thread.
type Finder interface {
	// Find returns the numbers of the terms that the value holds, each once; they
	// and the value are valid until the next call.
	Find(p *SearchPlace, value []byte) []int32
}

// SearchPlace is where a value stands: a column of events, messages (texts that
// stand in no column of their own), evidence, record or raw. It is the same
// pointer for all values of a place.
type SearchPlace struct {
	Name string
	// JSON is set where texts stand as strings of JSON, which have escapes.
	JSON bool
	// Said is set for the texts of prompts, replies and messages, which are
	// known by their hash.
	Said   bool
	number int
	how    searchHow
}

// searchHow is how a place is looked through.
type searchHow uint8

const (
	searchWords searchHow = iota // its different values, by the dictionaries of the segments
	searchRows                   // the values of each row
	searchSaid                   // each unique text once
	searchKeys                   // by the index of identifiers: whole values
	searchOther                  // by a hash, or in the records
)

// SearchPlaces lists where a search looks, in the order of the columns.
func SearchPlaces() []*SearchPlace {
	var list []*SearchPlace
	add := func(p SearchPlace) {
		p.number = len(list)
		list = append(list, &p)
	}
	for _, col := range eventColumns() {
		how, ok := searchOf(col)
		if !ok {
			continue
		}
		p := SearchPlace{Name: col.name, how: how, Said: how == searchSaid}
		switch col.name {
		case "tool_calls", "tool_definitions", "retrieved", "parameters", "guardrail_policies":
			p.JSON = true
		}
		add(p)
	}
	add(SearchPlace{Name: "messages", how: searchOther, Said: true})
	add(SearchPlace{Name: "evidence", how: searchOther})
	add(SearchPlace{Name: "record", how: searchOther})
	add(SearchPlace{Name: "raw", how: searchOther, JSON: true})
	return list
}

// searchOf says how a column is looked through. Words of exhibit's own are not,
// and neither are lists of messages: their texts are looked through one by one.
func searchOf(col eventColumn) (searchHow, bool) {
	switch col.name {
	case "ts_precision", "ts_source", "plane", "kind", "outcome", "cost_basis", "content_state", "problem", "input_messages", "output_messages":
		return 0, false
	case "system_prompt", "prompt", "response", "reasoning":
		return searchSaid, true
	case "native_id", "request_id", "trace_id", "span_id", "parent_span_id", "session_id", "response_id", "message_id", "parent_message_id", "tool_call_ids", "other_ids":
		return searchKeys, true
	}
	switch col.typ {
	case typeWord:
		return searchWords, true
	case typeText, typeWide:
		return searchRows, true
	}
	return 0, false
}

// SearchOptions say what to search for.
type SearchOptions struct {
	// NewFinder makes a finder. It is called before the search begins.
	NewFinder func() Finder
	// Whole are values that may be identifiers, which are compared as wholes;
	// the place in the list is the number of the term, "" is none.
	Whole []string
	// Sums are hashes of texts, records or evidence, by term.
	Sums []TermSum
	// Raw looks through the raw records as well.
	Raw     bool
	Threads int
}

// TermSum is a hash that is searched for.
type TermSum struct {
	Term int32
	Sum  [sha256.Size]byte
}

// FoundValue is a value of a column that holds a term.
type FoundValue struct {
	Term  int32
	Place string
	Value string
}

// SearchReport says what a search looked at.
type SearchReport struct {
	Values int64        // different values of columns, and values of columns with many
	Texts  int64        // unique texts of a segment
	Bytes  int64        // of all of them, and of raw records
	Found  []FoundValue // values of columns that hold a term, sorted
}

// Search looks for many terms at once in everything that the case holds, each
// unique text and each value of a column once per segment. It leaves the
// temporary table search_hit(term, place, eid), each row once, with the events
// that hold a term; a place is the number of one of [SearchPlaces]. Duplicates
// are left out.
func (c *Case) Search(ctx context.Context, o SearchOptions) (*SearchReport, error) {
	found, err := c.scan(ctx, &o)
	if err != nil {
		return nil, fmt.Errorf("searching: %w", err)
	}
	if err := c.scanJoined(ctx, o.NewFinder(), found); err != nil {
		return nil, fmt.Errorf("searching texts put together from chunks: %w", err)
	}
	for _, s := range o.Sums {
		found.said[saidHit(s)] = struct{}{}
	}
	if err := c.keepHits(ctx, &o, found); err != nil {
		return nil, fmt.Errorf("searching: %w", err)
	}
	return found.report(), nil
}

// scanned is what was found so far. It is a set: the order in which threads
// come to segments does not matter.
type scanned struct {
	words map[wordHit]struct{}
	said  map[saidHit]struct{}
	rows  []rowHit
	raw   []rawHit

	values, texts, bytes int64
}

type (
	wordHit struct {
		term  int32
		place int
		value string
	}
	saidHit TermSum
	rowHit  struct {
		term  int32
		place int
		eid   int64
	}
	rawHit struct {
		term                      int32
		segment, evidence, record int64
	}
)

func newScanned() *scanned {
	return &scanned{words: map[wordHit]struct{}{}, said: map[saidHit]struct{}{}}
}

func (s *scanned) merge(o *scanned) {
	maps.Copy(s.words, o.words)
	maps.Copy(s.said, o.said)
	s.rows, s.raw = append(s.rows, o.rows...), append(s.raw, o.raw...)
	s.values, s.texts, s.bytes = s.values+o.values, s.texts+o.texts, s.bytes+o.bytes
}

// text notes a unique text and the terms that it holds.
func (s *scanned) text(terms []int32, text, sum []byte) {
	s.texts, s.bytes = s.texts+1, s.bytes+int64(len(text))
	for _, term := range terms {
		s.said[saidHit{term, [sha256.Size]byte(sum)}] = struct{}{}
	}
}

func (s *scanned) report() *SearchReport {
	r := &SearchReport{Values: s.values, Texts: s.texts, Bytes: s.bytes}
	places := SearchPlaces()
	for _, h := range s.sortedWords() {
		r.Found = append(r.Found, FoundValue{Term: h.term, Place: places[h.place].Name, Value: h.value})
	}
	return r
}

func (s *scanned) sortedWords() []wordHit {
	return slices.SortedFunc(maps.Keys(s.words), func(a, b wordHit) int {
		if c := int(a.term) - int(b.term); c != 0 {
			return c
		}
		if c := a.place - b.place; c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
}

// keepHits turns what was found into events.
func (c *Case) keepHits(ctx context.Context, o *SearchOptions, found *scanned) error {
	if err := c.exec(ctx, "search_tables", nil); err != nil {
		return err
	}
	words := found.sortedWords()
	for _, t := range []struct {
		table string
		n     int
		row   func(i int) []driver.Value
	}{
		{"search_word", len(words), func(i int) []driver.Value {
			return []driver.Value{words[i].term, int32(words[i].place), words[i].value}
		}},
		{"search_row", len(found.rows), func(i int) []driver.Value {
			return []driver.Value{found.rows[i].term, int32(found.rows[i].place), found.rows[i].eid}
		}},
		{"search_raw", len(found.raw), func(i int) []driver.Value {
			h := found.raw[i]
			return []driver.Value{h.term, h.segment, h.evidence, h.record}
		}},
	} {
		if err := appendRows(ctx, c.db, t.table, t.n, t.row); err != nil {
			return err
		}
	}
	said := slices.Collect(maps.Keys(found.said))
	if err := appendRows(ctx, c.db, "search_said", len(said), func(i int) []driver.Value {
		return []driver.Value{said[i].Term, said[i].Sum[:]}
	}); err != nil {
		return err
	}
	return c.insertHits(ctx, o, words, found)
}

// insertHits fills search_hit, reading only columns in which something was
// found.
func (c *Case) insertHits(ctx context.Context, o *SearchOptions, words []wordHit, found *scanned) error {
	places := SearchPlaces()
	fill := func(name string) map[string]string {
		out := map[string]string{"events": c.allEvents(), "uses": relation(only(c.events, "uses"), emptyUses)}
		for _, p := range places {
			if p.Name == name {
				out["place"], out["column"], out["hash"] = strconv.Itoa(p.number), QuoteIdent(name), QuoteIdent(name+"_hash")
			}
		}
		return out
	}
	for place, p := range places {
		switch {
		case p.how == searchWords && slices.ContainsFunc(words, func(h wordHit) bool { return h.place == place }):
			if err := c.exec(ctx, "search_words", fill(p.Name)); err != nil {
				return err
			}
		case p.how == searchSaid && len(found.said) > 0:
			if err := c.exec(ctx, "search_texts", fill(p.Name)); err != nil {
				return err
			}
		}
	}
	for _, step := range []struct {
		name, place string
		needed      bool
	}{
		{"search_uses", "messages", len(found.said) > 0},
		{"search_rows", "", len(found.rows) > 0},
		{"search_records", "record", len(o.Sums) > 0},
		{"search_evidence", "evidence", len(o.Sums) > 0},
		{"search_raw", "raw", len(found.raw) > 0},
	} {
		if !step.needed {
			continue
		}
		if err := c.exec(ctx, step.name, fill(step.place)); err != nil {
			return err
		}
	}
	return c.insertKeys(ctx, o.Whole, places)
}

// insertKeys adds the events that have a value as an identifier. The index has
// them by a 64-bit hash, so the values are compared as well.
func (c *Case) insertKeys(ctx context.Context, whole []string, places []*SearchPlace) error {
	if err := appendRows(ctx, c.db, "search_whole", len(whole), func(i int) []driver.Value {
		return []driver.Value{int32(i), nullable(whole[i])}
	}); err != nil {
		return err
	}
	if err := c.exec(ctx, "search_keys", map[string]string{"events": c.allEvents()}); err != nil {
		return err
	}
	for _, p := range places {
		if p.how != searchKeys {
			continue
		}
		name := "search_key"
		if p.Name == "tool_call_ids" || p.Name == "other_ids" {
			name += "_" + p.Name
		}
		fill := map[string]string{"place": strconv.Itoa(p.number), "column": QuoteIdent(p.Name)}
		if err := c.exec(ctx, name, fill); err != nil {
			return err
		}
	}
	return nil
}

// exec runs the statements of an embedded file.
func (c *Case) exec(ctx context.Context, name string, fill map[string]string) error {
	text, err := statement(name, fill)
	if err != nil {
		return err
	}
	if _, err := c.db.ExecContext(ctx, text); err != nil {
		return fmt.Errorf("running %s.sql: %w", name, err)
	}
	return nil
}

// joinedPage is how many calls are read at once whose texts were put together.
const joinedPage = 256

// scanJoined looks through texts that were put together from chunks: what spans
// two of them stands in no event.
func (c *Case) scanJoined(ctx context.Context, f Finder, found *scanned) error {
	said := slices.DeleteFunc(SearchPlaces(), func(p *SearchPlace) bool { return p.how != searchSaid })
	for after, more := int64(-1), true; more; {
		more = false
		args := []any{sql.Named("after", after)}
		err := c.query(ctx, "search_joined", map[string]string{"limit": strconv.Itoa(joinedPage)}, args, func(r *sql.Rows) error {
			more = true
			texts, sums := make([]sql.RawBytes, len(said)), make([]sql.RawBytes, len(said))
			into := []any{&after}
			for i := range texts {
				into = append(into, &texts[i])
			}
			for i := range sums {
				into = append(into, &sums[i])
			}
			if err := r.Scan(into...); err != nil {
				return err
			}
			for i, text := range texts {
				found.text(f.Find(said[i], text), text, sums[i])
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
