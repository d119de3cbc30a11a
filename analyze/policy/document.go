package policy

import "slices"

// document is a policy as it stands in the file. What each key means says the
// schema, policy.schema.json, which a test keeps in step with these types.
type document struct {
	Version      int                   `yaml:"version"`
	Models       []model               `yaml:"models"`
	Groups       []group               `yaml:"groups"`
	Calls        []callRule            `yaml:"calls"`
	Calendars    []calendar            `yaml:"calendars"`
	Networks     []networkRule         `yaml:"networks"`
	Destinations []destinationRule     `yaml:"destinations"`
	Formats      []formatRule          `yaml:"formats"`
	Tools        []toolRule            `yaml:"tools"`
	Writes       []writeRule           `yaml:"writes"`
	Approvals    []approval            `yaml:"approvals"`
	Detectors    map[name]detector     `yaml:"detectors"`
	Responses    map[severity]response `yaml:"responses"`
}

// model says what models are.
type model struct {
	place
	Match       []Glob      `yaml:"match"`
	Name        name        `yaml:"name"`
	Sensitivity Sensitivity `yaml:"sensitivity"`
	Owner       text        `yaml:"owner"`
	Approved    Answer      `yaml:"approved"`
}

// group is a name for many subjects.
type group struct {
	place
	Name    name     `yaml:"name"`
	Members selector `yaml:"members"`
}

// selector chooses subjects: those that fit any of its patterns.
type selector struct {
	Principals  []Glob `yaml:"principals"`
	Roles       []Glob `yaml:"roles"`
	Persons     []Glob `yaml:"persons"`
	Credentials []Glob `yaml:"credentials"`
	Apps        []Glob `yaml:"apps"`
}

// who chooses subjects, also by their groups. One that chooses nobody is
// everybody.
type who struct {
	place
	Groups []groupName `yaml:"groups"`
	selector
	members []*selector // of the groups, filled after reading
}

func (w *who) everybody() bool { return len(w.Groups) == 0 && w.empty() }

func (m *selector) empty() bool {
	for _, list := range m.lists() {
		if len(list) > 0 {
			return false
		}
	}
	return true
}

// lists are the patterns in the order of the fields.
func (m *selector) lists() [5][]Glob {
	return [...][]Glob{m.Principals, m.Roles, m.Persons, m.Credentials, m.Apps}
}

// header is what all rules have.
type header struct {
	place
	Name   name   `yaml:"name"`
	Effect Effect `yaml:"effect"`
	Who    who    `yaml:"who"`
}

func (h *header) head() *header { return h }

type callRule struct {
	header
	Models         []Glob      `yaml:"models"`
	MaxSensitivity Sensitivity `yaml:"max_sensitivity"`
	MinSensitivity Sensitivity `yaml:"min_sensitivity"`
	Operations     []Glob      `yaml:"operations"`
	Regions        []Glob      `yaml:"regions"`
}

type networkRule struct {
	header
	CIDRs     []network `yaml:"cidrs"`
	Countries []country `yaml:"countries"`
	ASNs      []asn     `yaml:"asns"`
}

type destinationRule struct {
	header
	Hosts   []foldGlob `yaml:"hosts"`
	Buckets []Glob     `yaml:"buckets"`
	Names   []Glob     `yaml:"names"`
}

type formatRule struct {
	header
	Formats []foldGlob `yaml:"formats"`
}

type toolRule struct {
	header
	Tools []Glob `yaml:"tools"`
}

type writeRule struct {
	header
	Paths []pathGlob `yaml:"paths"`
}

// calendar says when the people of a group work.
type calendar struct {
	header
	Zone     zone    `yaml:"zone"`
	Hours    []hours `yaml:"hours"`
	Holidays []date  `yaml:"holidays"`
}

type hours struct {
	place
	Days  []weekday `yaml:"days"`
	Open  minute    `yaml:"open"`
	Close minute    `yaml:"close"`
}

type approval struct {
	place
	Who     who     `yaml:"who"`
	Actions []Glob  `yaml:"actions"`
	Models  []Glob  `yaml:"models"`
	From    instant `yaml:"from"`
	To      instant `yaml:"to"`
	Reason  text    `yaml:"reason"`
	Ticket  text    `yaml:"ticket"`
	By      text    `yaml:"by"`
}

type detector struct {
	place
	Severity   severity         `yaml:"severity"`
	Thresholds map[name]float64 `yaml:"thresholds"`
}

type response struct {
	place
	Do   text   `yaml:"do"`
	Call []text `yaml:"call"`
}

// A Section is a part of a policy that detectors ask about.
type Section string

// The sections. Their words are the keys of the file.
const (
	SectionModels       Section = "models"
	SectionGroups       Section = "groups"
	SectionCalls        Section = "calls"
	SectionCalendars    Section = "calendars"
	SectionNetworks     Section = "networks"
	SectionDestinations Section = "destinations"
	SectionFormats      Section = "formats"
	SectionTools        Section = "tools"
	SectionWrites       Section = "writes"
	SectionApprovals    Section = "approvals"
	SectionDetectors    Section = "detectors"
	SectionResponses    Section = "responses"
)

// Sections lists the sections in the order of the file that policy init writes.
func Sections() []Section {
	return []Section{
		SectionModels, SectionGroups, SectionCalls, SectionCalendars, SectionNetworks, SectionDestinations,
		SectionFormats, SectionTools, SectionWrites, SectionApprovals, SectionDetectors, SectionResponses,
	}
}

// Covers says whether the policy has anything in a section. A detector that
// compares with a section which is not there has nothing to compare with.
func (p *Policy) Covers(s Section) bool { return p.Count(s) > 0 }

// Count is the number of entries of a section.
func (p *Policy) Count(s Section) int {
	if p == nil {
		return 0
	}
	d := &p.doc
	counts := [...]int{
		len(d.Models), len(d.Groups), len(d.Calls), len(d.Calendars), len(d.Networks), len(d.Destinations),
		len(d.Formats), len(d.Tools), len(d.Writes), len(d.Approvals), len(d.Detectors), len(d.Responses),
	}
	i := slices.Index(Sections(), s)
	if i < 0 {
		return 0
	}
	return counts[i]
}
