package casefile

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// EventRef names an event for good, however short its id is: by its evidence and
// its place there. It is what the ledger says.
type EventRef struct {
	Evidence string `json:"evidence"` // SHA-256
	Record   int64  `json:"record"`
	Part     int64  `json:"part"`
}

// Ref names the event of a row for good.
func (r *EventRow) Ref() EventRef { return EventRef{r.EvidenceID, r.Record, r.Part} }

var sumForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// check refuses what can be no event.
func (r *EventRef) check() error {
	if !sumForm.MatchString(r.Evidence) {
		return fmt.Errorf("%.80q is no SHA-256 of evidence", r.Evidence)
	}
	if r.Record < 1 || r.Part < 0 {
		return fmt.Errorf("record %d, part %d is no place of an event", r.Record, r.Part)
	}
	return nil
}

// EventAct is one thing that was said of an event: an entry of the ledger.
type EventAct struct {
	Seq     int64
	Time    string // RFC 3339, by the clock of the writing machine
	Actor   string
	Action  string // note or tag
	Event   EventRef
	Text    string // note, or tag
	Removed bool   // of a tag
}

// EventWords is what was said of an event.
type EventWords struct {
	Tags []string   // that it has, sorted
	Acts []EventAct // all, in order
}

// EventWords returns what was said of an event.
func (c *Case) EventWords(of EventRef) EventWords {
	acts := c.state.words[of]
	return EventWords{tagsOf(acts), slices.Clone(acts)}
}

// tagsOf are the tags that an event has, of all that was said of it.
func tagsOf(acts []EventAct) []string {
	var tags []string
	for i := range acts {
		if acts[i].Action == ledger.ActionTag {
			tags = retagged(tags, acts[i].Text, acts[i].Removed)
		}
	}
	return tags
}

// retagged returns tags with one more or one less, sorted.
func retagged(tags []string, tag string, removed bool) []string {
	tags = slices.DeleteFunc(slices.Clone(tags), func(t string) bool { return t == tag })
	if !removed {
		tags = append(tags, tag)
		slices.Sort(tags)
	}
	return tags
}

// AllEventWords returns what was said of events, by their eids, in one pass over
// the places of events. Those that the case does not have are left out.
func (c *Case) AllEventWords(ctx context.Context) (map[int64]EventWords, error) {
	var refs []EventRef
	var evidence []string
	var record, part []int64
	for ref := range c.state.words {
		refs = append(refs, ref)
		evidence, record, part = append(evidence, ref.Evidence), append(record, ref.Record), append(part, ref.Part)
	}
	eids, err := c.placed(ctx, evidence, record, part)
	if err != nil {
		return nil, err
	}
	out := map[int64]EventWords{}
	for i, eid := range eids {
		if eid != 0 {
			out[eid] = c.EventWords(refs[i])
		}
	}
	return out, nil
}

// takeWord takes a note or tag entry about an event.
func (s *state) takeWord(e ledger.Entry, b *judgeBody) error {
	if err := b.Event.check(); err != nil {
		return err
	}
	if b.Finding != "" || e.Action == ledger.ActionTriage {
		return fmt.Errorf("a %s of an event", e.Action)
	}
	s.words[*b.Event] = append(s.words[*b.Event], EventAct{
		Seq: e.Seq, Time: e.Time, Actor: e.Actor, Action: e.Action, Event: *b.Event, Text: b.Text, Removed: b.Removed,
	})
	return nil
}

// wordsOutside returns the entries about events beyond the records that evidence
// has, by its hash.
func (s *state) wordsOutside(records map[string]int64) []int64 {
	var out []int64
	for ref, acts := range s.words {
		if ref.Record <= records[ref.Evidence] {
			continue
		}
		for i := range acts {
			out = append(out, acts[i].Seq)
		}
	}
	slices.Sort(out)
	return out
}

// wordsSQL is the relation of the notes and tags that events have. It is made of
// the ledger at each open, as judgedSQL is.
func (s *state) wordsSQL() string {
	var list []EventAct
	for _, acts := range s.words {
		tags := tagsOf(acts)
		for i, a := range slices.Backward(acts) {
			if a.Action == ledger.ActionTag {
				at := slices.Index(tags, a.Text)
				if at < 0 {
					continue
				}
				tags = slices.Delete(tags, at, at+1) // the last entry gave it
			}
			list = append(list, acts[i])
		}
	}
	if len(list) == 0 {
		return "(select '' as evidence_id, 0 as record, 0 as part, 0 as entry, '' as said_at, '' as actor, '' as action, '' as text where false)"
	}
	slices.SortFunc(list, func(a, b EventAct) int { return int(a.Seq - b.Seq) })
	rows := make([]string, len(list))
	for i, a := range list {
		rows[i] = fmt.Sprintf("(%s, %d, %d, %d, %s, %s, %s, %s)",
			QuoteText(a.Event.Evidence), a.Event.Record, a.Event.Part, a.Seq, QuoteText(a.Time), QuoteText(a.Actor), QuoteText(a.Action), QuoteText(a.Text))
	}
	return "(select * from (values " + strings.Join(rows, ", ") + ") v(evidence_id, record, part, entry, said_at, actor, action, text))"
}

// name writes an event as errors name it.
func (r *EventRef) name() string {
	return r.Evidence[:min(minPrefix, len(r.Evidence))] + "-" + strconv.FormatInt(r.Record, 10)
}
