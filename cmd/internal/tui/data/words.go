package data

import (
	"context"
	"errors"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// Words is what people say of events: entries of the ledger, which are signed
// with the key of the examiner. What is said is seen at once: the case is opened
// anew, and the caller tells the other views with part.Reloaded.
type Words interface {
	// AllWords returns what was said of all events, by their eids. Marked ones have
	// the tag [MarkTag].
	AllWords(ctx context.Context) (map[int64]casefile.EventWords, error)
	// Mark marks an event, or takes the mark away, and returns the ledger's head.
	Mark(ctx context.Context, eid int64, on bool) (head string, err error)
	// Note writes something down about an event.
	Note(ctx context.Context, eid int64, text string) (head string, err error)
	// Tag gives an event a tag, or takes it away.
	Tag(ctx context.Context, eid int64, tag string, remove bool) (head string, err error)
}

// MarkTag is the tag of marked events.
const MarkTag = "mark"

// AllWords implements [Words].
func (c *Case) AllWords(ctx context.Context) (words map[int64]casefile.EventWords, err error) {
	err = c.inFront(ctx, func(c *casefile.Case) error {
		words, err = c.AllEventWords(ctx)
		return err
	})
	return words, err
}

// Mark implements [Words].
func (c *Case) Mark(ctx context.Context, eid int64, on bool) (string, error) {
	return c.Tag(ctx, eid, MarkTag, !on)
}

// Note implements [Words].
func (c *Case) Note(ctx context.Context, eid int64, text string) (string, error) {
	return c.sayOf(ctx, eid, &casefile.JudgeOptions{Action: ledger.ActionNote, Text: text})
}

// Tag implements [Words].
func (c *Case) Tag(ctx context.Context, eid int64, tag string, remove bool) (string, error) {
	return c.sayOf(ctx, eid, &casefile.JudgeOptions{Action: ledger.ActionTag, Text: tag, Remove: remove})
}

// sayOf says something of an event.
func (c *Case) sayOf(ctx context.Context, eid int64, o *casefile.JudgeOptions) (string, error) {
	err := c.inFront(ctx, func(c *casefile.Case) error {
		rows, err := c.Events(ctx, []int64{eid}, nil)
		if err == nil {
			ref := rows[0].Ref()
			o.Event = &ref
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return c.say(ctx, o)
}

var errNoKey = errors.New("nothing can be said: the explorer was opened without a key")

// say enters something in the ledger, and opens the case with it.
func (c *Case) say(ctx context.Context, o *casefile.JudgeOptions) (string, error) {
	if c.o.Unlock == nil {
		return "", errNoKey
	}
	if err := o.Check(); err != nil {
		return "", err
	}
	var err error
	if o.Key, err = c.o.Unlock(); err != nil {
		return "", err
	}
	o.Dir, o.Actor, o.Tool, o.Now = c.o.Dir, c.o.Actor, c.o.Tool, c.o.Now
	c.writing.Lock()
	defer c.writing.Unlock()
	head, err := casefile.Judge(o)
	if err != nil {
		return "", err
	}
	return head.String(), c.Reload(ctx)
}
