package casefile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// The states of a finding.
const (
	StateOpen          = "open"
	StateInvestigating = "investigating"
	StateContained     = "contained"
	StateClosed        = "closed"
)

// FindingStates returns the states of a finding, in the order in which they
// usually follow each other.
func FindingStates() []string {
	return []string{StateOpen, StateInvestigating, StateContained, StateClosed}
}

// FindingVerdicts returns what a closed finding turned out to be.
func FindingVerdicts() []string {
	return []string{"true-positive", "false-positive", "benign", "undetermined"}
}

// JudgeOptions say what is said of a finding or of an event, by whom.
type JudgeOptions struct {
	Dir     string
	Finding string    // id
	Event   *EventRef // instead of a finding, for a note or a tag
	Action  string    // triage, note or tag of package ledger
	State   string    // of a triage
	Verdict string    // of a triage that closes
	Text    string    // reason of a triage, note, or tag
	Remove  bool      // the tag

	Key   *ledger.Key
	Actor string
	Tool  string
	Now   func() time.Time
}

// judgeBody is the body of a triage, note or tag entry.
type judgeBody struct {
	Finding string    `json:"finding,omitempty"`
	Event   *EventRef `json:"event,omitempty"`
	State   string    `json:"state,omitempty"`
	Verdict string    `json:"verdict,omitempty"`
	Text    string    `json:"text,omitempty"`
	Removed bool      `json:"removed,omitempty"`
}

// maxJudgeText bounds what one entry says, in bytes.
const maxJudgeText = 64 << 10

// Check refuses what cannot be said of a finding or of an event.
func (o *JudgeOptions) Check() error {
	if o.Event != nil {
		if err := o.Event.check(); err != nil {
			return err
		}
	}
	switch {
	case o.Event != nil && (o.Finding != "" || o.Action == ledger.ActionTriage):
		return errors.New("an event has notes and tags, and a finding is no event")
	case !utf8.ValidString(o.Text):
		return errors.New("the text is not UTF-8")
	case len(o.Text) > maxJudgeText:
		return fmt.Errorf("the text has more than %d bytes", maxJudgeText)
	case o.Action != ledger.ActionTriage && strings.TrimSpace(o.Text) == "":
		return errors.New("the text is empty")
	case o.Action != ledger.ActionTriage:
		return nil
	case !slices.Contains(FindingStates(), o.State):
		return fmt.Errorf("%q is none of %s", o.State, strings.Join(FindingStates(), ", "))
	case o.State != StateClosed && o.Verdict != "":
		return errors.New("only a closed finding has a verdict")
	case o.State == StateClosed && !slices.Contains(FindingVerdicts(), o.Verdict):
		return fmt.Errorf("a closed finding needs a verdict: %s", strings.Join(FindingVerdicts(), ", "))
	}
	return nil
}

// Judge enters in the ledger what is said of a finding or of an event. The
// derived database is not touched: readers overlay it.
func Judge(o *JudgeOptions) (ledger.Head, error) {
	head, err := judge(o)
	if err != nil {
		of := o.Finding
		if o.Event != nil {
			of = "event " + o.Event.name()
		}
		return head, fmt.Errorf("recording what is said of %s: %w", of, err)
	}
	return head, nil
}

func judge(o *JudgeOptions) (ledger.Head, error) {
	if err := o.Check(); err != nil {
		return ledger.Head{}, err
	}
	w, err := openExisting(o.Dir, o.Action, &LoadOptions{Key: o.Key, Tool: o.Tool, Actor: o.Actor, Now: o.Now})
	if err != nil {
		return ledger.Head{}, err
	}
	defer w.close()
	if e := o.Event; e != nil && !slices.ContainsFunc(w.items, func(it *Item) bool { return it.Evidence != 0 && it.SHA256 == e.Evidence && e.Record <= it.Records }) {
		return ledger.Head{}, ErrNoEvent
	}
	return w.ledger.Append(o.Action, &judgeBody{Finding: o.Finding, Event: o.Event, State: o.State, Verdict: o.Verdict, Text: o.Text, Removed: o.Remove})
}

// takeAct takes a triage, note or tag entry.
func (s *state) takeAct(e ledger.Entry, b *judgeBody) error {
	if b.Event != nil {
		return s.takeWord(e, b)
	}
	s.acts = append(s.acts, FindingAct{
		Seq: e.Seq, Time: e.Time, Actor: e.Actor, Action: e.Action, Finding: b.Finding, State: b.State, Verdict: b.Verdict, Text: b.Text, Removed: b.Removed,
	})
	return nil
}
