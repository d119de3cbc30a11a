package reconcile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// conflict finds records that have the id of another and say something else.
// The id is the log's own and unique in it: one of the two was changed.
type conflict struct{}

var _ check = conflict{}

func (conflict) name() string { return "conflict" }

// conflictVersion is the major version of the check's findings.
const conflictVersion = 1

// maxConflicts bounds the records with the id of another that are read.
const maxConflicts = 2000

// conflictColumns are what makes records with one id differ; the case compares
// the same when it looks for duplicates.
func conflictColumns() []string {
	return []string{
		"ts", "operation", "outcome", "error_code", "error_message", "principal", "credential_id", "src_ip", "user_agent", "model",
		"region", "tenant", "request_id", "session_id", "destination", "issued_credential_id", "input_tokens", "output_tokens",
		"system_prompt_hash", "prompt_hash", "response_hash",
	}
}

func (conflict) run(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	r.Noun = "records with an id of their own"
	if err := s.query(ctx, "native_count", nil, func(row *sql.Rows) error { return row.Scan(&r.Compared) }); err != nil {
		return nil, err
	}
	if r.Compared == 0 {
		r.NotApplicable = "no log in the case gives its records ids of their own"
		return nil, nil
	}
	var with []int64              // the records that are kept, in order
	others := map[int64][]int64{} // those that have their ids
	n := 0
	err := s.query(ctx, "conflicts", []any{sql.Named("limit", maxConflicts+1)}, func(row *sql.Rows) error {
		var eid, of int64
		if err := row.Scan(&eid, &of); err != nil {
			return err
		}
		if n++; n > maxConflicts {
			return nil
		}
		if len(others[of]) == 0 {
			with = append(with, of)
		}
		others[of] = append(others[of], eid)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if n > maxConflicts {
		r.Notes = append(r.Notes, fmt.Sprintf("there are more than %d records that differ from one with the same id; only the first are told", maxConflicts))
	}
	var all []int64
	for _, of := range with {
		all = append(append(all, of), others[of]...)
	}
	rows, err := s.c.Events(ctx, all, append([]string{"format", "native_id"}, conflictColumns()...))
	if err != nil {
		return nil, err
	}
	var groups [][]casefile.EventRow
	for _, of := range with {
		n := 1 + len(others[of])
		groups, rows = append(groups, rows[:n]), rows[n:]
	}
	return conflictFindings(groups), nil
}

// conflictFindings makes a finding of each id, or of each format where there are
// too many.
func conflictFindings(groups [][]casefile.EventRow) []analyze.Finding {
	many := len(groups) > maxPerCause
	at := map[string]int{}
	var out []analyze.Finding
	for _, g := range groups {
		format, _ := g[0].Values[0].(string)
		id, _ := g[0].Values[1].(string)
		bucket := clip(id)
		if many {
			bucket = ""
		}
		columns := differingColumns(g)
		i, ok := at[format+"\x00"+bucket]
		if !ok {
			i = len(out)
			at[format+"\x00"+bucket] = i
			out = append(out, analyze.Finding{
				ID:       analyze.FindingID("reconcile.conflict", conflictVersion, format, bucket),
				Detector: "reconcile.conflict", Severity: analyze.SeverityHigh, Subject: format, Bucket: bucket,
				Title: fmt.Sprintf("%d records of %s have one id, %s, and differ in %s", len(g), format, clip(id), strings.Join(columns, ", ")),
				Explanation: "The id is the log's own and should be there once. One of the records was altered after it was written, or was made up. " +
					"Harmless when the log writes a record again once it knows more.",
				Facts: []analyze.Fact{{Name: "native_id", Value: clip(id)}, {Name: "differ_in", Value: strings.Join(columns, ", ")}},
			})
		}
		f := &out[i]
		for _, row := range g {
			f.EventCount++
			if len(f.Events) < analyze.MaxFindingEvents {
				f.Events = append(f.Events, row.EventID)
			}
			if ts, ok := row.Values[2].(time.Time); ok {
				if f.First.IsZero() || ts.Before(f.First) {
					f.First = ts
				}
				if ts.After(f.Last) {
					f.Last = ts
				}
			}
		}
	}
	if many {
		for i := range out {
			f := &out[i]
			f.Title = fmt.Sprintf("%d records of %s have the id of another of them and say something else", f.EventCount, f.Subject)
			f.Facts = []analyze.Fact{{Name: "records", Value: f.EventCount}}
		}
	}
	return out
}

// differingColumns names the columns in which records differ.
func differingColumns(rows []casefile.EventRow) []string {
	var out []string
	for i, column := range conflictColumns() {
		if slices.ContainsFunc(rows[1:], func(r casefile.EventRow) bool {
			return fmt.Sprint(r.Values[i+2]) != fmt.Sprint(rows[0].Values[i+2])
		}) {
			out = append(out, strings.TrimSuffix(column, "_hash"))
		}
	}
	return out
}
