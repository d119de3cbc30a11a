package drill

import (
	"cmp"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// Claim is a finding that is held against the truth.
type Claim struct {
	ID       string
	Detector string
	Severity analyze.Severity
	Last     time.Time // when it could have been made, at the earliest
	Requests []string  // ids of the requests that its events are of
	Tested   bool      // a statistical test stands behind it
	// Parts are what a story is made of; a claim that is a part is given only
	// there.
	Parts []Claim
}

// Scorecard says how well findings tell what was done. An incident is found when
// a claim within the budget shows it: when the first event of the claim is a step of
// it, or so many of its events are that it is about them. What is only among much
// else, such as calls of others while nothing was logged, is not shown. A claim that
// shows no incident is false, whatever else it may have seen.
type Scorecard struct {
	Days        float64
	Budget      float64 // false claims a day that are allowed
	Claims      int     // within the budget, best first
	False       int     // of them
	Beyond      int     // claims that are left out, for they rank below what the budget allows
	Rows        []ScoreRow
	Strengths   []ScoreRow // over all scenarios
	Detectors   []DetectorScore
	Statistical DetectorScore // all claims within the budget behind which a test stands
	Incidents   []Outcome     // in the order of the truth
}

// Outcome says what became of one incident.
type Outcome struct {
	*IncidentTruth
	Found bool
	// Late says of one that was not found that a claim beyond the budget shows it.
	Late bool
	// Delay is the time from its first step to the end of the earliest finding
	// that shows one of its steps.
	Delay     time.Duration
	Detectors []string // that found it, in order; that would have, if it is late
}

// ScoreRow is one scenario and strength, or one strength of all scenarios.
type ScoreRow struct {
	Scenario string // "" for all
	Strength Strength
	Of       int // incidents
	Found    int
	Late     int           // not found, but shown by a claim beyond the budget
	Delay    time.Duration // median of those found
	// Detectors found some, in order.
	Detectors []string
}

// Recall is the share of incidents that were found.
func (r *ScoreRow) Recall() float64 {
	if r.Of == 0 {
		return 0
	}
	return float64(r.Found) / float64(r.Of)
}

// DetectorScore says how many claims of a detector show a step of an incident.
type DetectorScore struct {
	Detector    string
	Right, Made int
	// Spent counts the false claims that it is behind, alone or with others: what
	// it has of the budget.
	Spent int
}

// foundIncident is what was found of an incident.
type foundIncident struct {
	truth     *IncidentTruth
	late      bool // all of it is beyond the budget
	at        time.Time
	detectors map[string]bool
}

// Score holds claims, the best first, against the truth of some days of traffic.
func Score(truth *TruthLog, claims []Claim, days, budget float64) *Scorecard {
	card := &Scorecard{Days: days, Budget: budget}
	incidents, byRequest := indexTruth(truth)
	detectors := map[string]*DetectorScore{}
	for i := range claims {
		shown := shownBy(&claims[i], byRequest)
		if card.Beyond > 0 || len(shown) == 0 && float64(card.False+1) > budget*days {
			card.Beyond++
		} else {
			card.count(&claims[i], byRequest, detectors)
		}
		for _, in := range shown {
			incidents[in].note(&claims[i], in, byRequest, card.Beyond > 0)
		}
	}
	for _, name := range sortedKeys(detectors) {
		card.Detectors = append(card.Detectors, *detectors[name])
	}
	for i := range truth.Incidents {
		card.Incidents = append(card.Incidents, incidents[truth.Incidents[i].Incident].outcome())
	}
	card.fillRows()
	return card
}

func indexTruth(truth *TruthLog) (map[string]*foundIncident, map[string]string) {
	incidents, byRequest := map[string]*foundIncident{}, map[string]string{}
	for i := range truth.Incidents {
		incidents[truth.Incidents[i].Incident] = &foundIncident{truth: &truth.Incidents[i], detectors: map[string]bool{}}
	}
	for i := range truth.Steps {
		byRequest[truth.Steps[i].RequestID] = truth.Steps[i].Incident
	}
	return incidents, byRequest
}

// aboutShare is the share of a claim's events, one in so many, from which on it is
// about them. A twentieth: a busy day of somebody of which an hour went wrong is
// more, the steps of others that a claim about everybody's calls has by chance are
// fewer.
const aboutShare = 20

// shownBy returns the incidents that a claim, or a part of it, shows, in order.
func shownBy(c *Claim, byRequest map[string]string) []string {
	var shown []string
	for _, part := range c.parts() {
		steps := map[string]int{}
		for i, id := range part.Requests {
			in, ok := byRequest[id]
			if !ok {
				continue
			}
			if steps[in]++; i == 0 || steps[in]*aboutShare >= len(part.Requests) {
				shown = append(shown, in)
			}
		}
	}
	slices.Sort(shown)
	return slices.Compact(shown)
}

// parts returns what a claim is made of, itself when it is no story.
func (c *Claim) parts() []Claim {
	if len(c.Parts) == 0 {
		return []Claim{*c}
	}
	return c.Parts
}

// count counts a claim within the budget, and what the detectors behind it were
// right about.
func (s *Scorecard) count(c *Claim, byRequest map[string]string, detectors map[string]*DetectorScore) {
	s.Claims++
	wrong := len(shownBy(c, byRequest)) == 0
	if wrong {
		s.False++
	}
	behind := map[string]bool{}
	for _, part := range c.parts() {
		d := detectors[part.Detector]
		if d == nil {
			d = &DetectorScore{Detector: part.Detector}
			detectors[part.Detector] = d
		}
		if wrong && !behind[part.Detector] {
			d.Spent++
		}
		behind[part.Detector] = true
		right := len(shownBy(&part, byRequest)) > 0
		for _, d := range []*DetectorScore{d, &s.Statistical} {
			if d == &s.Statistical && !part.Tested {
				continue
			}
			d.Made++
			if right {
				d.Right++
			}
		}
	}
}

// note notes that a claim shows the incident. One beyond the budget adds nothing
// to what is found.
func (f *foundIncident) note(c *Claim, incident string, byRequest map[string]string, late bool) {
	if late && len(f.detectors) > 0 && !f.late {
		return
	}
	f.late = late
	for _, part := range c.parts() {
		if !slices.Contains(shownBy(&part, byRequest), incident) {
			continue
		}
		f.detectors[part.Detector] = true
		if f.at.IsZero() || part.Last.Before(f.at) {
			f.at = part.Last
		}
	}
}

func (f *foundIncident) outcome() Outcome {
	o := Outcome{IncidentTruth: f.truth, Detectors: sortedKeys(f.detectors)}
	if o.Detectors != nil {
		o.Found, o.Late = !f.late, f.late
		o.Delay = max(0, f.at.Sub(f.truth.First))
	}
	return o
}

// fillRows sums up by scenario and strength, in the order of names and strengths.
func (s *Scorecard) fillRows() {
	type key struct {
		scenario string
		strength Strength
	}
	groups := map[key][]*Outcome{}
	for i := range s.Incidents {
		o := &s.Incidents[i]
		for _, k := range []key{{o.Scenario, o.Strength}, {"", o.Strength}} {
			groups[k] = append(groups[k], o)
		}
	}
	for k, list := range groups {
		row := sumUp(list)
		row.Scenario, row.Strength = k.scenario, k.strength
		if k.scenario == "" {
			s.Strengths = append(s.Strengths, row)
		} else {
			s.Rows = append(s.Rows, row)
		}
	}
	for _, rows := range [][]ScoreRow{s.Rows, s.Strengths} {
		slices.SortFunc(rows, func(a, b ScoreRow) int {
			return cmp.Or(cmp.Compare(a.Scenario, b.Scenario),
				cmp.Compare(slices.Index(Strengths(), a.Strength), slices.Index(Strengths(), b.Strength)))
		})
	}
}

func sumUp(list []*Outcome) ScoreRow {
	row := ScoreRow{Of: len(list)}
	var delays []time.Duration
	detectors := map[string]bool{}
	for _, o := range list {
		if o.Late {
			row.Late++
		}
		if !o.Found {
			continue
		}
		row.Found++
		delays = append(delays, o.Delay)
		for _, name := range o.Detectors {
			detectors[name] = true
		}
	}
	row.Detectors = sortedKeys(detectors)
	if slices.Sort(delays); len(delays) > 0 {
		row.Delay = delays[len(delays)/2]
	}
	return row
}

// Pool sums up the scorecards of several runs, each with its own budget.
func Pool(cards ...*Scorecard) *Scorecard {
	sum := &Scorecard{}
	detectors := map[string]*DetectorScore{}
	for _, c := range cards {
		sum.Budget = c.Budget
		sum.Days += c.Days
		sum.Claims += c.Claims
		sum.False += c.False
		sum.Beyond += c.Beyond
		sum.Statistical.Right += c.Statistical.Right
		sum.Statistical.Made += c.Statistical.Made
		sum.Incidents = append(sum.Incidents, c.Incidents...)
		for _, d := range c.Detectors {
			if detectors[d.Detector] == nil {
				detectors[d.Detector] = &DetectorScore{Detector: d.Detector}
			}
			detectors[d.Detector].Right += d.Right
			detectors[d.Detector].Made += d.Made
			detectors[d.Detector].Spent += d.Spent
		}
	}
	for _, name := range sortedKeys(detectors) {
		sum.Detectors = append(sum.Detectors, *detectors[name])
	}
	sum.fillRows()
	return sum
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
