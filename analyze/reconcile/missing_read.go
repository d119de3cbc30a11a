package reconcile

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
)

// lostCall is a call that a source should show and does not, as another shows
// it. Times are microseconds.
type lostCall struct {
	call, eid  int64
	event      string
	at         sql.NullInt64
	stratum    *stratum
	principal  string
	vectors    bool // it makes vectors, which are logged or not apart from texts
	mask       int64
	before     int64 // how many calls the source shows before it
	last, next sql.NullInt64
	share      *share // by which it is expected
}

// lost reads the calls of some strata of from that to does not show, but for
// those that were told already. They are told now.
func (m *missingSearch) lost(ctx context.Context, p *pairLoss, strata []uint64) ([]*lostCall, error) {
	lost, err := m.read(ctx, p, strata)
	lost = slices.DeleteFunc(lost, func(c *lostCall) bool { return m.told[c.call] })
	for _, c := range lost {
		m.told[c.call] = true
	}
	return lost, err
}

// read reads the calls of some strata of from that to does not show.
func (m *missingSearch) read(ctx context.Context, p *pairLoss, strata []uint64) ([]*lostCall, error) {
	if len(strata) == 0 {
		return nil, nil
	}
	keys, err := json.Marshal(strata)
	if err != nil {
		return nil, fmt.Errorf("writing strata: %w", err)
	}
	args := []any{
		sql.Named("from", p.from.bit), sql.Named("to", p.to.bit), sql.Named("scoped", p.scoped()),
		sql.Named("strata", string(keys)), sql.Named("limit", maxMissing+1),
	}
	var out []*lostCall
	n := 0
	err = m.query(ctx, "missing_calls", args, func(r *sql.Rows) error {
		var c lostCall
		var key uint64
		err := r.Scan(&c.call, &c.eid, &c.at, &key, &c.vectors, &c.mask, &c.before, &c.last, &c.next)
		if n++; err == nil && n <= maxMissing {
			c.stratum, c.share = p.from.strata[key], p.shares[key]
			c.principal = c.stratum.words[dimPrincipal]
			out = append(out, &c)
		}
		return err
	})
	note := fmt.Sprintf("%s lacks more than %d calls that %s shows; only the first are told", p.to.name, maxMissing, p.from.name)
	if n > maxMissing && !slices.Contains(m.report.Notes, note) {
		m.report.Notes = append(m.report.Notes, note)
	}
	if err != nil {
		return nil, err
	}
	return out, m.name(ctx, out)
}

// name names the events that show calls, and their principals where the strata
// do not have them.
func (m *missingSearch) name(ctx context.Context, lost []*lostCall) error {
	var eids []int64
	for _, c := range lost {
		eids = append(eids, c.eid)
	}
	var columns []string
	if m.coarse {
		columns = []string{"principal"}
	}
	rows, err := m.c.Events(ctx, eids, columns)
	for i := range rows {
		lost[i].event = rows[i].EventID
		if m.coarse {
			lost[i].principal, _ = rows[i].Values[0].(string)
		}
	}
	return err
}

// runsOf cuts calls that are missing where their source shows something in
// between, each run in order of time, the runs by their first call.
func runsOf(lost []*lostCall, scoped bool) [][]*lostCall {
	type place struct {
		tenant, region string
		vectors        bool
		before         int64
	}
	at := map[place]int{}
	var out [][]*lostCall
	for _, c := range lost {
		p := place{before: c.before}
		if scoped {
			p = place{c.stratum.words[dimTenant], c.stratum.words[dimRegion], c.vectors, c.before}
		}
		i, ok := at[p]
		if !ok {
			i = len(out)
			at[p] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], c)
	}
	return out
}
