package reconcile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// holesCheck looks for what a log itself says is missing from it: a number left
// out of a row of numbers, or a name for a record that is nowhere.
//
// What a log normally leaves out is its habit and no hole: numbers that a
// database gave out and took back, spans whose caller is not instrumented. A
// log is judged by [holeShare] at most being missing.
type holesCheck struct{}

var _ check = holesCheck{}

// holesVersion grows when other things become holes.
const holesVersion = 1

// What is learned from a log before it is judged. The numbers are a choice: of
// twenty things that a log shows as they must be, one that is not is odd, and
// below twenty nobody can say what the log's habit is.
const (
	holeLeast = 20 // things that are as they must be
	holeShare = 20 // one in so many may be missing, else that is a habit
)

// maxHoles bounds the holes of one kind that become findings.
const maxHoles = 500

func (holesCheck) name() string { return "holes" }

// holeKind is one way to see a hole.
type holeKind struct {
	column string // that a log must have for it
	find   func(context.Context, *survey, *CheckReport) ([]analyze.Finding, error)
}

func holeKinds() []holeKind {
	return []holeKind{
		{"sequence", pieceHoles},
		{"parent_message_id", messageHoles},
		{"parent_span_id", spanHoles},
		{"native_id", numberHoles},
	}
}

func (holesCheck) run(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	r.Noun = "records that say what is before them"
	has := map[string]bool{}
	err := s.query(ctx, "holes_columns", nil, func(rows *sql.Rows) error {
		var column string
		err := rows.Scan(&column)
		has[column] = true
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []analyze.Finding
	for _, k := range holeKinds() {
		if !has[k.column] {
			continue
		}
		found, err := k.find(ctx, s, r)
		if err != nil {
			return nil, err
		}
		if len(found) > maxHoles {
			analyze.SortFindings(found)
			r.Notes = append(r.Notes, fmt.Sprintf("there are more holes by %s than the %d that are listed", k.column, maxHoles))
			found = found[:maxHoles]
		}
		out = append(out, found...)
	}
	if r.Compared == 0 {
		r.NotApplicable = "no log of this case numbers its records, or names in enough of them the record before"
	}
	return out, nil
}

// hole is a finding in the making.
type hole struct {
	severity           analyze.Severity
	subject, bucket    string
	title, explanation string
	facts              []analyze.Fact
	first, last        time.Time // of the neighbours
	neighbours         []string  // event ids
}

// near adds an event beside the hole, if there is one.
func (h *hole) near(id sql.NullString, ts sql.NullTime) {
	if !id.Valid || slices.Contains(h.neighbours, id.String) {
		return
	}
	h.neighbours = append(h.neighbours, id.String)
	if !ts.Valid {
		return
	}
	at := ts.Time.UTC()
	if h.first.IsZero() || at.Before(h.first) {
		h.first = at
	}
	if at.After(h.last) {
		h.last = at
	}
}

func (h *hole) finding() analyze.Finding {
	return analyze.Finding{
		ID: analyze.FindingID("reconcile.holes", holesVersion, h.subject, h.bucket), Detector: "reconcile.holes", Severity: h.severity,
		Subject: h.subject, Bucket: h.bucket, Title: h.title, Explanation: h.explanation, Facts: h.facts, First: h.first, Last: h.last,
		Events: h.neighbours[:min(len(h.neighbours), analyze.MaxFindingEvents)], EventCount: int64(len(h.neighbours)),
	}
}
