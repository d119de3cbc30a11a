package detectors

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/enrich/mmdbtest"
)

// journal is a log that writes rows as exhibit exports them.
type journal struct {
	rows strings.Builder
	n    int
}

// start is when the traffic of generated cases begins.
var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// add writes a row of a successful call, changed by pairs of column and value;
// nil takes a column away.
func (l *journal) add(at time.Time, principal string, pairs ...any) {
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
func (l *journal) weeks(days int, people ...string) {
	for day := range days {
		for hour := range 8 {
			for i, p := range people {
				l.add(start.Add(time.Duration(day*24+9+hour)*time.Hour+time.Duration(i)*time.Minute), p)
			}
		}
	}
}

func (l *journal) load(t *testing.T) string {
	return casetest.Load(t, casetest.Write(t, map[string]string{"log.jsonl": l.rows.String()}))
}

// team is enough people for a rare thing to be told from a usual one.
func team() []string {
	return []string{"ana", "bo", "cleo", "dan", "eve", "fay", "gus", "hal", "ivy", "jon"}
}

func at(day, hour, minute int) time.Time {
	return start.Add(time.Duration(day)*24*time.Hour + time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

func identityGenerators() []generator {
	return []generator{
		{"identity.new-model", "hit-after-weeks", func(t *testing.T) string {
			var l journal
			l.weeks(20, team()...)
			l.add(at(19, 12, 30), "ana", "model", "model-z")
			return l.load(t)
		}},
		{"identity.new-model", "miss-versions", func(t *testing.T) string {
			var l journal
			l.weeks(20, team()...)
			l.add(at(19, 12, 30), "ana", "model", "model-a-20250514-v1:0")
			return l.load(t)
		}},
		{"identity.new-model", "miss-team-that-tries", func(t *testing.T) string {
			var l journal
			l.weeks(20, team()...)
			for i, p := range team() { // each tries something on another day
				l.add(at(6+i, 12, 30), p, "model", fmt.Sprintf("model-%c", 'q'+i))
			}
			l.add(at(19, 12, 30), "ana", "model", "model-z")
			return l.load(t)
		}},
		{"identity.new-model", "miss-newcomer", func(t *testing.T) string {
			var l journal
			l.weeks(20, team()...)
			l.add(at(18, 12, 30), "kim")
			l.add(at(19, 12, 30), "kim", "model", "model-z")
			return l.load(t)
		}},
		{"identity.new-client", "hit-after-weeks", func(t *testing.T) string {
			var l journal
			l.weeks(20, team()...)
			l.add(at(19, 12, 30), "ana", "client", "aws-sdk-go", "user_agent", "aws-sdk-go-v2/1.30")
			return l.load(t)
		}},
		{"identity.new-client", "hit-by-hand", func(t *testing.T) string {
			var l journal
			l.weeks(5, "ana", "bo")
			l.add(at(4, 12, 30), "ana", "client", "python-requests", "user_agent", "python-requests/2.32")
			return l.load(t)
		}},
		{"identity.impossible-travel", "hit-two-countries", func(t *testing.T) string {
			var l journal
			l.weeks(4, "ana")
			for i := range 6 {
				l.add(at(4, 10, 5*i), "ana", "src_ip", []string{"198.51.100.7", "203.0.113.9"}[i%2])
			}
			return l.loadWithCountries(t)
		}},
		{"identity.impossible-travel", "miss-journey-and-one-country", func(t *testing.T) string {
			var l journal
			l.weeks(4, "ana", "bo")
			l.add(at(4, 10, 0), "ana")
			l.add(at(4, 10, 30), "ana", "src_ip", "203.0.113.9")
			for i := range 6 {
				l.add(at(4, 10, 5*i), "bo", "src_ip", []string{"198.51.100.7", "192.0.2.9"}[i%2])
			}
			return l.loadWithCountries(t)
		}},
		{"identity.impossible-travel", "hit-one-journey", func(t *testing.T) string {
			var l journal
			l.weeks(4, "ana")
			l.add(at(4, 10, 0), "ana")
			l.add(at(4, 12, 0), "ana", "src_ip", "203.0.113.9")
			return l.loadWith(t, casefile.EnrichNetworks, "198.51.100.0/24,office,50,10\n203.0.113.0/24,far,-26,28\n")
		}},
		{"identity.impossible-travel", "miss-slow-near-and-shared", func(t *testing.T) string {
			var l journal
			l.weeks(4, "ana", "bo", "cleo", "dan", "eve")
			l.add(at(4, 6, 0), "ana") // 8,660 km in ten hours
			l.add(at(4, 16, 0), "ana", "src_ip", "203.0.113.9")
			l.add(at(4, 10, 0), "bo") // to the next town
			l.add(at(4, 10, 30), "bo", "src_ip", "192.0.2.9")
			for _, p := range []string{"cleo", "dan", "eve"} { // a tunnel
				l.add(at(4, 10, 0), p)
				l.add(at(4, 10, 30), p, "src_ip", "203.0.113.77")
			}
			return l.loadWith(t, casefile.EnrichNetworks, "198.51.100.0/24,office,50,10\n192.0.2.0/24,near,51,11\n203.0.113.0/24,far,-26,28\n")
		}},
		{"identity.concurrent-networks", "hit-within-minutes", func(t *testing.T) string {
			var l journal
			l.weeks(6, "ana")
			l.turns("ana", 6)
			return l.load(t)
		}},
		{"identity.concurrent-networks", "miss-within-minutes-of-a-newcomer-and-once", func(t *testing.T) string {
			var l journal
			l.weeks(2, "ana")
			l.turns("ana", 2)
			l.weeks(6, "bo")
			l.add(at(6, 18, 0), "bo")
			l.add(at(6, 18, 1), "bo", "src_ip", "203.0.113.9")
			l.add(at(6, 19, 20), "bo")
			return l.load(t)
		}},
		{"identity.new-client", "miss-version", func(t *testing.T) string {
			var l journal
			l.weeks(20, team()...)
			l.add(at(19, 12, 30), "ana", "user_agent", "Boto3/99.1 md/Botocore#99.1")
			return l.load(t)
		}},
	}
}

// loadWithCountries loads the log into a case that knows the countries of the
// networks for documentation.
func (l *journal) loadWithCountries(t *testing.T) string {
	t.Helper()
	country := func(code string) mmdbtest.Map { return mmdbtest.Map{"country": mmdbtest.Map{"iso_code": code}} }
	database := string(mmdbtest.Write("Test-Country", 1772409600, []mmdbtest.Entry{
		{Network: netip.MustParsePrefix("192.0.2.0/24"), Data: country("DE")},
		{Network: netip.MustParsePrefix("198.51.100.0/24"), Data: country("DE")},
		{Network: netip.MustParsePrefix("203.0.113.0/24"), Data: country("BR")},
	}))
	return l.loadWith(t, casefile.EnrichGeoIP, database)
}

// turns lets a person take turns between two networks on a day, some eighty minutes
// apart.
func (l *journal) turns(person string, day int) {
	for i := range 3 {
		l.add(at(day, 18, 80*i), person)
		l.add(at(day, 18, 80*i+1), person, "src_ip", "203.0.113.9")
	}
}

// loadWith loads the log into a case that is enriched with a file of a kind.
func (l *journal) loadWith(t *testing.T, kind, text string) string {
	t.Helper()
	files := casetest.Write(t, map[string]string{"log.jsonl": l.rows.String(), "known": text})
	dir, key := filepath.Join(t.TempDir(), "test.case"), casetest.Key(t)
	_, err := casefile.Load(t.Context(), &casefile.LoadOptions{
		Dir: dir, Paths: []string{filepath.Join(files, "log.jsonl")}, Key: key, Actor: "ana", Tool: "exhibit test", Now: casetest.Clock,
		Threads: 2, Memory: 1 << 30, Progress: new(casefile.Progress),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = casefile.Enrich(t.Context(), &casefile.EnrichOptions{
		Dir: dir, Files: map[string]string{kind: filepath.Join(files, "known")},
		Key: key, Actor: "ana", Tool: "exhibit test", Now: casetest.Clock, Threads: 2, Memory: 1 << 30,
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestModelFamily(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]string{
		"us.anthropic.claude-sonnet-4-20250514-v1:0":                                       "anthropic.claude-sonnet-4",
		"anthropic.claude-3-5-sonnet-20241022-v2:0":                                        "anthropic.claude-3-5-sonnet",
		"arn:aws:bedrock:us-east-1:111122223333:inference-profile/eu.amazon.nova-pro-v1:0": "amazon.nova-pro",
		"gpt-4o-2024-08-06":               "gpt-4o",
		"gpt-4o":                          "gpt-4o",
		"gpt-4-0613":                      "gpt-4",
		"gpt-4-1106-preview":              "gpt-4",
		"mistral.mistral-large-2407-v1:0": "mistral.mistral-large",
		"meta.llama3-70b-instruct-v1:0":   "meta.llama3-70b-instruct",
		"v1":                              "v1",
		"":                                "",
	} {
		if got := modelFamily(model); got != want {
			t.Errorf("modelFamily(%q) = %q, want %q", model, got, want)
		}
	}
}

func TestNetworkOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"198.51.100.7": "198.51.0.0/16", "::ffff:198.51.100.7": "198.51.0.0/16", "2001:db8:1:2::3": "2001:db8:1::/48", "10.1.2.3": "private",
		"fd00::1": "private", "lambda.amazonaws.com": "", "AWS Internal": "", "": "",
	} {
		if got := networkOf(address); got != want {
			t.Errorf("networkOf(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestReadTarget(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, raw string
		want      grantTarget
	}{
		{"user", `{"requestParameters":{"userName":"bo","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}}`, grantTarget{Kind: "user", Name: "bo", Policy: "AdministratorAccess"}},
		{"user, to look", `{"requestParameters":{"userName":"bo","policyArn":"arn:aws:iam::aws:policy/AmazonBedrockReadOnly"}}`, grantTarget{Kind: "user", Name: "bo", Policy: "AmazonBedrockReadOnly", Looks: true}},
		{"user, by a name that was taken", `{"requestParameters":{"userName":"bo","policyArn":"arn:aws:iam::111122223333:policy/AmazonBedrockReadOnly"}}`, grantTarget{Kind: "user", Name: "bo", Policy: "AmazonBedrockReadOnly"}},
		{"role in EventBridge", `{"detail":{"requestParameters":{"roleName":"app","policyName":"more"}}}`, grantTarget{Kind: "role", Name: "app", Policy: "more"}},
		{"lookup-events", `{"CloudTrailEvent":"{\"requestParameters\":{\"userName\":\"bo\"}}"}`, grantTarget{Kind: "user", Name: "bo"}},
		{"policy", `{"requestParameters":{"policyArn":"arn:aws:iam::111122223333:policy/p"}}`, grantTarget{Kind: "policy", Name: "arn:aws:iam::111122223333:policy/p", Policy: "p"}},
		{"other types", `{"requestParameters":{"userName":7,"roleName":null}}`, grantTarget{}},
		{"none", `{"requestParameters":null}`, grantTarget{}},
		{"no JSON", `userName=bo`, grantTarget{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got grantTarget
			if readTarget([]byte(tt.raw), &got); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func FuzzReadTarget(f *testing.F) {
	f.Add([]byte(`{"detail":{"requestParameters":{"userName":"bo"}},"CloudTrailEvent":"{}"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var got grantTarget
		if readTarget(raw, &got); got.Name != "" && got.Kind == "" {
			t.Errorf("a name without a kind: %+v", got)
		}
	})
}
