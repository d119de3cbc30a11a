package drill

import "math/bits"

const (
	minuteMS = 60_000
	hourMS   = 60 * minuteMS
	dayMS    = 24 * hourMS
)

// group is a part of the population that is active at the same hours.
type group uint8

const (
	usersWest   group = iota // at UTC-5
	usersCentre              // at UTC+1
	usersEast                // at UTC+9
	services
	nightly
	agents
	groups
)

// weekday is the activity of people by the hour of their working day: nobody
// at night, a dip at noon, a tail in the evening. On weekends an eighth of it.
var weekday = [24]uint64{2, 1, 1, 1, 1, 2, 5, 15, 45, 80, 95, 100, 70, 85, 100, 95, 85, 60, 30, 18, 12, 9, 6, 4}

// offsets are the distances from UTC of the three groups of people, in hours.
// They do not change with the season.
var offsets = [3]int64{-5, 1, 9}

// shares are the parts of all calls that come from each group, in per cent.
var shares = [groups]uint64{11, 9, 5, 42, 9, 24}

// activity returns how active a group is at a time, from 0 to 100.
func activity(g group, ms int64) uint64 {
	switch g {
	case services: // follows people at a distance: their customers sleep too
		return 60 + (people(ms, -5)+people(ms, 1))/5
	case nightly: // 01:00 to 03:30 UTC
		if m := ms % dayMS / minuteMS; m >= 60 && m < 210 {
			return 100
		}
		return 0
	case agents:
		return 25 + people(ms, 1)*3/4
	default:
		return people(ms, offsets[g])
	}
}

func people(ms, offset int64) uint64 {
	local := ms + offset*hourMS
	w := weekday[local%dayMS/hourMS]
	if day := local / dayMS % 7; day == 2 || day == 3 { // 1970-01-01 was a Thursday
		return max(1, w/8)
	}
	return w
}

// curve maps the calls of a run, evenly numbered, to times, so that minutes
// get calls in proportion to their activity.
type curve struct {
	start int64          // milliseconds
	calls uint64         // how many units the curve is divided into
	turns int            // at most, in a conversation
	scale [groups]uint64 // makes the groups' sums equal to their shares
	cum   []uint64       // cum[m]: weight of all minutes before minute m
}

// newCurve returns the curve of a run of days from start (milliseconds). Groups
// that are not present get nothing.
func newCurve(seed uint64, start int64, days int, calls uint64, turns int, present [groups]bool) *curve {
	c := &curve{start: start, calls: calls, turns: turns, cum: make([]uint64, days*24*60+1)}
	var sums [groups]uint64
	for m := range days * 24 * 60 {
		for g := range groups {
			sums[g] += activity(g, c.msOf(m))
		}
	}
	for g := range groups {
		if present[g] && sums[g] > 0 {
			// 2^22 keeps the weight of a year far below 2^64 and that of a
			// minute far above its milliseconds.
			c.scale[g] = shares[g] * uint64(days) << 22 / sums[g]
		}
	}
	// Arrivals are spread evenly over the curve, which is steadier than life:
	// each minute is made up to twice as busy, or half as busy, by chance.
	for m := range days * 24 * 60 {
		r := newRNG(seed, streamCurve, uint64(m), 0)
		noise := uint64(r.between(64, 160) + r.between(0, 32)*r.between(0, 3))
		c.cum[m+1] = c.cum[m] + c.weight(m)*noise/128
	}
	return c
}

func (c *curve) msOf(m int) int64 { return c.start + int64(m)*minuteMS }

// end is the time just after the last minute.
func (c *curve) end() int64 { return c.msOf(len(c.cum) - 1) }

func (c *curve) weight(m int) uint64 {
	var sum uint64
	for g := range groups {
		sum += activity(g, c.msOf(m)) * c.scale[g]
	}
	return sum
}

// meanTurns are about how many calls a conversation of each group has, in
// tenths.
var meanTurns = [groups]uint64{32, 32, 32, 12, 10, 52}

// groupAt picks the group that begins a conversation at minute m. Groups with
// long conversations begin fewer of them.
func (c *curve) groupAt(m int, r *rng) group {
	var sums [groups + 1]uint64
	for g := range groups {
		turns := min(meanTurns[g], 10*uint64(c.turns))
		sums[g+1] = sums[g] + activity(g, c.msOf(m))*c.scale[g]*10/turns
	}
	at := uint64(r.below(int(sums[groups])))
	for g := range groups {
		if at < sums[g+1] {
			return g
		}
	}
	return services
}

// at returns the minute and time of the place unit + part/2^20 of the curve.
// Minutes are searched from m on: the caller passes the last one it got.
func (c *curve) at(unit, part uint64, m int) (minute int, ms int64) {
	hi, lo := bits.Mul64(unit<<20|part, c.cum[len(c.cum)-1])
	p, _ := bits.Div64(hi, lo, c.calls<<20)
	for c.cum[m+1] <= p {
		m++
	}
	return m, c.msOf(m) + int64((p-c.cum[m])*minuteMS/(c.cum[m+1]-c.cum[m]))
}
