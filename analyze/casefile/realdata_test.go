package casefile_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// sharedData is where public logs with known ground truth lie beside the
// checkout.
const sharedData = "../../../shared/data"

// realCase loads a folder of the public logs into a new case and opens it.
// Without the logs the test is skipped, and says so.
func realCase(t *testing.T, folder string, include ...string) *casefile.Case {
	t.Helper()
	return realCaseIn(t, nil, folder, include...)
}

// realCaseIn is realCase for logs that write their times without a zone.
func realCaseIn(t *testing.T, zone *time.Location, folder string, include ...string) *casefile.Case {
	t.Helper()
	dir := filepath.Join(sharedData, filepath.FromSlash(folder))
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED, NOT PASSED: the public logs are missing: %v", err)
	}
	key, err := ledger.CreateKey(filepath.Join(t.TempDir(), "key"), "examiner")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "real.case")
	_, err = casefile.Load(t.Context(), &casefile.LoadOptions{
		Dir: path, Paths: []string{dir}, Select: casefile.Select{Include: include}, AssumeTZ: zone,
		Key: key, Actor: "examiner", Tool: "exhibit test", Threads: 2, Memory: 1 << 30, Progress: new(casefile.Progress),
		Now: func() time.Time { return time.Date(2026, 4, 8, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := casefile.Open(t.Context(), path, casefile.OpenOptions{Threads: 2, Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// table runs a query and returns its rows as text, a row a line.
func table(t *testing.T, c *casefile.Case, query string) string {
	t.Helper()
	rows, err := c.DB().QueryContext(context.Background(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for rows.Next() {
		values := make([]any, len(columns))
		at := make([]any, len(columns))
		for i := range values {
			at[i] = &values[i]
		}
		if err := rows.Scan(at...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if i > 0 {
				out.WriteByte(' ')
			}
			fmt.Fprint(&out, v)
		}
		out.WriteByte('\n')
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The figures of the data's own description: one incident over one account.
func TestInvictus(t *testing.T) {
	c := realCase(t, "cloudtrail/invictus", "*.gz")
	for _, q := range []struct{ name, query, want string }{
		{"events", "select count(*), count(distinct native_id), min(epoch_us(ts)) // 1000000, max(epoch_us(ts)) // 1000000, count(distinct region), count(distinct tenant) from events", "2900 2900 1688989338 1688992670 1 1\n"},
		{"nothing hidden", "select (select count(*) from events_all), (select count(*) from duplicate), (select count(*) from conflict)", "2900 0 0\n"},
		{"principals by ARN", "select count(distinct principal) filter (principal like 'arn:%'), count(*) filter (principal like 'arn:%') from events", "13 2823\n"},
		{"top principals", "select principal, count(*) n from events where principal like 'arn:%' group by 1 order by n desc, 1 limit 2", "arn:aws:iam::123837392027:user/bert-jan 2641\narn:aws:iam::123837392027:user/benjamin 105\n"},
		{"types", "select coalesce(principal_type, 'absent'), count(*) from events group by 1 order by 2 desc", "IAMUser 2748\nAssumedRole 76\nabsent 42\nAWSService 34\n"},
		{"names", "select count(distinct operation), count(distinct service) from events", "260 29\n"},
		{"top sources", "select service, count(*) n from events group by 1 order by n desc limit 5", "ec2.amazonaws.com 892\nssm.amazonaws.com 488\niam.amazonaws.com 398\ns3.amazonaws.com 271\nkms.amazonaws.com 240\n"},
		{"top addresses", "select src_ip, count(*) n from events group by 1 order by n desc limit 3", "192.168.10.20 2154\n10.8.8.10 281\nAWS Internal 170\n"},
		{"errors", "select count(*) from events where error_code is not null", "300\n"},
		{"top errors", "select error_code, count(*) n from events where error_code is not null group by 1 order by n desc limit 4", "ThrottlingException 102\nClient.UnauthorizedOperation 44\nAccessDenied 16\nNoSuchBucketPolicy 14\n"},
		{"GetPasswordData", "select count(*), count(distinct principal), count(distinct src_ip), min(src_ip), min(outcome), max(outcome) from events where operation = 'GetPasswordData'", "29 1 1 192.168.10.20 denied denied\n"},
		{"GetPasswordData by second", "select strftime(ts, '%H:%M:%S'), count(*) from events where operation = 'GetPasswordData' group by 1 order by 1", "11:54:47 4\n11:54:48 9\n11:54:49 9\n11:54:50 7\n"},
		{"GetSecretValue", "select count(*), count(*) filter (user_agent ilike '%terraform%' and user_agent like '%stratus-red-team%'), count(*) filter (user_agent ilike '%terraform%' and user_agent not like '%stratus-red-team%'), count(*) filter (user_agent not ilike '%terraform%' and user_agent like '%stratus-red-team%') from events where operation = 'GetSecretValue'", "60 20 20 20\n"},
		{"stratus", `select count(*), count(distinct regexp_extract(user_agent, 'stratus-red-team_[0-9a-f-]{36}')), count(*) filter (user_agent ilike '%terraform%') from events where user_agent like '%stratus-red-team%'`, "1146 83 932\n"},
		{"trails", "select strftime(ts, '%H:%M:%S'), operation, coalesce(error_code, 'ok') from events where operation in ('StopLogging', 'DeleteTrail', 'LeaveOrganization', 'CreateTrustAnchor') order by ts, operation", "11:59:02 DeleteTrail TrailNotFoundException\n12:00:42 StopLogging TrailNotFoundException\n12:01:23 StopLogging TrailNotFoundException\n12:01:27 StopLogging TrailNotFoundException\n12:02:05 LeaveOrganization AccessDenied\n12:08:04 DeleteTrail ok\n12:08:04 DeleteTrail ok\n12:27:13 CreateTrustAnchor ok\n"},
		{"sharedEventID", "select count(*) from events where other_ids like '%shared_event_id%'", "36\n"},
		{"Bedrock", "select count(*) from events where service like 'bedrock%'", "0\n"},
	} {
		t.Run(q.name, func(t *testing.T) {
			if diff := cmp.Diff(q.want, table(t, c, q.query)); diff != "" {
				t.Errorf("%s (-want +got)\n%s", q.query, diff)
			}
		})
	}
}

// One technique per file: the pairs of service and event that each shows, the
// order of the Bedrock calls, and regions and addresses that do not exist.
func TestStratus(t *testing.T) {
	c := realCase(t, "cloudtrail/stratus", "*.json")
	if got := table(t, c, "select format, count(*) from events where format = 'cloudtrail' group by 1"); got != "cloudtrail 119\n" {
		t.Errorf("events: %s", got)
	}
	if got := table(t, c, "select count(*) from events where region = 'megov-northeast-1r'"); got == "0\n" {
		t.Error("the scrambled region is gone")
	}
	files, err := filepath.Glob(filepath.Join(sharedData, "cloudtrail/stratus/expected/*"))
	if err != nil || len(files) != 20 {
		t.Fatalf("found %d expectations: %v", len(files), err)
	}
	for _, f := range files {
		var want []string
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		want = expectedPairs(t, data)
		name := filepath.Base(f)
		got := strings.Fields(table(t, c, fmt.Sprintf("select distinct replace(service, '.amazonaws.com', '') || ':' || operation as pair from events join evidence using (evidence_id) where path like '%%/stratus/%s' and events.format = 'cloudtrail' order by 1", name)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	bedrock := table(t, c, "select strftime(ts, '%H:%M:%S'), operation from events join evidence using (evidence_id) where path like '%/stratus/aws.impact.bedrock-invoke-model.json' order by ts, operation")
	lines := strings.Split(strings.TrimSpace(bedrock), "\n")
	if len(lines) != 15 || lines[0] != "20:09:50 GetFoundationModelAvailability" || lines[14] != "20:11:24 InvokeModel" {
		t.Errorf("Bedrock calls:\n%s", bedrock)
	}
}

// Four thousand answers in a table, with times that no rule can read: the month
// and the day are told apart by nothing.
func TestLLMDrift(t *testing.T) {
	c := realCase(t, "llmdrift", "*.gz")
	want := "openaichat/gpt-3.5-turbo-0301 1000 212 228122\nopenaichat/gpt-3.5-turbo-0613 1000 232.5 298694\n" +
		"openaichat/gpt-4-0314 1000 181 215414\nopenaichat/gpt-4-0613 1000 3 2894\n"
	if d := cmp.Diff(want, table(t, c, "select model, count(*), median(output_tokens), sum(output_tokens) from events where kind = 'inference' group by 1 order by 1")); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if got := table(t, c, "select count(*), count(ts), count(*) filter (contains(response, chr(10))), min(format) from events"); got != "4000 0 2821 table\n" {
		t.Errorf("events, times, answers with a line end: %s", got)
	}
}

// A series of requests with times of seven digits and no zone, and no model.
func TestAzureTraces(t *testing.T) {
	c := realCase(t, "azure_llm_traces", "*.gz")
	for _, q := range []struct{ query, want string }{
		{"select count(*), count(ts), sum(input_tokens), min(input_tokens), median(input_tokens), max(input_tokens) from events", "8819 0 18059974 3 1469 7437\n"},
		{"select sum(output_tokens), min(output_tokens), median(output_tokens), max(output_tokens) from events", "245896 6 13 1899\n"},
		{"select distinct ts_source, kind, format from events", "TIMESTAMP (no zone) other table\n"},
	} {
		if d := cmp.Diff(q.want, table(t, c, q.query)); d != "" {
			t.Errorf("%s (-want +got)\n%s", q.query, d)
		}
	}
}

// Given a zone, the times are those of the data's own description.
func TestAzureTracesInAZone(t *testing.T) {
	c := realCaseIn(t, time.UTC, "azure_llm_traces", "*.gz")
	want := "45 585 7717 1102 2023-11-16T18:17:03.97996 2023-11-16T19:14:19.928016 ns\n"
	got := table(t, c, `with minute as (select date_trunc('minute', ts) as m, count(*) as n from events group by 1)
select (select count(*) from minute), (select max(n) from minute), count(*) filter (hour(ts) = 18), count(*) filter (hour(ts) = 19),
strftime(min(ts), '%Y-%m-%dT%H:%M:%S.') || rtrim(strftime(min(ts), '%f'), '0'), strftime(max(ts), '%Y-%m-%dT%H:%M:%S.%f'), min(ts_precision) from events`)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// expectedPairs reads service:Event pairs from an expectation, whatever its
// shape.
func expectedPairs(t *testing.T, data []byte) []string {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	var out []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			if service, event, ok := strings.Cut(v, ":"); ok && service != "" && event != "" && !strings.Contains(event, " ") && !strings.HasPrefix(event, "/") {
				out = append(out, v)
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(v)
	slices.Sort(out)
	return slices.Compact(out)
}

// TestWholeFolder loads all of the public logs at once, as a responder would,
// and checks what ../shared/data/README.md says of each.
func TestWholeFolder(t *testing.T) {
	c := realCase(t, "")
	for _, q := range []struct{ name, query, want string }{
		{"http exchanges", "select count(*) from events_all where format = 'http-exchange'", "634"},
		{
			// Of the output 64 tokens are LangGraph's thoughts, which Langfuse lists apart
			// and its total counts: 13,044 over all traces.
			"langfuse: observations, roots, tokens",
			"select count(span_id), count(*) filter (span_id is not null and parent_span_id is null), sum(input_tokens), sum(output_tokens) - 64, sum(input_tokens) + sum(output_tokens) from events_all where format = 'langfuse'",
			"81 10 9335 3645 13044",
		},
		{
			"claude code: records, usage of calls",
			"select (select count(*) from events_all where format = 'claude-code'), sum(input_tokens), sum(output_tokens) from calls where roles = 'client'",
			"15 238 480",
		},
		{
			"azure: requests, tokens",
			"select count(*), sum(input_tokens), sum(output_tokens), median(input_tokens), max(output_tokens) from events_all join evidence using (evidence_id) where path like '%azure_llm_traces%'",
			"8819 18059974 245896 1469 1899",
		},
		{
			"llmdrift: calls and answer tokens of each model",
			"select string_agg(model || ' ' || n || ' ' || m || ' ' || s, ', ' order by model) from (select model, count(*) as n, median(output_tokens) as m, sum(output_tokens) as s from events_all join evidence using (evidence_id) where path like '%llmdrift%' group by model)",
			"openaichat/gpt-3.5-turbo-0301 1000 212.0 228122, openaichat/gpt-3.5-turbo-0613 1000 232.5 298694, openaichat/gpt-4-0314 1000 181.0 215414, openaichat/gpt-4-0613 1000 3.0 2894",
		},
		{"cloudtrail", "select count(*) from events_all where format = 'cloudtrail' and evidence_id in (select evidence_id from evidence where path like '%invictus%' or path like '%stratus%')", "3056"},
		{"panther", "select count(*) from events_all join evidence using (evidence_id) where path like '%panther%'", "45"},
	} {
		if got := strings.TrimSpace(table(t, c, q.query)); got != q.want {
			t.Errorf("%s: %s, want %s", q.name, got, q.want)
		}
	}
}
