package casefile

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeConversation writes a conversation in which every turn repeats all earlier ones,
// as the Bedrock invocation log has it, and returns the bytes of its texts. They
// are noise: nothing but keeping each once makes them smaller.
func writeConversation(t *testing.T, path string, turns int) (texts int64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	say := func() string {
		noise := make([]byte, 300)
		for i := range noise {
			noise[i] = byte(rng.Uint32())
		}
		text := base64.StdEncoding.EncodeToString(noise)
		texts += int64(len(text))
		return text
	}
	type message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	var log strings.Builder
	var said []message
	system := say()
	for i := range turns {
		said = append(said, message{"user", say()})
		reply := say()
		record, err := json.Marshal(map[string]any{
			"schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": fmt.Sprintf("2026-03-02T10:%02d:%02dZ", i/60, i%60),
			"accountId": "111122223333", "region": "eu-west-1", "requestId": fmt.Sprintf("call-%d", i), "operation": "InvokeModel",
			"modelId": "anthropic.claude-3-haiku-20240307-v1:0", "identity": map[string]any{"arn": "arn:aws:iam::111122223333:user/ana"},
			"input": map[string]any{"inputContentType": "application/json", "inputBodyJson": map[string]any{
				"anthropic_version": "bedrock-2023-05-31", "max_tokens": 100, "system": system, "messages": said,
			}},
			"output": map[string]any{"outputContentType": "application/json", "outputBodyJson": map[string]any{
				"id": fmt.Sprintf("msg_%d", i), "type": "message", "role": "assistant", "content": []any{map[string]any{"type": "text", "text": reply}},
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		log.Write(append(record, '\n'))
		said = append(said, message{"assistant", reply})
	}
	if err := os.WriteFile(path, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return texts
}

// TestGrowingConversation checks that the texts of a conversation are kept once:
// 200 turns have twice the texts of 100, though the log has four times as much.
// That holds for the texts. The messages of each turn are in its event as well,
// as the log has them, and no smaller than compression makes them.
func TestGrowingConversation(t *testing.T) {
	key := testKey(t)
	type grown struct{ log, content, events, uses, records int64 }
	sizes := map[int]grown{}
	for _, turns := range []int{100, 200} {
		dir := t.TempDir()
		path := filepath.Join(dir, "conversation.jsonl")
		texts := writeConversation(t, path, turns)
		caseDir := filepath.Join(dir, "t.case")
		mustLoad(t, caseDir, key, path)
		c := openWith(t, caseDir, OpenOptions{Threads: 2, Memory: 1 << 30})
		n, err := c.ContentSize(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// Turn i has the system prompt, i prompts and as many replies.
		unique, uses := int64(1+2*turns), int64(turns+turns*(turns+1))
		want := ContentSize{Texts: unique, Size: texts, Uses: uses, UsesSize: uses * (texts / unique)}
		if n != want {
			t.Errorf("%d turns: got %+v, want %+v", turns, n, want)
		}
		o, err := c.Overview(t.Context())
		if err != nil || o.Texts != unique {
			t.Errorf("%d turns: the overview has %d texts, want %d; %v", turns, o.Texts, unique, err)
		}
		g := grown{
			sizeOf(t, []string{path}), n.Size, sizeOf(t, only(c.events, "events")), sizeOf(t, only(c.events, "uses")), sizeOf(t, c.records),
		}
		sizes[turns] = g
		t.Logf("%d turns: log %d, texts kept once %d, for every use %d; segments of content %d, events %d, uses %d, records %d bytes",
			turns, g.log, g.content, n.UsesSize, sizeOf(t, only(c.events, "content")), g.events, g.uses, g.records)
	}
	growth := func(a, b int64) float64 { return float64(b) / float64(a) }
	if g := growth(sizes[100].log, sizes[200].log); g < 3.5 {
		t.Errorf("the log grows %.2f times: the test shows nothing", g)
	}
	if g := growth(sizes[100].content, sizes[200].content); g > 2.01 {
		t.Errorf("the texts grow %.2f times", g)
	}
}

func sizeOf(t *testing.T, paths []string) (n int64) {
	t.Helper()
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		n += info.Size()
	}
	return n
}
