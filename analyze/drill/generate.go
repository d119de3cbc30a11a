package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Generate writes the traffic that c describes to c.Dir and reports what it
// wrote. When it fails or ctx ends, what was written so far stays, and its
// last files are complete but the set is not.
func Generate(ctx context.Context, c Config) (*Report, error) {
	c, err := c.complete()
	if err != nil {
		return nil, fmt.Errorf("generating: %w", err)
	}
	p, err := newPlanner(c)
	if err != nil {
		return nil, fmt.Errorf("generating: %w", err)
	}
	if err := emptyDir(c.Dir); err != nil {
		return nil, fmt.Errorf("generating: %w", err)
	}
	w := newWork(c)
	err = w.run(ctx, p)
	for _, o := range w.outputs {
		err = errors.Join(err, o.finish(p.last))
	}
	if err == nil {
		err = p.tamperer.finished()
	}
	if err != nil {
		return nil, fmt.Errorf("generating: %w", err)
	}
	w.report.Calls = int64(p.made)
	for _, in := range p.incidents {
		w.report.Incidents = append(w.report.Incidents, in.truth())
	}
	w.report.LookAlikes, w.report.callers = p.lookAlikes, append(p.actors, p.guests...)
	return w.report, nil
}

// batchSize is how many things happen in a batch: enough to make handing it
// over cheap, few enough to keep memory small (about a megabyte of records).
const batchSize = 128

// batch is a piece of the plan, and the records that were written of it.
type batch struct {
	events []event
	logs   []written // by source
	done   chan struct{}
}

// written are the records of a batch in one source.
type written struct {
	bytes []byte
	ends  []int // end of each event's record; the same as before it: none
}

// work is one run of the generator.
type work struct {
	config  Config
	outputs []*output
	writer  *writer
	report  *Report
}

func newWork(c Config) *work {
	w := &work{config: c, writer: newWriter(), report: &Report{Sources: make([]SourceReport, len(c.Sources))}}
	for i, name := range c.Sources {
		w.report.Sources[i].Name = name
		w.outputs = append(w.outputs, &output{config: c, source: sourceOf(name), number: uint64(slices.Index(Sources(), name)), report: &w.report.Sources[i]})
	}
	for _, s := range c.Tampering.drawShifts(c.Seed, c.Sources) {
		w.outputs[slices.Index(c.Sources, s.Source)].shift = s.By
		w.report.Tampered = append(w.report.Tampered, Tampered{Kind: Shifted, Source: s.Source, ShiftUS: s.By.Microseconds()})
	}
	return w
}

// run lets one goroutine plan, some write and this one collect. Batches go
// round: free, planned, written, collected, free.
func (w *work) run(ctx context.Context, p *planner) error {
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	count := 2*w.config.Workers + 2
	free, planned := make(chan *batch, count), make(chan *batch, count)
	inOrder := make(chan *batch, count)
	for range count {
		free <- &batch{logs: make([]written, len(w.outputs)), done: make(chan struct{}, 1)}
	}
	var group sync.WaitGroup
	group.Go(func() {
		defer close(planned)
		defer close(inOrder)
		plan(stop, p, free, planned, inOrder)
	})
	for range w.config.Workers {
		group.Go(func() { w.write(planned) })
	}
	err := w.collect(inOrder, free)
	cancel()
	group.Wait()
	if err != nil {
		return err
	}
	return ctx.Err() // a plan that is cut short leaves no other trace
}

// plan fills batches until nothing is left to happen or ctx ends.
func plan(ctx context.Context, p *planner, free <-chan *batch, planned, inOrder chan<- *batch) {
	for more := true; more; {
		var b *batch
		select {
		case b = <-free:
		case <-ctx.Done():
			return
		}
		b.events = b.events[:0]
		for more && len(b.events) < batchSize {
			b.events, more = p.advance(b.events)
		}
		inOrder <- b
		planned <- b
	}
}

// write writes the records of batches.
func (w *work) write(planned <-chan *batch) {
	s := scribe{teller: teller{seed: w.config.Seed, limit: w.config.Words, writer: w.writer}}
	for _, o := range w.outputs {
		s.sources = append(s.sources, o.source)
	}
	for b := range planned {
		for i := range b.logs {
			b.logs[i].bytes, b.logs[i].ends = b.logs[i].bytes[:0], b.logs[i].ends[:0]
		}
		s.told, s.passed = nil, nil
		for i := range b.events {
			for j, o := range w.outputs {
				l := &b.logs[j]
				l.bytes = s.record(l.bytes, o, &b.events[i])
				l.ends = append(l.ends, len(l.bytes))
			}
		}
		b.done <- struct{}{}
	}
}

// collect puts the records of batches into files, in order.
func (w *work) collect(inOrder <-chan *batch, free chan<- *batch) error {
	for b := range inOrder {
		<-b.done
		for j, o := range w.outputs {
			from := 0
			for i, end := range b.logs[j].ends {
				if end > from {
					e := &b.events[i]
					record := b.logs[j].bytes[from:end]
					if err := o.put(record, e.Region, e.ms); err != nil {
						return err
					}
					if t := e.tampered; t != nil && t.kind == Duplicated && t.source == o.source.name() {
						o.again(record, e.Region, t.rand.between(1, maxRepeat))
					}
				}
				from = end
			}
		}
		w.count(b.events)
		free <- b
	}
	return nil
}

// count adds events to the report.
func (w *work) count(events []event) {
	for i := range events {
		e := &events[i]
		at := time.UnixMilli(e.ms).UTC().Truncate(time.Second)
		if w.report.Steps == 0 {
			w.report.First = at
		}
		w.report.Last = at
		w.report.Steps++
		switch {
		case e.incident != nil:
			e.incident.saw(e, at)
			w.report.Truth = append(w.report.Truth, Truth{
				Scenario: e.incident.plot.name, Time: at, Operation: e.Operation, RequestID: e.requestID.String(), Note: e.Note,
				Incident: e.incident.name(), Strength: e.incident.strength, Instance: e.incident.instance,
			})
		case e.talk.scenario != "":
			w.report.Truth = append(w.report.Truth, Truth{
				Scenario: e.talk.scenario, Time: at, Operation: e.Operation, RequestID: e.requestID.String(), Note: e.Note,
			})
		}
		if e.tampered != nil {
			w.report.Tampered = append(w.report.Tampered, e.truth())
		}
	}
}
