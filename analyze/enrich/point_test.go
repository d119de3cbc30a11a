package enrich

import (
	"math"
	"testing"
)

// TestKilometres compares with what follows from the radius: a quarter of a great
// circle, half of one, and a degree.
func TestKilometres(t *testing.T) {
	const circle = 2 * math.Pi * earthRadius
	for _, tt := range []struct {
		a, b Point
		want float64
	}{
		{Point{0, 0}, Point{0, 90}, circle / 4},
		{Point{0, 0}, Point{90, 17}, circle / 4},
		{Point{0, -90}, Point{0, 90}, circle / 2},
		{Point{90, 0}, Point{-90, 0}, circle / 2},
		{Point{0, 179.5}, Point{0, -179.5}, circle / 360},
		{Point{50, 10}, Point{50, 10}, 0},
	} {
		if got := tt.a.Kilometres(tt.b); math.Abs(got-tt.want) > 1e-6 {
			t.Errorf("%v to %v is %v km, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}
