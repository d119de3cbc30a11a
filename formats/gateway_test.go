package formats

import (
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func FuzzDecodeLiteLLM(f *testing.F) { fuzzDecode(f, liteLLM{}) }

func FuzzDecodeLiteLLMSpend(f *testing.F) { fuzzDecode(f, liteLLMSpend{}) }

func FuzzDecodeLiteLLMAudit(f *testing.F) { fuzzDecode(f, liteLLMAudit{}) }

func FuzzDecodeHelicone(f *testing.F) { fuzzDecode(f, helicone{}) }

func FuzzDecodeCloudflareGateway(f *testing.F) { fuzzDecode(f, cloudflareGateway{}) }

func FuzzDecodeKong(f *testing.F) { fuzzDecode(f, kong{}) }

func FuzzDecodePortkey(f *testing.F) { fuzzDecode(f, portkey{}) }

// decodeEvent decodes one record of a format and returns its only event.
func decodeEvent(t *testing.T, f Format, d *Decoder, record string) *Event {
	t.Helper()
	d.Reset()
	if err := f.Decode(d, []byte(record)); err != nil {
		t.Fatalf("decoding %s: %v", record, err)
	}
	if len(d.Events()) != 1 {
		t.Fatalf("got %d events, want 1", len(d.Events()))
	}
	return d.Events()[0]
}

// TestGatewaysShowNoSecret checks that what stands in clear in the cases, keys
// and signatures of addresses, comes into no column.
func TestGatewaysShowNoSecret(t *testing.T) {
	found := false
	for name, c := range formatCases(t) {
		if VantageOf(c.format) != VantageGateway && c.format != (liteLLMAudit{}) {
			continue
		}
		found = found || strings.Contains(string(c.text), "not-a-real")
		framing := c.format.Framing(sampleOf(c.text, new(jsontape.Doc)))
		for _, line := range eventLines(t, c.format, framing, c.text) {
			if strings.Contains(line, "not-a-real") {
				t.Errorf("%s shows a secret: %s", name, line)
			}
		}
	}
	if !found {
		t.Error("no case holds a secret")
	}
}

func TestLiteLLMSpendTime(t *testing.T) {
	berlin := time.FixedZone("", 2*60*60)
	tests := []struct {
		name, start, want, source string
		zone                      *time.Location
	}{
		{"with zone", "2026-04-08T12:00:00.123Z", "2026-04-08T12:00:00.123Z", "startTime", nil},
		{"from the table", "2026-04-08 12:00:00.123", "2026-04-08T12:00:00.123Z", "startTime", nil},
		{"from the table, zone assumed", "2026-04-08 12:00:00.123", "2026-04-08T12:00:00.123Z", "startTime", berlin},
		{"from the table, by Python", "2026-04-08 12:00:00.123000", "2026-04-08T12:00:00.123Z", "startTime", nil},
		{"never in the table", "2025-01-24 09:20:46.847371", "1970-01-01T00:00:00Z", "startTime (no zone)", nil},
		{"never in the table, zone assumed", "2025-01-24 09:20:46.847371", "2025-01-24T07:20:46.847371Z", "startTime", berlin},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := NewDecoder()
			d.AssumeTZ = tt.zone
			e := decodeEvent(t, liteLLMSpend{}, d, `{"request_id":"r","call_type":"completion","startTime":"`+tt.start+`"}`)
			if got := time.UnixMicro(e.TS.Micros).UTC().Format(time.RFC3339Nano); got != tt.want || e.TSSource != tt.source {
				t.Errorf("got %s from %q, want %s from %q", got, e.TSSource, tt.want, tt.source)
			}
			if d.AssumeTZ != tt.zone {
				t.Error("the assumed zone was not put back")
			}
		})
	}
}

func TestLiteLLMKind(t *testing.T) {
	for call, want := range map[string]Kind{
		"completion": KindInference, "acompletion": KindInference, "aresponses": KindInference, "_arealtime": KindInference,
		"anthropic_messages": KindInference, "allm_passthrough_route": KindInference, "aembedding": KindEmbedding,
		"arerank": KindRetrieval, "asearch": KindRetrieval, "avector_store_search": KindRetrieval,
		"amoderation": KindGuardrail, "apply_guardrail": KindGuardrail, "call_mcp_tool": KindTool,
		"acreate_file": KindData, "acreate_batch": KindOther, "alist_mcp_tools": KindOther, "a": KindOther, "": KindOther,
		"pass_through_endpoint": KindOther,
	} {
		e := decodeEvent(t, liteLLM{}, NewDecoder(), `{"call_type":"`+call+`"}`)
		if e.Kind != want {
			t.Errorf("%s is %s, want %s", call, e.Kind, want)
		}
	}
}

// TestLiteLLMJoins checks the ids by which the logs of one call meet.
func TestLiteLLMJoins(t *testing.T) {
	const uuid = "7d8e9f00-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
	tests := []struct{ name, record, request, response, native string }{
		{"reply", `"id":"chatcmpl-1","status":"success"`, "", "chatcmpl-1", "chatcmpl-1"},
		{"failed", `"id":"` + uuid + `","status":"failure"`, uuid, "", ""},
		{"failed row", `"request_id":"` + uuid + `","status":"failure"`, uuid, "", uuid},
		{"failed, with the provider's id", `"id":"` + uuid + `","status":"failure","hidden_params":{"additional_headers":{"llm_provider-request-id":"req_1"}}`, "req_1", "", ""},
		{
			"bedrock", `"id":"chatcmpl-2","status":"success","hidden_params":{"additional_headers":{"llm_provider-x-amzn-requestid":"` + uuid + `"}}`,
			uuid, "chatcmpl-2", "chatcmpl-2",
		},
		{"cached", `"id":"chatcmpl-1_cache_hit1775649700.5","status":"success","response":{"id":"chatcmpl-1","choices":[{"message":{"role":"assistant","content":"Hi"}}]}`, "", "", "chatcmpl-1_cache_hit1775649700.5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := decodeEvent(t, liteLLM{}, NewDecoder(), `{"call_type":"acompletion",`+tt.record+`}`)
			if string(e.RequestID) != tt.request || string(e.ResponseID) != tt.response || string(e.NativeID) != tt.native {
				t.Errorf("request %q, response %q, native %q; want %q, %q, %q", e.RequestID, e.ResponseID, e.NativeID, tt.request, tt.response, tt.native)
			}
		})
	}
}

func TestWithoutQuery(t *testing.T) {
	for address, want := range map[string]string{
		"https://example.com/v1?key=k": "https://example.com/v1",
		"https://u:p@example.com/a@b":  "example.com/a@b",
		"https://example.com/a@b#c":    "https://example.com/a@b",
		"/v1/chat":                     "/v1/chat",
		"":                             "",
	} {
		if got := string(withoutQuery(Text(address))); got != want {
			t.Errorf("%s becomes %s, want %s", address, got, want)
		}
	}
}

func TestSafeKey(t *testing.T) {
	for key, want := range map[string]string{
		strings.Repeat("ab", 32):     strings.Repeat("ab", 32),
		"litellm_proxy_master_key":   "litellm_proxy_master_key",
		"sk-0123456789abcdefwxyz":    "...wxyz",
		"Bearer 0123456789abcdefghi": "...fghi",
		"gsk_0123456789abcdefghij":   "...ghij",
		"sk-1234":                    "",
		"":                           "",
	} {
		if got := string(safeKey(NewDecoder(), Text(key))); got != want {
			t.Errorf("%s becomes %q, want %q", key, got, want)
		}
	}
}
