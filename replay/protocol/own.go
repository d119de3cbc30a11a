package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/exhibit-forensics/exhibit/replay"
)

// ownBody returns the logged bytes of a body with the model, and where asked
// for the seed, put in place of what stands there. Nothing else is touched.
func ownBody(body []byte, p replay.Protocol, o Options) ([]byte, error) {
	out := body
	var err error
	if p != replay.Converse { // there the path names the model
		if out, err = setMember(out, "model", o.Model); err != nil {
			return nil, err
		}
	}
	if o.Seed == nil {
		return out, nil
	}
	switch p {
	case replay.OpenAIChat:
		return setMember(out, "seed", *o.Seed)
	case replay.Ollama:
		return setInner(out, "options", "seed", *o.Seed)
	}
	return out, nil // these protocols have no seed
}

// setMember replaces the value of a member of the outermost object, or adds the
// member at its end.
func setMember(body []byte, name string, value any) ([]byte, error) {
	text, err := marshal(value)
	if err != nil {
		return nil, err
	}
	from, to, err := memberAt(body, name)
	if err != nil {
		return nil, err
	}
	if from >= 0 {
		return splice(body, from, to, text), nil
	}
	end := bytes.LastIndexByte(body, '}')
	head := bytes.TrimRight(body[:end], " \t\r\n")
	entry := strconv.AppendQuote(nil, name)
	if head[len(head)-1] != '{' {
		entry = append([]byte{','}, entry...)
	}
	return splice(body, len(head), len(head), append(append(entry, ':'), text...)), nil
}

// setInner is setMember for a member of an object that is itself a member.
func setInner(body []byte, outer, name string, value any) ([]byte, error) {
	from, to, err := memberAt(body, outer)
	if err != nil {
		return nil, err
	}
	if from < 0 {
		return setMember(body, outer, object{{name, value}})
	}
	inner, err := setMember(body[from:to], name, value)
	if err != nil {
		return nil, err
	}
	return splice(body, from, to, inner), nil
}

func splice(body []byte, from, to int, text []byte) []byte {
	out := make([]byte, 0, len(body)-(to-from)+len(text))
	return append(append(append(out, body[:from]...), text...), body[to:]...)
}

var errNoObject = errors.New("it is no JSON object")

// memberAt returns where the value of a member of the outermost object stands;
// -1 when there is none. Of a name that is repeated the last counts, as nearly
// all parsers read it.
func memberAt(body []byte, name string) (from, to int, err error) {
	from, to = -1, -1
	d := json.NewDecoder(bytes.NewReader(body))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return 0, 0, errNoObject
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return 0, 0, fmt.Errorf("%w: %w", errNoObject, err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return 0, 0, fmt.Errorf("%w: %w", errNoObject, err)
		}
		if key == name {
			to = int(d.InputOffset())
			from = to - len(value)
		}
	}
	if _, err := d.Token(); err != nil {
		return 0, 0, fmt.Errorf("%w: %w", errNoObject, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return 0, 0, fmt.Errorf("%w: more follows it", errNoObject)
	}
	return from, to, nil
}
