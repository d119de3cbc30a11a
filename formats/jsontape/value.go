package jsontape

import (
	"iter"
	"math"
	"strconv"
	"unicode/utf8"
)

// Kind is the type of a value.
type Kind uint8

// The kinds. Missing is the kind of a value that is not there; a null that is
// written is Null.
const (
	Missing Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// String returns the kind in words.
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case Bool:
		return "boolean"
	case Number:
		return "number"
	case String:
		return "string"
	case Array:
		return "array"
	case Object:
		return "object"
	}
	return "missing"
}

// Value is a place in a [Doc]. The zero Value is Missing, and every method is
// safe on it, so that paths can be followed without looking at each step. A
// Value is valid until the next parse of its document.
type Value struct {
	d *Doc
	i int32
}

// node returns where the value stands on the tape. It is not copied: looking at
// nodes is most of what is done with a document.
func (v Value) node() *node {
	if v.d == nil || int(v.i) >= len(v.d.nodes) {
		return &noNode
	}
	return &v.d.nodes[v.i]
}

var noNode node //nolint:gochecknoglobals // that of every Missing value, never written

// Kind returns the type of the value.
func (v Value) Kind() Kind { return v.node().kind }

// Exists reports whether the value is there; a null is.
func (v Value) Exists() bool { return v.node().kind != Missing }

// Get returns the member of an object that is called key, the last one when
// the name is repeated, or Missing.
func (v Value) Get(key string) Value {
	n := v.node()
	if n.kind != Object {
		return Value{}
	}
	nodes := v.d.nodes
	var found Value
	for i := v.i + 1; i < n.next; i = nodes[i+1].next {
		if v.d.nameIs(&nodes[i], key) {
			found = Value{v.d, i + 1}
		}
	}
	return found
}

// nameIs reports whether the string n, once unescaped, is key.
func (d *Doc) nameIs(n *node, key string) bool {
	raw := d.src[n.start:n.end]
	if n.marks == 0 {
		return string(raw) == key
	}
	if n.marks&markEscaped == 0 && utf8.Valid(raw) {
		return string(raw) == key
	}
	d.scratch = appendText(d.scratch[:0], raw, utf8.Valid(raw))
	return string(d.scratch) == key
}

// Path follows member names from object to object.
func (v Value) Path(keys ...string) Value {
	for _, key := range keys {
		v = v.Get(key)
	}
	return v
}

// Index returns an element of an array, counted from 0, or from -1 backwards
// from the end, or Missing. It walks the array: use Elements to visit all.
func (v Value) Index(i int) Value {
	n := v.node()
	if n.kind != Array {
		return Value{}
	}
	if i < 0 {
		i += v.Len()
	}
	if i < 0 {
		return Value{}
	}
	for at := v.i + 1; at < n.next; at = v.d.nodes[at].next {
		if i == 0 {
			return Value{v.d, at}
		}
		i--
	}
	return Value{}
}

// Len returns the number of members of an object or elements of an array, 0
// for everything else. It walks the container.
func (v Value) Len() int {
	n := v.node()
	if n.kind != Array && n.kind != Object {
		return 0
	}
	count := 0
	for at := v.i + 1; at < n.next; at = v.d.nodes[at].next {
		count++
	}
	if n.kind == Object {
		count /= 2
	}
	return count
}

// Members yields the members of an object in written order, repeated names
// included. Names are unescaped, like Text.
func (v Value) Members() iter.Seq2[[]byte, Value] {
	return func(yield func([]byte, Value) bool) {
		n := v.node()
		if n.kind != Object {
			return
		}
		for at := v.i + 1; at < n.next; at = v.d.nodes[at+1].next {
			if !yield(Value{v.d, at}.Text(), Value{v.d, at + 1}) {
				return
			}
		}
	}
}

// Elements yields the elements of an array.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		n := v.node()
		if n.kind != Array {
			return
		}
		for at := v.i + 1; at < n.next; at = v.d.nodes[at].next {
			if !yield(Value{v.d, at}) {
				return
			}
		}
	}
}

// Text returns the text of a string, and nil for every other kind. It aliases
// the source where the string is written plainly and is made in the arena
// where it has escapes, or bytes that are not UTF-8: these and lone surrogates
// become U+FFFD. The empty string is empty and not nil.
func (v Value) Text() []byte {
	n := v.node()
	if n.kind != String {
		return nil
	}
	raw := v.d.src[n.start:n.end:n.end]
	if n.marks == 0 {
		return raw
	}
	if n.marks&markEscaped == 0 && utf8.Valid(raw) {
		return raw
	}
	if v.d.Arena == nil {
		v.d.Arena = new(Arena)
	}
	return v.d.Arena.text(raw, n.marks&markHigh == 0)
}

// Raw returns the bytes of the value as they are written, nil when Missing.
func (v Value) Raw() []byte {
	n := v.node()
	switch n.kind {
	case Missing:
		return nil
	case String:
		return v.d.src[n.start-1 : n.end+1 : n.end+1]
	}
	return v.d.src[n.start:n.end:n.end]
}

// Int returns the value of a number that is exactly an int64, in whichever way
// it is written: 12, 12.0 and 1.2e1 are all 12. False for everything else.
func (v Value) Int() (int64, bool) {
	if v.Kind() != Number {
		return 0, false
	}
	return parseInt(v.Raw())
}

// Float returns the number nearest to a number; false for other kinds and for
// numbers beyond the range of a float64.
func (v Value) Float() (float64, bool) {
	if v.Kind() != Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(v.Raw()), 64)
	if err != nil {
		return 0, false
	}
	return f, true
}

// Bool returns the value of a boolean; ok is false for everything else.
func (v Value) Bool() (value, ok bool) {
	n := v.node()
	if n.kind != Bool {
		return false, false
	}
	return v.d.src[n.start] == 't', true
}

// parseInt returns the value of a valid JSON number when it is an int64. It
// reads the digits up to the last one that is not zero as an integer, and
// counts what it left out as a power of ten.
func parseInt(raw []byte) (int64, bool) {
	negative := raw[0] == '-'
	if negative {
		raw = raw[1:]
	}
	var v uint64
	zeros, power := 0, 0 // zeros not yet multiplied in; power of ten
	fraction := false
	for i, c := range raw {
		switch {
		case c == '.':
			fraction = true
			continue
		case c|0x20 == 'e':
			power += parseExponent(raw[i+1:])
		case c == '0':
			zeros++
		default:
			var ok bool
			if v, ok = shift(v, zeros+1, uint64(c-'0')); !ok {
				return 0, false
			}
			zeros = 0
		}
		if c|0x20 == 'e' {
			break
		}
		if fraction {
			power--
		}
	}
	return signed(v, zeros+power, negative)
}

// signed returns v times ten to a power, negated or not, if that is an int64.
func signed(v uint64, power int, negative bool) (int64, bool) {
	if v == 0 {
		return 0, true
	}
	if power < 0 {
		return 0, false // the last digit of v is not zero
	}
	v, ok := shift(v, power, 0)
	switch {
	case !ok || v > 1<<63:
		return 0, false
	case negative:
		return -int64(v), true
	case v > math.MaxInt64:
		return 0, false
	}
	return int64(v), true
}

// shift returns v times ten to the n plus digit, unless that exceeds 1<<63.
func shift(v uint64, n int, digit uint64) (uint64, bool) {
	for ; n > 0 && v > 0; n-- {
		if v > (1<<63)/10 {
			return 0, false
		}
		v *= 10
	}
	v += digit
	return v, v <= 1<<63
}

// parseExponent returns the exponent, bounded far beyond any that matters.
func parseExponent(raw []byte) int {
	const bound = math.MaxInt32
	negative := raw[0] == '-'
	if negative || raw[0] == '+' {
		raw = raw[1:]
	}
	e := 0
	for _, c := range raw {
		if e = e*10 + int(c-'0'); e > bound {
			e = bound
			break
		}
	}
	if negative {
		return -e
	}
	return e
}
