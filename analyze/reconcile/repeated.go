package reconcile

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// repeatedCheck finds records that stand in one evidence more than once. That the
// files of two exports overlap is usual and only counted.
type repeatedCheck struct{}

var _ check = repeatedCheck{}

func (repeatedCheck) name() string { return "repeated" }

// repeatedVersion is the major version of the check's findings.
const repeatedVersion = 1

// maxRepeated bounds the repeated records that are read.
const maxRepeated = 20_000

func (repeatedCheck) run(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	r.Noun = "records"
	var duplicates int64
	err := s.query(ctx, "repeated_count", nil, func(row *sql.Rows) error { return row.Scan(&r.Compared, &duplicates) })
	if err != nil {
		return nil, err
	}
	var of []int64
	copies := map[int64][]int64{}
	var n int64
	err = s.query(ctx, "repeated", []any{sql.Named("duplicates", duplicates > 0), sql.Named("limit", maxRepeated+1)}, func(row *sql.Rows) error {
		var eid, first int64
		if err := row.Scan(&eid, &first); err != nil {
			return err
		}
		if n++; n > maxRepeated {
			return nil
		}
		if len(copies[first]) == 0 {
			of = append(of, first)
		}
		copies[first] = append(copies[first], eid)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if n > maxRepeated {
		r.Notes = append(r.Notes, fmt.Sprintf("there are more than %d records that stand in their file again; only the first are told", maxRepeated))
	}
	if duplicates > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d records repeat another, most often because files overlap; they are counted once everywhere", duplicates))
	}
	var all []int64
	for _, first := range of {
		all = append(append(all, first), copies[first]...)
	}
	rows, err := s.c.Events(ctx, all, []string{"format", "ts"})
	if err != nil {
		return nil, err
	}
	var groups [][]casefile.EventRow
	for _, first := range of {
		n := 1 + len(copies[first])
		groups, rows = append(groups, rows[:n]), rows[n:]
	}
	return s.repeatedFindings(groups), nil
}

// repeatedFindings makes a finding of each record, or of each evidence where
// there are too many.
func (s *survey) repeatedFindings(groups [][]casefile.EventRow) []analyze.Finding {
	paths := map[string]string{}
	for _, item := range s.c.Items() {
		paths[item.SHA256] = item.Path
	}
	many := len(groups) > maxPerCause
	at := map[string]int{}
	records := map[string]int64{}
	var out []analyze.Finding
	for _, g := range groups {
		format, _ := g[0].Values[0].(string)
		evidence := g[0].EvidenceID
		bucket := casefile.EventID(evidence[:placeDigits], g[0].Record, g[0].Part)
		if many {
			bucket = evidence[:placeDigits]
		}
		i, ok := at[bucket]
		if !ok {
			i = len(out)
			at[bucket] = i
			out = append(out, analyze.Finding{
				ID:       analyze.FindingID("reconcile.repeated", repeatedVersion, format, bucket),
				Detector: "reconcile.repeated", Severity: analyze.SeverityLow, Subject: format, Bucket: bucket,
				Title: fmt.Sprintf("a record of %s stands in its file %d times", format, len(g)),
				Explanation: "The copies are equal, and count once. Harmless when the log is delivered at least once; " +
					"a log that is not was put together from others, or written to again.",
				Facts: []analyze.Fact{{Name: "evidence", Value: clip(paths[evidence])}},
			})
		}
		f := &out[i]
		for _, row := range g {
			ts, _ := row.Values[1].(time.Time)
			cite(f, row.EventID, ts)
		}
		records[bucket]++
	}
	for i := range out {
		f := &out[i]
		n := records[f.Bucket]
		if n > 1 {
			f.Title = fmt.Sprintf("%d records of %s stand in their file again", n, f.Subject)
		}
		f.Facts = append(f.Facts, analyze.Fact{Name: "records", Value: n}, analyze.Fact{Name: "copies", Value: f.EventCount - n})
	}
	return out
}
