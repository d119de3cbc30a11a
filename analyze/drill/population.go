package drill

import (
	"fmt"
	"strings"
)

// style says what a caller talks about with a model, and at what length.
type style uint8

const (
	styleChat     style = iota // a person asks, and asks again
	styleCode                  // a coding assistant works through tools
	styleDigest                // a long text in, a summary out
	styleClassify              // a long text in, a label out
	styleEmbed                 // a text in, a vector out
	styleAgent                 // a program works through tools
)

// actor is a caller of models. Its session changes while the planner runs.
type actor struct {
	number int
	group  group
	name   string
	style  style
	model  *model
	// operation of its calls, and of other metadata the application's name.
	operation string
	app       string

	base    *Identity // with a long-term credential, or the service that runs it
	direct  bool      // calls with the credential of base
	roles   []role    // taken one after the other: a role chain
	source  string    // source identity of its sessions
	session session
	hours   int64 // lifetime of a session

	office, home origin // home is where people work one day in four

	guest   cast      // what a guest of the run is there for, see guest.go
	effects []*effect // of incidents on its calls
	spells  []spell   // in which it is elsewhere, or has another client
	leave   bool      // calls restricted models, as it may
}

// people and the group that they belong to.
var userGroups = []group{usersWest, usersCentre, usersWest, usersCentre, usersEast}

// populate makes the actors of a run; some of them call OpenAI when it is
// there. The names are roles, not persons.
func populate(seed uint64, p Population, withOpenAI bool) []*actor {
	var all []*actor
	add := func(n int, make func(a *actor, i int, r *rng)) {
		for i := range n {
			r := newRNG(seed, streamActor, uint64(len(all)), 0)
			a := &actor{number: len(all)}
			make(a, i, &r)
			if withOpenAI && a.number%4 == 2 && a.style != styleCode {
				a.moveToOpenAI()
			}
			all = append(all, a)
		}
	}
	add(p.Users, makeUser)
	add(p.Services, makeService)
	add(p.Jobs, makeJob)
	add(p.Agents, makeAgent)
	return all
}

func makeUser(a *actor, i int, r *rng) {
	a.name = fmt.Sprintf("dev-%02d", i+1)
	a.group = userGroups[i%len(userGroups)]
	a.base = newUser(a.name, false, r)
	a.direct = i%5 == 1
	a.roles = []role{newRole("ai-developer")}
	a.source, a.hours = a.name, 9

	region := map[group]string{usersWest: regions[0], usersCentre: regions[2], usersEast: regions[1]}[a.group]
	agents := peopleAgents
	a.style, a.operation = styleChat, []string{opConverse, opConverseStream, opConverseStream, opInvoke}[r.below(4)]
	a.model = chatModel(r, region)
	if i%4 == 3 {
		a.style, a.operation, agents = styleCode, opInvokeStream, codeAgents
		a.model = &models[1+r.below(2)]
	}
	agent := agents[r.below(len(agents))]
	a.office = origin{fmt.Sprintf("198.51.100.%d", 10+a.group), agent, region}
	a.home = origin{fmt.Sprintf("203.0.113.%d", 1+i%60), agent, region}
	if i%3 == 0 {
		a.home.addr = fmt.Sprintf("2001:db8:%x:%x::%x", r.between(1, 0xfff), r.between(1, 0xfff), r.between(2, 0xff))
	}
}

// services that everybody has; more get a number.
var serviceKinds = []struct {
	name  string
	style style
	model int // in models
	op    string
}{
	{"app-summarizer", styleDigest, 3, opConverse},
	{"app-classifier", styleClassify, 2, opInvoke},
	{"app-search", styleEmbed, 9, opInvoke},
	{"app-support", styleChat, 0, opConverseStream},
	{"app-translate", styleDigest, 7, opInvoke},
	{"app-review", styleDigest, 1, opInvokeStream},
	{"app-notes", styleClassify, 6, opInvoke},
	{"app-rank", styleClassify, 8, opInvoke},
}

func makeService(a *actor, i int, r *rng) {
	k := serviceKinds[i%len(serviceKinds)]
	a.name = numbered(k.name, i/len(serviceKinds))
	a.group, a.style, a.model, a.operation, a.app = services, k.style, &models[k.model], k.op, a.name
	a.hours = 6
	runs := runtimes[r.below(len(runtimes))]
	a.office = origin{fmt.Sprintf("192.0.2.%d", 10+i%100), runs.agent, regions[r.below(2)]}
	a.base = newService(runs.host)
	a.roles = []role{newRole(a.name)}
	if i == 3 { // a Bedrock API key, behind which AWS makes a user
		a.base = newUser("BedrockAPIKey-"+strings.ToLower(string(r.appendLetters(nil, base32, 4))), true, r)
		a.direct = true
	}
}

// jobs that everybody has; more get a number.
var jobKinds = []struct {
	name  string
	style style
	model int
}{
	{"job-digest", styleDigest, 4},
	{"job-embed-refresh", styleEmbed, 9},
	{"job-labels", styleClassify, 6},
	{"job-report", styleDigest, 5},
}

func makeJob(a *actor, i int, r *rng) {
	k := jobKinds[i%len(jobKinds)]
	a.name = numbered(k.name, i/len(jobKinds))
	a.group, a.style, a.model, a.operation, a.app = nightly, k.style, &models[k.model], opInvoke, a.name
	a.hours = 1
	a.office = origin{fmt.Sprintf("192.0.2.%d", 120+i%60), runtimes[1].agent, regions[0]}
	a.base = newService(runtimes[1].host)
	a.roles = []role{newRole(a.name)}
}

var agentKinds = []string{"agent-research", "agent-ops", "agent-triage", "agent-coder", "agent-purchasing", "agent-onboarding"}

func makeAgent(a *actor, i int, r *rng) {
	a.name = numbered(agentKinds[i%len(agentKinds)], i/len(agentKinds))
	a.group, a.style, a.app = agents, styleAgent, a.name
	a.model, a.operation = &models[r.below(2)], opInvoke
	if i%3 == 1 {
		a.model, a.operation = &models[3], opConverse
	}
	a.hours = 1
	a.office = origin{fmt.Sprintf("192.0.2.%d", 190+i%60), runtimes[0].agent, regions[r.below(2)]}
	a.base = newService(runtimes[0].host)
	a.roles = []role{newRole("agent-runner"), newRole(a.name)}
}

// moveToOpenAI makes the actor a caller of OpenAI, who does the same work there.
func (a *actor) moveToOpenAI() {
	stream := streamed(a.operation)
	a.operation = opChat
	switch a.style {
	case styleEmbed:
		a.model, a.operation = &openAIModels[2], opEmbeddings
	case styleDigest, styleClassify:
		a.model = &openAIModels[1]
	default:
		a.model = &openAIModels[0]
		if stream {
			a.operation = opChatStream
		}
	}
}

// chatModel picks a model to chat with that the region offers.
func chatModel(r *rng, region string) *model {
	for {
		m := &models[r.below(9)]
		if region != regions[2] || !strings.HasPrefix(m.id, "us.") {
			return m
		}
	}
}

func numbered(name string, n int) string {
	if n == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, n+1)
}

// runtimes are where programs run: the service that gets their credentials,
// and the user agent of the SDK there.
var runtimes = []struct{ host, agent string }{
	{"lambda.amazonaws.com", "Boto3/1.40.2 md/Botocore#1.40.2 ua/2.1 os/linux md/arch#x86_64 lang/python#3.13.5 exec-env/AWS_Lambda_python3.13"},
	{"ecs-tasks.amazonaws.com", "Boto3/1.39.14 md/Botocore#1.39.14 ua/2.1 os/linux md/arch#aarch64 lang/python#3.12.11"},
	{"ec2.amazonaws.com", "aws-sdk-go-v2/1.38.0 ua/2.1 os/linux lang/go#1.25.1 md/GOARCH#arm64 api/bedrockruntime#1.37.1"},
}

var peopleAgents = []string{
	"aws-cli/2.28.11 md/awscrt#0.27.6 ua/2.1 os/macos#24.6.0 md/arch#arm64 lang/python#3.13.4 md/installer#exe md/command#bedrock-runtime.converse",
	"Boto3/1.40.2 md/Botocore#1.40.2 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.12.3",
	"aws-sdk-js/3.864.0 ua/2.1 os/win32#10.0.22631 lang/js md/nodejs#22.17.0 api/bedrock-runtime#3.864.0",
}

var codeAgents = []string{"claude-cli/1.0.83 (external, cli)", "claude-cli/1.0.71 (external, claude-vscode)"}
