package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// maxInteger is 2^53-1, the largest integer that every JSON reader keeps exactly (RFC 7493, section 2.2).
	maxInteger = 1<<53 - 1
	// maxDepth bounds nesting, and with it the recursion below. Our own entries nest to about 5.
	maxDepth = 64
)

// Canonical returns v as canonical JSON by RFC 8785, restricted to values that have one undisputed spelling: objects,
// arrays, strings, booleans, null and integers within ±(2^53-1). A float, a larger integer, invalid UTF-8 or a repeated
// key is an error; write such a number as a string, such a path with EscapePath. Struct tags work as in encoding/json.
func Canonical(v any) ([]byte, error) {
	// encoding/json would replace invalid UTF-8 without a word and print 1.0 as 1, so both are looked for first.
	if err := checkValue(reflect.ValueOf(v), 0); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding canonical JSON: %w", err)
	}
	return Canonicalize(raw)
}

// Canonicalize returns the canonical spelling of one JSON text, under the same limits as Canonical.
func Canonicalize(raw []byte) ([]byte, error) {
	v, err := parseJSON(raw)
	if err != nil {
		return nil, err
	}
	return appendValue(make([]byte, 0, len(raw)), v), nil
}

// parseJSON reads one JSON text into nil, bool, int64, string, []any and []member.
func parseJSON(raw []byte) (any, error) {
	if !utf8.Valid(raw) {
		return nil, errors.New("reading canonical JSON: invalid UTF-8")
	}
	if !json.Valid(raw) {
		return nil, errors.New("reading canonical JSON: not one JSON text")
	}
	p := parser{data: raw}
	v, err := p.value(0)
	if err != nil {
		return nil, fmt.Errorf("reading canonical JSON at offset %d: %w", p.pos, err)
	}
	return v, nil
}

// checkValue refuses what encoding/json would alter silently: invalid UTF-8 in strings, and floats.
func checkValue(v reflect.Value, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("encoding canonical JSON: nested deeper than %d", maxDepth)
	}
	switch v.Kind() {
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return fmt.Errorf("encoding canonical JSON: invalid UTF-8 in %q", v.String())
		}
	case reflect.Float32, reflect.Float64:
		return errors.New("encoding canonical JSON: a float has no place here: write it as a string")
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return checkValue(v.Elem(), depth+1)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil // bytes become base64, or are JSON already and checked as such
		}
		for i := range v.Len() {
			if err := checkValue(v.Index(i), depth+1); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if err := errors.Join(checkValue(it.Key(), depth+1), checkValue(it.Value(), depth+1)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); !f.IsExported() && !f.Anonymous || f.Tag.Get("json") == "-" {
				continue
			}
			if err := checkValue(v.Field(i), depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// member is one name and value of an object; an object is held as []member.
type member struct {
	key   string
	value any
}

// parser reads JSON text that json.Valid has accepted.
type parser struct {
	data []byte
	pos  int
}

// peek skips white space and returns the next byte, 0 at the end.
func (p *parser) peek() byte {
	for ; p.pos < len(p.data); p.pos++ {
		switch c := p.data[p.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (p *parser) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	switch p.peek() {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		return p.text()
	case 't':
		p.pos += len("true")
		return true, nil
	case 'f':
		p.pos += len("false")
		return false, nil
	case 'n':
		p.pos += len("null")
		return nil, nil
	default:
		return p.integer()
	}
}

func (p *parser) object(depth int) (any, error) {
	members := make([]member, 0, 8)
	for p.pos++; p.peek() != '}'; {
		if p.peek() == ',' {
			p.pos++
			p.peek()
		}
		key, err := p.text()
		if err != nil {
			return nil, err
		}
		p.peek()
		p.pos++ // the colon
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		members = append(members, member{key, v})
	}
	p.pos++
	slices.SortFunc(members, func(a, b member) int { return compareUTF16(a.key, b.key) })
	for i := 1; i < len(members); i++ {
		if members[i].key == members[i-1].key {
			return nil, fmt.Errorf("key %q stands twice in the object that ends here", members[i].key)
		}
	}
	return members, nil
}

func (p *parser) array(depth int) (any, error) {
	list := []any{}
	for p.pos++; p.peek() != ']'; {
		if p.peek() == ',' {
			p.pos++
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	p.pos++
	return list, nil
}

func (p *parser) integer() (any, error) {
	start := p.pos
	for p.pos < len(p.data) && strings.IndexByte("+-.0123456789eE", p.data[p.pos]) >= 0 {
		p.pos++
	}
	s := string(p.data[start:p.pos])
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > maxInteger || n < -maxInteger || s == "-0" {
		return nil, fmt.Errorf("number %.40q is not an integer within ±(2^53-1): write it as a string", s)
	}
	return n, nil
}

// text reads a string, resolving escapes. A lone surrogate has no UTF-8 and is refused.
func (p *parser) text() (string, error) {
	p.pos++
	start := p.pos
	var out []byte // nil while the string has no escape
	for p.data[p.pos] != '"' {
		if p.data[p.pos] != '\\' {
			if out != nil {
				out = append(out, p.data[p.pos])
			}
			p.pos++
			continue
		}
		if out == nil {
			out = append(make([]byte, 0, p.pos-start+16), p.data[start:p.pos]...)
		}
		r, err := p.escape()
		if err != nil {
			return "", err
		}
		out = utf8.AppendRune(out, r)
	}
	end := p.pos
	p.pos++
	if out == nil {
		return string(p.data[start:end]), nil
	}
	return string(out), nil
}

// escape reads one escape sequence, or two where they make up a surrogate pair.
func (p *parser) escape() (rune, error) {
	c := p.data[p.pos+1]
	if c != 'u' {
		p.pos += 2
		if i := strings.IndexByte("bfnrt", c); i >= 0 {
			return rune("\b\f\n\r\t"[i]), nil
		}
		return rune(c), nil // one of " \ /
	}
	r := p.hex4()
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if p.data[p.pos] == '\\' && p.data[p.pos+1] == 'u' {
		if r = utf16.DecodeRune(r, p.hex4()); r != utf8.RuneError {
			return r, nil
		}
	}
	return 0, errors.New("lone surrogate in a string")
}

// hex4 reads \uXXXX, whose digits json.Valid has seen.
func (p *parser) hex4() rune {
	n, _ := strconv.ParseUint(string(p.data[p.pos+2:p.pos+6]), 16, 32)
	p.pos += 6
	return rune(n)
}

// compareUTF16 orders strings by their UTF-16 code units, as RFC 8785 section 3.2.3 wants: it differs from byte order
// only in that U+10000 and up (surrogates D800 to DFFF) come before U+E000 to U+FFFF.
func compareUTF16(a, b string) int {
	for a != "" && b != "" {
		ra, na := utf8.DecodeRuneInString(a)
		rb, nb := utf8.DecodeRuneInString(b)
		if ra != rb && ra < 0x10000 && rb < 0x10000 {
			return int(ra) - int(rb)
		}
		if ra != rb {
			return slices.Compare(utf16.AppendRune(nil, ra), utf16.AppendRune(nil, rb))
		}
		a, b = a[na:], b[nb:]
	}
	return len(a) - len(b)
}

func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case string:
		return appendString(dst, v)
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, e)
		}
		return append(dst, ']')
	case []member:
		dst = append(dst, '{')
		for i, m := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, m.key)
			dst = append(dst, ':')
			dst = appendValue(dst, m.value)
		}
		return append(dst, '}')
	}
	return dst // unreachable: the parser makes nothing else
}

// appendString escapes as RFC 8785 section 3.2.2.2: the short escapes where JSON has them, \u00xx for the other control
// characters, everything else as it is.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= 0x20:
			dst = append(dst, c)
		case strings.IndexByte("\b\f\n\r\t", c) >= 0:
			dst = append(dst, '\\', "bfnrt"[strings.IndexByte("\b\f\n\r\t", c)])
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(dst, '"')
}
