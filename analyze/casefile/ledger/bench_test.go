package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// BenchmarkScan reads a ledger of 10,000 notes, as every command does that opens a case.
func BenchmarkScan(b *testing.B) {
	var file bytes.Buffer
	for i := range 10_000 {
		e := Entry{
			Action: ActionNote, Actor: "ana@lab", Seq: int64(i) + 2, Time: "2026-03-04T05:06:07.000000Z", Tool: "exhibit 1.0.0",
			Body: json.RawMessage(fmt.Sprintf(`{"text":%q}`, strings.Repeat("what was seen ", 20))),
		}
		line, err := e.encode()
		if err != nil {
			b.Fatal(err)
		}
		file.Write(append(line, '\n'))
	}
	for b.Loop() {
		s := &state{}
		if err := s.scan(bytes.NewReader(file.Bytes()), &collector{}); err != nil || s.size() != 10_000 {
			b.Fatal(s.size(), err)
		}
	}
}
