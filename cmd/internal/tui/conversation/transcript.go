package conversation

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/content"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
)

// piece is one part of a transcript: what one side said at one time, a document,
// a call of a tool or its result.
type piece struct {
	title string
	note  string       // what else is known of it
	role  content.Role // for what its text shows; "" where nobody said it
	text  *cell.Text
	json  bool
	fold  fold
	size  measured
	// marks are what was found in the text, in order, and laid says that the text
	// has them.
	marks []cell.Highlight
	signs int // how many of them detectors matched
	laid  bool
}

// fold says how much of a piece is seen.
type fold uint8

const (
	folded fold = iota // its title
	short              // its first lines
	open               // all
)

// shortLines is how many lines of a long piece are seen at first.
const shortLines = 8

// transcript makes the pieces of a conversation. It is work for a command: JSON
// is laid out whole.
func transcript(c *data.Conversation, screen cell.Screen) []*piece {
	m := maker{screen: screen, tools: map[string]string{}}
	system := true
	for _, t := range c.Turns {
		if t.Side == "output" || !isSystem(t.Role) {
			if system {
				m.given(c)
			}
			system = false
		}
		m.turn(t.Side, t.Message, t.Role, t.Type, t.Name, t.ID, t.Text)
	}
	if system {
		m.given(c)
	}
	if calls := c.Detail.Text("tool_calls"); calls != "" && !m.called {
		m.add("tool calls", content.RoleToolCall, calls, true, short)
	}
	for _, p := range []struct{ title, column string }{{"error", "error_message"}, {"problem of the log", "problem"}} {
		if text := c.Detail.Text(p.column); text != "" {
			m.add(p.title, "", text, false, short)
		}
	}
	return m.pieces
}

func isSystem(role string) bool { return role == "system" || role == "developer" }

// maker makes pieces.
type maker struct {
	screen cell.Screen
	pieces []*piece
	called bool              // the reply has a call of a tool
	tools  map[string]string // names of the tools that were called, by the id of the call
}

func (m *maker) add(title string, role content.Role, text string, isJSON bool, f fold) {
	p := &piece{title: title, role: role, fold: f}
	if isJSON {
		p.text, p.json = m.screen.JSON([]byte(text))
	}
	if p.text == nil {
		p.text = m.screen.Text(text)
	}
	m.pieces = append(m.pieces, p)
}

// given adds what the model was given beside the messages.
func (m *maker) given(c *data.Conversation) {
	if tools := c.Detail.Text("tool_definitions"); tools != "" {
		m.add("tools offered"+countOf(tools), "", tools, true, folded)
	}
	for i, text := range c.Documents {
		m.add(fmt.Sprintf("document %d of %d", i+1, len(c.Documents)), content.RoleDocument, text, false, short)
	}
}

// countOf says how many elements a JSON list has.
func countOf(text string) string {
	var elements []json.RawMessage
	if json.Unmarshal([]byte(text), &elements) != nil {
		return ""
	}
	return ", " + list.Number(int64(len(elements)))
}

// turn adds a part of a message.
func (m *maker) turn(side string, message int, role, typ, name, id, text string) {
	title, of := speaker(side, role)
	isJSON := false
	switch typ {
	case "", "text":
	case "reasoning":
		title, of = title+", reasoning", content.RoleReasoning
	case "tool_call":
		title, of, isJSON = title+" calls tool "+name, content.RoleToolCall, true
		m.called = m.called || side == "output"
		m.tools[id] = name
	case "tool_call_response":
		if name == "" {
			name = m.tools[id]
		}
		title, of, isJSON = "result of tool"+prefixed(" ", name), content.RoleTool, looksJSON(text)
	default:
		title += ", " + strings.ReplaceAll(typ, "_", " ") + prefixed(" ", name)
	}
	m.add(title, of, text, isJSON, short)
	p := m.pieces[len(m.pieces)-1]
	if side == "input" && message > 0 {
		p.note = fmt.Sprintf("  message %d", message)
	}
	p.note += prefixed("  ", id)
}

// speaker names who said a message.
func speaker(side, role string) (string, content.Role) {
	switch {
	case isSystem(role):
		return "system prompt", content.RoleSystem
	case side == "output":
		return "reply", content.RoleAssistant
	case role == "tool":
		return "tool", content.RoleTool
	case role == "assistant":
		return "assistant", content.RoleAssistant
	case role == "":
		return "message", content.RoleUser
	}
	return role, content.RoleUser
}

func looksJSON(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	return strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// write writes a transcript as plain text, escaped for any viewer.
func write(head []string, pieces []*piece, escape func(string) string) string {
	var b strings.Builder
	for _, h := range head {
		b.WriteString(escape(h) + "\n")
	}
	for _, p := range pieces {
		b.WriteString("\n== " + escape(p.title+p.note) + "\n" + escape(p.text.String()) + "\n")
	}
	return b.String()
}
