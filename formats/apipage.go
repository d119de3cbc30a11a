package formats

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// The administrative APIs of OpenAI and Anthropic answer in pages: an object
// whose member data lists the records, beside has_more, first_id, last_id or
// next_page. What is here serves the formats of such records, which people keep
// as the pages came, joined to an array, or a record a line.

// maxLooked is how many records of a list detection looks at: one that is
// damaged or of a type of its own must not hide the others.
const maxLooked = 10

// detectPage reports why a sample is no page, array or line of the records that
// is recognises.
func detectPage(s *Sample, is func(jsontape.Value) bool, why string) error {
	v := s.First
	if !v.Exists() {
		return errors.New("it does not begin with JSON")
	}
	if list := pageList(v); list != "" {
		v = v.Get(list)
	}
	if v.Kind() != jsontape.Array {
		if is(v) {
			return nil
		}
		return errors.New(why)
	}
	n := 0
	for record := range v.Elements() {
		if is(record) {
			return nil
		}
		if n++; n == maxLooked {
			break
		}
	}
	return errors.New(why)
}

// pageList returns the name of the member that lists the records of a page, ""
// where there is none: data in replies, requests in what is sent to create a
// Message Batch.
func pageList(v jsontape.Value) string {
	for _, name := range [...]string{"data", "requests"} {
		if v.Get(name).Kind() == jsontape.Array {
			return name
		}
	}
	return ""
}

// pageFraming cuts the records of pages; without a page it is JSON of whatever
// shape.
func pageFraming(s *Sample) Framing {
	if list := pageList(s.First); list != "" {
		return Framing{Kind: FrameArray, Path: list}
	}
	return JSONFraming(s)
}

// recordObject parses a record that must be an object.
func recordObject(d *Decoder, record []byte, format string) (jsontape.Value, error) {
	if err := d.JSON.Parse(record); err != nil {
		return jsontape.Value{}, err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return v, fmt.Errorf("decoding %s record: want an object, not %s", format, v.Kind())
	}
	return v, nil
}

// inlined returns an object or list that a table, which has no other place for
// it, holds as a text of JSON; every other value as it is.
func inlined(d *Decoder, v jsontape.Value) jsontape.Value {
	if t := v.Text(); len(t) > 0 && (t[0] == '{' || t[0] == '[') {
		if inner := parseInner(d, t); inner.Exists() {
			return inner
		}
	}
	return v
}

// unfolded is [inlined] for members of an object: it returns the object with those
// of the names that are texts of JSON opened. The object itself is returned where
// none is.
func unfolded(d *Decoder, v jsontape.Value, names ...string) jsontape.Value {
	folded := func(key []byte, m jsontape.Value) bool {
		t := m.Text()
		return len(t) > 0 && (t[0] == '{' || t[0] == '[') && slices.Contains(names, string(key)) && json.Valid(t)
	}
	some := false
	for key, m := range v.Members() {
		some = some || folded(key, m)
	}
	if !some {
		return v
	}
	object := append(make([]byte, 0, len(v.Raw())), '{')
	for key, m := range v.Members() {
		if len(object) > 1 {
			object = append(object, ',')
		}
		object = append(appendString(object, key), ':')
		if folded(key, m) {
			object = append(object, m.Text()...)
		} else {
			object = append(object, m.Raw()...)
		}
	}
	if inner := parseInner(d, append(object, '}')); inner.Exists() {
		return inner
	}
	return v
}

// dollars returns an amount in the unit of cost_usd. It is written in units of
// ten to the power of exp dollars, -2 for cents. Other currencies are NULL.
func dollars(amount, currency jsontape.Value, exp int) Int {
	switch string(currency.Text()) {
	case "usd", "USD":
		n, ok := scaled(scalar(amount), 9+exp, true)
		return Int{n, ok}
	}
	return Int{}
}

// setPeriod sets the period that a total sums up.
func setPeriod(d *Decoder, e *Event, field string, start, end jsontape.Value) {
	d.SetTime(e, field, start)
	if t, _, problem := d.time(end); problem == "" {
		e.TSEnd = t
	}
}
