package drill

import (
	stdbase64 "encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
)

// lookAlike is something harmless that rules without a sense for it take for an
// incident.
type lookAlike struct {
	name string
	cast cast
	// share of the cast that it happens to, in 10,000; at least one, when there
	// is anybody.
	share int
	play  func(s *stage)
}

// lookAlikes lists what [Config.LookAlikes] adds, with how much of it there is.
func lookAlikes() []lookAlike {
	return []lookAlike{
		{"travel", castPerson, 1500, travels},                // for two to four days, one place at a time
		{"upgrade", castPerson | castProgram, 2500, upgrade}, // another version of the client
		{"new-laptop", castPerson, 500, newLaptop},           // another family of client
		{"joiner", castPerson, 500, joins},                   // one new person for twenty
		{"deployment", castProgram, 1500, deploys},           // another version of the model, which answers alike
		{"month-end", castJob, 10_000, monthEnd},             // on the last three days of a month and the first
		{"leave", castPerson, 500, hasLeave},                 // calls a restricted model all along, three times a day
		{"grant", castPerson, 1000, isGranted},               // gets a policy that somebody asked for
		{"security-team", castPerson, 400, quotesAttacks},    // discusses attacks, twice a day
		{"coding", castPerson, 2500, codes},                  // talks of curl, shells and keys of documentation, once a day
		{"encoded", castPerson, 1000, encodes},               // pastes data in base64, every other day
		{"declined", castPerson, 3000, isDeclined},           // is refused once or twice, and leaves it
		{"partner", castCourier, 10_000, meetsPartner},       // a new host that the user names
		{"no-answer", castAnswers, 10_000, knowsNothing},     // says that the documents do not say, once a day
	}
}

// LookAlikeNames returns the harmless things that look like incidents.
func LookAlikeNames() []string {
	var names []string
	for _, l := range lookAlikes() {
		names = append(names, l.name)
	}
	return names
}

// LookAlikeTruth says whom something harmless happened to, and when.
type LookAlikeTruth struct {
	LookAlike string    `json:"look_alike"`
	Subject   Subject   `json:"subject"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
}

// spell is a time in which an actor is elsewhere or uses another client.
type spell struct {
	from, to    int64
	addr, agent string // empty: as ever
}

// harmless plays the look-alikes. It returns their steps and what is true of
// them; days that a subject needs for them are taken.
func (c *casting) harmless(w *writer) ([]*scripted, []LookAlikeTruth) {
	var steps []*scripted
	var truth []LookAlikeTruth
	for i, l := range lookAlikes() {
		r := newRNG(c.seed, streamIncident, 3<<32, uint64(i))
		fit := slices.DeleteFunc(slices.Clone(c.actors), func(a *actor) bool { return a.kind()&l.cast == 0 || a.model.openAI() })
		r.shuffle(len(fit), func(i, j int) { fit[i], fit[j] = fit[j], fit[i] })
		for _, a := range fit[:(len(fit)*l.share+9999)/10_000] {
			s := &stage{casting: c, actor: a, days: c.days, writer: w, incident: &incident{}, daily: c.dailyOf(a), rand: newRNG(r.uint64(), streamIncident, 0, 0)}
			s.began, s.ended = s.from(), s.to()
			l.play(s)
			steps = append(steps, s.steps...)
			truth = append(truth, LookAlikeTruth{LookAlike: l.name, Subject: s.actor.subject(), First: c.clock(s.began), Last: c.clock(s.ended)})
		}
	}
	return steps, truth
}

// someDay is a day after the warm-up that has so many days after it.
func (s *stage) someDay(after int) int {
	return min(s.days-1, s.rand.between(warmUp(s.days), max(warmUp(s.days), s.days-after)))
}

// lasts notes when something harmless is, and takes these days.
func (s *stage) lasts(from, to int64) {
	s.began, s.ended = from, min(to, s.to()-1)
	for d := (from - s.casting.start) / dayMS; d <= (s.ended-s.casting.start)/dayMS; d++ {
		s.casting.taken[booking{s.actor.name, int(d)}] = true
	}
}

// everyDay calls do at so many working hours of each day, per 100 days.
func (s *stage) everyDay(per100 int, do func(at int64)) {
	for day := range s.days {
		if s.rests(day) {
			continue
		}
		n := per100 / 100
		if s.rand.chance(per100 % 100 * 100) {
			n++
		}
		for range n {
			do(s.hour(day, 9, 8*60))
		}
	}
}

func travels(s *stage) {
	n := s.rand.between(2, 4)
	day := s.someDay(n)
	from := s.from() + int64(day)*dayMS - s.offset()*hourMS // midnight, where the person lives
	s.lasts(from, from+int64(n)*dayMS)
	s.actor.spells = append(s.actor.spells, spell{from, s.ended, fmt.Sprintf("203.0.113.%d", s.rand.between(128, 190)), ""})
}

// changesClient lets the subject use another client from some day on.
func (s *stage) changesClient(agent string) {
	from := s.hour(s.someDay(2), 8, 60)
	s.lasts(from, from+hourMS)
	s.actor.spells = append(s.actor.spells, spell{from, s.to(), "", agent})
}

func upgrade(s *stage) {
	s.changesClient(strings.NewReplacer(
		"Boto3/1.40.2", "Boto3/1.40.18", "Botocore#1.40.2", "Botocore#1.40.18", "Boto3/1.39.14", "Boto3/1.40.18",
		"aws-cli/2.28.11", "aws-cli/2.28.20", "aws-sdk-js/3.864.0", "aws-sdk-js/3.876.0",
		"aws-sdk-go-v2/1.38.0", "aws-sdk-go-v2/1.38.3", "claude-cli/1.0.83", "claude-cli/1.0.98", "claude-cli/1.0.71", "claude-cli/1.0.98",
	).Replace(s.actor.office.agent))
}

func newLaptop(s *stage) { s.changesClient(otherClient(s.actor)) }

// joins lets somebody come who works like the subject from some day on.
func joins(s *stage) {
	model := s.actor
	day := s.someDay(3)
	s.incident.instance = model.number + 1
	a := s.enter("joiner")
	s.casting.entered = append(s.casting.entered, a)
	a.group, a.model, a.operation, a.office = model.group, model.model, opInvoke, model.office
	s.began = s.hour(day, 9, 60)
	for d := day; d < s.days; d++ {
		if s.rests(d) {
			continue
		}
		n := int(max(2, min(300, s.casting.dailyOf(model))))
		for range s.rand.between(n/2, n) {
			s.calls(s.hour(d, 9, 8*60), "")
		}
	}
}

func deploys(s *stage) {
	from := s.hour(s.someDay(2), 10, 120)
	s.lasts(from, from+hourMS)
	next := modelOf(successors[s.actor.model.id])
	if next != nil {
		s.actor.effects = append(s.actor.effects, &effect{from: from, to: s.to(), share: 10_000, model: next})
	}
}

func monthEnd(s *stage) {
	for day := range s.days {
		date := s.casting.clock(s.from() + int64(day)*dayMS)
		last := date.AddDate(0, 1, -date.Day()).Day() // of this month
		if date.Day() != 1 && date.Day() < last-2 {
			continue
		}
		for range min(600, int(s.daily)*s.rand.between(50, 100)/100) {
			s.calls(s.from()+int64(day)*dayMS+int64(s.rand.between(61*minuteMS, 209*minuteMS)), "")
		}
	}
}

func hasLeave(s *stage) {
	m := s.restricted()
	s.actor.leave = true
	s.everyDay(300, func(at int64) { s.callsModel(at, "", m) })
}

func isGranted(s *stage) {
	at := s.hour(s.someDay(2), 10, 300)
	s.lasts(at, at+hourMS)
	s.grants(at, "", "AmazonBedrockReadOnly").as(s.admin(at - 1000))
}

func quotesAttacks(s *stage) {
	s.everyDay(200, func(at int64) {
		s.asks(at, "", s.say("{quotes} \"{override} {then}\""), s.say("{analysis} ")+s.noise(40))
	})
}

func codes(s *stage) {
	s.everyDay(100, func(at int64) {
		s.asks(at, "", s.say("{code question}"), s.say("{code answer}")+" "+s.noise(20))
	})
}

func encodes(s *stage) {
	s.everyDay(50, func(at int64) {
		s.asks(at, "", s.say("{decode} ")+stdbase64.StdEncoding.EncodeToString([]byte(s.noise(s.rand.between(10, 40)))), s.noise(25))
	})
}

func isDeclined(s *stage) {
	for range s.rand.between(1, 2) {
		s.asks(s.hour(s.rand.below(s.days), 9, 8*60), "", s.say("{plainly} {private question}?"), s.say("{refusal}"))
	}
}

func meetsPartner(s *stage) {
	at := s.hour(s.someDay(2), 10, 300)
	s.lasts(at, at+hourMS)
	host := strings.ToLower(s.say("{word}-partner.example.net"))
	x := s.sends(at, "", "https://"+host+s.say("/v{digit}/{endpoint}"), s.say("{payload}"))
	x.Talk.Messages[0].Text = s.say("Our new partner is at https://" + host + ". {errand}")
}

func knowsNothing(s *stage) {
	s.everyDay(100, func(at int64) {
		f := s.fact()
		s.looksUp(at, "", f, s.document([]fact{s.fact(), s.fact()}, value), s.tell("{not found}", f, ""))
	})
}
