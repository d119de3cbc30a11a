package request

import (
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/replay"
)

// Context is one piece of what a model was given to read besides what people
// asked: a retrieved document, or what a tool answered. They are counted from 1,
// documents first.
type Context struct {
	What   string // in words: "document", "result of tool search"
	Text   string
	Places []Place // where it stands in the messages; none where it does not stand there
}

// Place is a part of a message. The text of a document is somewhere in it; a
// result is the whole part.
type Place struct{ Message, Part int }

// Contexts lists the context of a request. A document is found in the messages
// by its exact text, where none but its own letters will do.
func Contexts(r *replay.Request) []Context {
	var out []Context
	seen := map[string]bool{}
	var reader formats.Documents
	for _, text := range reader.Texts(formats.Text(r.Documents)) {
		c := Context{What: "document", Text: strings.Clone(string(text))}
		if strings.TrimSpace(c.Text) == "" || seen[c.Text] {
			continue
		}
		seen[c.Text] = true
		eachPart(r, func(at Place, p *replay.Part) {
			if p.Type == replay.PartText && strings.Contains(p.Text, c.Text) {
				c.Places = append(c.Places, at)
			}
		})
		out = append(out, c)
	}
	names := toolNames(r)
	eachPart(r, func(at Place, p *replay.Part) {
		if p.Type != replay.PartToolResult {
			return
		}
		c := Context{What: "result of a tool", Text: p.Text, Places: []Place{at}}
		if p.JSON != nil {
			c.Text = string(p.JSON)
		}
		if name := names[p.ID]; name != "" {
			c.What = "result of tool " + name
		}
		out = append(out, c)
	})
	return out
}

// eachPart visits the parts of all messages in their order.
func eachPart(r *replay.Request, visit func(Place, *replay.Part)) {
	for i := range r.Messages {
		for j := range r.Messages[i].Parts {
			visit(Place{i, j}, &r.Messages[i].Parts[j])
		}
	}
}

// toolNames returns the name of the tool that each tool call of a request asks
// for, by the id of the call.
func toolNames(r *replay.Request) map[string]string {
	out := map[string]string{}
	eachPart(r, func(_ Place, p *replay.Part) {
		if p.Type == replay.PartToolCall && p.ID != "" {
			out[p.ID] = p.Name
		}
	})
	return out
}

// replace puts a text in place of a piece of context. A result stays a result,
// if an empty one: protocols demand an answer to each tool call. A part that was
// nothing but the document goes with it: protocols refuse an empty text.
func (c *Context) replace(r *replay.Request, text string) {
	for _, at := range c.Places {
		p := &r.Messages[at.Message].Parts[at.Part]
		if p.Type == replay.PartToolResult {
			p.Text, p.JSON = text, nil
		} else {
			p.Text = strings.ReplaceAll(p.Text, c.Text, text)
		}
	}
	if text == "" {
		removeEmpty(r)
	}
}

// removeEmpty removes parts that are an empty text, and messages of nothing
// else.
func removeEmpty(r *replay.Request) {
	r.Messages = slices.DeleteFunc(r.Messages, func(m replay.Message) bool {
		return len(m.Parts) > 0 && !slices.ContainsFunc(m.Parts, func(p replay.Part) bool { return !isEmpty(p) })
	})
	for i := range r.Messages {
		r.Messages[i].Parts = slices.DeleteFunc(r.Messages[i].Parts, isEmpty)
	}
}

func isEmpty(p replay.Part) bool {
	return p.Type == replay.PartText && strings.TrimSpace(p.Text) == ""
}

// contextAt returns a piece of context by its number, or an error that says
// which there are.
func contextAt(r *replay.Request, n int) (*Context, error) {
	all := Contexts(r)
	if n < 1 || n > len(all) {
		return nil, fmt.Errorf("the request of %s has %s", r.Event, listContexts(all))
	}
	c := &all[n-1]
	if len(c.Places) == 0 {
		return nil, fmt.Errorf("context %d of %s (%s) stands in no message as the log has them: nothing of it would be sent anyway", n, r.Event, c.What)
	}
	return c, nil
}

func listContexts(all []Context) string {
	if len(all) == 0 {
		return "no context: neither retrieved documents nor results of tools"
	}
	var list []string
	for i := range all {
		list = append(list, fmt.Sprintf("%d (%s, %d bytes)", i+1, all[i].What, len(all[i].Text)))
	}
	return "only context " + strings.Join(list, ", ")
}
