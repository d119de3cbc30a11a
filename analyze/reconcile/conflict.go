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

// conflictCheck finds records that have the id of another and say something else.
// The id is the log's own and unique in it: one of the two was changed.
type conflictCheck struct{}

var _ check = conflictCheck{}

func (conflictCheck) name() string { return "conflict" }

// conflictVersion is the major version of the check's findings.
const conflictVersion = 2

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

func (conflictCheck) run(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
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

// conflictFindings makes a finding of each id whose records contradict each
// other, or of each format where there are too many. Records that only say less
// than another are told together where they lack the same: an export without a
// column repeats every record so.
func conflictFindings(groups [][]casefile.EventRow) []analyze.Finding {
	contradicting := 0
	for _, g := range groups {
		if differ, _ := differingColumns(g); len(differ) > 0 {
			contradicting++
		}
	}
	at := map[string]int{}
	ids := map[int]int{} // ids told by a finding
	var out []analyze.Finding
	for _, g := range groups {
		differ, lack := differingColumns(g)
		if len(differ)+len(lack) == 0 {
			continue // only the precision of their times differs
		}
		format, _ := g[0].Values[0].(string)
		id, _ := g[0].Values[1].(string)
		bucket := clip(id)
		if len(differ) == 0 {
			bucket = "without " + strings.Join(lack, ", ")
		} else if contradicting > maxPerCause {
			bucket = "differ"
		}
		i, ok := at[format+"\x00"+bucket]
		if !ok {
			i = len(out)
			at[format+"\x00"+bucket] = i
			out = append(out, conflictFinding(g, format, bucket, differ, lack))
		}
		ids[i]++
		for _, row := range g {
			ts, _ := row.Values[2].(time.Time)
			cite(&out[i], row.EventID, ts)
		}
	}
	for i := range out {
		if ids[i] > 1 {
			tellTogether(&out[i], ids[i])
		}
	}
	return out
}

// tellTogether makes the finding of one id that of several.
func tellTogether(f *analyze.Finding, ids int) {
	facts := []analyze.Fact{{Name: "ids", Value: int64(ids)}, {Name: "records", Value: f.EventCount}}
	if without, ok := strings.CutPrefix(f.Bucket, "without "); ok {
		f.Title = fmt.Sprintf("%d ids of %s stand in several records, not all of which say %s", ids, f.Subject, without)
		facts = append(facts, analyze.Fact{Name: "not_in_all", Value: without})
	} else {
		f.Title = fmt.Sprintf("%d ids of %s stand in several records that say different things", ids, f.Subject)
	}
	f.Facts = facts
}

// conflictFinding begins the finding of one id. Records of which one only says
// less than the other can be two exports of the same.
func conflictFinding(g []casefile.EventRow, format, bucket string, differ, lack []string) analyze.Finding {
	id, _ := g[0].Values[1].(string)
	f := analyze.Finding{
		ID:       analyze.FindingID("reconcile.conflict", conflictVersion, format, bucket),
		Detector: "reconcile.conflict", Severity: analyze.SeverityHigh, Subject: format, Bucket: bucket,
		Title: fmt.Sprintf("%d records of %s have one id, %s, and differ in %s", len(g), format, clip(id), strings.Join(differ, ", ")),
		Explanation: "The id is the log's own and should be there once. One of the records was altered after it was written, or was made up. " +
			"Harmless when the log writes a record again once it knows more.",
		Facts: []analyze.Fact{
			{Name: "native_id", Value: clip(id)},
			{Name: "differ_in", Value: strings.Join(differ, ", ")},
			{Name: "not_in_all", Value: strings.Join(lack, ", ")},
		},
	}
	if len(differ) == 0 {
		f.Severity = analyze.SeverityLow
		f.Title = fmt.Sprintf("%d records of %s have one id, %s, and not all of them say %s", len(g), format, clip(id), strings.Join(lack, ", "))
		f.Explanation = "The id is the log's own and should be there once. What both say is the same. " +
			"Harmless when they come from two exports of which one has less; else something was taken out of one."
	}
	return f
}

// differingColumns names the columns in which records say different things, and
// those that only some of them have. Times of one second are the same: exports
// write them to different precisions.
func differingColumns(rows []casefile.EventRow) (differ, lack []string) {
	for i, column := range conflictColumns() {
		var said []string
		for _, r := range rows {
			switch v := r.Values[i+2].(type) {
			case nil:
			case time.Time:
				said = append(said, v.Truncate(time.Second).String())
			default:
				said = append(said, fmt.Sprint(v))
			}
		}
		name := strings.TrimSuffix(column, "_hash")
		switch {
		case slices.ContainsFunc(said, func(s string) bool { return s != said[0] }):
			differ = append(differ, name)
		case len(said) > 0 && len(said) < len(rows):
			lack = append(lack, name)
		}
	}
	return differ, lack
}
