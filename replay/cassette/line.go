package cassette

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/replay"
)

const (
	kind   = "exhibit-cassette"
	schema = 1
	// timeLayout is RFC 3339 in UTC with exactly six digits, as in the ledger.
	timeLayout = "2006-01-02T15:04:05.000000Z"
)

// The limits of what is written and read: a cassette can come from anybody.
const (
	maxLine     = 16 << 20  // bytes; the longest are requests with many losses, and ends with long headers
	maxRequests = 100_000   // of a plan
	maxID       = 256       // bytes of the id of a request
	maxModels   = 100       // of a plan
	maxModel    = 1024      // bytes of the name of a model
	maxPiece    = 48 << 10  // bytes in a line: 64 KiB of base64
	maxBody     = 64 << 20  // bytes of a request
	maxReply    = 256 << 20 // bytes of a reply that is read back whole; four times the sandbox's default limit
	maxChunks   = 1 << 20   // of a reply that is read back
	maxOpen     = 64        // attempts at the same time
	maxAttempts = 1 << 20   // of an exchange, over all runs
)

// line is a line of any kind but body and chunk; one member is set.
type line struct {
	Plan    *planLine    `json:"plan,omitempty"`
	Request *requestLine `json:"request,omitempty"`
	Run     *runLine     `json:"run,omitempty"`
	Sent    *sentLine    `json:"sent,omitempty"`
	End     *endLine     `json:"end,omitempty"`
	Done    *doneLine    `json:"done,omitempty"`
}

type planLine struct {
	Kind     string          `json:"kind"`
	Schema   int64           `json:"schema"`
	Server   string          `json:"server"`
	Grows    bool            `json:"grows,omitempty"`
	Header   []headerLine    `json:"header,omitempty"`
	Params   json.RawMessage `json:"params,omitempty"`
	Requests int64           `json:"requests"`
}

type requestLine struct {
	N          int64      `json:"n"`
	ID         string     `json:"id"`
	Event      string     `json:"event,omitempty"`
	Variant    string     `json:"variant,omitempty"`
	Sample     int64      `json:"sample"`
	Protocol   string     `json:"protocol"`
	Model      string     `json:"model,omitempty"`
	Path       string     `json:"path"`
	BodySize   int64      `json:"body_size"`
	BodySHA256 string     `json:"body_sha256"`
	Masked     int64      `json:"masked"`
	Losses     []lossLine `json:"losses,omitempty"`
	Changes    []string   `json:"changes,omitempty"`
}

type lossLine struct {
	Part  string `json:"part"`
	Grade string `json:"grade"`
	Why   string `json:"why,omitempty"`
}

type runLine struct {
	At   string    `json:"at"`
	Tool string    `json:"tool,omitempty"`
	Torn *tornLine `json:"torn,omitempty"`
}

// tornLine says what an interrupted append left, and was cut off.
type tornLine struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

type sentLine struct {
	N       int64  `json:"n"`
	Attempt int64  `json:"attempt"`
	At      string `json:"at"`
}

type endLine struct {
	N              int64        `json:"n"`
	Attempt        int64        `json:"attempt"`
	Address        string       `json:"address,omitempty"`
	Started        string       `json:"started"`
	RequestHeader  []headerLine `json:"request_header,omitempty"`
	Status         int64        `json:"status,omitempty"`
	ResponseHeader []headerLine `json:"response_header,omitempty"`
	Bytes          int64        `json:"bytes"`
	End            string       `json:"end"`
	Problem        string       `json:"problem,omitempty"`
}

type doneLine struct {
	Why string `json:"why,omitempty"` // "" where it came to its end
}

// headerLine is a line of a header. A value that is no UTF-8, which the wire
// allows, is kept as bytes.
type headerLine struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
	Bytes []byte `json:"bytes,omitempty"`
}

func headerLines(list []replay.Header) []headerLine {
	var out []headerLine
	for _, h := range list {
		l := headerLine{Name: h.Name, Value: h.Value}
		if !utf8.ValidString(h.Value) {
			l.Value, l.Bytes = "", []byte(h.Value)
		}
		out = append(out, l)
	}
	return out
}

func headers(list []headerLine) []replay.Header {
	var out []replay.Header
	for _, l := range list {
		h := replay.Header{Name: l.Name, Value: l.Value}
		if l.Bytes != nil {
			h.Value = string(l.Bytes)
		}
		out = append(out, h)
	}
	return out
}

// encode writes a line with its newline.
func encode(l *line) ([]byte, error) {
	data, err := ledger.Canonical(l)
	if err == nil && len(data) >= maxLine {
		err = fmt.Errorf("it has %d bytes; a line of a cassette has at most %d", len(data), maxLine)
	}
	return append(data, '\n'), err
}

// decode reads a line without its newline. It must be spelled as encode spells
// it: an unknown or repeated member, or a blank, is an error.
func decode(data []byte) (*line, error) {
	l := new(line)
	if err := json.Unmarshal(data, l); err != nil {
		return nil, fmt.Errorf("it is no line of a cassette: %w", err)
	}
	again, err := ledger.Canonical(l)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(data, again) {
		return nil, errors.New("it is not spelled as this program writes it: altered, or of another version")
	}
	return l, nil
}

func formatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(timeLayout, s)
	if err != nil || formatTime(t) != s {
		return time.Time{}, fmt.Errorf("%.40q is no time", s)
	}
	return t, nil
}

// valid makes UTF-8 of a text, which canonical JSON wants.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
