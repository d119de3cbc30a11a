package casefile

import (
	"fmt"
	"slices"
	"testing"

	"github.com/exhibit-forensics/exhibit/formats"
)

// TestFirstUse says where a text of a segment may stand first, whatever the
// order of the rows: at the earliest time, once for each evidence that has it
// then.
func TestFirstUse(t *testing.T) {
	type use struct {
		evidence, ts int64 // ts 0 is none
		own          bool  // the prompt of the event, or else in a message of it
	}
	tests := []struct {
		name string
		uses []use // an event each
		want []int // events that may be the first
	}{
		{"one", []use{{1, 5, true}}, []int{0}},
		{"own texts in order", []use{{1, 5, true}, {1, 6, true}}, []int{0}},
		{"own texts backwards", []use{{1, 6, true}, {1, 5, true}}, []int{1}},
		{"a message before the own text", []use{{1, 6, true}, {1, 5, false}}, []int{1}},
		{"a message after the own text", []use{{1, 5, true}, {1, 6, false}}, []int{0}},
		{"an own text before the message", []use{{1, 6, false}, {1, 5, true}}, []int{1}},
		{"messages backwards", []use{{1, 7, false}, {1, 6, false}, {1, 5, false}}, []int{2}},
		{"message, own, message", []use{{1, 7, false}, {1, 6, true}, {1, 5, false}}, []int{2}},
		{"the same time in one evidence", []use{{1, 5, true}, {1, 5, false}}, []int{0}},
		{"the same time in two", []use{{1, 5, true}, {2, 5, true}}, []int{0, 1}},
		{"the same time in two, as messages", []use{{1, 5, false}, {2, 5, false}}, []int{0, 1}},
		{"the same time in two, mixed", []use{{1, 5, false}, {2, 5, true}, {3, 5, false}}, []int{0, 1, 2}},
		{"ties that were not the first", []use{{1, 6, false}, {2, 6, true}, {3, 6, false}, {3, 5, false}}, []int{3}},
		{"without a time", []use{{1, 0, true}, {1, 0, true}, {2, 0, false}}, []int{0, 2}},
		{"a time before none", []use{{1, 0, true}, {2, 9, true}}, []int{1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table, err := newEventTable()
			if err != nil {
				t.Fatal(err)
			}
			for i, u := range tt.uses {
				e := &formats.Event{Kind: formats.KindInference}
				if u.ts != 0 {
					e.TS = formats.Time{Micros: u.ts, OK: true}
				}
				e.AddInput(formats.Text("user")).Add(formats.Part{Type: formats.PartText, Text: formats.Text("the text")})
				if !u.own {
					e.AddInput(formats.Text("user")).Add(formats.Part{Type: formats.PartText, Text: fmt.Appendf(nil, "later %d", i)})
				}
				e.Summarise()
				table.add(&origin{segment: 1, evidence: u.evidence, record: int64(i + 1), format: []byte("jsonl")}, 0, e)
			}
			if got := table.firstEvents("the text"); !slices.Equal(got, tt.want) {
				t.Errorf("first events = %v, want %v", got, tt.want)
			}
		})
	}
}

// firstEvents lists the rows of events that a text may stand in first. Prompts
// are the second bit.
func (t *eventTable) firstEvents(text string) []int {
	var out []int
	for row, bits := range t.fixed.first.ints {
		if bits&2 != 0 && string(t.prompt(row)) == text {
			out = append(out, row)
		}
	}
	for i, row := range t.c.event.ints {
		if row != noRow && string(t.c.text.bytes[i]) == text {
			out = append(out, int(row))
		}
	}
	slices.Sort(out)
	return out
}

// prompt returns the prompt of a row, all of which have one.
func (t *eventTable) prompt(row int) []byte {
	for _, c := range t.events.columns {
		if c.name == "prompt" {
			return c.bytes[row]
		}
	}
	return nil
}
