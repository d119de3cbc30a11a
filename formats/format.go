package formats

import (
	"bytes"
	"fmt"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// A Format is a way in which a log is written. It recognises its evidence,
// says how records are cut from it, and decodes each record into events.
// Formats are stateless values; what is needed while decoding lives in the
// [Decoder].
type Format interface {
	// Name is the word for the format in flags and in the format column:
	// lower case letters, digits and dashes.
	Name() string
	// Doc is one line on what the format is and where such logs come from.
	Doc() string
	// Detect returns nil when the sample is in this format, or else why it is
	// not. It is cheap: it looks at the sample only.
	Detect(s *Sample) error
	// Framing says how to cut records from evidence that Detect accepted.
	Framing(s *Sample) Framing
	// Decode appends the events of one record to d with [Decoder.Add]. The
	// record is one span cut by the framing, or what [Decoder.Open] found in it:
	// a row of a table as an object, a line without what was wrapped around it.
	// An error means that the record
	// cannot be parsed; events added by the failed call are dropped and the
	// record becomes one event of kind unparsed. A record that holds no event
	// adds none.
	Decode(d *Decoder, record []byte) error
}

// Vantage says from where a log sees a call.
type Vantage string

// The vantages. A format that is no [Witness] has VantageProvider.
const (
	VantageProvider Vantage = "provider" // the service that ran the model, or its cloud
	VantageGateway  Vantage = "gateway"  // a proxy between caller and provider
	VantageTrace    Vantage = "trace"    // the caller's instrumentation
	VantageClient   Vantage = "client"   // the caller's own account: a transcript
	VantageCapture  Vantage = "capture"  // what went over the wire, recorded on the caller's side
)

// A Witness is a format whose logs are not the provider's. Where several logs
// show one call and differ, the provider's counts first. What was captured is the
// provider's answer word for word and counts like its logs; but it shows what one
// caller did, and never that the provider saw no more.
type Witness interface {
	Format
	Vantage() Vantage
}

// VantageOf returns the vantage of a format.
func VantageOf(f Format) Vantage {
	if w, ok := f.(Witness); ok {
		return w.Vantage()
	}
	return VantageProvider
}

// A Joiner is a format that cuts what was said in a call into chunks, one an
// event. The event of a chunk has its text as prompt or response, and is
// truncated.
type Joiner interface {
	Format
	// Join fills the messages and texts of a call from its chunks put together,
	// those of the request and those of the reply; nil where there are none. The
	// error says that they are not what they must be: one may be missing.
	Join(d *Decoder, e *Event, request, reply []byte) error
}

// A Carrier is a format whose records mean something only with an earlier one
// of the same evidence: the line that begins a session, for instance.
type Carrier interface {
	Format
	// Carry returns the slot of [Decoder.Context] in which the record stays for
	// those after it, or -1. It is asked for every record, in order, and must be
	// cheap. While a record is decoded the context holds what came before it.
	Carry(record []byte) int
}

// Context holds earlier records of an evidence, by slot: the last that the
// format wanted carried. They are not to be changed.
type Context [4][]byte

// MaxCarry is the most bytes of a record that are carried. A longer one empties
// its slot: nothing is better than something that was superseded.
const MaxCarry = 1 << 20

// Carry notes a record, as [Decoder.Open] returned it, in c when the format
// wants it carried. The record is copied.
func (c *Context) Carry(f Format, record []byte) {
	carrier, ok := f.(Carrier)
	if !ok {
		return
	}
	slot := carrier.Carry(record)
	if slot < 0 {
		return
	}
	c[slot] = nil
	if len(record) <= MaxCarry {
		c[slot] = bytes.Clone(record)
	}
}

// Sample is what detection sees of a piece of evidence.
type Sample struct {
	Path   string // as given, for instance an S3 key; never trusted alone
	Prefix []byte // the first bytes of the decompressed stream, BOM included
	Whole  bool   // Prefix is the whole stream
	// First is the first JSON value of the stream, parsed as far as Prefix
	// reaches, or up to where it is broken (members cut off are missing). It
	// does not exist when the stream does not begin with JSON.
	//
	// Of a table it is the first row under the names, as an object. Of wrapped
	// lines Prefix holds what is inside, and First is the first object there.
	First jsontape.Value

	opened *Framing // of a table or of wrapped lines
	outer  *Sample  // of wrapped lines that are JSON, as they stand
}

// FramingKind says which bytes of a stream are records.
type FramingKind uint8

// The framings.
const (
	// FrameLines makes each line that is not blank a record, without its line
	// end. An error in a line ends with the line.
	FrameLines FramingKind = iota
	// FrameValues makes each of a sequence of JSON values a record: concatenated,
	// pretty-printed, or separated by white space or commas.
	FrameValues
	// FrameArray makes each element of one JSON array a record: the top-level
	// array, or the array that Path leads to in a top-level object. Several such
	// values may follow each other.
	FrameArray
	// FrameTable makes each row of a table in text (RFC 4180) a record, the row
	// of names included: a line, with the line ends inside quoted cells.
	FrameTable
)

// Framing says how to cut records from a stream, and what to take off each
// record before a format decodes it (see [Decoder.Open]). A case keeps it, so
// that its records can be decoded again.
type Framing struct {
	Kind FramingKind `json:"kind"`
	// Path leads to the array of FrameArray: "" for a top-level array, "Records"
	// for a member of the top-level object, "log.entries" for a member of an
	// object in it. Names that hold dots cannot be written.
	Path string `json:"path,omitempty"`
	// Comma and Header are those of FrameTable: what stands between cells, and
	// the text of the row with the names of the columns.
	Comma  Comma  `json:"comma,omitempty"`
	Header string `json:"header,omitempty"`
	// Wrapper is what wrote the lines of FrameLines around those of the log.
	Wrapper Wrapper `json:"wrapper,omitempty"`
}

// Decoder is the working memory of decoding: the JSON parser, the arena that
// unescaped text lives in, and the events made since the last Reset. It is
// not safe for concurrent use; each worker has its own.
type Decoder struct {
	JSON   jsontape.Doc // for the record itself
	Nested jsontape.Doc // for a JSON text inside a string of the record
	Arena  *jsontape.Arena
	Map    *Map // for the jsonl format; nil infers

	// Context holds earlier records of the evidence, for a [Carrier].
	Context Context

	// AssumeTZ is the zone of times that a log writes without one. When it is
	// nil such a time stays NULL and the event's TSSource says "(no zone)".
	AssumeTZ *time.Location

	// LoggedAt is when a wrapper says that the line was written, for formats
	// whose own line has no time, or half of one. See [Decoder.Decode].
	LoggedAt Logged

	carried [len(Context{})]carriedRecord // records of Context, parsed

	names   *nameWalk         // what the jsonl format infers columns from, made on first use
	clients map[string]string // client by user agent
	inner   []*jsontape.Doc   // see innerDoc
	inners  int               // of these in use
	body    jsontape.Doc      // for the text of a request or reply, and each chunk of a stream
	columns map[string]int    // place of a column by name, made on first use
	noTime  [3]string         // see timeSource
	table   *table            // of the last table that was opened
	inRow   bool              // the record is a row of a table in text
	opened  []byte            // scratch of Open
	otel    otelScratch

	events []*Event
	n      int
}

// NewDecoder returns an empty Decoder.
func NewDecoder() *Decoder {
	d := &Decoder{Arena: new(jsontape.Arena)}
	d.JSON.Arena = d.Arena
	d.Nested.Arena = d.Arena
	d.body.Arena = d.Arena
	return d
}

// Add returns a new empty event that belongs to the record being decoded.
// The pointer is valid until Clear.
func (d *Decoder) Add() *Event {
	if d.n == len(d.events) {
		d.events = append(d.events, new(Event))
	}
	e := d.events[d.n]
	e.reset()
	d.n++
	return e
}

// maxEvents is how many events a record may hold. An event takes far more memory
// than the few bytes that an empty span is written in.
const maxEvents = 1 << 16

// full returns an error when the record holds as many events as one may. Formats
// whose records are lists ask before each.
func (d *Decoder) full(format string) error {
	if d.n < maxEvents {
		return nil
	}
	return fmt.Errorf("decoding %s record: more than %d events", format, maxEvents)
}

// Events returns the events added since the last Clear. The slice and its
// events are valid until Clear; their texts until Reset.
func (d *Decoder) Events() []*Event { return d.events[:d.n] }

// Clear forgets the events of the last record. Their texts stay valid.
func (d *Decoder) Clear() {
	d.n, d.inners = 0, 0
	if len(d.events) > keptEvents { // a rare record must not hold its memory for ever
		clear(d.events[keptEvents:])
		d.events = d.events[:keptEvents]
	}
}

// keptEvents is how many events are kept for reuse.
const keptEvents = 1 << 10

// Reset forgets all texts: everything decoded so far becomes invalid.
func (d *Decoder) Reset() { d.Clear(); d.Arena.Reset() }

// reset empties the event but keeps the capacity of its slices.
func (e *Event) reset() {
	in, out, tools, ids, pol := reused(e.Input), reused(e.Output), e.ToolCallIDs[:0], e.OtherIDs[:0], e.GuardrailPolicies[:0]
	*e = Event{} // and then the slices: a literal with them would be made aside and copied
	e.Input, e.Output, e.ToolCallIDs, e.OtherIDs, e.GuardrailPolicies = in, out, tools, ids, pol
}

// AddInput appends an empty message of the given role to the input and
// returns it; the memory of earlier messages is reused.
func (e *Event) AddInput(role Text) *Message { return addMessage(&e.Input, role) }

// AddOutput appends an empty message of the given role to the output.
func (e *Event) AddOutput(role Text) *Message { return addMessage(&e.Output, role) }

// maxParts is how many parts, and messages, one side of an event may have. A part
// takes far more memory than the few bytes that an empty one is written in; long
// conversations of agents have some thousands.
const maxParts = 1 << 17

// keptParts is how many parts are kept for reuse.
const keptParts = 1 << 12

// reused empties messages but keeps their memory, unless it is much.
func reused(list []Message) []Message {
	if partsOf(list) > keptParts {
		return nil
	}
	return list[:0]
}

// partsOf counts the parts of messages, and the messages.
func partsOf(list []Message) int {
	if len(list) == 0 {
		return 0
	}
	last := &list[len(list)-1]
	return last.before + len(last.Parts) + 1
}

// crowded reports whether an event has more parts than it may, so that some were
// left out.
func (e *Event) crowded() bool {
	return e.overfull || partsOf(e.Input) >= maxParts || partsOf(e.Output) >= maxParts
}

func addMessage(list *[]Message, role Text) *Message {
	l := *list
	before := partsOf(l)
	if before >= maxParts {
		return &l[len(l)-1] // the record will be refused
	}
	if len(l) < cap(l) {
		l = l[:len(l)+1]
	} else {
		l = append(l, Message{})
	}
	*list = l
	m := &l[len(l)-1]
	*m = Message{Role: role, Parts: m.Parts[:0], before: before}
	return m
}

// Add appends a part to the message. What is beyond the parts that an event may
// have is left out, and [Decoder.Decode] refuses the record.
func (m *Message) Add(p Part) {
	if m.before+len(m.Parts) < maxParts {
		m.Parts = append(m.Parts, p)
	}
}
