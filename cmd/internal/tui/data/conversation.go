package data

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/formats"
)

// Conversations answers what was said in the call of an event.
type Conversations interface {
	// Conversation returns what an event has of a conversation, or another event
	// of the same call.
	Conversation(ctx context.Context, eid int64) (*Conversation, error)
	// NextTurn returns the event of the next turn of the same session, or of the
	// turn before it: the nearest event of another call that has something that
	// was said. The error is [ErrNoTurn] where there is none.
	NextTurn(ctx context.Context, eid int64, back bool) (int64, error)
	// Replays returns the replies to the replays of the call of an event that
	// the case keeps, in the order in which they were recorded.
	Replays(ctx context.Context, eid int64) ([]Replay, error)
}

// Conversation is what an event has of a conversation.
type Conversation struct {
	// Detail is that of the event, or where that has nothing of what was said of
	// another event of the same call that has: For then names the event that was
	// asked for.
	Detail *casefile.Detail
	For    string
	Turns  []casefile.Turn
	// Unread says why the messages could not be read to their end; nil where they
	// could.
	Unread    error
	Documents []string // the texts that were retrieved for the model
	Replays   int      // cassettes of any call that the case keeps
}

// Conversation implements [Conversations].
func (c *Case) Conversation(ctx context.Context, eid int64) (*Conversation, error) {
	var out Conversation
	err := c.inFront(ctx, func(c *casefile.Case) (err error) {
		out.Replays = len(kept(c))
		if out.Detail, err = c.Detail(ctx, eid); err != nil {
			return err
		}
		out.Turns, out.Unread = out.Detail.Conversation()
		if len(out.Turns) == 0 {
			return out.other(ctx, c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var d formats.Documents
	for _, text := range d.Texts(formats.Text(out.Detail.Text("retrieved"))) {
		out.Documents = append(out.Documents, string(text))
	}
	return &out, nil
}

// maxTellers bounds the events of a call that are asked for what was said.
const maxTellers = 16

// other takes what was said from the event of the same call that has most of it.
func (c *Conversation) other(ctx context.Context, from *casefile.Case) error {
	asked := c.Detail
	for _, row := range asked.Call[:min(maxTellers, len(asked.Call))] {
		if row.EID == asked.EID {
			continue
		}
		d, err := from.Detail(ctx, row.EID)
		if err != nil {
			return err
		}
		if turns, unread := d.Conversation(); len(turns) > len(c.Turns) {
			c.Detail, c.Turns, c.Unread, c.For = d, turns, unread, asked.EventID
		}
	}
	return nil
}

// maxTurns bounds the events of a session among which the next turn is looked
// for.
const maxTurns = 10_000

// ErrNoTurn means that a session has no further turn.
var ErrNoTurn = errors.New("no further turn of the session")

// NextTurn implements [Conversations].
func (c *Case) NextTurn(ctx context.Context, eid int64, back bool) (next int64, err error) {
	err = c.inFront(ctx, func(c *casefile.Case) error {
		next, err = nextTurn(ctx, c, eid, back)
		return err
	})
	return next, err
}

func nextTurn(ctx context.Context, c *casefile.Case, eid int64, back bool) (int64, error) {
	keys, err := c.Keys(ctx, []int64{eid})
	if err != nil {
		return 0, err
	}
	session, kinds := keys[0].SessionID, []string{"session"}
	if session == "" {
		session, kinds = keys[0].TraceID, []string{"trace"}
	}
	if session == "" {
		return 0, errors.New("the log names no session of this event")
	}
	eids, err := c.FirstHolders(ctx, session, kinds, casefile.ClockLogged, maxTurns)
	if err != nil {
		return 0, err
	}
	at := slices.Index(eids, eid)
	switch {
	case at < 0 && len(eids) == maxTurns:
		return 0, fmt.Errorf("the session has more than %d events, and this is none of the first", maxTurns)
	case at < 0:
		return 0, ErrNoTurn
	case back:
		eids = eids[:at]
		slices.Reverse(eids)
	default:
		eids = eids[at+1:]
	}
	return firstSaid(ctx, c, keys[0], eids)
}

// turnBatch is how many events are looked at together.
const turnBatch = 64

// firstSaid returns the first of events that is of another call and has
// something that was said.
func firstSaid(ctx context.Context, c *casefile.Case, of *casefile.Keys, eids []int64) (int64, error) {
	calls, err := c.CallIDs(ctx, []*casefile.Keys{of})
	if err != nil {
		return 0, err
	}
	for batch := range slices.Chunk(eids, turnBatch) {
		rows, err := c.Events(ctx, batch, []string{"content_state"})
		if err != nil {
			return 0, err
		}
		keys, err := c.Keys(ctx, batch)
		if err != nil {
			return 0, err
		}
		others, err := c.CallIDs(ctx, keys)
		if err != nil {
			return 0, err
		}
		for i, eid := range batch {
			state, _ := rows[i].Values[0].(string)
			said := state != "" && state != string(formats.ContentNotLogged)
			if said && (others[eid] == "" || others[eid] != calls[of.EID]) {
				return eid, nil
			}
		}
	}
	return 0, ErrNoTurn
}
