package formats

import (
	"bytes"
	"iter"
	"math/bits"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// maxNesting is how deep objects are searched for well-known names. The
// longest known path has three names; envelopes add to that.
const maxNesting = 5

// maxNameLength bounds the names and paths that are compared.
const maxNameLength = 128

// envelopeRank is added to the rank of a name found in an envelope, so that
// the same name outside wins.
const envelopeRank = 10000

// found is the value that will fill a target.
type found struct {
	value jsontape.Value
	unit  unit
	path  string // as written; "" where nobody asks for it
}

// nameWalk finds the values with well-known names in one record.
type nameWalk struct {
	seen  placeTree
	best  []found  // by the place of the target in fillOrder, where ranks has it
	ranks []int    // of best; 0 where there is none
	taken []uint64 // a bit for each rank that is not 0
	inner jsontape.Doc

	// left is told of values that were not taken, with what they can mean when
	// only the unit is missing. It may be nil.
	left func(path string, c *candidate)
}

func newNameWalk(t *nameTable) *nameWalk {
	n := len(fillOrder)
	return &nameWalk{seen: placeTree{table: t}, best: make([]found, n), ranks: make([]int, n), taken: make([]uint64, n/64+1)}
}

// find searches the members of a record.
func (w *nameWalk) find(v jsontape.Value) {
	for place := range w.places() {
		w.ranks[place] = 0
	}
	clear(w.taken)
	w.object(v, &w.seen.root, 0)
}

// places returns those of the targets that were found, in order.
func (w *nameWalk) places() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, left := range w.taken {
			for ; left != 0; left &= left - 1 {
				if !yield(i*64 + bits.TrailingZeros64(left)) {
					return
				}
			}
		}
	}
}

// object searches an object, which stands at a place. It calls itself at most
// maxNesting deep.
func (w *nameWalk) object(v jsontape.Value, at *namePlace, depth int) {
	if len(at.normal) > maxNameLength {
		return
	}
	next := &at.first
	for key, m := range v.Members() {
		if m.Kind() == jsontape.Null || len(key) > maxNameLength {
			continue
		}
		p := next.get(key)
		if p == nil {
			if p = w.seen.member(at, key, depth); !p.spare {
				next.last, next.other = p, next.last
			}
		}
		if !p.spare {
			next = &p.next
		}
		if w.take(p.whole, p, m, 0) || w.take(p.inner, p, m, envelopeRank) {
			continue
		}
		if m.Kind() == jsontape.Object && depth < maxNesting {
			w.object(m, p, depth+1)
		} else if w.left != nil && !w.asks(p, m) {
			w.left(p.path(), nil)
		}
	}
}

// take keeps the value at a place for the targets that its name can mean and
// that can hold it, and reports whether there was one.
func (w *nameWalk) take(meanings []candidate, at *namePlace, v jsontape.Value, extra int) bool {
	taken := false
	for i := range meanings {
		c := &meanings[i]
		if c.asks || c.kinds != 0 && c.kinds>>v.Kind()&1 == 0 || c.kinds == 0 && !w.holds(c.to, v) {
			continue
		}
		taken = true
		rank := &w.ranks[c.place]
		if *rank != 0 && *rank < c.rank+extra {
			continue
		}
		f := &w.best[c.place]
		f.value, f.unit = v, c.unit
		if c.timed || w.left != nil {
			f.path = at.path()
		}
		*rank = c.rank + extra
		w.taken[c.place/64] |= 1 << (c.place % 64)
	}
	return taken
}

// asks tells left what the value at the place can mean once its unit is known,
// and reports whether there is such a meaning.
func (w *nameWalk) asks(at *namePlace, v jsontape.Value) bool {
	asked := false
	for _, c := range w.seen.table.meanings(at.normal) {
		if c.asks && w.holds(c.to, v) {
			w.left(at.path(), &c)
			asked = true
		}
	}
	return asked
}

// holds reports whether a target can hold a value, by their kinds alone.
func (w *nameWalk) holds(to target, v jsontape.Value) bool {
	kind := v.Kind()
	switch to {
	case targetRequest:
		return hasMember(v, "messages", "prompt", "contents", "inputText") || bodyInText(&w.inner, to, v).Exists()
	case targetResponse:
		return hasMember(v, "choices", "content", "completion", "generation", "usage", "output") || bodyInText(&w.inner, to, v).Exists()
	}
	switch c := &columns[to]; c.Name {
	case "outcome":
		return outcomeOf(v) != ""
	case "http_status":
		n, ok := scaled(scalar(v), 0, false)
		return ok && 100 <= n && n <= 599
	case "prompt", "response":
		return kind == jsontape.String || kind == jsontape.Array
	case "system_prompt":
		return kind == jsontape.String || kind == jsontape.Array
	case "finish_reason":
		return kind == jsontape.String || kind == jsontape.Array && v.Len() == 1
	case "error_message":
		return len(v.Text()) > 0
	default:
		return holdsType(c.Type, kind)
	}
}

// kindsOf returns a bit for each kind of value that a target can hold, 0 where
// the value itself decides.
func kindsOf(to target) uint16 {
	if to == targetRequest || to == targetResponse {
		return 0
	}
	switch columns[to].Name {
	case "outcome", "http_status", "prompt", "response", "system_prompt", "finish_reason", "error_message":
		return 0
	}
	var kinds uint16
	for kind := jsontape.Null; kind <= jsontape.Object; kind++ {
		if holdsType(columns[to].Type, kind) {
			kinds |= 1 << kind
		}
	}
	return kinds
}

// holdsType reports whether a column of a type can hold a kind of value.
func holdsType(t ColumnType, kind jsontape.Kind) bool {
	scalar := kind == jsontape.String || kind == jsontape.Number
	switch t {
	case ColumnJSON:
		return kind == jsontape.Array || kind == jsontape.Object || kind == jsontape.String
	case ColumnMessages:
		return kind == jsontape.Array || kind == jsontape.String
	case ColumnTexts:
		return scalar || kind == jsontape.Array
	case ColumnBool:
		return kind == jsontape.Bool || kind == jsontape.String
	case ColumnWord:
		return kind == jsontape.String
	}
	return scalar
}

// bodyInText returns the body of a request or reply that a text, the cell of a
// table for instance, holds as JSON; it is missing where the text holds none. It
// asks for more than of an object: a reply in words can be a JSON object of the
// caller's own design, and must stay what it is. The document is used for reading
// it.
func bodyInText(inner *jsontape.Doc, to target, v jsontape.Value) jsontape.Value {
	text := v.Text()
	if len(text) == 0 || text[0] != '{' || inner.Parse(text) != nil {
		return jsontape.Value{}
	}
	v = inner.Root()
	list := func(name string) bool { return v.Get(name).Kind() == jsontape.Array }
	object := func(name string) bool { return v.Get(name).Kind() == jsontape.Object }
	is := list("messages") || list("contents")
	if to == targetResponse {
		usage := object("usage") || object("usageMetadata")
		is = list("choices") || usage && (list("content") || list("output") || list("candidates"))
	}
	if !is {
		return jsontape.Value{}
	}
	return v
}

func hasMember(v jsontape.Value, names ...string) bool {
	if v.Kind() != jsontape.Object {
		return false
	}
	for _, name := range names {
		if v.Get(name).Exists() {
			return true
		}
	}
	return false
}

// outcomeOf reads a word for how something ended, or an HTTP status; "" when
// it is neither.
func outcomeOf(v jsontape.Value) Outcome {
	switch v.Kind() {
	case jsontape.Bool: // success: true
		if ok, _ := v.Bool(); ok {
			return OutcomeSuccess
		}
		return OutcomeError
	case jsontape.Number:
		n, ok := v.Int()
		if !ok {
			return ""
		}
		return outcomeOfStatus(n)
	}
	var low [16]byte
	t := v.Text()
	if len(t) == 0 || len(t) > len(low) {
		return ""
	}
	switch string(appendLower(low[:0], t)) {
	case "success", "succeeded", "ok", "completed", "complete", "passed", "done":
		return OutcomeSuccess
	case "denied", "forbidden", "unauthorized", "rejected", "access_denied":
		return OutcomeDenied
	case "error", "failed", "failure", "fail", "timeout", "exception":
		return OutcomeError
	case "throttled", "rate_limited", "ratelimited":
		return OutcomeThrottled
	case "blocked", "filtered":
		return OutcomeBlocked
	case "unknown":
		return OutcomeUnknown
	}
	return ""
}

// outcomeOfStatus reads an HTTP status code; "" for one that is none, or that
// does not say. A client that went away (NGINX: 499) left without its answer,
// which is an error like any other. Anthropic answers 529 where it would shed
// load (https://docs.claude.com/en/api/errors).
func outcomeOfStatus(code int64) Outcome {
	switch {
	case code == 401 || code == 403 || code == 407:
		return OutcomeDenied
	case code == 429 || code == 529:
		return OutcomeThrottled
	case 200 <= code && code <= 299:
		return OutcomeSuccess
	case 400 <= code && code <= 599:
		return OutcomeError
	}
	return ""
}

func appendLower(dst, b []byte) []byte {
	for _, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return bytes.TrimSpace(dst)
}
