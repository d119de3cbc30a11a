package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// claimCase are sessions of Claude Code, ten calls in each, and the log of the
// provider about them, which has no id in common with them but the session.
type claimCase struct {
	transcripts map[string]string
	log         []string
}

func newClaimCase(sessions int, withSession bool) *claimCase {
	c := &claimCase{transcripts: map[string]string{}}
	add := func(hour, minute int, session string) {
		c.log = append(c.log, fmt.Sprintf(`{"timestamp":"2026-04-08T%02d:%02d:01Z","model":"claude-sonnet-4-5","provider":"anthropic","session_id":"%s","request_id":"q-%d","input_tokens":4,"output_tokens":3}`,
			hour, minute, session, len(c.log)))
	}
	add(1, 0, "before")
	for i := range sessions {
		session := fmt.Sprintf("s-%d", i)
		var lines []string
		for n := range 10 {
			lines = append(lines, fmt.Sprintf(`{"type":"assistant","message":{"model":"claude-sonnet-4-5-20250929","id":"msg_%s_%d","role":"assistant","content":[{"type":"text","text":"rope"}],"usage":{"input_tokens":4,"output_tokens":3}},"requestId":"req_%s_%d","parentUuid":null,"sessionId":"%s","uuid":"u-%s-%d","timestamp":"2026-04-08T%02d:%02d:00.120Z"}`,
				session, n, session, n, session, session, n, 2+i, 5+n*5))
			if withSession {
				add(2+i, 5+n*5, session)
			} else {
				add(2+i, 5+n*5, "")
			}
		}
		c.transcripts[session+".jsonl"] = strings.Join(lines, "\n") + "\n"
	}
	add(22, 0, "after")
	return c
}

// drop takes the given records, from 1, out of the log.
func (c *claimCase) drop(numbers ...int) *claimCase {
	c.log = without(c.log, numbers...)
	return c
}

func (c *claimCase) run(t *testing.T) *Report {
	t.Helper()
	files := map[string]string{"log.jsonl": strings.Join(c.log, "\n") + "\n"}
	for name, text := range c.transcripts {
		files[name] = text
	}
	return only(t, casetest.Files(t, files), "claims")
}

func claimWords(list []analyze.Finding) []string {
	var out []string
	for _, f := range list {
		out = append(out, fmt.Sprintf("%s %s claims %v saw %v", f.Severity, f.Subject, f.Facts[0].Value, f.Facts[1].Value))
	}
	return out
}

func TestClaims(t *testing.T) {
	extra := newClaimCase(4, true)
	for n := range 3 {
		extra.log = append(extra.log, fmt.Sprintf(`{"timestamp":"2026-04-08T03:5%d:01Z","model":"claude-sonnet-4-5","provider":"anthropic","session_id":"s-1","request_id":"x-%d","input_tokens":4,"output_tokens":3}`, n, n))
	}
	background := newClaimCase(3, true)
	for i := range 3 {
		background.log = append(background.log, fmt.Sprintf(`{"timestamp":"2026-04-08T0%d:06:01Z","model":"claude-sonnet-4-5","provider":"anthropic","session_id":"s-%d","request_id":"b-%d","input_tokens":4,"output_tokens":3}`, 2+i, i, i))
	}
	ends := newClaimCase(3, true)
	ends.log = ends.log[11 : len(ends.log)-1]
	for _, tt := range []struct {
		name string
		c    *claimCase
		want []string
		note string
	}{
		{"alike", newClaimCase(4, true), nil, ""},
		{"records taken out", newClaimCase(4, true).drop(13, 14, 15), []string{"medium s-1 claims 10 saw 7"}, ""},
		{"lines taken out", extra, []string{"low s-1 claims 10 saw 13"}, ""},
		{"one session only", newClaimCase(1, true).drop(5, 6), []string{"medium claude-code claims 10 saw 8"}, ""},
		{"all differ", newClaimCase(2, true).drop(5, 15), []string{"medium claude-code claims 20 saw 18"}, ""},
		{"calls of the client's own", background, nil, "calls that stand in no transcript"},
		{"a session that the log does not cover", ends, nil, ""},
		{"of one caller", newClaimCase(4, false), nil, ""},
		{"of one caller, records taken out", newClaimCase(4, false).drop(13, 14, 15), []string{"medium claude-code claims 10 saw 7"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.c.run(t)
			if got := claimWords(r.Findings); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			for _, f := range r.Findings {
				if len(f.Events) < 4 || f.First.IsZero() || f.Last.Before(f.First) {
					t.Errorf("%+v", f)
				}
			}
			if r.Checks[0].Compared == 0 || !strings.Contains(strings.Join(r.Checks[0].Notes, "; "), tt.note) {
				t.Errorf("%+v", r.Checks[0])
			}
		})
	}
}

func TestClaimsNotApplicable(t *testing.T) {
	c := newClaimCase(2, true)
	log := map[string]string{"log.jsonl": strings.Join(c.log, "\n") + "\n"}
	if r := only(t, casetest.Files(t, log), "claims"); r.Checks[0].NotApplicable != "no transcript of a client in this case" {
		t.Errorf("%+v", r.Checks[0])
	}
	if r := only(t, casetest.Files(t, c.transcripts), "claims"); !strings.Contains(r.Checks[0].NotApplicable, "no log of a gateway or provider") {
		t.Errorf("%+v", r.Checks[0])
	}
	// Where ids join, single calls can be looked for.
	for i, line := range c.log {
		n := i - 1
		c.log[i] = strings.Replace(line, fmt.Sprintf(`"q-%d"`, i), fmt.Sprintf(`"req_s-%d_%d"`, n/10, n%10), 1)
	}
	r := c.drop(5, 6).run(t)
	if len(r.Findings) > 0 || !strings.Contains(strings.Join(r.Checks[0].Notes, "; "), "ids join 18 of 20 calls") {
		t.Errorf("%+v", r)
	}
}
