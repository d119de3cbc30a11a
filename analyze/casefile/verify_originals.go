package casefile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/formats"
)

// checkOriginals derives the records again from the originals that were given,
// and compares them with those of the case. Containers are opened: what is in
// them is compared, however it was packed when it was loaded.
func (v *verification) checkOriginals(ctx context.Context) (err error) {
	if len(v.o.Evidence) == 0 {
		return nil
	}
	inputs, err := Walk(v.o.Evidence, Select{}, v.dir)
	if err != nil {
		return err
	}
	if v.o.Quick {
		v.readClaims()
	}
	temp, err := os.MkdirTemp(v.o.Temp, "exhibit-verify-")
	if err != nil {
		return fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	o := v.newOriginals(temp)
	for _, in := range inputs {
		if err := o.check(ctx, in); err != nil {
			return err
		}
	}
	for n := int64(1); n <= v.last; n++ {
		if c := v.items[n]; c != nil && !o.seen[n] {
			v.note(c.path, "%s: no original was given for it", c.place())
		}
	}
	return nil
}

// originals compares originals with the case.
type originals struct {
	v     *verification
	in    *intake
	desk  *desk
	bySum map[string]*claim
	seen  map[int64]bool // evidence that an original was given for
}

func (v *verification) newOriginals(temp string) *originals {
	o := &originals{v: v, desk: newDesk(), bySum: map[string]*claim{}, seen: map[int64]bool{}}
	for _, c := range v.items {
		o.bySum[c.SHA256] = c
	}
	o.in = &intake{
		hashAll: true, progress: new(Progress), archives: formats.DefaultArchiveLimits(), spoolDir: temp, expect: o.expect,
		blocks: &blockPool{free: make(chan *formats.Block, 4)},
	}
	return o
}

// expect says how the load read evidence with this hash.
func (o *originals) expect(sha string) reading {
	c := o.bySum[sha]
	if c == nil {
		return reading{}
	}
	format, ok := formats.ByName(c.Format)
	load := o.v.loadOf(c)
	if !ok || load == nil {
		return reading{}
	}
	return reading{[]formats.Format{format}, recordLimit(load)}
}

// check checks one original, and what is in it.
func (o *originals) check(ctx context.Context, input Input) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if input.leftOut() {
		o.v.note(ledger.EscapePath(input.Path), "not compared: %v", input.Err)
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := newTask(input)
	go o.in.read(ctx, t, o.desk)
	o.compare(t)
	return ctx.Err()
}

// compare takes what intake reads of an original, and of its members.
func (o *originals) compare(t *task) {
	<-t.known
	if t.members != nil {
		for m := range t.members {
			o.compare(m)
		}
	}
	c := o.bySum[t.sha]
	before := c != nil && o.seen[c.Evidence]
	again := c != nil && !before && t.format != nil
	var problem error
	if again {
		problem = o.compareRecords(t, c)
	}
	for b := range t.out {
		o.in.blocks.put(b)
	}
	if again && problem == nil {
		problem = sameOutcome(t.item, c)
	}
	switch {
	case before:
	case again:
		o.took(t, c, problem)
	case c != nil:
		o.took(t, c, o.unreadable(t, c))
	case c == nil:
		o.unknown(t)
	}
}

// unreadable says why an original of the case could not be read as it was.
func (o *originals) unreadable(t *task, c *claim) error {
	switch _, ok := formats.ByName(c.Format); {
	case !ok:
		return fmt.Errorf("this program does not know its format %q", c.Format)
	case o.v.loadOf(c) == nil:
		return errors.New("the load that took it in cannot be found")
	}
	return fmt.Errorf("reading it again gives the status %s; the case has %s", t.item.Status, c.Status)
}

// took notes that an original was compared.
func (o *originals) took(t *task, c *claim, problem error) {
	o.seen[c.Evidence] = true
	if problem != nil {
		o.v.problem(t.item.Path, fmt.Sprintf("evidence %d", c.Evidence), "%v", problem)
		return
	}
	o.v.report.Originals++
}

// unknown says what an original is that is no evidence of the case.
func (o *originals) unknown(t *task) {
	it := t.item
	status, listed := o.v.others[it.SHA256]
	switch {
	case t.member != nil && t.member.Err != nil:
		o.v.note(it.Path, "not compared: %v", t.member.Err)
	case it.SHA256 == "":
		o.v.problem(it.Path, "", "%s", it.Note)
	case t.members != nil && listed:
	case t.members != nil:
		o.v.note(it.Path, "the case does not name this container; what is in it is compared")
	case listed:
		o.v.note(it.Path, "nothing of it is in the case: the manifest lists it as %s", status)
	default:
		o.v.problem(it.Path, "", "no evidence of the case has its SHA-256 %s", it.SHA256)
	}
}

// compareRecords compares every record that reading again gives with the stored
// one. It may leave blocks unread.
func (o *originals) compareRecords(t *task, c *claim) error {
	stored := newRecordWalk(o.v.dir, o.v.s, c.Item, o.v.loadOf(c))
	for b := range t.out {
		for _, span := range b.Records {
			if err := compareRecord(stored, b, span); err != nil {
				return err
			}
		}
		o.in.blocks.put(b)
	}
	if err := stored.nextRecord(); err != nil {
		return err
	}
	if stored.row != nil {
		return fmt.Errorf("the case has more records, from record %d on, than reading it again gives", stored.row.record)
	}
	return nil
}

// sameOutcome compares what reading again gave as a whole.
func sameOutcome(it *Item, c *claim) error {
	if it.Status != c.Status || it.StreamSHA256 != c.StreamSHA256 {
		return fmt.Errorf("reading it again gives the status %s and the stream %s; the case has %s and %s",
			it.Status, it.StreamSHA256, c.Status, c.StreamSHA256)
	}
	return nil
}

// loadOf returns the load whose manifest names the evidence.
func (v *verification) loadOf(c *claim) *loadBody {
	for i := range v.s.loads {
		if v.s.loads[i].body.Manifest.Path == c.path {
			return &v.s.loads[i].body
		}
	}
	return nil
}

// recordLimit is the limit that a load ran under.
func recordLimit(load *loadBody) int {
	if n, ok := load.Settings["record_limit"].(float64); ok && n > 0 {
		return int(n)
	}
	return formats.DefaultRecordLimit
}

// compareRecord compares a record that was cut again with the next stored one.
func compareRecord(w *recordWalk, b *formats.Block, span formats.Span) error {
	if err := w.nextRecord(); err != nil {
		return err
	}
	r, raw, offset := w.row, b.Data[span.Start:span.End], b.Offset+int64(span.Start)
	switch {
	case r == nil:
		return fmt.Errorf("reading it again gives a record at byte %d; the case has no more", offset)
	case r.offset != offset || r.length != int64(len(raw)) || r.sum != sha256.Sum256(raw):
		return fmt.Errorf("reading it again gives a record of %d bytes at byte %d; record %d of the case has %d bytes at %d, or other bytes",
			len(raw), offset, r.record, r.length, r.offset)
	}
	return nil
}
