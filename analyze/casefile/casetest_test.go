package casefile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// testClock gives the same time to every entry of every test case.
func testClock() time.Time { return time.Date(2026, 4, 8, 12, 0, 0, 0, time.UTC) }

// testKey makes an examiner's key.
func testKey(t testing.TB) *ledger.Key {
	t.Helper()
	key, err := ledger.CreateKey(filepath.Join(t.TempDir(), "examiner.key"), "ana@lab")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// loadOptions are those that tests load with.
func loadOptions(dir string, key *ledger.Key, paths ...string) *LoadOptions {
	return &LoadOptions{
		Dir: dir, Paths: paths, Key: key, Actor: "ana", Tool: "exhibit test", Now: testClock,
		Threads: 2, Memory: 1 << 30, Progress: new(Progress),
	}
}

// mustLoad loads paths into the case in dir.
func mustLoad(t testing.TB, dir string, key *ledger.Key, paths ...string) *LoadReport {
	t.Helper()
	r, err := Load(t.Context(), loadOptions(dir, key, paths...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// mustVerify verifies the case in dir.
func mustVerify(t testing.TB, dir string, o VerifyOptions) *VerifyReport {
	t.Helper()
	if o.Threads == 0 {
		o.Threads, o.Memory = 2, 1<<30
	}
	r, err := Verify(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// mustBeClean fails when the case in dir has a problem.
func mustBeClean(t testing.TB, dir string) *VerifyReport {
	t.Helper()
	r := mustVerify(t, dir, VerifyOptions{})
	for _, p := range r.Problems {
		t.Errorf("problem: %v", p)
	}
	return r
}

// smallEvidence writes a folder of small evidence of several formats, framings
// and compressions: the cases that can go wrong, in a few kilobytes.
func smallEvidence(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	var lines strings.Builder
	for i := range 40 {
		fmt.Fprintf(&lines, `{"timestamp":"2026-03-04T05:%02d:07Z","user":"user-%d","model":"model-a","request_id":"req-%d","prompt":"question %d"}`+"\n", i, i%3, i, i)
	}
	write := func(name, text string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a/lines.jsonl", lines.String())
	write("a/frames.jsonl", "\xef\xbb\xbf\r\n{\"model\":\"m\",\"prompt\":\"one\"}\r\n\r\n  {\"model\":\"m\",\"prompt\":\"two\"}\n\n{broken\n")
	write("b/array.json", `[ {"model":"m","prompt":"three"}, {"model":"m","prompt":"four"} ]`+"\n\n")
	write("b/empty.jsonl", "")
	write("b/noise.bin", "\x00\x01\x02\x03")
	write("c/trail.json", `{"Records":[`+trailRecord("11111111-1111-4111-8111-111111111111")+",\n"+trailRecord("22222222-2222-4222-8222-222222222222")+`]}`)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := z.Write([]byte(`{"Records":[` + trailRecord("33333333-3333-4333-8333-333333333333") + "," + trailRecord("11111111-1111-4111-8111-111111111111") + `]}`))
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	write("c/trail.json.gz", zipped.String())
	return dir
}

// trailRecord is a CloudTrail record of a model call.
func trailRecord(id string) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ana","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE00000","userName":"ana"},`+
		`"eventTime":"2026-03-04T05:06:07Z","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.7","userAgent":"aws-cli/2.0",`+
		`"requestParameters":{"modelId":"anthropic.claude-v2"},"responseElements":null,"requestID":"%s","eventID":"%s","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}`, strings.ToUpper(id), id)
}

// smallCase loads small evidence, in two loads, into a new case.
func smallCase(t testing.TB, key *ledger.Key) string {
	t.Helper()
	evidence := smallEvidence(t)
	dir := filepath.Join(t.TempDir(), "small.case")
	mustLoad(t, dir, key, filepath.Join(evidence, "a"), filepath.Join(evidence, "b"))
	mustLoad(t, dir, key, filepath.Join(evidence, "c"))
	return dir
}

// mustOpen opens the case in dir for reading.
func mustOpen(t testing.TB, dir string) *Case {
	t.Helper()
	c, err := Open(t.Context(), dir, OpenOptions{Threads: 2, Memory: 1 << 30})
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

// queryText returns the rows of a query as text, a row a line.
func queryText(t testing.TB, c *Case, query string) string {
	t.Helper()
	rows, err := c.Query(t.Context(), query)
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
		values, at := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			at[i] = &values[i]
		}
		if err := rows.Scan(at...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&out, values...)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
