package drill

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// stage is where one instance of a plot is played: its subject, its days, and
// the steps that the plot puts there.
type stage struct {
	incident *incident
	casting  *casting
	actor    *actor // the subject; nil when the plot brings its own
	level    int    // of the strength, from 0 (easy)
	day      int    // first day of its own
	days     int
	rand     rng
	writer   *writer
	daily    uint64 // calls of the subject on a day, about

	steps []*scripted
	// began and ended bound something harmless, in milliseconds.
	began, ended int64
}

// by picks by the strength.
func by[T any](s *stage, easy, normal, stealthy T) T { return [3]T{easy, normal, stealthy}[s.level] }

// from and to bound the instance, in milliseconds.
func (s *stage) from() int64 { return s.casting.start + int64(s.day)*dayMS }
func (s *stage) to() int64   { return s.from() + int64(s.days)*dayMS }

// offset is the distance of the subject's working day from UTC, in hours.
func (s *stage) offset() int64 {
	if s.actor != nil && s.actor.group <= usersEast {
		return offsets[s.actor.group]
	}
	return offsets[usersCentre]
}

// rests says whether the subject does not work on a day of its own.
func (s *stage) rests(day int) bool { return s.casting.weekend(s.day+day, s.actor) }

// hour is a time of a day of the subject's own, at an hour of its working day,
// and up to spread minutes later. Who works in the east begins late on the day
// before, in UTC: such times are moved to the day itself, into the early morning.
func (s *stage) hour(day int, local, spread int) int64 {
	for day > 0 && s.rests(day) { // rather on the Friday
		day--
	}
	at := (int64(local) - s.offset() + 24) % 24
	ms := s.from() + int64(day)*dayMS + at*hourMS + int64(s.rand.below(spread*minuteMS))
	return min(ms, s.to()-hourMS)
}

// begins is when an instance begins: at night when it is easy, else within the
// morning of the subject's first day.
func (s *stage) begins() int64 {
	return by(s, s.hour(0, 1, 120), s.hour(0, 9, 150), s.hour(0, 9, 150))
}

// pace returns n times: within minutes when it is easy, within some hours when
// it is normal, and over the working hours of all days when it is stealthy.
func (s *stage) pace(n int) []int64 {
	at := s.begins()
	var all []int64
	for i := range n {
		switch s.level {
		case 0:
			at += int64(s.rand.between(3000, 20_000))
		case 1:
			at += int64(s.rand.between(60_000, min(20*minuteMS, 8*hourMS/n)))
		default:
			at = s.hour(i*s.days/n, 9, 8*60)
		}
		all = append(all, at)
	}
	slices.Sort(all)
	return all
}

// add puts a step onto the stage, at a time. A step with a note is part of the
// incident; one without only goes with it.
func (s *stage) add(at int64, note string, st Step) *scripted {
	st.Note = note
	at = min(at, s.casting.start+int64(s.casting.days)*dayMS-1) // nothing is after the run
	x := &scripted{Step: st, ms: at, scenario: s.incident.plot.name, strength: s.incident.strength, incident: s.incident}
	if note == "" {
		x.scenario, x.strength, x.incident = "", "", nil
	}
	s.steps = append(s.steps, x)
	return x
}

// own adds a step that the subject takes with the credential that it has then,
// from where it is then.
func (s *stage) own(at int64, note string, st Step) *scripted {
	from := s.actor.from(at)
	st.Addr, st.UserAgent, st.Region = cmp.Or(st.Addr, from.addr), cmp.Or(st.UserAgent, from.agent), cmp.Or(st.Region, from.region)
	x := s.add(at, note, st)
	if st.Who == nil {
		x.actor = s.actor
	}
	return x
}

// calls adds a call of a model such as the subject makes, about what it talks
// about.
func (s *stage) calls(at int64, note string) *scripted {
	x := s.own(at, note, Step{Service: bedrockHost, Operation: s.actor.operation, ReadOnly: true})
	x.model, x.app = s.actor.model, s.actor.app
	x.talk = talk{style: s.actor.style, session: s.rand.uint64(), system: uint64(s.actor.number)}
	x.talk.turns = min(x.talk.style.turns(&s.rand), s.casting.turns) // it is the first of so many
	for _, f := range s.actor.effects {
		if f.incident == nil && at >= f.from && f.model != nil { // the subject's model was replaced
			x.use(f.model)
		}
	}
	return x
}

// callsModel adds a call of a certain model.
func (s *stage) callsModel(at int64, note, model string) *scripted {
	x := s.calls(at, note)
	x.use(modelOf(model))
	return x
}

// use lets a call go to another model.
func (x *scripted) use(m *model) {
	x.model = m
	if x.Talk != nil {
		x.Talk.Model = m.id
	}
	switch {
	case m.embeds:
		x.talk.style = styleEmbed
	case x.talk.style == styleEmbed:
		x.talk.style = styleDigest
	}
	if m.embeds || x.Operation == opInvokeStream && !m.streams {
		x.Operation = opInvoke
	}
}

// says adds a call of a model that says what k says, to the model that the
// subject calls unless k names one. A guest has its own instructions and tools.
func (s *stage) says(at int64, note string, k Talk) *scripted {
	x := s.calls(at, note)
	if g := s.actor; g.guest != 0 {
		k.System, k.kit = instructions(g), kitOf(g)
	}
	x.Talk = &k
	m := x.model
	if k.Model != "" {
		m = modelOf(k.Model)
	}
	x.use(m)
	return x
}

// asks adds a call in which a question gets an answer.
func (s *stage) asks(at int64, note, question, answer string) *scripted {
	return s.says(at, note, Talk{Messages: []Message{user(question)}, Reply: []Message{assistant(answer)}})
}

// requests adds a request of the subject to the control plane of a service, such
// as iam.
func (s *stage) requests(at int64, note, service, operation, parameters string) *scripted {
	st := Step{Service: service + awsHost, Operation: operation, Request: parameters, ReadOnly: readOnly(operation)}
	if service == "iam" {
		st.Region = regions[0] // where IAM is
	}
	return s.own(at, note, st)
}

// as lets a step be taken by somebody, from somewhere.
func (x *scripted) as(who *Identity, from origin) *scripted {
	x.actor, x.Who = nil, who
	if x.Talk != nil {
		x.talk.style = styleChat // not with the subject's own system prompt
	}
	x.Addr, x.UserAgent, x.Region = cmp.Or(from.addr, x.Addr), cmp.Or(from.agent, x.UserAgent), cmp.Or(from.region, x.Region)
	return x
}

// stolen lets a step be taken by somebody who got hold of a credential. A call
// passes neither the gateway nor what instruments the programs of the subject.
func (x *scripted) stolen(who *Identity, from origin) *scripted {
	x.outside = true
	return x.as(who, from)
}

// fails lets a step end with an error.
func (x *scripted) fails(code, message string) {
	x.ErrorCode, x.ErrorMessage = code, message
}

// refused lets a call of a model be denied.
func (x *scripted) refused() {
	x.fails("AccessDeniedException", "You don't have access to the model with the specified model ID.")
}

// readOnly says whether a request changes nothing, by its name.
func readOnly(operation string) bool {
	for _, p := range []string{"Get", "List", "Describe", "Head"} {
		if len(operation) > len(p) && operation[:len(p)] == p {
			return true
		}
	}
	return false
}

const bedrockHost = "bedrock" + awsHost

// about makes the incident one about another identity than the actor's own, and
// of no person when there is no name.
func (s *stage) about(id *Identity, person string) {
	s.incident.subject = Subject{Principal: id.ARN, Person: person}
}

// restricted picks a model that the subject has no leave for.
func (s *stage) restricted() string {
	if s.actor.office.region == regions[2] {
		return restricted[1]
	}
	return s.pick(restricted)
}

// grants adds a request by which the subject gets a policy.
func (s *stage) grants(at int64, note, policy string) *scripted {
	arn := quote("arn:aws:iam::aws:policy/" + policy)
	if s.actor.direct {
		return s.requests(at, note, "iam", "AttachUserPolicy", `{"userName":`+quote(s.actor.name)+`,"policyArn":`+arn+`}`)
	}
	return s.requests(at, note, "iam", "AttachRolePolicy", `{"roleName":`+quote(s.actor.roles[len(s.actor.roles)-1].name)+`,"policyArn":`+arn+`}`)
}

// enter makes the incident one about somebody who comes with it: a person with a
// long-term key.
func (s *stage) enter(name string) *actor {
	name = fmt.Sprintf("%s-%d%03d", name, s.level+1, s.incident.instance)
	a := &actor{number: 30_000 + s.rand.below(10_000), group: usersCentre, name: name, style: styleChat, direct: true, model: &models[2], operation: opInvoke}
	a.base = newUser(name, false, &s.rand)
	a.office = origin{fmt.Sprintf("203.0.113.%d", s.rand.between(1, 60)), s.pick(peopleAgents), regions[2]}
	s.actor, s.daily = a, 4
	s.incident.subject = a.subject()
	return a
}

// session lets the subject take a session at a time, from where it is then, and
// returns it: nobody else has it. Of who calls with a long-term key that is what
// is returned.
func (s *stage) session(at int64) *Identity {
	a := s.actor
	if a.direct {
		return a.base
	}
	by, from := a.base, a.from(at)
	name := cmp.Or(a.source, a.name)
	var last session
	for _, ro := range a.roles {
		last = newSession(ro, name, a.source, at, a.hours*hourMS, &s.rand)
		s.add(at, "", assumeRole(by, ro, last, from, &s.rand))
		by = last.Identity
	}
	return last.Identity
}

// admin returns a session of those who run the platform, with its first steps.
func (s *stage) admin(at int64) (*Identity, origin) {
	from := origin{"198.51.100.20", "aws-cli/2.28.11 md/awscrt#0.27.6 ua/2.1 os/macos#24.6.0 md/arch#arm64 lang/python#3.13.4 md/installer#exe", regions[0]}
	r := newRNG(s.casting.seed, streamActor, nameHash("platform-lead"), 0)
	lead := newUser("platform-lead", false, &r)
	ro := newRole("platform-admin")
	se := newSession(ro, lead.Name, lead.Name, at, hourMS, &s.rand)
	s.add(at, "", assumeRole(lead, ro, se, from, &s.rand))
	return se.Identity, from
}

// elsewhere is a place that is not the subject's: a network of servers far away
// with a client of its own when it is easy, an access network with another
// version of a common client when it is normal, and a place in a network that
// is used already, with the subject's client, when it is stealthy.
func (s *stage) elsewhere() origin {
	region := regions[0]
	agent := ""
	if s.actor != nil {
		region, agent = s.actor.office.region, s.actor.office.agent
	}
	n := strconv.Itoa
	switch s.level {
	case 0:
		return origin{hosted(&s.rand), s.pick(serverAgents), region}
	case 1:
		return origin{"203.0.113." + n(s.rand.between(192, 254)), s.pick(otherAgents), region}
	default:
		return origin{"203.0.113." + n(s.rand.between(61, 120)), agent, region}
	}
}

// serverAgents and otherAgents are clients that the population does not use.
var (
	serverAgents = []string{
		"python-requests/2.31.0",
		"Boto3/1.28.3 md/Botocore#1.31.3 ua/2.0 os/linux#5.4.0 md/arch#x86_64 lang/python#3.8.10",
		"curl/7.88.1",
		"aws-sdk-go/1.44.100 (go1.19.1; linux; amd64)",
	}
	otherAgents = []string{
		"Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux#5.15.0 md/arch#x86_64 lang/python#3.10.12",
		"aws-cli/2.15.30 Python/3.11.8 Linux/6.5.0 exe/x86_64 prompt/off",
		"aws-sdk-js/3.535.0 ua/2.0 os/linux#6.1.0 lang/js md/nodejs#18.20.0 api/bedrock-runtime#3.535.0",
	}
)

func (s *stage) pick(list []string) string { return list[s.rand.below(len(list))] }

// say writes a text by a pattern, see phrases.
func (s *stage) say(pattern string) string {
	return expand(pattern, s.incident.inSecondHalf(), &s.rand)
}

// noise returns so many words that mean nothing.
func (s *stage) noise(words int) string {
	text, _ := strconv.Unquote(`"` + string(s.writer.append(nil, &s.rand, words)) + `"`) // it is the inside of a JSON string without \u and \/
	return text
}

func user(text string) Message      { return Message{Role: "user", Text: text} }
func assistant(text string) Message { return Message{Role: "assistant", Text: text} }

// tool returns a call of a tool by the model, with arguments in JSON.
func tool(id, name, args string) Message {
	return Message{Role: "assistant", Tool: name, ToolID: id, Args: args}
}

// result returns what a tool gave back.
func result(id, text string) Message { return Message{Role: "user", ToolID: id, Text: text} }

// toolID returns the id of a call of a tool.
func (s *stage) toolID() string {
	return string(s.rand.appendLetters([]byte("tooluse_"), base64[:32], 22))
}

// conversation lets calls of models be the turns of one.
func (s *stage) conversation(steps ...*scripted) {
	id := s.rand.uint64()
	for i, x := range steps {
		x.talk.session, x.talk.turn, x.talk.turns = id, i, len(steps)
	}
}

// changes lets calls of the subject between two times be other than they were,
// as many of 10,000 as share says, and adds a few such calls so that there are
// some.
func (s *stage) changes(from, to int64, note string, share int, f effect) {
	f.from, f.to, f.share, f.incident, f.note = from, to, share, s.incident, note
	s.actor.effects = append(s.actor.effects, &f)
	for range 5 {
		x := s.calls(from+int64(s.rand.uint64()%uint64(to-from)), note)
		x.talk.shift = &f.shift
		if f.model != nil {
			x.use(f.model)
		}
	}
}

// enough stretches a time until the subject makes about n calls in it.
func (s *stage) enough(ms int64, n int) int64 {
	return max(ms, min(int64(n)*dayMS/int64(max(s.daily, 1)), s.to()-s.from()))
}

// peak is how many calls the subject makes in a busy hour, about.
func (s *stage) peak() int { return max(2, int(s.daily/8)) }

// perform plays the plot and returns its steps.
func (s *stage) perform() []*scripted {
	if a := s.actor; a != nil {
		s.incident.subject = a.subject()
	}
	s.incident.plot.play(s)
	return s.steps
}

// subject is the actor in the words of the logs.
func (a *actor) subject() Subject {
	sub := Subject{Principal: a.base.ARN, App: a.app}
	if a.group <= usersEast {
		sub.Person = a.name
	}
	if !a.direct {
		name := cmp.Or(a.source, a.name)
		sub.Principal = "arn:aws:sts::" + account + ":assumed-role/" + a.roles[len(a.roles)-1].name + "/" + name
	}
	return sub
}
