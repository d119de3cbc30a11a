package cassette

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/replay"
)

// tape reads requests and exchanges of a file that an index knows.
type tape struct {
	file  io.ReaderAt
	index *index
}

// IDs returns the ids of the requests in the order of the plan.
func (t *tape) IDs() []string {
	t.index.mu.Lock()
	defer t.index.mu.Unlock()
	out := make([]string, len(t.index.requests))
	for i := range out {
		out[i] = t.index.requests[i].id
	}
	return out
}

// Finished reports whether the exchange with that id has a final end, so that a
// resumed run leaves it as it is.
func (t *tape) Finished(id string) bool {
	_, e, ok := t.index.find(id)
	return ok && final(e.end)
}

// Ended returns the end of the last attempt to exchange the request with that
// id; "" when it was not sent, or a kill interrupted it.
func (t *tape) Ended(id string) replay.End {
	_, e, _ := t.index.find(id)
	return e.end
}

// PlanHash returns the hash of the plan, in hex; see [Plan.Hash].
func (t *tape) PlanHash() string { return t.index.planHash }

// Server returns the base URL that the plan is for.
func (t *tape) Server() string { return t.index.plan.Server }

// Header returns the header that the plan sends with every request.
func (t *tape) Header() []replay.Header { return headers(t.index.plan.Header) }

// Params returns what else the plan says, as JSON; nil when it says nothing.
func (t *tape) Params() []byte { return t.index.plan.Params }

// PlanParams reads what the plan of a cassette says beside its requests, as
// [Reader.Params] does, from its first line alone.
func PlanParams(path string) ([]byte, error) {
	params, err := planParams(path)
	if err != nil {
		return nil, fmt.Errorf("reading the cassette %s: %w", path, err)
	}
	return params, nil
}

func planParams(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var buf []byte
	data, err := readLine(bufio.NewReader(f), &buf)
	if errors.Is(err, io.EOF) {
		err = errors.New("it is no cassette: it has no line")
	}
	if err != nil {
		return nil, err
	}
	x := newIndex()
	if err := x.take(data); err != nil {
		return nil, err
	}
	return x.plan.Params, nil
}

// Request returns a request of the plan.
func (t *tape) Request(id string) (*replay.Outgoing, error) {
	_, e, ok := t.index.find(id)
	if !ok {
		return nil, noRequest(id)
	}
	return t.request(e)
}

func noRequest(id string) error {
	return fmt.Errorf("reading the cassette: its plan has no request %.80q", id)
}

func (t *tape) request(e entry) (*replay.Outgoing, error) {
	var out *replay.Outgoing
	err := t.lines(e.from, e.next, func(data []byte) error {
		if isPiece(data) {
			p, err := parsePiece(data, nil)
			if err == nil && out != nil {
				out.Body = append(out.Body, p.data...)
			}
			return err
		}
		l, err := decode(data)
		if err == nil && l.Request == nil {
			err = errors.New("it is no request: the file has changed")
		}
		if err != nil {
			return err
		}
		out, err = l.Request.outgoing()
		if err == nil {
			out.Body = make([]byte, 0, min(l.Request.BodySize, maxBody))
		}
		return err
	})
	if err == nil && out == nil {
		err = errors.New("it is not there: the file has changed")
	}
	if err != nil {
		return nil, fmt.Errorf("reading request %q of the cassette: %w", e.id, err)
	}
	return out, nil
}

// lines gives the lines between two places.
func (t *tape) lines(from, to int64, take func(data []byte) error) error {
	in := bufio.NewReaderSize(io.NewSectionReader(t.file, from, to-from), 256<<10)
	var buf []byte
	for {
		data, err := readLine(in, &buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = take(data)
		}
		if err != nil {
			return err
		}
	}
}

// Exchange returns the last attempt to exchange the request with that id. One
// that was never sent has no attempts and no end; one that a kill interrupted is
// cut.
func (t *tape) Exchange(id string) (*replay.Exchange, error) {
	place, e, ok := t.index.find(id)
	if !ok {
		return nil, noRequest(id)
	}
	o, err := t.request(e)
	if err != nil {
		return nil, err
	}
	x := &replay.Exchange{Outgoing: *o, Server: t.index.plan.Server, Attempts: int(e.attempts)}
	if e.attempts == 0 {
		return x, nil
	}
	if e.received > maxReply || e.chunks > maxChunks {
		return nil, fmt.Errorf("reading exchange %q of the cassette: its reply has %d bytes in %d pieces; at most %d in %d are read", id, e.received, e.chunks, maxReply, maxChunks)
	}
	x.End, x.Problem = replay.Cut, "the run was interrupted before it ended"
	x.Chunks = make([]replay.Chunk, 0, e.chunks)
	own := newSelector(int64(place)+1, e.attempts)
	err = t.lines(e.start, e.stop, func(data []byte) error {
		if !own.mayBe(data) {
			return nil
		}
		return own.add(x, data)
	})
	if err != nil {
		return nil, fmt.Errorf("reading exchange %q of the cassette: %w", id, err)
	}
	return x, nil
}

// selector picks the lines of one attempt out of those of others.
type selector struct {
	n, attempt int64
	tail       string // of its pieces
}

func newSelector(n, attempt int64) *selector {
	tail := (&piece{n: n}).append(nil)
	return &selector{n, attempt, string(tail[len(bodyStart) : len(tail)-1])}
}

// mayBe passes over the pieces of others without reading them.
func (s *selector) mayBe(data []byte) bool {
	return !isPiece(data) || len(data) >= len(s.tail) && string(data[len(data)-len(s.tail):]) == s.tail
}

// add adds a line to the exchange if it is of this attempt.
func (s *selector) add(x *replay.Exchange, data []byte) error {
	if isPiece(data) {
		p, err := parsePiece(data, nil)
		if err == nil && p.chunk && p.n == s.n && p.attempt == s.attempt {
			x.Chunks = append(x.Chunks, replay.Chunk{After: time.Duration(p.after) * time.Microsecond, Data: p.data})
		}
		return err
	}
	l, err := decode(data)
	switch {
	case err != nil:
		return err
	case l.Sent != nil && l.Sent.N == s.n && l.Sent.Attempt == s.attempt:
		x.Started, err = parseTime(l.Sent.At)
	case l.End != nil && l.End.N == s.n && l.End.Attempt == s.attempt:
		e := l.End
		x.Address, x.Status, x.End, x.Problem = e.Address, int(e.Status), replay.End(e.End), e.Problem
		x.RequestHeader, x.ResponseHeader = headers(e.RequestHeader), headers(e.ResponseHeader)
		x.Started, err = parseTime(e.Started)
	}
	return err
}

// Summary counts what a cassette holds.
type Summary struct {
	Plan       string // hash
	Server     string
	Models     []string // asked for, in the order of the plan
	Requests   int64
	Runs       int64 // commands that worked on it
	Attempts   int64
	Ends       map[replay.End]int64 // of the last attempts
	Cut        int64                // last attempts without an end: a kill interrupted them
	NotSent    int64
	Unfinished int64 // requests without a final end
	Growing    bool  // the plan grows, and did not come to its end
	Bytes      int64 // of replies, last attempts
}

// Summary counts what the cassette holds.
func (t *tape) Summary() *Summary {
	x := t.index
	x.mu.Lock()
	defer x.mu.Unlock()
	s := &Summary{
		Plan: x.planHash, Server: x.plan.Server, Models: slices.Clone(x.models),
		Requests: int64(len(x.requests)), Runs: int64(x.runs), Ends: map[replay.End]int64{},
		Growing: x.plan.Grows && !x.done,
	}
	for i := range x.requests {
		e := &x.requests[i]
		s.Attempts += e.attempts
		s.Bytes += e.received
		switch {
		case e.attempts == 0:
			s.NotSent++
		case e.end == "":
			s.Cut++
		default:
			s.Ends[e.end]++
		}
		if !final(e.end) {
			s.Unfinished++
		}
	}
	return s
}

// Reader reads a cassette. It is safe for concurrent use.
type Reader struct {
	tape
	file *os.File
	torn *tornLine
}

// Open opens a cassette and reads it once to its end. What a kill left of its
// last line is passed over; see [Reader.Torn].
func Open(path string) (*Reader, error) {
	r, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the cassette %s: %w", path, err)
	}
	return r, nil
}

func open(path string) (*Reader, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	x, torn, err := scan(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	x.cutOpen(x.size)
	return &Reader{tape{f, x}, f, torn}, nil
}

// Torn returns how many bytes a kill left of a last line.
func (r *Reader) Torn() int64 {
	if r.torn == nil {
		return 0
	}
	return r.torn.Bytes
}

// SHA256 returns the hash of the whole lines, in hex. It is that of the file
// where nothing is torn.
func (r *Reader) SHA256() string { return hex.EncodeToString(r.index.sum.Sum(nil)) }

// Close closes the file.
func (r *Reader) Close() error { return r.file.Close() }
