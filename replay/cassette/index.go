package cassette

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/exhibit-forensics/exhibit/replay"
)

// index knows where in a cassette things stand, and which lines can follow. It
// takes every line that is read or written, in order; its size depends on the
// number of requests alone.
type index struct {
	plan     *planLine
	planHash string

	mu       sync.Mutex     // guards what follows: a run reads what it writes
	byID     map[string]int // from 0
	models   []string       // asked for, in the order of the plan
	requests []entry
	runs     int
	open     int  // attempts without an end
	done     bool // nothing is added any more

	size int64 // of the lines so far
	sum  hash.Hash
	body *bodyCheck // of the request whose body is being read; nil for none
	buf  []byte
}

// entry is what is known of one request.
type entry struct {
	id         string
	from, next int64 // its line and the pieces of its body
	attempts   int64

	// Of the last attempt:
	start, stop int64 // its lines are among those between
	open        bool
	end         replay.End // "" when it has none
	received    int64      // bytes
	chunks      int64
}

// bodyCheck follows the pieces of a body.
type bodyCheck struct {
	line *requestLine
	rest int64
	sum  hash.Hash
}

func newIndex() *index {
	return &index{byID: map[string]int{}, sum: sha256.New()}
}

// planned reports whether the whole plan was taken, as far as it has grown.
func (x *index) planned() bool {
	return x.plan != nil && x.body == nil && int64(len(x.requests)) >= x.plan.Requests
}

// dropCut forgets a request that was being added when a command ended.
func (x *index) dropCut() {
	if x.body == nil || x.planHash == "" {
		return
	}
	last := len(x.requests) - 1
	delete(x.byID, x.requests[last].id)
	x.requests, x.body = x.requests[:last], nil
}

// take takes the next line, without its newline.
func (x *index) take(data []byte) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	from := x.size
	to := from + int64(len(data)) + 1
	if err := x.apply(data, from, to); err != nil {
		return err
	}
	x.size = to
	x.sum.Write(data)
	x.sum.Write([]byte{'\n'})
	if x.planHash == "" && x.planned() {
		x.planHash = hex.EncodeToString(x.sum.Sum(nil))
	}
	return nil
}

func (x *index) apply(data []byte, from, to int64) error {
	if isPiece(data) {
		p, err := parsePiece(data, x.buf)
		x.buf = p.data
		if err != nil {
			return err
		}
		if p.chunk {
			return x.takeChunk(&p, to)
		}
		return x.takeBody(&p, to)
	}
	l, err := decode(data)
	switch {
	case err != nil:
		return err
	case l.Plan != nil:
		return x.takePlan(l.Plan)
	case x.plan == nil:
		return errors.New("it is no cassette: a plan comes first")
	case l.Request != nil:
		return x.takeRequest(l.Request, from, to)
	case l.Run != nil && x.planHash != "":
		return x.takeRun(l.Run, from)
	case !x.planned():
		return errors.New("the plan is not whole before it")
	case l.Sent != nil:
		return x.takeSent(l.Sent, from)
	case l.End != nil:
		return x.takeEnd(l.End, to)
	case l.Done != nil:
		return x.takeDone()
	}
	return errors.New("it is of no known kind")
}

func (x *index) takePlan(p *planLine) error {
	switch {
	case x.plan != nil:
		return errors.New("a second plan")
	case p.Kind != kind || p.Schema != schema:
		return fmt.Errorf("%.40q of schema %d is not known to this program", p.Kind, p.Schema)
	case p.Requests < 1 || p.Requests > maxRequests:
		return fmt.Errorf("the plan has %d requests; it can have 1 to %d", p.Requests, maxRequests)
	}
	if _, err := checkServer(p.Server); err != nil {
		return err
	}
	x.plan = p
	return nil
}

func (x *index) takeRequest(r *requestLine, from, to int64) error {
	if err := x.mayAdd(); err != nil {
		return err
	}
	_, again := x.byID[r.ID]
	switch {
	case x.body != nil:
		return fmt.Errorf("the body of request %d is not whole before it", x.body.line.N)
	case r.N != int64(len(x.requests)+1):
		return fmt.Errorf("request %d stands where request %d should", r.N, len(x.requests)+1)
	case r.ID == "" || len(r.ID) > maxID || again:
		return fmt.Errorf("the id %.40q of a request is empty, too long or there twice", r.ID)
	case !isPath(r.Path):
		return fmt.Errorf("%.80q is no path below a server: it begins with a slash", r.Path)
	case r.BodySize < 0 || r.BodySize > maxBody || r.Sample < 0 || r.Masked < 0:
		return fmt.Errorf("a body of %d bytes, sample %d or %d masked spans: no request has that; a body has at most %d bytes", r.BodySize, r.Sample, r.Masked, maxBody)
	}
	if !slices.Contains(x.models, r.Model) {
		if len(x.models) >= maxModels || len(r.Model) > maxModel {
			return fmt.Errorf("more than %d models, or a name of one longer than %d bytes", maxModels, maxModel)
		}
		x.models = append(x.models, r.Model)
	}
	if _, err := r.outgoing(); err != nil {
		return err
	}
	x.byID[r.ID] = len(x.requests)
	x.requests = append(x.requests, entry{id: r.ID, from: from, next: to})
	x.body = &bodyCheck{line: r, rest: r.BodySize, sum: sha256.New()}
	return x.bodyEnded()
}

// mayAdd says why a request cannot stand behind a plan that is whole.
func (x *index) mayAdd() error {
	switch {
	case !x.planned():
		return nil
	case !x.plan.Grows:
		return errors.New("one more request than the plan has")
	case x.runs == 0 || x.done || !x.answered():
		return errors.New("a request was added where none can be: before a run began, before the one before it had ended, or after the last")
	case len(x.requests) >= maxRequests:
		return fmt.Errorf("more than %d requests", maxRequests)
	}
	return nil
}

// answered reports whether the last request has a final end.
func (x *index) answered() bool {
	return final(x.requests[len(x.requests)-1].end)
}

func (x *index) takeDone() error {
	if !x.plan.Grows || x.runs == 0 || x.done || !x.answered() {
		return errors.New("a plan ends that does not grow, has ended before, or waits for a reply")
	}
	x.done = true
	return nil
}

func (x *index) takeBody(p *piece, to int64) error {
	b := x.body
	if b == nil || p.n != b.line.N || int64(len(p.data)) != min(b.rest, maxPiece) {
		return errors.New("a piece of a body where none, or another, should be")
	}
	b.sum.Write(p.data)
	b.rest -= int64(len(p.data))
	x.requests[p.n-1].next = to
	return x.bodyEnded()
}

// bodyEnded looks at a body that is whole.
func (x *index) bodyEnded() error {
	b := x.body
	if b.rest > 0 {
		return nil
	}
	if sum := hex.EncodeToString(b.sum.Sum(nil)); sum != b.line.BodySHA256 {
		return fmt.Errorf("the body of request %d has the SHA-256 %s, its line says %.64q", b.line.N, sum, b.line.BodySHA256)
	}
	x.body = nil
	return nil
}

// takeRun begins another command: what the last one had open is cut.
func (x *index) takeRun(r *runLine, from int64) error {
	if _, err := parseTime(r.At); err != nil {
		return err
	}
	x.runs++
	x.dropCut()
	x.cutOpen(from)
	return nil
}

// cutOpen notes that attempts without an end have none.
func (x *index) cutOpen(at int64) {
	for i := range x.requests {
		if e := &x.requests[i]; e.open {
			e.open, e.stop = false, at
		}
	}
	x.open = 0
}

func (x *index) takeSent(s *sentLine, from int64) error {
	e, err := x.entry(s.N)
	if err != nil {
		return err
	}
	switch {
	case x.runs == 0:
		return errors.New("a request was sent before a run began")
	case e.open:
		return fmt.Errorf("request %d was sent before its last attempt ended", s.N)
	case final(e.end):
		return fmt.Errorf("request %d was sent again after it had ended as %s", s.N, e.end)
	case s.Attempt != e.attempts+1 || s.Attempt > maxAttempts:
		return fmt.Errorf("attempt %d of request %d where attempt %d should be", s.Attempt, s.N, e.attempts+1)
	case x.open >= maxOpen:
		return fmt.Errorf("more than %d requests at the same time", maxOpen)
	}
	if _, err := parseTime(s.At); err != nil {
		return err
	}
	x.open++
	e.attempts, e.open, e.end, e.received, e.chunks = s.Attempt, true, "", 0, 0
	e.start, e.stop = from, from
	return nil
}

func (x *index) takeChunk(p *piece, to int64) error {
	e, err := x.running(p.n, p.attempt)
	if err != nil {
		return err
	}
	e.received += int64(len(p.data))
	e.chunks++
	e.stop = to
	return nil
}

func (x *index) takeEnd(l *endLine, to int64) error {
	e, err := x.running(l.N, l.Attempt)
	switch {
	case err != nil:
		return err
	case !known(replay.End(l.End)):
		return fmt.Errorf("%.40q is no end of an exchange", l.End)
	case l.Bytes != e.received:
		return fmt.Errorf("the end of request %d says %d bytes, its chunks have %d", l.N, l.Bytes, e.received)
	case l.Status < 0 || l.Status > 999:
		return fmt.Errorf("%d is no status", l.Status)
	}
	if _, err := parseTime(l.Started); err != nil {
		return err
	}
	x.open--
	e.open, e.end, e.stop = false, replay.End(l.End), to
	return nil
}

// entry returns the request of a number of the plan.
func (x *index) entry(n int64) (*entry, error) {
	if !x.planned() || n < 1 || n > int64(len(x.requests)) {
		return nil, fmt.Errorf("the plan has no request %d", n)
	}
	return &x.requests[n-1], nil
}

// running returns the request whose attempt is under way.
func (x *index) running(n, attempt int64) (*entry, error) {
	e, err := x.entry(n)
	if err == nil && (!e.open || e.attempts != attempt) {
		err = fmt.Errorf("something of attempt %d of request %d, which is not under way", attempt, n)
	}
	return e, err
}

// find returns the place of a request in the plan, from 0, and what is known of
// it.
func (x *index) find(id string) (place int, e entry, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if place, ok = x.byID[id]; ok {
		e = x.requests[place]
	}
	return place, e, ok
}

func isPath(s string) bool {
	_, err := url.Parse("http://localhost" + s)
	return err == nil && strings.HasPrefix(s, "/")
}

// final reports whether a resumed run leaves an exchange as it is.
func final(e replay.End) bool { return e == replay.Complete || e == replay.Failed }

func known(e replay.End) bool {
	switch e {
	case replay.Complete, replay.Failed, replay.Rejected, replay.Cut, replay.TimedOut, replay.TooLarge, replay.Refused, replay.Unreached, replay.Throttled:
		return true
	}
	return false
}

// scan takes every line of a cassette. What is left after the last newline is
// returned by its size and hash.
func scan(r io.Reader) (*index, *tornLine, error) {
	x := newIndex()
	in := bufio.NewReaderSize(r, 256<<10)
	var buf []byte
	for n := int64(1); ; n++ {
		data, err := readLine(in, &buf)
		if errors.Is(err, io.EOF) {
			x.dropCut()
			if !x.planned() {
				return nil, nil, errors.New("it is no cassette, or its plan is not whole")
			}
			return x, tornOf(data), nil
		}
		if err == nil {
			err = x.take(data)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
}

func tornOf(data []byte) *tornLine {
	if len(data) == 0 {
		return nil
	}
	sum := sha256.Sum256(data)
	return &tornLine{Bytes: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}
}

// readLine reads a line of bounded length, without its newline; it is valid
// until the next one. With io.EOF comes what stands after the last newline.
func readLine(r *bufio.Reader, buf *[]byte) ([]byte, error) {
	part, err := r.ReadSlice('\n')
	if err == nil {
		return bytes.TrimSuffix(part, []byte{'\n'}), nil
	}
	*buf = (*buf)[:0]
	for {
		*buf = append(*buf, part...)
		switch {
		case len(*buf) > maxLine:
			return nil, fmt.Errorf("it is longer than %d bytes", maxLine)
		case err == nil:
			return bytes.TrimSuffix(*buf, []byte{'\n'}), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return *buf, err
		}
		part, err = r.ReadSlice('\n')
	}
}
