package formats

import (
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// Map says which column is filled from which place of a record of any JSON. It
// is made by [ParseMap] or [InferMap], and is not changed afterwards: it can be
// used by several decoders at once. A value that its column cannot hold leaves
// the column NULL.
type Map struct {
	rules []mapRule // in the order in which they are applied
}

// mapRule fills one target.
type mapRule struct {
	name  string // of the target, as a map writes it
	to    target
	other string    // targetOtherID: kind of the identifier
	paths []mapPath // the first whose value is not null and fits is taken
	value []byte    // a constant instead of a path: a JSON string, number or truth value
	note  string    // comment
	off   bool      // only suggested: written as a comment, not applied
}

// mapPath is a place in a record, and the unit of the number there.
type mapPath struct {
	path string
	unit unit
}

// maxSegments bounds the parts of a path, and so the work to follow it.
const maxSegments = 8

// apply fills the event as the map says.
func (m *Map) apply(a *assignment, v jsontape.Value) {
	for i := range m.rules {
		r := &m.rules[i]
		if r.off {
			continue
		}
		if r.value != nil {
			r.setConstant(a)
			continue
		}
		for _, p := range r.paths {
			x := follow(a.d, v, p.path)
			if k := x.Kind(); k == jsontape.Missing || k == jsontape.Null {
				continue
			}
			if r.fill(a, x, p.unit, p.path) {
				break
			}
		}
	}
}

// fill fills the target from a value and reports whether it could.
func (r *mapRule) fill(a *assignment, v jsontape.Value, u unit, field string) bool {
	if r.to == targetOtherID {
		n := len(a.e.OtherIDs)
		a.e.addID(r.other, v)
		return len(a.e.OtherIDs) > n
	}
	return a.set(r.to, v, u, field)
}

// setConstant fills the target with the constant, and reports whether it
// could. It is parsed anew for each record, because texts belong to a decoder.
func (r *mapRule) setConstant(a *assignment) bool {
	return a.d.Nested.Parse(r.value) == nil && r.fill(a, a.d.Nested.Root(), unitNone, "map")
}

// follow returns the value at a path. The names of the path are parted by dots;
// since names may hold dots themselves, the longest name that is there is tried
// first. In an array a name is a place, from 0, or -1 for the last. A string
// that holds JSON is entered. It calls itself at most maxSegments deep.
func follow(d *Decoder, v jsontape.Value, path string) jsontape.Value {
	switch v.Kind() {
	case jsontape.String:
		v = parseInner(d, v.Text())
	case jsontape.Array:
		name, rest, more := strings.Cut(path, ".")
		i, err := strconv.Atoi(name)
		if err != nil {
			return jsontape.Value{}
		}
		if v = v.Index(i); !more {
			return v
		}
		return follow(d, v, rest)
	}
	if v.Kind() != jsontape.Object {
		return jsontape.Value{}
	}
	for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '.') {
		m := v.Get(path[:end])
		if end == len(path) {
			if m.Exists() {
				return m
			}
		} else if x := follow(d, m, path[end+1:]); x.Exists() {
			return x
		}
	}
	return jsontape.Value{}
}

// mappable says why a column cannot be filled by a map, or "".
func mappable(name string) string {
	switch name {
	case "ts_precision", "ts_source":
		return "it follows from ts"
	case "tool_calls":
		return "it is made from output_messages"
	case "problem":
		return "it is for records that cannot be parsed"
	case "other_ids":
		return "write other_ids.KIND, for instance other_ids.batch_id"
	}
	return ""
}

// validPath reports whether a path can be followed.
func validPath(path string) bool {
	return path != "" && len(path) <= maxNameLength && strings.Count(path, ".") < maxSegments
}

// idKind returns the kind in other_ids.KIND.
func idKind(name string) (kind string, ok bool) {
	kind, ok = strings.CutPrefix(name, namePrefixOther)
	if !ok || kind == "" || len(kind) > maxNameLength {
		return "", false
	}
	return kind, strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// sortRules puts the rules into the order in which targets are filled.
func (m *Map) sortRules() {
	sorted := make([]mapRule, 0, len(m.rules))
	for _, to := range append(fillOrder[:len(fillOrder):len(fillOrder)], targetOtherID) {
		for _, r := range m.rules {
			if r.to == to {
				sorted = append(sorted, r)
			}
		}
	}
	m.rules = sorted
}
