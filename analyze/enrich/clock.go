package enrich

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Correction says how far the clock of a source was off.
type Correction struct {
	// Source is the name of a log format, or the SHA-256 of one piece of
	// evidence in full.
	Source string
	Add    time.Duration // what to add to the logged time to get the true one
	Reason string        // how that is known, in the words of the examiner; may be ""
}

// maxCorrection is a century: no clock is off by more.
const maxCorrection = 100 * 366 * 24 * time.Hour

// maxReason bounds the reason for a correction, in bytes.
const maxReason = 1000

// ParseCorrection reads a distance in time such as +1m30s or -250ms.
func ParseCorrection(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%.40q is no distance in time such as +1m30s or -250ms", text)
	}
	if d.Truncate(time.Microsecond) != d || d.Abs() > maxCorrection {
		return 0, fmt.Errorf("%.40q is not whole microseconds, or more than a century", text)
	}
	return d, nil
}

// CheckReason says why a text cannot be the reason for a correction.
func CheckReason(text string) error {
	switch {
	case len(text) > maxReason:
		return fmt.Errorf("a reason has %d bytes at most", maxReason)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return errors.New("a reason is one line of text")
	}
	return nil
}

// FormatCorrection shows a distance in time with its sign: +1m30s.
func FormatCorrection(d time.Duration) string {
	if d >= 0 {
		return "+" + d.String()
	}
	return d.String()
}

// Clocks knows whose clock was off.
type Clocks struct {
	list []Correction // by source, one for each
}

// clockHeader is the first line of a list of corrections.
func clockHeader() []string { return []string{"source", "add", "reason"} }

// ParseClocks reads the list that [Clocks.CSV] writes.
func ParseClocks(name string, text []byte) (*Clocks, error) {
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err == nil && (len(rows) == 0 || !slices.Equal(rows[0], clockHeader())) {
		err = errors.New("the first line must be " + strings.Join(clockHeader(), ","))
	}
	if err != nil {
		return nil, fmt.Errorf("reading clock corrections %s: %w", name, err)
	}
	c := &Clocks{}
	for i, r := range rows[1:] {
		add, err := ParseCorrection(r[1])
		if err == nil {
			err = CheckReason(r[2])
		}
		if _, known := c.find(r[0]); err == nil && (r[0] == "" || known) {
			err = fmt.Errorf("the source %.80q is empty or there twice", r[0])
		}
		if err != nil {
			return nil, fmt.Errorf("reading clock corrections %s:%d: %w", name, i+2, err)
		}
		c.Set(Correction{Source: r[0], Add: add, Reason: r[2]})
	}
	return c, nil
}

// CSV writes the list: source, what to add to its times, and the reason.
func (c *Clocks) CSV() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{clockHeader()}
	for _, x := range c.list {
		rows = append(rows, []string{x.Source, FormatCorrection(x.Add), x.Reason})
	}
	// A buffer takes everything, so that nothing can fail.
	_ = w.WriteAll(rows)
	return b.Bytes()
}

func (c *Clocks) find(source string) (int, bool) {
	return slices.BinarySearchFunc(c.list, source, func(x Correction, s string) int { return cmp.Compare(x.Source, s) })
}

// Set adds a correction, in place of the one that its source has.
func (c *Clocks) Set(x Correction) {
	i, known := c.find(x.Source)
	if !known {
		c.list = slices.Insert(c.list, i, Correction{})
	}
	c.list[i] = x
}

// Remove takes the correction of a source away.
func (c *Clocks) Remove(source string) {
	if i, known := c.find(source); known {
		c.list = slices.Delete(c.list, i, i+1)
	}
}

// List returns the corrections, by source.
func (c *Clocks) List() []Correction { return slices.Clone(c.list) }

// Of returns the correction of a piece of evidence: its own, else that of its
// format.
func (c *Clocks) Of(format, evidence string) (Correction, bool) {
	for _, source := range []string{evidence, format} {
		if i, known := c.find(source); known {
			return c.list[i], true
		}
	}
	return Correction{}, false
}
