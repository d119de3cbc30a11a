package reconcile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/formats"
)

// maxGaps bounds the runs of missing numbers that are read, of all calls, and
// maxGapsNamed those that a finding spells out.
const (
	maxGaps      = 10 * maxHoles
	maxGapsNamed = 10
)

// pieceHoles finds calls whose pieces are numbered and lack numbers: one that
// is left out, or the first. That the last is missing nobody can see, for no
// log says how many there are.
func pieceHoles(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	if err := s.exec(ctx, "holes_pieces"); err != nil {
		return nil, err
	}
	judged := []string{}
	err := s.query(ctx, "holes_pieces_habit", nil, func(rows *sql.Rows) error {
		var format string
		var calls, several, whole int64
		if err := rows.Scan(&format, &calls, &several, &whole); err != nil {
			return err
		}
		switch gaps := calls - whole; {
		case cutsTexts(format), numbersPieces(format) && several >= holeLeast && gaps*holeShare <= calls:
			judged = append(judged, format)
			r.Compared += calls
		case numbersPieces(format) && several >= holeLeast:
			r.Notes = append(r.Notes, fmt.Sprintf("%s leaves numbers out in %s of %s in pieces: that is its habit, and says nothing of a single one",
				format, count(gaps), counted(calls, "call")))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var calls []*pieces
	args := []any{sql.Named("formats", judged), sql.Named("limit", maxGaps)}
	err = s.query(ctx, "holes_pieces_missing", args, func(rows *sql.Rows) error {
		var p pieces
		var g numberGap
		if err := rows.Scan(&p.format, &p.call, &p.there, &p.last, &g.before, &g.after, &g.beforeID, &g.afterID, &g.beforeTS, &g.afterTS); err != nil {
			return err
		}
		if n := len(calls); n == 0 || calls[n-1].format != p.format || calls[n-1].call != p.call {
			calls = append(calls, &p)
		}
		at := calls[len(calls)-1]
		at.gaps = append(at.gaps, g)
		return nil
	})
	var out []analyze.Finding
	for _, p := range calls {
		out = append(out, p.hole().finding())
	}
	return out, err
}

// cutsTexts reports whether the numbers of a format are those of chunks of a
// text, one after the other, so that none may be missing.
func cutsTexts(format string) bool {
	return slices.ContainsFunc(formats.All(), func(f formats.Format) bool {
		_, ok := f.(formats.Joiner)
		return ok && f.Name() == format
	})
}

// numbersPieces reports whether a format may number pieces one after the other:
// messages stored by OpenAI have their place in their id, and of a log that a
// map reads nobody knows. The numbers of the others say which part of a call a
// record is, the request or the reply, and not every call has each.
func numbersPieces(format string) bool {
	return slices.Contains([]string{"openai-stored", "jsonl", "table"}, format)
}

// numberGap is a run of numbers that are missing, between two that are there;
// before is 0 and has no event where the run is the first.
type numberGap struct {
	before, after     int64
	beforeID, afterID sql.NullString
	beforeTS, afterTS sql.NullTime
}

func (g *numberGap) missing() int64 { return g.after - g.before - 1 }

// numbers are those that are missing.
func (g *numberGap) numbers() string {
	if g.missing() == 1 {
		return fmt.Sprint(g.before + 1)
	}
	return fmt.Sprintf("%d to %d", g.before+1, g.after-1)
}

// pieces are those of one call in one log.
type pieces struct {
	format, call string
	there, last  int64 // how many there are, and the last number
	gaps         []numberGap
}

func (p *pieces) hole() *hole {
	h := &hole{severity: analyze.SeverityLow, subject: p.format, bucket: p.call}
	var numbers []string
	inner := false
	for i := range p.gaps {
		g := &p.gaps[i]
		inner = inner || g.beforeID.Valid
		h.near(g.beforeID, g.beforeTS)
		h.near(g.afterID, g.afterTS)
		if i < maxGapsNamed {
			numbers = append(numbers, g.numbers())
		}
	}
	if len(p.gaps) > maxGapsNamed {
		numbers = append(numbers, "others")
	}
	missing := p.last - p.there
	h.title = fmt.Sprintf("%s lacks %s of a call: %s", p.format, counted(missing, "piece"), sequence(numbers))
	h.facts = []analyze.Fact{
		{Name: "call", Value: p.call},
		{Name: "missing", Value: strings.Join(numbers, ", ")},
		{Name: "pieces_missing", Value: missing},
		{Name: "pieces_there", Value: p.there},
		{Name: "last_number", Value: p.last},
	}
	h.explanation = fmt.Sprintf("%s numbers the pieces of a call from 1 without gaps. Of the call %s it has %s, the last with the number %d; whether more came after that no log says. ",
		p.format, p.call, counted(p.there, "piece"), p.last)
	if inner {
		h.severity = analyze.SeverityMedium
		h.explanation += "What is missing between them was written and is not there any more: it was taken out, or the export left it out."
	} else {
		h.explanation += "The first is missing: the log begins in the middle of the call, or its beginning was taken out."
	}
	return h
}
