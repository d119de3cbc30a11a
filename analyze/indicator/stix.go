package indicator

import (
	"encoding/json"
	"fmt"
	"strings"
)

// stixObject is what counts of an object of a bundle
// (https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html, section 4.7).
type stixObject struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Pattern     string `json:"pattern"`
	PatternType string `json:"pattern_type"`
	Revoked     bool   `json:"revoked"`
}

func (p *parser) stixObject(data []byte, n int) error {
	var o stixObject
	place := fmt.Sprintf("object %d", n)
	if err := json.Unmarshal(data, &o); err != nil {
		return p.problem(place, string(data), "no object as STIX has them")
	}
	switch {
	case o.Type != "indicator":
		p.list.Other++
		return nil
	case o.Revoked:
		p.list.Deleted++
		return nil
	case o.PatternType != "" && o.PatternType != "stix":
		return p.problem(o.where(place), o.Pattern, "a pattern in the language "+quoted(o.PatternType))
	}
	return p.pattern(&o, o.where(place))
}

// where is the id of an object, or its place.
func (o *stixObject) where(place string) string {
	if o.ID == "" {
		return place
	}
	return shortened(o.ID)
}

// pattern adds the indicator of a pattern. Alternatives that cannot be matched
// are listed; the others are matched without them.
func (p *parser) pattern(o *stixObject, place string) error {
	alternatives, err := parsePattern(o.Pattern)
	if err != nil {
		return p.problem(place, o.Pattern, err.Error())
	}
	in := Indicator{Type: Pattern, Value: o.Pattern, Label: o.Name, Place: place}
	if in.Label == "" {
		in.Label = o.Description
	}
	reasons := map[string]bool{}
	for _, all := range alternatives {
		reason := all.reason()
		if reason == "" {
			in.Any = append(in.Any, all.literals())
			continue
		}
		if !reasons[reason] {
			reasons[reason] = true
			if err := p.problem(place, o.Pattern, reason); err != nil {
				return err
			}
		}
	}
	if len(in.Any) == 0 {
		return nil
	}
	if len(in.Any) == 1 && len(in.Any[0]) == 1 {
		in.Type, in.Value = in.Any[0][0].Type, in.Any[0][0].Value
		if in.Written = o.Pattern; len(reasons) == 0 && strings.Contains(o.Pattern, in.Value) {
			in.Written = ""
		}
	}
	return p.add(in)
}
