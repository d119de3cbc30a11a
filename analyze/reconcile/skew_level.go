package reconcile

import (
	"cmp"
	"math"
	"slices"
)

// level is where differences lie. All is in microseconds.
type level struct {
	center int64
	err    int64 // of center: three standard errors
	spread int64 // of single differences beyond what rounding does to them: one robust standard deviation
}

// jitter is how far times of one call lie apart, beyond their units, without
// anything to explain: a call takes a moment to pass from one to the next.
const jitter = 50_000

// levelOf finds where differences between times lie that are written in units
// which are this large together. It is the mean of those near the median, not
// the median, because whole seconds leave no more than two or three different
// values: their mean averages the rounding, while their median is one of them.
// Near is within the units, so that all that rounding does is in, and few calls
// that have another reason are out.
//
// The error is 3·s/√n + 3·unit/n. The second part is the rule of three: where
// none of n differences fell into the next unit, up to 3/n of all may.
func levelOf(values []int64, unit int64) level {
	n := len(values)
	if n == 0 {
		return level{}
	}
	median := medianOf(values)
	away := make([]int64, n)
	for i, v := range values {
		away[i] = abs(v - median)
	}
	// A quarter of a unit is the median distance of what is spread evenly over one.
	mad := max(0, medianOf(away)-unit/4)
	width := unit + jitter + 4*mad
	var sum, squares, k float64
	for _, v := range values {
		if d := v - median; abs(d) <= width {
			sum += float64(d)
			squares += float64(d) * float64(d)
			k++
		}
	}
	mean := sum / k // the median itself is among them
	deviation := math.Sqrt(max(0, squares/k-mean*mean))
	return level{
		center: median + int64(math.Round(mean)),
		err:    int64(math.Ceil(3*deviation/math.Sqrt(k) + 3*float64(unit)/k)),
		spread: int64(1.4826 * float64(mad)),
	}
}

// medianOf returns the upper median.
func medianOf(values []int64) int64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

func abs(x int64) int64 { return max(x, -x) }

// roughness says how far each value is from the one before it: the mean of the
// smaller half of the steps. It does not mind that the level changes now and
// then or that a fifth of the values are on another, which a mean of all would;
// and it tells apart what whole seconds blur, which a median would not.
func roughness(values []int64) float64 {
	if len(values) < 2 {
		return 0
	}
	steps := make([]int64, len(values)-1)
	for i := range steps {
		steps[i] = abs(values[i+1] - values[i])
	}
	slices.Sort(steps)
	steps = steps[:(len(steps)+1)/2]
	var sum float64
	for _, s := range steps {
		sum += float64(s)
	}
	return sum / float64(len(steps))
}

// stretch is a run of differences on one level: values[from:to].
type stretch struct {
	from, to int
	level    level
}

const (
	blockCalls    = 20 // calls of which a level is taken when looking for changes, at least
	mostBlocks    = 64 // blocks that are compared
	mostStretches = 8  // of a clock that is set now and then; more is no clock
)

// stretchesOf cuts differences in order of time where their level changes by
// more than the threshold. Two blocks in a row must be on another level, so
// that neither few odd calls nor a block in which the level changes are one.
func stretchesOf(values []int64, unit int64) []stretch {
	blocks := blocksOf(values, unit)
	var cuts []int
	run := 0 // the first block of the present level
	for i := 1; i+1 < len(blocks); i++ {
		now := centerOf(blocks[run:i])
		if !now.differs(blocks[i].level) || !now.differs(blocks[i+1].level) {
			continue
		}
		first := blocks[i-1].from
		if n := len(cuts); n > 0 {
			first = max(first, cuts[n-1])
		}
		cuts = append(cuts, refine(values, first, blocks[i+1].to, now.center, blocks[i+1].level.center))
		run = i + 1
		i++
	}
	var out []stretch
	from := 0
	for _, to := range append(cuts, len(values)) {
		if to == from {
			continue // the level had changed where it changes again
		}
		next := stretch{from, to, levelOf(values[from:to], unit)}
		if n := len(out); n > 0 && !out[n-1].level.differs(next.level) {
			out[n-1] = stretch{out[n-1].from, to, levelOf(values[out[n-1].from:to], unit)}
		} else {
			out = append(out, next)
		}
		from = to
	}
	return out
}

// differs says whether two levels cannot be those of one clock.
func (l level) differs(m level) bool {
	return abs(l.center-m.center) > skewThreshold+l.err+m.err
}

// centerOf returns the level in the middle of those of blocks.
func centerOf(blocks []stretch) level {
	sorted := slices.Clone(blocks)
	slices.SortStableFunc(sorted, func(a, b stretch) int { return cmp.Compare(a.level.center, b.level.center) })
	return sorted[len(sorted)/2].level
}

// blocksOf returns the levels of equally long parts, as many as make sense.
func blocksOf(values []int64, unit int64) []stretch {
	n := min(mostBlocks, len(values)/blockCalls)
	blocks := make([]stretch, n)
	for i := range blocks {
		from, to := i*len(values)/n, (i+1)*len(values)/n
		blocks[i] = stretch{from, to, levelOf(values[from:to], unit)}
	}
	return blocks
}

// costOf is how far the levels of blocks are from their median, summed up.
func costOf(blocks []stretch) int64 {
	centers := make([]int64, len(blocks))
	for i, b := range blocks {
		centers[i] = b.level.center
	}
	var cost int64
	median := medianOf(centers)
	for _, c := range centers {
		cost += abs(c - median)
	}
	return cost
}

// refine finds the cut within values[from:to] that leaves least to explain when
// what is left of it lies on one level and the rest on another.
func refine(values []int64, from, to int, left, right int64) int {
	var cost, best int64
	cut := from
	for i := from; i < to; i++ {
		cost += abs(values[i]-left) - abs(values[i]-right)
		if cost < best {
			best, cut = cost, i+1
		}
	}
	return cut
}

// driftOf returns by how much differences grow per day where a steady growth
// explains them better than one change does, and 0 otherwise: the slope of
// Theil and Sen, which is the median of the slopes between all pairs of blocks.
func driftOf(times, values []int64, unit int64) int64 {
	blocks := blocksOf(values, unit)
	if len(blocks) < 4 {
		return 0
	}
	var slopes []float64 // microseconds per second
	at := make([]float64, len(blocks))
	for i, b := range blocks {
		at[i] = float64(times[(b.from+b.to)/2]-times[0]) / 1e6
		for j := range i {
			if at[i] > at[j] {
				slopes = append(slopes, float64(b.level.center-blocks[j].level.center)/(at[i]-at[j]))
			}
		}
	}
	if len(slopes) == 0 {
		return 0
	}
	slices.Sort(slopes)
	slope := slopes[len(slopes)/2]
	bent := slices.Clone(blocks)
	for i := range bent {
		bent[i].level.center -= int64(slope * at[i])
	}
	steps := int64(math.MaxInt64) // what one change leaves to explain
	for i := 1; i < len(blocks); i++ {
		steps = min(steps, costOf(blocks[:i])+costOf(blocks[i:]))
	}
	grown := math.Abs(slope) * (at[len(at)-1] - at[0])
	if grown <= skewThreshold || costOf(bent) > steps {
		return 0
	}
	return int64(math.Round(slope * 86_400))
}
