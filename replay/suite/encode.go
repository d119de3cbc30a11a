package suite

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/exhibit-forensics/exhibit/replay"
)

const header = `# What models did and must not do again: exhibit suite run sends these requests
# and holds the replies against what is expected of them. They are prompts of
# logs: keep this file as the logs are kept.
# The format: exhibit suite schema. After a change: exhibit suite lint FILE.
`

// Encode writes a suite. Texts of logs stand in it so that nothing of them is
// hidden from whoever reviews the file: what is not printable is escaped. The
// error is one for a suite that could not be read back as it is.
func Encode(s *Suite) ([]byte, error) {
	w := &writer{}
	w.WriteString(header)
	w.line(0, "version: %d", Version)
	w.text(0, "name", s.Name)
	w.origin(&s.From)
	if err := w.target(&s.Target); err != nil {
		return nil, err
	}
	w.line(0, "cases:")
	for i := range s.Cases {
		w.line(0, "")
		if err := w.oneCase(&s.Cases[i]); err != nil {
			return nil, fmt.Errorf("writing case %s: %w", s.Cases[i].ID, err)
		}
	}
	if _, err := Parse(w.Bytes()); err != nil {
		return nil, fmt.Errorf("writing the suite: what was written cannot be read: %w", err)
	}
	return w.Bytes(), nil
}

// writer writes YAML of this one file format.
type writer struct{ bytes.Buffer }

// line writes a line, indented by so many levels.
func (w *writer) line(level int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if text != "" {
		w.WriteString(strings.Repeat("  ", level))
	}
	w.WriteString(text + "\n")
}

// text writes a key with a text, if there is one.
func (w *writer) text(level int, key, text string) {
	if text == "" {
		return
	}
	w.value(level, strings.Repeat("  ", level)+key+":", text)
}

// value writes a text behind what begins its line: as a block where it has
// several lines and all of it can be seen, else in quotes.
func (w *writer) value(level int, begin, text string) {
	if isBlock(text) {
		w.WriteString(begin + " |")
		if !strings.HasSuffix(text, "\n") {
			w.WriteString("-")
		}
		w.WriteString("\n")
		for line := range strings.Lines(text) {
			if line != "\n" {
				w.WriteString(strings.Repeat("  ", level+1))
			}
			w.WriteString(line)
		}
		if !strings.HasSuffix(text, "\n") {
			w.WriteString("\n")
		}
		return
	}
	w.WriteString(begin + " " + quote(text) + "\n")
}

// isBlock reports whether a text can be written as a block, whose lines stand as
// they are, and comes back as the same text.
func isBlock(text string) bool {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 2 || lines[0] == "" || lines[len(lines)-1] == "" || !utf8.ValidString(text) {
		return false
	}
	for i, line := range lines {
		if strings.TrimSpace(line) == "" && line != "" || i == 0 && (line[0] == ' ' || line[0] == '\t') {
			return false
		}
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// quote writes a text in quotes: in single ones where it holds only double ones,
// else in double ones (YAML 1.2.2, sections 7.3.1, 7.3.2 and 5.7). What is not
// printable is escaped: control characters, and those that change the direction
// or the look of what stands around them.
func quote(text string) string {
	hidden := func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }
	if strings.Contains(text, `"`) && !strings.Contains(text, "'") && !strings.ContainsFunc(text, hidden) {
		return "'" + text + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// texts writes a key with a list of texts, if there are any.
func (w *writer) texts(level int, key string, list []string) {
	if len(list) == 0 {
		return
	}
	w.line(level, "%s:", key)
	for _, s := range list {
		w.value(level+1, strings.Repeat("  ", level)+"  -", s)
	}
}

func (w *writer) origin(o *Origin) {
	if o.Case == "" && o.Head == "" && o.Tool == "" && len(o.Findings) == 0 {
		return
	}
	w.line(0, "from:")
	w.text(1, "case", o.Case)
	w.text(1, "head", o.Head)
	w.text(1, "tool", o.Tool)
	w.texts(1, "findings", o.Findings)
}

func (w *writer) target(t *Target) error {
	if t.Protocol == "" && t.Model == "" && t.Samples == 0 && len(t.Parameters) == 0 {
		return nil
	}
	w.line(0, "target: # flags of exhibit suite run win")
	w.text(1, "protocol", string(t.Protocol))
	w.text(1, "model", t.Model)
	if t.Samples > 0 {
		w.line(1, "samples: %d", t.Samples)
	}
	return w.parameters(1, t.Parameters)
}

func (w *writer) parameters(level int, list []replay.Parameter) error {
	if len(list) == 0 {
		return nil
	}
	text, err := parametersJSON(list)
	if err == nil {
		w.text(level, "parameters", text)
	}
	return err
}

func (w *writer) oneCase(c *Case) error {
	w.value(1, "  - id:", c.ID)
	w.text(2, "title", c.Title)
	w.text(2, "finding", c.Finding)
	w.text(2, "detector", c.Detector)
	w.text(2, "event", c.Request.Event)
	w.text(2, "model", c.Request.Model)
	w.line(2, "fidelity: %s", c.Fidelity)
	if c.Masked != nil {
		w.line(2, "masked: %d", *c.Masked)
	}
	w.text(2, "then", string(c.Then))
	if err := w.request(c.Request); err != nil {
		return err
	}
	w.texts(2, "canaries", c.Canaries)
	w.texts(2, "markers", c.Markers)
	w.texts(2, "injected", c.Injected)
	return w.expect(c)
}

func (w *writer) request(q *replay.Request) error {
	w.line(2, "request:")
	if q.Body != nil {
		w.text(3, "protocol", string(q.Protocol))
		w.text(3, "body", string(q.Body))
	} else {
		w.messages(q.Messages)
		w.text(3, "tools", string(q.Tools))
		if err := w.parameters(3, q.Parameters); err != nil {
			return err
		}
		if q.Stream != nil {
			w.line(3, "stream: %t", *q.Stream)
		}
	}
	w.text(3, "documents", string(q.Documents))
	if len(q.Losses) > 0 {
		w.line(3, "losses:")
	}
	for _, l := range q.Losses {
		w.line(4, "- {part: %s, grade: %s, why: %s}", quote(l.Part), l.Grade, quote(l.Why))
	}
	return nil
}

func (w *writer) messages(list []replay.Message) {
	w.line(3, "messages:")
	for _, m := range list {
		w.line(4, "- role: %s", quote(m.Role))
		if len(m.Parts) == 1 && isText(&m.Parts[0]) {
			w.value(5, strings.Repeat("  ", 5)+"text:", m.Parts[0].Text)
			continue
		}
		if len(m.Parts) > 0 {
			w.line(5, "parts:")
		}
		for i := range m.Parts {
			p := &m.Parts[i]
			w.line(6, "- type: %s", p.Type)
			w.text(7, "text", p.Text)
			w.text(7, "id", p.ID)
			w.text(7, "name", p.Name)
			if p.JSON != nil {
				w.value(7, strings.Repeat("  ", 7)+"json:", string(p.JSON))
			}
			if p.Data != nil {
				w.line(7, "base64: %s", quote(base64.StdEncoding.EncodeToString(p.Data)))
			}
		}
	}
}

func isText(p *replay.Part) bool {
	return p.Type == replay.PartText && p.ID == "" && p.Name == "" && p.JSON == nil && p.Data == nil
}

// expect writes the assertions as package verdict has them.
func (w *writer) expect(c *Case) error {
	for line := range strings.Lines(c.Check) {
		w.line(2, "# %s", strings.TrimSpace(line))
	}
	var n yaml.Node
	if err := n.Encode(c.Expect); err != nil {
		return fmt.Errorf("writing what is expected: %w", err)
	}
	w.node(2, "    expect:", &n)
	if c.MinRate != 0 {
		w.line(2, "min_rate: %s", strconv.FormatFloat(c.MinRate, 'g', -1, 64))
	}
	return nil
}

// node writes a value behind what begins its line, which stands at so many
// levels. Assertions and the schemas in them are no deeper than package verdict
// reads.
func (w *writer) node(level int, begin string, n *yaml.Node) {
	indent := strings.Repeat("  ", level+1)
	switch {
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str":
		w.value(level, begin, n.Value)
	case n.Kind == yaml.ScalarNode:
		w.WriteString(begin + " " + n.Value + "\n")
	case len(n.Content) == 0:
		w.WriteString(begin + map[bool]string{true: " {}\n", false: " []\n"}[n.Kind == yaml.MappingNode])
	case n.Kind == yaml.SequenceNode:
		w.WriteString(begin + "\n")
		for _, item := range n.Content {
			w.node(level+1, indent+"-", item)
		}
	default:
		lead := begin + " " // behind a hyphen the first pair stands on its line
		if !strings.HasSuffix(begin, "-") {
			w.WriteString(begin + "\n")
			lead = indent
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			w.node(level+1, lead+keyText(n.Content[i].Value)+":", n.Content[i+1])
			lead = indent
		}
	}
}

// keyText writes a key: the words of assertions as they are, and those of
// schemas in quotes.
func keyText(key string) string {
	if key != "" && strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_") == "" && !slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, key) {
		return key
	}
	return quote(key)
}
