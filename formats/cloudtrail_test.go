package formats

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// row is what a test wants to know of an event, in memory of its own.
type row struct {
	ts                                            int64
	name, service, principal, principalType, role string
	errorCode, outcome, src, agent, client        string
	issued, destination, native, kind, plane      string
	model, account, region                        string
	shared                                        bool
}

// decodeFile returns the events of a file, which must be in the given format.
func decodeFile(t *testing.T, path, format string) []row {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, _, err := Decompress(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	var doc jsontape.Doc
	s := NewSample(path, text[:min(len(text), SampleSize)], len(text) <= SampleSize, &doc)
	got, err := Detect(s, All())
	if err != nil {
		t.Fatal(err)
	}
	if got.Name() != format {
		t.Fatalf("%s is detected as %s, want %s", path, got.Name(), format)
	}
	var rows []row
	d := NewDecoder()
	eachRecord(t, text, got.Framing(s), func(record []byte, problem string) {
		if problem == "" {
			if err := got.Decode(d, record); err != nil {
				problem = err.Error()
			}
		}
		if problem != "" {
			t.Errorf("%s: %s", path, problem)
		}
		for _, e := range d.Events() {
			rows = append(rows, rowOf(e))
		}
		d.Reset()
	})
	return rows
}

func rowOf(e *Event) row {
	return row{
		ts: e.TS.Micros, name: string(e.Operation), service: string(e.Service), principal: string(e.Principal),
		principalType: string(e.PrincipalType), role: string(e.Role), errorCode: string(e.ErrorCode), outcome: string(e.Outcome),
		src: string(e.SrcIP), agent: string(e.UserAgent), client: e.Client, issued: string(e.IssuedCredentialID),
		destination: string(e.Destination), native: string(e.NativeID), kind: string(e.Kind), plane: string(e.Plane),
		model: string(e.Model), account: string(e.Tenant), region: string(e.Region), shared: len(e.OtherIDs) > 0,
	}
}

// eachRecord calls f with the records of a stream and checks that records and
// frames tile it.
func eachRecord(t testing.TB, text []byte, framing Framing, f func(record []byte, problem string)) {
	t.Helper()
	s := NewScanner(strings.NewReader(string(text)), framing, 0)
	var b Block
	var at int64
	for {
		err := s.Next(&b)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if b.Offset != at || string(text[at:at+int64(len(b.Data))]) != string(b.Data) {
			t.Fatalf("block at %d does not follow the one that ends at %d", b.Offset, at)
		}
		at += int64(len(b.Data))
		end := 0
		for _, span := range b.Records {
			if span.Start < end || span.End < span.Start || span.End > len(b.Data) {
				t.Fatalf("record %d-%d overlaps or leaves its block of %d bytes", span.Start, span.End, len(b.Data))
			}
			end = span.End
			f(b.Data[span.Start:span.End], span.Problem)
		}
	}
	if at != int64(len(text)) {
		t.Fatalf("blocks cover %d of %d bytes", at, len(text))
	}
}

// sharedData returns a folder of the development data, which is not part of the
// repository.
func sharedData(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "shared", "data", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("NOT TESTED ON REAL LOGS: %s is missing: %v", dir, err)
	}
	return dir
}

// count returns how many rows a key has.
func count(rows []row, key func(row) string) map[string]int {
	n := make(map[string]int)
	for _, r := range rows {
		n[key(r)]++
	}
	return n
}

func sub(rows []row, keep func(row) bool) []row {
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return !keep(r) })
}

func clock(r row) string { return time.UnixMicro(r.ts).UTC().Format("15:04:05") }

func TestCloudTrailInvictus(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(sharedData(t, "cloudtrail/invictus"), "*.json.gz"))
	if err != nil || len(files) != 55 {
		t.Fatalf("%d files (%v), want 55", len(files), err)
	}
	var rows []row
	for _, f := range files {
		rows = append(rows, decodeFile(t, f, "cloudtrail")...)
	}
	slices.SortStableFunc(rows, func(a, b row) int { return int(a.ts - b.ts) })

	check := func(name string, got, want any) {
		t.Helper()
		if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
			t.Errorf("%s: %s, want %s", name, g, w)
		}
	}
	check("events", len(rows), 2900)
	check("event ids", len(count(rows, func(r row) string { return r.native })), 2900)
	check("first", time.UnixMicro(rows[0].ts).UTC().Format(time.RFC3339), "2023-07-10T11:42:18Z")
	check("last", time.UnixMicro(rows[2899].ts).UTC().Format(time.RFC3339), "2023-07-10T12:37:50Z")
	check("regions", count(rows, func(r row) string { return r.region }), map[string]int{"us-east-1": 2900})
	check("accounts", count(rows, func(r row) string { return r.account }), map[string]int{"123837392027": 2900})

	arns := count(sub(rows, func(r row) bool { return strings.HasPrefix(r.principal, "arn:") }), func(r row) string { return r.principal })
	total := 0
	for _, n := range arns {
		total += n
	}
	check("ARNs", []int{len(arns), total}, []int{13, 2823})
	check("bert-jan", arns["arn:aws:iam::123837392027:user/bert-jan"], 2641)
	check("benjamin", arns["arn:aws:iam::123837392027:user/benjamin"], 105)
	check("bert-jan without an ARN", len(sub(rows, func(r row) bool { return r.principal == "bert-jan" })), 1)
	check("role of GetPasswordData", len(sub(rows, func(r row) bool { return r.role == "stratus-red-team-ec2-get-password-data-role" })), 29)
	check("types", count(rows, func(r row) string { return r.principalType }), map[string]int{"IAMUser": 2748, "AssumedRole": 76, "AWSService": 34, "": 42})
	check("without a principal", len(sub(rows, func(r row) bool { return r.principal == "" })), 0)

	check("event names", len(count(rows, func(r row) string { return r.name })), 260)
	sources := count(rows, func(r row) string { return r.service })
	check("sources", []int{
		len(sources), sources["ec2.amazonaws.com"], sources["ssm.amazonaws.com"], sources["iam.amazonaws.com"],
		sources["s3.amazonaws.com"], sources["kms.amazonaws.com"],
	}, []int{29, 892, 488, 398, 271, 240})
	addresses := count(rows, func(r row) string { return r.src })
	check("addresses", []int{addresses["192.168.10.20"], addresses["10.8.8.10"], addresses["AWS Internal"]}, []int{2154, 281, 170})

	codes := count(rows, func(r row) string { return r.errorCode })
	check("errors", []int{
		2900 - codes[""], codes["ThrottlingException"], codes["Client.UnauthorizedOperation"], codes["AccessDenied"], codes["NoSuchBucketPolicy"],
	}, []int{300, 102, 44, 16, 14})
	outcomes := count(rows, func(r row) string { return r.outcome })
	check("outcomes", outcomes, map[string]int{"success": 2600, "throttled": 102, "denied": 60, "error": 138})

	passwords := sub(rows, func(r row) bool { return r.name == "GetPasswordData" })
	check("GetPasswordData", count(passwords, func(r row) string { return clock(r) + " " + r.outcome + " " + r.src }), map[string]int{
		"11:54:47 denied 192.168.10.20": 4, "11:54:48 denied 192.168.10.20": 9,
		"11:54:49 denied 192.168.10.20": 9, "11:54:50 denied 192.168.10.20": 7,
	})
	secrets := sub(rows, func(r row) bool { return r.name == "GetSecretValue" })
	check("GetSecretValue", count(secrets, func(r row) string {
		return fmt.Sprint(r.kind, " ", r.client, " ", strings.Contains(r.agent, "Terraform"), " ", strings.HasPrefix(r.destination, "arn:aws:secretsmanager:"))
	}), map[string]int{
		"data stratus-red-team true true": 20, "data terraform true true": 20, "data stratus-red-team false true": 20,
	})
	check("stratus", len(sub(rows, func(r row) bool { return r.client == "stratus-red-team" })), 1146)
	check("shared ids", len(sub(rows, func(r row) bool { return r.shared })), 36)
	check("ConsoleLogin", count(sub(rows, func(r row) bool { return r.name == "ConsoleLogin" }), func(r row) string { return clock(r) + " " + r.outcome + " " + r.kind }),
		map[string]int{"12:23:15 success auth": 1, "12:27:45 success auth": 1})
	check("DeleteTrail", count(sub(rows, func(r row) bool { return r.name == "DeleteTrail" }), func(r row) string { return clock(r) + " " + r.outcome + " " + r.kind }),
		map[string]int{"11:59:02 error admin": 1, "12:08:04 success admin": 2})
	check("keys made", len(sub(rows, func(r row) bool { return r.name == "CreateAccessKey" && strings.HasPrefix(r.issued, "AKIA") })), 2)
	check("other clients", count(rows, func(r row) string { return r.client })["other"], 0)
}

func TestCloudTrailStratus(t *testing.T) {
	dir := sharedData(t, "cloudtrail/stratus")
	files, err := filepath.Glob(filepath.Join(dir, "aws.*.json"))
	if err != nil || len(files) != 20 {
		t.Fatalf("%d files (%v), want 20", len(files), err)
	}
	total, unordered := 0, 0
	for _, f := range files {
		rows := decodeFile(t, f, "cloudtrail")
		total += len(rows)
		if !slices.IsSortedFunc(rows, func(a, b row) int { return int(a.ts - b.ts) }) {
			unordered++
		}
		var want struct {
			Events []string `json:"expected_events"`
		}
		text, err := os.ReadFile(filepath.Join(dir, "expected", filepath.Base(f)))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		names := count(rows, func(r row) string { return strings.TrimSuffix(r.service, ".amazonaws.com") + ":" + r.name })
		for _, n := range want.Events {
			if names[n] == 0 {
				t.Errorf("%s: no %s among %v", f, n, names)
			}
			delete(names, n)
		}
		if len(names) > 0 {
			t.Errorf("%s: unexpected %v", f, names)
		}
	}
	if total != 119 || unordered != 6 {
		t.Errorf("%d events, %d files out of order; want 119 and 6", total, unordered)
	}

	rows := decodeFile(t, filepath.Join(dir, "aws.impact.bedrock-invoke-model.json"), "cloudtrail")
	slices.SortStableFunc(rows, func(a, b row) int { return int(a.ts - b.ts) })
	who := count(rows, func(r row) string { return r.principal + " " + r.role + " " + r.src })
	if who["arn:aws:sts::494659789341:assumed-role/test-role/cli test-role 035.249.253.232"] != 15 {
		t.Errorf("callers %v", who)
	}
	last := rows[14]
	if clock(rows[0]) != "20:09:50" || clock(last) != "20:11:24" || last.name != "InvokeModel" {
		t.Errorf("from %s to %s %s", clock(rows[0]), clock(last), last.name)
	}
	if last.kind != "inference" || last.plane != "access" || last.model != "anthropic.claude-3-sonnet-20240229-v1:0" {
		t.Errorf("InvokeModel is %+v", last)
	}
	kinds := count(rows, func(r row) string { return r.plane + "/" + r.kind })
	if kinds["control/admin"] != 3 || kinds["access/other"] != 11 {
		t.Errorf("kinds %v", kinds)
	}
}
