package reconcile

import (
	"cmp"
	"math"
	"slices"
)

const (
	minuteMicros = int64(60_000_000)
	hourMicros   = 60 * minuteMicros
	weekHours    = 7 * 24
)

// rhythm is how busy a source is per hour. It counts minutes with events, not
// events: a hundred in a minute say no more about the next than one does.
type rhythm struct {
	start  int64   // number of the first hour since 1970
	counts []int64 // minutes with events per hour, from the first hour with any to the last
	gaps   []gap   // runs of empty minutes worth testing, in order
	runs   int64   // all runs of empty minutes
}

// gap is a time, in microseconds since 1970, in which a source wrote nothing.
type gap struct{ from, to int64 }

// hours returns the range of hours that a gap touches, as indexes of counts.
func (r *rhythm) hours(g gap) (from, to int) {
	return int(g.from/hourMicros - r.start), int((g.to-1)/hourMicros-r.start) + 1
}

// History that a source needs, beside the silence itself, to have a rhythm.
const (
	leastDays    = 3   // with events
	leastMinutes = 200 // with events
	leastShare   = 0.5 // of the days have events: others are not regular
)

// days counts the days that a source covers, those outside of a gap only, and
// those among them with events.
func (r *rhythm) days(g gap) (all, active int) {
	from, to := r.hours(g)
	day, busy, outside := int64(-1), false, false
	for i := 0; i <= len(r.counts); i++ {
		if d := (r.start + int64(i)) / 24; i == len(r.counts) || d != day {
			if outside {
				all++
			}
			if busy {
				active++
			}
			day, busy, outside = d, false, false
		}
		if i < len(r.counts) {
			busy = busy || r.counts[i] > 0
			outside = outside || i < from || i >= to || r.counts[i] > 0
		}
	}
	return all, active
}

// minutes counts those with events.
func (r *rhythm) minutes() int64 {
	var n int64
	for _, c := range r.counts {
		n += c
	}
	return n
}

// cell holds the counts of comparable hours.
type cell struct {
	n            int
	sum, squares float64
}

func (c *cell) add(count int64) {
	c.n++
	c.sum += float64(count)
	c.squares += float64(count) * float64(count)
}

func (c *cell) merge(o cell) {
	c.n += o.n
	c.sum += o.sum
	c.squares += o.squares
}

func (c *cell) mean() float64 { return c.sum / float64(c.n) }

// profile is a rhythm with a silence left out, so that the silence is not
// compared with itself.
type profile struct {
	week [weekHours]cell // by hour of week, from Monday 00:00 UTC
	day  [2][24]cell     // by hour of day, of weekdays and of weekends
	// How much counts vary beyond chance, as the inverse of the size r of a
	// negative binomial distribution, whose variance is m + m²/r: from hour to
	// hour, and from day to day.
	perHour, perDay float64
}

// hourOfWeek numbers hours since 1970, a Thursday, by their place in the week.
func hourOfWeek(hour int64) int { return int((hour + 3*24) % weekHours) }

// weekend returns 1 for an hour of the week that is on Saturday or Sunday.
func weekend(hourOfWeek int) int {
	if hourOfWeek >= 5*24 {
		return 1
	}
	return 0
}

// without learns the profile of all hours outside of a gap. The first and the
// last hour are no whole hours and are not learnt from.
func (r *rhythm) without(g gap) *profile {
	p := &profile{}
	from, to := r.hours(g)
	r.outside(from, to, func(i int) { p.week[hourOfWeek(r.start+int64(i))].add(r.counts[i]) })
	for h, c := range p.week {
		p.day[weekend(h)][h%24].merge(c)
	}
	p.perHour = p.hourly()
	p.perDay = p.daily(r, from, to)
	return p
}

// outside visits the whole hours that are not in counts[from:to].
func (r *rhythm) outside(from, to int, visit func(i int)) {
	for i := 1; i < len(r.counts)-1; i++ {
		if i < from || i >= to {
			visit(i)
		}
	}
}

// What is assumed of how counts vary before they are seen: by half of their
// mean, as firmly as if so many hours and days had shown it. It keeps a short
// history, in which nothing varied, from proving too much.
const (
	priorInverse = 0.25
	priorHours   = 24
	priorDays    = 2
)

// hourly estimates 1/r between hours by the method of moments, all cells of
// [profile.day] together:
//
//	1/r = Σ (s² - m) / Σ m²
//
// with the mean m and the unbiased variance s² of the cell of each hour.
func (p *profile) hourly() float64 {
	var excess, scale, n float64
	for _, class := range p.day {
		for _, c := range class {
			if c.n < 2 {
				continue
			}
			k, m := float64(c.n), c.mean()
			excess += (c.squares-k*m*m)*k/(k-1) - k*m
			scale += k * m * m
			n += k
		}
	}
	return shrink(excess, scale, n, priorHours)
}

// daily estimates 1/r between days in the same way, from the sums of days and
// what the profile expects of them.
func (p *profile) daily(r *rhythm, from, to int) float64 {
	type sums struct {
		day, hours int64
		seen, want float64
	}
	var days [2][]sums
	r.outside(from, to, func(i int) {
		hour := r.start + int64(i)
		h := hourOfWeek(hour)
		class := &days[weekend(h)]
		if n := len(*class); n == 0 || (*class)[n-1].day != hour/24 {
			*class = append(*class, sums{day: hour / 24})
		}
		d := &(*class)[len(*class)-1]
		d.hours++
		d.seen += float64(r.counts[i])
		d.want += p.day[weekend(h)][h%24].mean()
	})
	var excess, scale, n float64
	for _, class := range days {
		class = slices.DeleteFunc(class, func(d sums) bool { return d.hours < 12 })
		k := float64(len(class))
		if k < 2 {
			continue
		}
		for _, d := range class {
			excess += (d.seen-d.want)*(d.seen-d.want)*k/(k-1) - d.want
			scale += d.want * d.want
			n++
		}
	}
	return shrink(excess, scale, n, priorDays)
}

// shrink weighs an estimate from n counts against the prior.
func shrink(excess, scale, n, prior float64) float64 {
	seen := 0.0
	if scale > 0 {
		seen = max(0, excess/scale)
	}
	return (n*seen + prior*priorInverse) / (n + prior)
}

// expect returns the mean of an hour and 1/r of a count of it. Of the cells
// that could be its own the one that expects least is taken: its hour of the
// day on such days, its hour of the week, and the hours before and after both,
// for people come an hour later at times and clocks are changed in spring.
// Without such hours in the history nothing is expected.
//
// 1/r has three parts: how much hours vary, how much the mean of n of them
// does, and the chance in the sum S that the mean was taken from, which is 1/S.
func (p *profile) expect(hour int64) (mean, inverse float64) {
	h := hourOfWeek(hour)
	class := &p.day[weekend(h)]
	if class[h%24].n == 0 {
		return 0, 0
	}
	least := class[h%24]
	for _, c := range []cell{
		class[(h+23)%24], class[(h+1)%24],
		p.week[h], p.week[(h+weekHours-1)%weekHours], p.week[(h+1)%weekHours],
	} {
		if c.n > 0 && c.mean() < least.mean() {
			least = c
		}
	}
	if least.sum == 0 {
		return 0, 0
	}
	return least.mean(), p.perHour + p.perHour/float64(least.n) + 1/least.sum
}

// nothing returns the natural logarithm of the probability that a source with
// this rhythm writes nothing during a gap, and in how many minutes it would.
//
// An hour has m such minutes on average, with the variance φ·m where φ = 1 + m/r.
// Where they come in bursts of φ minutes, which is the reading that makes
// silence likeliest, m/φ bursts are expected and the share f of the hour is
// empty with the probability exp(-f·m/φ). Hours are taken as independent. But
// whole days can be quiet: so the probability is also computed by days, a day
// with the mean M in the gap being empty with (1 + M/R)^-R, as a negative
// binomial distribution of the size R between days has it, and the larger one
// counts.
func (p *profile) nothing(g gap) (logP, expected float64) {
	var byHour, byDay, today float64
	endDay := func() {
		byDay -= math.Log1p(today*p.perDay) / p.perDay
		today = 0
	}
	for hour := g.from / hourMicros; hour*hourMicros < g.to; hour++ {
		f := part(g, hour)
		if mean, inverse := p.expect(hour); mean > 0 {
			byHour -= f * mean / (1 + mean*inverse)
			today += f * mean
			expected += f * mean
		}
		if hour%24 == 23 {
			endDay()
		}
	}
	endDay()
	return max(byHour, byDay), expected
}

// silence is a gap that is too long for the source's own rhythm.
type silence struct {
	gap
	logP     float64 // natural logarithm of the probability, corrected for all runs
	expected float64 // minutes with events
}

const (
	// leastSilence is the shortest run of empty minutes that is looked at.
	leastSilence = 5 * minuteMicros
	// mostTests bounds the runs of a source that are tested with a profile of
	// their own: those of which most is expected.
	mostTests = 200
	// silenceChance is the chance of one false finding in a whole case.
	silenceChance = 1e-3
)

// silences tests the gaps of a rhythm. The probability of each is multiplied by
// the number of runs of empty minutes in the case (Bonferroni), for each of
// them could have been the long one.
func (r *rhythm) silences(runs int64) []silence {
	var out []silence
	for _, g := range r.candidates() {
		if all, active := r.days(g); active < leastDays || float64(active) < leastShare*float64(all) {
			continue
		}
		logP, expected := r.without(g).nothing(g)
		if logP += math.Log(float64(max(runs, 1))); logP < math.Log(silenceChance) {
			out = append(out, silence{g, logP, expected})
		}
	}
	slices.SortFunc(out, func(a, b silence) int { return cmp.Compare(a.from, b.from) })
	return out
}

// candidates returns the gaps in which most is expected, roughly: by the hour of
// the day alone, the gap itself included.
func (r *rhythm) candidates() []gap {
	type candidate struct {
		gap
		expected float64
	}
	var list []candidate
	all := r.without(gap{})
	for _, g := range r.gaps {
		expected := 0.0
		for hour := g.from / hourMicros; hour*hourMicros < g.to; hour++ {
			if c := all.day[weekend(hourOfWeek(hour))][hour%24]; c.n > 0 {
				expected += part(g, hour) * c.mean()
			}
		}
		if expected > 1 {
			list = append(list, candidate{g, expected})
		}
	}
	slices.SortFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.expected, a.expected), cmp.Compare(a.from, b.from))
	})
	var out []gap
	for _, c := range list[:min(len(list), mostTests)] {
		out = append(out, c.gap)
	}
	return out
}

// part returns the share of an hour that is in a gap.
func part(g gap, hour int64) float64 {
	return float64(min(g.to, (hour+1)*hourMicros)-max(g.from, hour*hourMicros)) / float64(hourMicros)
}
