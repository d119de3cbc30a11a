package render

import (
	"bytes"
	"encoding/csv"
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
	"github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/analyze/enrich"
	"github.com/exhibit-forensics/exhibit/formats"
)

// entry makes an entry; more are columns by name.
func entry(id, lane string, at int64, more map[string]any) correlation.Entry {
	e := correlation.Entry{
		EventID: id, EvidenceID: strings.Repeat("ab", 32), Record: 1, TS: &at, Corrected: &at, At: &at, Lane: lane, Parent: -1,
		Values: make([]any, len(correlation.EntryColumns())),
	}
	for name, v := range more {
		e.Values[columnAt(name)] = v
	}
	return e
}

func ptr(n int64) *int64 { return &n }

// hostileTimeline is a timeline with one of everything, and text that attacks
// the reader wherever a log can put some.
func hostileTimeline() *correlation.Result {
	const second = int64(1_000_000)
	start := int64(1_772_532_840) * second
	admin := map[string]any{
		"ts_precision": "s", "ts_source": "eventTime", "plane": "access", "operation": "AssumeRole", "outcome": "success",
		"principal": "arn:aws:iam::111122223333:user/alice", "credential_id": "AKIAEXAMPLEALICE0001", "src_ip": "198.51.100.7",
		"client": "aws-cli", "issued_credential_id": "ASIAEXAMPLEAPP000001",
	}
	call := map[string]any{
		"ts_precision": "s", "plane": "access", "operation": "InvokeModel", "outcome": "success", "content_state": "not_logged",
		"principal": "arn:aws:sts::111122223333:assumed-role/app/s1", "credential_id": "ASIAEXAMPLEAPP000001", "src_ip": "198.51.100.7",
		"client": "boto3", "model": "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
	}
	content := map[string]any{
		"ts_precision": "ms", "plane": "content", "operation": "InvokeModel", "outcome": "success", "content_state": "present",
		"principal": "arn:aws:sts::111122223333:assumed-role/app/s1", "model": call["model"],
		"input_tokens": int64(12345), "output_tokens": int64(7), "latency_us": 1_500_000, "finish_reason": "max_tokens",
		"prompt": hostile, "response": strings.Repeat("東京 ", 400), "tool_calls": `[{"id":"t1","name":"send","arguments":{"to":"a@b.example"}}]`,
	}
	denied := map[string]any{
		"ts_precision": "s", "plane": "access", "operation": hostile, "outcome": "denied", "error_code": "AccessDenied",
		"error_message": "User\x1b]0;pwned\x07 is not allowed", "principal": hostile,
	}
	r := &correlation.Result{
		Starts: []correlation.StartMatch{{Value: "q-1", Kinds: []string{"request"}, Events: 2}, {Value: "q-0"}},
		Lanes:  []string{"cloudtrail", "bedrock"}, Duplicates: 2, Outside: 1, WithoutTime: 1,
		Cut: &correlation.Cut{Limit: 7, Unread: 12},
		Weak: []correlation.Weak{
			{Identifier: casefile.Identifier{Kind: "credential", Value: "AKIAEXAMPLEALICE0001"}, Events: 40, Principals: -1, Reason: correlation.ReasonCredential},
			{Identifier: casefile.Identifier{Kind: "session", Value: hostile}, Events: 12345, Principals: 30, Reason: correlation.ReasonEvents},
		},
		Absences: []correlation.Absence{
			{Plane: "content", Why: correlation.WhyMissing, Events: 2},
			{Plane: "access", Why: correlation.WhyNotCovered, Events: 1},
		},
	}
	issue := entry("abababab-1", "cloudtrail", start, admin)
	issue.Link = correlation.Link{Kind: "issued_credential", Value: "ASIAEXAMPLEAPP000001", Relation: correlation.RelationIssued, From: "abababab-2"}
	first := entry("abababab-2", "cloudtrail", start+5*second, call)
	first.Link = correlation.Link{Kind: "request", Value: "q-1"}
	first.Parent, first.ParentBy, first.Call = 0, correlation.ParentCredential, "c1"
	said := entry("cdcdcdcd-1", "bedrock", start+5*second+250_000, content)
	said.Link = correlation.Link{Kind: "request", Value: "q-1"}
	said.Parent, said.ParentBy, said.Call, said.Shortened = 1, correlation.ParentCall, "c1", []string{"response"}
	r.Entries = []correlation.Entry{issue, first, said}
	for i, at := range []int64{start + 437*second, start + 440*second, start + 443*second} {
		e := entry(fmt.Sprintf("abababab-%d", 10+i), "cloudtrail", at, call)
		e.Link = correlation.Link{Kind: "credential", Value: "ASIAEXAMPLEAPP000001", Relation: correlation.RelationUsed, From: "abababab-1"}
		e.Parent, e.ParentBy, e.Call, e.Missing = 0, correlation.ParentCredential, fmt.Sprint("c", i+2), "content"
		r.Entries = append(r.Entries, e)
	}
	last := entry("efefefef-1", "cloudtrail", 0, denied)
	last.TS, last.Corrected, last.At = nil, nil, nil
	last.Link = correlation.Link{Kind: "session", Value: "s-9\u202e", Relation: correlation.RelationShares, From: "cdcdcdcd-1"}
	r.Entries = append(r.Entries, last)
	near := entry("cdcdcdcd-7", "other", start+438*second, content)
	near.Link = correlation.Link{Kind: "time", Relation: correlation.RelationNear, From: "abababab-10"}
	r.Probable = []correlation.Entry{near}
	for _, list := range [][]correlation.Entry{r.Entries, r.Probable} {
		for i := range list {
			if list[i].TS == nil {
				continue
			}
			list[i].Offset = ptr(*list[i].TS - *list[0].TS)
			if i > 0 {
				list[i].Gap = ptr(*list[i].TS - *list[i-1].TS)
			}
		}
	}
	return r
}

// correctedTimeline is the same where the clocks of two sources were off: one
// by seconds, that of the invocation log by a day. TS is what they
// should have logged.
func correctedTimeline() *correlation.Result {
	off := map[string]int64{"bedrock": 86_400_250_000, "other": 1_500_000}
	r := hostileTimeline()
	r.Clock = casefile.ClockCorrected
	r.Corrections = []enrich.Correction{
		{Source: "bedrock", Add: time.Duration(off["bedrock"]) * time.Microsecond, Reason: hostile}, {Source: strings.Repeat("cd", 32), Add: 1500 * time.Millisecond},
	}
	for _, list := range [][]correlation.Entry{r.Entries, r.Probable} {
		for i := range list {
			if e := &list[i]; e.TS != nil {
				e.TS = ptr(*e.At - off[e.Lane])
			}
		}
	}
	return r
}

func writeTimeline(t *testing.T, format string, o Options, wide bool) (out, aside string) {
	t.Helper()
	return writeResult(t, hostileTimeline(), format, o, wide)
}

func writeResult(t *testing.T, result *correlation.Result, format string, o Options, wide bool) (out, aside string) {
	t.Helper()
	var b, beside bytes.Buffer
	o.Aside = &beside
	asked, timesketch := format, format == FormatTimesketch
	if timesketch {
		asked = FormatCSV
	}
	r, err := New(&b, asked, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(Config{Tool: "exhibit", Version: "v0.0.0", SchemaVersion: SchemaVersion, Case: "a.case", Head: "7:abc"}); err != nil {
		t.Fatal(err)
	}
	line := Timeline{Title: "Timeline: q-1, q-0\x1b[2J", Result: result, Wide: wide}
	if timesketch {
		err = r.WriteTimesketch(line)
	} else {
		err = r.WriteTimeline(line)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), beside.String()
}

func TestTimelineGolden(t *testing.T) {
	zone := time.FixedZone("+02:00", 2*3600)
	tests := []struct {
		name, format string
		o            Options
		wide         bool
	}{
		{"corrected.80.txt", FormatText, Options{Width: 80}, false},
		{"corrected.140.txt", FormatText, Options{Width: 140, Zone: zone}, false},
		{"80.txt", FormatText, Options{Width: 80}, false},
		{"140.txt", FormatText, Options{Width: 140, Zone: zone}, false},
		{"wide.txt", FormatText, Options{Width: 100}, true},
		{"pipe.txt", FormatText, Options{}, false},
		{"json", FormatJSON, Options{}, false},
		{"jsonl", FormatJSONL, Options{}, false},
		{"csv", FormatCSV, Options{}, false},
		{"timesketch.csv", FormatTimesketch, Options{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			result := hostileTimeline()
			if strings.HasPrefix(tt.name, "corrected.") {
				result = correctedTimeline()
			}
			got, _ := writeResult(t, result, tt.format, tt.o, tt.wide)
			path := filepath.Join("testdata", "timeline."+tt.name)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if i := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && Hidden(r) }); i >= 0 {
				t.Errorf("a hidden character at byte %d: %q", i, got[max(0, i-20):i+5])
			}
		})
	}
}

func TestTimelineFits(t *testing.T) {
	for _, width := range []int{60, 80, 109, 110, 140, 200} {
		out, _ := writeTimeline(t, FormatText, Options{Width: width, Color: true}, false)
		corrected, _ := writeResult(t, correctedTimeline(), FormatText, Options{Width: width, Color: true}, false)
		for i, line := range strings.Split(out+corrected, "\n") {
			if strings.HasPrefix(line, "\x1b[2mcase") || strings.Contains(line, "note: ") || strings.Contains(line, "warning: ") {
				continue // not drawn here
			}
			plain := strings.NewReplacer(bold, "", dim, "", reset, "").Replace(line)
			if n := len([]rune(plain)); n > width {
				t.Errorf("width %d: line %d has %d characters: %s", width, i+1, n, plain)
			}
		}
	}
}

func TestTimelineForPrograms(t *testing.T) {
	out, _ := writeTimeline(t, FormatJSON, Options{}, false)
	var parts map[string]any
	if err := json.Unmarshal([]byte(out), &parts); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"starts": 2, "entries": 7, "probable": 1, "weak": 2, "absences": 2, "sources": 0, "clocks": 0} {
		if list, ok := parts[name].([]any); !ok || len(list) != want {
			t.Errorf("%s has %d elements, want %d", name, len(list), want)
		}
	}
	out, aside := writeTimeline(t, FormatTimesketch, Options{}, false)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 7 || !slices.Equal(rows[0][:4], []string{"message", "datetime", "timestamp_desc", "timestamp"}) {
		t.Errorf("%d rows, first %q", len(rows), rows[0][:4])
	}
	want := []string{
		"AssumeRole | success | by arn:aws:iam::111122223333:user/alice | from 198.51.100.7 | issued ASIAEXAMPLEAPP000001",
		"2026-03-03T10:14:00.000000+00:00", "cloudtrail eventTime", "1772532840000000",
	}
	if diff := cmp.Diff(want, rows[1][:4]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, note := range []string{"left out: 1 event that only time", "left out: 1 event without a time", "only the first 7 events: at least 12 more"} {
		if !strings.Contains(aside, note) {
			t.Errorf("no %q in:\n%s", note, aside)
		}
	}
}

// TestTimelineCorrected checks that programs get both times.
func TestTimelineCorrected(t *testing.T) {
	out, aside := writeResult(t, correctedTimeline(), FormatCSV, Options{}, false)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2026-03-02T10:14:05.000Z", "2026-03-03T10:14:05.250Z"}, rows[3][1:3]); diff != "" {
		t.Errorf("times of the invocation (-want +got):\n%s", diff)
	}
	if !strings.Contains(aside, "order and distances go by ts_corrected") {
		t.Errorf("no word of it in:\n%s", aside)
	}
	out, _ = writeResult(t, correctedTimeline(), FormatTimesketch, Options{}, false)
	if rows, err = csv.NewReader(strings.NewReader(out)).ReadAll(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2026-03-03T10:14:05.250000+00:00", "bedrock event time, clock corrected", "1772532845250000"}, rows[3][1:4]); diff != "" {
		t.Errorf("for Timesketch (-want +got):\n%s", diff)
	}
}

func TestStampOf(t *testing.T) {
	for _, tt := range []struct {
		precision  formats.Precision
		correction int64
		want       formats.Precision
	}{
		{formats.PrecisionS, 0, formats.PrecisionS},
		{formats.PrecisionS, -90_000_000, formats.PrecisionS},
		{formats.PrecisionS, 250_000, formats.PrecisionMS},
		{formats.PrecisionS, -250, formats.PrecisionUS},
		{formats.PrecisionMS, 250_000, formats.PrecisionMS},
		{formats.PrecisionMS, 1, formats.PrecisionUS},
		{formats.PrecisionNS, 1, formats.PrecisionNS},
		{"", 1, ""},
	} {
		at := int64(1_772_532_840_000_000)
		if got := stampOf(&correlation.Entry{TS: &at}, at+tt.correction, tt.precision); got.Precision != tt.want {
			t.Errorf("%s and %d us are shown in %s, want %s", tt.precision, tt.correction, got.Precision, tt.want)
		}
	}
}

func TestBlockGap(t *testing.T) {
	var entries []correlation.Entry
	for i := range int64(100) {
		entries = append(entries, correlation.Entry{Gap: ptr(i * minGap)})
	}
	n := 0
	gap := blockGap(entries)
	for i := range entries {
		if *entries[i].Gap >= gap {
			n++
		}
	}
	if n != 25 {
		t.Errorf("%d blocks for 100 entries", n)
	}
	if got := blockGap(entries[:5]); got != minGap {
		t.Errorf("few gaps: from %d on", got)
	}
}

func TestLaneMarkers(t *testing.T) {
	tests := []struct {
		name  string
		lanes []string
		want  []string
	}{
		{"one", []string{"bedrock"}, []string{"B"}},
		{"same letter", []string{"bedrock", "bedrock_agent"}, []string{"B·", "·E"}},
		{"no letter", []string{"1", "\x1b"}, []string{"A·", "·B"}},
		{"many", strings.Split("abcdefghi", ""), strings.Split("ABCDEFGHI", "")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, laneMarkers(tt.lanes)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestToolCalls(t *testing.T) {
	tests := []struct {
		name, list string
		want       []string
	}{
		{"two", `[{"name":"a","arguments":{"x":1}},{"name":"b"}]`, []string{`a {"x":1}`, "b"}},
		{"cut off", `[{"name":"a","argu`, []string{`[{"name":"a","argu`}},
		{"no name", `[{"x":1}]`, []string{`[{"x":1}]`}},
		{"none", `[]`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, toolCalls(tt.list)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
