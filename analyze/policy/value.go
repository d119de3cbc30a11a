package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	// Time zones by name must work where the system has no list of them.
	_ "time/tzdata"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// text is a text for people, of one line or several.
type text string

func (t *text) read(s string) error {
	*t = text(s)
	return checkText(s)
}

func checkText(s string) error {
	switch {
	case strings.TrimSpace(s) == "":
		return errors.New("it is empty: leave it out")
	case len(s) > maxText:
		return fmt.Errorf("it has %d bytes, more than %d", len(s), maxText)
	case !utf8.ValidString(s):
		return errors.New("it must be UTF-8")
	}
	for _, r := range s {
		if hidden(r) && r != '\n' {
			return fmt.Errorf("it holds the character %U, which cannot be seen", r)
		}
	}
	return nil
}

// name is what rules, groups and detectors are called.
type name string

var nameShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$`)

func (n *name) read(s string) error {
	*n = name(s)
	if !nameShape.MatchString(s) {
		return fmt.Errorf("%q is no name: want up to 100 letters, digits and ._@-, the first a letter or digit", s)
	}
	return nil
}

// groupName is the name of a group where a rule uses it.
type groupName struct {
	place
	name name
}

func (g *groupName) read(s string) error { return g.name.read(s) }

func (g *Glob) read(s string) error { return g.readAs(s, false) }

func (g *Glob) readAs(s string, path bool) error {
	parsed, err := parseGlob(s, path)
	parsed.place = g.place
	*g = parsed
	return err
}

// pathGlob is a pattern for paths: below /, ~/, or the letter of a drive.
type pathGlob struct{ Glob }

func (g *pathGlob) read(s string) error {
	if err := g.readAs(s, true); err != nil {
		return err
	}
	if !rooted(s) && !strings.HasPrefix(s, "**/") {
		return fmt.Errorf("%q is no whole path: it begins with /, ~/, **/ or a drive such as C:/", s)
	}
	if slices.ContainsFunc(strings.Split(s, "/"), func(part string) bool { return part == "." || part == ".." }) {
		return fmt.Errorf("%q has a part that is . or ..: write the path without", s)
	}
	return nil
}

// foldGlob is a pattern for names in which capitals do not count.
type foldGlob struct{ Glob }

func (g *foldGlob) read(s string) error {
	err := g.readAs(strings.ToLower(s), false)
	g.text = s
	return err
}

// Effect is what a rule does.
type Effect uint8

// The effects. A rule that names none allows.
const (
	Allow Effect = iota // what it is about is meant to be
	Deny                // what it is about must not be
	Seen                // what it is about was seen; nobody has said whether it is meant to be
)

func effects() []string { return []string{"allow", "deny", "seen"} }

// String returns the word for e.
func (e Effect) String() string { return effects()[e] }

func (e *Effect) read(s string) error {
	i, err := readWord(s, effects())
	*e = Effect(i) //nolint:gosec // an index of three
	return err
}

// readWord returns the index of a word, 0 with an error for any other.
func readWord(s string, words []string) (int, error) {
	i := slices.Index(words, s)
	if i < 0 {
		return 0, fmt.Errorf("%q is none of %s", s, strings.Join(words, ", "))
	}
	return i, nil
}

// Sensitivity says what may be told to a model. The zero value is not stated.
type Sensitivity uint8

// The sensitivities, in ascending order.
const (
	Public       Sensitivity = iota + 1 // fit for everybody
	Internal                            // for the organisation
	Confidential                        // for those who need it
	Restricted                          // for named people
)

func sensitivities() []string { return []string{"public", "internal", "confidential", "restricted"} }

// String returns the word for s, "" where none is stated.
func (s Sensitivity) String() string {
	if s == 0 {
		return ""
	}
	return sensitivities()[s-Public]
}

func (s *Sensitivity) read(word string) error {
	i, err := readWord(word, sensitivities())
	*s = Public + Sensitivity(i) //nolint:gosec // an index of four
	return err
}

// Answer is yes, no, or not stated.
type Answer uint8

// The answers.
const (
	NotStated Answer = iota
	Yes
	No
)

// String returns the words for a.
func (a Answer) String() string { return [...]string{"not stated", "yes", "no"}[a] }

// read takes what YAML 1.2 calls a truth value, and no other word for it.
func (a *Answer) read(s string) error {
	switch s {
	case "true":
		*a = Yes
	case "false":
		*a = No
	default:
		return fmt.Errorf("%q is neither true nor false", s)
	}
	return nil
}

func (a *Answer) tags() (string, []string) { return "true or false", []string{"!!bool"} }

// severity is a key or value of [analyze.Severity].
type severity analyze.Severity

func (s *severity) read(word string) error {
	parsed, err := analyze.ParseSeverity(word)
	*s = severity(parsed)
	if err != nil {
		return fmt.Errorf("%q is none of %s", word, strings.Join(analyze.Severities(), ", "))
	}
	return nil
}

// weekday is a day of the week, by the first three letters of its English name.
type weekday time.Weekday

func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

func (d *weekday) read(s string) error {
	i, err := readWord(s, weekdays())
	*d = weekday(i)
	return err
}

// minute is a time of the day in minutes since midnight, 1440 at its end.
type minute struct {
	at    int
	given bool
}

// minuteOf is the time of day at a number of minutes.
func minuteOf(at int) minute { return minute{at, true} }

var minuteShape = regexp.MustCompile(`^([01][0-9]|2[0-4]):([0-5][0-9])$`)

func (m *minute) read(s string) error {
	parts := minuteShape.FindStringSubmatch(s)
	if parts == nil {
		return fmt.Errorf("%q is no time of day: want HH:MM from 00:00 to 24:00, such as 08:30", s)
	}
	hours, _ := strconv.Atoi(parts[1]) // two digits
	minutes, _ := strconv.Atoi(parts[2])
	if *m = minuteOf(hours*60 + minutes); m.at > 1440 {
		return fmt.Errorf("%q is after the end of the day, which is 24:00", s)
	}
	return nil
}

// String returns HH:MM.
func (m minute) String() string { return fmt.Sprintf("%02d:%02d", m.at/60, m.at%60) }

// date is a day of the calendar, in the zone of what it is in.
type date struct {
	place
	year  int
	month time.Month
	day   int
}

func (d *date) read(s string) error {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return fmt.Errorf("%q is no date: want YYYY-MM-DD", s)
	}
	d.year, d.month, d.day = t.Date()
	return nil
}

func (d *date) tags() (string, []string) { return "a date", dateTags() }

// dateTags are those of dates: YAML 1.1 knows them, JSON does not.
func dateTags() []string { return []string{"!!timestamp", "!!str"} }

// instant is a point in time: an RFC 3339 time, or a date, which is a day in
// UTC.
type instant struct {
	place
	text string
	at   time.Time // the beginning of the day
	day  bool
}

func (i *instant) read(s string) error {
	i.text = s
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		i.at, i.day = t, true
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("%q is no time: want a date such as 2026-01-31, or RFC 3339 such as 2026-01-31T18:00:00Z", s)
	}
	i.at = t.UTC()
	return nil
}

func (i *instant) tags() (string, []string) { return "a time", dateTags() }

// end is the first instant that is after i: a date includes its day.
func (i *instant) end() time.Time {
	if i.day {
		return i.at.AddDate(0, 0, 1)
	}
	return i.at
}

// zone is a time zone by its IANA name.
type zone struct {
	name     string
	location *time.Location
}

func (z *zone) read(s string) error {
	z.name = s
	if s == "" || s == "Local" { // the zone of whoever runs this is none of the policy's
		return fmt.Errorf("%q is no time zone: want an IANA name such as Europe/Zurich, or UTC", s)
	}
	location, err := time.LoadLocation(s)
	if err != nil {
		return fmt.Errorf("%q is no time zone: want an IANA name such as Europe/Zurich, or UTC", s)
	}
	z.location = location
	return nil
}

// network is a CIDR block, or one address.
type network struct {
	place
	prefix netip.Prefix
}

func (n *network) read(s string) error {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		n.prefix = netip.PrefixFrom(a, a.BitLen())
		return nil
	}
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return fmt.Errorf("%q is no network: want CIDR such as 198.51.100.0/24 or 2001:db8::/48, or an address", s)
	case p.Addr().Is4In6():
		return fmt.Errorf("%q is an IPv4 network written as IPv6: write it as IPv4", s)
	case p.Masked() != p:
		return fmt.Errorf("%q has bits behind its length: did you mean %s?", s, p.Masked())
	}
	n.prefix = p
	return nil
}

// country is a code of two letters, in capitals.
type country struct {
	place
	code string
}

// read takes two letters (ISO 3166-1 alpha-2), which is what databases of
// addresses give.
func (c *country) read(s string) error {
	c.code = strings.ToUpper(s)
	if len(s) != 2 || strings.Trim(c.code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return fmt.Errorf("%q is no country: want a code of two letters (ISO 3166-1), such as CH", s)
	}
	return nil
}

// asn is the number of an autonomous system.
type asn struct {
	place
	number int64
}

func (a *asn) tags() (string, []string) { return "a number", []string{"!!int", "!!str"} }

// read takes a number of 32 bits (RFC 6793), also as AS64496.
func (a *asn) read(s string) error {
	digits := strings.TrimPrefix(strings.TrimPrefix(s, "AS"), "as")
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n == 0 || digits[0] == '+' {
		return fmt.Errorf("%q is no autonomous system: want a number such as 64496 or AS64496", s)
	}
	a.number = int64(n)
	return nil
}
