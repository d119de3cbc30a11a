package request

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
)

// WithHistory gives the turns of a session, in their order, the turns before
// them, where the log has only the last message of each: what was logged as
// answer stands there, whatever a replay answers. Requests that carry earlier
// turns themselves stay as they are.
func WithHistory(calls []Call) []Call {
	out := slices.Clone(calls)
	var said []replay.Message
	for i := range out {
		r := out[i].Request
		system, rest := split(r.Messages)
		alone := r.Body == nil && len(rest) == 1
		if alone && len(said) > 0 {
			turn := *r
			turn.Messages = slices.Concat(system, said, rest)
			turn.Losses = append(slices.Clone(r.Losses), replay.Loss{
				Part: "messages", Grade: replay.GradeDefaulted,
				Why: fmt.Sprintf("the log has only the last of them: the %d before are those of the session", len(said)),
			})
			out[i].Request = &turn
		}
		if alone {
			said = append(said, rest...)
			if answer, ok := answerOf(&r.Logged); ok {
				said = append(said, answer)
			}
		}
	}
	return out
}

// split takes the system prompts from the other messages.
func split(messages []replay.Message) (system, rest []replay.Message) {
	for _, m := range messages {
		if isSystem(m.Role) {
			system = append(system, m)
		} else {
			rest = append(rest, m)
		}
	}
	return system, rest
}

// answerOf is a reply as a message of a later turn; false where there is none.
func answerOf(r *replay.Reply) (replay.Message, bool) {
	m := replay.Message{Role: "assistant"}
	if r.Text != "" {
		m.Parts = append(m.Parts, replay.Part{Type: replay.PartText, Text: r.Text})
	}
	for _, c := range r.ToolCalls {
		m.Parts = append(m.Parts, replay.Part{Type: replay.PartToolCall, ID: c.ID, Name: c.Name, JSON: c.Arguments})
	}
	return m, len(m.Parts) > 0
}

// Conversation replays a session with the replayed replies in the place of the
// logged ones. No tool is run: a call of a tool is answered with what the log
// has as the answer to the same tool with the same arguments, and where it has
// none the conversation stops.
type Conversation struct {
	turns   []*replay.Request
	answers map[string][]replay.Part // results by tool and arguments, in the order of the log
	said    []replay.Message         // so far, without system prompts
	next    int                      // turn
	steps   int                      // requests since the last turn of the log
	calls   []replay.ToolCall        // of the last reply, which wait for results
	stopped string
}

// Carried names the requests of a conversation. A step that the log does not have
// as a call of its own has a number behind it.
const Carried = "carried"

// maxSteps bounds how often one turn asks for tools that the log answers.
const maxSteps = 32

// NewConversation begins a conversation from the turns of a session.
func NewConversation(calls []Call) *Conversation {
	c := &Conversation{answers: map[string][]replay.Part{}}
	for _, call := range calls {
		c.turns = append(c.turns, call.Request)
	}
	seen := map[string]bool{}
	for _, r := range c.turns {
		asked := map[string]string{}
		eachPart(r, func(_ Place, p *replay.Part) {
			switch {
			case p.Type == replay.PartToolCall:
				asked[p.ID] = toolKey(p.Name, p.JSON)
			case p.Type == replay.PartToolResult && asked[p.ID] != "" && !seen[p.ID]:
				seen[p.ID] = true // each turn repeats those before it
				key := asked[p.ID]
				c.answers[key] = append(c.answers[key], *p)
			}
		})
	}
	return c
}

// toolKey names a call of a tool by its arguments, in whatever spelling.
func toolKey(name string, arguments json.RawMessage) string {
	var text string
	if json.Unmarshal(arguments, &text) == nil {
		arguments = json.RawMessage(text)
	}
	key := string(arguments)
	if v, err := protocol.Canonical(arguments); err == nil {
		if sorted, err := json.Marshal(v); err == nil {
			key = string(sorted)
		}
	}
	return name + "\x00" + key
}

// Stopped says why the conversation did not come to its end; "" where it did.
func (c *Conversation) Stopped() string { return c.stopped }

// Next returns the next request, and false when there is none.
func (c *Conversation) Next() (Variant, bool) {
	if c.stopped != "" {
		return Variant{}, false
	}
	if len(c.calls) > 0 {
		return c.answerTools()
	}
	for ; c.next < len(c.turns); c.next++ {
		fresh := c.fresh(c.next)
		if c.next == 0 {
			_, fresh = split(c.turns[0].Messages)
		}
		if len(fresh) == 0 {
			continue // only the results of tools, which were not asked for now
		}
		c.said = append(c.said, fresh...)
		c.steps = 0
		c.next++
		return c.request(c.next-1, Carried), true
	}
	return Variant{}, false
}

// fresh returns what people say in a turn that they did not say in the one
// before. Where the turn does not begin with the one before, as when a history
// was cut, that is the last message.
func (c *Conversation) fresh(turn int) []replay.Message {
	_, now := split(c.turns[turn].Messages)
	var before []replay.Message
	if turn > 0 {
		_, before = split(c.turns[turn-1].Messages)
	}
	n := 0
	for n < len(now) && n < len(before) && reflect.DeepEqual(now[n], before[n]) {
		n++
	}
	var out []replay.Message
	for _, m := range now[n:] {
		if own := spoken(m); len(own.Parts) > 0 {
			out = append(out, own)
		}
	}
	if n < len(before) && len(out) > 1 {
		out = out[len(out)-1:]
	}
	return out
}

// spoken is what of a message a person said: not the model's words, and not the
// results of tools.
func spoken(m replay.Message) replay.Message {
	out := replay.Message{Role: m.Role}
	if !strings.EqualFold(m.Role, "user") {
		return out
	}
	for _, p := range m.Parts {
		if p.Type != replay.PartToolResult {
			out.Parts = append(out.Parts, p)
		}
	}
	return out
}

// answerTools goes on with what the log has as results of the tools that the
// last reply asks for.
func (c *Conversation) answerTools() (Variant, bool) {
	m := replay.Message{Role: "tool"}
	for _, call := range c.calls {
		key := toolKey(call.Name, call.Arguments)
		known := c.answers[key]
		if len(known) == 0 {
			c.stopped = fmt.Sprintf("the reply asks for tool %s with arguments %.200s, which the log has no answer to; tools are not run", call.Name, call.Arguments)
			return Variant{}, false
		}
		p := known[0]
		if len(known) > 1 {
			c.answers[key] = known[1:]
		}
		p.ID = call.ID
		m.Parts = append(m.Parts, p)
	}
	if c.steps++; c.steps > maxSteps {
		c.stopped = fmt.Sprintf("the model asked for tools %d times in one turn", maxSteps)
		return Variant{}, false
	}
	c.calls = nil
	c.said = append(c.said, m)
	if c.next < len(c.turns) && len(c.fresh(c.next)) == 0 { // the log has this step as a call of its own
		c.next++
		return c.request(c.next-1, Carried), true
	}
	return c.request(c.next-1, fmt.Sprintf("%s, step %d", Carried, c.steps+1)), true
}

// request is a turn of the log with what was said so far.
func (c *Conversation) request(turn int, name string) Variant {
	r := clone(c.turns[turn])
	system, _ := split(r.Messages)
	r.Messages = slices.Concat(system, c.said)
	if turn > 0 || c.steps > 0 {
		r.Changes = append(r.Changes, "earlier replies are those of the replay")
	} else {
		r.Unchanged = nil
	}
	return Variant{Name: name, Request: r}
}

// Heard takes the reply to the last request.
func (c *Conversation) Heard(reply *replay.Reply) {
	answer, ok := answerOf(reply)
	switch {
	case !reply.Complete:
		c.stopped = "the reply did not come whole"
	case !ok:
		c.stopped = "the reply is empty"
	default:
		c.said = append(c.said, answer)
		c.calls = reply.ToolCalls
	}
}
