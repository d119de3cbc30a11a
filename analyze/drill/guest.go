package drill

import (
	"fmt"
	"strings"
)

// Guests are programs that come with incidents, because the population has no
// such: their routine says what they do when nothing is wrong, all days long.
// The texts of the population mean nothing, those of guests do.

// guestKind is what guests of a kind have in common.
type guestKind struct {
	cast    cast
	name    string
	model   int // in models
	op      string
	routine func(s *stage, g *actor, at int64)
}

var guestKinds = []guestKind{
	{castAnswers, "app-answers", 1, opInvoke, answersRoutine},
	{castCourier, "agent-courier", 0, opInvoke, courierRoutine},
	{castCoder, "agent-builder", 1, opInvoke, coderRoutine},
}

// guestCalls are how many calls a guest makes on a day.
const guestCalls = 12

// invite returns the guests that incidents and look-alikes need: enough for each
// to have twice as many days as the incidents take.
func invite(list []Incident, lookAlikes bool, days int, seed uint64) []*actor {
	var all []*actor
	for i, k := range guestKinds {
		need := 0
		for _, in := range list {
			for level, strength := range Strengths() {
				if p, _ := plotOf(in.Scenario); p.cast&k.cast != 0 && in.Strength == strength {
					need += in.Count * (p.days[level] + 1)
				}
			}
		}
		if need == 0 && !lookAlikes {
			continue
		}
		for n := range 1 + 2*need/max(1, days-warmUp(days)) {
			all = append(all, newGuest(k, n, uint64(i), seed))
		}
	}
	return all
}

func newGuest(k guestKind, n int, kind, seed uint64) *actor {
	r := newRNG(seed, streamIncident, 1<<32|kind, uint64(n))
	a := &actor{
		number: 20_000 + int(kind)*2000 + n, group: agents, name: numbered(k.name, n), style: styleAgent,
		model: &models[k.model], operation: k.op, hours: 6, guest: k.cast,
		office: origin{fmt.Sprintf("192.0.2.%d", 230+(int(kind)*7+n)%20), runtimes[1].agent, regions[r.below(2)]},
		base:   newService(runtimes[1].host),
	}
	a.app = a.name
	a.roles = []role{newRole(a.name)}
	return a
}

// routines are the steps of a guest on all days of the run.
func (c *casting) routines(g *actor, w *writer) []*scripted {
	s := &stage{casting: c, actor: g, days: c.days, writer: w, rand: newRNG(c.seed, streamIncident, 2<<32, uint64(g.number)), incident: &incident{}}
	for _, k := range guestKinds {
		if k.cast != g.guest {
			continue
		}
		for day := range c.days {
			for range s.rand.between(guestCalls*3/4, guestCalls*5/4) {
				k.routine(s, g, s.from()+int64(day)*dayMS+s.working())
			}
		}
	}
	return s.steps
}

// working is a time of a day, in milliseconds: more often one at which people
// work.
func (s *stage) working() int64 {
	if s.rand.chance(2500) {
		return int64(s.rand.below(23 * hourMS))
	}
	return int64(s.rand.between(7*hourMS, 19*hourMS))
}

// kitOf are the tools of a guest.
func kitOf(g *actor) []toolSpec {
	switch g.guest {
	case castCourier:
		return courierTools
	case castCoder:
		return coderTools
	default:
		return tools[:]
	}
}

// fact is something that a document says.
type fact struct{ thing, value, other string }

func (s *stage) fact() fact {
	f := fact{thing: s.say("{thing} of {place}")}
	unit := s.say("{unit}")
	n := s.rand.between(12, 980)
	f.value = fmt.Sprintf("%d %s", n, unit)
	f.other = fmt.Sprintf("%d %s", n+s.rand.between(7, 400), unit)
	return f
}

// document is what a search returns: some facts, with a title.
func (s *stage) document(facts []fact, value func(fact) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Document %s: %s\n", s.say("{code}"), s.say("{title}"))
	for _, f := range facts {
		fmt.Fprintf(&b, "%s\n", s.tell("{statement}", f, value(f)))
	}
	return b.String()
}

func value(f fact) string { return f.value }
func other(f fact) string { return f.other }

// looksUp adds a call in which an answer is given from documents: what they say
// and what is answered is the caller's.
func (s *stage) looksUp(at int64, note string, f fact, documents, answer string) {
	id := s.toolID()
	s.says(at, note, Talk{
		Messages: []Message{
			user(s.tell("{question}", f, "")),
			tool(id, tools[toolSearch].name, `{"query":`+quote(f.thing)+`,"limit":5}`),
			result(id, documents),
		},
		Reply: []Message{assistant(answer)},
	})
}

// instructions are the system prompt of a guest: the task of its kind, and house
// rules of its own.
func instructions(g *actor) string {
	r := newRNG(uint64(g.number), streamActor, 2, 0)
	task := map[cast]string{
		castAnswers: "You answer questions of the staff of {place}. Use only what the documents say, and say so when they do not.",
		castCourier: "You pass on messages between the systems of {place}. Use the tools, and answer in one sentence.",
		castCoder:   "You work on the project in " + projectOf(g) + ". Stay in this folder. Run the checks before you are done.",
	}[g.guest]
	return expand(task+" {house rule} {house rule} {house rule} Your code for escalation is {code}.", false, &r)
}

func answersRoutine(s *stage, _ *actor, at int64) {
	facts := []fact{s.fact(), s.fact(), s.fact(), s.fact()}
	f := facts[s.rand.below(len(facts))]
	documents := s.document(facts[:2], value) + "\n" + s.document(facts[2:], value)
	s.looksUp(at, "", f, documents, s.tell("{answer}", f, f.value))
}

// tell writes a text about a fact, with a value for it.
func (s *stage) tell(pattern string, f fact, v string) string {
	return strings.NewReplacer("THING", f.thing, "VALUE", v).Replace(s.say(pattern))
}

// hostsOf are the hosts that a courier always talks to.
func hostsOf(g *actor) []string {
	all := []string{"hooks.example.com", "api.example.net", "intranet.example.org", "files.example.com", "orders.example.net", "status.example.org"}
	n := g.number % 3
	return []string{all[n], all[n+1], all[n+3]}
}

// sends adds a turn in which the model sends something to an address.
func (s *stage) sends(at int64, note, url, body string) *scripted {
	return s.says(at, note, Talk{
		Messages: []Message{user(s.say("{errand}"))},
		Reply: []Message{
			assistant(s.say("{willdo}")),
			tool(s.toolID(), "http_request", `{"method":"POST","url":`+quote(url)+`,"body":`+quote(body)+`}`),
		},
	})
}

func courierRoutine(s *stage, g *actor, at int64) {
	s.sends(at, "", "https://"+s.pick(hostsOf(g))+s.say("/v{digit}/{endpoint}"), s.say("{payload}"))
}

// projectOf is the folder that a coder works in.
func projectOf(g *actor) string {
	return "/srv/projects/" + []string{"ledger", "portal", "router", "importer"}[g.number%4]
}

// works adds a turn in which the model uses a tool on files.
func (s *stage) works(at int64, note, toolName, args, ask string) {
	s.says(at, note, Talk{
		Messages: []Message{user(ask)},
		Reply:    []Message{assistant(s.say("{willdo}")), tool(s.toolID(), toolName, args)},
	})
}

func coderRoutine(s *stage, g *actor, at int64) {
	file := projectOf(g) + s.say("/{folder}/{file}")
	ask := s.say("{chore}")
	switch s.rand.below(4) {
	case 0:
		s.works(at, "", "read_file", `{"path":`+quote(file)+`}`, ask)
	case 1:
		s.works(at, "", "write_file", `{"path":`+quote(file)+`,"content":`+quote(s.say("{code line}"))+`}`, ask)
	case 2:
		s.works(at, "", "bash", `{"command":`+quote("cd "+projectOf(g)+" && "+s.say("{command}"))+`}`, ask)
	default:
		s.works(at, "", "edit_file", `{"path":`+quote(file)+`,"old":`+quote(s.say("{code line}"))+`,"new":`+quote(s.say("{code line}"))+`}`, ask)
	}
}
