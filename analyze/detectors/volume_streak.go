package detectors

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

// slowDay is how many calls of a subject there were on a day, and which were slow.
type slowDay struct {
	day, calls, callers int64
	slow                []slowCall // in order
}

// slowCall is a slow call: the how manieth of its day, when, and whose.
type slowCall struct {
	place, at, eid int64
	who            uint64
}

// slowSeries are the days of a subject: of an actor's calls of a model in a region,
// or, without an actor, of all calls of it.
type slowSeries struct {
	subject, actor string
	days           []slowDay // in order
	calls, slow    int64     // in all
}

// Slow calls add streakUp to a chart and others take streakDown off: it tells a
// share of three in four from one in fourteen best, the logarithm of the ratio of
// whose likelihoods is in that proportion. Where more than streakMost of all calls are
// slow, it tells nothing.
const (
	streakUp, streakDown = 2, 1
	streakMost           = 0.25
	// streakHigh bounds the height that is computed. The chance of it is below 1e-30.
	streakHigh = 150
	// streakReach is what the p-value of a day must be able to reach, were all of its
	// calls slow, for it to be tested at all: Tarone, "A Modified Bonferroni Method
	// for Discrete Data", Biometrics 46 (1990).
	streakReach = 1e-6
	// streakCallers is how many callers a model must have for its day to be theirs.
	streakCallers = 3
)

// streakTests tests for every day of every subject whether slow calls came so
// close together, or closer, by chance: those of minutes and those of hours, as
// the height that a chart of them comes to says.
func streakTests(list []*slowSeries) (t *hourTests, short int) {
	t = &hourTests{}
	usual, rho := slowUsual(list)
	for i, s := range list {
		if s.calls < warmUpCalls {
			short++
			continue
		}
		for j := range s.days {
			d := &s.days[j]
			calls, slow := float64(s.calls-d.calls), float64(s.slow-int64(len(d.slow)))
			if calls < warmUpCalls || s.actor == "" && d.callers < streakCallers {
				continue
			}
			x := streak{share: (slow + usual*shareCalls) / (calls + shareCalls), known: calls + shareCalls, rho: rho}
			if x.share > streakMost || x.least(d.calls) > math.Log(streakReach) {
				continue
			}
			t.n++
			height, from, to := highest(d.slow)
			if height == 0 {
				continue
			}
			run := d.slow[from : to+1]
			test := hourTest{
				actor: i, hour: run[0].at, until: run[len(run)-1].at, observed: float64(len(run)), n: run[len(run)-1].place - run[0].place + 1,
				logP: x.logP(height, int(d.calls), drawn(s.subject, d.day)), untold: s.actor == "" && ofOneCaller(run),
			}
			test.expected = x.share * float64(test.n)
			for k := range run {
				test.eids = append(test.eids, run[k].eid)
			}
			t.add(test)
		}
	}
	return t, short
}

// slowUsual returns the share of slow calls of all subjects, and how much more
// often than others a call is slow that follows on a slow one, as a share of what
// there is to it. Days with far more slow calls than usual have no say in it.
func slowUsual(list []*slowSeries) (usual, rho float64) {
	var calls, slow, pairs, follow float64
	for _, s := range list {
		calls, slow = calls+float64(s.calls), slow+float64(s.slow)
	}
	usual = (slow + 1) / (calls + 100)
	expected := 0.0
	for _, s := range list {
		if s.actor == "" || s.calls == 0 {
			continue
		}
		share := (float64(s.slow) + usual*shareCalls) / (float64(s.calls) + shareCalls)
		for i := range s.days {
			d := &s.days[i]
			if float64(len(d.slow)) > 2*share*float64(d.calls)+3 {
				continue
			}
			for k := range d.slow {
				if d.slow[k].place == d.calls {
					continue
				}
				follow, expected = follow+1, expected+share
				if k+1 < len(d.slow) && d.slow[k+1].place == d.slow[k].place+1 {
					pairs++
				}
			}
		}
	}
	if follow < 100 || follow <= expected {
		return usual, 0
	}
	return usual, math.Max(0, (pairs-expected)/(follow-expected))
}

// highest returns how high the chart of a day comes, and the slow calls that
// brought it there.
func highest(slow []slowCall) (height, from, to int) {
	sum, begin := int64(0), 0
	for i := range slow {
		if i > 0 {
			sum = max(0, sum-streakDown*(slow[i].place-slow[i-1].place-1))
		}
		if sum == 0 {
			begin = i
		}
		if sum += streakUp; int(sum) > height {
			height, from, to = int(min(sum, math.MaxInt32)), begin, i
		}
	}
	return height, from, to
}

// ofOneCaller reports whether more than half of the calls are of one caller, whose own
// test tells of them.
func ofOneCaller(run []slowCall) bool {
	n := map[uint64]int{}
	for i := range run {
		if n[run[i].who]++; 2*n[run[i].who] > len(run) {
			return true
		}
	}
	return false
}

// streak is what is known of the slow calls of a subject: their share, by how many
// calls, and how they follow on each other.
type streak struct{ share, known, rho float64 }

// least is the logarithm of about the least p-value that a day can reach.
func (x *streak) least(calls int64) float64 { return float64(calls) * math.Log(x.share) }

// logP returns the logarithm of the p-value of a height on a day of so many calls,
// of whose own probability the given part counts. The share is a variable around
// what is known of it, on the scale of logarithms.
func (x *streak) logP(height, calls int, part float64) float64 {
	sigma := math.Sqrt((1 - x.share) / x.share * (1/x.known + 1/sharePrecision))
	logP := math.Inf(-1)
	for _, node := range normalNodes() {
		share := math.Min(x.share*math.Exp(node.at*sigma-sigma*sigma/2), 2*streakMost)
		c := statistic.ShareChart{Up: streakUp, Down: streakDown, Share: share, Follow: share + x.rho*(1-share)}
		height := min(height, streakHigh)
		this, more := c.LogReach(height, calls), c.LogReach(height+1, calls)
		logP = statistic.LogAdd(logP, math.Log(node.weight)+statistic.LogAdd(math.Log(part)+this, math.Log1p(-part)+more))
	}
	return math.Min(0, logP)
}

// streakDetector is a detector of calls that take long.
func streakDetector(d *volumeDetector, statement string) *volumeDetector {
	d.piece, d.ratio, d.least, d.what = 1, 3, 4, "slow_calls"
	d.explain = func(x *volumeRun) string {
		return fmt.Sprintf("%.0f of %d calls %s took three times as long or more as usual, where %.2g are expected by other days", x.observed, x.calls, x.hours(), x.expected)
	}
	d.tests = func(ctx context.Context, r *run) (*hourTests, []volumeSubject, []string, error) {
		list, err := r.slow(ctx, statement)
		if err != nil {
			return nil, nil, nil, err
		}
		var subjects []volumeSubject
		for _, s := range list {
			subjects = append(subjects, volumeSubject{subject: s.subject, actor: s.actor})
		}
		t, short := streakTests(list)
		return t, subjects, shortNotes(short, "subjects", "calls on other days"), nil
	}
	return d
}

// slow runs a statement whose rows are subject, actor, day, calls, callers, and
// lists of slow calls: their place in the day, time, event and caller.
func (r *run) slow(ctx context.Context, statement string) ([]*slowSeries, error) {
	if err := r.need(ctx, "call"); err != nil {
		return nil, err
	}
	var list []*slowSeries
	err := r.query(ctx, statement, nil, func(rows *sql.Rows) error {
		var subject, actor string
		var d slowDay
		var place, at, eids, who []any
		if err := rows.Scan(&subject, &actor, &d.day, &d.calls, &d.callers, &place, &at, &eids, &who); err != nil {
			return err
		}
		for i := range place {
			var c slowCall
			var ok [4]bool
			c.place, ok[0] = place[i].(int64)
			c.at, ok[1] = at[i].(int64)
			c.eid, ok[2] = eids[i].(int64)
			c.who, ok[3] = who[i].(uint64)
			if ok != [4]bool{true, true, true, true} {
				return fmt.Errorf("reading slow calls: no numbers in row of %s", subject)
			}
			d.slow = append(d.slow, c)
		}
		if n := len(list); n == 0 || list[n-1].subject != subject || list[n-1].actor != actor {
			list = append(list, &slowSeries{subject: subject, actor: actor})
		}
		s := list[len(list)-1]
		s.days = append(s.days, d)
		s.calls, s.slow = s.calls+d.calls, s.slow+int64(len(d.slow))
		return nil
	})
	return list, err
}
