package tui

import (
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/console"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/conversation"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/correlation"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/findings"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/raw"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/subject"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/timeline"
)

// newParts makes the views, in the order of their keys.
func newParts(env *part.Env) []part.Part {
	return []part.Part{
		timeline.New(env),
		correlation.New(env),
		conversation.New(env),
		findings.New(env),
		subject.New(env),
		console.New(env),
		raw.New(env),
	}
}
