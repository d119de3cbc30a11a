package rules

import (
	"net/netip"
	"regexp"
)

// expr is a detection without its names: what must hold of a record.
type expr struct {
	op   op
	kids []*expr
	item *item // of opItem
}

type op uint8

const (
	opAnd op = iota // true of none
	opOr            // false of none
	opNot           // of the one below it
	opItem
)

// item is one line of a detection: a field and what it may be.
type item struct {
	field string // "" for keywords
	line  int
	all   bool // every value must match, else one
	neq   bool // not that
	// values are the values of the list; what one became by modifiers such as
	// windash is any of its forms.
	values [][]value
}

// value is what a field is compared with.
type value struct {
	kind  valueKind
	text  pattern // of valueText
	cased bool    // of valueText and valueField
	name  string  // the other field of valueField, the expression of valueRegex
	// before and behind say that the text may have more before or behind it in
	// valueField.
	before, behind bool
	number         float64 // of valueNumber, valueCompare and valuePart
	whole          string  // the digits of a whole number
	compare        string  // SQL's operator in valueCompare and valuePart
	part           string  // of a time: minute, hour ...
	yes            bool    // of valueBool and valueExists
	network        netip.Prefix
}

type valueKind uint8

const (
	valueText valueKind = iota
	valueNumber
	valueBool
	valueNull
	valueRegex
	valueCompare
	valueField
	valueExists
	valueNetwork
	valuePart
)

// number matches how numbers are written, in rules and in logs.
var number = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func isNumber(s string) bool { return number.MatchString(s) }

// walk calls visit for every item.
func (e *expr) walk(visit func(*item)) {
	if e.item != nil {
		visit(e.item)
	}
	for _, k := range e.kids {
		k.walk(visit)
	}
}
