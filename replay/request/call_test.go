package request_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
	"github.com/exhibit-forensics/exhibit/replay/request"
)

const chatBody = `{"model":"m-1","messages":[{"role":"user","content":"Open the gate."}],"temperature":0.50}`

// TestCalls shows one call in two logs: a gateway that keeps the text and the
// parameters, and the exchange itself with its body.
func TestCalls(t *testing.T) {
	c := casetest.Files(t, map[string]string{
		"gateway.jsonl": `{"timestamp":"2026-04-08T12:00:00Z","model":"m-1","user":"ann","request_id":"req_1","prompt":"Open the gate.","response":"No.","status":"success","latency_ms":250}` + "\n" +
			`{"timestamp":"2026-04-08T12:00:01Z","model":"m-1","user":"ann","request_id":"req_2","prompt":"Why?","response":"So.","status":"success"}` + "\n",
		"exchange.jsonl": `{"method":"POST","uri":"https://api.openai.com/v1/chat/completions","request_body":` + quote(chatBody) + `,"status":200,"date":"Wed, 08 Apr 2026 12:00:00 GMT","request_id":"req_1"}` + "\n",
	})
	eids, err := request.Filtered(t.Context(), c, request.Filter{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	calls, left, err := request.Calls(t.Context(), c, eids)
	if err != nil {
		t.Fatal(err)
	}
	if len(eids) != 3 || len(calls) != 2 || left != 0 {
		t.Fatalf("%d events, %d calls, %d left out; want 3, 2 and 0", len(eids), len(calls), left)
	}
	first := calls[0]
	if string(first.Body) != chatBody || first.Protocol != replay.OpenAIChat {
		t.Errorf("body %q of %q, want that of the exchange", first.Body, first.Protocol)
	}
	if first.Logged.Text != "No." || first.Events != 2 || !strings.HasPrefix(first.Why, "of the 2 events of the call it keeps its body; the reply from ") {
		t.Errorf("reply %q, %d events, why %q", first.Logged.Text, first.Events, first.Why)
	}
	if calls[1].Why != "" || calls[1].Logged.Text != "So." {
		t.Errorf("call 2: %q, %q", calls[1].Why, calls[1].Logged.Text)
	}
}

func quote(body string) string { return `"` + strings.ReplaceAll(body, `"`, `\"`) + `"` }

// TestBodyInTable reads a body from a row of a table, which only the framing of
// the evidence explains.
func TestBodyInTable(t *testing.T) {
	cell := `"` + strings.ReplaceAll(chatBody, `"`, `""`) + `"`
	c := casetest.Files(t, map[string]string{
		"calls.csv": "time,operation,model,status,request\n2026-04-08T12:00:00Z,/v1/chat/completions,m-1,200," + cell + "\n",
	})
	requests := loadAll(t, c)
	if len(requests) != 1 || string(requests[0].Body) != chatBody {
		t.Fatalf("%+v, want one request with its body", requests)
	}
}

// TestPictures sends a picture, of which the columns have only the size, in
// another protocol than it was logged in.
func TestPictures(t *testing.T) {
	picture := bytes.Repeat([]byte{0x89, 'P', 'N', 'G', 0xff}, 30)
	other := bytes.Repeat([]byte{1, 2, 3}, 50) // as many bytes
	url := func(data []byte) string {
		return `{"type":"image_url","image_url":{"url":"data:image/png;base64,` + base64.StdEncoding.EncodeToString(data) + `"}}`
	}
	body := `{"model":"m-1","messages":[{"role":"user","content":[{"type":"text","text":"What is it?"},` + url(picture) + `,` + url(other) + `]}]}`
	c := casetest.Files(t, map[string]string{
		"x.jsonl": `{"method":"POST","uri":"https://api.openai.com/v1/chat/completions","request_body":` + quote(body) + `,"status":200,"date":"Wed, 08 Apr 2026 12:00:00 GMT"}` + "\n",
	})
	requests := loadAll(t, c)
	if len(requests) != 1 {
		t.Fatalf("%d requests, want 1", len(requests))
	}
	var got [][]byte
	for _, p := range requests[0].Messages[0].Parts {
		if p.Type == replay.PartBlob {
			got = append(got, p.Data)
		}
	}
	if diff := cmp.Diff([][]byte{picture, other}, got); diff != "" {
		t.Fatalf("pictures (-want +got):\n%s", diff)
	}
	sent, err := protocol.Encode(requests[0], replay.Anthropic, protocol.Options{Model: "m-2"})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(sent.Body, []byte(`"media_type":"image/png","data":"`+base64.StdEncoding.EncodeToString(picture))) {
		t.Errorf("the picture is not sent: %s", sent.Body)
	}
	for _, l := range sent.Losses {
		if l.Grade == replay.GradeIncomplete {
			t.Errorf("said to be lost: %+v", l)
		}
	}
}
