package cassette

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
)

// piece is a line of the kind body or chunk. They are most of a cassette, and
// are written and read by hand.
type piece struct {
	chunk   bool
	after   int64 // microseconds; of a chunk
	attempt int64 // of a chunk
	data    []byte
	n       int64
}

// The members of a piece in canonical order, which is that of their names.
const (
	bodyStart  = `{"body":{"data":"`
	chunkStart = `{"chunk":{"after":`
	attemptKey = `,"attempt":`
	dataKey    = `,"data":"`
	numberKey  = `","n":`
	pieceEnd   = `}}`
)

var errPiece = errors.New("it is no body or chunk as this program writes it: altered, or of another version")

// append adds the line to out, with its newline.
func (p *piece) append(out []byte) []byte {
	if p.chunk {
		out = strconv.AppendInt(append(out, chunkStart...), p.after, 10)
		out = strconv.AppendInt(append(out, attemptKey...), p.attempt, 10)
		out = append(out, dataKey...)
	} else {
		out = append(out, bodyStart...)
	}
	out = base64.StdEncoding.AppendEncode(out, p.data)
	return append(strconv.AppendInt(append(out, numberKey...), p.n, 10), pieceEnd+"\n"...)
}

// isPiece reports whether a line is for parsePiece.
func isPiece(line []byte) bool {
	return bytes.HasPrefix(line, []byte(chunkStart)) || bytes.HasPrefix(line, []byte(bodyStart))
}

// parsePiece reads a line without its newline. The data goes into buf, which is
// grown where it is too small.
func parsePiece(line, buf []byte) (p piece, err error) {
	rest, ok := bytes.CutPrefix(line, []byte(bodyStart))
	if !ok {
		p.chunk = true
		rest, _ = bytes.CutPrefix(line, []byte(chunkStart))
		if p.after, rest, ok = cutNumber(rest, attemptKey); !ok {
			return p, errPiece
		}
		if p.attempt, rest, ok = cutNumber(rest, dataKey); !ok {
			return p, errPiece
		}
	}
	text, rest, ok := bytes.Cut(rest, []byte(numberKey))
	if !ok {
		return p, errPiece
	}
	if p.n, rest, ok = cutNumber(rest, pieceEnd); !ok || len(rest) > 0 {
		return p, errPiece
	}
	size := base64.StdEncoding.DecodedLen(len(text))
	if size > maxPiece+2 {
		return p, errPiece
	}
	buf = slices.Grow(buf[:0], size)[:size]
	n, err := base64.StdEncoding.Strict().Decode(buf, text)
	// The decoder passes over line breaks, which have no place here.
	if err != nil || n == 0 || n > maxPiece || base64.StdEncoding.EncodedLen(n) != len(text) {
		return p, errPiece
	}
	p.data = buf[:n]
	return p, nil
}

// cutNumber reads a number as canonical JSON writes it, and what must follow.
func cutNumber(data []byte, next string) (n int64, rest []byte, ok bool) {
	digits, rest, found := bytes.Cut(data, []byte(next))
	if !found || len(digits) == 0 || len(digits) > 15 || digits[0] == '0' && len(digits) > 1 {
		return 0, nil, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, nil, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, rest, true
}
