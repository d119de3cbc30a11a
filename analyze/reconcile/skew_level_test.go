package reconcile

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

const second = int64(1_000_000)

// shared makes calls at random times that two sources show: source 0 is right,
// source 1 is off by what skew says of a time. Each writes its times in its
// unit, and the second perhaps another moment of the call.
func shared(r *rand.Rand, n int, units [2]int64, skew func(at int64) int64, late bool) []sighting {
	const start = 1_772_409_600 * second
	var out []sighting
	at := start
	for i := range n {
		at += 1 + r.Int64N(600*second)
		latency := 200_000 + r.Int64N(9*second)
		if r.IntN(20) == 0 {
			latency = -1 // refused, and not measured
		}
		out = append(out, seen(int64(i), 0, at, units[0], latency))
		off := at + r.Int64N(900) + skew(at)
		if late {
			off += max(latency, 0)
		}
		out = append(out, seen(int64(i), 1, off, units[1], latency))
	}
	return out
}

func seen(call int64, bit int, at, unit, latency int64) sighting {
	return sighting{call: call, bit: bit, at: at/unit*unit + unit/2, unit: unit, latency: latency, ttft: -1}
}

func constant(us int64) func(int64) int64 { return func(int64) int64 { return us } }

func TestSkewIsEstimatedWithin100ms(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	units := []int64{1, 1000, second}
	shifts := []int64{second, -second, 1_234_567, -2_500_000, 61_900_000, -90_500_000, 3600 * second, -5*3600*second - 333_333, 40 * 86400 * second}
	for _, a := range units {
		for _, b := range units {
			for _, late := range []bool{false, true} {
				for _, shift := range shifts {
					for _, n := range []int{300, 3000} {
						name := fmt.Sprintf("units %d and %d, late %v, %d calls, %d µs", a, b, late, n, shift)
						c := compare(shared(r, n, [2]int64{a, b}, constant(shift), late), 0, 1, int64(n))
						w := c.worst().level
						if c.verdict != differing || len(c.stretches) != 1 || c.drift != 0 {
							t.Errorf("%s: verdict %d, %d stretches, drift %d", name, c.verdict, len(c.stretches), c.drift)
						}
						if abs(w.center-shift) > 100_000 || abs(w.center-shift) > w.err+1000 {
							t.Errorf("%s: estimated %d ± %d", name, w.center, w.err)
						}
						if late != (c.late == 1) || late && c.moment.words != "when it was done with the call" {
							t.Errorf("%s: taken for late: %d, %s", name, c.late, c.moment.words)
						}
					}
				}
			}
		}
	}
}

func TestClocksThatAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 300 {
		units := [2]int64{[]int64{1, 1000, second}[i%3], []int64{1, second}[i%2]}
		n := 10 + r.IntN(2000)
		c := compare(shared(r, n, units, constant(r.Int64N(400_000)-200_000), i%5 == 0), 0, 1, int64(n))
		if c.verdict != agreeing {
			t.Errorf("%d calls, units %v, late %v: verdict %d, level %+v, drift %d", n, units, i%5 == 0, c.verdict, c.level, c.drift)
		}
	}
}

func TestClockChanges(t *testing.T) {
	const start = 1_772_409_600 * second
	const half = start + 1000*300*second // about the middle of 2000 calls
	after := func(us int64) func(int64) int64 {
		return func(at int64) int64 {
			if at < half {
				return 0
			}
			return us
		}
	}
	for _, test := range []struct {
		name      string
		skew      func(int64) int64
		stretches []int64 // levels
		drift     int64
	}{
		{"none", constant(0), []int64{0}, 0},
		{"set once", after(90 * second), []int64{0, 90 * second}, 0},
		{"set back by little", after(-2 * second), []int64{0, -2 * second}, 0},
		{"set and set right again", func(at int64) int64 {
			if at > half && at < half+300*300*second {
				return -3600 * second
			}
			return 0
		}, []int64{0, -3600 * second, 0}, 0},
		{"drift", func(at int64) int64 { return (at - start) / 86400 }, nil, second},
		{"drift backwards", func(at int64) int64 { return -(at - start) / 86400 * 5 }, nil, -5 * second},
	} {
		for _, unit := range []int64{1, second} {
			t.Run(fmt.Sprint(test.name, " ", unit), func(t *testing.T) {
				c := compare(shared(rand.New(rand.NewPCG(5, 6)), 2000, [2]int64{second, unit}, test.skew, false), 0, 1, 2000)
				if abs(c.drift-test.drift) > second/10 {
					t.Errorf("drift of %d a day, want %d", c.drift, test.drift)
				}
				if test.drift != 0 {
					return
				}
				if len(c.stretches) != len(test.stretches) {
					t.Fatalf("stretches %+v, want levels %v", c.stretches, test.stretches)
				}
				for i, want := range test.stretches {
					if got := c.stretches[i].level.center; abs(got-want) > 100_000 {
						t.Errorf("stretch %d is off by %d, want %d", i, got, want)
					}
				}
				if len(c.stretches) == 2 {
					if at := c.times[c.stretches[1].from]; abs(at-half) > 4*600*second {
						t.Errorf("changed at %s, want %s", instant(at), instant(half))
					}
				}
			})
		}
	}
}

func TestTimesThatNoClockExplains(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	wild := func(int64) int64 { return r.Int64N(600 * second) }
	if c := compare(shared(r, 1000, [2]int64{1, 1}, wild, false), 0, 1, 1000); c.verdict != unclear {
		t.Errorf("delays of up to ten minutes: verdict %d, %+v", c.verdict, c.level)
	}
	odd := func(int64) int64 {
		if r.IntN(10) == 0 {
			return 3600 * second
		}
		return 0
	}
	if c := compare(shared(r, 1000, [2]int64{1, second}, odd, false), 0, 1, 1000); c.verdict != agreeing {
		t.Errorf("one call in ten an hour late: verdict %d, %+v", c.verdict, c.level)
	}
	most := func(int64) int64 {
		if r.IntN(6) == 0 {
			return 0
		}
		return 3600*second + second/2
	}
	for _, unit := range []int64{1, second} {
		if c := compare(shared(r, 900, [2]int64{1, unit}, most, false), 0, 1, 900); c.verdict != differing || abs(c.level.center-3600*second-second/2) > 100_000 {
			t.Errorf("five calls in six an hour late: verdict %d, late %d, %+v", c.verdict, c.late, c.level)
		}
	}
	if c := compare(shared(r, 9, [2]int64{1, 1}, constant(3600*second), false), 0, 1, 9); c.verdict != tooFew {
		t.Errorf("nine calls: verdict %d", c.verdict)
	}
}

func TestBlame(t *testing.T) {
	sources := []source{{name: "audit", plane: "access"}, {name: "bodies", plane: "content"}, {name: "gateway", plane: "content"}, {name: "trace", plane: "content"}}
	pairs := [][2]int{{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}}
	for _, test := range []struct {
		name   string
		clocks []int64 // of the sources, in seconds
		pairs  [][2]int
		want   string
	}{
		{"all agree", []int64{0, 0, 0, 0}, pairs, ""},
		{"one is off", []int64{0, 0, 90, 0}, pairs, "2-0 90 true;"},
		{"the log of accesses is off", []int64{-90, 0, 0, 0}, pairs, "0-1 -90 true;"},
		{"two are off, each in its way", []int64{0, 5, -7, 0}, pairs, "1-0 5 true;2-0 -7 true;"},
		{"two against two", []int64{0, 90, 90, 0}, pairs, "1-0 90 false;2-0 90 false;"},
		{"all differ", []int64{10, 20, 30, 40}, pairs, "1-0 10 false;2-0 20 false;3-0 30 false;"},
		{"two sources", []int64{0, 60}, pairs[:1], "1-0 60 false;"},
		{"over another", []int64{0, 0, 0, 60}, [][2]int{{0, 1}, {1, 2}, {2, 3}}, "3-2 60 true;"},
		{"over one that is off", []int64{0, 0, 30, 40}, [][2]int{{0, 1}, {1, 2}, {2, 3}}, "2-1 30 true;3-1 40 true;"},
		{"not comparable", []int64{0, 90, 0, 0}, [][2]int{{2, 3}}, ""},
		{"apart from each other", []int64{0, 90, 10, 0}, [][2]int{{0, 1}, {2, 3}}, "1-0 90 false;3-2 -10 false;"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var list []*comparison
			for _, p := range test.pairs {
				d := (test.clocks[p[1]] - test.clocks[p[0]]) * second
				c := &comparison{reference: p[0], subject: p[1], calls: 1000, late: -1, verdict: agreeing, level: level{center: d}, stretches: []stretch{{0, 1, level{center: d}}}}
				if d != 0 {
					c.verdict = differing
				}
				list = append(list, c)
			}
			got := ""
			for _, a := range blame(sources[:len(test.clocks)], list) {
				got += fmt.Sprintf("%d-%d %d %v;", a.subject, a.reference, (a.through.center+a.by.worst().level.center)/second, a.known)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
