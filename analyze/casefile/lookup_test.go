package casefile

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// openLookup opens the case in dir for lookups.
func openLookup(t *testing.T, dir string) *Case {
	t.Helper()
	return openWith(t, dir, OpenOptions{Threads: 2, Memory: 1 << 30, Lookup: true})
}

func openWith(t *testing.T, dir string, o OpenOptions) *Case {
	t.Helper()
	c, err := Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestResolveEvent(t *testing.T) {
	key := testKey(t)
	evidence := t.TempDir()
	for i := range 17 { // two of them begin with the same digit
		line := fmt.Sprintf(`{"timestamp":"2026-03-04T05:%02d:07Z","request_id":"r-%d"}`+"\n", i, i)
		if err := os.WriteFile(filepath.Join(evidence, fmt.Sprintf("%02d.jsonl", i)), []byte(line+line), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(t.TempDir(), "t.case")
	report := mustLoad(t, dir, key, evidence)
	c := openLookup(t, dir)
	byDigit := map[string]int{}
	for _, it := range report.Items {
		byDigit[it.SHA256[:1]]++
	}
	for _, it := range report.Items {
		for _, id := range []string{it.SHA256 + "-2", strings.ToUpper(it.SHA256[:8]) + "-2", it.SHA256[:8] + "-2.0"} {
			eids, err := c.ResolveEvent(t.Context(), id)
			if err != nil || len(eids) != 1 {
				t.Fatalf("%s: %v, %v", id, eids, err)
			}
			rows, err := c.Events(t.Context(), eids, nil)
			if err != nil || rows[0].EvidenceID != it.SHA256 || rows[0].EventID != it.SHA256[:8]+"-2" {
				t.Errorf("%s is %+v, %v", id, rows, err)
			}
		}
		_, err := c.ResolveEvent(t.Context(), it.SHA256[:1]+"-1")
		if want := byDigit[it.SHA256[:1]] > 1; errors.Is(err, ErrAmbiguous) != want {
			t.Errorf("%s-1 in a case with %d such pieces of evidence: %v", it.SHA256[:1], byDigit[it.SHA256[:1]], err)
		}
	}
	first := report.Items[0].SHA256
	for id, want := range map[string]error{
		first + "-3": ErrNoEvent, first + "-1.1": ErrNoEvent, first[:63] + "-1-1": ErrNotEventID, "": ErrNotEventID,
		"'-1": ErrNotEventID, first + "-": ErrNotEventID, first + "-99999999999999999999": ErrNotEventID,
		strings.Repeat("0", 64) + "-1": ErrNoEvent,
	} {
		if _, err := c.ResolveEvent(t.Context(), id); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", id, err, want)
		}
	}
}

func TestEvents(t *testing.T) {
	c := openLookup(t, smallCase(t, testKey(t)))
	eids, total, err := c.FindEvents(t.Context(), EventFilter{Principal: "user-1"}, 100)
	if err != nil || total != 13 || len(eids) != 13 {
		t.Fatalf("found %d of %d events, %v", len(eids), total, err)
	}
	asked := []int64{eids[3], eids[1], eids[3]}
	rows, err := c.Events(t.Context(), asked, []string{"prompt", "request_id", "error_code", "prompt_hash", "byte_offset"})
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		if row.EID != asked[i] || row.EventID != c.EventID(row.EvidenceID, row.Record, row.Part) {
			t.Errorf("row %d is %+v", i, row)
		}
	}
	if got := rows[0].Values; got[0] != "question 10" || got[1] != "req-10" || got[2] != nil || len(got[3].(string)) != 64 {
		t.Errorf("got %v", got)
	}
	if rows, err = c.Excerpts(t.Context(), asked[:1], []string{"prompt"}, 5); err != nil || rows[0].Values[0] != "quest" {
		t.Errorf("got %v, %v", rows, err)
	}
	if _, err := c.Events(t.Context(), asked, []string{"prompt from evidence --"}); err == nil {
		t.Error("a column that is none was taken")
	}
	for _, eid := range []int64{1<<eidShift + 1<<20, 99 << eidShift} {
		if _, err := c.Events(t.Context(), []int64{eid}, nil); !errors.Is(err, ErrNoEvent) {
			t.Errorf("event %d: %v", eid, err)
		}
	}
}

func TestRaw(t *testing.T) {
	dir := smallCase(t, testKey(t))
	c := openLookup(t, dir)
	keys, err := c.IdentifierEvents(t.Context(), "req-7")
	if err != nil || len(keys) != 1 {
		t.Fatalf("got %d events, %v", len(keys), err)
	}
	rec, err := c.Raw(t.Context(), keys[0].EID)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"timestamp":"2026-03-04T05:07:07Z","user":"user-1","model":"model-a","request_id":"req-7","prompt":"question 7"}`
	if string(rec.Raw) != want || rec.Record != 8 || rec.Length != int64(len(want)) || rec.EvidenceID != keys[0].EvidenceID {
		t.Errorf("got %+v", rec)
	}
}

// TestIdentifiers checks what is read of events against what the index has.
func TestIdentifiers(t *testing.T) {
	dir := smallCase(t, testKey(t))
	c := openLookup(t, dir)
	const twice = "11111111-1111-4111-8111-111111111111"
	counts, err := c.CountIdentifiers(t.Context(), []string{twice, "req-7", "no-such", "AKIAEXAMPLE00000"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[Identifier]int64{
		{"event", twice}: 1, {"call_request", twice}: 1, {"call_request", "req-7"}: 1, {"credential", "AKIAEXAMPLE00000"}: 3,
	}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("counts (-want +got)\n%s", diff)
	}
	keys, err := c.IdentifierEvents(t.Context(), "AKIAEXAMPLE00000", "credential")
	if err != nil || len(keys) != 3 {
		t.Fatalf("got %d events, %v", len(keys), err)
	}
	var eids []int64
	for _, k := range keys {
		eids = append(eids, k.EID)
		for _, id := range k.Identifiers() {
			holders, err := c.Holders(t.Context(), []Identifier{id})
			if err != nil || !slices.ContainsFunc(holders, func(h Holder) bool { return h.EID == k.EID }) {
				t.Errorf("%s has %v, and the index has %v, %v", k.EventID, id, holders, err)
			}
		}
	}
	copies, err := c.Copies(t.Context(), eids)
	if err != nil || len(copies) != 1 {
		t.Errorf("got copies %v, %v", copies, err)
	}
	if none, err := c.IdentifierEvents(t.Context(), "AKIAEXAMPLE00000", "request"); err != nil || len(none) != 0 {
		t.Errorf("got %v, %v", none, err)
	}
	if eids, err := c.FirstHolders(t.Context(), "AKIAEXAMPLE00000", []string{"credential"}, ClockLogged, 2); err != nil || len(eids) != 2 || eids[0] != keys[0].EID {
		t.Errorf("got %v, %v", eids, err)
	}
}

// TestCallIDs checks that calls have the names that the calls view gives them.
func TestCallIDs(t *testing.T) {
	dir := smallCase(t, testKey(t))
	c := openWith(t, dir, OpenOptions{Threads: 2, Memory: 1 << 30})
	keys, err := c.IdentifierEvents(t.Context(), "AKIAEXAMPLE00000")
	if err != nil {
		t.Fatal(err)
	}
	calls, err := c.CallIDs(t.Context(), keys)
	if err != nil || len(calls) != 3 {
		t.Fatalf("got %v, %v", calls, err)
	}
	for _, k := range keys {
		var want string
		if err := c.DB().QueryRowContext(t.Context(), "select call_id from calls where event_id = $1", k.EventID).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if calls[k.EID] != want {
			t.Errorf("%s shows call %s, the view says %s", k.EventID, calls[k.EID], want)
		}
	}
}

// TestDigits compares the number of digits that a load notes with the one that
// is computed from all hashes.
func TestDigits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	digits := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte("0123456789abcdef"[rng.IntN(16)])
		}
		return b.String()
	}
	for _, test := range []struct {
		name   string
		shared []int // digits that pairs of hashes share
		stored bool
	}{
		{"none", nil, true},
		{"few", []int{3, 7}, true},
		{"as many as are shown", []int{8}, true},
		{"more", []int{9, 12}, true},
		{"as many as are compared", []int{15}, true},
		{"too many", []int{16}, false},
		{"far too many", []int{40}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			sums := []string{digits(64), "0" + digits(63), "f" + digits(63)}
			for _, n := range test.shared {
				base := digits(64)
				other := string("0123456789abcdef"[(strings.IndexByte("0123456789abcdef", base[n])+1)%16])
				sums = append(sums, base, base[:n]+other+digits(63-n))
			}
			got := storedDigits(t, sums)
			want := uniquePrefix(slices.Clone(sums))
			if test.stored && got != want || !test.stored && got != 64 {
				t.Errorf("got %d digits, want %d", got, want)
			}
		})
	}
}

// storedDigits runs the statements of a load on evidence with given hashes.
func storedDigits(t *testing.T, sums []string) int {
	t.Helper()
	db, err := openDuck("", duckSettings{threads: 1, memory: 100 << 20, temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := runFile(t.Context(), db, "schema", nil, 0); err != nil {
		t.Fatal(err)
	}
	for i, sum := range sums {
		if _, err := db.ExecContext(t.Context(), "insert into evidence (evidence, evidence_id) values ($1, $2)", i+1, sum); err != nil {
			t.Fatal(err)
		}
	}
	if err := runFile(t.Context(), db, "lookup_digits", nil, 0); err != nil {
		t.Fatal(err)
	}
	c := &Case{db: db}
	n, err := queryOne[int](context.WithoutCancel(t.Context()), c, "lookup_prefix")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestLookupNeedsNoViews checks that both ways of opening a case name events
// alike, and that both are locked down.
func TestLookupNeedsNoViews(t *testing.T) {
	dir := smallCase(t, testKey(t))
	var ids [2][]string
	for i, lookup := range []bool{true, false} {
		c, err := Open(t.Context(), dir, OpenOptions{Threads: 2, Memory: 1 << 30, Lookup: lookup})
		if err != nil {
			t.Fatal(err)
		}
		keys, err := c.IdentifierEvents(t.Context(), "AKIAEXAMPLE00000")
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			ids[i] = append(ids[i], k.EventID)
		}
		if _, err := c.DB().ExecContext(t.Context(), "copy (select 1) to '"+filepath.Join(t.TempDir(), "x")+"'"); err == nil {
			t.Error("a query can write files")
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(ids[0], ids[1]); diff != "" || len(ids[0]) == 0 {
		t.Errorf("(-lookup +full)\n%s", diff)
	}
}
