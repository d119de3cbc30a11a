package detectors

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/enrich"
)

// impossibleTravel finds credentials that were in two countries at once, and, where
// the case knows coordinates, ones that made a journey that nobody makes: who wrote
// from there cannot be who wrote from here. Countries say nothing of one journey: from
// one to the next it can be a walk.
type impossibleTravel struct {
	countries *concurrent
}

const (
	// travelSpeed is faster than airliners are from door to door, in kilometres an hour:
	// the fastest, Boeing's 747-8, cruises at Mach 0.86, some 915 km/h.
	travelSpeed = 1000
	// travelLeast is how far places must be apart, in kilometres: databases place many
	// addresses only to within some hundred (MaxMind, accuracy_radius of GeoIP City is
	// up to 1000 km: https://dev.maxmind.com/geoip/docs/databases/city-and-country).
	travelLeast = 1000
	// travelSharing is from how many actors on an address is a way out that many share:
	// a tunnel, a proxy or a cloud, whose users are somewhere else.
	travelSharing = 3
)

func identityImpossibleTravel() *impossibleTravel {
	return &impossibleTravel{countries: &concurrent{
		by: "country", words: "the countries", swift: true,
		head: analyze.About{
			ID: "identity.impossible-travel", Version: 1, Severity: analyze.SeverityHigh,
			Title: "One credential was used from two places that nobody could have been in",
			Why: "Found where the journey from one use of a credential to the next would take more than 1000 km/h, over 1000 km or more, by the coordinates that the case is " +
				"enriched with; and where it goes back and forth between countries within an hour, twice on a day. Who did so on two days before has two ways out, and an address " +
				"of three actors or more is a way out that they share.",
			Tags:  []string{"atlas.aml.t0012", "attack.t1078.004"},
			Needs: []string{"address", "actor"},
			FalsePositives: []string{
				"a tunnel that goes out in another country",
				"an application in several regions that shares one credential since that day",
				"an address that the database places wrongly",
			},
			Triage: []string{
				"look whether one of the places is where a tunnel or cloud of yours goes out",
				"ask the holder where they were",
			},
			Collect: []string{"the logs of the tunnel, for who had the address", "sign-ins of the same person elsewhere"},
			Contain: []string{"bind the credential to the known networks", "rotate the credential; end its sessions"},
		},
	}}
}

func (d *impossibleTravel) about() *analyze.About { return d.countries.about() }

func (d *impossibleTravel) detect(ctx context.Context, r *run) (*result, error) {
	noCountry, err := r.unsaid(ctx, "coverage_of_calls", "lacks", []string{"country"})
	if err != nil {
		return nil, err
	}
	points, err := r.points(ctx)
	if err != nil {
		return nil, err
	}
	if noCountry != "" && len(points) == 0 {
		return &result{lacks: "no address has a country or coordinates; add them with enrich --geoip or --networks"}, nil
	}
	res, err := d.countries.detect(ctx, r)
	if err != nil || len(points) == 0 {
		return res, err
	}
	known := map[[2]string]bool{}
	for i := range res.found {
		known[[2]string{res.found[i].Subject, res.found[i].Bucket}] = true
	}
	list, err := r.journeys(ctx, points)
	if err != nil {
		return nil, err
	}
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].holder == list[0].holder && list[n].day == list[0].day {
			n++
		}
		if f := journeyed(list[:n]); !known[[2]string{f.Subject, f.Bucket}] {
			res.found = append(res.found, f)
		}
		list = list[n:]
	}
	return res, nil
}

// addressPoint is where an address is.
type addressPoint struct {
	Address string `json:"address"`
	Point   string `json:"point"` // the same for all addresses in the same place
	at      enrich.Point
}

// points returns where source addresses are, of those of which the case knows it.
func (r *run) points(ctx context.Context) ([]addressPoint, error) {
	if err := r.need(ctx, "call", "act", "network_of"); err != nil {
		return nil, err
	}
	of, err := r.c.Points()
	if err != nil {
		return nil, err
	}
	var list []addressPoint
	return list, r.query(ctx, "addresses", nil, func(rows *sql.Rows) error {
		var address, label string
		var asn int64
		if err := rows.Scan(&address, &label, &asn); err != nil {
			return err
		}
		if p, ok := of(address); ok {
			list = append(list, addressPoint{
				Address: address, at: p,
				Point: strconv.FormatFloat(p.Latitude, 'f', 4, 64) + " " + strconv.FormatFloat(p.Longitude, 'f', 4, 64),
			})
		}
		return nil
	})
}

// journey is a change of place that nobody can make in its time.
type journey struct {
	actor, holder, from, to, odd string // odd is the address that is less usual for the actor
	day, left, came, active      int64
	km                           float64
	eids                         []int64
	events, first, last          int64
}

// hours is how long it took.
func (j *journey) hours() float64 { return float64(j.came-j.left) / (3600 * 1e6) }

// journeys lists the journeys that nobody can make and that are not usual, in order
// of credential and time.
func (r *run) journeys(ctx context.Context, points []addressPoint) ([]journey, error) {
	text, err := json.Marshal(points)
	if err != nil {
		return nil, fmt.Errorf("writing where addresses are: %w", err)
	}
	at := map[string]enrich.Point{}
	for _, p := range points {
		at[p.Address] = p.at
	}
	var list []journey
	return list, r.query(ctx, "travel", []any{sql.Named("points", string(text))}, func(rows *sql.Rows) error {
		var j journey
		var there, sharing, before, after int64
		var eids any
		err := rows.Scan(&j.actor, &j.holder, &j.day, &j.left, &j.came, &j.from, &j.to, &j.odd, &there, &sharing, &j.active, &before, &after, &eids, &j.events, &j.first, &j.last)
		if err != nil {
			return err
		}
		j.km = at[j.from].Kilometres(at[j.to])
		if there >= concurrentHabit || sharing >= travelSharing || j.km < travelLeast || j.km <= travelSpeed*j.hours() {
			return nil
		}
		if j.eids, err = eidList(eids); err != nil {
			return err
		}
		j.eids = append(j.eids, before, after)
		j.first, j.last = min(j.first, j.left), max(j.last, j.came)
		list = append(list, j)
		return nil
	})
}

// journeyed makes the finding of the journeys of a credential on a day.
func journeyed(list []journey) found {
	j := &list[0]
	f := found{}
	f.Subject, f.Actor = j.actor, j.actor
	f.Bucket = j.holder + " " + time.UnixMicro(j.day*day).UTC().Format(time.DateOnly)
	first, last := j.first, j.last
	for i := range list {
		f.eids = append(f.eids, list[i].eids...)
		f.EventCount = max(f.EventCount, list[i].events)
		first, last = min(first, list[i].first), max(last, list[i].last)
	}
	slices.Sort(f.eids)
	f.eids = slices.Compact(f.eids)
	f.First, f.Last = time.UnixMicro(first).UTC(), time.UnixMicro(last).UTC()
	history := fmt.Sprintf("On %d earlier days with use it was not used from both.", j.active)
	if j.active == 0 {
		f.Severity = analyze.SeverityLow
		history = "There is no earlier day to compare with."
	}
	f.Explanation = fmt.Sprintf("%s was used from %s, and %d minutes later from %s, %.0f km away: nobody travels that fast. %s",
		j.holder, j.from, (j.came-j.left)/60_000_000, j.to, j.km, history)
	f.Facts = []analyze.Fact{
		{Name: "credential", Value: j.holder},
		{Name: "kilometres", Value: int64(j.km)},
		{Name: "minutes", Value: (j.came - j.left) / 60_000_000},
		{Name: "from", Value: j.from},
		{Name: "to", Value: j.to},
		{Name: "journeys", Value: int64(len(list))},
		{Name: "days_before", Value: j.active},
	}
	return f
}
