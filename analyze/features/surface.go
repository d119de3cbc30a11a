package features

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// NeedFor makes the tables that a query of a user names, so that it can read them
// as it reads the views of the case.
func (s *Set) NeedFor(ctx context.Context, query string) error {
	all := Names()
	for _, name := range s.c.Named(ctx, query) {
		if !slices.Contains(all, name) {
			continue
		}
		if err := s.Need(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// Columns lists the columns of the views of the case and of the tables here. The
// tables are not made for it: views of the same statements have the same columns.
// They stand in the way of the tables, so that the case is for nothing else then.
func Columns(ctx context.Context, c *casefile.Case) ([]casefile.TableColumn, error) {
	for _, name := range Names() {
		text, err := files.ReadFile(name + ".sql")
		if err != nil {
			return nil, fmt.Errorf("reading embedded SQL: %w", err)
		}
		view := strings.Replace(expand(string(text)), "create or replace temp table ", "create temp view ", 1)
		if _, err := c.DB().ExecContext(ctx, view); err != nil {
			return nil, fmt.Errorf("describing table %s: %w", name, err)
		}
	}
	return c.Tables(ctx, Names()...)
}

// Meaning says in a line what a column of a table is, "" where its name says it
// all. Times are whole microseconds since 1970 in UTC.
func Meaning(table, column string) string {
	if of, ok := strings.CutPrefix(column, "with_"); ok {
		return "calls that say " + strings.ReplaceAll(of, "_", " ") + "; without any, the number is NULL"
	}
	switch column {
	case "actor":
		return "who did it: person, else principal, credential, end user, app or address"
	case "dimension":
		return "what the subject is: actor, person, principal, credential, model, app or session"
	case "subject":
		return "whose row it is"
	case "at_us":
		if table == "call" || table == "act" {
			return "when, in microseconds since 1970 UTC; make_timestamp(at_us) shows it"
		}
		return "where the time of the row begins, in microseconds since 1970 UTC; make_timestamp(at_us) shows it"
	case "hour_of_week":
		return "0 is Monday 00:00 to 01:00 UTC, 167 Sunday 23:00"
	case "hours":
		return "in how many such hours the subject was seen"
	case "least_calls", "most_calls":
		return strings.TrimSuffix(column, "_calls") + " calls in one such hour"
	case "attribute":
		return "what the value is: model, address, client, region ..."
	case "first_at", "last_at":
		return "first and last time, in microseconds since 1970 UTC"
	case "first_eid":
		return "eid of the first event"
	case "before":
		return "the operation right before"
	case "times":
		return "how often the two followed each other"
	}
	return ""
}
