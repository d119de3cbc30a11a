package formats

import (
	"bytes"
	"math"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// unit is the unit in which a log writes a number.
type unit uint8

const (
	unitNone unit = iota // of times: by the number of digits; else the column's own
	unitSecond
	unitMilli
	unitMicro
	unitNano
	unitUSD
)

// unitByName returns the unit that a map calls name.
func unitByName(name string) (unit, bool) {
	switch name {
	case "s":
		return unitSecond, true
	case "ms":
		return unitMilli, true
	case "us":
		return unitMicro, true
	case "ns":
		return unitNano, true
	case "usd":
		return unitUSD, true
	}
	return unitNone, false
}

func (u unit) String() string {
	return [...]string{"", "s", "ms", "us", "ns", "usd"}[u]
}

// fits reports whether values of the column have this unit.
func (u unit) fits(t ColumnType) bool {
	switch t {
	case ColumnTime, ColumnDuration:
		return u != unitUSD
	case ColumnCost:
		return u == unitUSD || u == unitNone
	}
	return u == unitNone
}

// micros returns the power of ten that makes microseconds of the unit.
func (u unit) micros() int {
	switch u {
	case unitSecond:
		return 6
	case unitMilli:
		return 3
	case unitNano:
		return -3
	}
	return 0
}

// assign sets a column of the event from a value of the log and reports whether
// the value is one that the column can hold; the event is unchanged when it is
// not. A null is none. Messages are added to those that are there.
func (c *Column) assign(d *Decoder, e *Event, v jsontape.Value, u unit) bool {
	if c.Ref == nil {
		return false
	}
	switch to := c.Ref(e).(type) {
	case *Text:
		return setTextColumn(d, c, to, v)
	case *string:
		t := v.Text()
		if t == nil {
			return false
		}
		*to = string(t)
	case *Int:
		return setIntColumn(c, to, v, u)
	case *Bool:
		b := truth(v)
		if !b.OK {
			return false
		}
		*to = b
	case *Time:
		t, _, problem := d.timeIn(v, u)
		if !t.OK || problem != "" {
			return false
		}
		*to = t
	case *[]Text:
		return setTexts(to, v)
	case *[]ID:
		return setIDs(to, v)
	case *[]Message:
		return setMessages(d, to, v)
	default:
		return setWord(c, to, v.Text())
	}
	return true
}

// setTextColumn takes a string, or a number or truth value as written; a column
// of JSON takes any list or object too.
func setTextColumn(d *Decoder, c *Column, to *Text, v jsontape.Value) bool {
	switch k := v.Kind(); {
	case k == jsontape.String:
		*to = v.Text()
	case k == jsontape.Number, k == jsontape.Bool:
		*to = v.Raw()
	case c.Type == ColumnJSON && (k == jsontape.Array || k == jsontape.Object):
		*to = rawJSON(d, v)
	default:
		return false
	}
	return true
}

// setIntColumn takes a number, or a string that holds one, in the given unit.
// Durations and costs are rounded to the unit of the column.
func setIntColumn(c *Column, to *Int, v jsontape.Value, u unit) bool {
	raw := scalar(v)
	var n int64
	var ok bool
	switch c.Type {
	case ColumnDuration:
		n, ok = scaled(raw, u.micros(), true)
	case ColumnCost:
		n, ok = scaled(raw, 9, true)
	default:
		n, ok = scaled(raw, 0, false)
	}
	if ok {
		*to = IntOf(n)
	}
	return ok
}

// setWord takes a word of the column's fixed set.
func setWord(c *Column, to any, word []byte) bool {
	for _, w := range words(c.Name) {
		if w != string(word) {
			continue
		}
		switch to := to.(type) {
		case *Plane:
			*to = Plane(w)
		case *Kind:
			*to = Kind(w)
		case *Outcome:
			*to = Outcome(w)
		case *ContentState:
			*to = ContentState(w)
		case *Precision:
			*to = Precision(w)
		default:
			return false
		}
		return true
	}
	return false
}

// setTexts takes a string, or a list of strings and numbers.
func setTexts(to *[]Text, v jsontape.Value) bool {
	if t := scalar(v); len(t) > 0 {
		*to = append(*to, t)
		return true
	}
	n := len(*to)
	for x := range v.Elements() {
		if t := scalar(x); len(t) > 0 {
			*to = append(*to, t)
		}
	}
	return len(*to) > n
}

// setIDs takes the list that other_ids is written as.
func setIDs(to *[]ID, v jsontape.Value) bool {
	n := len(*to)
	for x := range v.Elements() {
		kind, value := x.Get("kind").Text(), scalar(x.Get("value"))
		if len(kind) > 0 && len(value) > 0 {
			*to = append(*to, ID{string(kind), value})
		}
	}
	return len(*to) > n
}

// setMessages takes messages in any form that is known: a list of the bodies of
// providers, or of the OpenTelemetry GenAI conventions.
func setMessages(d *Decoder, to *[]Message, v jsontape.Value) bool {
	if v.Kind() == jsontape.String {
		if inner := parseInner(d, v.Text()); inner.Exists() {
			v = inner
		}
	}
	switch v.Kind() {
	case jsontape.Array:
		for m := range v.Elements() {
			addAnyMessage(d, to, m)
		}
		return true
	case jsontape.Object:
		addAnyMessage(d, to, v)
		return true
	}
	return false
}

// timeIn reads a time; a number in the given unit, if there is one.
func (d *Decoder) timeIn(v jsontape.Value, u unit) (Time, Precision, string) {
	if u == unitNone || u == unitUSD {
		return d.time(v)
	}
	n, ok := scaled(scalar(v), u.micros(), true)
	if !ok || n < minUnix*1e6 || n >= (maxUnix+1)*1e6 {
		return Time{}, "", " (not a time)"
	}
	return Time{n, true}, Precision(u.String()), ""
}

// maxDigits is how many digits of a number are read exactly; int64 holds 18.
const maxDigits = 18

// scaled returns the decimal number b times ten to the power of exp as an
// integer. What is left behind the point is rounded, half away from zero, or
// when round is false refused. It refuses what is no JSON number, and what does
// not fit. Floating point would make 0.0003 USD into 300000.0000000001.
func scaled(b []byte, exp int, round bool) (int64, bool) {
	neg := len(b) > 0 && b[0] == '-'
	if neg {
		b = b[1:]
	}
	if n, ok := digits(b); ok && len(b) > 0 && len(b) <= maxDigits { // as most are
		if n, ok = shift(n, exp, round); neg {
			n = -n
		}
		return n, ok
	}
	mantissa, point, ok := cutExponent(b)
	if !ok {
		return 0, false
	}
	exp += point
	whole, frac, dotted := bytes.Cut(mantissa, []byte{'.'})
	if len(whole) == 0 || dotted && len(frac) == 0 {
		return 0, false
	}
	var n int64
	seen := 0
	for i, c := range mantissa {
		if c == '.' && i == len(whole) {
			continue
		}
		if c < '0' || c > '9' {
			return 0, false
		}
		behind := i > len(whole)
		switch {
		case seen >= maxDigits && !round && c != '0':
			return 0, false
		case seen >= maxDigits && !behind:
			exp++ // too long to be read exactly; it will not fit unless exp is small
		case seen < maxDigits:
			n = n*10 + int64(c-'0')
			if n > 0 {
				seen++
			}
			if behind {
				exp--
			}
		}
	}
	n, ok = shift(n, exp, round)
	if neg {
		n = -n
	}
	return n, ok
}

// cutExponent cuts e+12 from a number.
func cutExponent(b []byte) (mantissa []byte, exp int, ok bool) {
	at := 0
	for at < len(b) && b[at]|0x20 != 'e' {
		at++
	}
	if at == len(b) {
		return b, 0, true
	}
	mantissa, b = b[:at], b[at+1:]
	sign := 1
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		if b[0] == '-' {
			sign = -1
		}
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 4 {
		return nil, 0, false
	}
	n, ok := digits(b)
	return mantissa, sign * int(n), ok
}

// shift returns n times ten to the power of exp.
func shift(n int64, exp int, round bool) (int64, bool) {
	for ; exp > 0 && n != 0; exp-- {
		if n > math.MaxInt64/10 {
			return 0, false
		}
		n *= 10
	}
	for ; exp < -1 && n != 0; exp++ {
		if !round && n%10 != 0 {
			return 0, false
		}
		n /= 10
	}
	if exp < 0 && n != 0 {
		if !round && n%10 != 0 {
			return 0, false
		}
		n = n/10 + n%10/5
	}
	return n, true
}
