package policy

import (
	_ "embed" // for the text to start from
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed start.yml
var start string

// sectionMark begins a section of the text to start from.
const sectionMark = "# == "

// Bounds of a proposal: a list of more is not one that people review, and what
// is left out is said.
const (
	proposedGroups = 100
	proposedValues = 60 // of one list
	proposedModels = 300
)

// Propose returns a policy to start from, with explanations. Of a case it notes
// what the case shows, as seen and not as allowed: which models there are, who
// called them, how, from where and when, in the time zone given. The same case
// gives the same text. Without a case, all of it is examples.
func Propose(o *Observed, zone *time.Location) []byte {
	if o == nil {
		return []byte(start)
	}
	p := proposal{seen: o, zone: zone, names: map[string]bool{}}
	head, sections, _ := strings.Cut(start, sectionMark)
	p.out.WriteString(p.headline())
	p.out.WriteString(head)
	p.name()
	for section := range strings.SplitSeq(sections, sectionMark) {
		title, _, _ := strings.Cut(section, "\n")
		filled := p.section(Section(title))
		p.out.WriteString(sectionMark)
		if filled == "" {
			p.out.WriteString(section)
			continue
		}
		// The explanation stays, and the example makes room.
		for line := range strings.Lines(section) {
			switch {
			case strings.HasPrefix(line, "#"+title+":"):
				p.out.WriteString(filled)
			case !example.MatchString(line):
				p.out.WriteString(line)
			}
		}
	}
	return []byte(p.out.String())
}

// example matches the lines of an example: YAML behind a #.
var example = regexp.MustCompile(`^#([^ \n]|  )`)

type proposal struct {
	seen   *Observed
	zone   *time.Location
	out    strings.Builder
	names  map[string]bool
	groups []proposedGroup
	rest   int // groups that are left out
}

// proposedGroup is a group of the case with its name in the proposal.
type proposedGroup struct {
	*ObservedGroup
	name    string
	members string // the lines of its members
}

func (p *proposal) headline() string {
	when := "without times"
	if !p.seen.First.IsZero() {
		when = fmt.Sprintf("from %s to %s", p.seen.First.UTC().Format(time.DateOnly), p.seen.Last.UTC().Format(time.DateOnly))
	}
	return fmt.Sprintf(`# A PROPOSAL, to be reviewed: what %d calls %s show.
# It says what was seen, attacks included, and not what is meant to be. Nothing
# here is allowed until somebody makes a rule of effect seen one of effect allow.
#
`, p.seen.Calls, when)
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9._@-]+`)

// name gives the groups names.
func (p *proposal) name() {
	for i := range p.seen.Groups {
		g := &p.seen.Groups[i]
		base := g.Role
		if base == "" {
			base = "no-role-" + g.Type
		}
		base = strings.Trim(notInName.ReplaceAllString(base, "-"), "-._@")
		if base == "" {
			base = "group"
		}
		base = base[:min(len(base), 80)]
		title := base
		for n := 2; p.names[title]; n++ {
			title = fmt.Sprintf("%s-%d", base, n)
		}
		members := "      roles: " + list([]Tally{{g.Role, g.Calls}}, 1)
		if g.Role == "" {
			members = "      principals: " + list(g.Principals, proposedValues)
		}
		named := proposedGroup{g, title, members}
		if strings.Contains(members, "[]") || len(p.groups) == proposedGroups || !p.shows(&named) {
			p.rest++
			continue
		}
		p.names[title] = true
		p.groups = append(p.groups, named)
	}
}

// shows says whether a group has anything to make a rule of.
func (p *proposal) shows(g *proposedGroup) bool {
	if _, why := usualHours(g.Quarters, p.zone); why == "" {
		return true
	}
	return callLines(g)+networkLines(g)+destinationLines(g)+formatLines(g)+toolLines(g) != ""
}

func callLines(g *proposedGroup) string {
	return lines("    models: ", modelNames(g.Models)) + lines("    operations: ", g.Operations) + lines("    regions: ", g.Regions)
}

func networkLines(g *proposedGroup) string { return lines("    cidrs: ", g.Networks) }
func formatLines(g *proposedGroup) string  { return lines("    formats: ", g.Formats) }
func toolLines(g *proposedGroup) string    { return lines("    tools: ", g.Tools) }

// list writes values as a YAML list on one line, with a comment that says what
// is left out: values over the bound, and those that a policy cannot hold.
func list(values []Tally, most int) string {
	var items []string
	left := 0
	for _, v := range values {
		item, ok := literal(v.Value)
		if !ok || len(items) == most {
			left++
			continue
		}
		items = append(items, item)
	}
	text := "[" + strings.Join(items, ", ") + "]"
	if left > 0 {
		text += fmt.Sprintf(" # left out: at least %d more", left)
	}
	return text + "\n"
}

// literal writes a value as a YAML text with a pattern that fits only it.
func literal(value string) (string, bool) {
	var b strings.Builder
	for _, r := range value {
		if strings.ContainsRune(`*?[]{}\`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	if g, err := parseGlob(b.String(), false); err != nil || !g.match(value) {
		return "", false
	}
	return strconv.QuoteToASCII(b.String()), true // YAML has all escapes that this writes
}

// section fills one section, "" where the case has nothing for it.
func (p *proposal) section(s Section) string {
	switch s {
	case SectionModels:
		return p.models()
	case SectionGroups:
		return p.groupList()
	case SectionCalls:
		return p.perGroup(s, callLines)
	case SectionCalendars:
		return p.calendars()
	case SectionNetworks:
		return p.perGroup(s, networkLines)
	case SectionDestinations:
		return p.perGroup(s, destinationLines)
	case SectionFormats:
		return p.perGroup(s, formatLines)
	case SectionTools:
		return p.perGroup(s, toolLines)
	}
	return ""
}

// lines writes a key with a list, nothing where no value can be written.
func lines(key string, values []Tally) string {
	text := list(values, proposedValues)
	if len(values) == 0 || strings.HasPrefix(text, "[]") {
		return ""
	}
	return key + text
}

// modelNames joins the names of models by the shortest that each is known by.
func modelNames(list []Tally) []Tally {
	var out []Tally
	for _, m := range list {
		names := Names(m.Value)
		if len(names) == 0 {
			continue
		}
		short := names[len(names)-1]
		if i := slices.IndexFunc(out, func(t Tally) bool { return t.Value == short }); i >= 0 {
			out[i].Calls += m.Calls
			continue
		}
		out = append(out, Tally{short, m.Calls})
	}
	return out
}

func (p *proposal) models() string {
	var b strings.Builder
	all := modelNames(p.seen.Models)
	left := 0
	for i, m := range all {
		item, ok := literal(m.Value)
		if !ok || i >= proposedModels {
			left++
			continue
		}
		fmt.Fprintf(&b, "  - match: [%s] # calls: %d\n    # add: sensitivity, owner, approved\n", item, m.Calls)
	}
	if b.Len() == 0 {
		return ""
	}
	if left > 0 {
		fmt.Fprintf(&b, "  # left out: %d more\n", left)
	}
	return "models:\n" + b.String()
}

func (p *proposal) groupList() string {
	if len(p.groups) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("groups:\n")
	for _, g := range p.groups {
		fmt.Fprintf(&b, "  - name: %s # calls: %d\n    members:\n%s", strconv.Quote(g.name), g.Calls, g.members)
	}
	if p.rest > 0 {
		fmt.Fprintf(&b, "  # left out: %d more\n", p.rest)
	}
	return b.String()
}

// perGroup writes a rule for each group of which what says something.
func (p *proposal) perGroup(s Section, what func(*proposedGroup) string) string {
	var b strings.Builder
	for i := range p.groups {
		g := &p.groups[i]
		if text := what(g); text != "" {
			fmt.Fprintf(&b, "  - name: %s\n    effect: seen\n    who: {groups: [%s]}\n%s", strconv.Quote(g.name), strconv.Quote(g.name), text)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return string(s) + ":\n" + b.String()
}

// destinationLines sorts the destinations of a group by what they are.
func destinationLines(g *proposedGroup) string {
	var hosts, buckets, names []Tally
	add := func(to *[]Tally, value string, calls int64) {
		if i := slices.IndexFunc(*to, func(t Tally) bool { return t.Value == value }); i >= 0 {
			(*to)[i].Calls += calls
			return
		}
		*to = append(*to, Tally{value, calls})
	}
	for _, t := range g.Destinations {
		switch d := ParseDestination(t.Value); {
		case d.Bucket != "":
			add(&buckets, d.Bucket, t.Calls)
		case d.Host != "":
			add(&hosts, d.Host, t.Calls)
		default:
			add(&names, t.Value, t.Calls)
		}
	}
	return lines("    hosts: ", hosts) + lines("    buckets: ", buckets) + lines("    names: ", names)
}

func (p *proposal) calendars() string {
	var b strings.Builder
	written := false
	for i := range p.groups {
		g := &p.groups[i]
		h, why := usualHours(g.Quarters, p.zone)
		if why != "" {
			fmt.Fprintf(&b, "  # %s: %s\n", g.name, why)
			continue
		}
		written = true
		days := make([]string, len(h.Days))
		for j, d := range h.Days {
			days[j] = weekdays()[d]
		}
		fmt.Fprintf(&b, "  - name: %s\n    effect: seen\n    who: {groups: [%s]}\n    zone: %s\n    hours:\n      - {days: [%s], open: %q, close: %q}\n",
			strconv.Quote(g.name), strconv.Quote(g.name), strconv.Quote(p.zone.String()), strings.Join(days, ", "), h.Open, h.Close)
	}
	switch {
	case b.Len() == 0:
		return ""
	case !written:
		return "# calendars: none that the case shows\n" + b.String()
	}
	return "calendars:\n" + b.String()
}
