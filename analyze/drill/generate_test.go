package drill

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

// generate runs the generator into a new folder.
func generate(t *testing.T, c Config) (*Report, string) {
	t.Helper()
	c.Dir = t.TempDir()
	r, err := Generate(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r, c.Dir
}

// treeHash is a hash over names and contents of all files below dir.
func treeHash(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		h.Write(fmt.Appendf(nil, "%s %d\n", filepath.ToSlash(name), len(b)))
		h.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestSameBytes(t *testing.T) {
	for _, c := range []struct {
		name   string
		config Config
	}{
		{"flat", Config{Seed: 5, Calls: 3000, Words: [2]int{5, 30}}},
		{"natural", Config{Seed: 6, Calls: 500, Days: 2}},
		{"all sources", Config{Seed: 9, Calls: 600, Days: 2, Words: [2]int{5, 30}, Sources: Sources()}},
		{"all sources, s3", Config{Seed: 9, Calls: 600, Words: [2]int{5, 30}, Sources: Sources(), Layout: LayoutS3, FileRecords: 20}},
		{"s3 gzip", Config{Seed: 7, Calls: 1500, Words: [2]int{5, 30}, Layout: LayoutS3, Gzip: true, FileRecords: 40}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := ""
			for _, workers := range []int{1, 8, 3, 1} {
				c.config.Workers = workers
				_, dir := generate(t, c.config)
				got := treeHash(t, dir)
				if want == "" {
					want = got
				}
				if got != want {
					t.Errorf("%d workers give other bytes", workers)
				}
			}
			c.config.Seed++
			if _, dir := generate(t, c.config); treeHash(t, dir) == want {
				t.Error("another seed gives the same bytes")
			}
		})
	}
}

// The calls must not depend on which sources are written.
func TestSourcesAlone(t *testing.T) {
	c := Config{Seed: 3, Calls: 400, Words: [2]int{5, 20}}
	_, both := generate(t, c)
	for source, file := range map[string]string{"cloudtrail": "cloudtrail.json", "bedrock": "bedrock.jsonl"} {
		c.Sources = []string{source}
		_, alone := generate(t, c)
		if !bytes.Equal(read(t, filepath.Join(both, file)), read(t, filepath.Join(alone, file))) {
			t.Errorf("%s alone differs", source)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if b, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

type trailRecord struct {
	EventTime         time.Time
	EventName         string
	AWSRegion         string
	SourceIPAddress   string
	UserAgent         string
	RequestID         string
	EventID           string
	ErrorCode         string
	UserIdentity      struct{ Type, ARN, AccessKeyID string }
	RequestParameters struct {
		ModelID string
		Key     string
	}
	ResponseElements struct {
		Credentials struct{ AccessKeyID string }
	}
}

type bedrockRecord struct {
	Timestamp time.Time
	Identity  struct{ ARN string }
	RequestID string
	Operation string
	ModelID   string
	ErrorCode string
	Input     struct {
		InputBodyJSON   json.RawMessage
		InputBodyS3Path string
		InputTokenCount *int
	}
	Output *struct {
		OutputBodyJSON   json.RawMessage
		OutputTokenCount *int
	}
}

func readTrail(t *testing.T, path string) []trailRecord {
	t.Helper()
	var f struct{ Records []trailRecord }
	if err := json.Unmarshal(read(t, path), &f); err != nil {
		t.Fatal(err)
	}
	return f.Records
}

func readBedrock(t *testing.T, path string) []bedrockRecord {
	t.Helper()
	var all []bedrockRecord
	for line := range bytes.Lines(read(t, path)) {
		var r bedrockRecord
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("line %d: %v", len(all)+1, err)
		}
		all = append(all, r)
	}
	return all
}

func isCall(r trailRecord) bool {
	return r.RequestParameters.ModelID != "" && r.EventName != "GetFoundationModelAvailability"
}

func TestJoin(t *testing.T) {
	c := Config{Seed: 1, Calls: 5000, Days: 3}
	report, dir := generate(t, c)
	trail := readTrail(t, filepath.Join(dir, "cloudtrail.json"))
	content := readBedrock(t, filepath.Join(dir, "bedrock.jsonl"))
	if report.Calls != c.Calls || int64(len(content)) != c.Calls {
		t.Errorf("want %d calls, reported %d, written %d", c.Calls, report.Calls, len(content))
	}
	if n := report.Sources[0].Records; n != int64(len(trail)) || n != report.Steps {
		t.Errorf("CloudTrail has %d records, reported %d of %d steps", len(trail), n, report.Steps)
	}
	calls, ids := map[string]trailRecord{}, map[string]bool{}
	for _, r := range trail {
		if ids[r.EventID] {
			t.Errorf("event id %s twice", r.EventID)
		}
		ids[r.EventID] = true
		if isCall(r) {
			calls[r.RequestID] = r
		}
	}
	if len(calls) != len(content) {
		t.Errorf("%d calls in CloudTrail, %d in the invocation log", len(calls), len(content))
	}
	for _, b := range content {
		a, ok := calls[b.RequestID]
		if !ok || a.EventName != b.Operation || a.RequestParameters.ModelID != b.ModelID || a.UserIdentity.ARN != b.Identity.ARN ||
			a.ErrorCode != b.ErrorCode || !a.EventTime.Equal(b.Timestamp) {
			t.Fatalf("no match:\n%+v\n%+v", a, b)
		}
		delete(calls, b.RequestID)
		if (b.ErrorCode == "") != (b.Output != nil) || (b.ErrorCode == "") != (b.Input.InputTokenCount != nil) {
			t.Errorf("call %s: an error has no output and no tokens", b.RequestID)
		}
	}
}

func TestOrderAndFakes(t *testing.T) {
	t.Run("calm", func(t *testing.T) { checkOrderAndFakes(t, Config{Seed: 2, Calls: 2000, Days: 2, Words: [2]int{5, 20}}) })
	t.Run("incidents", func(t *testing.T) {
		c := incidentsConfig(37, 1)
		c.LookAlikes = true
		checkOrderAndFakes(t, c)
	})
}

func checkOrderAndFakes(t *testing.T, c Config) {
	report, dir := generate(t, c)
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	last := start
	issued := map[string]bool{}
	for _, r := range readTrail(t, filepath.Join(dir, "cloudtrail.json")) {
		if r.EventTime.Before(last) {
			t.Fatalf("%s comes after %s", r.EventTime, last)
		}
		last = r.EventTime
		if key := r.ResponseElements.Credentials.AccessKeyID; key != "" {
			issued[key] = true
		}
		key := r.UserIdentity.AccessKeyID
		if key != "" && (len(key) != 20 || !strings.Contains(key, "EXAMPLE")) {
			t.Errorf("key %s does not look invented", key)
		}
		if strings.HasPrefix(key, "ASIA") && !issued[key] {
			t.Errorf("credential %s is used before it was issued", key)
		}
		if !documentation(r.SourceIPAddress) {
			t.Errorf("address %s is not from a documentation range", r.SourceIPAddress)
		}
	}
	if !report.Last.Before(start.AddDate(0, 0, c.Days)) || !report.Last.Equal(last) || report.First.Before(start) {
		t.Errorf("time range %s to %s, last record %s", report.First, report.Last, last)
	}
}

// documentation says whether an address is from RFC 5737 or RFC 3849, or the
// name of a service of AWS.
func documentation(addr string) bool {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return strings.HasSuffix(addr, awsHost)
	}
	for _, p := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"} {
		if netip.MustParsePrefix(p).Contains(ip) {
			return true
		}
	}
	return false
}

// People work by day and not on weekends; jobs run at night; services never
// sleep.
func TestDaily(t *testing.T) {
	_, dir := generate(t, Config{Seed: 4, Calls: 20_000, Days: 14, Words: [2]int{3, 5}, Sources: []string{"cloudtrail"}})
	kinds := map[string]*struct{ hours, days [24]int }{}
	for _, r := range readTrail(t, filepath.Join(dir, "cloudtrail.json")) {
		if !isCall(r) {
			continue
		}
		name := r.UserIdentity.ARN[strings.LastIndex(r.UserIdentity.ARN, "/")+1:]
		if r.SourceIPAddress == "198.51.100.11" { // the office at UTC+1
			name = "centre"
		}
		kind, _, _ := strings.Cut(name, "-")
		if kinds[kind] == nil {
			kinds[kind] = &struct{ hours, days [24]int }{}
		}
		kinds[kind].hours[r.EventTime.Hour()]++
		kinds[kind].days[r.EventTime.Weekday()]++
	}
	if k := kinds["centre"]; k.hours[9]+k.hours[10] < 20*(k.hours[0]+k.hours[1]+1) || k.days[time.Tuesday] < 4*k.days[time.Sunday] {
		t.Errorf("people: by hour %v, by day %v", k.hours, k.days[:7])
	}
	if k := kinds["job"]; k.hours[2] == 0 || k.hours[12] > 0 {
		t.Errorf("jobs: by hour %v", k.hours)
	}
	if k := kinds["app"]; k.hours[4]*4 < k.hours[14] || k.days[time.Sunday]*3 < k.days[time.Tuesday] {
		t.Errorf("services: by hour %v, by day %v", k.hours, k.days[:7])
	}
}

func TestOutcomes(t *testing.T) {
	_, dir := generate(t, Config{Seed: 8, Calls: 20_000, Words: [2]int{3, 5}, Sources: []string{"bedrock"}})
	codes := map[string]int{}
	guarded := 0
	for _, r := range readBedrock(t, filepath.Join(dir, "bedrock.jsonl")) {
		codes[r.ErrorCode]++
		if r.Output != nil && bytes.Contains(bytes.ToLower(r.Output.OutputBodyJSON), []byte("intervened")) {
			guarded++
			if *r.Output.OutputTokenCount != 0 {
				t.Errorf("call %s was blocked and has tokens", r.RequestID)
			}
		}
	}
	for _, o := range outcomes {
		n := codes[o.code]
		if o.outcome == blocked {
			n = guarded
		}
		if want := 20_000 * o.rate / 10_000; n < want*7/10 || n > want*13/10 {
			t.Errorf("outcome %q: %d of about %d", o.code, n, want)
		}
	}
}

func TestFiles(t *testing.T) {
	report, dir := generate(t, Config{Seed: 9, Calls: 900, Words: [2]int{3, 5}, Layout: LayoutS3, Gzip: true, FileRecords: 50})
	files, records := int64(0), 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		switch {
		case strings.Contains(filepath.ToSlash(path), "/CloudTrail/") && strings.HasSuffix(path, ".json.gz"):
			n := len(readTrail(t, path))
			if n > 50 {
				t.Errorf("%s has %d records", path, n)
			}
			records += n
		case strings.Contains(filepath.ToSlash(path), "/BedrockModelInvocationLogs/") && strings.HasSuffix(path, ".json.gz"):
			records += len(readBedrock(t, path))
		default:
			t.Errorf("unexpected name %s", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if s := report.Sources; s[0].Files+s[1].Files != files || s[0].Records+s[1].Records != int64(records) {
		t.Errorf("%d files, %d records; reported %+v", files, records, s)
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		name   string
		config Config
		want   string
	}{
		{"no calls", Config{}, "calls must be"},
		{"many days", Config{Calls: 1, Days: 5000}, "days must be"},
		{"unknown source", Config{Calls: 1, Sources: []string{"syslog"}}, `unknown source "syslog": want any of cloudtrail, bedrock`},
		{"source twice", Config{Calls: 1, Sources: []string{"bedrock", "bedrock"}}, "named twice"},
		{"words turned round", Config{Calls: 1, Words: [2]int{9, 3}}, "words must be"},
		{"layout", Config{Calls: 1, Layout: "tape"}, `unknown layout "tape"`},
		{"start", Config{Calls: 1, Start: time.Date(2026, 1, 1, 0, 0, 0, 5, time.UTC)}, "whole second"},
		{"population", Config{Calls: 1, Population: Population{Users: -1}}, "a population has"},
		{"nobody awake", Config{Calls: 1, Days: 1, Population: Population{Jobs: 1}, Start: time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.config.Dir = t.TempDir()
			_, err := Generate(t.Context(), c.config)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
		})
	}
}

func TestDirNotEmpty(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Generate(t.Context(), Config{Calls: 1, Dir: dir})
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("want fs.ErrExist, got %v", err)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Generate(ctx, Config{Calls: 1 << 30, Dir: t.TempDir()})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("want context.Canceled, got %v", err)
	}
}
