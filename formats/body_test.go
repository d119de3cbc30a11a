package formats

import (
	"encoding/json"
	"strings"
	"testing"
)

// recordedCall is one exchange of recorded provider traffic.
type recordedCall struct {
	URI      string  `json:"uri"`
	Request  string  `json:"request_body"`
	Response *string `json:"response_body"`
	Status   int     `json:"status"`
}

// recordedCalls reads the recorded exchanges of many providers.
func recordedCalls(t *testing.T) []recordedCall {
	t.Helper()
	var calls []recordedCall
	for _, line := range recordedLines(t) {
		var c recordedCall
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		calls = append(calls, c)
	}
	return calls
}

// TestBodiesRecorded decodes recorded chat bodies of OpenAI, Anthropic, Cohere
// and Mistral: every successful one has a prompt, and an answer or tool call.
func TestBodiesRecorded(t *testing.T) {
	n := 0
	for _, c := range recordedCalls(t) {
		chat := strings.HasSuffix(c.URI, "/chat/completions") || strings.HasSuffix(c.URI, "/v1/messages") || strings.HasSuffix(c.URI, "/chat")
		if !chat || c.Status != 200 || c.Response == nil || !json.Valid([]byte(*c.Response)) || !json.Valid([]byte(c.Request)) {
			continue
		}
		n++
		d := NewDecoder()
		var e Event
		if err := d.JSON.Parse([]byte(c.Request)); err != nil {
			t.Fatal(err)
		}
		decodeRequestBody(d, &e, d.JSON.Root())
		if err := d.Nested.Parse([]byte(*c.Response)); err != nil {
			t.Fatal(err)
		}
		decodeResponseBody(d, &e, d.Nested.Root())
		e.Summarise()
		if len(e.Input) == 0 || len(e.Output) == 0 || len(e.Output[0].Parts) == 0 {
			t.Errorf("%s\nrequest %.300s\nreply %.300s\nwithout a prompt or an answer", c.URI, c.Request, *c.Response)
		}
		if !e.OutputTokens.OK {
			t.Errorf("%s: no token count in %.500s", c.URI, *c.Response)
		}
		for _, m := range append(e.Input, e.Output...) {
			for _, p := range m.Parts {
				if p.Type == PartOther && p.Name == nil {
					t.Errorf("%s: kept as other: %.200s", c.URI, p.JSON)
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("got %d chat exchanges, want at least 100", n)
	}
}
