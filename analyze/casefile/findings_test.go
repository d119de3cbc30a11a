package casefile

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// claimed are findings about some events, with every member set in one of them.
func claimed(events ...string) []analyze.Finding {
	at := time.Date(2026, 3, 4, 5, 6, 7, 89000, time.UTC)
	return []analyze.Finding{
		{
			ID: "f-00000000000000aa", Detector: "volume.calls", Severity: analyze.SeverityHigh, Subject: "ana\x1b[31m", Bucket: "h-1",
			Title: "much", Explanation: "more than\nexpected", First: at, Last: at.Add(time.Hour),
			Facts: []analyze.Fact{
				{Name: "text", Value: "a;b\u202e"}, {Name: "calls", Value: int64(math.MaxInt64)}, {Name: "rate", Value: 2.0}, {Name: "third", Value: 1.0 / 3}, {Name: "known", Value: true},
			},
			Events: events, EventCount: 7, Actor: "ana", Test: &analyze.Test{P: 1e-9, Q: 3.0000000000000004e-7, Tests: 300},
			Tags: []string{"attack.t1078"}, Parts: []string{"f-00000000000000bb"}, Score: 9,
			Suppressed: &analyze.Suppression{By: "bo", Reason: "known", Until: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)},
		},
		{ID: "f-00000000000000bb", Detector: "reconcile.skew", Severity: analyze.SeverityInfo, Subject: "s", Title: "clock"},
	}
}

// analyzed is a case in which something was found.
type analyzed struct {
	dir string
	key *ledger.Key
}

func newAnalyzed(t *testing.T) *analyzed {
	a := &analyzed{filepath.Join(t.TempDir(), "x.case"), testKey(t)}
	a.load(t, "one.jsonl", enrichLog...)
	return a
}

func (a *analyzed) load(t *testing.T, name string, lines ...string) {
	loadMapped(t, a.dir, a.key, "ts kind plane principal credential_id end_user src_ip model input_tokens output_tokens cost_usd", callLog(t, name, lines...))
}

// record keeps findings and returns the report.
func (a *analyzed) record(t *testing.T, list []analyze.Finding, files ...ParameterFile) *AnalysisReport {
	t.Helper()
	r, err := RecordAnalysis(t.Context(), &AnalysisOptions{
		Of: mustOpen(t, a.dir), Params: map[string]any{"only": []string{"volume"}}, Files: files, Findings: list,
		Detectors: []DetectorCount{{ID: "volume.calls", Version: 1, Tests: 300, Findings: 1, Notes: []string{"no latency"}, Baseline: true}},
		Program:   "aa",
		Key:       a.key, Actor: "ana", Tool: "exhibit test", Now: testClock, Threads: 2, Memory: 1 << 30,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (a *analyzed) judge(t *testing.T, o JudgeOptions) {
	t.Helper()
	o.Dir, o.Key, o.Actor, o.Tool, o.Now = a.dir, a.key, "ana", "exhibit test", testClock
	if _, err := Judge(&o); err != nil {
		t.Fatal(err)
	}
}

// eventIDs are those of the first events of a case.
func eventIDsOf(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	for _, row := range textRows(t, mustOpen(t, dir), "select event_id from events_all order by eid") {
		out = append(out, row[0])
	}
	return out
}

// textRows runs a query of the SQL surface and returns its rows as texts.
func textRows(t *testing.T, c *Case, query string) [][]string {
	t.Helper()
	rows, err := c.Select(t.Context(), "select columns(*)::varchar from ("+query+")")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out [][]string
	for rows.Next() {
		var row []string
		for _, v := range rows.Values() {
			s, ok := v.(string)
			if !ok {
				s = "NULL"
			}
			row = append(row, s)
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func findingsOf(t *testing.T, dir string) []analyze.Finding {
	t.Helper()
	list, err := mustOpen(t, dir).Findings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestRecordAnalysis follows findings from a run through everything that is done
// to a case later.
func TestRecordAnalysis(t *testing.T) {
	a := newAnalyzed(t)
	if list, c := findingsOf(t, a.dir), mustOpen(t, a.dir); list != nil || c.Analysis() != nil {
		t.Fatalf("findings before any run: %+v", list)
	}
	ids := eventIDsOf(t, a.dir)
	want := claimed(ids[3], ids[1])
	policy := ParameterFile{Kind: "policy", Name: "x/policy.yml", Data: []byte("a: b\n")}
	first := a.record(t, want, policy)
	if diff := cmp.Diff(want, findingsOf(t, a.dir)); diff != "" || first.Same || first.Run != 3 {
		t.Fatalf("run %+v (-want +got):\n%s", first, diff)
	}
	mustBeClean(t, a.dir)
	if again := a.record(t, want, policy); !again.Same || again.Head != first.Head || again.Run != first.Run {
		t.Errorf("the same run again: %+v after %+v", again, first)
	}
	got := textRows(t, mustOpen(t, a.dir), "select id, rank, severity, score, p, tests, facts, parts, state, verdict, suppressed_by, run, first from findings order by rank")
	if diff := cmp.Diff([][]string{
		{"f-00000000000000aa", "1", "high", "9.0", "1e-09", "300", `{"text":"a;b` + "\u202e" + `","calls":9223372036854775807,"rate":2,"third":0.3333333333333333,"known":true}`, `["f-00000000000000bb"]`, "open", "NULL", "bo", "3", "2026-03-04 05:06:07.000089+00"},
		{"f-00000000000000bb", "2", "info", "0.0", "NULL", "NULL", "NULL", "NULL", "open", "NULL", "NULL", "3", "NULL"},
	}, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	got = textRows(t, mustOpen(t, a.dir), "select finding_id, position, event_id from finding_events order by position")
	if diff := cmp.Diff([][]string{{"f-00000000000000aa", "1", ids[3]}, {"f-00000000000000aa", "2", ids[1]}}, got); diff != "" {
		t.Errorf("finding_events (-want +got):\n%s", diff)
	}

	for _, redecode := range []bool{false, true} {
		r, err := Rebuild(t.Context(), &RebuildOptions{Dir: a.dir, Redecode: redecode, Key: a.key, Actor: "ana", Tool: "exhibit test", Now: testClock, Threads: 1, Memory: 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Changed) > 0 {
			t.Errorf("a rebuild (redecode %t) changed %v", redecode, r.Changed)
		}
	}
	if mustOpen(t, a.dir).Analysis().Stale {
		t.Error("findings are stale although nothing changed")
	}
	a.load(t, "two.jsonl", enrichLog[0])
	if x := mustOpen(t, a.dir).Analysis(); !x.Stale || x.Run != 3 || x.Files[0].Name != "policy.yml" || x.Detectors[0].Tests != 300 {
		t.Errorf("after a load: %+v", x)
	}
	if diff := cmp.Diff(want, findingsOf(t, a.dir)); diff != "" {
		t.Errorf("after a load (-want +got):\n%s", diff)
	}
	mustBeClean(t, a.dir)
	second := a.record(t, want[1:])
	if diff := cmp.Diff(want[1:], findingsOf(t, a.dir)); diff != "" || second.Same {
		t.Errorf("a second run %+v (-want +got):\n%s", second, diff)
	}
	if got := textRows(t, mustOpen(t, a.dir), "select event_id from finding_events"); got != nil {
		t.Errorf("events of the last run but one: %v", got)
	}
	mustBeClean(t, a.dir)
}

// TestRecordAnalysisOfAnother checks that what was read from an earlier state of
// a case is not kept as if it were of the later.
// TestAnalyzed tells a run that would find the same from one that might not.
func TestAnalyzed(t *testing.T) {
	a := newAnalyzed(t)
	policy := ParameterFile{Kind: "policy", Name: "x/policy.yml", Data: []byte("a: b\n")}
	same := func() *AnalysisOptions {
		return &AnalysisOptions{Params: map[string]any{"only": []string{"volume"}}, Files: []ParameterFile{policy}, Program: "aa"}
	}
	ask := func(o *AnalysisOptions) bool {
		t.Helper()
		ok, err := mustOpen(t, a.dir).Analyzed(o)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if ask(same()) {
		t.Error("a case that was never analyzed")
	}
	a.record(t, claimed(eventIDsOf(t, a.dir)[0]), policy)
	a.judge(t, JudgeOptions{Finding: "f-00000000000000aa", Action: ledger.ActionNote, Text: "seen"}) // no change of the case
	for name, change := range map[string]func(*AnalysisOptions){
		"other parameters": func(o *AnalysisOptions) { o.Params["only"] = []string{"identity"} },
		"more parameters":  func(o *AnalysisOptions) { o.Params["except"] = []string{"identity"} },
		"no file":          func(o *AnalysisOptions) { o.Files = nil },
		"another file":     func(o *AnalysisOptions) { o.Files[0].Data = []byte("a: c\n") },
		"another kind":     func(o *AnalysisOptions) { o.Files[0].Kind = "baseline" },
		"another program":  func(o *AnalysisOptions) { o.Program = "ab" },
		"unknown program":  func(o *AnalysisOptions) { o.Program = "" },
	} {
		if o := same(); !ask(o) {
			t.Fatal("the same run is not known again")
		} else if change(o); ask(o) {
			t.Errorf("%s: taken for the same run", name)
		}
	}
	a.load(t, "two.jsonl", enrichLog[0])
	if ask(same()) {
		t.Error("a case that was loaded into since")
	}
}

func TestRecordAnalysisOfAnother(t *testing.T) {
	a := newAnalyzed(t)
	c := mustOpen(t, a.dir)
	a.load(t, "two.jsonl", enrichLog[0])
	_, err := RecordAnalysis(t.Context(), &AnalysisOptions{Of: c, Key: a.key, Actor: "ana", Tool: "exhibit test", Now: testClock, Threads: 1, Memory: 1 << 30})
	if err == nil || !strings.Contains(err.Error(), "meanwhile") {
		t.Errorf("error is %v", err)
	}
}

// TestFindingsAltered checks that an altered row or file is found and named.
func TestFindingsAltered(t *testing.T) {
	a := newAnalyzed(t)
	a.record(t, claimed(eventIDsOf(t, a.dir)[0]))
	whole := readTree(t, a.dir)
	for _, statement := range []string{
		"update finding set severity = 'low' where rank = 1", "update finding set score = 8.99 where rank = 1", "delete from finding where rank = 2",
		"update finding set suppressed_by = 'eve' where rank = 2", "update finding_event set record = 2", "delete from finding_event",
	} {
		name := derivedDir + "/" + stateOf(t, a.dir).generation
		alterDatabase(t, filepath.Join(a.dir, filepath.FromSlash(name)), statement)
		expectNamed(t, statement, a.dir, false, []string{name})
		whole.put(t, a.dir, readTree(t, a.dir))
	}
	name := stateOf(t, a.dir).analysis.body.Findings.Path
	path := filepath.Join(a.dir, filepath.FromSlash(name))
	data := slices.Clone(whole[name])
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	expectNamed(t, "a bit of the file", a.dir, true, []string{name})
	if _, err := mustOpen(t, a.dir).Findings(t.Context()); err == nil || !strings.Contains(err.Error(), "altered") {
		t.Errorf("reading the altered file: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expectNamed(t, "no file", a.dir, true, []string{name})
}

// TestJudge checks that what was said of findings is seen by readers, without a
// new generation, and stays.
func TestJudge(t *testing.T) {
	a := newAnalyzed(t)
	a.record(t, claimed(eventIDsOf(t, a.dir)[0]))
	before := stateOf(t, a.dir).generation
	const id, other = "f-00000000000000aa", "f-00000000000000bb"
	a.judge(t, JudgeOptions{Finding: id, Action: ledger.ActionTriage, State: StateInvestigating})
	a.judge(t, JudgeOptions{Finding: id, Action: ledger.ActionNote, Text: "called 'ana'\x1b[2J"})
	a.judge(t, JudgeOptions{Finding: id, Action: ledger.ActionTag, Text: "b"})
	a.judge(t, JudgeOptions{Finding: id, Action: ledger.ActionTag, Text: "a"})
	a.judge(t, JudgeOptions{Finding: id, Action: ledger.ActionTag, Text: "b", Remove: true})
	a.judge(t, JudgeOptions{Finding: id, Action: ledger.ActionTriage, State: StateClosed, Verdict: "benign", Text: "a test"})
	a.judge(t, JudgeOptions{Finding: other, Action: ledger.ActionNote, Text: "x"})
	c := mustOpen(t, a.dir)
	if diff := cmp.Diff(map[string]FindingState{
		id: {State: StateClosed, Verdict: "benign", Tags: []string{"a"}, Notes: 1}, other: {State: StateOpen, Notes: 1},
	}, c.Judged()); diff != "" {
		t.Errorf("judged (-want +got):\n%s", diff)
	}
	if got := stateOf(t, a.dir).generation; got != before {
		t.Errorf("a new generation: %s after %s", got, before)
	}
	if diff := cmp.Diff([][]string{{id, "closed", "benign"}, {other, "open", "NULL"}}, textRows(t, c, "select id, state, verdict from findings order by rank")); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if h := c.History(id); len(h) != 6 || h[5].Text != "a test" || h[5].Actor != "ana" || !h[4].Removed {
		t.Errorf("history: %+v", h)
	}
	mustBeClean(t, a.dir)
	a.record(t, nil)
	if got := mustOpen(t, a.dir).Judged()[id].State; got != StateClosed {
		t.Errorf("after another run the finding is %s", got)
	}
}

func TestJudgeRefuses(t *testing.T) {
	for _, o := range []JudgeOptions{
		{Action: ledger.ActionTriage, State: "done"},
		{Action: ledger.ActionTriage, State: StateClosed},
		{Action: ledger.ActionTriage, State: StateClosed, Verdict: "maybe"},
		{Action: ledger.ActionTriage, State: StateOpen, Verdict: "benign"},
		{Action: ledger.ActionNote, Text: " \n"},
		{Action: ledger.ActionNote, Text: "\xff"},
		{Action: ledger.ActionTag},
		{Action: ledger.ActionNote, Text: strings.Repeat("x", maxJudgeText+1)},
	} {
		if err := o.Check(); err == nil {
			t.Errorf("accepted: %.200s", o.Action+" "+o.State+" "+o.Verdict)
		}
	}
}

// FuzzDecodeFindings checks that no file of findings breaks the reading, and
// that what is read is written again as it was.
func FuzzDecodeFindings(f *testing.F) {
	where := func(string) (eventPlace, error) { return eventPlace{strings.Repeat("ab", 32), 3, 1}, nil }
	seed, err := encodeFindings(claimed("abababab-3.1"), where)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"evidence":[],"kind":"exhibit-findings","schema":1}` + "\n{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := decodeFindings(data)
		if err != nil {
			return
		}
		var findings []analyze.Finding
		for i := range list {
			f := list[i].Finding
			for range list[i].places {
				f.Events = append(f.Events, "x")
			}
			findings = append(findings, f)
		}
		again, err := encodeFindings(findings, where)
		if err != nil {
			return // a number beyond what canonical JSON has
		}
		if _, err := decodeFindings(again); err != nil {
			t.Errorf("what was written cannot be read: %v\n%s", err, again)
		}
	})
}

// TestEventPlaces checks that places are those of the events view.
func TestEventPlaces(t *testing.T) {
	a := newAnalyzed(t)
	a.load(t, "two.jsonl", enrichLog[1:]...)
	c := mustOpen(t, a.dir)
	ids := eventIDsOf(t, a.dir)
	got, err := c.EventPlaces(t.Context(), append(slices.Clone(ids), "00000000-1", "no event", ids[0]))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range textRows(t, c, "select event_id, evidence_id, byte_offset, byte_length, i.path from events_all e join evidence i using (evidence_id)") {
		p := got[row[0]]
		if row[1] != p.SHA256 || row[2] != strconv.FormatInt(p.Offset, 10) || row[3] != strconv.FormatInt(p.Length, 10) || row[4] != p.Path || p.Event != row[0] {
			t.Errorf("place %+v, the view says %v", p, row)
		}
	}
	if len(got) != len(ids) || len(ids) != 9 {
		t.Errorf("%d places of %d events", len(got), len(ids))
	}
	if none, err := c.EventPlaces(t.Context(), nil); err != nil || len(none) > 0 {
		t.Errorf("places of nothing: %v, %v", none, err)
	}
}

// TestRecordAnalysisInterrupted undoes the last step of a run, as a crash after
// the ledger line leaves it. Readers see the findings all the same, and the next
// writing command finishes the step.
func TestRecordAnalysisInterrupted(t *testing.T) {
	a := newAnalyzed(t)
	earlier := stateOf(t, a.dir).generation
	want := claimed(eventIDsOf(t, a.dir)[0])
	a.record(t, want, ParameterFile{Kind: "policy", Name: "policy.yml", Data: []byte("a: b\n")})
	s := stateOf(t, a.dir)
	b := s.analysis.body
	staging := filepath.Join(a.dir, stagingDir, b.Load)
	if err := os.MkdirAll(filepath.Join(staging, inputsDir), 0o700); err != nil {
		t.Fatal(err)
	}
	moves := map[string]string{filepath.Join(derivedDir, s.generation): stagedDerived}
	for _, ref := range append([]FileRef{b.Findings}, b.Inputs...) {
		moves[filepath.FromSlash(ref.Path)] = filepath.FromSlash(ref.Path)
	}
	for from, to := range moves {
		if err := os.Rename(filepath.Join(a.dir, from), filepath.Join(staging, to)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(a.dir, derivedDir, currentFile), []byte(earlier+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, a.dir, VerifyOptions{}); !r.OK() {
		t.Errorf("problems: %v", r.Problems)
	}
	if diff := cmp.Diff(want, findingsOf(t, a.dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a.judge(t, JudgeOptions{Finding: want[0].ID, Action: ledger.ActionNote, Text: "x"})
	mustBeClean(t, a.dir)
	for from := range moves {
		if _, err := os.Stat(filepath.Join(a.dir, from)); err != nil {
			t.Errorf("not put in place: %v", err)
		}
	}
}
