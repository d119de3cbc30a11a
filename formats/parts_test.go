package formats

import (
	"strings"
	"testing"
)

// TestTooManyParts checks that a few megabytes of empty parts do not take
// gigabytes: the record is refused, and the memory is given back.
func TestTooManyParts(t *testing.T) {
	body := func(content string) string {
		return `{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-03-02T00:00:00Z","operation":"InvokeModel",` +
			`"modelId":"anthropic.claude-3-haiku-20240307-v1:0","requestId":"r","input":{"inputContentType":"application/json",` +
			`"inputBodyJson":{"messages":` + content + `}}}`
	}
	list := func(n int, item string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
	}
	stream := strings.TrimSuffix(body("[]"), "}") + `,"output":{"outputContentType":"application/json","outputBodyJson":` + list(2*maxParts, `{"a":1}`) + `}}`
	for _, c := range []struct {
		name, record string
		refused      bool
	}{
		{"parts of one message", body(`[{"role":"user","content":` + list(2*maxParts, "0") + `}]`), true},
		{"messages", body(list(2*maxParts, `{"role":"user"}`)), true},
		{"messages of parts", body(list(1000, `{"role":"user","content":`+list(300, "0")+`}`)), true},
		{"chunks of a stream", stream, true},
		{"as many as a long conversation has", body(list(10_000, `{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}`)), false},
	} {
		d := NewDecoder()
		err := d.Decode(bedrock{}, Framing{}, []byte(c.record))
		if refused := err != nil; refused != c.refused {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil {
			continue
		}
		if n := partsOf(d.events[0].Input) + partsOf(d.events[0].Output); n > 2*maxParts+2 {
			t.Errorf("%s: %d parts are held", c.name, n)
		}
		d.Reset()
		d.Add()
		if e := d.events[0]; cap(e.Input) > keptParts || cap(e.Output) > keptParts {
			t.Errorf("%s: the memory of %d messages is kept", c.name, max(cap(e.Input), cap(e.Output)))
		}
	}
}
