package casefile

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// nodeKind says what the value of a node is in JSON.
type nodeKind uint8

const (
	nodeValue  nodeKind = iota // of a column
	nodeObject                 // of the values of its children
	nodeArray                  // of values of its one child
	nodeMap                    // an object whose names are values: of its first child; its second is the value
)

// rowNode is a part of a row: a column, or what stands around columns. Levels
// are explained in the Parquet format's README, "Nested Encoding".
type rowNode struct {
	kind     nodeKind
	name     []byte // as a member: quoted, with the colon
	up       int16  // definition level of what it stands in
	def      int16  // definition level from which it is not NULL
	item     int16  // definition level from which a list has an element
	rep      int16  // repetition level of the second element of a list, and of those after it
	columns  []*rowColumn
	children []*rowNode
}

// describe makes the columns and the nodes of a schema.
func (p *rowReader) describe(s *schema.Schema) error {
	n := max(1, s.NumColumns())
	batch := max(minBatchLevels, min(batchLevels, heldLevels/n))
	for i, descr := range s.Columns() {
		c := &rowColumn{
			descr: descr, index: i, maxDef: descr.MaxDefinitionLevel(), maxRep: descr.MaxRepetitionLevel(),
			values: valuesOf(descr), batch: max(1, min(batch, maxHeldWidth/max(1, descr.TypeLength()))),
			keep: max(64<<10, p.memory.most/4/int64(n)),
		}
		p.columns = append(p.columns, c)
	}
	b := nodeBuilder{columns: p.columns}
	p.members = b.members(s.Root(), 0, 0)
	return nil
}

// maxHeldWidth is about how many bytes of fixed length values are read at once.
const maxHeldWidth = 4 << 20

// nodeBuilder makes nodes of a schema, whose columns come in its order. The
// schema is not nested deeper than maxNesting.
type nodeBuilder struct{ columns []*rowColumn }

// members makes the nodes of the members of a group at the given levels.
func (b *nodeBuilder) members(g *schema.GroupNode, def, rep int16) []*rowNode {
	var out []*rowNode
	for i := range g.NumFields() {
		out = append(out, b.field(g.Field(i), def, rep))
	}
	return out
}

// field makes the node of a member.
func (b *nodeBuilder) field(s schema.Node, def, rep int16) *rowNode {
	var n *rowNode
	if s.RepetitionType() == parquet.Repetitions.Repeated {
		n = &rowNode{kind: nodeArray, up: def, def: def, item: def + 1, rep: rep + 1}
		n.children = []*rowNode{b.content(s, def+1, def+1, rep+1)}
		n.columns = n.children[0].columns
	} else {
		at := def
		if s.RepetitionType() == parquet.Repetitions.Optional {
			at++
		}
		n = b.content(s, def, at, rep)
	}
	n.name = append(appendName(nil, s.Name()), ':')
	return n
}

// content makes the node of a value that is there from the level def on.
func (b *nodeBuilder) content(s schema.Node, up, def, rep int16) *rowNode {
	n := &rowNode{up: up, def: def}
	g, ok := s.(*schema.GroupNode)
	if !ok {
		n.columns, b.columns = b.columns[:1], b.columns[1:]
		return n
	}
	all := b.columns
	inner := repeatedGroup(g)
	switch {
	case inner != nil && isList(g):
		n.kind, n.item, n.rep = nodeArray, def+1, rep+1
		n.children = []*rowNode{b.element(g, inner, def+1, rep+1)}
	case inner != nil && isMap(g):
		n.kind, n.item, n.rep = nodeArray, def+1, rep+1
		entry := b.content(inner, def+1, def+1, rep+1)
		n.children = []*rowNode{entry}
		if isTextKeyed(inner) {
			n.kind, n.children = nodeMap, entry.children
		}
	default:
		n.kind, n.children = nodeObject, b.members(g, def, rep)
	}
	n.columns = all[:len(all)-len(b.columns)]
	return n
}

// element makes the node of the elements of a list. Which group is the element
// follows the rules for older lists of LogicalTypes.md.
func (b *nodeBuilder) element(list *schema.GroupNode, inner schema.Node, def, rep int16) *rowNode {
	g, ok := inner.(*schema.GroupNode)
	if !ok || g.NumFields() != 1 || g.Field(0).RepetitionType() == parquet.Repetitions.Repeated ||
		g.Name() == "array" || g.Name() == list.Name()+"_tuple" {
		return b.content(inner, def, def, rep)
	}
	return b.field(g.Field(0), def, rep)
}

// repeatedGroup returns the repeated node that a list or a map has inside, nil
// when it has none, or more beside it: then it is a group like any other.
func repeatedGroup(g *schema.GroupNode) schema.Node {
	if g.NumFields() != 1 || g.Field(0).RepetitionType() != parquet.Repetitions.Repeated {
		return nil
	}
	return g.Field(0)
}

func isList(g *schema.GroupNode) bool {
	_, ok := g.LogicalType().(schema.ListLogicalType)
	return ok || g.ConvertedType() == schema.ConvertedTypes.List
}

func isMap(g *schema.GroupNode) bool {
	_, ok := g.LogicalType().(schema.MapLogicalType)
	return ok || g.ConvertedType() == schema.ConvertedTypes.Map || g.ConvertedType() == schema.ConvertedTypes.MapKeyValue
}

// isTextKeyed reports whether the entries of a map are the members of an object:
// a text, always there, and a value.
func isTextKeyed(inner schema.Node) bool {
	g, ok := inner.(*schema.GroupNode)
	if !ok || g.NumFields() != 2 {
		return false
	}
	key, ok := g.Field(0).(*schema.PrimitiveNode)
	if !ok || key.RepetitionType() != parquet.Repetitions.Required || key.PhysicalType() != parquet.Types.ByteArray {
		return false
	}
	switch key.LogicalType().(type) {
	case schema.StringLogicalType, schema.EnumLogicalType, schema.NoLogicalType, schema.UnknownLogicalType:
		return true
	}
	return false
}

// base64Mark is the member that binary values are under, and the beginning of
// names that are no UTF-8.
const base64Mark = "$base64"

// appendName appends the name of a member.
func appendName(dst []byte, name string) []byte {
	if !utf8.ValidString(name) || strings.HasPrefix(name, base64Mark+":") {
		name = base64Mark + ":" + base64.StdEncoding.EncodeToString([]byte(name))
	}
	return appendJSONText(dst, []byte(name))
}

// object writes an object of values that begin at the list of depth rep.
func (p *rowReader) object(members []*rowNode, rep int16) error {
	p.out.buf = append(p.out.buf, '{')
	for i, m := range members {
		if i > 0 {
			p.out.buf = append(p.out.buf, ',')
		}
		p.out.buf = append(p.out.buf, m.name...)
		if err := p.write(m, rep); err != nil {
			return err
		}
	}
	p.out.buf = append(p.out.buf, '}')
	return nil
}

// write writes the value of a node. It calls itself as deep as the schema nests.
func (p *rowReader) write(n *rowNode, rep int16) error {
	first := n.columns[0]
	def, err := first.level(rep)
	switch {
	case err != nil:
		return err
	case def < n.up:
		return first.pass(rep, n.up) // fails
	case def < n.def:
		p.out.word("null")
		return n.pass(rep, def)
	case n.kind == nodeValue:
		return first.put(&p.out)
	case n.kind == nodeObject:
		return p.object(n.children, rep)
	}
	return p.elements(n, rep, def)
}

// pass passes over the levels of a node that is not there, or has no elements.
func (n *rowNode) pass(rep, def int16) error {
	for _, c := range n.columns {
		if err := c.pass(rep, def); err != nil {
			return err
		}
	}
	return nil
}

// elements writes the elements of an array or a map.
func (p *rowReader) elements(n *rowNode, rep, def int16) error {
	brackets := "[]"
	if n.kind == nodeMap {
		brackets = "{}"
	}
	if def < n.item {
		p.out.word(brackets)
		return n.pass(rep, def)
	}
	p.out.word(brackets[:1])
	for {
		if err := p.element(n, rep); err != nil {
			return err
		}
		next, err := n.columns[0].next()
		if err != nil {
			return err
		}
		if next < n.rep {
			break
		}
		rep = n.rep // a deeper one is a fault, which the element finds
		p.out.word(",")
		if err := p.out.spill(); err != nil {
			return err
		}
	}
	p.out.word(brackets[1:])
	return nil
}

// element writes an element of an array, or an entry of a map.
func (p *rowReader) element(n *rowNode, rep int16) error {
	if n.kind == nodeArray {
		return p.write(n.children[0], rep)
	}
	key := n.columns[0]
	if _, err := key.level(rep); err != nil {
		return err
	}
	if err := key.putName(&p.out); err != nil {
		return err
	}
	p.out.word(":")
	return p.write(n.children[1], rep)
}
