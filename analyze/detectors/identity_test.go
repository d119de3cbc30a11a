package detectors

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// traffic writes rows as exhibit exports them.
type traffic struct {
	rows strings.Builder
	n    int
}

// start is when the traffic of generated cases begins.
var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// add writes a row of a successful call, changed by pairs of column and value;
// nil takes a column away.
func (l *traffic) add(at time.Time, principal string, pairs ...any) {
	l.n++
	row := map[string]any{
		"event_id": fmt.Sprintf("00000000-%d", l.n), "ts": at.Format(time.RFC3339), "plane": "access", "kind": "inference", "operation": "InvokeModel",
		"outcome": "success", "provider": "aws", "service": "bedrock.amazonaws.com", "principal": principal, "principal_type": "IAMUser",
		"credential_id": "AKIAEXAMPLE" + strings.ToUpper(principal), "src_ip": "198.51.100.7", "client": "boto3", "model": "model-a",
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if column := pairs[i].(string); pairs[i+1] == nil {
			delete(row, column)
		} else {
			row[column] = pairs[i+1]
		}
	}
	text, _ := json.Marshal(row) // of strings and numbers
	l.rows.Write(append(text, '\n'))
}

// weeks lets people call in eight hours of each of so many days.
func (l *traffic) weeks(days int, people ...string) {
	for day := range days {
		for hour := range 8 {
			for i, p := range people {
				l.add(start.Add(time.Duration(day*24+9+hour)*time.Hour+time.Duration(i)*time.Minute), p)
			}
		}
	}
}

func (l *traffic) load(t *testing.T) string {
	return casetest.Load(t, casetest.Write(t, map[string]string{"log.jsonl": l.rows.String()}))
}

// team is enough people for a rare thing to be told from a usual one.
func team() []string { return []string{"ana", "bo", "cleo", "dan", "eve", "fay", "gus", "hal", "ivy", "jon"} }

func at(day, hour, minute int) time.Time {
	return start.Add(time.Duration(day)*24*time.Hour + time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

func identityGenerators() []generator {
	return []generator{
		{"identity.new-model", "hit-after-weeks", func(t *testing.T) string {
			var l traffic
			l.weeks(20, team()...)
			l.add(at(19, 12, 30), "ana", "model", "model-z")
			return l.load(t)
		}},
		{"identity.new-model", "miss-versions", func(t *testing.T) string {
			var l traffic
			l.weeks(20, team()...)
			l.add(at(19, 12, 30), "ana", "model", "model-a-20250514-v1:0")
			return l.load(t)
		}},
		{"identity.new-model", "miss-team-that-tries", func(t *testing.T) string {
			var l traffic
			l.weeks(20, team()...)
			for i, p := range team() { // each tries something on another day
				l.add(at(6+i, 12, 30), p, "model", fmt.Sprintf("model-%c", 'q'+i))
			}
			l.add(at(19, 12, 30), "ana", "model", "model-z")
			return l.load(t)
		}},
		{"identity.new-model", "miss-newcomer", func(t *testing.T) string {
			var l traffic
			l.weeks(20, team()...)
			l.add(at(18, 12, 30), "kim")
			l.add(at(19, 12, 30), "kim", "model", "model-z")
			return l.load(t)
		}},
		{"identity.new-client", "hit-after-weeks", func(t *testing.T) string {
			var l traffic
			l.weeks(20, team()...)
			l.add(at(19, 12, 30), "ana", "client", "python-requests", "user_agent", "python-requests/2.32")
			return l.load(t)
		}},
		{"identity.new-client", "miss-version", func(t *testing.T) string {
			var l traffic
			l.weeks(20, team()...)
			l.add(at(19, 12, 30), "ana", "user_agent", "Boto3/99.1 md/Botocore#99.1")
			return l.load(t)
		}},
	}
}
