package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// operand is a field in SQL.
type operand struct {
	text  string // VARCHAR, or a list of it
	list  bool
	typ   columnType
	typed string // the column itself, where its type is not text
}

// one is the only value of a field as text, or its values as a list.
func (o operand) one() string {
	if o.list {
		return "sigma_one(" + o.text + ")"
	}
	return o.text
}

// values are the values of a field as a list.
func (o operand) values() string {
	if o.list {
		return o.text
	}
	return "[" + o.text + "]"
}

// maxSteps bounds how deep a member of a record can be named.
const maxSteps = 32

// field finds what a name of a rule means, and asks for it.
func (q *query) field(name string, line int) (operand, error) {
	if q.src.vendor() {
		return q.member(name, line)
	}
	if path, ok := strings.CutPrefix(name, rawPrefix); ok && q.src.view == viewEvents {
		return q.member(path, line)
	}
	f, err := q.src.column(name)
	if err != nil {
		return operand{}, wrongLine(line, "%v", err)
	}
	if !slices.Contains(q.columns, name) {
		q.columns = append(q.columns, name)
	}
	return columnOperand(f), nil
}

// columnOperand is a column in SQL.
func columnOperand(f *FieldDoc) operand {
	o := operand{typ: f.typ, typed: "e." + casefile.QuoteIdent(f.Name)}
	switch f.typ {
	case typeText:
		o.text = o.typed
	case typeTime:
		o.text = "strftime(" + o.typed + ", '%Y-%m-%dT%H:%M:%S.%fZ')"
	default:
		o.text = o.typed + "::varchar"
	}
	return o
}

// member makes a list of the values of a member of the record.
func (q *query) member(path string, line int) (operand, error) {
	i := slices.IndexFunc(q.fields, func(f rawField) bool { return f.path == path })
	if i < 0 {
		steps := strings.Split(path, ".")
		if path == "" || len(steps) > maxSteps {
			return operand{}, wrongLine(line, "%q is no name of a member of a record", path)
		}
		i = len(q.fields)
		q.fields = append(q.fields, rawField{name: "sigma_f" + strconv.Itoa(i+1), path: path, expr: q.leaf(path, steps)})
	}
	return operand{text: "e." + q.fields[i].name, list: true}, nil
}

// leaf is the list of the values that a path leads to: directly, as the one
// member that is called so, or through arrays.
func (q *query) leaf(path string, steps []string) string {
	full := q.found(pointer(steps...))
	if len(steps) == 1 {
		return "sigma_leaf(" + full + ")"
	}
	flat, top := q.found(pointer(path)), q.found(pointer(steps[0]))
	through := "[" + top + "]"
	for _, s := range steps[1:] {
		through = fmt.Sprintf("sigma_step(%s, %s)", through, casefile.QuoteText(pointer(s)))
	}
	return fmt.Sprintf("case when %s is not null then sigma_leaf(%s) when %s is not null then sigma_leaf(%s)%s when contains(%s::varchar, '[') then sigma_leaves(%s) end",
		full, full, flat, flat, q.dotted(steps), top, through)
}

// dotted looks below members that have points in their names, in logs that have
// such: a.b.c is also c in the member that is called a.b.
func (q *query) dotted(steps []string) string {
	if !q.src.dotted {
		return ""
	}
	var b strings.Builder
	for i := 2; i < len(steps); i++ {
		at := q.found(pointer(slices.Concat([]string{strings.Join(steps[:i], ".")}, steps[i:])...))
		fmt.Fprintf(&b, " when %s is not null then sigma_leaf(%s)", at, at)
	}
	return b.String()
}

// found asks for what stands at a JSON pointer.
func (q *query) found(p string) string {
	i := slices.Index(q.paths, p)
	if i < 0 {
		i = len(q.paths)
		q.paths = append(q.paths, p)
	}
	return "e.sigma_found[" + strconv.Itoa(i+1) + "]"
}

// pointer writes a JSON pointer (RFC 6901).
func pointer(steps ...string) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1"))
	}
	return b.String()
}
