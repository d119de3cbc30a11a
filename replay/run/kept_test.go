package run

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/replay/cassette"
)

// TestIntoCase stops a replay of a case by a budget, goes on with it, and wants
// both cassettes to be kept and the case to verify all the way.
func TestIntoCase(t *testing.T) {
	server := newStub(t, chat)
	p := testPlan(server.URL, 10)
	hash, err := p.Hash()
	if err != nil {
		t.Fatal(err)
	}
	logs := casetest.Write(t, map[string]string{"a.jsonl": `{"timestamp":"2026-01-02T03:04:05Z","message":"started"}` + "\n"})
	key := casetest.Key(t)
	dir := filepath.Join(t.TempDir(), "x.case")
	_, err = casefile.Load(t.Context(), &casefile.LoadOptions{
		Dir: dir, Paths: []string{logs}, Key: key, Actor: "ana", Tool: "exhibit test", Now: casetest.Clock,
		Threads: 1, Memory: 1 << 30, Progress: new(casefile.Progress),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, round := range []struct {
		calls   int
		resumes bool
		want    casefile.ReplaySummary
	}{
		{4, false, casefile.ReplaySummary{Attempts: 4, Ends: map[string]int64{"complete": 4}, Unfinished: 6}},
		{0, true, casefile.ReplaySummary{Attempts: 10, Ends: map[string]int64{"complete": 10}}},
		{1, false, casefile.ReplaySummary{Attempts: 1, Ends: map[string]int64{"complete": 1}, Unfinished: 9}},
	} {
		staged, err := casefile.StageReplay(&casefile.StageReplayOptions{Dir: dir, Plan: hash, Key: key, Actor: "ana", Tool: "exhibit test", Now: casetest.Clock})
		if err != nil || staged.Resumes != round.resumes {
			t.Fatalf("%+v, %v", staged, err)
		}
		if !staged.Resumes {
			if err := cassette.Create(staged.Path, p); err != nil {
				t.Fatal(err)
			}
		}
		s := newSettingAt(t, staged.Path)
		s.options.Account = NewAccount(Budget{Calls: round.calls})
		s.mustRun()
		mustVerify(t, dir)
		if w, err := cassette.Append(staged.Path, "", time.Now()); err != nil {
			t.Fatal(err)
		} else {
			if r, err := casefile.RecordReplay(t.Context(), keep(dir, staged.Path, w.Summary(), key)); err == nil {
				t.Errorf("recorded while it is written: %+v", r)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		r := s.read()
		report, err := casefile.RecordReplay(t.Context(), keep(dir, staged.Path, r.Summary(), key))
		if err != nil || report.SHA256 != r.SHA256() || (report.Continues != "") != round.resumes {
			t.Fatalf("%+v, %v", report, err)
		}
		if _, err := cassette.Append(staged.Path, "", time.Now()); err == nil {
			t.Error("a recorded cassette can be gone on with in staging")
		}
		mustVerify(t, dir)
		kept := casetest.Open(t, dir).Replays()
		round.want.Plan, round.want.Server, round.want.Models = hash, server.URL, []string{"tiny"}
		round.want.Requests, round.want.Received = 10, r.Summary().Bytes
		if diff := cmp.Diff(round.want, kept[len(kept)-1].ReplaySummary); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		again, err := cassette.Open(kept[len(kept)-1].Path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(again.Close(), r.Close()); err != nil {
			t.Error(err)
		}
	}
}

func keep(dir, path string, s *cassette.Summary, key *ledger.Key) *casefile.ReplayOptions {
	return &casefile.ReplayOptions{
		Dir: dir, Cassette: path, ReplaySummary: Kept(s), Key: key, Actor: "ana", Tool: "exhibit test", Now: casetest.Clock,
	}
}

func mustVerify(t *testing.T, dir string) {
	t.Helper()
	r, err := casefile.Verify(t.Context(), dir, casefile.VerifyOptions{Threads: 1, Memory: 1 << 30})
	if err != nil || !r.OK() {
		t.Fatalf("%+v, %v", r, err)
	}
}
