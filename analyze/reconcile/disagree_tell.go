package reconcile

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// disagreeVersion is the major version of the check's findings.
const disagreeVersion = 1

// placeDigits is how many digits of an evidence's SHA-256 name a record in a
// finding's bucket, so that it is the same whatever else is in the case.
const placeDigits = 12

// maxOdd bounds the pairs of records that are looked at one by one.
const maxOdd = 10_000

// oddCall is a call of which its records say different things.
type oddCall struct {
	call   int64
	events map[int]int64      // by bit of the source
	pairs  map[int][]*[2]int  // by field: the sources that contradict each other
	said   map[int]*saidEvent // by bit
}

// saidEvent is what one record says, in the order of fields.
type saidEvent struct {
	id        string
	place     string // as id, with as many digits in every case
	at        time.Time
	principal string
	values    []string // "" where it says nothing
}

// tell makes findings of the calls that contradict the habits of their sources.
func (c *contradictions) tell(ctx context.Context, odd []*told) ([]analyze.Finding, error) {
	if len(odd) == 0 {
		return nil, nil
	}
	calls, err := c.oddCalls(ctx, odd)
	if err != nil {
		return nil, err
	}
	if err := c.readSaid(ctx, calls); err != nil {
		return nil, err
	}
	var all []*contradiction
	for _, x := range calls {
		all = append(all, c.blameRecords(x)...)
	}
	return c.findings(all), nil
}

// oddCalls reads the calls, in order.
func (c *contradictions) oddCalls(ctx context.Context, odd []*told) ([]*oddCall, error) {
	by := map[uint64]*told{}
	var keys []uint64
	for _, t := range odd {
		by[t.key] = t
		keys = append(keys, t.key)
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("writing keys: %w", err)
	}
	var out []*oddCall
	n := 0
	err = c.query(ctx, "told_calls", []any{sql.Named("keys", string(list)), sql.Named("limit", maxOdd+1)}, func(r *sql.Rows) error {
		var call int64
		var bits [2]int
		var eids [2]int64
		var key uint64
		if err := r.Scan(&call, &bits[0], &bits[1], &eids[0], &eids[1], &key); err != nil {
			return err
		}
		if n++; n > maxOdd {
			return nil
		}
		if len(out) == 0 || out[len(out)-1].call != call {
			out = append(out, &oddCall{call: call, events: map[int]int64{}, pairs: map[int][]*[2]int{}, said: map[int]*saidEvent{}})
		}
		x := out[len(out)-1]
		for i, bit := range bits {
			x.events[bit] = eids[i]
		}
		for _, f := range by[key].odd {
			x.pairs[f] = append(x.pairs[f], &bits)
		}
		return nil
	})
	if n > maxOdd {
		c.report.Notes = append(c.report.Notes, fmt.Sprintf("there are more than %d contradictions; only the first are told", maxOdd))
	}
	return out, err
}

// readSaid reads what all records of the calls say, also those that contradict
// nobody: they show which one stands alone.
func (c *contradictions) readSaid(ctx context.Context, calls []*oddCall) error {
	var ids []int64
	at := map[int64]*oddCall{}
	for _, x := range calls {
		ids = append(ids, x.call)
		at[x.call] = x
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return fmt.Errorf("writing calls: %w", err)
	}
	type place struct {
		call *oddCall
		bit  int
	}
	var eids []int64
	var places []place
	err = c.query(ctx, "told_events", []any{sql.Named("calls", string(list))}, func(r *sql.Rows) error {
		var call, eid int64
		var bit int
		err := r.Scan(&call, &bit, &eid)
		eids = append(eids, eid)
		places = append(places, place{at[call], bit})
		return err
	})
	if err != nil {
		return err
	}
	columns := []string{"ts", "principal"}
	for _, f := range fields() {
		columns = append(columns, f.column)
	}
	rows, err := c.c.Events(ctx, eids, columns)
	if err != nil {
		return err
	}
	for i := range rows {
		e := &saidEvent{id: rows[i].EventID, place: casefile.EventID(rows[i].EvidenceID[:placeDigits], rows[i].Record, rows[i].Part)}
		e.at, _ = rows[i].Values[0].(time.Time)
		e.principal, _ = rows[i].Values[1].(string)
		for _, v := range rows[i].Values[2:] {
			if v == nil {
				e.values = append(e.values, "")
			} else {
				e.values = append(e.values, fmt.Sprint(v))
			}
		}
		places[i].call.said[places[i].bit] = e
	}
	return nil
}

// contradiction is what one record, or one of two, says differently of a call.
type contradiction struct {
	call   *oddCall
	odd    int // bit of the source that stands alone; -1 where nobody can tell
	fields []int
}

// blameRecords finds which record of a call stands alone in what: the one that
// contradicts most others, and that says what the fewest say.
func (c *contradictions) blameRecords(x *oddCall) []*contradiction {
	by := map[int]*contradiction{}
	for _, f := range slices.Sorted(maps.Keys(x.pairs)) {
		votes := map[int]int{}
		for _, p := range x.pairs[f] {
			votes[p[0]]++
			votes[p[1]]++
		}
		odd := alone(votes)
		if odd < 0 {
			backed := map[int]int{}
			for bit := range votes {
				backed[bit] = -x.backing(bit, f)
			}
			odd = alone(backed)
		}
		if by[odd] == nil {
			by[odd] = &contradiction{call: x, odd: odd}
		}
		by[odd].fields = append(by[odd].fields, f)
	}
	var out []*contradiction
	for _, odd := range slices.Sorted(maps.Keys(by)) {
		out = append(out, by[odd])
	}
	return out
}

// alone returns the source with the most votes, or -1 when there are several.
func alone(votes map[int]int) int {
	best, odd := 0, -1
	for i, bit := range slices.Sorted(maps.Keys(votes)) {
		switch n := votes[bit]; {
		case i == 0 || n > best:
			best, odd = n, bit
		case n == best:
			odd = -1
		}
	}
	return odd
}

// backing counts the other sources that say of a field what one says.
func (x *oddCall) backing(bit, f int) int {
	own, n := x.said[bit], 0
	for other, said := range x.said {
		if other != bit && own != nil && own.values[f] != "" && said.values[f] == own.values[f] {
			n++
		}
	}
	return n
}

// findings makes a finding of each contradiction, or draws those of one source
// and the same fields together where there are too many: by the hour, then all.
func (c *contradictions) findings(all []*contradiction) []analyze.Finding {
	groupings := []func(*contradiction) string{
		func(x *contradiction) string { return c.callName(x) },
		func(x *contradiction) string { return c.fieldNames(x) + ", " + c.hour(x) },
		func(x *contradiction) string { return c.fieldNames(x) },
	}
	for i, bucket := range groupings {
		type group struct{ subject, bucket string }
		groups := map[group][]*contradiction{}
		for _, x := range all {
			g := group{c.subject(x), bucket(x)}
			groups[g] = append(groups[g], x)
		}
		if len(groups) > maxPerCause && i < len(groupings)-1 {
			continue
		}
		var out []analyze.Finding
		for _, g := range slices.SortedFunc(maps.Keys(groups), func(a, b group) int {
			return cmp.Or(cmp.Compare(a.subject, b.subject), cmp.Compare(a.bucket, b.bucket))
		}) {
			out = append(out, c.finding(g.subject, g.bucket, groups[g]))
		}
		return out
	}
	return nil
}

// subject names the source that stands alone, or those that contradict each
// other.
func (c *contradictions) subject(x *contradiction) string {
	if x.odd >= 0 {
		return c.sources[x.odd].name
	}
	var names []string
	for _, bit := range c.inOrder(x.against()) {
		names = append(names, c.sources[bit].name)
	}
	return strings.Join(names, " and ")
}

// against returns the sources that contradict each other in the fields.
func (x *contradiction) against() map[int]bool {
	bits := map[int]bool{}
	for _, f := range x.fields {
		for _, p := range x.call.pairs[f] {
			bits[p[0]], bits[p[1]] = true, true
		}
	}
	return bits
}

// inOrder returns the sources of a set, those nearest to the provider first.
func (c *contradictions) inOrder(bits map[int]bool) []int {
	var out []int
	for _, x := range c.byRole() {
		if bits[x.bit] {
			out = append(out, x.bit)
		}
	}
	return out
}

func (c *contradictions) fieldNames(x *contradiction) string {
	var out []string
	for _, f := range x.fields {
		out = append(out, fields()[f].name)
	}
	return strings.Join(out, ", ")
}

// callName tells the call from others in every run and in every order of loads:
// by the place of its first record.
func (c *contradictions) callName(x *contradiction) string {
	return x.call.said[c.bitsOf(x)[0]].place
}

// bitsOf returns the sources of a call: the one that stands alone first, or
// those that contradict each other, then the others, from the provider towards
// the caller.
func (c *contradictions) bitsOf(x *contradiction) []int {
	first := map[int]bool{x.odd: x.odd >= 0}
	if x.odd < 0 {
		first = x.against()
	}
	others := map[int]bool{}
	for bit := range x.call.said {
		others[bit] = !first[bit]
	}
	return append(c.inOrder(first), c.inOrder(others)...)
}

// at returns when the call was: by the source that sees it first.
func (c *contradictions) at(x *contradiction) (time.Time, string) {
	bits := map[int]bool{}
	for bit := range x.call.said {
		bits[bit] = true
	}
	first := c.inOrder(bits)[0]
	return x.call.said[first].at, x.call.said[first].principal
}

func (c *contradictions) hour(x *contradiction) string {
	at, _ := c.at(x)
	if at.IsZero() {
		return "no time"
	}
	return at.UTC().Format("2006-01-02T15")
}

// finding makes one finding of contradictions of the same kind.
func (c *contradictions) finding(subject, bucket string, list []*contradiction) analyze.Finding {
	first := list[0]
	f := analyze.Finding{
		ID:       analyze.FindingID("reconcile.disagree", disagreeVersion, subject, bucket),
		Detector: "reconcile.disagree",
		Severity: severityOfFields(first),
		Subject:  subject,
		Bucket:   bucket,
		Facts: []analyze.Fact{
			{Name: "fields", Value: c.fieldNames(first)},
			{Name: "calls", Value: int64(len(list))},
		},
	}
	for _, x := range list {
		f.Severity = max(f.Severity, severityOfFields(x))
		for _, bit := range c.bitsOf(x) {
			at, _ := c.at(x)
			cite(&f, x.call.said[bit].id, at)
		}
	}
	_, principal := c.at(first)
	who := prefixed(" of ", clip(principal), "")
	others := "differ"
	if first.odd >= 0 {
		others = "stands alone"
	}
	f.Title = fmt.Sprintf("%s %s in what is said of %s: %s", subject, others, counted(int64(len(list)), "call"), c.fieldNames(first))
	if len(list) == 1 {
		f.Title = fmt.Sprintf("%s %s in what is said of a call%s: %s", subject, others, who, c.fieldNames(first))
		f.Facts = append(f.Facts, c.sayings(first)...)
	}
	f.Explanation = "Other records of such calls agree in this. One record was altered, or is of another call than its ids say. " +
		"Harmless when a log writes such a value another way in rare cases."
	return f
}

// severityOfFields says how much it matters: who did it and what was said is
// what an investigation rests on.
func severityOfFields(x *contradiction) analyze.Severity {
	for _, i := range x.fields {
		switch fields()[i].column {
		case "principal", "tenant", "model", "outcome", "credential_id", "system_prompt_hash", "prompt_hash", "response_hash":
			return analyze.SeverityHigh
		}
	}
	return analyze.SeverityMedium
}

// sayings are what each source says of the fields, texts by their hashes.
func (c *contradictions) sayings(x *contradiction) []analyze.Fact {
	bits := map[int]bool{}
	for bit := range x.call.said {
		bits[bit] = true
	}
	var out []analyze.Fact
	for _, i := range x.fields {
		f := fields()[i]
		for _, bit := range c.inOrder(bits) {
			value := x.call.said[bit].values[i]
			if value == "" {
				continue
			}
			if strings.HasSuffix(f.column, "_hash") {
				value = value[:min(len(value), 12)]
			}
			out = append(out, analyze.Fact{Name: f.column + "." + c.sources[bit].name, Value: clip(value)})
		}
	}
	return out
}
