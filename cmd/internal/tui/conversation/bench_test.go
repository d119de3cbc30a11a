package conversation_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/conversation"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

// BenchmarkFrame draws a screen of an agent's conversation of 2,000 messages of
// 2 KB, and moves through it: what a person waits for.
func BenchmarkFrame(b *testing.B) {
	f := saying("short")
	f.said.Turns = nil
	words := strings.Repeat("The offer names ten days of delivery, and 198.51.100.7 answers. ", 32)
	for i := range 2000 {
		f.said.Turns = append(f.said.Turns, casefile.Turn{Side: "input", Message: i + 1, Role: "user", Type: "text", Text: fmt.Sprint(i, " ", words)})
	}
	env := tuitest.Env(b, f, style.Dark, false)
	d := tuitest.Drive(b, env, conversation.New(env), 120, 40, part.Target{Event: 1})
	for _, name := range []string{"down", "pgdown", "n", "right", "z"} {
		k, _ := keys.Parse(name)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				d.Part.Press(k)
				d.Part.Lines()
			}
		})
	}
	b.Run("resize", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			d.Part.Resize(100+i%2, 40)
			d.Part.Lines()
		}
	})
}
