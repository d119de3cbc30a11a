package part

import (
	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
)

// Open asks the root model to show a part about a target. It goes on the
// history, so that esc leads back.
type Open struct {
	Part   string
	Target Target
}

// AddFilter asks for one more condition on the events that are seen.
type AddFilter struct{ Condition filter.Condition }

// Filtered tells every part that the filter is another now.
type Filtered struct{ Filter filter.Filter }

// Reloaded tells every part that the case was opened anew, because another
// process has changed it: what was asked for may have another answer now.
type Reloaded struct{}

// Resized tells every part that its width is another now, after its Resize, so
// that it can ask for what takes too long for that.
type Resized struct{}

// Level says how a notice is meant.
type Level uint8

// The levels of notices.
const (
	Info Level = iota
	Warning
	Failure
)

// Notice is a sentence for the status line. It stays until the next key.
type Notice struct {
	Level Level
	Text  string
}

// Copy asks for a text to be put on the clipboard of the person's terminal, by
// OSC 52. What names it: "event id".
type Copy struct{ Text, What string }

// Ask asks for a line of text.
type Ask struct {
	Label string
	Value string // to begin with
	Hint  string // below the line: what can be typed
	// Complete offers what the line could become; nil for nothing.
	Complete func(line string) []string
	// Check says what is wrong with the line, nil for nothing; it is asked while
	// the person types and must be quick.
	Check func(line string) error
	// Then takes the line. It is not called when the person gives up.
	Then func(line string) tea.Cmd
}

// Choose asks for one of several things.
type Choose struct {
	Title   string
	Options []Option
	Then    func(i int) tea.Cmd
}

// Option is one of the things of a Choose.
type Option struct {
	Name string
	Note string // what it means
}

// Say returns the command of a message.
func Say(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// Fail returns the command of a notice that says what went wrong; nil for nil.
func Fail(err error) tea.Cmd {
	if err == nil {
		return nil
	}
	return Say(Notice{Level: Failure, Text: err.Error()})
}
