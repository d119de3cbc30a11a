package tuitest

import (
	"fmt"
	"testing"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// Look is how a picture is drawn.
type Look struct {
	Width, Height int
	Theme         string
	Plain         bool
}

// Looks are those that every view has pictures of.
func Looks() []Look {
	return []Look{
		{80, 24, style.Dark, false},
		{80, 24, style.None, false},
		{80, 24, style.None, true},
		{120, 40, style.Dark, false},
		{120, 40, style.None, false},
		{40, 10, style.None, false},
	}
}

// String names the look.
func (l Look) String() string {
	name := fmt.Sprintf("%dx%d-%s", l.Width, l.Height, l.Theme)
	if l.Plain {
		name += "-plain"
	}
	return name
}

// Purchased is the id of the event of the demo in which a document gives orders to an agent.
const Purchased = "a07ebcdb-43"

// Purchase is the case of the demo, and the event in which a document gives orders
// to an agent.
func Purchase(t testing.TB) (*data.Case, int64) {
	t.Helper()
	dir, key := Demo(t)
	source := Source(t, dir, key)
	eids, err := source.Resolve(t.Context(), Purchased)
	if err != nil {
		t.Fatal(err)
	}
	return source, eids[0]
}
