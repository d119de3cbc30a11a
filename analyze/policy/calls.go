package policy

import (
	"slices"
	"strings"
)

// Call is what a subject does: an operation on a model, in a region. What is
// not known is empty.
type Call struct {
	Model     string // id, ARN or inference profile, as the log names it
	Operation string // in the provider's words
	Region    string
}

// Model is what a policy says of a model.
type Model struct {
	Name        string // what the policy calls it, "" where it does not
	Sensitivity Sensitivity
	Owner       string
	Approved    Answer
	Line        int // of the file
}

// geographies are the prefixes of cross-region inference profiles of Amazon
// Bedrock, which are followed by the id of the model:
// https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
func geographies() []string {
	return []string{"us", "eu", "apac", "jp", "au", "ca", "us-gov", "global"}
}

// Names returns the names by which patterns can know a model: what the log
// calls it; of the ARN of a Bedrock resource what follows the slash; and of a
// cross-region inference profile the model behind it. What an application
// inference profile or a provisioned model stands for, its ARN does not say.
func Names(model string) []string {
	if model == "" {
		return nil
	}
	names := []string{model}
	id := model
	if strings.HasPrefix(id, "arn:") && strings.Contains(id, ":bedrock:") {
		if _, after, ok := strings.Cut(id, "/"); ok && after != "" {
			id = after
			names = append(names, id)
		}
	}
	if geography, rest, ok := strings.Cut(id, "."); ok && rest != "" && slices.Contains(geographies(), geography) {
		names = append(names, rest)
	}
	return names
}

// ModelOf returns the entry of the policy for a model, and whether there is
// one. Of several that fit, the closest pattern counts, then the first in the
// file.
func (p *Policy) ModelOf(model string) (Model, bool) {
	if p == nil {
		return Model{}, false
	}
	names := Names(model)
	best, at := 0, -1
	for i := range p.doc.Models {
		if n, ok := nearest("models", p.doc.Models[i].Match, names...); ok && n.order() > best {
			best, at = n.order(), i
		}
	}
	if at < 0 {
		return Model{}, false
	}
	m := &p.doc.Models[at]
	return Model{Name: string(m.Name), Sensitivity: m.Sensitivity, Owner: string(m.Owner), Approved: m.Approved, Line: m.line}, true
}

// Allows says whether a subject may make a call, by the section calls.
func (p *Policy) Allows(s Subject, c Call) Verdict {
	if p == nil {
		return Verdict{Section: SectionCalls}
	}
	q := callQuestion{call: c, names: Names(c.Model)}
	if m, ok := p.ModelOf(c.Model); ok {
		q.sensitivity = m.Sensitivity
	}
	return decide(SectionCalls, p.doc.Calls, func(r *callRule) *header { return &r.header }, s, q.ask)
}

// TooSensitive says whether what a subject may not do, it may not do because of
// how sensitive the model is: were the model public, it would not be refused.
func (p *Policy) TooSensitive(s Subject, c Call) bool {
	if p == nil || p.Allows(s, c).Outcome < Unlisted {
		return false
	}
	q := callQuestion{call: c, names: Names(c.Model), sensitivity: Public}
	return decide(SectionCalls, p.doc.Calls, func(r *callRule) *header { return &r.header }, s, q.ask).Outcome < Unlisted
}

// callQuestion is a call with what the policy says of its model.
type callQuestion struct {
	call        Call
	names       []string
	sensitivity Sensitivity
}

func (q *callQuestion) ask(r *callRule) fit {
	var f fit
	f.near[1] = q.model(r, &f)
	f.near[2] = askPattern(&f, "operations", r.Operations, q.call.Operation, "the operation")
	f.near[3] = askPattern(&f, "regions", r.Regions, q.call.Region, "the region")
	return f
}

// model compares the model with a rule.
func (q *callQuestion) model(r *callRule, f *fit) near {
	var level near
	if r.MaxSensitivity != 0 || r.MinSensitivity != 0 {
		level = levelNear()
		switch {
		case q.call.Model == "":
			f.lacks("the model")
		case q.sensitivity == 0:
			f.lacks("the sensitivity of the model")
		case r.MaxSensitivity != 0 && q.sensitivity > r.MaxSensitivity, r.MinSensitivity != 0 && q.sensitivity < r.MinSensitivity:
			f.no = true
		}
	}
	if len(r.Models) == 0 {
		return level
	}
	if q.call.Model == "" {
		f.lacks("the model")
		return level
	}
	n, ok := nearest("models", r.Models, q.names...)
	f.no = f.no || !ok
	return n
}

// askPattern compares one value with a list of patterns, of which none stands for
// any value, and returns how close the closest is.
func askPattern[T any, P patterned[T]](f *fit, kind string, list []T, value, what string) near {
	if len(list) == 0 {
		return near{}
	}
	if value == "" {
		f.lacks(what)
		return near{}
	}
	n, ok := nearest[T, P](kind, list, value)
	f.no = f.no || !ok
	return n
}

// lacks notes what would have to be known.
func (f *fit) lacks(what string) {
	if f.unknown == "" {
		f.unknown = what
	}
}
