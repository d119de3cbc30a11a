package detectors

import (
	"math"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

const (
	// usualSpread is that of conversations of people and agents.
	usualSpread = 6
	// usualTokens is that of tokens and costs, of conversations that grow: those of who
	// has had few are better taken for long ones.
	usualTokens = 12
	// usualBegun is that of conversations that begin: one thing leads to another.
	usualBegun = 3
	// rateSize says how much a rate changes from day to day: by a twentieth.
	rateSize = 300
	// rateLump is how much of a conversation comes at once: all of it would be 1. It
	// makes p-values right in the tail, as measured on traffic of a drill.
	rateLump = 0.95
	// tokensLump is the same of tokens, of which one call can have many, and begunLump of
	// conversations that begin, which come one by one.
	tokensLump, begunLump = 0.8, 0.3
	// lumpConversations is after how many conversations of an actor half of that holds:
	// of who had few, nobody has seen how long they can be, and the tail is heavier.
	lumpConversations = 40
	// callsApart is how many of the windows of a day, of calls and of beginnings, are
	// worth one of their own, for they overlap and calls come in conversations;
	// tokensApart is the same of tokens and costs. Measured too.
	callsApart, tokensApart = 0.25, 0.28
	// tokensUnsure is the variance of a dispersion that one conversation tells, in squares
	// of it: that of squares of tokens that are spread as an exponential distribution is,
	// 4!/2!² - 1. So many conversations are what is usual worth in it.
	tokensUnsure, tokensUsual = 5, 10
)

// How far hours of the week are believed: that many of them count as much as what
// they are shrunk to, and as many more as hold so many conversations. What is seen of
// an hour is not how often it was looked at, but what happened in it: where somebody
// calls twice a day, twenty working days without a call at ten say next to nothing of
// it, and a call at ten must be no surprise.
const (
	weekShrinkage, weekConversations = 4, 1
	dayShrinkage, dayConversations   = 2, 0.3
)

// shrinkage is how far the hours of an actor are believed whose means come to so much
// an hour over all.
func (m *rateMeasure) shrinkage(mean float64) statistic.Shrinkage {
	hours := m.usual / math.Max(mean, 1e-9) // that hold a conversation
	return statistic.Shrinkage{Cell: weekShrinkage + weekConversations*hours, Parent: dayShrinkage + dayConversations*hours}
}

// rateWindows are how many hours are looked at together: what lasts an afternoon
// is not seen in any one of its hours.
func rateWindows() []int { return []int{1, 2, 4} }

// rateTests tests for every day of every actor whether so much, or more, in the
// most surprising hours of it is to be expected by the same hours of its other
// days, and by what its peers do on the day. Calls come in conversations, so
// that counts vary more than those of calls on their own would: p-values are those
// of negative binomial counts of lumps of calls, whose variance is the mean times
// a dispersion that each actor has. Beside it the mean is only known as well as so
// many hours of it tell.
//
// Actors that were seen on few days are compared with what others do in an hour.
func rateTests(h *volumeHistory, m *rateMeasure) *hourTests {
	rates := h.rates(m)
	var begun []*actorRates
	if m.begun {
		begun = h.rates(begunMeasure())
	}
	return h.tests(func(t *hourTests, i int) {
		switch a := rates[i]; {
		case a == nil:
		case a.days == nil:
			peerTests(t, h, i, m.value)
		case m.begun:
			dayTests(t, i, m, a, begun[i])
		default:
			dayTests(t, i, m, a)
		}
	})
}

// dayTests tests the days of an actor, by what it did and what it began.
func dayTests(t *hourTests, actor int, m *rateMeasure, a *actorRates, begun ...*actorRates) {
	for from := 0; from < len(a.hours); {
		to := min(len(a.hours), from+hoursOfDay-(from+a.into)%hoursOfDay)
		w := worst{hourTest: hourTest{actor: actor}, a: a}
		w.try(a, from, to)
		for _, b := range begun {
			w.try(b, from, to)
		}
		t.n++
		if w.logP < 0 { // else nothing was more than is expected
			w.logP = logWorst(w.logP, w.seen, m.apart)
			t.add(w.hourTest)
		}
		from = to
	}
}

// rateMeasure is something that actors have so much of in an hour.
type rateMeasure struct {
	name  string // where several detectors ask for the rates of it, else ""
	value func(*actorHour) int64
	usual float64 // dispersion, which is about how much comes in a conversation
	wild  float64 // from how many standard deviations on the squares of a day are wild, about
	lump  float64 // see rateLump
	apart float64 // see callsApart
	// unsure is how little one conversation tells of the dispersion, see tokensUnsure; 0
	// where it is taken as it is.
	unsure float64
	begun  bool // whether the conversations that they began are looked at too
}

// begunMeasure is how many conversations actors begin. Their length varies, so that
// calls do; they hardly vary more than chance lets them.
func begunMeasure() *rateMeasure {
	return &rateMeasure{name: "begun", value: func(v *actorHour) int64 { return v.begun }, usual: usualBegun, wild: callsWild, lump: begunLump}
}

// worst is the most surprising window of a day so far.
type worst struct {
	hourTest
	a    *actorRates // whose amounts are told
	seen []float64   // how probable it is that windows have anything at all
}

// try tests the windows that end in hours from one to another.
func (w *worst) try(a *actorRates, from, to int) {
	guesses := a.guesses(from + a.into)
	for k := from; k < to; k++ {
		for _, n := range rateWindows() {
			if k+1 < n {
				continue
			}
			x := sumOf(a.hours[k+1-n : k+1])
			w.seen = append(w.seen, -math.Expm1(-x.mean/guesses[0].lump))
			if x.value-x.mean < math.Sqrt(x.mean*guesses[0].lump*(1+guesses[0].extra(x))) {
				continue
			}
			logP := math.Inf(-1)
			for _, g := range guesses {
				logP = statistic.LogAdd(logP, math.Log(g.weight)+g.logP(x))
			}
			if logP >= w.logP {
				continue
			}
			told := sumOf(w.a.hours[k+1-n : k+1])
			until := (a.first + int64(k) + 1) * hourUS
			w.hourTest = hourTest{actor: w.actor, hour: until - int64(n)*hourUS, until: until - 1, observed: told.value * w.a.unit, expected: told.mean * w.a.unit, logP: logP}
			if w.a != a {
				w.begun = [2]float64{x.value, x.mean}
			}
		}
	}
}

// guess is a dispersion that an actor may have, how much of it comes at once, and how
// probable it is.
type guess struct{ phi, lump, weight float64 }

// guesses are the dispersions that an actor may have by all days but that of an hour, the
// most probable one first.
func (a *actorRates) guesses(hour int) []guess {
	phi := a.spread.without(hour)
	known := a.spread.known(phi, hour)
	lump := func(phi float64) float64 { return 1 + a.m.lump*known*(phi-1) }
	if a.m.unsure == 0 {
		return []guess{{phi, lump(phi), 1}}
	}
	sigma := math.Sqrt(a.m.unsure / (a.spread.conversations(phi, hour) + tokensUsual))
	var out []guess
	for _, node := range normalNodes() {
		phi := math.Max(leastPhi, phi*math.Exp(node.at*sigma-sigma*sigma/2))
		out = append(out, guess{phi, lump(phi), node.weight})
	}
	return out
}

// extra is how much more than that of lumps on their own the variance is, in means.
func (g *guess) extra(x rate) float64 {
	extra := g.phi/g.lump - 1 + x.mean/rateSize/g.lump
	if x.mean > 0 {
		extra += g.phi * x.unsure / x.mean / g.lump
	}
	return extra
}

// logP returns the logarithm of the p-value of so much, or more.
func (g *guess) logP(x rate) float64 {
	return statistic.LogUpperNegBinomial(x.value/g.lump, x.mean/g.lump, x.mean/g.lump/math.Max(g.extra(x), 0.02))
}

// normalNode is a point that stands for a part of a normal variable.
type normalNode struct{ at, weight float64 }

// normalNodes are three points and weights that are as good as all of a normal variable
// (Gauss and Hermite), the middle one first.
func normalNodes() [3]normalNode {
	return [3]normalNode{{0, 2.0 / 3}, {-math.Sqrt(3), 1.0 / 6}, {math.Sqrt(3), 1.0 / 6}}
}

func sumOf(hours []rate) rate {
	var x rate
	for _, hour := range hours {
		x.value, x.mean, x.unsure = x.value+hour.value, x.mean+hour.mean, x.unsure+hour.unsure
	}
	return x
}

// logWorst returns the logarithm of the p-value of the least p-value of windows. Of
// none it is small more often than there is anything at all in the window, which
// seen says; apart is what part of the windows counts.
func logWorst(logP float64, seen []float64, apart float64) float64 {
	sum, p := 0.0, math.Exp(logP)
	if p < 1e-300 {
		return logAny(logP, apart*float64(len(seen)))
	}
	for _, s := range seen {
		sum += math.Min(1, s/p)
	}
	return logAny(logP, apart*sum)
}

// logAny returns the logarithm of the probability that one of so many tests has such
// a p-value.
func logAny(logP, tests float64) float64 {
	if x := tests * math.Exp(logP); x > 1e-8 {
		return math.Log(-math.Expm1(-x))
	}
	return logP + math.Log(tests)
}

// actorRates is what an actor did in every hour since the day it was first seen
// on, and what its other days and its peers let expect.
type actorRates struct {
	m      *rateMeasure
	first  int64 // hour
	day    int   // of the first hour, in the history
	into   int   // hours of its day before that
	unit   float64
	hours  []rate
	spread *spread
	days   []rate // by the day of the history; nil where the actor has too few
}

// raise lets expect more of a day.
func (a *actorRates) raise(day int, times float64) {
	if times == 1 {
		return
	}
	a.days[day].mean *= times
	for k := max(0, (day-a.day)*hoursOfDay-a.into); k < min(len(a.hours), (day-a.day+1)*hoursOfDay-a.into); k++ {
		a.hours[k].mean, a.hours[k].unsure = a.hours[k].mean*times, a.hours[k].unsure*times
	}
}

// rates returns what actors did, nil of such as nothing can be said of.
func (h *volumeHistory) rates(m *rateMeasure) []*actorRates {
	if kept := h.kept[m.name]; kept != nil {
		return kept
	}
	out := make([]*actorRates, len(h.actors))
	if countTrue(h.known) <= warmUpDays {
		return out
	}
	called := h.called
	if m.name == callsName {
		h.called = nil // they are raised here
	}
	h.each(func(i int) {
		var a *actorRates
		if m.name == callsName && called != nil {
			a = called[i]
		} else {
			a = h.unraised(h.actors[i], m)
		}
		if out[i] = a; a == nil || a.days == nil {
			return
		}
		for day, times := range h.common[i] {
			a.raise(day, times)
		}
		a.spread = spreadOf(a.hours, a.into, m)
	})
	if m.name != "" && h.kept != nil {
		h.kept[m.name] = out
	}
	return out
}

// unraised is what an actor did, and what is expected of it without its peers; nil where
// it has nothing of the measure.
func (h *volumeHistory) unraised(a *volumeActor, m *rateMeasure) *actorRates {
	var sum, calls int64
	for j := range a.hours {
		sum, calls = sum+m.value(&a.hours[j]), calls+a.hours[j].calls
	}
	if sum <= 0 {
		return nil
	}
	unit := float64(sum) / float64(calls)
	if m.usual == usualBegun {
		unit = 1
	}
	return h.ratesOf(a, m, unit)
}

// ratesOf are what an actor did in every hour since the day it was first seen on,
// and what its other days let expect, in a unit.
func (h *volumeHistory) ratesOf(a *volumeActor, m *rateMeasure, unit float64) *actorRates {
	days, known := h.matrix(a, func(v *actorHour) float64 { return float64(m.value(v)) })
	first := max(h.from, h.monday+int64(h.day(max(a.hours[0].hour, h.monday)))*hoursOfDay)
	out := &actorRates{m: m, first: first, day: h.day(first), into: int(first % hoursOfDay), unit: unit}
	if countTrue(known) <= warmUpDays {
		return out
	}
	week := statistic.NewWeek(days, known)
	out.hours, out.days = make([]rate, h.to-first+1), make([]rate, len(days))
	for k := range out.hours {
		day, of := h.day(first+int64(k)), int((first+int64(k))%hoursOfDay)
		s := m.shrinkage(week.MeanWithout(day) / unit)
		r := rate{value: days[day][of] / unit, mean: week.Expect(day, of, s) / unit}
		r.unsure = r.mean / week.HoursBehind(day, s)
		out.hours[k] = r
		out.days[day].value, out.days[day].mean = out.days[day].value+r.value, out.days[day].mean+r.mean
	}
	return out
}

// peerTests tests the hours of an actor with little history against those of all
// other actors: negative binomial counts with their mean and variance, which those
// between actors are part of.
func peerTests(t *hourTests, h *volumeHistory, actor int, value func(*actorHour) int64) {
	var n, sum, squares float64
	for i, a := range h.actors {
		for j := range a.hours {
			if i != actor {
				v := float64(value(&a.hours[j]))
				n, sum, squares = n+1, sum+v, squares+v*v
			}
		}
	}
	if n < 100 || sum <= 0 {
		return
	}
	mean := sum / n
	size := mean * mean / max(squares/n-mean*mean-mean, 1e-9)
	hours := h.actors[actor].hours
	for from, to := 0, 0; from < len(hours); from = to {
		least := hourTest{}
		for to = from; to < len(hours) && h.day(hours[to].hour) == h.day(hours[from].hour); to++ {
			x := float64(value(&hours[to]))
			if logP := statistic.LogUpperNegBinomial(x, mean, size); x > mean && logP < least.logP {
				least = hourTest{actor: actor, hour: hours[to].hour * hourUS, until: (hours[to].hour+1)*hourUS - 1, observed: x, expected: mean, logP: logP}
			}
		}
		t.n++
		least.logP = math.Min(0, least.logP+math.Log(float64(to-from))) // Bonferroni
		t.add(least)
	}
}

// rate is how much an actor did in an hour, and how much is expected, in calls: a mean
// whose own variance is the dispersion times what is unsure of it.
type rate struct{ value, mean, unsure float64 }

// leastPhi is the least dispersion that is believed of calls of anybody.
const leastPhi = 1.1

// spread is how far the hours of an actor scatter: the variance in means, by day,
// so that a day can be left out.
type spread struct {
	usual          float64
	squares, means float64
	day            [][2]float64
}

const (
	// spreadCalls is how many calls the usual spread of calls counts as much as.
	spreadCalls = 20
	// callsWild is from how many standard deviations on, about, the squares of a day
	// are wild; of tokens and costs, of which one call can have many, it is
	// tokensWild. spreadRounds is how often that is looked at again.
	callsWild, tokensWild = 5, 15
	spreadRounds          = 4
)

// spreadOf returns the spread of hours, of which the first is so many hours into
// its day. A day counts no more than a wild one does: what happened on it would
// hide what happens on others.
func spreadOf(rates []rate, into int, m *rateMeasure) *spread {
	raw := make([][2]float64, (len(rates)+into)/hoursOfDay+1)
	for k, r := range rates {
		d := &raw[(k+into)/hoursOfDay]
		d[0], d[1] = d[0]+(r.value-r.mean)*(r.value-r.mean), d[1]+r.mean
	}
	s := &spread{usual: m.usual, day: slices.Clone(raw)}
	for range spreadRounds {
		phi := s.phi(0, 0)
		s.squares, s.means = 0, 0
		for j, d := range raw {
			d[0] = math.Min(d[0], phi*(d[1]+m.wild*(math.Sqrt(phi*d[1])+phi)))
			s.day[j], s.squares, s.means = d, s.squares+d[0], s.means+d[1]
		}
	}
	return s
}

// without returns the dispersion of all days but the one that an hour is of.
func (s *spread) without(hour int) float64 {
	d := s.day[hour/hoursOfDay]
	return s.phi(d[0], d[1])
}

// known is how well the conversations of an actor are known without the day of an
// hour, from 0 to 1, by how many there were.
func (s *spread) known(phi float64, hour int) float64 {
	n := s.conversations(phi, hour)
	return n / (n + lumpConversations)
}

// conversations is about how many there were without the day of an hour.
func (s *spread) conversations(phi float64, hour int) float64 {
	return (s.means - s.day[hour/hoursOfDay][1]) / phi
}

// phi is the dispersion without some squares and means.
func (s *spread) phi(squares, means float64) float64 {
	return s.shrunk(s.squares-squares, s.means-means, spreadCalls)
}

// shrunk is a dispersion, shrunk to what is usual, which counts as much as so many
// calls.
func (s *spread) shrunk(squares, means, calls float64) float64 {
	return math.Max(leastPhi, (squares+s.usual*calls)/(means+calls))
}

func countTrue(list []bool) int {
	n := 0
	for _, v := range list {
		if v {
			n++
		}
	}
	return n
}
