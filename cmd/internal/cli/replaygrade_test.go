package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
)

// TestStrangers: a version of a model is the model, and anything else is told.
func TestStrangers(t *testing.T) {
	for _, tt := range []struct {
		asked, answered string
		told            bool
	}{
		{"m-1", "m-1", false},
		{"m-1", "", false}, // the server does not say
		{"", "m-1", false}, // nothing was asked for
		{"gpt-x", "gpt-x-2026-01-02", false},
		{"claude-x-latest", "claude-x-20260102", false},
		{"llama3", "llama3:latest", false},
		{"llama3:latest", "llama3", false},
		{"Llama-3", "llama-3-instruct", false},
		{"maker/m-1", "m-1", false},
		{"m-1", "m-2", true},
		{"gpt-x-mini", "gpt-x", true},
		{"m-1", "tiny", true},
	} {
		var who asked
		for range 2 {
			who.met(&replay.Exchange{Outgoing: replay.Outgoing{Protocol: replay.OpenAIChat, Model: tt.asked}}, &replay.Reply{Model: tt.answered})
			who.met(&replay.Exchange{}, nil)
		}
		if got := who.warning() != ""; got != tt.told {
			t.Errorf("%q asked, %q answered: told %v", tt.asked, tt.answered, got)
		}
		if diff := cmp.Diff([]string{string(replay.OpenAIChat)}, who.Protocols); diff != "" || len(who.Models) > 1 || len(who.Answered) > 1 {
			t.Errorf("each once: %+v", who)
		}
	}
}

// TestNoReply: a body without a reply is not a short reply, and an empty reply is
// one.
func TestNoReply(t *testing.T) {
	for _, tt := range []struct {
		name  string
		end   replay.End
		reply replay.Reply
		none  bool
	}{
		{"a page", replay.Complete, replay.Reply{}, true},
		{"an empty reply", replay.Complete, replay.Reply{Complete: true}, false},
		{"filtered", replay.Complete, replay.Reply{FinishReason: "content_filter"}, false},
		{"a tool", replay.Complete, replay.Reply{ToolCalls: []replay.ToolCall{{Name: "search"}}}, false},
		{"an error", replay.Complete, replay.Reply{ErrorMessage: "overloaded"}, false},
		{"cut", replay.Cut, replay.Reply{}, false},
		{"refused", replay.Failed, replay.Reply{}, false},
	} {
		if got := noReply(&replay.Exchange{End: tt.end}, &tt.reply); (got != "") != tt.none {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}
