package pivot

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math/bits"
	"slices"
)

// scored is a value with what its score is made of.
type scored struct {
	Value
	kind           int
	found, finding int64 // units in findings, and the first of those
	started        int64 // units of the start
	points         [pointsEnd]int64
	reasons        []reason
}

type reason struct {
	points int64
	words  string
}

// The parts of a score.
const (
	pointRare = iota
	pointFew
	pointNew
	pointShared
	pointFindings
	pointFailed
	pointStart
	pointsEnd
)

func (v *scored) note(points int64, words string) {
	if points > 0 {
		v.reasons = append(v.reasons, reason{points, words})
	}
}

// explain puts the reasons in order, what counts most first.
func (v *scored) explain() {
	slices.SortStableFunc(v.reasons, func(a, b reason) int { return cmp.Compare(b.points, a.points) })
	for _, x := range v.reasons {
		v.Why = append(v.Why, x.words)
	}
}

// score scores all values; without a start, those with no points are left out.
func (r *ranking) score(ctx context.Context) ([]*scored, error) {
	var out []*scored
	kinds := Kinds()
	err := r.query(ctx, "list", nil, []any{sql.Named("started", r.starts())}, func(rows *sql.Rows) error {
		v := &scored{}
		var first, last sql.NullTime
		err := rows.Scan(&v.kind, &v.Value.Value, &v.Units, &v.Events, &v.People, &v.Failed, &first, &last, &v.found, &v.finding, &v.started)
		if err != nil {
			return err
		}
		v.Kind = kinds[v.kind]
		if first.Valid {
			v.First, v.Last = first.Time.UTC(), last.Time.UTC()
		}
		r.weigh(v)
		for _, n := range v.points {
			v.Score += n
		}
		if v.Score > 0 || r.starts() {
			out = append(out, v)
		}
		return nil
	})
	return out, err
}

// weigh gives a value its points, by the rules that [Run] states.
func (r *ranking) weigh(v *scored) {
	u := r.kinds[v.kind]
	v.points[pointRare] = min(10, log2(u.perValue, v.Units))
	v.note(v.points[pointRare], fmt.Sprintf("rare: %d of %s that have one", v.Units, calls(u.units)))
	if v.People > 0 {
		v.points[pointFew] = min(5, log2(u.people, v.People))
		v.note(v.points[pointFew], fmt.Sprintf("of %s, where %d are usual", people(v.People), u.people))
	}
	r.weighNew(v, u)
	r.weighShared(v)
	if v.found > 0 {
		v.points[pointFindings] = max(2, 20*v.found/v.Units)
		f := &r.o.Findings[v.finding]
		v.note(v.points[pointFindings], fmt.Sprintf("in finding %s (%s): %d of %s in any", f.ID, f.Severity, v.found, calls(v.Units)))
	}
	if r.units > 0 && v.Failed*r.units >= 2*r.failed*v.Units {
		v.points[pointFailed] = min(v.Failed, 10*v.Failed/v.Units)
		v.note(v.points[pointFailed], fmt.Sprintf("failed or denied: %d of %s", v.Failed, calls(v.Units)))
	}
	if r.starts() {
		v.points[pointStart] = 10 * v.started / v.Units
		v.note(max(1, v.points[pointStart]), fmt.Sprintf("with the start: %d of %s", v.started, calls(v.Units)))
	}
}

func (r *ranking) weighNew(v *scored, u usual) {
	if r.late.IsZero() || v.First.IsZero() || v.First.Before(r.late) || u.late*20 > u.different {
		return
	}
	v.points[pointNew] = 8
	why := "new: first seen " + stamp(v.First)
	if r.byStart {
		why += ", not before the start"
	}
	v.note(8, why)
}

func (r *ranking) weighShared(v *scored) {
	if r.shared[v.Kind][v.Value.Value] {
		v.points[pointShared] = 10
		v.note(10, fmt.Sprintf("shared by %s, of whom some share no other %s", people(v.People), words(v.Kind)))
	}
	if n := r.addresses[v.Value.Value]; n > 0 && v.Kind == "credential_id" {
		v.points[pointShared] += 6
		v.note(6, fmt.Sprintf("used from %d addresses, which few credentials are", n))
	}
}

// log2 is that of a quotient, rounded down, and 0 where it is below 1.
func log2(of, by int64) int64 {
	if by <= 0 || of < by {
		return 0
	}
	return int64(bits.Len64(uint64(of/by)) - 1) //nolint:gosec // both are above 0
}

func people(n int64) string {
	if n == 1 {
		return "1 principal"
	}
	return fmt.Sprintf("%d principals", n)
}

// words names a column in a sentence.
func words(kind string) string {
	switch kind {
	case "credential_id":
		return "credential"
	case "src_ip":
		return "source address"
	case "source_identity":
		return "source identity"
	case "end_user":
		return "end user"
	case "user_agent":
		return "user agent"
	}
	return kind
}
