package enrich

import (
	"math"
	"strconv"
	"strings"
)

// Point is a place on earth, in degrees.
type Point struct {
	Latitude, Longitude float64
}

// earthRadius is the mean radius of the earth in kilometres (IUGG; Moritz, "Geodetic
// Reference System 1980", Journal of Geodesy 74, 2000).
const earthRadius = 6371.0088

// Kilometres is the distance between two points along a great circle, by the
// haversine formula (Sinnott, "Virtues of the Haversine", Sky and Telescope 68, 1984).
func (p Point) Kilometres(q Point) float64 {
	const degree = math.Pi / 180
	sin := func(degrees float64) float64 { s := math.Sin(degrees * degree / 2); return s * s }
	h := sin(q.Latitude-p.Latitude) + math.Cos(p.Latitude*degree)*math.Cos(q.Latitude*degree)*sin(q.Longitude-p.Longitude)
	return 2 * earthRadius * math.Asin(math.Sqrt(min(1, h)))
}

// parsePoint reads a latitude and a longitude in degrees.
func parsePoint(latitude, longitude string) (Point, bool) {
	var p Point
	for _, x := range [...]struct {
		text string
		most float64
		into *float64
	}{{latitude, 90, &p.Latitude}, {longitude, 180, &p.Longitude}} {
		v, err := strconv.ParseFloat(strings.TrimSpace(x.text), 64)
		if err != nil || !(math.Abs(v) <= x.most) {
			return Point{}, false
		}
		*x.into = v
	}
	return p, true
}
