package data

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/formats"
)

// Subjects answers what a person, principal, credential, model or address did.
type Subjects interface {
	// SubjectKind says of which column a value is, "" for none: of several the one
	// with the most events.
	SubjectKind(ctx context.Context, value string) (string, error)
	// SubjectList returns the values of a column with the most events, at most n.
	SubjectList(ctx context.Context, kind string, n int) ([]SubjectValue, error)
	// Subject returns what a subject did. It tells how far it came, of how much.
	Subject(ctx context.Context, kind, value string, progress func(done, total int64)) (*Subject, error)
	// SubjectFindings returns how many events that a finding lists are the subject's,
	// by the id of the finding, without those that list none.
	SubjectFindings(ctx context.Context, kind, value string) (map[string]int, error)
	// SubjectShared returns who used credentials and addresses of a subject too,
	// the most frequent first.
	SubjectShared(ctx context.Context, s *Subject) ([]SubjectOther, error)
}

// SubjectKinds are the columns of events that subjects are values of.
func SubjectKinds() []string {
	return []string{"principal", "person", "credential_id", "model", "src_ip", "end_user", "app"}
}

// SubjectColumns are the columns of which [Subject.Values] has what a subject used.
func SubjectColumns() []string {
	return []string{"operation", "model", "src_ip", "src_country", "client", "region", "destination", "credential_id", "principal", "end_user", "app"}
}

// SubjectValue is a value of a column, with how many calls and other events have
// it, and from when to when. Times are in microseconds since 1970, nil where no
// event has one.
type SubjectValue struct {
	Value       string
	Units       int64
	First, Last *int64
	Event       int64 // eid of one of the first; 0 where it is not known
}

// SubjectHour is what a subject did in an hour.
type SubjectHour struct {
	Start int64 // microseconds since 1970
	SubjectSums
}

// SubjectSums are counts. What no call says is nil.
type SubjectSums struct {
	Calls, Others                               int64 // calls of models, and other events
	Denied, Throttled, Blocked, Errors, Unknown int64 // outcomes of both
	InputTokens, OutputTokens, CostNano         *int64
}

// Subject is what a subject did.
type Subject struct {
	Kind, Value string
	From, To    int64 // of the case; From > To without any time
	First, Last *int64
	Hours       []SubjectHour // those with any, in order
	All         SubjectSums   // with what has no time
	Timeless    int64
	Values      map[string][]SubjectValue // by column, the most frequent first
	// Alone is set where only events that name the subject were counted, because
	// they or those of the case are too many to look for what else shows their
	// calls.
	Alone bool
}

// The bounds of looking for what else shows the calls of a subject: more events of
// it, or of the case, take longer than a person waits. With 1.2 million events it
// took 2 seconds on 2 cores, with 10 million a minute, nearly all of it to read
// the columns of all events.
const (
	maxSiblings    = 100_000
	maxSiblingCase = 3_000_000
)

// SubjectKind implements [Subjects].
func (c *Case) SubjectKind(ctx context.Context, value string) (kind string, err error) {
	kinds := SubjectKinds()
	list := make([]string, len(kinds))
	for i, k := range kinds {
		list[i] = "count(*) filter (" + k + " = $value)"
	}
	counts := make([]int64, len(kinds))
	into := make([]any, len(kinds))
	for i := range counts {
		into[i] = &counts[i]
	}
	fill := map[string]string{"counts": strings.Join(list, ", ")}
	err = c.inBack(ctx, func(k *casefile.Case) error {
		return askFilled(ctx, k, "subject_kinds", fill, []any{sql.Named("value", value)}, func(r *sql.Rows) error { return r.Scan(into...) })
	})
	if most := slices.Max(counts); err == nil && most > 0 {
		kind = kinds[slices.Index(counts, most)]
	}
	return kind, err
}

// SubjectList implements [Subjects].
func (c *Case) SubjectList(ctx context.Context, kind string, n int) (out []SubjectValue, err error) {
	if !slices.Contains(SubjectKinds(), kind) {
		return nil, fmt.Errorf("listing subjects: %q is none of %s", kind, strings.Join(SubjectKinds(), ", "))
	}
	err = c.inBack(ctx, func(k *casefile.Case) error {
		return askFilled(ctx, k, "subject_list", map[string]string{"column": kind, "limit": strconv.Itoa(n)}, nil, func(r *sql.Rows) error {
			var v SubjectValue
			err := r.Scan(&v.Value, &v.Units, &v.First, &v.Last)
			out = append(out, v)
			return err
		})
	})
	return out, err
}

// Subject implements [Subjects].
func (c *Case) Subject(ctx context.Context, kind, value string, progress func(done, total int64)) (*Subject, error) {
	if !slices.Contains(SubjectKinds(), kind) {
		return nil, fmt.Errorf("looking at a subject: %q is none of %s", kind, strings.Join(SubjectKinds(), ", "))
	}
	s := &Subject{Kind: kind, Value: value, From: 1, Values: map[string][]SubjectValue{}}
	err := c.inBack(ctx, func(k *casefile.Case) error { return s.read(ctx, k, progress) })
	if err != nil {
		return nil, err
	}
	return s, nil
}

// maxSubjectRows bounds how many events are read at a time to see whose they are.
const maxSubjectRows = 4096

// SubjectFindings implements [Subjects]. Of a person, who stands in no column of
// the logs, it returns nothing.
func (c *Case) SubjectFindings(ctx context.Context, kind, value string) (map[string]int, error) {
	out := map[string]int{}
	if _, logged := formats.ColumnByName(kind); !logged {
		return out, nil
	}
	err := c.inBack(ctx, func(k *casefile.Case) error {
		of, err := k.FindingEvents(ctx)
		if err != nil {
			return err
		}
		theirs, err := eventsWith(ctx, k, slices.Concat(slices.Collect(maps.Values(of))...), kind, value)
		if err != nil {
			return err
		}
		for finding, eids := range of {
			for _, eid := range eids {
				if theirs[eid] {
					out[finding]++
				}
			}
		}
		return nil
	})
	return out, err
}

// eventsWith tells which of some events have a value in a column.
func eventsWith(ctx context.Context, c *casefile.Case, eids []int64, column, value string) (map[int64]bool, error) {
	slices.Sort(eids)
	eids = slices.Compact(eids)
	out := map[int64]bool{}
	for some := range slices.Chunk(eids, maxSubjectRows) {
		rows, err := c.Events(ctx, some, []string{column})
		if err != nil {
			return nil, err
		}
		for i := range rows {
			if rows[i].Values[0] == any(value) {
				out[rows[i].EID] = true
			}
		}
	}
	return out, nil
}

// read reads what the subject did.
func (s *Subject) read(ctx context.Context, c *casefile.Case, progress func(done, total int64)) error {
	const steps = 4
	var from, to *int64
	var events int64
	err := ask(ctx, c, "subject_span", nil, func(r *sql.Rows) error { return r.Scan(&from, &to, &events) })
	if err != nil {
		return err
	}
	if from != nil && to != nil {
		s.From, s.To = *from, *to
	}
	value := []any{sql.Named("value", s.Value)}
	progress(0, steps)
	if err := askFilled(ctx, c, "subject_events", map[string]string{"column": s.Kind}, value, nil); err != nil {
		return err
	}
	progress(1, steps)
	n := int64(0)
	if err := ask(ctx, c, "subject_count", nil, func(r *sql.Rows) error { return r.Scan(&n) }); err != nil {
		return err
	}
	where := "e.eid in (select eid from subject_event)"
	if s.Alone = n > maxSiblings || events > maxSiblingCase; s.Alone {
		where = "e." + s.Kind + " = $value"
	} else {
		value = nil
		if err := ask(ctx, c, "subject_siblings", nil, nil); err != nil {
			return err
		}
	}
	progress(2, steps)
	if err := s.sum(ctx, c, where, value); err != nil {
		return err
	}
	progress(steps, steps)
	return nil
}

// sum adds up what the events say.
func (s *Subject) sum(ctx context.Context, c *casefile.Case, where string, args []any) error {
	columns := SubjectColumns()
	at := map[string]map[string]*SubjectValue{}
	for _, name := range columns {
		at[name] = map[string]*SubjectValue{}
	}
	var hour, input, output, cost, first, last *int64
	var called bool
	var outcome sql.NullString
	var units, eid int64
	values := make([]sql.NullString, len(columns))
	into := []any{&hour, &called, &outcome}
	for i := range values {
		into = append(into, &values[i])
	}
	into = append(into, &units, &input, &output, &cost, &first, &last, &eid)
	err := askFilled(ctx, c, "subject_sums", map[string]string{"where": where}, args, func(r *sql.Rows) error {
		if err := r.Scan(into...); err != nil {
			return err
		}
		sums := []*SubjectSums{&s.All}
		if hour == nil {
			s.Timeless += units
		} else {
			if n := len(s.Hours); n == 0 || s.Hours[n-1].Start != *hour {
				s.Hours = append(s.Hours, SubjectHour{Start: *hour})
			}
			sums = append(sums, &s.Hours[len(s.Hours)-1].SubjectSums)
		}
		for _, sum := range sums {
			sum.add(called, outcome.String, units, input, output, cost)
		}
		s.First, s.Last = earlier(s.First, first), later(s.Last, last)
		for i, name := range columns {
			if v := values[i].String; v != "" {
				if at[name][v] == nil {
					at[name][v] = &SubjectValue{Value: v}
				}
				at[name][v].add(units, first, last, eid)
			}
		}
		return nil
	})
	for name, list := range at {
		for _, v := range list {
			s.Values[name] = append(s.Values[name], *v)
		}
		slices.SortFunc(s.Values[name], func(a, b SubjectValue) int {
			return cmp.Or(cmp.Compare(b.Units, a.Units), cmp.Compare(a.Value, b.Value))
		})
	}
	return err
}

func (s *SubjectSums) add(called bool, outcome string, units int64, input, output, cost *int64) {
	if called {
		s.Calls += units
	} else {
		s.Others += units
	}
	switch outcome {
	case "success":
	case "denied":
		s.Denied += units
	case "throttled":
		s.Throttled += units
	case "blocked":
		s.Blocked += units
	case "error":
		s.Errors += units
	default:
		s.Unknown += units
	}
	s.InputTokens, s.OutputTokens, s.CostNano = plus(s.InputTokens, input), plus(s.OutputTokens, output), plus(s.CostNano, cost)
}

func (v *SubjectValue) add(units int64, first, last *int64, eid int64) {
	v.Units += units
	if v.Event == 0 || first != nil && (v.First == nil || *first < *v.First) {
		v.Event = eid
	}
	v.First, v.Last = earlier(v.First, first), later(v.Last, last)
}

func plus(a, b *int64) *int64 {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	sum := *a + *b
	return &sum
}

func earlier(a, b *int64) *int64 {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

func later(a, b *int64) *int64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

// SubjectOther is who used a value that a subject used.
type SubjectOther struct {
	Kind, Value string // credential_id or src_ip
	Principal   string
	Events      int64
	First, Last *int64
}

// maxShared bounds the values of which it is looked for who used them too: those
// that the subject used most.
const maxShared = 50

// SubjectShared implements [Subjects].
func (c *Case) SubjectShared(ctx context.Context, s *Subject) (out []SubjectOther, err error) {
	top := func(name string) []string {
		list := []string{}
		for _, v := range s.Values[name][:min(maxShared, len(s.Values[name]))] {
			list = append(list, v.Value)
		}
		return list
	}
	args := []any{sql.Named("credentials", top("credential_id")), sql.Named("addresses", top("src_ip"))}
	err = c.inBack(ctx, func(k *casefile.Case) error {
		return ask(ctx, k, "subject_shared", args, func(r *sql.Rows) error {
			var o SubjectOther
			err := r.Scan(&o.Kind, &o.Value, &o.Principal, &o.Events, &o.First, &o.Last)
			if s.Kind != "principal" || o.Principal != s.Value {
				out = append(out, o)
			}
			return err
		})
	})
	return out, err
}
