package jsontape

import (
	"fmt"
	"math"
)

// state is what the parser wants next.
type state uint8

const (
	wantValue    state = iota
	wantFirst          // a value, or the end of an empty array
	wantName           // a member name
	wantFirstKey       // a member name, or the end of an empty object
	wantMore           // a comma, or the end of the container
	finished
)

// first parses the first value of src and returns the offset after it.
func (d *Doc) first(src []byte) (int, *SyntaxError) {
	d.src, d.depth, d.complete = src, 0, false
	if cap(d.nodes) > keepNodes && len(src) < cap(d.nodes) {
		d.nodes = nil
	}
	d.nodes = d.nodes[:0]
	if len(src) > math.MaxInt32 {
		return 0, &SyntaxError{0, fmt.Sprintf("text of %d bytes is longer than %d", len(src), math.MaxInt32)}
	}
	at, want := 0, wantValue
	var err *SyntaxError
	for want != finished {
		at = skipSpace(src, at)
		if at == len(src) {
			return at, syntaxError(src, at, wanted(want))
		}
		switch {
		case want == wantMore:
			at, want, err = d.more(at)
		case src[at] == '}' && want == wantFirstKey, src[at] == ']' && want == wantFirst:
			at++
			want = d.close(at)
		case want == wantName || want == wantFirstKey:
			at, err = d.name(at)
			want = wantValue
		default:
			at, want, err = d.value(at, want)
		}
		if err != nil {
			return at, err
		}
	}
	d.complete = true
	return at, nil
}

// wanted is what an error says about a state.
func wanted(want state) string {
	switch want {
	case wantName, wantFirstKey:
		return "expecting a member name"
	case wantMore:
		return "expecting a comma or the end of the array or object"
	}
	return "expecting a value"
}

// value reads a scalar or opens a container at src[at].
func (d *Doc) value(at int, want state) (int, state, *SyntaxError) {
	src := d.src
	kind := Null
	var end int
	var err *SyntaxError
	switch c := src[at]; c {
	case '"':
		end, mark, err := scanString(src, at+1)
		if err != nil {
			return at, want, err
		}
		d.add(String, mark, at+1, end)
		return end + 1, d.after(), nil
	case '{':
		return d.open(Object, wantFirstKey, at)
	case '[':
		return d.open(Array, wantFirst, at)
	case 't':
		kind = Bool
		end, err = scanWord(src, at, "true")
	case 'f':
		kind = Bool
		end, err = scanWord(src, at, "false")
	case 'n':
		end, err = scanWord(src, at, "null")
	default:
		if c != '-' && !isDigit(c) {
			return at, want, syntaxError(src, at, wanted(want))
		}
		kind = Number
		end, err = scanNumber(src, at)
	}
	if err != nil {
		return at, want, err
	}
	d.add(kind, 0, at, end)
	return end, d.after(), nil
}

// name reads a member name and its colon.
func (d *Doc) name(at int) (int, *SyntaxError) {
	src := d.src
	if src[at] != '"' {
		return at, syntaxError(src, at, wanted(wantName))
	}
	end, mark, err := scanString(src, at+1)
	if err != nil {
		return at, err
	}
	d.add(String, mark, at+1, end)
	at = skipSpace(src, end+1)
	if at == len(src) || src[at] != ':' {
		return at, syntaxError(src, at, "expecting a colon")
	}
	return at + 1, nil
}

// more reads what follows a value in a container.
func (d *Doc) more(at int) (int, state, *SyntaxError) {
	object := d.nodes[d.stack[d.depth-1]].kind == Object
	switch c := d.src[at]; {
	case c == ',' && object:
		return at + 1, wantName, nil
	case c == ',':
		return at + 1, wantValue, nil
	case c == '}' && object, c == ']' && !object:
		return at + 1, d.close(at + 1), nil
	case object:
		return at, wantMore, syntaxError(d.src, at, "expecting a comma or the end of the object")
	}
	return at, wantMore, syntaxError(d.src, at, "expecting a comma or the end of the array")
}

// add puts a node on the tape. It is filled where it stands: one made aside would
// be written in small pieces and read as a whole at once, for which a processor
// waits.
func (d *Doc) add(kind Kind, mark marks, start, end int) {
	at := len(d.nodes)
	d.nodes = append(d.nodes, node{})
	n := &d.nodes[at]
	n.start, n.end, n.next, n.kind, n.marks = uint32(start), uint32(end), int32(at+1), kind, mark
}

// open puts a container on the tape and enters it.
func (d *Doc) open(kind Kind, want state, at int) (int, state, *SyntaxError) {
	if d.depth == MaxDepth && d.lenient {
		end, closed := skipContainer(d.src, at)
		if !closed {
			return end, want, syntaxError(d.src, end, wanted(wantMore))
		}
		d.add(Null, 0, at, end)
		return end, d.after(), nil
	}
	if d.depth == MaxDepth {
		return at, want, &SyntaxError{at, fmt.Sprintf("nested deeper than %d", MaxDepth)}
	}
	d.stack[d.depth] = int32(len(d.nodes))
	d.depth++
	d.add(kind, 0, at, at)
	return at + 1, want, nil
}

// close leaves the innermost container, which ends before src[end].
func (d *Doc) close(end int) state {
	d.depth--
	n := &d.nodes[d.stack[d.depth]]
	n.end, n.next = uint32(end), int32(len(d.nodes))
	return d.after()
}

// after is the state after a value.
func (d *Doc) after() state {
	if d.depth == 0 {
		return finished
	}
	return wantMore
}
