package drill

import (
	"cmp"
	"errors"
)

// errNobody is returned when no member of the population is ever active.
var errNobody = errors.New("the population has nobody who calls models in these days")

// from says where an actor is: people work from home one day in four.
func (a *actor) from(ms int64) origin {
	place := a.office
	if a.home.addr != "" && (uint64(ms/dayMS)+uint64(a.number))%4 == 0 {
		place = a.home
	}
	for _, s := range a.spells {
		if ms >= s.from && ms < s.to {
			place.addr, place.agent = cmp.Or(s.addr, place.addr), cmp.Or(s.agent, place.agent)
		}
	}
	return place
}

// identity is the one that the actor calls with.
func (a *actor) identity() *Identity {
	if a.direct {
		return a.base
	}
	return a.session.Identity
}

// step returns a step by the actor that lacks what is done.
func (a *actor) step(from origin) Step {
	return Step{Who: a.identity(), Addr: from.addr, UserAgent: from.agent, Region: from.region}
}

// credential renews the actor's credential when it has run out, and appends
// the requests that show it.
func (p *planner) credential(events []event, a *actor, ms int64, from origin, r *rng) []event {
	if a.direct || ms < a.session.expires {
		return events
	}
	if a.group <= usersEast && r.chance(3000) {
		events = append(events, p.event(ms, consoleLogin(a, from), r))
	}
	by, name := a.base, a.source
	if name == "" {
		name = a.name
	}
	for _, ro := range a.roles {
		a.session = newSession(ro, name, a.source, max(ms, p.last), a.hours*hourMS, r)
		events = append(events, p.event(ms, assumeRole(by, ro, a.session, from, r), r))
		by = a.session.Identity
	}
	return events
}

func consoleLogin(a *actor, from origin) Step {
	return Step{
		Who:  &Identity{Type: IAMUser, Name: a.name, ARN: a.base.ARN, json: withoutKey(a.base)},
		Addr: from.addr, UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0", Region: from.region,
		Service: "signin.amazonaws.com", Operation: "ConsoleLogin",
		Response: `{"ConsoleLogin":"Success"}`,
		Extra:    `{"LoginTo":"https://console.aws.amazon.com/bedrock/home","MobileVersion":"No","MFAUsed":"Yes"}`,
	}
}

// withoutKey is the userIdentity of a user who has typed a password.
func withoutKey(id *Identity) string {
	return `{"type":"IAMUser","arn":"` + id.ARN + `","accountId":"` + account + `","userName":"` + id.Name + `"}`
}

// fetch appends the read from S3 that the last tool call of the conversation
// asked for: its result is in the call to come.
func (p *planner) fetch(events []event, a *actor, c conversation, from origin, r *rng) []event {
	if !c.talk.style.tools() || c.talk.turn == 0 {
		return events
	}
	t := toolAt(p.seed, c.talk.session, c.talk.turn-1)
	if t.kind != toolReadObject || c.talk.style == styleCode {
		return events
	}
	return append(events, p.event(c.next, ReadObject(a.step(from), t.bucket(), t.key(), t.size), r))
}

// ReadObject returns the step in which an object of size bytes is read from
// S3. Of from it takes who does it, and from where to where.
func ReadObject(from Step, bucket, key string, size int) Step {
	return Step{
		Who: from.Who, Addr: from.Addr, UserAgent: from.UserAgent, Region: from.Region,
		Service: "s3.amazonaws.com", Operation: "GetObject", ReadOnly: true, Data: true,
		Request:   `{"bucketName":` + quote(bucket) + `,"Host":` + quote(bucket+`.s3.`+from.Region+`.amazonaws.com`) + `,"key":` + quote(key) + `}`,
		Extra:     `{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","bytesTransferredOut":` + string(appendInt(nil, size)) + `}`,
		Resources: `[{"type":"AWS::S3::Object","ARN":` + quote(`arn:aws:s3:::`+bucket+`/`+key) + `},{"accountId":"` + account + `","type":"AWS::S3::Bucket","ARN":` + quote(`arn:aws:s3:::`+bucket) + `}]`,
	}
}

// background appends a request that is no call of a model.
func (p *planner) background(events []event, a *actor, ms int64, r *rng) []event {
	from := a.from(ms)
	if a.group == services || a.group == nightly {
		if a.direct {
			return events // a Bedrock API key reads no objects
		}
		events = p.credential(events, a, ms, from, r)
		t := toolAt(p.seed, r.uint64(), 0)
		return append(events, p.event(ms, ReadObject(a.step(from), t.bucket(), t.key(), t.size), r))
	}
	events = p.credential(events, a, ms, from, r)
	s := lookups[r.below(len(lookups))]
	s.Who, s.Addr, s.UserAgent, s.Region, s.ReadOnly = a.identity(), from.addr, from.agent, from.region, true
	return append(events, p.event(ms, s, r))
}

// lookups are requests that people and agents make beside their calls.
var lookups = []Step{
	{Service: "sts.amazonaws.com", Operation: "GetCallerIdentity"},
	{Service: "bedrock.amazonaws.com", Operation: "ListFoundationModels"},
	{Service: "bedrock.amazonaws.com", Operation: "ListInferenceProfiles", Request: `{"maxResults":100}`},
	{Service: "bedrock.amazonaws.com", Operation: "GetFoundationModelAvailability", Request: `{"modelId":"amazon.nova-lite-v1:0"}`},
	{Service: "s3.amazonaws.com", Operation: "ListBuckets", Request: `{"Host":"s3.amazonaws.com"}`},
	{Service: "logs.amazonaws.com", Operation: "DescribeLogGroups", Request: `{"limit":50}`},
	{Service: "ec2.amazonaws.com", Operation: "DescribeInstances", Request: `{"instancesSet":{},"filterSet":{}}`},
	{
		Service: "iam.amazonaws.com", Operation: "ListUsers", ErrorCode: "AccessDenied",
		ErrorMessage: "User is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::" + account + ":user/ because no identity-based policy allows the iam:ListUsers action",
	},
}

// auditor checks every six hours that model invocation logging is on.
type auditor struct {
	next   int64
	region string
}

const auditEvery = 6 * hourMS

func newAuditors(start int64) []auditor {
	var all []auditor
	for i, region := range regions {
		all = append(all, auditor{start + int64(i+1)*7*minuteMS, region})
	}
	return all
}

// audit makes the next check. The auditors keep their order: all have the
// same period.
func (p *planner) audit(events []event) []event {
	a := p.auditors[0]
	r := newRNG(p.seed, streamScenario, 2<<32, p.serial)
	p.serial++
	s := newSession(newRole("config-audit"), "config-audit", "", a.next, hourMS, &r)
	from := origin{"config.amazonaws.com", "config.amazonaws.com", a.region}
	events = append(events,
		p.event(a.next, assumeRole(newService("config.amazonaws.com"), newRole("config-audit"), s, from, &r), &r),
		p.event(a.next, Step{
			Who: s.Identity, Addr: from.addr, UserAgent: from.agent, Region: a.region, ReadOnly: true,
			Service: "bedrock.amazonaws.com", Operation: "GetModelInvocationLoggingConfiguration",
		}, &r))
	a.next += auditEvery
	p.auditors = append(p.auditors[1:], a)
	return events
}
