package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// DefaultRecordLimit is the record limit, in bytes, when none is set. Model
// logs hold whole conversations with inline files; 64 MiB is far above the
// limits that providers set on a request.
const DefaultRecordLimit = 64 << 20

// blockSize is how many bytes a block has unless one record is longer.
const blockSize = 1 << 20

// Span is one record of a [Block], or bytes that are not a record but must not
// be taken for frame either.
type Span struct {
	Start, End int // bytes of Block.Data
	// Problem says why the bytes cannot be read as a record, and where in the
	// stream. Such a span is an unparsed piece. It is empty (Start equals End)
	// where the problem is that the stream ends too early and no byte is left.
	Problem string
}

// Block is a run of consecutive bytes of a stream and the records in it. The
// blocks of a stream tile it: their data joined is the stream. Bytes outside
// all spans are frame: a byte order mark, white space, separators, envelopes.
// Spans are in order, do not overlap, and lie in one block.
type Block struct {
	Data    []byte
	Offset  int64 // of Data in the stream
	Records []Span
	Context Context // what the records before the block carry into it
}

// Scanner cuts a stream into blocks of whole records. How it cuts depends on
// the bytes of the stream, its framing and its limit only, and not on how the
// reader hands the bytes out.
//
// An error inside a record does not concern the scanner, which looks for the
// ends of values only: strict parsing of each record finds it. What is around
// records is strict here. Where an array or a sequence of values is not what
// it must be, nothing after it can be trusted, so the rest of the stream
// becomes one unparsed span. An object without the framing's member, or with a
// broken one, is one record, and the stream is good again after it.
//
// Only one block is held in memory, of about 1 MiB or the longest record (at
// most the record limit).
type Scanner struct {
	r       io.Reader
	framing Framing
	path    []string // names in framing.Path
	limit   int
	target  int   // bytes in a block that has no longer record
	err     error // what ended the reading

	carry  []byte // bytes read that belong to the next block
	offset int64  // of the block being cut
	at     int    // bytes of the block that have been looked at
	start  int    // of the record or other bytes that must stay together, or -1
	pieces int    // how many pieces of it have been given away
	json   walker
	row    rowWalk
	parts  parts
}

// NewScanner returns a scanner of r. Records of more than limit bytes become
// consecutive pieces of limit bytes, each with a Problem; a limit of zero or
// less means [DefaultRecordLimit].
func NewScanner(r io.Reader, f Framing, limit int) *Scanner {
	if limit <= 0 {
		limit = DefaultRecordLimit
	}
	s := &Scanner{r: r, framing: f, path: strings.Split(f.Path, "."), limit: limit, target: blockSize, start: -1}
	if f.inText() {
		s.start = 0
	}
	return s
}

// Next fills b with the next block, reusing its memory; what b held before is
// lost, and nothing of b is kept by the scanner. The error is io.EOF after the
// last block, or else the error of the reader, once all that was read before
// it has been delivered.
func (s *Scanner) Next(b *Block) error {
	b.Offset, b.Records = s.offset, b.Records[:0]
	if s.json.state == ended {
		b.Data = b.Data[:0]
		return s.err
	}
	data := append(s.memory(b.Data), s.carry...)
	size := max(s.target, len(data))
	cut := 0
	for cut == 0 {
		data = s.fill(data, size)
		s.scan(b, data)
		if s.err != nil {
			s.finish(b, data)
			cut = len(data)
			break
		}
		for s.start >= 0 && len(data)-s.start >= s.limit+2 { // 2 for a line end
			if !s.closeParts(b, data) {
				s.spill(b, data)
			}
		}
		cut = len(data)
		if s.start >= 0 {
			cut = s.start
		}
		size = min(2*len(data), s.limit+2)
	}
	s.carry = append(s.carry[:0], data[cut:]...)
	b.Data = data[:cut]
	s.offset += int64(cut)
	s.at -= cut
	s.parts.shift(cut)
	if s.start >= 0 {
		s.start -= cut
	}
	if cut == 0 && len(b.Records) == 0 {
		return s.err
	}
	return nil
}

// memory returns memory for the next block: what a record of unusual length
// needed is not kept for ordinary ones.
func (s *Scanner) memory(old []byte) []byte {
	need := max(s.target, len(s.carry))
	if cap(old) < need || cap(old) > 8*need {
		return make([]byte, 0, need)
	}
	return old[:0]
}

// fill reads until data has size bytes or reading ends.
func (s *Scanner) fill(data []byte, size int) []byte {
	n := len(data)
	if n >= size || s.err != nil {
		return data
	}
	if cap(data) < size {
		data = append(make([]byte, 0, size), data...)
	}
	m, err := io.ReadFull(s.r, data[n:size])
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	s.err = err
	return data[:n+m]
}

// scan looks at the bytes that have not been looked at.
func (s *Scanner) scan(b *Block, data []byte) {
	if s.offset == 0 && s.at == 0 {
		if s.at = len(data) - len(trimBOM(data)); s.start == 0 {
			s.start, s.parts.line = s.at, s.at
		}
	}
	switch s.framing.Kind {
	case FrameLines:
		s.scanLines(b, data)
	case FrameTable:
		s.scanRows(b, data)
	default:
		s.scanJSON(b, data)
	}
}

// finish ends the stream: what is still open becomes a record or a problem.
func (s *Scanner) finish(b *Block, data []byte) {
	if s.framing.inText() {
		s.finishText(b, data)
	} else {
		s.finishJSON(b, data)
	}
	s.start, s.at = -1, len(data)
	s.json.state = ended
}

// finishText ends the last line or row, which may have no line end.
func (s *Scanner) finishText(b *Block, data []byte) {
	problem := ""
	switch {
	case s.framing.Kind == FrameTable && s.row == rowQuoted:
		problem = s.cutOff("row with an open quotation mark", data)
	case !errors.Is(s.err, io.EOF) && !s.frame(data[max(s.start, s.parts.line):]):
		problem = s.cutOff("line", data)
	}
	if s.framing.Wrapper != "" {
		s.endPart(b, data, len(data), problem)
		s.closeParts(b, data)
		return
	}
	s.emit(b, data, len(data), problem)
}

// cutOff is the problem of something that was not read to its end.
func (s *Scanner) cutOff(what string, data []byte) string {
	cause := "the end of the stream"
	if !errors.Is(s.err, io.EOF) {
		cause = "a failed read"
	}
	return fmt.Sprintf("%s cut off by %s at byte %d", what, cause, s.offset+int64(len(data)))
}

// inText reports whether records are lines or rows, one after the other.
func (f *Framing) inText() bool { return f.Kind == FrameLines || f.Kind == FrameTable }

// scanLines cuts lines.
func (s *Scanner) scanLines(b *Block, data []byte) {
	for {
		i := bytes.IndexByte(data[s.at:], '\n')
		if i < 0 {
			s.at = len(data)
			return
		}
		s.at += i
		s.endLine(b, data)
	}
}

// scanRows cuts rows: lines, but for the line ends inside quoted cells.
func (s *Scanner) scanRows(b *Block, data []byte) {
	for {
		ended := false
		if s.at, ended = s.row.run(data, s.at, byte(s.framing.Comma)); !ended {
			return
		}
		s.endLine(b, data)
	}
}

// endLine ends what the line end at s.at ends.
func (s *Scanner) endLine(b *Block, data []byte) {
	end := s.at
	s.at++
	if end > max(s.start, s.parts.line) && data[end-1] == '\r' {
		end--
	}
	if s.framing.Wrapper != "" {
		s.endPart(b, data, end, "")
		return
	}
	s.emit(b, data, end, "")
	s.start = s.at
}

// emit ends the record that begins at s.start before data[end], in pieces
// where it is longer than the limit. A blank line is frame.
func (s *Scanner) emit(b *Block, data []byte, end int, problem string) {
	for end-s.start > s.limit {
		s.spill(b, data)
	}
	if s.pieces > 0 {
		s.pieces++
		problem = s.pieceProblem(problem)
	}
	s.span(b, data, end, problem)
	s.pieces, s.start = 0, -1
}

// spill gives away the first limit bytes of something longer.
func (s *Scanner) spill(b *Block, data []byte) {
	end := s.start + s.limit
	s.pieces++
	s.span(b, data, end, s.pieceProblem(""))
	s.start = end
}

// span makes the bytes from s.start to end a record or a piece of one, unless
// they are frame.
func (s *Scanner) span(b *Block, data []byte, end int, problem string) {
	if !s.framing.inText() || !s.frame(data[s.start:end]) || s.framing.Kind == FrameTable && problem != "" {
		b.Records = append(b.Records, Span{s.start, end, problem})
	}
}

// frame reports whether a line or row holds nothing: it is blank, and no row of
// empty cells.
func (s *Scanner) frame(line []byte) bool {
	return blank(line) && (s.framing.Kind != FrameTable || bytes.IndexByte(line, byte(s.framing.Comma)) < 0)
}

// pieceProblem is the problem of a piece of something longer than the limit,
// which may have a problem of its own.
func (s *Scanner) pieceProblem(problem string) string {
	switch {
	case s.json.problem != "":
		return fmt.Sprintf("%s: piece %d of %d bytes", s.json.problem, s.pieces, s.limit)
	case problem != "":
		problem = ", " + problem
	}
	what := "record"
	if s.json.state == inTail {
		what = "end of the object around " + s.framing.Path
	}
	return fmt.Sprintf("%s longer than %d bytes: piece %d%s", what, s.limit, s.pieces, problem)
}

// blank reports whether b is empty or white space.
func blank(b []byte) bool { return skipBlank(b, 0) == len(b) }

// skipBlank returns the offset of the first byte from b[at] on that is not
// JSON white space.
func skipBlank(b []byte, at int) int {
	for at < len(b) && (b[at] == ' ' || b[at] == '\n' || b[at] == '\r' || b[at] == '\t') {
		at++
	}
	return at
}

// trimBOM returns b without a UTF-8 byte order mark.
func trimBOM(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\ufeff")) }
