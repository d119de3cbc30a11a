// Package jsontape parses JSON (RFC 8259) strictly, in one pass and without
// recursion, into a flat tape of nodes that is reused from record to record.
//
// Evidence decides what is strict and what is not. The grammar is strict: what
// RFC 8259 does not allow is a [SyntaxError] with its offset, including a byte
// order mark, trailing commas, control characters in strings, and numbers such
// as 01 or 1. (the framing of a stream takes a byte order mark away as frame).
// The text is not: a string that holds invalid UTF-8 or half a surrogate pair
// must stay readable, so it parses, and [Value.Text] shows U+FFFD in those
// places while [Value.Raw] keeps the bytes. Repeated member names parse as
// well; [Value.Get] takes the last, [Value.Members] shows all. Numbers keep
// their bytes, so none is too large to parse.
package jsontape

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may nest. Logs nest about 20 deep;
// beyond the limit there is only hostile input.
const MaxDepth = 512

// keepNodes is the size of tape (in nodes of 16 bytes) above which a Doc gives
// the memory of an unusually large record back before the next one.
const keepNodes = 1 << 18

// Doc is a parsed JSON text and the memory that it needs, reused by each
// Parse. It aliases the source, which must not change while values are in
// use. A Doc is not safe for concurrent use. The zero Doc is ready.
type Doc struct {
	// Arena receives unescaped strings. It may be shared with other documents;
	// a nil Arena is made when it is needed.
	Arena *Arena

	src      []byte
	nodes    []node
	scratch  []byte // for comparing a member name that is written with escapes
	depth    int
	complete bool
	lenient  bool            // what nests too deep is null
	stack    [MaxDepth]int32 // the open containers, as indexes into nodes
}

// node is one value or member name on the tape. The members of an object
// follow it as name, value, name, value; the elements of an array one by one.
type node struct {
	start, end uint32 // the bytes as written; of a string without its quotes
	next       int32  // the node after this value and all that is in it
	kind       Kind
	marks      marks
}

// marks say why the bytes of a string cannot be used as they stand.
type marks uint8

const (
	markEscaped marks = 1 << iota // has a backslash
	markHigh                      // has a byte above 0x7f, which may be invalid UTF-8
)

// SyntaxError says at which byte a text stops being JSON. An Offset equal to
// the length of the source means that the source ends too early.
type SyntaxError struct {
	Offset int
	Msg    string
}

// Error returns the message with its offset.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid JSON at byte %d: %s", e.Offset, e.Msg)
}

// Parse parses src, which must be exactly one value with white space around
// it. An error is a *[SyntaxError], and leaves the document without a root.
func (d *Doc) Parse(src []byte) error {
	d.lenient = false
	end, err := d.first(src)
	if err == nil {
		if end = skipSpace(src, end); end < len(src) {
			err = syntaxError(src, end, "expecting the end of the text")
		}
	}
	if err != nil {
		d.nodes, d.complete = d.nodes[:0], false
		return err
	}
	return nil
}

// ParsePrefix parses the first value of src and ignores what follows it. When
// src ends before the value does, the open containers are closed where src
// ends, and a member or scalar that is cut off, or may be (a number in a
// container that touches the end), is missing; a source that ends before
// anything usable has no root. An array or object that nests deeper than
// [MaxDepth] stands as null, so that one hostile record does not hide what is
// around it. An error before the end is a *[SyntaxError].
func (d *Doc) ParsePrefix(src []byte) error {
	d.lenient = true
	_, err := d.first(src)
	if err == nil {
		return nil
	}
	if err.Offset < len(src) || len(src) > math.MaxInt32 {
		d.nodes = d.nodes[:0]
		return err
	}
	d.closeAll()
	return nil
}

// Root returns the value parsed last, Missing after an error.
func (d *Doc) Root() Value {
	if len(d.nodes) == 0 {
		return Value{}
	}
	return Value{d, 0}
}

// Complete reports whether the root is a value that was read to its end; it
// is false after an error and where ParsePrefix closed a value that was cut.
func (d *Doc) Complete() bool { return d.complete }

// closeAll ends every open container at the end of the source and drops what
// is incomplete in the innermost one.
func (d *Doc) closeAll() {
	if d.depth == 0 {
		return
	}
	n := int32(len(d.nodes))
	if last := d.nodes[n-1]; last.kind == Number && int(last.end) == len(d.src) {
		n--
	}
	inner := d.stack[d.depth-1]
	if d.nodes[inner].kind == Object {
		for i := inner + 1; i < n; {
			value := d.nodes[i].next
			if value >= n {
				n = i // a name without its value
				break
			}
			i = d.nodes[value].next
		}
	}
	d.nodes = d.nodes[:n]
	for ; d.depth > 0; d.depth-- {
		open := &d.nodes[d.stack[d.depth-1]]
		open.end, open.next = uint32(len(d.src)), n
	}
}

// syntaxError returns an error that says what was wanted and what is there.
func syntaxError(src []byte, at int, want string) *SyntaxError {
	if at >= len(src) {
		return &SyntaxError{len(src), want + ", found the end"}
	}
	r, size := utf8.DecodeRune(src[at:])
	if r == utf8.RuneError && size <= 1 {
		return &SyntaxError{at, fmt.Sprintf("%s, found the byte 0x%02x", want, src[at])}
	}
	return &SyntaxError{at, want + ", found " + strconv.QuoteRune(r)}
}
