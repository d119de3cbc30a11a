package rules

import (
	"cmp"
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
	// known are the columns that can be asked before the rows are read; nil is all.
	known []string
	// from is the view that is read where it is not that of the source, and records that
	// of records where it is not that of all.
	from, records string
	// digits, where known, are those of the evidence in the ids of events.
	digits int

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

// compiled is what finds matches: the rows of the source, as the columns and
// members that rules need of those that can match, and what must hold of such a
// row for each rule. The rows are kept, so that records are taken apart once, and so
// that joining events to calls has ended before anything else needs memory.
type compiled struct {
	rows   string
	when   []string   // of each rule, in their order
	fields [][]string // that are wanted of its matches
}

// compile compiles the rules.
func (q *query) compile() (*compiled, error) {
	q.columns = baseColumns()
	var c compiled
	var before []string
	for _, r := range q.rules {
		when, err := q.expr(r.matches(), true)
		if err != nil {
			return nil, inFile(r.File, err)
		}
		weak, err := q.weak(r.matches(), false)
		if err != nil {
			return nil, inFile(r.File, err)
		}
		if near := q.only[r]; near != "" {
			when, weak = joined(opAnd, []string{near, when}), joined(opAnd, []string{near, weak})
		}
		var fields []string
		for _, name := range q.wanted[r] {
			f, err := q.field(name, r.Line)
			if err != nil {
				return nil, inFile(r.File, err)
			}
			fields = append(fields, f.one())
		}
		before = append(before, weak)
		c.when, c.fields = append(c.when, when), append(c.fields, fields)
	}
	return &c, q.put(&c, before)
}

// put puts the statement of the rows together.
func (q *query) put(c *compiled, before []string) (err error) {
	var where []string
	if q.src.vendor() {
		where = append(where, q.src.ofFormats())
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
	if !q.reads() && q.digits > 0 && q.src.view == viewEvents {
		columns[slices.Index(q.columns, "event_id")] = q.eventID()
	}
	fill := map[string]string{"columns": strings.Join(columns, ", "), "view": cmp.Or(q.from, q.src.view), "where": ""}
	if len(where) > 0 {
		fill["where"] = "where " + strings.Join(where, "\nand ")
	}
	name := "rows"
	if q.reads() {
		name = "records"
		var paths []string
		for _, p := range q.paths {
			paths = append(paths, casefile.QuoteText(p))
		}
		fill["texts"], fill["document"], fill["paths"] = q.texts(), q.document(), strings.Join(paths, ", ")
		fill["any"], fill["records"] = joined(opOr, c.when), cmp.Or(q.records, viewRecords)
	}
	c.rows, err = statement(name, fill)
	return err
}

// reads reports whether what was compiled takes anything out of records.
func (q *query) reads() bool { return q.raw || len(q.fields) > 0 }

// eventID is the column event_id of events, which the view makes of every row
// before it is known whether the row is wanted.
func (q *query) eventID() string {
	return fmt.Sprintf("substr(e.evidence_id, 1, %d) || '-' || e.record || case when e.part > 0 then '.' || e.part else '' end as event_id", q.digits)
}

// ofFormats says in SQL that an event is of the formats of the source.
func (s *Source) ofFormats() string {
	var names []string
	for _, f := range s.Formats {
		names = append(names, casefile.QuoteText(f))
	}
	return "e.format in (" + strings.Join(names, ", ") + ")"
}

// hits selects the matches of a rule, by its place among those of the query, out of
// the rows, as far as another condition holds.
func (c *compiled) hits(r *Rule, at int, also string) (string, error) {
	return statement("hits", map[string]string{
		"rule": strconv.Itoa(r.index), "fields": strings.Join(c.fields[at], ", "), "when": joined(opAnd, []string{c.when[at], also}),
	})
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
