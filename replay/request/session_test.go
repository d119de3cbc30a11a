package request

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
)

func turn(event string, reply replay.Reply, messages ...replay.Message) Call {
	return Call{Request: &replay.Request{Event: event, Messages: messages, Logged: reply}}
}

func calls(name, arguments string) replay.Reply {
	return replay.Reply{ToolCalls: []replay.ToolCall{{ID: "new", Name: name, Arguments: []byte(arguments)}}, Complete: true}
}

func TestWithHistory(t *testing.T) {
	session := WithHistory([]Call{
		turn("e-1", replay.Reply{Text: "At nine."}, textMessage("system", "Be brief."), textMessage("user", "When?")),
		turn("e-2", replay.Reply{Text: "East."}, textMessage("system", "Be brief."), textMessage("user", "Where?")),
		turn("e-3", replay.Reply{}, textMessage("user", "a"), textMessage("assistant", "b"), textMessage("user", "c")),
	})
	want := [][]string{
		{"system: Be brief.", "user: When?"},
		{"system: Be brief.", "user: When?", "assistant: At nine.", "user: Where?"},
		{"user: a", "assistant: b", "user: c"},
	}
	for i := range session {
		if diff := cmp.Diff(want[i], plain(session[i].Request)); diff != "" {
			t.Errorf("turn %d (-want +got):\n%s", i+1, diff)
		}
	}
	if l := session[1].Losses; len(l) != 1 || l[0].Grade != replay.GradeDefaulted {
		t.Errorf("turn 2 loses %v, want that earlier turns were added", l)
	}
}

// logged is a session of two turns, of which the first asks for a tool.
func logged() []Call {
	system, ask := textMessage("system", "Be brief."), textMessage("user", "Find the gate.")
	asks := replay.Message{Role: "assistant", Parts: []replay.Part{{Type: replay.PartToolCall, ID: "c1", Name: "find", JSON: []byte(`"{\"q\": \"gate\", \"n\": 1}"`)}}}
	result := replay.Message{Role: "tool", Parts: []replay.Part{{Type: replay.PartToolResult, ID: "c1", Text: "In the east."}}}
	answer, more := textMessage("assistant", "East."), textMessage("user", "And when?")
	return []Call{
		turn("e-1", replay.Reply{}, system, ask),
		turn("e-2", replay.Reply{}, system, ask, asks, result),
		turn("e-3", replay.Reply{}, system, ask, asks, result, answer, more),
	}
}

func TestConversation(t *testing.T) {
	text := func(s string) replay.Reply { return replay.Reply{Text: s, Complete: true} }
	tests := []struct {
		name    string
		replies []replay.Reply
		events  []string
		last    []string
		stopped string
	}{
		{
			"the same tool",
			[]replay.Reply{calls("find", `{"n":1.0,"q":"gate"}`), text("Eastwards."), text("At nine.")},
			[]string{"e-1 carried", "e-2 carried", "e-3 carried"},
			[]string{"system: Be brief.", "user: Find the gate.", `assistant: {"n":1.0,"q":"gate"}`, "tool: In the east.", "assistant: Eastwards.", "user: And when?"},
			"",
		},
		{
			"no tool",
			[]replay.Reply{text("No idea."), text("At nine.")},
			[]string{"e-1 carried", "e-3 carried"},
			[]string{"system: Be brief.", "user: Find the gate.", "assistant: No idea.", "user: And when?"},
			"",
		},
		{
			"the tool twice",
			[]replay.Reply{calls("find", `{"n":1,"q":"gate"}`), calls("find", `{"n":1,"q":"gate"}`), text("East."), text("Nine.")},
			[]string{"e-1 carried", "e-2 carried", "e-2 carried, step 3", "e-3 carried"},
			nil, "",
		},
		{
			"another tool",
			[]replay.Reply{calls("open", `{}`)},
			[]string{"e-1 carried"},
			nil,
			"the reply asks for tool open with arguments {}, which the log has no answer to; tools are not run",
		},
		{"cut off", []replay.Reply{{Text: "Ea"}}, []string{"e-1 carried"}, nil, "the reply did not come whole"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := NewConversation(logged())
			var events, last []string
			for _, reply := range test.replies {
				v, ok := c.Next()
				if !ok {
					t.Fatalf("it ended after %v: %s", events, c.Stopped())
				}
				events, last = append(events, v.Event+" "+v.Name), plain(v.Request)
				c.Heard(&reply)
			}
			if v, ok := c.Next(); ok {
				t.Errorf("one more request: %s", v.Event)
			}
			if diff := cmp.Diff(test.events, events); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if test.last != nil {
				if diff := cmp.Diff(test.last, last); diff != "" {
					t.Errorf("last request (-want +got):\n%s", diff)
				}
			}
			if c.Stopped() != test.stopped {
				t.Errorf("stopped: %q, want %q", c.Stopped(), test.stopped)
			}
		})
	}
}

// TestConversationEnds holds that a model that asks for the same tool for ever
// comes to an end.
func TestConversationEnds(t *testing.T) {
	c := NewConversation(logged())
	n := 0
	for ; n < 1000; n++ {
		if _, ok := c.Next(); !ok {
			break
		}
		reply := calls("find", `{"n":1,"q":"gate"}`)
		c.Heard(&reply)
	}
	if n == 1000 || !strings.Contains(c.Stopped(), "asked for tools 32 times in one turn") {
		t.Errorf("%d requests, stopped: %q", n, c.Stopped())
	}
}
