package request_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
	"github.com/exhibit-forensics/exhibit/replay/request"
)

// TestReproduce rebuilds the requests of recorded exchanges from the event
// columns alone, with the recorded body withheld, and holds them against it.
func TestReproduce(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "openllmetry", "http_interactions.jsonl.gz")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED: the recorded exchanges are missing: %v", err)
	}
	c := casetest.Open(t, casetest.Load(t, path))
	requests := loadAll(t, c)
	type count struct{ all, same, own int }
	counts := map[replay.Protocol]*count{}
	for _, r := range requests {
		if r.Body == nil {
			continue
		}
		n := counts[r.Protocol]
		if n == nil {
			n = new(count)
			counts[r.Protocol] = n
		}
		n.all++
		o := protocol.Options{Model: r.Model}
		own, err := protocol.Encode(r, r.Protocol, o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := protocol.Differences(parse(t, r.Body), parse(t, own.Body)); len(diff) == 0 {
			n.own++
		} else {
			t.Errorf("%s: its own body differs: %v", r.Event, diff)
		}
		withheld := *r
		withheld.Body = nil
		rebuilt, err := protocol.Encode(&withheld, r.Protocol, o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := protocol.Differences(parse(t, r.Body), parse(t, rebuilt.Body)); len(diff) == 0 {
			n.same++
		} else {
			t.Logf("%s %s: %v", r.Protocol, r.Event, diff)
		}
	}
	all, same := 0, 0
	for _, p := range replay.Protocols() {
		if n := counts[p]; n != nil {
			t.Logf("%-18s %3d bodies, %3d rebuilt alike, %3d sent as they are", p, n.all, n.same, n.own)
			all, same = all+n.all, same+n.same
		}
	}
	if all < 250 || float64(same) < 0.95*float64(all) {
		t.Errorf("%d of %d bodies rebuilt alike, want 95 of 100", same, all)
	}
}

func loadAll(t *testing.T, c *casefile.Case) []*replay.Request {
	t.Helper()
	rows, err := c.Query(t.Context(), "select eid from events where kind = 'inference' order by eid")
	if err != nil {
		t.Fatal(err)
	}
	var eids []int64
	for rows.Next() {
		var eid int64
		if err := rows.Scan(&eid); err != nil {
			t.Fatal(err)
		}
		eids = append(eids, eid)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	out, err := request.Load(context.Background(), c, eids)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func parse(t *testing.T, body []byte) any {
	t.Helper()
	v, err := protocol.Canonical(body)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
