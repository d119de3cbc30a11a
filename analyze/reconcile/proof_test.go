package reconcile_test

import (
	"database/sql"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
	"github.com/exhibit-forensics/exhibit/analyze/reconcile"
)

// The proof that reconciling finds what was done to logs, all of it and nothing
// else: the generator tampers with logs of about 3,000 calls by a seed, and its
// truth is compared with the findings.

// maxSkewError is how far an estimated shift may be from the true one.
const maxSkewError = 100_000 // microseconds

// proofSeeds are the seeds of a proof: with EXHIBIT_LONG=1 all ten.
func proofSeeds(t *testing.T) []uint64 {
	t.Helper()
	seeds := []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	if os.Getenv("EXHIBIT_LONG") == "" {
		t.Log("proving with 3 of 10 seeds: EXHIBIT_LONG=1 takes all")
		return seeds[:3]
	}
	return seeds
}

// world is a generated case and what is true about it.
type world struct {
	*casefile.Case
	truth *drill.Report
	calls map[string]string // request ids by event id, of all events
	log   map[string]string // formats by event id
}

// generated makes a case of what a config generates.
func generated(t *testing.T, c drill.Config) *world {
	t.Helper()
	c.Dir = t.TempDir()
	report, err := drill.Generate(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Case: casetest.Open(t, casetest.Load(t, c.Dir)), truth: report, calls: map[string]string{}, log: map[string]string{}}
	w.rows(t, `select event_id, coalesce(request_id, ''), format from events_all`, func(r *sql.Rows) error {
		var id, request, format string
		err := r.Scan(&id, &request, &format)
		w.calls[id], w.log[id] = request, format
		return err
	})
	return w
}

// rows hands each row of a query to row.
func (w *world) rows(t *testing.T, query string, row func(*sql.Rows) error, args ...any) {
	t.Helper()
	rows, err := w.DB().QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// reconcile runs all checks.
func (w *world) reconcile(t *testing.T) *reconcile.Report {
	t.Helper()
	report, err := reconcile.Run(t.Context(), w.Case, reconcile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// fact returns a fact of a finding, or nil.
func fact(f *analyze.Finding, name string) any {
	for _, x := range f.Facts {
		if x.Name == name {
			return x.Value
		}
	}
	return nil
}

// requests returns the request ids of the events of a finding.
func (w *world) requests(f *analyze.Finding) []string {
	var all []string
	for _, e := range f.Events {
		all = append(all, w.calls[e])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// done returns what was done of one kind, as "source request".
func (w *world) done(kind drill.TamperKind) []string {
	var all []string
	for _, x := range w.truth.Tampered {
		if x.Kind == kind {
			all = append(all, x.Source+" "+x.RequestID)
		}
	}
	slices.Sort(all)
	return all
}

// told is what findings tell, in the words of the truth.
type told struct {
	missing  []string // source and request
	disagree []string // request
	repeated []string // source and request
	skew     []analyze.Finding
	other    []string // titles and requests
}

func (w *world) told(findings []analyze.Finding) told {
	var all told
	for i := range findings {
		f := &findings[i]
		switch f.Detector {
		case "reconcile.missing":
			for _, request := range w.requests(f) {
				all.missing = append(all.missing, fmt.Sprint(fact(f, "missing_from"), " ", request))
			}
		case "reconcile.disagree":
			all.disagree = append(all.disagree, w.requests(f)...)
		case "reconcile.repeated":
			for _, e := range f.Events {
				all.repeated = append(all.repeated, w.log[e]+" "+w.calls[e])
			}
		case "reconcile.skew":
			all.skew = append(all.skew, *f)
		default:
			all.other = append(all.other, fmt.Sprintf("%s: %s, of %v", f.Detector, f.Title, w.requests(f)))
		}
	}
	slices.Sort(all.missing)
	slices.Sort(all.disagree)
	all.disagree = slices.Compact(all.disagree)
	slices.Sort(all.repeated)
	all.repeated = slices.Compact(all.repeated)
	return all
}

// hidden returns the records that the case hides as copies of others.
func (w *world) hidden(t *testing.T) []string {
	t.Helper()
	var all []string
	w.rows(t, `select e.format || ' ' || e.request_id from duplicate d join events_all e on e.eid = d.eid`, func(r *sql.Rows) error {
		var s string
		err := r.Scan(&s)
		all = append(all, s)
		return err
	})
	return all
}

// Precision and recall of what was tampered with are 1.0 on every seed.
func TestFindsTampering(t *testing.T) {
	for _, seed := range proofSeeds(t) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := generated(t, drill.Config{
				Seed: seed, Days: 3, Calls: 3000, Words: [2]int{3, 12}, Sources: []string{"cloudtrail", "bedrock", "litellm", "otlp"},
				Tampering: drill.Tampering{Removed: 25, Altered: 25, Duplicated: 15, Shifts: []drill.Shift{{}}},
			})
			got := w.told(w.reconcile(t).Findings)
			if d := cmp.Diff(w.done(drill.Removed), got.missing); d != "" {
				t.Errorf("removed records (-true +found):\n%s", d)
			}
			fields := map[string]string{}
			for _, x := range w.truth.Tampered {
				if x.Kind == drill.Altered {
					fields[x.RequestID] = x.Source + " " + x.Field
				}
			}
			altered := slices.Sorted(maps.Keys(fields))
			if d := cmp.Diff(withWords(altered, fields), withWords(got.disagree, fields)); d != "" {
				t.Errorf("calls with an altered record (-true +found):\n%s", d)
			}
			// A record with an id of its own is known to be a copy, and hidden.
			repeated := append(got.repeated, w.hidden(t)...)
			slices.Sort(repeated)
			if d := cmp.Diff(w.done(drill.Duplicated), slices.Compact(repeated)); d != "" {
				t.Errorf("duplicated records (-true +found):\n%s", d)
			}
			checkSkew(t, w.truth.Tampered[0], got.skew)
			if got.other != nil {
				t.Errorf("nothing else was done:\n%s", strings.Join(got.other, "\n"))
			}
		})
	}
}

// withWords adds to each what is said of it, for whoever reads a difference.
func withWords(list []string, words map[string]string) []string {
	var out []string
	for _, x := range list {
		out = append(out, x+" "+words[x])
	}
	return out
}

// checkSkew wants one finding, of the source that was shifted and by how much.
func checkSkew(t *testing.T, truth drill.Tampered, found []analyze.Finding) {
	t.Helper()
	if len(found) != 1 {
		t.Errorf("%d findings about clocks, want 1: %+v", len(found), found)
		return
	}
	by, ok := fact(&found[0], "skew_us").(int64)
	if off := by - truth.ShiftUS; !ok || found[0].Subject != truth.Source || off > maxSkewError || off < -maxSkewError {
		t.Errorf("the clock of %s is said to be off by %d µs; true: %s by %d µs", found[0].Subject, by, truth.Source, truth.ShiftUS)
	}
}

// Nothing is found where nothing was done, whichever sources there are.
func TestFindsNothingInUntouchedLogs(t *testing.T) {
	combinations := [][]string{
		{"cloudtrail", "bedrock"},
		{"cloudtrail", "bedrock", "litellm", "otlp"},
		{"bedrock", "litellm"},
		{"cloudtrail", "litellm", "otlp"},
		{"litellm", "otlp", "langfuse"},
		{"cloudtrail", "otlp"},
		{"cloudtrail", "bedrock", "litellm", "otlp", "langfuse"},
		{"openai", "litellm", "langfuse"},
		{"bedrock", "otlp", "langfuse"},
		{"cloudtrail", "bedrock", "openai", "litellm", "otlp"},
	}
	for i, seed := range proofSeeds(t) {
		for _, sources := range [][]string{combinations[i%len(combinations)], combinations[(i+3)%len(combinations)]} {
			t.Run(fmt.Sprint("seed ", seed, " ", strings.Join(sources, "+")), func(t *testing.T) {
				w := generated(t, drill.Config{Seed: seed, Days: 3, Calls: 3000, Words: [2]int{3, 12}, Sources: sources})
				for _, f := range w.reconcile(t).Findings {
					t.Errorf("%s of %s: %s\n%+v", f.Detector, f.Subject, f.Title, f.Facts)
				}
			})
		}
	}
}

// What the invocation log lacks because logging was off is told as that, with
// the request that turned it off, and apart from records that are missing.
func TestFindsLoggingOff(t *testing.T) {
	for _, seed := range proofSeeds(t) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := generated(t, drill.Config{
				Seed: seed, Days: 3, Calls: 3000, Words: [2]int{3, 12}, Sources: []string{"cloudtrail", "bedrock", "litellm", "otlp"},
				Scenarios: []drill.Scenario{drill.LoggingOff{}}, Tampering: drill.Tampering{Removed: 10},
			})
			var off, on drill.Truth
			for _, x := range w.truth.Truth {
				switch x.Operation {
				case "DeleteModelInvocationLoggingConfiguration":
					off = x
				case "PutModelInvocationLoggingConfiguration":
					on = x
				}
			}
			var lacking []string
			removed := w.done(drill.Removed)
			w.rows(t, `select distinct 'bedrock ' || request_id from events
				where kind in ('inference', 'embedding') and region = 'us-east-1' and ts >= $off and ts < $on and format <> 'bedrock' order by 1`,
				func(r *sql.Rows) error {
					var s string
					err := r.Scan(&s)
					lacking = append(lacking, s)
					return err
				}, sql.Named("off", off.Time), sql.Named("on", on.Time))
			var found, missing []string
			for _, f := range w.reconcile(t).Findings {
				if fact(&f, "cause") != "logging was off" {
					missing = append(missing, w.told([]analyze.Finding{f}).missing...)
					continue
				}
				requests := w.requests(&f)
				i := slices.Index(requests, off.RequestID)
				if i < 0 {
					t.Errorf("the request that turned logging off is not among the events of %q", f.Title)
					continue
				}
				for _, request := range requests {
					if request != off.RequestID && request != on.RequestID {
						found = append(found, fmt.Sprint(fact(&f, "missing_from"), " ", request))
					}
				}
			}
			slices.Sort(found)
			slices.Sort(missing)
			if len(lacking) < 20 || off.Time.Add(2*time.Hour) != on.Time {
				t.Fatalf("%d calls while logging was off from %s to %s", len(lacking), off.Time, on.Time)
			}
			if d := cmp.Diff(lacking, slices.Compact(found)); d != "" {
				t.Errorf("calls while logging was off (-true +found):\n%s", d)
			}
			if d := cmp.Diff(removed, missing); d != "" {
				t.Errorf("removed records (-true +found):\n%s", d)
			}
		})
	}
}
