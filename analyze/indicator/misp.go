package indicator

import (
	"encoding/json"
	"fmt"
	"strings"
)

// mispAttribute is an attribute of MISP
// (https://www.misp-standard.org/rfc/misp-standard-core.html).
type mispAttribute struct {
	UUID     string          `json:"uuid"`
	Type     string          `json:"type"`
	Category string          `json:"category"`
	Value    json.RawMessage `json:"value"`
	Comment  string          `json:"comment"`
	ToIDs    mispBool        `json:"to_ids"`
	Deleted  mispBool        `json:"deleted"`
}

// mispBool is a truth value, which older versions write as "0" and "1".
type mispBool bool

// UnmarshalJSON implements [json.Unmarshaler].
func (b *mispBool) UnmarshalJSON(data []byte) error {
	*b = mispBool(truth(strings.Trim(string(data), `"`)))
	return nil
}

// attribute reads the nth attribute.
func (w *documentWalk) attribute(data []byte, n int) error {
	var a mispAttribute
	place := fmt.Sprintf("attribute %d", n)
	if err := json.Unmarshal(data, &a); err != nil {
		return w.p.problem(place, string(data), "no attribute as MISP writes them")
	}
	if a.UUID != "" {
		place = "attribute " + shortened(a.UUID)
	}
	switch {
	case bool(a.Deleted):
		w.p.list.Deleted++
		return nil
	case !bool(a.ToIDs) && !w.p.o.All:
		w.p.list.NotForDetection++
		return nil
	}
	var value string
	if err := json.Unmarshal(a.Value, &value); err != nil {
		return w.p.problem(place, string(a.Value), "the value is no text")
	}
	label := a.Comment
	for _, other := range []string{w.info, a.Category} {
		if label == "" {
			label = other
		}
	}
	return w.p.ofWord(a.Type, value, label, place)
}
