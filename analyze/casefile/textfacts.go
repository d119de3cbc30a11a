package casefile

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/parquet/file"
)

// TextFinder is one kind of facts that a pass over the unique texts of a case finds.
// What is found of a text depends on the text and its role alone, or what else it
// depends on is in Version: facts are kept in the case, and texts that were looked at by
// the same version are not read again.
type TextFinder struct {
	Name    string // of the facts, and of the temporary view of them
	Version string
	// The columns of the view, beside hash, which is that of the text: words, then whole
	// numbers, then a score where it has a name.
	Words, Ints []string
	Score       string
}

// TextFact is a fact of a text: a value for each column of its finder. Its lists may be
// reused after it was added.
type TextFact struct {
	Words []string
	Ints  []int64
	Score float64
}

// TextVisitor finds the facts of one finder in a text, in the same order every time.
type TextVisitor func(u *UniqueText, add func(TextFact)) error

// FindInTexts looks for facts in every unique text of the case that was not looked at
// yet, and makes a temporary view of all facts for each finder. Visitors returns one
// visitor for each finder, for one of so many threads. Facts that are new are kept with
// the next analysis that is recorded ([RecordAnalysis]), those that were kept before are
// read from there: it makes no difference to the views.
func (c *Case) FindInTexts(ctx context.Context, finders []TextFinder, threads int, visitors func() ([]TextVisitor, error)) error {
	pass, err := c.newTextPass(finders)
	if err != nil {
		return fmt.Errorf("reading texts: %w", err)
	}
	if err = pass.run(ctx, threads, visitors); err == nil {
		err = pass.done(ctx)
	}
	pass.close()
	if err != nil {
		return fmt.Errorf("reading texts: %w", err)
	}
	return nil
}

// textPass is a pass over the texts that some finders have not looked at.
type textPass struct {
	c       *Case
	finders []*finding

	mu   sync.Mutex
	turn *sync.Cond
	next int   // place among the jobs of the segment whose facts are written next
	err  error // the first
}

// finding is what one finder has and what it still looks for.
type finding struct {
	*TextFinder
	kept   textFacts // what the case has of it and still holds
	from   int64     // first segment to look at
	joined bool      // texts that were put together from chunks are to be looked at
	file   *factFile // what is new, of the segments or of the other texts; nil for nothing yet
	added  []FileRef // of the segments
	extra  []FileRef // of the other texts
}

func (c *Case) newTextPass(finders []TextFinder) (*textPass, error) {
	p := &textPass{c: c}
	p.turn = sync.NewCond(&p.mu)
	for i := range finders {
		f := &finding{TextFinder: &finders[i]}
		var err error
		if f.kept, err = c.keptFacts(f.TextFinder); err != nil {
			return nil, err
		}
		f.from = f.kept.Through + 1
		f.joined = f.kept.JoinedOf != c.state.joinedTexts()
		if f.joined {
			f.kept.Joined = nil
		}
		p.finders = append(p.finders, f)
	}
	return p, nil
}

// run looks at the segments, then at what was put together from chunks.
func (p *textPass) run(ctx context.Context, threads int, visitors func() ([]TextVisitor, error)) error {
	jobs, err := p.c.searchJobs(false)
	if err != nil {
		return err
	}
	first := int64(0)
	for i, f := range p.finders {
		if i == 0 || f.from < first {
			first = f.from
		}
	}
	jobs = slices.DeleteFunc(jobs, func(j searchJob) bool { return j.segment < first })
	workers := make([]func(context.Context, *searchJob) error, max(1, min(threads, len(jobs))))
	seers := make([]*textSeer, len(workers))
	for i := range workers {
		v, err := visitors()
		if err != nil {
			return err
		}
		seers[i] = &textSeer{pass: p, visitors: v, found: make([]foundFacts, len(p.finders))}
		workers[i] = seers[i].segment
	}
	for i := range jobs {
		jobs[i].place = i
	}
	if err := eachSegment(ctx, jobs, workers, func(job *searchJob) error { return p.c.repeatsOf(ctx, job) }); err != nil {
		return err
	}
	for _, f := range p.finders {
		if f.added, err = p.finish(f); err != nil {
			return err
		}
	}
	return p.joined(ctx, seers[0])
}

// joined looks at the texts that were put together from chunks.
func (p *textPass) joined(ctx context.Context, s *textSeer) error {
	if p.c.state.joinedTexts() == "" || !slices.ContainsFunc(p.finders, func(f *finding) bool { return f.joined }) {
		return nil
	}
	rows := 0
	err := p.c.eachJoinedText(ctx, func(u *UniqueText) error {
		if err := s.visit(u); err != nil {
			return err
		}
		if rows++; rows%joinedPage != 0 {
			return nil
		}
		return s.write()
	})
	if err == nil {
		err = s.write()
	}
	for _, f := range p.finders {
		if err == nil {
			f.extra, err = p.finish(f)
		}
	}
	return err
}

// done makes the views, and remembers what was found.
func (p *textPass) done(ctx context.Context) error {
	for _, f := range p.finders {
		all := f.kept
		all.Through, all.Of, all.JoinedOf = p.c.state.segment, p.c.state.segmentsSum(p.c.state.segment), p.c.state.joinedTexts()
		all.Files, all.Joined = slices.Concat(all.Files, f.added), slices.Concat(all.Joined, f.extra)
		if err := p.c.makeFactView(ctx, f.TextFinder, slices.Concat(all.Files, all.Joined)); err != nil {
			return err
		}
		p.c.foundFacts[f.Name] = all
	}
	return nil
}

// close releases the files that an error left unfinished.
func (p *textPass) close() {
	for _, f := range p.finders {
		if f.file != nil {
			_ = f.file.out.Close() // it stands in a temporary folder
		}
	}
}

// textSeer looks at texts in one thread.
type textSeer struct {
	pass     *textPass
	visitors []TextVisitor
	reader   textReader
	found    []foundFacts // by finder, of the segment
}

// segment looks at the texts of a segment, and writes the facts when it is its turn: the
// files are the same for any number of threads.
func (s *textSeer) segment(ctx context.Context, job *searchJob) error {
	s.reader.visit = s.visit
	err := s.reader.segment(ctx, job)
	p := s.pass
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.turn.Broadcast()
	for err == nil && p.err == nil && p.next != job.place {
		p.turn.Wait()
	}
	if err == nil && p.err == nil {
		err = s.write()
		p.next++
	}
	p.err = errors.Join(p.err, err)
	return err
}

// visit looks at a text for the finders that have not seen it.
func (s *textSeer) visit(u *UniqueText) error {
	for i, f := range s.pass.finders {
		if u.segment > 0 && u.segment < f.from || u.segment == 0 && !f.joined {
			continue
		}
		found := &s.found[i]
		if err := s.visitors[i](u, func(fact TextFact) { found.add(u, fact) }); err != nil {
			return err
		}
	}
	return nil
}

// write hands what was found over to the files.
func (s *textSeer) write() error {
	for i, f := range s.pass.finders {
		if err := s.pass.write(f, &s.found[i]); err != nil {
			return err
		}
		s.found[i].reset()
	}
	return nil
}

// foundFacts are facts of one finder on their way into its file.
type foundFacts struct {
	texts []factText
	words []string
	ints  []int64
	score []float64
}

type factText struct {
	hash    [sha256.Size]byte
	segment int64
	at      textPlace
}

func (f *foundFacts) add(u *UniqueText, fact TextFact) {
	f.texts = append(f.texts, factText{u.SHA256, u.segment, u.at})
	f.words, f.ints, f.score = append(f.words, fact.Words...), append(f.ints, fact.Ints...), append(f.score, fact.Score)
}

func (f *foundFacts) reset() {
	f.texts, f.words, f.ints, f.score = f.texts[:0], f.words[:0], f.ints[:0], f.score[:0]
}

// factFile is a file of facts that is being written: the hash of the text and its place,
// then the columns of the finder.
type factFile struct {
	path  string
	out   *os.File
	buf   *bufio.Writer
	sum   *hashingWriter
	pw    *file.Writer
	table *table
	sums  [][sha256.Size]byte // of the rows that the table holds, which has no copy
	rows  int64
}

// write adds facts to the file of a finder, which the first of them begins.
func (p *textPass) write(f *finding, found *foundFacts) error {
	if len(found.texts) == 0 {
		return nil
	}
	if f.file == nil {
		path, err := p.c.newFactPath()
		if err != nil {
			return err
		}
		if f.file, err = newFactFile(f.TextFinder, path); err != nil {
			return err
		}
	}
	t, words, ints := f.file.table, found.words, found.ints
	for i := range found.texts {
		x := &found.texts[i]
		f.file.sums = append(f.file.sums, x.hash)
		t.columns[0].sum(f.file.sums[len(f.file.sums)-1][:])
		for k, v := range []int64{x.segment, x.at.row, x.at.place} {
			t.columns[1+k].int(v, true)
		}
		rest := t.columns[4:]
		for k := range f.Words {
			rest[k].text([]byte(words[k]))
		}
		rest, words = rest[len(f.Words):], words[len(f.Words):]
		for k := range f.Ints {
			rest[k].int(ints[k], true)
		}
		rest, ints = rest[len(f.Ints):], ints[len(f.Ints):]
		if f.Score != "" {
			rest[0].float(found.score[i])
		}
		if t.rows() == rowGroupRows {
			if err := f.file.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func newFactFile(f *TextFinder, path string) (*factFile, error) {
	columns := []*column{{name: "hash", typ: typeHash}, {name: "segment", typ: typeInt}, {name: "row", typ: typeInt}, {name: "place", typ: typeInt}}
	for _, name := range f.Words {
		columns = append(columns, &column{name: name, typ: typeText})
	}
	for _, name := range f.Ints {
		columns = append(columns, &column{name: name, typ: typeInt})
	}
	if f.Score != "" {
		columns = append(columns, &column{name: f.Score, typ: typeFloat})
	}
	w := &factFile{path: path, sums: make([][sha256.Size]byte, 0, rowGroupRows)}
	var err error
	if w.table, err = newTable("facts", columns...); err != nil {
		return nil, err
	}
	if w.out, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, err
	}
	w.sum = &hashingWriter{w: w.out, h: sha256.New()}
	w.buf = bufio.NewWriterSize(w.sum, 256<<10)
	w.pw, err = file.NewParquetWriterWithError(w.buf, w.table.root, file.WithWriterProps(w.table.properties()))
	if err != nil {
		return nil, closeAfter(w.out, err)
	}
	return w, nil
}

// flush writes the rows that are held as a row group.
func (w *factFile) flush() error {
	w.rows += int64(w.table.rows())
	err := w.table.writeRows(w.pw)
	w.table.reset()
	w.sums = w.sums[:0]
	return err
}

// finish ends the file of a finder, and returns its reference; nothing where there is no
// file. Its name is that of its bytes.
func (p *textPass) finish(f *finding) ([]FileRef, error) {
	w := f.file
	if w == nil {
		return nil, nil
	}
	f.file = nil
	err := w.flush()
	if err == nil {
		err = w.pw.Close()
	}
	if err == nil {
		err = w.buf.Flush()
	}
	if err = errors.Join(err, w.out.Close()); err != nil {
		return nil, fmt.Errorf("writing %s: %w", w.path, err)
	}
	sum := hexSum(w.sum.h.Sum(nil))
	p.c.newFacts[sum] = w.path
	return []FileRef{{Path: factsDir + "/" + sum + ".parquet", Size: w.sum.n, SHA256: sum, Rows: w.rows}}, nil
}
