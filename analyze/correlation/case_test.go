package correlation

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// object is a JSON object under construction.
type object map[string]any

// trail is a CloudTrail event with the members that tests vary.
func trail(id, ts, name, request, principal, credential string, more object) object {
	e := object{
		"eventVersion": "1.11", "eventID": "00000000-0000-4000-8000-" + id, "eventTime": ts, "eventName": name,
		"eventSource": "bedrock.amazonaws.com", "awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.15.0",
		"requestID": request, "recipientAccountId": "111122223333", "readOnly": true, "eventType": "AwsApiCall",
		"userIdentity":      object{"type": "AssumedRole", "arn": principal, "accountId": "111122223333", "accessKeyId": credential},
		"requestParameters": object{"modelId": "anthropic.claude-3-haiku-20240307-v1:0"},
	}
	for k, v := range more {
		e[k] = v
	}
	return e
}

// issue is an AssumeRole that issued a credential.
func issue(id, ts, request, principal, credential, issued string) object {
	return trail(id, ts, "AssumeRole", request, principal, credential, object{
		"eventSource": "sts.amazonaws.com", "requestParameters": object{"roleArn": "arn:aws:iam::111122223333:role/app"},
		"responseElements": object{"credentials": object{"accessKeyId": issued}},
	})
}

// invocation is a record of the Bedrock invocation log.
func invocation(ts, request, principal string, body, reply object) object {
	return object{
		"schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": ts, "accountId": "111122223333", "region": "eu-west-1",
		"requestId": request, "operation": "InvokeModel", "modelId": "anthropic.claude-3-haiku-20240307-v1:0",
		"identity": object{"arn": principal},
		"input":    object{"inputContentType": "application/json", "inputBodyJson": body, "inputTokenCount": 9},
		"output":   object{"outputContentType": "application/json", "outputBodyJson": reply, "outputTokenCount": 5},
	}
}

// claude is a request body; user becomes metadata.user_id.
func claude(user string, messages ...object) object {
	b := object{"anthropic_version": "bedrock-2023-05-31", "max_tokens": 100, "messages": messages}
	if user != "" {
		b["metadata"] = object{"user_id": user}
	}
	return b
}

func says(role string, content any) object { return object{"role": role, "content": content} }

func reply(id string, content ...object) object {
	return object{"id": id, "type": "message", "role": "assistant", "model": "claude-3-haiku", "content": content, "stop_reason": "end_turn"}
}

func text(s string) object { return object{"type": "text", "text": s} }

// file is a log of a case under construction.
type file struct {
	name    string
	records []object
}

func (f file) bytes(t *testing.T) []byte {
	t.Helper()
	var b strings.Builder
	for _, r := range f.records {
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// openCase loads the files, one load each, and opens the case.
func openCase(t *testing.T, threads int, files ...file) *casefile.Case {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for i, f := range files {
		path := filepath.Join(dir, fmt.Sprintf("%d-%s", i, f.name))
		if err := os.WriteFile(path, f.bytes(t), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return openPaths(t, threads, paths...)
}

// openPaths loads the paths, one load each, and opens the case for lookups.
func openPaths(t *testing.T, threads int, paths ...string) *casefile.Case {
	t.Helper()
	dir := t.TempDir()
	key, err := ledger.CreateKey(filepath.Join(dir, "key"), "examiner")
	if err != nil {
		t.Fatal(err)
	}
	o := casefile.LoadOptions{
		Dir: filepath.Join(dir, "t.case"), Key: key, Actor: "examiner", Tool: "exhibit test", Threads: threads, Memory: 1 << 30,
		Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }, Progress: new(casefile.Progress),
	}
	for _, path := range paths {
		o.Paths = []string{path}
		if _, err := casefile.Load(t.Context(), &o); err != nil {
			t.Fatal(err)
		}
	}
	c, err := casefile.Open(t.Context(), o.Dir, casefile.OpenOptions{Threads: threads, Memory: 1 << 30, Lookup: true})
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

// describe writes a timeline as short lines that do not depend on hashes:
// time, lane, operation and how the event was reached.
func describe(r *Result) string {
	names := map[string]string{}
	for i := range r.Entries {
		e := &r.Entries[i]
		names[e.EventID] = e.Lane + ":" + e.Text("operation") + "@" + clock(e.TS)
	}
	var b strings.Builder
	for i := range r.Entries {
		e := &r.Entries[i]
		link := e.Link.Kind + "=" + e.Link.Value
		if e.Link.Kind == kindEventID {
			link = e.Link.Kind
		}
		b.WriteString(names[e.EventID] + " " + link)
		if e.Link.From != "" {
			b.WriteString(" " + string(e.Link.Relation) + " " + names[e.Link.From])
		}
		if e.Missing != "" {
			b.WriteString(" missing:" + e.Missing)
		}
		if e.Parent >= 0 {
			b.WriteString(" under " + names[r.Entries[e.Parent].EventID] + " by " + string(e.ParentBy))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func clock(ts *int64) string {
	if ts == nil {
		return "never"
	}
	return time.UnixMicro(*ts).UTC().Format("15:04:05")
}
