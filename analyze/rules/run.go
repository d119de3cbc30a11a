package rules

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Report says what the rules of a set found in a case.
type Report struct {
	Findings []analyze.Finding // in the order of [analyze.SortFindings]
	Rules    []RuleReport      // of rules and correlations, in the order of the set
	// Problems are rules that cannot run, each an [*Error]; those of the set are
	// not repeated.
	Problems []error
}

// RuleReport says what one rule did.
type RuleReport struct {
	*Rule
	// Matches counts events, or calls, that a rule matches, and the windows in
	// which a correlation holds. Of a rule that is only wanted behind others, it
	// counts those that are near a match of these.
	Matches  int64
	Findings int
	// NotApplicable says what the case lacks for the rule; "" when it ran.
	NotApplicable string
	Notes         []string
}

// batchSize is how many rules read a source together.
const batchSize = 64

// runner runs the rules of a set.
type runner struct {
	c       *casefile.Case
	set     *Set
	reports map[*Rule]*RuleReport
	wanted  map[*Rule][]string // fields of its matches, by rule
	alerts  map[*Rule][]alert  // of correlations
	needed  map[*Rule]bool
	only    map[*Rule]string  // where in time a rule is looked for, in SQL
	opens   map[*Rule]bool    // rules that take members out of records
	of      map[*Rule][]*Rule // the correlations that rules are parts of
	leads   map[*Rule]bool    // rules near whose matches others are looked for
	worded  []string          // the columns of the table of wordings; nil before it is there
	report  *Report
}

// Run runs the rules of a set over a case: all of them, or some with what these
// are made of.
func (s *Set) Run(ctx context.Context, c *casefile.Case, only ...*Rule) (*Report, error) {
	r := &runner{
		c: c, set: s, reports: map[*Rule]*RuleReport{}, wanted: map[*Rule][]string{}, alerts: map[*Rule][]alert{}, report: &Report{},
		needed: s.needs(only), only: map[*Rule]string{}, opens: map[*Rule]bool{}, of: map[*Rule][]*Rule{}, leads: map[*Rule]bool{},
	}
	if err := r.run(ctx); err != nil {
		return nil, fmt.Errorf("running rules: %w", err)
	}
	for _, x := range s.Rules {
		if k := r.reports[x]; k != nil {
			r.report.Rules = append(r.report.Rules, *k)
		}
	}
	analyze.SortFindings(r.report.Findings)
	return r.report, nil
}

func (r *runner) run(ctx context.Context) error {
	for _, name := range []string{"macros", "matches"} {
		text, err := statement(name, nil)
		if err != nil {
			return err
		}
		if _, err := r.c.DB().ExecContext(ctx, text); err != nil {
			return fmt.Errorf("running %s.sql: %w", name, err)
		}
	}
	r.want()
	if err := r.match(ctx); err != nil {
		return err
	}
	if err := r.prune(ctx); err != nil {
		return err
	}
	for _, level := range r.set.levels() {
		level = slices.DeleteFunc(level, func(x *Rule) bool { return !r.needed[x] })
		var made []*Rule
		for _, x := range level {
			if x.Kind == KindCorrelation {
				made = append(made, x)
			} else if err := r.single(ctx, x); err != nil {
				return inFile(x.File, wrongLine(x.Line, "%v", err))
			}
		}
		if err := r.correlate(ctx, made); err != nil {
			return err
		}
	}
	return nil
}

// needs lists the rules that some rules are made of, and themselves; without any,
// all.
func (s *Set) needs(only []*Rule) map[*Rule]bool {
	needed := map[*Rule]bool{}
	for _, x := range only {
		needed[x] = true
	}
	for _, level := range slices.Backward(s.levels()) {
		for _, x := range level {
			if len(only) == 0 {
				needed[x] = true
			}
			if needed[x] && x.Kind == KindCorrelation {
				for _, p := range x.correlation.rules {
					needed[p] = true
				}
			}
		}
	}
	return needed
}

// levels lists the rules first, then the correlations of rules, then those of
// these, and so on.
func (s *Set) levels() [][]*Rule {
	var levels [][]*Rule
	done := map[*Rule]bool{}
	for {
		var level []*Rule
		for _, x := range s.Rules {
			ready := x.Kind != KindFilter && !done[x]
			if ready && x.Kind == KindCorrelation {
				ready = !slices.ContainsFunc(x.correlation.rules, func(p *Rule) bool { return !done[p] })
			}
			if ready {
				level = append(level, x)
			}
		}
		if len(level) == 0 {
			return levels
		}
		for _, x := range level {
			done[x] = true
		}
		levels = append(levels, level)
	}
}

// want collects the correlations that rules are parts of, and which fields of the
// matches of a rule these need.
func (r *runner) want() {
	for _, x := range r.set.Rules {
		if x.Kind != KindCorrelation || !r.needed[x] {
			continue
		}
		c := x.correlation
		for i, p := range c.rules {
			r.of[p] = append(r.of[p], x)
			for _, name := range slices.Concat(c.groupBy, c.fields) {
				if f := c.fieldOf(i, name); p.Kind == KindRule && !slices.Contains(r.wanted[p], f) {
					r.wanted[p] = append(r.wanted[p], f)
				}
			}
		}
	}
}

// match fills the table of matches, source by source.
func (r *runner) match(ctx context.Context) error {
	has := map[string]bool{}
	if err := r.query(ctx, "formats", nil, func(rows *sql.Rows) error {
		var format string
		err := rows.Scan(&format)
		has[format] = true
		return err
	}); err != nil {
		return err
	}
	later := r.followers()
	for _, list := range later {
		for _, l := range list {
			r.leads[l.rule] = true
		}
	}
	var now, then []*Rule
	for _, x := range r.set.Rules {
		if !r.needed[x] {
			continue
		}
		k := &RuleReport{Rule: x}
		r.reports[x] = k
		if x.Kind == KindCorrelation {
			continue
		}
		if k.NotApplicable = r.idle(x, has); k.NotApplicable != "" {
			continue
		}
		if later[x] != nil {
			then = append(then, x)
		} else {
			now = append(now, x)
		}
	}
	if err := r.scan(ctx, now); err != nil {
		return err
	}
	var wanted []*Rule
	for _, x := range then {
		near, err := r.near(ctx, later[x])
		if err != nil {
			return err
		}
		if near != "" {
			r.only[x] = near
			wanted = append(wanted, x)
		}
	}
	return r.scan(ctx, wanted)
}

// idle says why a rule cannot run in a case that has some formats, "" when it
// can.
func (r *runner) idle(x *Rule, has map[string]bool) string {
	src, err := sourceOf(x.LogSource)
	switch {
	case err != nil:
		return err.Error()
	case src.vendor() && !slices.ContainsFunc(src.Formats, func(f string) bool { return has[f] }):
		return "the case has no records of " + strings.Join(src.Formats, ", ")
	}
	q := r.queryOf(src, x)
	if list := q.formatsOf(x.matches()); list != nil && !slices.ContainsFunc(list, func(f string) bool { return has[f] }) {
		return "the case has no records of " + strings.Join(list, ", ")
	}
	if _, err := q.compile(); err != nil {
		r.report.Problems = append(r.report.Problems, err)
		return "the rule cannot run here: " + err.Error()
	}
	r.opens[x] = q.reads()
	return ""
}

// pass is what rules must have in common to read a source together.
type pass struct {
	log LogSource
	// text is the column of long text that they look into. Rows are read for the few
	// that have what is looked for in there, and without it for all others.
	text string
	// records says that they take members out of records, whose bytes would be read for
	// the rows of the others too.
	records bool
}

// scan looks for the matches of rules, the log of each source in as few passes
// as possible.
func (r *runner) scan(ctx context.Context, list []*Rule) error {
	var passes []pass
	by := map[pass][]*Rule{}
	for _, x := range list {
		p := pass{x.LogSource, x.longText(), r.opens[x]}
		if by[p] == nil {
			passes = append(passes, p)
		}
		by[p] = append(by[p], x)
	}
	for _, p := range passes {
		src, err := sourceOf(p.log)
		if err != nil {
			return err
		}
		for batch := range slices.Chunk(by[p], batchSize) {
			if err := r.read(ctx, src, batch); err != nil {
				return fmt.Errorf("running the rules for %s: %w", p.log, err)
			}
		}
	}
	return nil
}

// longTexts are the columns whose texts are long and nearly all different.
func longTexts() []string {
	return []string{
		"system_prompt", "prompt", "response", "reasoning", "input_messages", "output_messages", "tool_calls", "tool_definitions", "retrieved",
	}
}

// longText returns the first column of long text that a rule about columns names,
// "" when there is none.
func (r *Rule) longText() (column string) {
	if r.LogSource.Category == "" {
		return ""
	}
	r.matches().walk(func(it *item) {
		if column == "" && slices.Contains(longTexts(), it.field) {
			column = it.field
		}
	})
	return column
}

// read looks for the matches of rules that read a source together.
func (r *runner) read(ctx context.Context, src *Source, rules []*Rule) error {
	rules, err := r.possible(ctx, src, rules)
	if err != nil || len(rules) == 0 {
		return err
	}
	query := r.queryOf(src, rules...)
	if src.view == viewCalls {
		if err := r.narrow(ctx, query); err != nil {
			return err
		}
	}
	q, err := r.keep(ctx, query)
	if err != nil || q == nil {
		return err
	}
	counts, err := r.tally(ctx, "sigma_row", rules, q.when)
	if err != nil {
		return err
	}
	for i, x := range rules {
		if r.reports[x].Matches = counts[i]; counts[i] == 0 {
			continue
		}
		also, err := r.grouped(x, q, i)
		if err != nil {
			return err
		}
		text, err := q.hits(x, i, also)
		if err != nil {
			return err
		}
		if err := r.c.Add(ctx, "sigma_match", text); err != nil {
			return err
		}
	}
	return nil
}

// keep keeps the rows of a query, and says what must hold of them; nil when there are
// none. Records are read a part of the case at a time.
func (r *runner) keep(ctx context.Context, query *query) (*compiled, error) {
	q, err := query.compile()
	if err != nil {
		return nil, err
	}
	if !query.reads() {
		return q, r.c.Keep(ctx, "sigma_row", q.rows)
	}
	query.from, query.records = casefile.PartEvents, casefile.PartRecords
	if q, err = query.compile(); err != nil {
		return nil, err
	}
	into, any := r.c.Keep, false
	err = r.c.EachPart(ctx, func() error {
		err := into(ctx, "sigma_row", q.rows)
		into, any = r.c.Add, true
		return err
	})
	if !any {
		q = nil
	}
	return q, err
}

// tally counts the rows of a table for which each of some conditions holds.
func (r *runner) tally(ctx context.Context, rows string, rules []*Rule, when []string) ([]int64, error) {
	at := map[int]int{}
	var numbers, counts []string
	for i, x := range rules {
		at[x.index] = i
		numbers, counts = append(numbers, strconv.Itoa(x.index)), append(counts, "count(*) filter (where "+when[i]+")")
	}
	text, err := statement("tally", map[string]string{"rows": rows, "rules": strings.Join(numbers, ", "), "counts": strings.Join(counts, ",\n        ")})
	if err != nil {
		return nil, err
	}
	if err := r.c.Keep(ctx, "sigma_count", text); err != nil {
		return nil, err
	}
	out := make([]int64, len(rules))
	return out, r.query(ctx, "counts", nil, func(rows *sql.Rows) error {
		var rule int
		var n int64
		err := rows.Scan(&rule, &n)
		out[at[rule]] = n
		return err
	})
}

func (r *runner) queryOf(src *Source, rules ...*Rule) *query {
	return &query{src: src, rules: rules, wanted: r.wanted, only: r.only, digits: r.c.IDDigits()}
}

// query runs an embedded statement and hands each row to a function.
func (r *runner) query(ctx context.Context, name string, args []any, row func(*sql.Rows) error) error {
	text, err := statement(name, nil)
	if err != nil {
		return err
	}
	return casefile.EachRow(ctx, r.c.DB(), name, text, args, row)
}

// matched is one match of a rule, or an alert of a correlation.
type matched struct {
	rule   *Rule
	ts     int64
	timed  bool
	event  string
	who    *string // principal
	shown  [4]*string
	fields []*string // those that are wanted, in their order
	alert  *alert    // of correlations
}

// shownColumns are the columns whose values findings of single events tell.
func shownColumns() [4]string { return [4]string{"operation", "src_ip", "outcome", "model"} }

// pageSize is how many matches are in memory at a time. A page of them is some tens of
// megabytes.
const pageSize = 64 << 10

// matches hands the matches of rules to a function in the order of time.
func (r *runner) matches(ctx context.Context, rules []*Rule, row func(*matched) error) error {
	var numbers []string
	for _, x := range rules {
		numbers = append(numbers, strconv.Itoa(x.index))
	}
	text, err := statement("ordered", map[string]string{"rules": strings.Join(numbers, ", ")})
	if err != nil {
		return err
	}
	if err := r.c.Keep(ctx, "sigma_ordered", text); err != nil {
		return fmt.Errorf("running ordered.sql: %w", err)
	}
	for from := int64(0); ; from += pageSize {
		var n int
		page := []any{sql.Named("from", from), sql.Named("to", from+pageSize)}
		err := r.query(ctx, "page", page, func(rows *sql.Rows) error {
			n++
			m, err := r.scanMatch(rows)
			if err != nil {
				return err
			}
			return row(m)
		})
		if err != nil || n < pageSize {
			return err
		}
	}
}

// scanMatch reads a row of a page.
func (r *runner) scanMatch(rows *sql.Rows) (*matched, error) {
	var m matched
	var rule int
	var ts sql.NullInt64
	var fields string
	if err := rows.Scan(&rule, &ts, &m.event, &m.who, &m.shown[0], &m.shown[1], &m.shown[2], &m.shown[3], &fields); err != nil {
		return nil, err
	}
	m.rule, m.ts, m.timed = r.set.Rules[rule], ts.Int64, ts.Valid
	if fields != "[]" {
		if err := json.Unmarshal([]byte(fields), &m.fields); err != nil {
			return nil, fmt.Errorf("reading the fields of a match: %w", err)
		}
	}
	return &m, nil
}

// SQL compiles a rule to the statement that finds its matches.
func (r *Rule) SQL() (string, error) {
	if r.Kind != KindRule {
		return "", fmt.Errorf("compiling %s: a %s has no SQL of its own", r.Key(), r.Kind)
	}
	src, err := sourceOf(r.LogSource)
	if err != nil {
		return "", err
	}
	q, err := (&query{src: src, rules: []*Rule{r}}).compile()
	if err != nil {
		return "", err
	}
	hits, err := q.hits(r, 0, always)
	if err != nil {
		return "", err
	}
	return statement("shown", map[string]string{"rows": q.rows, "hits": hits})
}
