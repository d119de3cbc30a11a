package findings

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// said brings what became of something that was said of a finding.
type said struct {
	o    casefile.JudgeOptions
	head string
	err  error
}

// say enters something in the ledger.
func (v *View) say(o casefile.JudgeOptions) tea.Cmd {
	v.saying = true
	source, ctx := v.env.Source, v.env.Context
	return func() tea.Msg {
		head, err := source.Judge(ctx, o)
		return said{o, head, err}
	}
}

// takeSaid tells the ledger's head, or asks again with the text that could not
// be entered.
func (v *View) takeSaid(msg said) tea.Cmd {
	v.saying = false
	if msg.err == nil {
		return tea.Batch(
			part.Say(part.Notice{Text: msg.o.Finding + ": " + inWords(&msg.o) + "; ledger head " + msg.head}),
			part.Say(part.Reloaded{}),
		)
	}
	var again tea.Cmd
	switch {
	case msg.o.Text == "":
	case msg.o.Action == ledger.ActionNote:
		again = v.askNote(msg.o.Finding, msg.o.Text)
	case msg.o.Action == ledger.ActionTriage:
		again = v.askReason(msg.o)
	case !msg.o.Remove:
		again = v.askTag(msg.o.Finding, msg.o.Text)
	}
	return tea.Batch(part.Fail(msg.err), again)
}

// inWords says what was said.
func inWords(o *casefile.JudgeOptions) string {
	switch {
	case o.Action == ledger.ActionTriage && o.Verdict != "":
		return o.State + " (" + o.Verdict + ")"
	case o.Action == ledger.ActionTriage:
		return o.State
	case o.Action == ledger.ActionNote:
		return "noted"
	case o.Remove:
		return "no longer tagged " + o.Text
	}
	return "tagged " + o.Text
}

// askState asks for the state of a finding, for the verdict where it is closed,
// and for the reason.
func (v *View) askState(id string) tea.Cmd {
	meaning := map[string]string{
		casefile.StateOpen: "nobody looks into it", casefile.StateInvestigating: "you look into it",
		casefile.StateContained: "it cannot go on", casefile.StateClosed: "nothing is left to do",
	}
	var options []part.Option
	for _, s := range casefile.FindingStates() {
		options = append(options, part.Option{Name: s, Note: meaning[s]})
	}
	return part.Say(part.Choose{Title: "state of " + id, Options: options, Then: func(i int) tea.Cmd {
		o := casefile.JudgeOptions{Finding: id, Action: ledger.ActionTriage, State: options[i].Name}
		if o.State == casefile.StateClosed {
			return v.askVerdict(o)
		}
		return v.askReason(o)
	}})
}

func (v *View) askVerdict(o casefile.JudgeOptions) tea.Cmd {
	meaning := map[string]string{
		"true-positive": "it was an incident", "false-positive": "it did not happen as claimed",
		"benign": "it happened, and was allowed", "undetermined": "it cannot be told",
	}
	var options []part.Option
	for _, s := range casefile.FindingVerdicts() {
		options = append(options, part.Option{Name: s, Note: meaning[s]})
	}
	return part.Say(part.Choose{Title: "what was it?", Options: options, Then: func(i int) tea.Cmd {
		o.Verdict = options[i].Name
		return v.askReason(o)
	}})
}

func (v *View) askReason(o casefile.JudgeOptions) tea.Cmd {
	return part.Say(part.Ask{Label: "reason", Value: o.Text, Hint: inWords(&o) + ": why? It is kept in the ledger; it may be left empty", Check: func(line string) error {
		o.Text = strings.TrimSpace(line)
		return o.Check()
	}, Then: func(line string) tea.Cmd {
		o.Text = strings.TrimSpace(line)
		return v.say(o)
	}})
}

func (v *View) askNote(id, text string) tea.Cmd {
	return part.Say(part.Ask{Label: "note", Value: text, Hint: "about " + id + "; it stays in the ledger, another note can correct it", Then: func(line string) tea.Cmd {
		if strings.TrimSpace(line) == "" {
			return nil
		}
		return v.say(casefile.JudgeOptions{Finding: id, Action: ledger.ActionNote, Text: strings.TrimSpace(line)})
	}})
}

// askTag asks for a tag. One that the finding has is taken away.
func (v *View) askTag(id, text string) tea.Cmd {
	var have []string
	known := map[string]bool{}
	if v.found != nil {
		have = v.found.State(id).Tags
		for _, s := range v.found.Judged {
			for _, t := range s.Tags {
				known[t] = true
			}
		}
	}
	hint := "a word to find it by"
	if len(have) > 0 {
		hint += fmt.Sprintf("; it has %s: one of these is taken away", strings.Join(have, ", "))
	}
	return part.Say(part.Ask{Label: "tag", Value: text, Hint: hint, Complete: func(line string) []string {
		var out []string
		for t := range known {
			if strings.HasPrefix(t, line) {
				out = append(out, t)
			}
		}
		slices.Sort(out)
		return out
	}, Then: func(line string) tea.Cmd {
		tag := strings.TrimSpace(line)
		if tag == "" {
			return nil
		}
		return v.say(casefile.JudgeOptions{Finding: id, Action: ledger.ActionTag, Text: tag, Remove: slices.Contains(have, tag)})
	}})
}
