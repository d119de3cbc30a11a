package enrich

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// People knows who is behind an identity: a principal, a credential id, an
// e-mail address, a user id.
type People struct {
	exact    map[string]Identity
	prefixes []prefixIdentity // longest first
}

// An Identity is what a list says of a value of a log.
type Identity struct {
	// Person is who is behind the value; "" when nobody is, because many
	// people or programs share it.
	Person string
	// Role is what the list calls it: "service", "admin", a team; may be "".
	Role string
}

type prefixIdentity struct {
	prefix string
	Identity
}

// ParsePeople reads a list of identities: CSV with a header of person, value
// and, if wanted, role. A person has a line for each value. A value that ends
// in * stands for all values that begin so: the sessions of a role. A line
// without a person marks a value that many share, a gateway's role for
// instance: it is nobody, and teaches nothing about anybody.
func ParsePeople(name string, text []byte) (*People, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.Comment, r.TrimLeadingSpace, r.FieldsPerRecord = '#', true, -1
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("reading users %s: %w", name, err)
	}
	at := map[string]int{}
	for i, h := range header {
		at[strings.ToLower(strings.TrimSpace(h))] = i
	}
	person, okPerson := at["person"]
	value, okValue := at["value"]
	if !okPerson || !okValue {
		return nil, fmt.Errorf("reading users %s: the first line must name the columns person and value", name)
	}
	role, okRole := at["role"]
	if !okRole {
		role = -1
	}
	p := &People{exact: map[string]Identity{}}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading users %s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		if err := p.add(field(rec, value), Identity{field(rec, person), field(rec, role)}); err != nil {
			return nil, fmt.Errorf("reading users %s:%d: %w", name, line, err)
		}
	}
	slices.SortFunc(p.prefixes, func(a, b prefixIdentity) int { return len(b.prefix) - len(a.prefix) })
	return p, nil
}

// field returns a field of a row, "" where the row is too short.
func field(rec []string, i int) string {
	if i < 0 || i >= len(rec) {
		return ""
	}
	return strings.TrimSpace(rec[i])
}

func (p *People) add(value string, id Identity) error {
	switch {
	case value == "" || value == "*":
		return errors.New("the value is empty")
	case id == Identity{}:
		return fmt.Errorf("%s has neither person nor role", value)
	}
	prefix, isPrefix := strings.CutSuffix(value, "*")
	if !isPrefix {
		if before, ok := p.exact[value]; ok && before != id {
			return fmt.Errorf("%s stands for %q already", value, before.Person)
		}
		p.exact[value] = id
		return nil
	}
	for _, q := range p.prefixes {
		if q.prefix == prefix && q.Identity != id {
			return fmt.Errorf("%s stands for %q already", value, q.Person)
		}
	}
	p.prefixes = append(p.prefixes, prefixIdentity{prefix, id})
	return nil
}

// Len is the number of values and prefixes in the list.
func (p *People) Len() int { return len(p.exact) + len(p.prefixes) }

// Identify returns what the list says of a value: of the value itself, else of
// the longest prefix. Values are compared byte by byte.
func (p *People) Identify(value string) (Identity, bool) {
	if id, ok := p.exact[value]; ok {
		return id, true
	}
	for _, q := range p.prefixes {
		if strings.HasPrefix(value, q.prefix) {
			return q.Identity, true
		}
	}
	return Identity{}, false
}
