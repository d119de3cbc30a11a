package correlation

import (
	"context"
	"slices"
)

// ParentKind says why an entry belongs under another.
type ParentKind string

// The kinds of parents, the closest first.
const (
	ParentCall       ParentKind = "call"       // both show one call, and the parent shows who made it
	ParentSpan       ParentKind = "span"       // the parent is the span that this one names as its own
	ParentMessage    ParentKind = "message"    // the parent is the message before
	ParentToolCall   ParentKind = "tool_call"  // the parent made the tool call whose result this one has
	ParentCredential ParentKind = "credential" // the parent issued the credential that this one used
)

// Branch is an entry in its place in the tree.
type Branch struct {
	Entry int // place in [Result.Entries]
	Level int // 0 for those without a parent
}

// Tree returns the entries as a tree: each parent before its children,
// children in the order of time.
func (r *Result) Tree() []Branch {
	children := make([][]int, len(r.Entries))
	var stack []Branch
	for i := len(r.Entries) - 1; i >= 0; i-- {
		if p := r.Entries[i].Parent; p >= 0 {
			children[p] = append(children[p], i)
		} else {
			stack = append(stack, Branch{Entry: i})
		}
	}
	out := make([]Branch, 0, len(r.Entries))
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		out = append(out, top)
		for _, child := range children[top.Entry] {
			stack = append(stack, Branch{child, top.Level + 1})
		}
	}
	return out
}

// toolCallsMade returns the tool calls that the entries made, by their place.
func (w *walk) toolCallsMade(ctx context.Context, entries []Entry) ([][]string, error) {
	var eids []int64
	for i := range entries {
		if len(entries[i].keys.ToolCallIDs) > 0 {
			eids = append(eids, entries[i].keys.EID)
		}
	}
	by, err := w.c.ToolCallsMade(ctx, eids)
	made := make([][]string, len(entries))
	for i := range entries {
		made[i] = by[entries[i].keys.EID]
	}
	return made, err
}

// setParents gives each entry the parent that its identifiers name. made are
// the tool calls that each entry made.
func setParents(entries []Entry, made [][]string) {
	f := newFamily(entries, made)
	for i := range entries {
		for _, find := range []struct {
			by     ParentKind
			parent func(int) int
		}{
			{ParentCall, f.call}, {ParentSpan, f.span}, {ParentMessage, f.message}, {ParentToolCall, f.toolCall}, {ParentCredential, f.credential},
		} {
			if p := find.parent(i); p >= 0 && p != i {
				entries[i].Parent, entries[i].ParentBy = p, find.by
				break
			}
		}
	}
	cutCircles(entries)
}

// family finds parents. Of several entries that could be the parent the first
// in time is.
type family struct {
	entries                               []Entry
	made                                  [][]string
	heads, spans, messages, calls, issuer map[string]int
}

func newFamily(entries []Entry, made [][]string) *family {
	f := &family{
		entries: entries, made: made,
		heads: map[string]int{}, spans: map[string]int{}, messages: map[string]int{}, calls: map[string]int{}, issuer: map[string]int{},
	}
	first := func(m map[string]int, key string, i int) {
		if _, ok := m[key]; !ok && key != "" && !IsPlaceholder(key) {
			m[key] = i
		}
	}
	for i := range entries {
		k := entries[i].keys
		if call := entries[i].Call; call != "" {
			if head, ok := f.heads[call]; !ok || k.Plane == "access" && entries[head].keys.Plane != "access" {
				f.heads[call] = i
			}
		}
		first(f.spans, k.SpanID, i)
		first(f.messages, k.MessageID, i)
		first(f.issuer, k.IssuedCredentialID, i)
		for _, id := range made[i] {
			first(f.calls, id, i)
		}
	}
	return f
}

func lookUp(m map[string]int, key string) int {
	if i, ok := m[key]; ok {
		return i
	}
	return -1
}

func (f *family) call(i int) int { return lookUp(f.heads, f.entries[i].Call) }

// span finds the parent span. Span ids are unique within a trace only.
func (f *family) span(i int) int {
	k := f.entries[i].keys
	p := lookUp(f.spans, k.ParentSpanID)
	if p < 0 {
		return -1
	}
	if trace := f.entries[p].keys.TraceID; trace != k.TraceID && trace != "" && k.TraceID != "" {
		return -1
	}
	return p
}

func (f *family) message(i int) int { return lookUp(f.messages, f.entries[i].keys.ParentMessageID) }

func (f *family) credential(i int) int { return lookUp(f.issuer, f.entries[i].keys.CredentialID) }

// toolCall finds the entry that made the last tool call whose result this one
// has: a conversation repeats the calls of all its earlier turns.
func (f *family) toolCall(i int) int {
	last := -1
	for _, id := range f.entries[i].keys.ToolCallIDs {
		if p := lookUp(f.calls, id); p > last && p < i && !slices.Contains(f.made[i], id) {
			last = p
		}
	}
	return last
}

// cutCircles takes the parent from the first entry of each circle. A log can
// hold spans that are each other's parents.
func cutCircles(entries []Entry) {
	const (
		fresh = iota
		open
		done
	)
	state := make([]uint8, len(entries))
	for i := range entries {
		var path []int
		at := i
		for at >= 0 && state[at] == fresh {
			state[at] = open
			path = append(path, at)
			at = entries[at].Parent
		}
		if at >= 0 && state[at] == open {
			first := slices.Min(path[slices.Index(path, at):])
			entries[first].Parent, entries[first].ParentBy = -1, ""
		}
		for _, p := range path {
			state[p] = done
		}
	}
}
