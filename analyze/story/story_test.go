package story

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
)

var begin = time.Date(2026, 4, 8, 9, 0, 0, 0, time.UTC)

// made is a finding of a detector, so many minutes after begin.
func made(detector, actor string, minute int, s analyze.Severity, events ...string) analyze.Finding {
	at := begin.Add(time.Duration(minute) * time.Minute)
	subject := actor
	if subject == "" {
		subject = "nobody"
	}
	return analyze.Finding{
		ID: analyze.FindingID(detector, 1, subject, at.String()), Detector: detector, Severity: s, Subject: subject, Actor: actor,
		Title: detector + " happened", First: at, Last: at, Events: events, EventCount: int64(len(events)),
	}
}

// tested is a finding that a test found.
func tested(f analyze.Finding, p float64) analyze.Finding {
	f.Test = &analyze.Test{P: p, Q: p * 10, Tests: 10}
	return f
}

const (
	info     = analyze.SeverityInfo
	low      = analyze.SeverityLow
	medium   = analyze.SeverityMedium
	high     = analyze.SeverityHigh
	critical = analyze.SeverityCritical
)

func TestTell(t *testing.T) {
	type want struct {
		actor    string
		parts    []string // detectors
		severity analyze.Severity
		score    float64
	}
	hour := 60
	tests := []struct {
		name string
		list []analyze.Finding
		want []want
	}{
		{"one is no story", []analyze.Finding{made("a.x", "eve", 0, critical)}, nil},
		{"two of one kind", []analyze.Finding{made("a.x", "eve", 0, medium), made("a.y", "eve", 5, high)}, []want{{"eve", []string{"a.x", "a.y"}, high, 3}}},
		{"two kinds agree", []analyze.Finding{made("a.x", "eve", 0, medium), made("b.x", "eve", 5, high)}, []want{{"eve", []string{"a.x", "b.x"}, critical, 2.74}}},
		{"low does not agree", []analyze.Finding{made("a.x", "eve", 0, low), made("b.x", "eve", 5, high)}, []want{{"eve", []string{"a.x", "b.x"}, high, 2.7}}},
		{"no more than critical", []analyze.Finding{made("a.x", "eve", 0, critical), made("b.x", "eve", 5, high)}, []want{{"eve", []string{"a.x", "b.x"}, critical, 3.74}}},
		{"other actors", []analyze.Finding{made("a.x", "eve", 0, medium), made("b.x", "bob", 5, high)}, nil},
		{"at the gap", []analyze.Finding{made("a.x", "eve", 0, medium), made("a.y", "eve", 6*hour, medium)}, []want{{"eve", []string{"a.x", "a.y"}, medium, 2}}},
		{"beyond the gap", []analyze.Finding{made("a.x", "eve", 0, medium), made("a.y", "eve", 6*hour+1, medium)}, nil},
		{"info alone", []analyze.Finding{made("a.x", "eve", 0, info), made("b.y", "eve", 5, info)}, nil},
		{"info beside one", []analyze.Finding{made("a.x", "eve", 0, info), made("b.y", "eve", 5, high)}, nil},
		{"info during a story", []analyze.Finding{made("a.x", "eve", 0, high), made("i.i", "eve", 1, info), made("a.y", "eve", 5, high), made("i.i", "eve", 6, info)}, []want{{"eve", []string{"a.x", "i.i", "a.y"}, high, 3}}},
		{"info is no bridge", []analyze.Finding{made("a.x", "eve", 0, high), made("i.i", "eve", 5*hour, info), made("a.y", "eve", 10*hour, high)}, nil},
		{"no actor, shared event", []analyze.Finding{made("a.x", "eve", 0, medium, "e-1"), made("r.x", "", 5, medium, "e-1")}, []want{{"eve", []string{"a.x", "r.x"}, high, 2}}},
		{"no actor, events of two", []analyze.Finding{made("a.x", "eve", 0, medium, "e-1"), made("a.x", "bob", 0, medium, "e-2"), made("r.x", "", 5, medium, "e-1", "e-2")}, nil},
		{"nobody's, together", []analyze.Finding{made("r.x", "", 0, medium, "e-1"), made("r.y", "", 5, medium, "e-1", "e-2"), made("r.z", "", 6, medium, "e-2")}, []want{{"", []string{"r.x", "r.y", "r.z"}, medium, 2}}},
		{"nobody's, apart", []analyze.Finding{made("r.x", "", 0, medium, "e-1"), made("r.y", "", 5, medium, "e-2")}, nil},
		{"nobody's, without events", []analyze.Finding{made("r.x", "", 0, medium), made("r.y", "", 5, medium)}, nil},
		{"two names, the same events", []analyze.Finding{made("a.x", "eve", 0, medium, "e-1", "e-2"), made("b.x", "role/eve", 1, medium, "e-1", "e-2", "e-3")}, []want{{"role/eve", []string{"a.x", "b.x"}, high, 2}}},
		{"two actors, half of the events", []analyze.Finding{made("a.x", "eve", 0, medium, "e-1", "e-2"), made("b.x", "bob", 1, medium, "e-1")}, nil},
		{"two names, apart", []analyze.Finding{made("a.x", "eve", 0, medium, "e-1"), made("b.x", "role/eve", 1, medium, "e-1"), made("a.x", "eve", 9*hour, medium, "e-2")}, []want{{"eve", []string{"a.x", "b.x"}, high, 2}}},
		{"a family has one vote", append(many("a.x", "eve", 40, 1, medium), tested(made("a.y", "eve", 3, high), 1e-9)), []want{{"eve", nil, high, 8}}},
		{"smallest p", []analyze.Finding{tested(made("a.x", "eve", 0, medium), 0), tested(made("a.y", "eve", 5, medium), 1e-40)}, []want{{"eve", []string{"a.x", "a.y"}, medium, 15}}},
		{"longest", many("a.x", "eve", 9*24/5, 5*hour, medium), []want{{"eve", nil, medium, 2}, {"eve", nil, medium, 2}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Tell(tt.list, nil, nil)
			if len(got) != len(tt.want) {
				t.Fatalf("%d stories, want %d: %+v", len(got), len(tt.want), got)
			}
			for i, w := range tt.want {
				g := got[i]
				if g.Actor != w.actor || g.Severity != w.severity || math.Abs(g.Score-w.score) > 0.011 {
					t.Errorf("story of %q, %s, score %v; want %+v", g.Actor, g.Severity, g.Score, w)
				}
				var parts []string
				for _, id := range g.Parts {
					at := slices.IndexFunc(tt.list, func(f analyze.Finding) bool { return f.ID == id })
					parts = append(parts, tt.list[at].Detector)
				}
				if w.parts != nil {
					if diff := cmp.Diff(w.parts, parts); diff != "" {
						t.Errorf("parts (-want +got):\n%s", diff)
					}
				}
			}
		})
	}
}

// TestActing checks that what was done from an address is told of who acted from
// there, and of nobody else.
func TestActing(t *testing.T) {
	list := []analyze.Finding{made("a.x", "eve", 0, medium, "e-1"), made("b.x", "198.51.100.7", 5, medium, "e-2"), made("b.x", "198.51.100.8", 6, medium, "e-3")}
	got := Tell(list, nil, map[string]string{list[1].ID: "eve"})
	if len(got) != 1 || got[0].Actor != "eve" || len(got[0].Parts) != 2 {
		t.Fatalf("got %+v", got)
	}
	want := analyze.Fact{Name: "also_seen_as", Value: "198.51.100.7"}
	if diff := cmp.Diff(want, got[0].Facts[len(got[0].Facts)-1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Tell(list, nil, nil); got != nil {
		t.Errorf("without knowing who acted: %+v", got)
	}
}

// many are findings so many minutes apart.
func many(detector, actor string, n, apart int, s analyze.Severity) []analyze.Finding {
	var out []analyze.Finding
	for i := range n {
		out = append(out, made(detector, actor, i*apart, s))
	}
	return out
}

// TestLongestBounds checks that no part of a story begins later than Longest.
func TestLongestBounds(t *testing.T) {
	for _, s := range Tell(many("a.x", "eve", 60, 300, medium), nil, nil) {
		if d := s.Last.Sub(s.First); d > Longest {
			t.Errorf("a story of %s", d)
		}
	}
}

func TestSkipped(t *testing.T) {
	quiet := made("a.x", "eve", 1, high)
	quiet.Suppressed = &analyze.Suppression{Reason: "known"}
	timeless := made("a.y", "eve", 2, high)
	timeless.First, timeless.Last = time.Time{}, time.Time{}
	if got := Tell([]analyze.Finding{made("a.z", "eve", 0, high), quiet, timeless}, nil, nil); got != nil {
		t.Errorf("got %+v", got)
	}
}

func TestTitle(t *testing.T) {
	titles := map[string]string{"a.x": "Model is new", "b.x": "MFA is off", "c.x": "Calls failed", "d.x": "Logging was off"}
	list := []analyze.Finding{made("b.x", "eve", 4, low), made("a.x", "eve", 0, low), made("a.x", "eve", 2, low), made("c.x", "eve", 5, low), made("d.x", "eve", 6, low)}
	got := Tell(list, titles, nil)
	want := "eve: Model is new (2 times), then MFA is off, then calls failed, and 1 more"
	if len(got) != 1 || got[0].Title != want {
		t.Errorf("got %q, want %q", got[0].Title, want)
	}
	if !strings.Contains(got[0].Explanation, "5 findings") || strings.Count(got[0].Explanation, "\n") != 5 {
		t.Errorf("explanation:\n%s", got[0].Explanation)
	}
}

// TestEvents checks that a story has the union of the events, in order.
func TestEvents(t *testing.T) {
	a := made("a.x", "eve", 0, high, "e-2", "e-1")
	b := made("b.x", "eve", 1, high, "e-1", "e-3")
	b.EventCount = 50
	got := Tell([]analyze.Finding{b, a}, nil, nil)
	if diff := cmp.Diff([]string{"e-2", "e-1", "e-3"}, got[0].Events); diff != "" || got[0].EventCount != 50 {
		t.Errorf("events %d (-want +got):\n%s", got[0].EventCount, diff)
	}
}

// random makes findings of some actors.
func random(r *rand.Rand, actors []string, n int) []analyze.Finding {
	var out []analyze.Finding
	for i := range n {
		actor := actors[r.IntN(len(actors))]
		var events []string
		for range r.IntN(3) {
			events = append(events, fmt.Sprintf("%s-%d", actors[r.IntN(len(actors))], r.IntN(4)))
		}
		if r.IntN(4) == 0 {
			actor = ""
		}
		f := made(fmt.Sprintf("%c.x%d", 'a'+rune(r.IntN(4)), i), actor, r.IntN(10000), info+analyze.Severity(r.IntN(5)), events...)
		f.Last = f.First.Add(time.Duration(r.IntN(100)) * time.Minute)
		if r.IntN(2) == 0 {
			f = tested(f, math.Pow(10, -12*r.Float64()))
		}
		out = append(out, f)
	}
	return out
}

// TestOrder checks that the order of findings does not matter, bit for bit.
func TestOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		list := random(r, []string{"ana", "bob", "eve"}, 30)
		want := Tell(list, nil, nil)
		r.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
		if diff := cmp.Diff(want, Tell(list, nil, nil)); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}

// TestUnrelated checks that findings of somebody else, with events of their own,
// change no story.
func TestUnrelated(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	stories := 0
	for range 200 {
		list := random(r, []string{"ana", "bob", "eve"}, 20)
		before := Tell(list, nil, nil)
		stories += len(before)
		after := map[string]analyze.Finding{}
		for _, s := range Tell(append(list, random(r, []string{"zoe"}, 10)...), nil, nil) {
			after[s.ID] = s
		}
		for _, s := range before {
			if diff := cmp.Diff(s, after[s.ID]); diff != "" {
				t.Fatalf("(-before +after):\n%s", diff)
			}
		}
	}
	if stories < 100 {
		t.Errorf("only %d stories were compared", stories)
	}
}

// TestCauchy compares with what follows from the formula by hand: the cotangent
// of a small angle is its inverse, and equal values combine to themselves.
func TestCauchy(t *testing.T) {
	tests := []struct {
		odds []float64
		want float64
	}{
		{nil, 1},
		{[]float64{0.01}, 0.01},
		{[]float64{0.5}, 0.5},
		{[]float64{0.9}, 0.9},
		{[]float64{1e-12}, 1e-12},
		{[]float64{1e-12, 1e-12, 1e-12}, 1e-12},
		{[]float64{0.25, 0.75}, 0.5},
		{[]float64{1e-6, 0.5}, 2e-6},
		{[]float64{1e-6, 0.1, 0.1, 0.1}, 4 / (1e6 + 3*math.Pi*3.0776835)}, // cot(pi/10) is 3.0776835,
	}
	for _, tt := range tests {
		if got := Cauchy(tt.odds); math.Abs(got-tt.want) > 1e-6*tt.want {
			t.Errorf("Cauchy(%v) = %v, want %v", tt.odds, got, tt.want)
		}
	}
}
