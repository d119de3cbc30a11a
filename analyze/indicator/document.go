package indicator

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// documentWalk reads a bundle of STIX, which has objects, or what MISP exports,
// where events hold attributes and objects, which hold attributes; piece by
// piece, so that only one of them is in memory twice.
type documentWalk struct {
	p    *parser
	dec  *json.Decoder
	info string // of the event of MISP
	n    int    // attributes or objects so far
}

// document reads a list in JSON.
func (p *parser) document(data []byte) error {
	w := &documentWalk{p: p, dec: json.NewDecoder(bytes.NewReader(data))}
	if err := w.value(0); err != nil {
		return fmt.Errorf("reading JSON: %w", err)
	}
	if p.list.Form == "" {
		return fmt.Errorf("%w: JSON that is neither a STIX bundle (with objects) nor of MISP (with Event or Attribute)", ErrNoList)
	}
	return nil
}

// maxDocumentDepth is deeper than response, event, object, attribute.
const maxDocumentDepth = 12

// value reads a list or an object in which indicators may be.
func (w *documentWalk) value(depth int) error {
	token, err := w.dec.Token()
	if err != nil {
		return err
	}
	switch {
	case depth > maxDocumentDepth:
		return fmt.Errorf("events and objects more than %d deep", maxDocumentDepth)
	case token == json.Delim('['):
		for w.dec.More() {
			if err := w.value(depth + 1); err != nil {
				return err
			}
		}
	case token == json.Delim('{'):
		for w.dec.More() {
			if err := w.member(depth + 1); err != nil {
				return err
			}
		}
	default:
		return nil
	}
	_, err = w.dec.Token() // the end
	return err
}

// member reads a member of an object.
func (w *documentWalk) member(depth int) error {
	name, err := w.dec.Token()
	if err != nil {
		return err
	}
	switch name {
	case "objects":
		w.p.list.Form = "stix"
		return w.items("objects", w.p.stixObject)
	case "Attribute":
		w.p.list.Form = "misp"
		return w.items("Attribute", func(data []byte, n int) error { return w.attribute(data, n) })
	case "Event":
		w.p.list.Form, w.info = "misp", ""
		return w.value(depth)
	case "response", "Object":
		return w.value(depth)
	}
	var skipped json.RawMessage
	if err := w.dec.Decode(&skipped); err != nil {
		return err
	}
	if name == "info" && skipped[0] == '"' {
		return json.Unmarshal(skipped, &w.info)
	}
	return nil
}

// items hands each item of a list to a function, with its number.
func (w *documentWalk) items(name string, item func(data []byte, n int) error) error {
	if start, err := w.dec.Token(); err != nil || start != json.Delim('[') {
		return fmt.Errorf("%s is no list", name)
	}
	for w.dec.More() {
		var data json.RawMessage
		if err := w.dec.Decode(&data); err != nil {
			return err
		}
		w.n++
		if err := item(data, w.n); err != nil {
			return err
		}
	}
	_, err := w.dec.Token() // the end
	return err
}
