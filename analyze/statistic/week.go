package statistic

// Hours of a day and of a week.
const (
	dayHours  = 24
	weekHours = 7 * dayHours
)

// Week is what a subject did, day by day and hour by hour, as sums that one day
// can be left out of: the baseline of a point never holds the day of the point.
// Days count from any Monday.
type Week struct {
	days   [][dayHours]float64 // of each day; days are whole
	known  []bool              // days that the log covers
	cell   [weekHours]tally    // by hour of week
	parent [2 * dayHours]tally // by hour of day, on working days and on weekends
	whole  tally
	by     [2]tally // working days and weekends
}

// tally is a sum and of how many hours.
type tally struct{ sum, n float64 }

func (t tally) mean() float64 {
	if t.n == 0 {
		return 0
	}
	return t.sum / t.n
}

func (t tally) without(sum, n float64) tally { return tally{t.sum - sum, t.n - n} }

// Shrinkage says after how many observations a cell is believed as much as the
// mean of its parent.
type Shrinkage struct {
	Cell   float64 // of an hour of the week, against the hour of the day
	Parent float64 // of an hour of the day, against all hours
}

// weekend says whether a day is one, 0 or 1.
func weekend(day int) int {
	if day%7 >= 5 {
		return 1
	}
	return 0
}

// NewWeek returns the week of a subject from its days: what it did in each hour,
// with days[0] a Monday, and which days are known.
func NewWeek(days [][dayHours]float64, known []bool) *Week {
	w := &Week{days: days, known: known}
	for d := range days {
		if !known[d] {
			continue
		}
		for h, v := range days[d] {
			for _, t := range []*tally{
				&w.cell[d%7*dayHours+h], &w.parent[weekend(d)*dayHours+h], &w.whole, &w.by[weekend(d)],
			} {
				t.sum += v
				t.n++
			}
		}
	}
	return w
}

// MeanWithout returns the mean of all hours of known days but one day, 0 of none.
func (w *Week) MeanWithout(day int) float64 {
	if !w.known[day] {
		return w.whole.mean()
	}
	total := 0.0
	for _, v := range w.days[day] {
		total += v
	}
	return w.whole.without(total, dayHours).mean()
}

// HoursBehind returns how many hours what is expected of an hour of a day is known
// from: those of the hour of the day, on working days or on weekends, and what these
// are shrunk to.
func (w *Week) HoursBehind(day int, s Shrinkage) float64 {
	n := w.by[weekend(day)].n / dayHours
	if w.known[day] {
		n--
	}
	return n + s.Parent
}

// Expect returns what is expected of an hour of a day: the mean of the same hour
// of the week, shrunk to that of the hour of the day on working days or on
// weekends, shrunk to that of all hours, by how many of them are known. The day
// itself is left out of all.
func (w *Week) Expect(day, hour int, s Shrinkage) float64 {
	own, n := 0.0, 0.0
	total := 0.0
	if w.known[day] {
		own, n = w.days[day][hour], 1
		for _, v := range w.days[day] {
			total += v
		}
	}
	whole := w.whole.without(total, n*dayHours).mean()
	parent := w.parent[weekend(day)*dayHours+hour].without(own, n)
	cell := w.cell[day%7*dayHours+hour].without(own, n)
	up := (parent.sum + s.Parent*whole) / (parent.n + s.Parent)
	return (cell.sum + s.Cell*up) / (cell.n + s.Cell)
}
