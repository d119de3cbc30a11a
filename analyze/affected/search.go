package affected

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// search is one search under way. What it finds is in temporary tables of the
// case, by the places of things in the list things.
type search struct {
	c      *casefile.Case
	o      Options
	things []thing // what to look for, sorted
	r      Result

	places []int   // of [Result.Things] in things
	naming []named // where the ids of events that are told go
}

// named is a place for the id of an event.
type named struct {
	eid  int64
	into *string
}

// meet finds the events that hold what is looked for, and their calls.
func (s *search) meet(ctx context.Context) error {
	if n := len(s.things) - maxThings; n > 0 {
		s.r.Left, s.things = n, s.things[:maxThings]
	}
	var places []int64
	var kinds, values []string
	for i, t := range s.things {
		for _, kind := range t.index {
			places, kinds, values = append(places, int64(i)), append(kinds, kind), append(values, t.value)
		}
	}
	var from, to any
	if !s.o.From.IsZero() {
		from = s.o.From.UnixMicro()
	}
	if !s.o.To.IsZero() {
		to = s.o.To.UnixMicro()
	}
	for _, step := range []struct {
		name string
		args []any
	}{
		{"wanted", []any{sql.Named("things", places), sql.Named("kinds", kinds), sql.Named("values", values)}},
		{"held", nil},
		{"met", []any{sql.Named("from", from), sql.Named("to", to)}},
		{"met_unit", nil},
		{"met_row", nil},
	} {
		if err := s.run(ctx, step.name, step.args...); err != nil {
			return err
		}
	}
	return nil
}

// readThings reads what met each thing, and decides which are told.
func (s *search) readThings(ctx context.Context) error {
	if err := s.query(ctx, "population", nil, func(r *sql.Rows) error { return r.Scan(&s.r.Population) }); err != nil {
		return err
	}
	met := map[int]*Thing{} // by the place in s.things
	firsts := map[int]int64{}
	err := s.query(ctx, "things", nil, func(r *sql.Rows) error {
		var at int
		var eid int64
		var t Thing
		err := r.Scan(&at, &t.Calls, &t.Events, &t.Elsewhere, &t.Principals, &t.Sessions, &t.Credentials, &t.Addresses,
			&t.First, &t.Last, &eid, &t.FirstPrincipal)
		t.Kind, t.Value = s.things[at].kind, s.things[at].value
		t.Common = s.isCommon(&t)
		met[at], firsts[at] = &t, eid
		return err
	})
	if err != nil {
		return err
	}
	var order []int
	for at, t := range met {
		if s.r.Start.Kind != StartValue && t.Elsewhere == 0 {
			s.r.Alone++
			continue
		}
		order = append(order, at)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(compareTold(met[a], met[b]), cmp.Compare(a, b)) })
	s.places = order
	s.r.Things = make([]Thing, len(order))
	number := map[int]int{}
	for i, at := range order {
		t := met[at]
		t.No = i + 1
		s.r.Things[i], number[at] = *t, i
		s.naming = append(s.naming, named{firsts[at], &s.r.Things[i].FirstEvent})
	}
	if err := s.readRoles(ctx, number); err != nil {
		return err
	}
	if err := s.readTexts(ctx); err != nil {
		return err
	}
	return s.show(ctx)
}

// Who distinguishes nobody: a thing that more than half of the principals met,
// in a case that has a few of them.
const commonPrincipals = 5

func (s *search) isCommon(t *Thing) bool {
	return s.r.Population >= commonPrincipals && 2*t.Principals > s.r.Population
}

// compareTold orders things: those that distinguish nobody last, then by
// group, then those that most principals and calls met first.
func compareTold(a, b *Thing) int {
	if a.Common != b.Common {
		if a.Common {
			return 1
		}
		return -1
	}
	return cmp.Or(
		cmp.Compare(slices.Index(Groups(), groupOf(a.Kind)), slices.Index(Groups(), groupOf(b.Kind))),
		cmp.Compare(b.Principals, a.Principals), cmp.Compare(b.Calls+b.Events, a.Calls+a.Events),
	)
}

// show decides which things are told: all that distinguish somebody; where
// none does, all.
func (s *search) show(ctx context.Context) error {
	all := !slices.ContainsFunc(s.r.Things, func(t Thing) bool { return !t.Common })
	var shown []int64
	for i := range s.r.Things {
		t := &s.r.Things[i]
		if t.Told = all || !t.Common; t.Told {
			shown = append(shown, int64(s.places[i]))
		}
	}
	return s.run(ctx, "shown", sql.Named("things", shown))
}

// readRoles reads as what things were seen.
func (s *search) readRoles(ctx context.Context, number map[int]int) error {
	eids := make([][]int64, len(s.r.Things))
	err := s.query(ctx, "roles", nil, func(r *sql.Rows) error {
		var at int
		var place, eid int64
		var role Role
		err := r.Scan(&at, &role.Role, &place, &role.First, &eid, &role.Principal, &role.Format, &role.Units)
		if i, ok := number[at]; ok {
			s.r.Things[i].Roles = append(s.r.Things[i].Roles, role)
			eids[i] = append(eids[i], eid)
		}
		return err
	})
	for i := range s.r.Things {
		for j := range s.r.Things[i].Roles {
			s.naming = append(s.naming, named{eids[i][j], &s.r.Things[i].Roles[j].Event})
		}
	}
	return err
}

// readTexts reads the beginnings of the texts.
func (s *search) readTexts(ctx context.Context) error {
	var hashes []string
	for _, t := range s.r.Things {
		if t.Kind == kindContent {
			hashes = append(hashes, t.Value)
		}
	}
	texts, err := s.c.Texts(ctx, hashes, s.o.Excerpt)
	for i := range s.r.Things {
		t := &s.r.Things[i]
		if text, ok := texts[t.Value]; ok && t.Kind == kindContent {
			t.Text, t.Chars = text.Text, text.Chars
		}
	}
	return err
}

// name gives the events that are told their ids.
func (s *search) name(ctx context.Context) error {
	var eids []int64
	for _, n := range s.naming {
		eids = append(eids, n.eid)
	}
	slices.Sort(eids)
	eids = slices.Compact(eids)
	rows, err := s.c.Events(ctx, eids, nil)
	if err != nil {
		return err
	}
	ids := map[int64]string{}
	for _, row := range rows {
		ids[row.EID] = row.EventID
	}
	for _, n := range s.naming {
		*n.into = ids[n.eid]
	}
	return nil
}

// run runs the statements of an embedded file, one by one; each takes those of
// the arguments that it names.
func (s *search) run(ctx context.Context, name string, args ...any) error {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return fmt.Errorf("reading embedded SQL: %w", err)
	}
	for _, q := range strings.Split(string(text), ";\n") {
		if strings.TrimSpace(q) == "" {
			continue
		}
		if _, err := s.c.DB().ExecContext(ctx, q, namedIn(q, args)...); err != nil {
			return fmt.Errorf("running %s.sql: %w", name, err)
		}
	}
	return nil
}

func namedIn(q string, args []any) []any {
	return slices.DeleteFunc(slices.Clone(args), func(a any) bool {
		n, ok := a.(sql.NamedArg)
		return ok && !strings.Contains(q, "$"+n.Name)
	})
}

// query runs one embedded statement and hands each row to row, which must ask
// nothing else of the case.
func (s *search) query(ctx context.Context, name string, args []any, row func(*sql.Rows) error) error {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return fmt.Errorf("reading embedded SQL: %w", err)
	}
	return casefile.EachRow(ctx, s.c.DB(), name, string(text), args, row)
}
