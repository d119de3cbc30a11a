package statistic

import (
	"math"
	"math/rand/v2"
	"testing"
)

// reaches says by going through every row of hits and misses how probable it is
// that a chart comes to a height.
func reaches(c *ShareChart, height, calls int) float64 {
	first := c.Share * (1 - c.Follow) / (1 - c.Share)
	total := 0.0
	for row := range 1 << calls {
		p, sum, high := 1.0, 0, 0
		for i := range calls {
			hit := row>>i&1 == 1
			of := c.Share
			switch {
			case i > 0 && row>>(i-1)&1 == 1:
				of = c.Follow
			case i > 0:
				of = first
			}
			if hit {
				p, sum = p*of, sum+c.Up
			} else {
				p, sum = p*(1-of), max(0, sum-c.Down)
			}
			high = max(high, sum)
		}
		if high >= height {
			total += p
		}
	}
	return total
}

// TestShareChart holds the probability of a height against the sum over all rows
// of few calls, and against draws of many.
func TestShareChart(t *testing.T) {
	for _, tt := range []struct {
		c             ShareChart
		height, calls int
	}{
		{ShareChart{2, 1, 0.07, 0.07}, 4, 12},
		{ShareChart{2, 1, 0.07, 0.2}, 7, 12},
		{ShareChart{2, 1, 0.3, 0.3}, 9, 14},
		{ShareChart{4, 3, 0.1, 0.1}, 13, 14},
		{ShareChart{1, 1, 0.2, 0.5}, 1, 10},
		{ShareChart{2, 1, 0.07, 0.07}, 24, 12},
	} {
		near(t, "the chance of a height", tt.c.LogReach(tt.height, tt.calls), math.Log(reaches(&tt.c, tt.height, tt.calls)), 1e-9)
	}
	c := ShareChart{2, 1, 0.07, 0.1}
	if got := c.LogReach(0, 5); got != 0 {
		t.Errorf("height 0 has log p %v", got)
	}
	if got := c.LogReach(11, 5); !math.IsInf(got, -1) {
		t.Errorf("a height above that of hits only has log p %v", got)
	}
	r := rand.New(rand.NewPCG(21, 22))
	const runs, calls, height = 20_000, 500, 9
	hits := 0
	for range runs {
		sum, of := 0, c.Share
		for range calls {
			if r.Float64() < of {
				sum, of = sum+c.Up, c.Follow
			} else {
				sum, of = max(0, sum-c.Down), c.Share*(1-c.Follow)/(1-c.Share)
			}
			if sum >= height {
				hits++
				break
			}
		}
	}
	near(t, "the share of long rows", float64(hits)/runs, math.Exp(c.LogReach(height, calls)), 0.005)
}
