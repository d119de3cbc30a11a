package rules

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// statement returns an embedded SQL file with its {{name}} places filled, all in
// one pass: what is filled in may hold the like of a place.
func statement(name string, fill map[string]string) (string, error) {
	data, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return "", fmt.Errorf("reading embedded SQL: %w", err)
	}
	var pairs []string
	for k, v := range fill {
		pairs = append(pairs, "{{"+k+"}}", v)
	}
	return strings.TrimSpace(strings.NewReplacer(pairs...).Replace(string(data))), nil
}

// query compiles rules of one source into one statement, which reads the source
// once.
type query struct {
	src *Source
	// rules with the fields that correlations want of their matches.
	rules  []*Rule
	wanted map[*Rule][]string
	only   map[*Rule]string // a condition that a rule has beside its own

	columns []string // of the view, as they are needed
	paths   []string // JSON pointers that are taken out of a record at once
	fields  []rawField
	raw     bool // the text of the record is needed
}

// rawField is a member of records under a name of ours.
type rawField struct{ name, path, expr string }

// baseColumns are those that every match has.
func baseColumns() []string {
	return []string{"event_id", "ts_corrected", "principal", "operation", "src_ip", "outcome", "model"}
}

// compiled is a statement in two parts: the rows of the source, as the columns and
// members that rules need of those that can match, and which rules match them. The
// rows are kept between, so that records are taken apart once, and so that joining
// events to calls has ended before anything else needs memory.
type compiled struct{ rows, hits string }

// compile compiles the rules.
func (q *query) compile() (*compiled, error) {
	q.columns = baseColumns()
	var hits, any, before []string
	for _, r := range q.rules {
		when, err := q.expr(r.matches())
		if err != nil {
			return nil, inFile(r.File, err)
		}
		if near := q.only[r]; near != "" {
			when = joined(opAnd, []string{near, when})
		}
		var fields []string
		for _, name := range q.wanted[r] {
			f, err := q.field(name, r.Line)
			if err != nil {
				return nil, inFile(r.File, err)
			}
			fields = append(fields, f.one())
		}
		any = append(any, when)
		hits = append(hits, "case when "+when+" then {'rule': "+strconv.Itoa(r.index)+", 'fields': ["+strings.Join(fields, ", ")+"]::varchar[]} end")
		p, err := q.weak(r.matches(), false)
		if err != nil {
			return nil, inFile(r.File, err)
		}
		if near := q.only[r]; near != "" {
			p = joined(opAnd, []string{near, p})
		}
		before = append(before, p)
	}
	return q.put(hits, any, before)
}

// put puts the statement together.
func (q *query) put(hits, any, before []string) (*compiled, error) {
	var where []string
	if q.src.vendor() {
		var names []string
		for _, f := range q.src.Formats {
			names = append(names, casefile.QuoteText(f))
		}
		where = append(where, "e.format in ("+strings.Join(names, ", ")+")")
	}
	// A rule about which the columns say nothing needs every record. Calls are joined
	// from events, and a condition on what is joined makes DuckDB keep the larger
	// side of the joins in memory: they are all kept, and asked then.
	if !slices.Contains(before, always) && q.src.view == viewEvents {
		where = append(where, q.guarded(before))
	}
	var columns []string
	for _, c := range q.columns {
		columns = append(columns, "e."+casefile.QuoteIdent(c))
	}
	fill := map[string]string{"columns": strings.Join(columns, ", "), "view": q.src.view, "where": ""}
	if len(where) > 0 {
		fill["where"] = "where " + strings.Join(where, "\nand ")
	}
	name := "rows"
	if q.raw || len(q.fields) > 0 {
		name = "records"
		var paths []string
		for _, p := range q.paths {
			paths = append(paths, casefile.QuoteText(p))
		}
		fill["texts"], fill["document"], fill["paths"] = q.texts(), q.document(), strings.Join(paths, ", ")
	}
	if name == "rows" && len(where) > 0 {
		any = []string{always} // the columns have decided it
	}
	var c compiled
	var err error
	if c.rows, err = statement(name, fill); err != nil {
		return nil, err
	}
	c.hits, err = statement("hits", map[string]string{"hits": strings.Join(hits, ",\n            "), "any": strings.Join(any, "\n        or ")})
	return &c, err
}

// document is the record of the vendor, taken out of what wraps it.
func (q *query) document() string {
	if len(q.src.inner) == 0 {
		return "e.sigma_raw"
	}
	var b strings.Builder
	b.WriteString("case")
	for _, w := range q.src.inner {
		fmt.Fprintf(&b, " when contains(e.sigma_raw, %s) then coalesce(sigma_object(try(json_extract_string(e.sigma_raw, %s))), e.sigma_raw)",
			casefile.QuoteText(w.word), casefile.QuoteText(w.pointer))
	}
	b.WriteString(" else e.sigma_raw end")
	return b.String()
}

// texts are the columns that are made of the record: the record, where a keyword
// is looked for, and the values of its members.
func (q *query) texts() string {
	var list []string
	if q.raw {
		list = append(list, "e.sigma_raw")
	}
	for _, f := range q.fields {
		list = append(list, f.expr+" as "+f.name)
	}
	return strings.Join(list, ",\n    ")
}
