package detectors

import (
	"math"
	"testing"
)

// longSeriesOf is an actor with so many answers on each day, of which these were long.
func longSeriesOf(actor string, n int64, long ...int64) *longSeries {
	s := &longSeries{actor: actor}
	for day, k := range long {
		s.days = append(s.days, longDay{day: int64(day), n: n, k: k})
		s.n, s.k = s.n+n, s.k+k
	}
	return s
}

// pOfDay returns the p-value of a day of an actor, 1 where it has none.
func pOfDay(t *hourTests, actor, day int) float64 {
	for _, x := range t.list {
		if x.actor == actor && x.hour == int64(day) {
			return math.Exp(x.logP)
		}
	}
	return 1
}

// TestLongTests checks what makes many long answers improbable: that there are more than
// on other days, and that those come one by one there and not in heaps.
func TestLongTests(t *testing.T) {
	t.Parallel()
	list := []*longSeries{
		longSeriesOf("steady", 40, 0, 1, 0, 0, 1, 0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0),
		longSeriesOf("in heaps", 40, 0, 9, 0, 0, 11, 0, 12, 0, 10, 0, 0, 0, 9, 0, 0, 0),
		longSeriesOf("often", 40, 11, 13, 12, 10, 12, 14, 12, 11, 12, 10, 13, 12, 9, 12, 11, 12),
		longSeriesOf("never", 40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
		longSeriesOf("new", 10, 9, 0, 1),
	}
	for _, s := range list {
		for i := range s.days {
			s.days[i].first = s.days[i].day // which pOfDay finds it by
		}
	}
	tests, short := longTests(list)
	if want := int64(4 * 16); tests.n != want || short != 1 {
		t.Errorf("%d tests and %d without history, want %d and 1", tests.n, short, want)
	}
	d, ok := volumeLong().(*volumeDetector)
	if !ok {
		t.Fatal("the detector is none of volume")
	}
	for _, x := range d.runs(tests.list, make([]volumeSubject, len(list))) {
		if x.observed < 9 {
			t.Errorf("a day with %v long answers is found", x.observed)
		}
	}
	steady, heaps, often := pOfDay(tests, 0, 6), pOfDay(tests, 1, 6), pOfDay(tests, 2, 6)
	if steady > 1e-6 || heaps < 1e-3 || often < 1e-2 {
		t.Errorf("p of twelve long answers is %.2g, where they come in heaps %.2g, where they are usual %.2g", steady, heaps, often)
	}
	for _, x := range tests.list {
		if s := list[x.actor]; s.actor == "new" || x.observed > 0 && s.actor == "never" {
			t.Errorf("%s is told of: %+v", s.actor, x)
		}
	}
}

// TestLongLeavesOut checks that what an actor got on a day hardly changes what is expected
// of it: only as one of all actors it has a say.
func TestLongLeavesOut(t *testing.T) {
	t.Parallel()
	expected := func(k int64) float64 {
		list := []*longSeries{longSeriesOf("ana", 40, 2, 1, 3, k, 1, 2, 2, 1, 3, 1)}
		for range 50 {
			list = append(list, longSeriesOf("others", 400, 13, 14, 15, 14, 13, 14, 15, 14, 13, 14))
		}
		tests, _ := longTests(list)
		for _, x := range tests.list {
			if x.actor == 0 && x.observed == float64(k) {
				return x.expected
			}
		}
		t.Fatalf("a day with %d long answers was not told of", k)
		return 0
	}
	if few, many := expected(8), expected(40); math.Abs(few-many) > 0.02*few {
		t.Errorf("%v are expected where 8 came, and %v where 40 did", few, many)
	}
}
