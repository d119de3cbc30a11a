package detectors

import (
	"context"
	"database/sql"
	"math"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

// meanCell is what the calls of a subject in a piece of time had on average, on
// the scale of logarithms.
type meanCell struct {
	at  int64 // the piece of time, since 1970
	n   int64 // calls
	sum int64 // of the logarithms, in 1e-6
}

func (c *meanCell) mean() float64 { return float64(c.sum) / 1e6 / float64(c.n) }

// meanSeries are the cells of a subject, in order of time.
type meanSeries struct {
	subject, actor string
	cells          []meanCell
}

// minCells is how many pieces of time a subject must have that are not of the day
// that is looked at: scales estimated from fewer say little.
const minCells = 20

// together is the share of the variance between pieces of time that calls of one
// piece have in common, however many they are. Calls of a conversation are alike.
const together = 0.05

// meanTests tests for every piece of time of every subject whether its calls had
// so much on average, or more. The pieces of the same day are no part of what it
// is compared with. perDay is how many pieces a day has.
func meanTests(list []*meanSeries, perDay int64) *hourTests {
	t := &hourTests{}
	for i, s := range list {
		values := make([]float64, len(s.cells))
		for j := range s.cells {
			values[j] = s.cells[j].mean()
		}
		for from, to := 0, 0; from < len(s.cells); from = to {
			day := s.cells[from].at / perDay
			for to = from; to < len(s.cells) && s.cells[to].at/perDay == day; to++ {
			}
			if len(s.cells)-(to-from) < minCells {
				continue
			}
			others := slices.Concat(values[:from], values[to:])
			own := statistic.RobustOf(others)
			if !(own.Scale > 0) {
				continue
			}
			scaled := make([]float64, 0, len(others))
			for j := range s.cells {
				if j < from || j >= to {
					scaled = append(scaled, (values[j]-own.Centre)*math.Sqrt(float64(s.cells[j].n)))
				}
			}
			call := statistic.RobustOf(scaled).Scale
			freedom := math.Min(float64(len(others)-1), 400)
			for j := from; j < to; j++ {
				t.n++
				z := (values[j] - own.Centre) / math.Sqrt(call*call/float64(s.cells[j].n)+together*own.Scale*own.Scale)
				if z > 0 {
					t.add(hourTest{
						actor: i, hour: s.cells[j].at, logP: statistic.LogUpperStudent(z, freedom),
						observed: math.Exp(values[j]), expected: math.Exp(own.Centre), n: s.cells[j].n,
					})
				}
			}
		}
	}
	t.correct()
	return t
}

// series runs a statement whose rows are subject, actor, piece of time, calls and
// sum of logarithms, in order of the first three.
func (r *run) series(ctx context.Context, statement string) ([]*meanSeries, error) {
	if err := r.need(ctx, "call"); err != nil {
		return nil, err
	}
	var list []*meanSeries
	err := r.query(ctx, statement, nil, func(rows *sql.Rows) error {
		var subject, actor string
		var c meanCell
		err := rows.Scan(&subject, &actor, &c.at, &c.n, &c.sum)
		if n := len(list); n == 0 || list[n-1].subject != subject {
			list = append(list, &meanSeries{subject: subject, actor: actor})
		}
		s := list[len(list)-1]
		s.cells = append(s.cells, c)
		return err
	})
	return list, err
}
