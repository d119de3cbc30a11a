// Package story makes one finding of the findings that tell of one incident: of
// one actor, one after the other. It looks at findings only, at no case.
//
// How: findings belong together by their actor; those without one by events that
// they share with others. Those of a group whose times are at most [Gap] apart
// make a story, which is at most [Longest] long. Stories of two actors that tell
// mostly of the same events are one. What its parts say together is
// the Cauchy combination of their probabilities (Liu and Xie, "Cauchy Combination
// Test", Journal of the American Statistical Association 115, 2020), which holds
// however the parts depend on each other; each family of detectors has one vote,
// that of its strongest part, so that forty alerts of one kind count as one.
package story

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/analyze"
)

const (
	// Gap is how far the parts of a story are apart at most: what somebody does
	// in one sitting, and after a meal.
	Gap = 6 * time.Hour
	// Longest is the longest time from the first part of a story to the begin of
	// the last. Without it, an actor who is seen every few hours has one story
	// that never ends.
	Longest = 7 * 24 * time.Hour
)

// version grows when the same incident would get another subject or bucket.
const version = 2

// About says what a story is.
func About() *analyze.About {
	return &analyze.About{
		ID: "story", Version: version, Severity: analyze.SeverityMedium,
		Title:          "Findings that tell one story",
		Why:            "Signals of one actor, one after the other, are one incident. A story has the severity of its severest part, and one more where two kinds of detectors agree that it matters.",
		FalsePositives: []string{"an identity that many share, such as the role of a gateway"},
		Triage:         []string{"read the parts in the order of time, and show the first event of each", "see whether the actor is one person: exhibit enrich --users"},
		Collect:        []string{"all records of the actor, from a day before the first part on"},
	}
}

// Tell returns the stories that findings tell together, in any order. Titles are
// those of their detectors. A story has two parts or more; suppressed findings
// and such that have no time are no parts, and what is only good to know is one
// only where it happened during a story. Acting says, by the id of a finding whose
// actor is only where somebody acted from, such as an address, who that was.
func Tell(findings []analyze.Finding, titles, acting map[string]string) []analyze.Finding {
	list := make([]*analyze.Finding, 0, len(findings))
	for i := range findings {
		if f := &findings[i]; f.Suppressed == nil && !f.First.IsZero() && f.Parts == nil {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, compare)
	var out []analyze.Finding
	for _, c := range join(chapters(groups(list, acting))) {
		if len(c.parts) < 2 { // one finding alone is no story
			continue
		}
		parts := slices.Concat(c.parts, during(c.parts, c.info))
		slices.SortFunc(parts, compare)
		out = append(out, tell(c.actor, parts, titles))
	}
	return out
}

// compare orders findings by time.
func compare(a, b *analyze.Finding) int {
	return cmp.Or(
		a.First.Compare(b.First), end(a).Compare(end(b)), cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(a.Detector, b.Detector), cmp.Compare(a.ID, b.ID),
	)
}

// end is when a finding ends; one that does not say so ends when it begins.
func end(f *analyze.Finding) time.Time {
	if f.Last.Before(f.First) {
		return f.First
	}
	return f.Last
}

// clusters cuts the findings of a group, which are in order, where nothing
// happened for [Gap], and after [Longest].
func clusters(list []*analyze.Finding) [][]*analyze.Finding {
	var out [][]*analyze.Finding
	var begun, until time.Time
	for from, to := 0, 0; to <= len(list); to++ {
		if to < len(list) && to > from && !list[to].First.After(until.Add(Gap)) && !list[to].First.After(begun.Add(Longest)) {
			if e := end(list[to]); e.After(until) {
				until = e
			}
			continue
		}
		if to > from {
			out = append(out, slices.Clone(list[from:to]))
		}
		if from = to; to < len(list) {
			begun, until = list[to].First, end(list[to])
		}
	}
	return out
}

// during returns those of a list that began while the parts of a story went on.
func during(parts, list []*analyze.Finding) []*analyze.Finding {
	last := parts[0].First
	for _, p := range parts {
		if e := end(p); e.After(last) {
			last = e
		}
	}
	var out []*analyze.Finding
	for _, f := range list {
		if !f.First.Before(parts[0].First) && !f.First.After(last) {
			out = append(out, f)
		}
	}
	return out
}

// tell makes the story of its parts, which are in order.
func tell(actor string, parts []*analyze.Finding, titles map[string]string) analyze.Finding {
	about := About()
	first := parts[slices.IndexFunc(parts, func(p *analyze.Finding) bool { return p.Severity > analyze.SeverityInfo })]
	subject := cmp.Or(actor, first.Subject)
	odds := combine(parts)
	s := analyze.Finding{
		ID: analyze.FindingID(about.ID, version, subject, first.ID), Detector: about.ID, Subject: subject, Bucket: first.ID,
		Actor: actor, First: parts[0].First, Severity: severity(parts), Score: analyze.ScoreOf(odds),
		Explanation: explain(parts), Title: title(subject, parts, titles),
	}
	var families, seen []string
	known := map[string]bool{}
	for _, p := range parts {
		s.Parts = append(s.Parts, p.ID)
		if e := end(p); e.After(s.Last) {
			s.Last = e
		}
		s.EventCount = max(s.EventCount, p.EventCount)
		families = append(families, analyze.Family(p.Detector))
		s.Tags = append(s.Tags, p.Tags...)
		for _, e := range p.Events {
			if !known[e] {
				known[e] = true
				seen = append(seen, e)
			}
		}
	}
	slices.Sort(families)
	families = slices.Compact(families)
	slices.Sort(s.Tags)
	s.Tags = slices.Compact(s.Tags)
	s.EventCount = max(s.EventCount, int64(len(seen))) // at least: parts may list only some of their events
	s.Events = seen[:min(len(seen), analyze.MaxFindingEvents)]
	s.Facts = []analyze.Fact{
		{Name: "findings", Value: int64(len(parts))},
		{Name: "kinds", Value: strings.Join(families, ", ")},
		{Name: "combined_p", Value: fmt.Sprintf("%.2g", odds)},
	}
	if names := others(subject, parts); names != nil {
		s.Facts = append(s.Facts, analyze.Fact{Name: "also_seen_as", Value: strings.Join(names, ", ")})
	}
	return s
}

// others returns the names of the actors of the parts beside that of their story,
// in order.
func others(subject string, parts []*analyze.Finding) []string {
	var names []string
	for _, p := range parts {
		if p.Actor != "" && p.Actor != subject {
			names = append(names, p.Actor)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// combine returns the combined probability of the parts: one for each family,
// that of its strongest part, all with the same weight.
func combine(parts []*analyze.Finding) float64 {
	best := map[string]float64{}
	var families []string
	for _, p := range parts {
		if p.Severity == analyze.SeverityInfo && p.Test == nil {
			continue
		}
		family := analyze.Family(p.Detector)
		if old, ok := best[family]; !ok {
			families = append(families, family)
			best[family] = p.Odds()
		} else {
			best[family] = min(old, p.Odds())
		}
	}
	slices.Sort(families) // sums of floating-point numbers depend on their order
	var odds []float64
	for _, family := range families {
		odds = append(odds, best[family])
	}
	return Cauchy(odds)
}

// Cauchy combines probabilities of equal weight. The statistic is the mean of
// tan((1/2 - p) pi), which is the cotangent of p pi; so is its inverse, which
// keeps the digits of very small probabilities.
func Cauchy(odds []float64) float64 {
	if len(odds) == 0 {
		return 1
	}
	sum := 0.0
	for _, p := range odds {
		p = min(1-1e-15, max(p, 1e-15))
		sum += math.Cos(p*math.Pi) / math.Sin(p*math.Pi)
	}
	mean := sum / float64(len(odds))
	if mean > 0 {
		return math.Atan(1/mean) / math.Pi
	}
	return 0.5 - math.Atan(mean)/math.Pi
}

// severity is that of the severest part, and one step more where two families
// or more have a part of at least medium severity.
func severity(parts []*analyze.Finding) analyze.Severity {
	var most analyze.Severity
	agree, seen := map[string]bool{}, map[string]bool{}
	for _, p := range parts {
		if analyze.Family(p.Detector) != analyze.FamilyRule && p.Severity >= analyze.SeverityMedium {
			for _, e := range p.Events {
				seen[e] = true
			}
		}
	}
	for _, p := range parts {
		most = max(most, p.Severity)
		// A rule about events that a detector tells of as well is no second witness.
		again := analyze.Family(p.Detector) == analyze.FamilyRule && slices.ContainsFunc(p.Events, func(e string) bool { return seen[e] })
		if p.Severity >= analyze.SeverityMedium && !again {
			agree[analyze.Family(p.Detector)] = true
		}
	}
	if len(agree) >= 2 {
		most++
	}
	return min(most, analyze.SeverityCritical)
}

// named is how many kinds of findings a title names, and told how many parts an
// explanation lists.
const (
	named = 3
	told  = 12
)

// title says what happened, in order of the first time, and how often.
func title(subject string, parts []*analyze.Finding, titles map[string]string) string {
	var what []string
	times := map[string]int{}
	for _, p := range parts {
		if p.Severity == analyze.SeverityInfo {
			continue
		}
		t := cmp.Or(titles[p.Detector], p.Title)
		if times[t]++; times[t] == 1 {
			what = append(what, t)
		}
	}
	var words []string
	for i, t := range what[:min(named, len(what))] {
		word := t
		if i > 0 {
			word = inner(t)
		}
		if n := times[t]; n > 1 {
			word += fmt.Sprintf(" (%d times)", n)
		}
		words = append(words, word)
	}
	line := subject + ": " + strings.Join(words, ", then ")
	if n := len(what) - named; n > 0 {
		line += fmt.Sprintf(", and %d more", n)
	}
	return line
}

// inner writes the beginning of a title as it stands inside a sentence; words
// such as MFA stay, the article A does not.
func inner(title string) string {
	first, size := utf8.DecodeRuneInString(title)
	if second, _ := utf8.DecodeRuneInString(title[size:]); unicode.IsUpper(second) || unicode.IsDigit(second) {
		return title
	}
	return string(unicode.ToLower(first)) + title[size:]
}

// explain lists the parts by time.
func explain(parts []*analyze.Finding) string {
	lines := []string{fmt.Sprintf("%d findings, one after the other:", len(parts))}
	for _, p := range parts[:min(told, len(parts))] {
		lines = append(lines, fmt.Sprintf("%s %s: %s (%s)", p.First.UTC().Format("2006-01-02 15:04:05"), p.Severity, p.Title, p.ID))
	}
	if n := len(parts) - told; n > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(lines, "\n")
}
