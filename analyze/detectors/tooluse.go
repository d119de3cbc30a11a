package detectors

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// toolUse is a tool call that a model asked for, with arguments that name a
// place.
type toolUse struct {
	eid, at                             int64 // at in microseconds
	actor, session, agent, tool, inputs string
	named                               []namedText // see [toolUse.texts]; nil where they were not asked for
}

// toolsFound is what the detectors of agents found in one pass over the tool calls.
type toolsFound struct {
	credentials, checks toolHits
	projects            projects
}

// toolsFound makes the pass, for those of the detectors that are chosen.
func (r *run) toolsFound(ctx context.Context) (*toolsFound, error) {
	if r.tools != nil {
		return r.tools, nil
	}
	out := &toolsFound{}
	var chosen []func(*toolUse)
	for _, d := range []struct {
		detector
		visit func(*toolUse)
	}{
		{agentCredentials{}, credentialVisitor(&out.credentials)},
		{agentChecks{}, checkVisitor(&out.checks)},
		{agentProject{}, out.projects.add},
	} {
		if r.options.chosen(d.about().ID) {
			chosen = append(chosen, d.visit)
		}
	}
	err := r.eachToolUse(ctx, func(u *toolUse) {
		for _, visit := range chosen {
			visit(u)
		}
		u.named = nil // the use may be kept
	})
	if err != nil {
		return nil, err
	}
	r.tools = out
	return out, nil
}

// eachToolUse hands over the tool calls of the case whose arguments name a place,
// in order of time.
func (r *run) eachToolUse(ctx context.Context, use func(*toolUse)) error {
	if err := r.need(ctx, "tool_call"); err != nil {
		return err
	}
	return r.query(ctx, "tool_arguments", nil, func(rows *sql.Rows) error {
		var u toolUse
		if err := rows.Scan(&u.eid, &u.at, &u.actor, &u.session, &u.agent, &u.tool, &u.inputs); err != nil {
			return err
		}
		use(&u)
		return nil
	})
}

// texts returns the texts among the arguments with the names of their members, ""
// for arguments that are no object. Objects within it are looked into one level
// deep.
func (u *toolUse) texts() []namedText {
	if u.named == nil {
		u.named = u.readTexts()
	}
	return u.named
}

func (u *toolUse) readTexts() []namedText {
	var members map[string]any
	if err := json.Unmarshal([]byte(u.inputs), &members); err != nil {
		return []namedText{{"", u.inputs}}
	}
	out := []namedText{}
	for name, v := range members {
		switch v := v.(type) {
		case string:
			out = append(out, namedText{name, v})
		case map[string]any:
			for inner, v := range v {
				if s, ok := v.(string); ok {
					out = append(out, namedText{name + "." + inner, s})
				}
			}
		case []any:
			for _, v := range v {
				if s, ok := v.(string); ok {
					out = append(out, namedText{name, s})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b namedText) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.text, b.text)
	})
	return out
}

type namedText struct{ name, text string }

// isCommand reports whether an argument is a command for a shell.
func (n namedText) isCommand() bool {
	switch n.name {
	case "command", "cmd", "script", "code", "commands", "args":
		return true
	}
	return false
}

// toolHits gathers uses of tools into one finding for each agent and session, or
// hour where there is no session.
type toolHits struct {
	groups map[[2]string]*toolGroup
	keys   [][2]string // in the order in which they began
}

type toolGroup struct {
	uses  []*toolUse
	whats []string // what each was, in words
}

func (h *toolHits) add(u *toolUse, what string) {
	bucket := u.session
	if bucket == "" {
		bucket = time.UnixMicro(u.at).UTC().Truncate(time.Hour).Format(time.RFC3339)
	}
	key := [2]string{u.agent, bucket}
	if h.groups == nil {
		h.groups = map[[2]string]*toolGroup{}
	}
	g := h.groups[key]
	if g == nil {
		g = &toolGroup{}
		h.groups[key] = g
		h.keys = append(h.keys, key)
	}
	g.uses, g.whats = append(g.uses, u), append(g.whats, what)
}

// found makes the findings. say completes title and explanation.
func (h *toolHits) found(say func(f *analyze.Finding, g *toolGroup)) []found {
	var out []found
	for _, key := range h.keys {
		g := h.groups[key]
		f := found{Finding: analyze.Finding{
			Subject: key[0], Bucket: key[1], Actor: g.uses[0].actor,
			First: time.UnixMicro(g.uses[0].at).UTC(), Last: time.UnixMicro(g.uses[len(g.uses)-1].at).UTC(),
			EventCount: int64(len(g.uses)),
		}}
		for _, u := range g.uses {
			f.eids = append(f.eids, u.eid)
		}
		f.eids = slices.Compact(f.eids)
		f.EventCount = int64(len(f.eids))
		kinds := slices.Clone(g.whats)
		slices.Sort(kinds)
		kinds = slices.Compact(kinds)
		f.Facts = []analyze.Fact{
			{Name: "tool_calls", Value: int64(len(g.uses))},
			{Name: "first_tool", Value: g.uses[0].tool},
			{Name: "what", Value: strings.Join(kinds[:min(len(kinds), shownKinds)], ", ")},
		}
		say(&f.Finding, g)
		out = append(out, f)
	}
	return out
}

// shownKinds bounds the kinds of places that a finding names.
const shownKinds = 10

// counted says a number of things.
func counted(n int, one string) string {
	if n == 1 {
		return "one " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
