package baseline

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// MaxSize bounds the text of a baseline, in bytes.
const MaxSize = 64 << 20

// Digest is the SHA-256 of the text of a baseline.
func Digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Encode writes a baseline in its one form: members in the order of the types, a
// subject a line, so that a comparison of two files by lines says who changed.
func Encode(b *Baseline) ([]byte, error) {
	head := *b
	head.Dimensions = nil
	text, err := marshal(head)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Write(bytes.TrimSuffix(text, []byte("null}")))
	out.WriteString("[")
	for i := range b.Dimensions {
		d := b.Dimensions[i]
		d.Subjects = nil
		if text, err = marshal(d); err != nil {
			return nil, err
		}
		out.WriteString(comma(i) + "\n")
		out.Write(bytes.TrimSuffix(text, []byte("null}")))
		out.WriteString("[")
		for k := range b.Dimensions[i].Subjects {
			if text, err = marshal(&b.Dimensions[i].Subjects[k]); err != nil {
				return nil, err
			}
			out.WriteString(comma(k) + "\n")
			out.Write(text)
		}
		out.WriteString("\n]}")
	}
	out.WriteString("\n]}\n")
	return out.Bytes(), nil
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

// marshal writes a value without the escapes for HTML.
func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("writing the baseline: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// Parse reads what Encode writes, with any white space between. Everything else is
// refused: what is unknown, twice, out of order or impossible.
func Parse(text []byte) (*Baseline, error) {
	b, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("reading the baseline: %w", err)
	}
	return b, nil
}

// saveAgain is what to do about a file that is not as Encode wrote it.
const saveAgain = "; make it again with exhibit baseline save"

func parse(text []byte) (*Baseline, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("it has more than %d bytes; save one of a shorter span, with --from", MaxSize)
	}
	// The version first: members of another one may be unknown.
	var version struct {
		Kind   string `json:"kind"`
		Schema int    `json:"schema"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, fmt.Errorf("it is no baseline: %w%s", err, saveAgain)
	}
	if version.Kind != Kind {
		return nil, fmt.Errorf("it is no baseline: its kind is %.40q and not %q%s", version.Kind, Kind, saveAgain)
	}
	if version.Schema < Oldest || version.Schema > Schema {
		return nil, fmt.Errorf("its schema is %d, and this version of exhibit reads %d to %d%s", version.Schema, Oldest, Schema, saveAgain)
	}
	b := &Baseline{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(b); err != nil {
		return nil, fmt.Errorf("%w%s", err, saveAgain)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the baseline" + saveAgain)
	}
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("%w%s", err, saveAgain)
	}
	// What is there twice, missing or written in another way comes out otherwise.
	again, err := Encode(b)
	if err != nil {
		return nil, err
	}
	var given, written bytes.Buffer
	if err := errors.Join(json.Compact(&given, text), json.Compact(&written, again)); err != nil {
		return nil, err
	}
	if !bytes.Equal(given.Bytes(), written.Bytes()) {
		at := 0
		for at < min(given.Len(), written.Len()) && given.Bytes()[at] == written.Bytes()[at] {
			at++
		}
		return nil, fmt.Errorf("it is not in the form in which exhibit writes it, from %.40q on%s", given.Bytes()[max(0, at-20):], saveAgain)
	}
	return b, nil
}

// check refuses what cannot be.
func (b *Baseline) check() error {
	if b.First > b.Last || b.Calls < 0 || b.Hours < 0 || b.Days < 0 {
		return errors.New("its span or its counts are impossible")
	}
	if err := b.checkCovers(); err != nil {
		return err
	}
	var names []string
	for i := range b.Dimensions {
		d := &b.Dimensions[i]
		names = append(names, d.Name)
		if err := d.Rest.check(); err != nil {
			return fmt.Errorf("dimension %.40q: %w", d.Name, err)
		}
		for k := range d.Subjects {
			s := &d.Subjects[k]
			if k > 0 && d.Subjects[k-1].Name >= s.Name {
				return fmt.Errorf("dimension %.40q: %.100q is not after the subject before", d.Name, s.Name)
			}
			err := s.check()
			if err == nil {
				err = s.checkLater(b.Schema, d.Name)
			}
			if err != nil {
				return fmt.Errorf("dimension %.40q: subject %.100q: %w", d.Name, s.Name, err)
			}
		}
	}
	if !slices.Equal(names, Dimensions()) {
		return fmt.Errorf("its dimensions are not %q", Dimensions())
	}
	return nil
}

// checkCovers refuses covers that cannot be, and those that a version cannot have.
func (b *Baseline) checkCovers() error {
	if len(b.Covers) > MaxCovers || (b.Schema < 2) != (b.Covers == nil) {
		return fmt.Errorf("a baseline of version %d with %d covers cannot be", b.Schema, len(b.Covers))
	}
	for i := range b.Covers {
		if c := &b.Covers[i]; c.First > c.Last || i > 0 && b.Covers[i-1].Provider >= c.Provider {
			return fmt.Errorf("the cover of %.40q is impossible or out of order", c.Provider)
		}
	}
	return nil
}

// checkLater refuses what cannot be of what version 2 added, and what a version or
// dimension cannot have of it.
func (s *Subject) checkLater(schema int, dimension string) error {
	hasNone := schema < 2 || dimension != "actor"
	if hasNone != (s.Seen == nil) || hasNone && s.Attribute(LookedAt) != nil || schema < 2 && s.Refusals != nil {
		return fmt.Errorf("a %s of version %d with or without seen, looked_at or refusals cannot be", dimension, schema)
	}
	if n := s.Seen; n != nil {
		if len(n.Days) > MaxSeenDays || strings.Trim(n.Days, "01") != "" || !strings.HasPrefix(n.Days, "1") || !strings.HasSuffix(n.Days, "1") {
			return errors.New("the days on which it was seen are impossible")
		}
	}
	if r := s.Refusals; r != nil && (r.Days < 1 || r.Talks < r.Days || r.Talks > min(s.Calls, maxTalks) || r.Refused < 0 || r.Refused > r.Talks) {
		return errors.New("its refusals are impossible")
	}
	return nil
}

// maxTalks is more conversations than there are, and few enough that those of all
// subjects can be added.
const maxTalks = 1e14

func (r *Rest) check() error {
	if r.Count < 0 || r.Calls < r.Count {
		return errors.New("the rest is impossible")
	}
	return nil
}

func (s *Subject) check() error {
	if s.Days < 1 || s.Hours < s.Days || s.Calls < s.Hours || s.First > s.Last {
		return errors.New("its calls, hours and days are impossible")
	}
	for i := range s.Week {
		if err := s.Week[i].check(); err != nil {
			return err
		}
		if i > 0 && s.Week[i-1].Of() >= s.Week[i].Of() {
			return errors.New("its hours of the week are out of order")
		}
	}
	for i := range s.Volumes {
		if err := s.Volumes[i].check(); err != nil {
			return err
		}
		if i > 0 && s.Volumes[i-1].rank() >= s.Volumes[i].rank() {
			return errors.New("its volumes are out of order")
		}
	}
	for i := range s.Values {
		if err := s.Values[i].check(); err != nil {
			return fmt.Errorf("attribute %.40q: %w", s.Values[i].Name, err)
		}
		if i > 0 && slices.Index(Attributes(), s.Values[i-1].Name) >= slices.Index(Attributes(), s.Values[i].Name) {
			return errors.New("its attributes are out of order")
		}
	}
	return nil
}

// weekHours is how many hours a week has.
const weekHours = 7 * 24

func (h *Hour) check() error {
	for i, v := range h {
		if (v == nil && i < 4) || (v != nil && *v < 0) {
			return errors.New("an hour of its week has impossible numbers")
		}
	}
	if h.Of() >= weekHours || h.Seen() < 1 || h.Calls() < h.Seen() || *h.Most(0) < 1 || *h.Most(0) > h.Calls() {
		return errors.New("an hour of its week has impossible numbers")
	}
	return nil
}

// rank is the place of a volume among those of a subject.
func (v *Volume) rank() int {
	return 2*slices.Index(Measures(), v.Measure) + slices.Index([]string{PerHour, PerDay}, v.Per)
}

// What a volume is counted by.
const (
	PerHour = "hour"
	PerDay  = "day"
)

func (v *Volume) check() error {
	switch {
	case !slices.Contains(Measures(), v.Measure) || v.Per != PerHour && v.Per != PerDay:
		return fmt.Errorf("there is no volume %.40q by %.40q", v.Measure, v.Per)
	case v.N < 1 || v.Most < 0 || v.Centre < 0 || v.Scale < 0 || v.Centre > math.Log1p(math.MaxInt64) || v.Scale > 1e3:
		return fmt.Errorf("the volume %s by %s has impossible numbers", v.Measure, v.Per)
	}
	return nil
}

func (a *Attribute) check() error {
	if !slices.Contains(Attributes(), a.Name) {
		return errors.New("there is no such attribute")
	}
	if err := a.Rest.check(); err != nil {
		return err
	}
	for i := range a.Known {
		v := &a.Known[i]
		if v.Hours < 1 || v.Calls < v.Hours || v.First > v.Last {
			return fmt.Errorf("the value %.100q has impossible numbers", v.Value)
		}
		if i > 0 && a.Known[i-1].Value >= v.Value {
			return fmt.Errorf("the value %.100q is not after the one before", v.Value)
		}
	}
	return nil
}
