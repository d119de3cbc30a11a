// Package part says what a view of the explorer is: a dumb part that draws
// lines, takes keys and asks for things by messages. The root model alone
// decides which part is seen, and draws everything around it.
package part

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// Env is what all parts share.
type Env struct {
	// Context ends with the explorer. Commands ask with it, or with a child of it
	// that the part can cancel.
	Context context.Context //nolint:containedctx // commands run apart from any call
	Source  data.Source
	Styles  *style.Styles // changes with the theme: read it when drawing
	Keys    *keys.Map
	Zone    *time.Location   // of the times on the screen
	Now     func() time.Time // for what takes how long
	History string           // the file of the person's queries, "" for none
}

// The names of the parts.
const (
	Timeline     = "timeline"
	Correlation  = "correlation"
	Conversation = "conversation"
	Findings     = "findings"
	Subject      = "subject"
	SQL          = "sql"
	Raw          = "raw"
)

// Part is one view. Its methods are called by the root model, one at a time;
// none of them blocks: what takes time is done in the commands that they
// return, whose messages come back through Take.
type Part interface {
	// Name is one of the names of this package.
	Name() string
	// Resize says how many cells the part has from now on.
	Resize(width, height int)
	// Show makes the part visible, about a target: what is new to it, it asks
	// for. The zero target is "what you showed last".
	Show(Target) tea.Cmd
	// Press takes a key that the root model has no use for. The part may change
	// itself and ask for things.
	Press(tea.KeyPressMsg) tea.Cmd
	// Mouse takes a click, a drag or the wheel; (0, 0) is the part's first cell.
	Mouse(tea.MouseMsg) tea.Cmd
	// Take gets every message that is no key, mouse or size: answers to the
	// part's own commands, and the messages of this package.
	Take(tea.Msg) tea.Cmd
	// Lines draws the part: exactly its height of lines, each of exactly its
	// width of cells.
	Lines() []string
	// Keys are the bindings that do something now.
	Keys() []keys.Binding
	// Typing is set while keys are text, so that letters are no commands.
	Typing() bool
	// Cursor is where the terminal's cursor is to be while Typing.
	Cursor() (x, y int, ok bool)
	// State says what is going on.
	State() State
	// Target is what is under the cursor: other parts are shown about it.
	Target() Target
}

// Target is what a part can be about. What is empty is not meant; Event is an
// eid of the case, 0 for none.
type Target struct {
	Event       int64
	Finding     string // id
	Kind, Value string // of a subject: a column of events, and its value
	Query       string // SQL
}

// Empty reports whether nothing is meant.
func (t Target) Empty() bool { return t == Target{} }

// State is the work of a part, for the status line.
type State struct {
	Position string // where the cursor is: "12,345 of 10,000,000"
	Busy     string // what it waits for: "searching"; "" for nothing
	// Done of Total, in any unit; Total 0 is not known.
	Done, Total int64
	// Cancel stops what is going on; nil where nothing can be stopped.
	Cancel func()
}
