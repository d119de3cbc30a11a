package reconcile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/formats"
)

// claimsCheck compares how many calls of a model a transcript claims with how
// many the gateway or provider saw, where no ids join the two: they are compared
// by session, else by who made them and the hour. Where ids join, each call can
// be looked for, which is another check's work.
type claimsCheck struct{}

var _ check = claimsCheck{}

// claimsVersion grows when other things become findings.
const claimsVersion = 1

func (claimsCheck) name() string { return "claims" }

func (claimsCheck) run(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	r.Noun = "sessions and hours"
	masks := map[string]int64{} // of the sources of each log
	var clients, others []string
	for _, x := range s.sources {
		known := masks[x.format] != 0
		masks[x.format] |= 1 << x.bit
		switch v := vantageOf(x.format); {
		case known:
		case v == formats.VantageClient:
			clients = append(clients, x.format)
		case v == formats.VantageGateway, v == formats.VantageProvider: // a capture is of one caller, and may lack the calls of others
			others = append(others, x.format)
		}
	}
	switch {
	case len(clients) == 0:
		r.NotApplicable = "no transcript of a client in this case"
		return nil, nil
	case len(others) == 0:
		r.NotApplicable = "no log of a gateway or provider in this case to hold the transcripts against"
		return nil, nil
	}
	if err := s.exec(ctx, "claims_calls"); err != nil {
		return nil, err
	}
	covered, err := s.covered(ctx)
	if err != nil {
		return nil, err
	}
	var out []analyze.Finding
	for _, client := range clients {
		for _, other := range others {
			p := &claimPair{client: client, other: other, mask: masks[other], covers: covered}
			found, err := p.run(ctx, s, r)
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
	}
	return out, nil
}

func vantageOf(format string) formats.Vantage {
	for _, f := range formats.All() {
		if f.Name() == format {
			return formats.VantageOf(f)
		}
	}
	return ""
}

// covered returns from when to when each log has events, in microseconds.
func (s *survey) covered(ctx context.Context) (map[string][2]int64, error) {
	out := map[string][2]int64{}
	err := s.query(ctx, "claims_covered", nil, func(rows *sql.Rows) error {
		var format string
		var span [2]int64
		err := rows.Scan(&format, &span[0], &span[1])
		out[format] = span
		return err
	})
	return out, err
}

// claimPair is a transcript and a log that should have seen its calls.
type claimPair struct {
	client, other string
	mask          int64 // of the sources of the other
	covers        map[string][2]int64

	kind string // by what they are compared: session, person, principal, application, or log for all of both
}

func (p *claimPair) run(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	var calls, joined, timeless int64
	names := []any{sql.Named("client", p.client), sql.Named("other", p.other)}
	err := s.query(ctx, "claims_joined", []any{sql.Named("client", p.client), sql.Named("mask", p.mask)}, func(rows *sql.Rows) error {
		return rows.Scan(&calls, &joined, &timeless)
	})
	note := func(format string, args ...any) {
		r.Notes = append(r.Notes, p.client+" and "+p.other+": "+fmt.Sprintf(format, args...))
	}
	switch {
	case err != nil || calls == 0:
		return nil, err
	case joined*2 >= calls:
		note("ids join %s of %s, so that single calls can be looked for: not counted here", count(joined), counted(calls, "call"))
		return nil, nil
	case timeless > 0:
		note("%s of %s have no time: not compared", count(timeless), counted(calls, "call"))
		return nil, nil
	}
	if err := p.findKind(ctx, s, names); err != nil {
		return nil, err
	}
	if p.kind == "" {
		note("nothing says whose calls of the one are whose of the other: no session, person, principal or application is in both, or neither is of one only")
		return nil, nil
	}
	windows, err := p.windows(ctx, s, append(names, sql.Named("kind", p.kind)))
	if err != nil {
		return nil, err
	}
	judged, outside := p.within(windows)
	if outside > 0 {
		note("%s reach beyond the time that both logs cover: not compared", p.counted(outside))
	}
	r.Compared += int64(len(judged))
	found, habit := p.judge(judged)
	if habit != "" {
		note("%s", habit)
	}
	return found, nil
}

// findKind finds by what the logs can be compared: the closest of what both
// name alike, or as a whole when each is of one only.
func (p *claimPair) findKind(ctx context.Context, s *survey, names []any) error {
	shared, one := map[string]bool{}, true
	sameProvider := false
	err := s.query(ctx, "claims_identity", names, func(rows *sql.Rows) error {
		var kind string
		var both, claims, sees int64
		err := rows.Scan(&kind, &both, &claims, &sees)
		shared[kind] = both > 0
		switch kind {
		case "provider":
			sameProvider = both == 1 && claims == 1 && sees == 1
		case "principal", "application", "person":
			one = one && claims <= 1 && sees <= 1
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, kind := range []string{"session", "person", "principal", "application"} {
		if shared[kind] {
			p.kind = kind
			return nil
		}
	}
	if one && sameProvider {
		p.kind = "log"
	}
	return nil
}

// claimWindow is what both logs show of a model in a session or an hour.
type claimWindow struct {
	who, model    string
	hour          sql.NullInt64 // microseconds; none for a session
	claimed, seen int64
	edge          int64 // of both, near the ends
	first, last   int64
	events        []string // first and last of each
}

// windows reads them, with models by their family.
func (p *claimPair) windows(ctx context.Context, s *survey, args []any) ([]*claimWindow, error) {
	type key struct {
		who, model string
		hour       sql.NullInt64
	}
	by := map[key]*claimWindow{}
	claimed, seen := map[string]bool{}, map[string]bool{} // models
	var out []*claimWindow
	err := s.query(ctx, "claims_windows", args, func(rows *sql.Rows) error {
		var k key
		var client bool
		var n, edge, first, last int64
		var firstID, lastID string
		if err := rows.Scan(&k.who, &k.hour, &k.model, &client, &n, &edge, &first, &last, &firstID, &lastID); err != nil {
			return err
		}
		k.model = modelFamily(k.model)
		w := by[k]
		if w == nil {
			w = &claimWindow{who: k.who, model: k.model, hour: k.hour, first: first, last: last}
			by[k], out = w, append(out, w)
		}
		w.first, w.last, w.edge = min(w.first, first), max(w.last, last), w.edge+edge
		if client {
			w.claimed += n
			claimed[k.model] = true
		} else {
			w.seen += n
			seen[k.model] = true
		}
		for _, id := range []string{firstID, lastID} {
			if !slices.Contains(w.events, id) {
				w.events = append(w.events, id)
			}
		}
		return nil
	})
	// A model that one of the logs never names is called by something else, or has
	// another name there.
	return slices.DeleteFunc(out, func(w *claimWindow) bool { return !claimed[w.model] || !seen[w.model] }), err
}

// within returns the windows that both logs cover, and counts the others. A
// transcript covers its sessions, whenever they were.
func (p *claimPair) within(windows []*claimWindow) (in []*claimWindow, outside int64) {
	client, other := p.covers[p.client], p.covers[p.other]
	for _, w := range windows {
		from, to := w.first, w.last
		if w.hour.Valid {
			from, to = w.hour.Int64, w.hour.Int64+hourMicros
		}
		switch {
		case from < other[0] || to > other[1], w.hour.Valid && (from < client[0] || to > client[1]):
			outside++
		default:
			in = append(in, w)
		}
	}
	return in, outside
}

// counted names a number of windows.
func (p *claimPair) counted(n int64) string {
	if p.kind == "session" {
		return plural(n, "model of a session", "models of sessions")
	}
	return plural(n, "model of an hour", "models of hours")
}
