package tui

import (
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/raw"
)

// newParts makes the views, in the order of their keys.
func newParts(env *part.Env) []part.Part {
	return []part.Part{raw.New(env)}
}
