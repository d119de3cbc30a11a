package casefile

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// assembly turns inputs into segments. Intake reads several inputs at once,
// one goroutine takes their blocks in the order of the inputs and packs them
// into segments, builders write the segments, and results are folded in
// segment order: what comes out depends on the inputs alone.
type assembly struct {
	in       *intake
	staging  string
	threads  int
	offsets  map[string]time.Duration // of clocks that were wrong, by format
	evidence int64                    // number of the last evidence in the case
	segment  int64                    // number of the last segment in the case
	known    map[string]int64         // SHA-256 of evidence in the case -> number
	sizes    map[int64]bool           // of evidence in the case
	opened   map[string]bool          // SHA-256 of containers of this load

	items    []*Item
	files    []FileRef
	columns  map[string]map[string]int64
	tree     ledger.TreeBuilder // of the records of treeItem
	treeItem *Item
	names    map[string]*tally // by format
}

// tally holds the distinct names that a source showed.
type tally struct{ principals, models map[string]int64 }

// maxBuilders bounds the builders by the memory budget: a builder holds a
// segment, its decoded rows and the compressed columns, about three times the
// segment's size.
func maxBuilders(threads int, memory int64) int {
	byMemory := int(memory / 2 / (3 * segmentSize))
	return max(1, min(threads, byMemory))
}

// run loads the inputs and leaves the segments in the staging folder.
func (a *assembly) run(ctx context.Context, inputs []Input, memory int64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	builders := maxBuilders(a.threads, memory)
	jobs := make(chan *segmentJob)
	results := make(chan *segmentResult, builders)
	var work sync.WaitGroup
	later := new(flusher)
	for range builders {
		b, err := newSegmentBuilder(a.staging, a.in.setup)
		if err != nil {
			return err
		}
		b.shift, b.later = newTimeShift(a.offsets), later
		work.Go(func() {
			for job := range jobs {
				res, err := b.build(job)
				if err != nil {
					cancel(err)
					continue
				}
				for _, p := range job.batches {
					a.in.blocks.put(p.block)
				}
				results <- res
			}
		})
	}
	folded := make(chan struct{})
	first := a.segment + 1
	go func() {
		defer close(folded)
		a.fold(results, first)
	}()
	err := a.pack(ctx, inputs, jobs)
	close(jobs)
	work.Wait()
	close(results)
	<-folded
	flushed := later.wait()
	if err == nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		err = flushed
	}
	if err != nil {
		return err
	}
	a.closeTree()
	return nil
}

// pack takes the blocks of the inputs in order and closes segments.
func (a *assembly) pack(ctx context.Context, inputs []Input, jobs chan<- *segmentJob) error {
	p := &packer{assembly: a, jobs: jobs, job: &segmentJob{number: a.segment + 1}}
	for t := range a.tasks(ctx, inputs) {
		if err := p.take(ctx, t); err != nil {
			return err
		}
	}
	return p.send(ctx)
}

// packer packs blocks into segments.
type packer struct {
	*assembly
	jobs chan<- *segmentJob
	job  *segmentJob // the open segment
}

// take takes an input, and the members of a container after it.
func (p *packer) take(ctx context.Context, t *task) error {
	p.items = append(p.items, t.item)
	p.awaitHash(t)
	if p.isDuplicate(t) {
		return nil
	}
	if t.members != nil {
		for m := range t.members {
			if err := p.take(ctx, m); err != nil {
				return err
			}
		}
	}
	if err := p.takeBlocks(ctx, t); err != nil {
		return err
	}
	switch {
	case t.item.loaded() && t.item.Evidence != 0:
		p.known[t.item.SHA256] = t.item.Evidence
		p.sizes[t.item.Size] = true
	case t.item.Status == StatusContainer:
		p.opened[t.item.SHA256] = true
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// awaitHash answers what intake asks until the hash is known, or is not needed.
func (a *assembly) awaitHash(t *task) {
	for {
		select {
		case q := <-t.ask:
			q.reply <- a.sizes[q.size]
		case <-t.known:
			return
		}
	}
}

// takeBlocks puts the blocks of an input into segments.
func (p *packer) takeBlocks(ctx context.Context, t *task) error {
	record := int64(1)
	for b := range t.out {
		if t.item.Evidence == 0 {
			p.evidence++
			t.item.Evidence = p.evidence
		}
		job := p.job
		job.batches = append(job.batches, batch{block: b, item: t.item, format: t.format, firstRec: record})
		job.size += int64(len(b.Data))
		job.records += len(b.Records)
		record += int64(len(b.Records))
		if job.size >= segmentSize || job.records >= segmentRecords {
			if err := p.send(ctx); err != nil {
				return err
			}
		}
	}
	t.item.Records = record - 1
	return nil
}

// send hands the open segment to a builder.
func (p *packer) send(ctx context.Context) error {
	if len(p.job.batches) == 0 {
		return nil
	}
	select {
	case p.jobs <- p.job:
		p.segment = p.job.number
		p.job = &segmentJob{number: p.job.number + 1}
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// isDuplicate drains an input whose bytes are in the case already, or a
// container that was opened before in this load.
func (a *assembly) isDuplicate(t *task) bool {
	of, ok := a.known[t.sha]
	note := fmt.Sprintf("the same bytes are evidence %d of this case", of)
	if t.members != nil {
		ok = a.opened[t.sha]
		note = "the same container was opened before in this load"
	}
	if t.sha == "" || !ok {
		return false
	}
	a.drain(t)
	*t.item = Item{
		Path: t.item.Path, Label: t.item.Label, Status: StatusDuplicate, Size: t.item.Size, SHA256: t.sha,
		Member: t.item.Member, in: t.item.in, Note: note,
	}
	return true
}

// drain lets intake of an input end.
func (a *assembly) drain(t *task) {
	if t.members != nil {
		for m := range t.members {
			a.awaitHash(m)
			a.drain(m)
		}
	}
	for b := range t.out {
		a.in.blocks.put(b)
	}
}

// tasks starts intake of the inputs, a few at a time, and yields them in
// order.
func (a *assembly) tasks(ctx context.Context, inputs []Input) <-chan *task {
	ordered := make(chan *task, a.threads)
	work := make(chan *task)
	for range max(1, a.threads) {
		go func() {
			d := newDesk()
			for t := range work {
				a.in.read(ctx, t, d)
			}
		}()
	}
	go func() {
		defer close(ordered)
		defer close(work)
		for _, input := range inputs {
			t := newTask(input)
			select {
			case ordered <- t:
			case <-ctx.Done():
				return
			}
			select {
			case work <- t:
			case <-ctx.Done():
				close(t.known)
				close(t.out)
				return
			}
		}
	}()
	return ordered
}

// fold takes results in segment order, from segment next on, and adds them to
// their items.
func (a *assembly) fold(results <-chan *segmentResult, next int64) {
	waiting := map[int64]*segmentResult{}
	for r := range results {
		waiting[r.number] = r
		for waiting[next] != nil {
			a.foldSegment(waiting[next])
			delete(waiting, next)
			next++
		}
	}
}

func (a *assembly) foldSegment(r *segmentResult) {
	a.files = append(a.files, r.files...)
	for format, counts := range r.columns {
		if a.columns[format] == nil {
			a.columns[format] = map[string]int64{}
		}
		for name, n := range counts {
			a.columns[format][name] += n
		}
	}
	for i := range r.parts {
		a.foldBatch(&r.parts[i])
	}
}

func (a *assembly) foldBatch(p *batchResult) {
	it := p.item
	it.Frames += p.frames
	it.Events += p.events
	it.Unparsed += p.unparsed
	it.WithoutTime += p.withoutTime
	it.Problems = append(it.Problems, p.problems[:min(len(p.problems), maxProblems-min(maxProblems, len(it.Problems)))]...)
	if p.firstTS.OK && (it.FirstTS == nil || p.firstTS.Micros < *it.FirstTS) {
		it.FirstTS = &p.firstTS.Micros
	}
	if p.lastTS.OK && (it.LastTS == nil || p.lastTS.Micros > *it.LastTS) {
		it.LastTS = &p.lastTS.Micros
	}
	if a.treeItem != it { // blocks come in the order of the items
		a.closeTree()
		a.treeItem = it
	}
	for _, leaf := range p.leaves {
		a.tree.Add(leaf)
	}
	t := a.names[p.format]
	if t == nil {
		t = &tally{principals: map[string]int64{}, models: map[string]int64{}}
		a.names[p.format] = t
	}
	merge(t.principals, p.principals)
	merge(t.models, p.mods)
}

func merge(dst, src map[string]int64) {
	for k, n := range src {
		if _, ok := dst[k]; ok || len(dst) < maxDistinct {
			dst[k] += n
		}
	}
}

// closeTree notes the root of the records of the item that is complete now.
func (a *assembly) closeTree() {
	if a.treeItem == nil {
		return
	}
	root := a.tree.Root()
	a.treeItem.RecordsRoot = hexSum(root[:])
	a.tree = ledger.TreeBuilder{}
}
