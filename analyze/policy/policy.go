package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/yamldoc"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// Version is the version of the file that this package reads.
const Version = 1

// Policy says who may do what. It never changes, so any number of goroutines
// may ask it.
type Policy struct {
	doc    document
	digest string
}

// Parse reads the text of a policy. The error is an [*Error] with everything
// that is wrong.
func Parse(text []byte) (*Policy, error) {
	p := &Policy{digest: Digest(text)}
	problems := decode(text, &p.doc)
	// What a check says of a value that was not read would be wrong.
	if len(problems) == 0 {
		problems = p.doc.check()
	}
	if len(problems) > 0 {
		return nil, &yamldoc.Error{What: "a policy", Problems: yamldoc.Sort(problems)}
	}
	p.doc.link()
	return p, nil
}

// Digest returns the SHA-256 of the bytes of a policy as they were read, which
// is how a case knows the file, in hexadecimal digits.
func Digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Digest returns the [Digest] of the text that the policy was read from.
func (p *Policy) Digest() string {
	if p == nil {
		return ""
	}
	return p.digest
}

// link gives each who the members of its groups.
func (d *document) link() {
	groups := make(map[name]*selector, len(d.Groups))
	for i := range d.Groups {
		groups[d.Groups[i].Name] = &d.Groups[i].Members
	}
	for _, w := range d.whos() {
		w.members = make([]*selector, len(w.Groups))
		for i, g := range w.Groups {
			w.members[i] = groups[g.name]
		}
	}
}

// whos are all places that choose subjects.
func (d *document) whos() []*who {
	var all []*who
	for _, s := range d.rules() {
		for _, r := range s.rules {
			all = append(all, &r.head().Who)
		}
	}
	for i := range d.Calendars {
		all = append(all, &d.Calendars[i].Who)
	}
	for i := range d.Approvals {
		all = append(all, &d.Approvals[i].Who)
	}
	return all
}

// ruleList is one section of rules.
type ruleList struct {
	section Section
	rules   []rule
}

// rules are the sections in which rules decide.
func (d *document) rules() []ruleList {
	return []ruleList{
		{SectionCalls, rulesOf(d.Calls, func(r *callRule) rule { return r })},
		{SectionNetworks, rulesOf(d.Networks, func(r *networkRule) rule { return r })},
		{SectionDestinations, rulesOf(d.Destinations, func(r *destinationRule) rule { return r })},
		{SectionFormats, rulesOf(d.Formats, func(r *formatRule) rule { return r })},
		{SectionTools, rulesOf(d.Tools, func(r *toolRule) rule { return r })},
		{SectionWrites, rulesOf(d.Writes, func(r *writeRule) rule { return r })},
	}
}

func rulesOf[T any](list []T, as func(*T) rule) []rule {
	out := make([]rule, len(list))
	for i := range list {
		out[i] = as(&list[i])
	}
	return out
}

// Severity returns the severity that findings of a detector have by the policy,
// and whether it says so.
func (p *Policy) Severity(detector string) (analyze.Severity, bool) {
	if p == nil {
		return 0, false
	}
	s := p.doc.Detectors[name(detector)].Severity
	return analyze.Severity(s), s != 0
}

// Threshold returns the number that the policy gives for a parameter of a
// detector, in the unit of that parameter, and whether it gives one.
func (p *Policy) Threshold(detector, parameter string) (float64, bool) {
	if p == nil {
		return 0, false
	}
	v, ok := p.doc.Detectors[name(detector)].Thresholds[name(parameter)]
	return v, ok
}

// Response is what to do about findings of a severity.
type Response struct {
	Do   string   // in words
	Call []string // whom, the first first
	Line int      // of the file
}

// Response returns what to do about findings of a severity, and whether the
// policy says so.
func (p *Policy) Response(s analyze.Severity) (Response, bool) {
	if p == nil {
		return Response{}, false
	}
	r, ok := p.doc.Responses[severity(s)]
	out := Response{Do: string(r.Do), Line: r.line}
	for _, c := range r.Call {
		out.Call = append(out.Call, string(c))
	}
	return out, ok
}

// Approval is somebody's word that something is in order for a time.
type Approval struct {
	From, To           time.Time // valid from From on and before To
	Reason, Ticket, By string    // Ticket and By may be empty
	Line               int       // of the file
}

// ApprovalFor returns the first approval in the file of a call (of which the
// operation is the action) by a subject that is valid at an instant, and
// whether there is one. An approval that names models is none for a call that
// names no model.
func (p *Policy) ApprovalFor(s Subject, c Call, at time.Time) (Approval, bool) {
	if p == nil {
		return Approval{}, false
	}
	for i := range p.doc.Approvals {
		a := &p.doc.Approvals[i]
		if !at.Before(a.From.at) && at.Before(a.To.end()) && a.of(s, c) {
			return a.approval(), true
		}
	}
	return Approval{}, false
}

// Approvals returns the approvals of a call by a subject, whenever they are
// valid, in the order of the file.
func (p *Policy) Approvals(s Subject, c Call) []Approval {
	if p == nil {
		return nil
	}
	var out []Approval
	for i := range p.doc.Approvals {
		if a := &p.doc.Approvals[i]; a.of(s, c) {
			out = append(out, a.approval())
		}
	}
	return out
}

// of says whether an approval is one of a call by a subject.
func (a *approval) of(s Subject, c Call) bool {
	if _, ok := a.Who.match(s); !ok || !anyMatches(a.Actions, c.Operation) {
		return false
	}
	return len(a.Models) == 0 || slices.ContainsFunc(Names(c.Model), func(n string) bool { return anyMatches(a.Models, n) })
}

func (a *approval) approval() Approval {
	return Approval{
		From: a.From.at, To: a.To.end(),
		Reason: string(a.Reason), Ticket: string(a.Ticket), By: string(a.By), Line: a.line,
	}
}

func anyMatches(list []Glob, s string) bool {
	return slices.ContainsFunc(list, func(g Glob) bool { return g.match(s) })
}
