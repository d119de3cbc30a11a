package reconcile

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// usageResult is a result of OpenAI's usage.
type usageResult struct {
	Object   string `json:"object"`
	Model    string `json:"model"`
	Requests int64  `json:"num_model_requests"`
	Input    int64  `json:"input_tokens"`
	Output   int64  `json:"output_tokens"`
	Project  string `json:"project_id,omitempty"`
}

// billed are results by the second in which their hour begins.
type billed map[int64][]usageResult

// page writes them as a page of the API.
func (b billed) page(t *testing.T, width int64) string {
	t.Helper()
	type bucket struct {
		Object  string        `json:"object"`
		Start   int64         `json:"start_time"`
		End     int64         `json:"end_time"`
		Results []usageResult `json:"results"`
	}
	var data []bucket
	for _, at := range slices.Sorted(maps.Keys(b)) {
		data = append(data, bucket{"bucket", at, at + width, b[at]})
	}
	text, err := json.Marshal(map[string]any{"object": "page", "data": data, "has_more": false})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// trueUsage is what OpenAI counts of the calls in a case: those that succeeded,
// in periods of some seconds.
func trueUsage(t *testing.T, c *casefile.Case, width int64) billed {
	t.Helper()
	out := billed{}
	rows, err := c.DB().QueryContext(t.Context(), `
		select epoch_us(ts) // 1000000 // $width * $width as hour, kind, coalesce(nullif(model_response, ''), model), count(*),
			coalesce(sum(input_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint
		from calls where provider = 'openai' and outcome = 'success' and kind in ('inference', 'embedding') group by all order by all`, sql.Named("width", width))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var hour int64
		var kind string
		var u usageResult
		if err := rows.Scan(&hour, &kind, &u.Model, &u.Requests, &u.Input, &u.Output); err != nil {
			t.Fatal(err)
		}
		if u.Object = "organization.usage.completions.result"; kind == "embedding" {
			u.Object = "organization.usage.embeddings.result"
		}
		out[hour] = append(out[hour], u)
	}
	if err := rows.Err(); err != nil || len(out) < 10 {
		t.Fatal(len(out), err)
	}
	return out
}

// openAILogs generates logs of callers of OpenAI.
func openAILogs(t *testing.T, sources ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "logs")
	if _, err := drill.Generate(t.Context(), drill.Config{Seed: 5, Days: 3, Calls: 6_000, Sources: sources, Dir: dir, Words: [2]int{3, 9}}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// reconciledUsage runs the check on the logs with the totals.
func reconciledUsage(t *testing.T, logs string, pages ...string) *Report {
	t.Helper()
	paths := []string{logs}
	for _, text := range pages {
		path := filepath.Join(t.TempDir(), "usage.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return only(t, casetest.Open(t, casetest.Load(t, paths...)), "usage")
}

const hour = 3600

func TestUsage(t *testing.T) {
	logs := openAILogs(t, "openai", "bedrock")
	right := trueUsage(t, casetest.Open(t, casetest.Load(t, logs)), 6*hour)
	busy := slices.MaxFunc(slices.Sorted(maps.Keys(right)), func(a, b int64) int { return cmp.Compare(largest(right[a]), largest(right[b])) })
	change := func(change func(u *usageResult)) billed {
		out := billed{}
		for at, list := range right {
			out[at] = slices.Clone(list)
			for i := range out[at] {
				if u := &out[at][i]; at == busy && u.Requests == largest(right[busy]) {
					change(u)
				}
			}
		}
		return out
	}
	for _, tt := range []struct {
		name  string
		usage billed
		want  []string
	}{
		{"as the logs say", right, nil},
		{"within the tolerance", change(func(u *usageResult) { u.Requests++ }), nil},
		{"calls that no log shows", change(func(u *usageResult) { u.Requests *= 2 }), []string{"high more requests"}},
		{"fewer than the logs show", change(func(u *usageResult) { u.Requests /= 2 }), []string{"low fewer requests"}},
		{"tokens that no log shows", change(func(u *usageResult) { u.Output *= 3 }), []string{"high more output_tokens"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := reconciledUsage(t, logs, tt.usage.page(t, 6*hour))
			var got []string
			for _, f := range r.Findings {
				got = append(got, usageWords(&f))
				if len(f.Events) == 0 || f.First.Unix() != busy || f.Last.Unix() != busy+6*hour {
					t.Errorf("%+v", f)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if r.Checks[0].Compared < 20 || !strings.Contains(strings.Join(r.Checks[0].Notes, "\n"), "beyond the time that the logs") {
				t.Errorf("%+v", r.Checks[0])
			}
		})
	}
	t.Run("everything twice", func(t *testing.T) {
		double := billed{}
		for at, list := range right {
			for _, u := range list {
				u.Requests, u.Input, u.Output = 2*u.Requests+5, 2*u.Input, 2*u.Output
				double[at] = append(double[at], u)
			}
		}
		for _, f := range reconciledUsage(t, logs, double.page(t, 6*hour)).Findings {
			if f.Severity != analyze.SeverityMedium || f.Bucket != "more than shown" {
				t.Errorf("%+v", f)
			}
		}
	})
	t.Run("two reports of one thing", func(t *testing.T) {
		wrong := change(func(u *usageResult) { u.Requests *= 2 })
		r := reconciledUsage(t, logs, wrong.page(t, 6*hour), " "+wrong.page(t, 6*hour))
		if len(r.Findings) != 1 {
			t.Errorf("%d findings", len(r.Findings))
		}
	})
}

func largest(list []usageResult) int64 {
	return slices.MaxFunc(list, func(a, b usageResult) int { return cmp.Compare(a.Requests, b.Requests) }).Requests
}

func usageWords(f *analyze.Finding) string {
	word := "fewer"
	if strings.Contains(f.Explanation, "no log shows") {
		word = "more"
	}
	return f.Severity.String() + " " + word + " " + strings.TrimPrefix(f.Facts[0].Name, "counted_")
}

// TestUsageOfAnthropic checks totals that count tokens only, and those of caches
// apart: the input is the sum of them.
func TestUsageOfAnthropic(t *testing.T) {
	var lines []string
	for i := range 300 {
		lines = append(lines, `{"ts":"2026-04-08T`+clockAt(i*2)+`Z","kind":"inference","plane":"content","provider":"anthropic","model":"claude-sonnet-4-5","outcome":"success","input_tokens":100,"output_tokens":20,"cache_read_tokens":50}`)
	}
	bucket := func(hour string, input, output, cached int) string {
		return `{"starting_at":"2026-04-08T` + hour + `:00:00Z","ending_at":"2026-04-08T` + following(hour) + `:00:00Z","results":[{"uncached_input_tokens":` + strconv.Itoa(input) + `,"output_tokens":` + strconv.Itoa(output) +
			`,"cache_read_input_tokens":` + strconv.Itoa(cached) + `,"cache_creation":{"ephemeral_1h_input_tokens":0,"ephemeral_5m_input_tokens":0},"model":"claude-sonnet-4-5-20250929"}]}`
	}
	page := func(third string) string {
		return `{"data":[` + strings.Join([]string{bucket("01", 3000, 600, 1500), bucket("02", 3000, 600, 1500), third, bucket("04", 3000, 600, 1500), bucket("23", 9, 9, 9)}, ",") + `],"has_more":false,"next_page":null}`
	}
	for _, tt := range []struct {
		name, third string
		want        []string
	}{
		// Whether the log, read by a map, counts the cache in is not known.
		{"the log counts without the cache", bucket("03", 3000, 600, 1500), nil},
		{"the log counts with the cache", bucket("03", 1500, 600, 1500), nil},
		{"more than either explains", bucket("03", 4500, 600, 1500), []string{"high more input_tokens"}},
		{"more", bucket("03", 9000, 1800, 1500), []string{"high more output_tokens"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := mappedWith(t, lines, page(tt.third), "ts", "kind", "plane", "provider", "model", "outcome", "input_tokens", "output_tokens", "cache_read_tokens")
			r := only(t, c, "usage")
			var got []string
			for _, f := range r.Findings {
				got = append(got, usageWords(&f))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if r.Checks[0].Compared != 4 {
				t.Errorf("%+v", r.Checks[0])
			}
		})
	}
}

func TestUsageNotApplicable(t *testing.T) {
	r := only(t, mapped(t, []string{`{"ts":"2026-04-08T01:00:00Z","kind":"inference","plane":"content","provider":"openai"}`}, "ts", "kind", "plane", "provider"), "usage")
	if r.Checks[0].NotApplicable != "no totals of usage in this case that count calls of models" {
		t.Errorf("%+v", r.Checks[0])
	}
	page := billed{1_775_606_400: {{Object: "organization.usage.completions.result", Model: "gpt-4o", Requests: 4}}}.page(t, hour)
	c := mappedWith(t, []string{`{"ts":"2026-04-08T01:00:00Z","kind":"inference","plane":"content","provider":"azure"}`}, page, "ts", "kind", "plane", "provider")
	if r = only(t, c, "usage"); !strings.Contains(r.Checks[0].NotApplicable, "no log shows calls") || len(r.Findings) > 0 {
		t.Errorf("%+v", r.Checks[0])
	}
}

// clockAt is the time of day some minutes after midnight.
func clockAt(minutes int) string { return fmt.Sprintf("%02d:%02d:30", minutes/60, minutes%60) }

func following(hour string) string {
	n, _ := strconv.Atoi(hour)
	return fmt.Sprintf("%02d", (n+1)%24)
}
