package drill

import "time"

// account is the AWS account that everything happens in: the one of AWS's own
// documentation.
const account = "111122223333"

// IdentityType is the type of a caller, in CloudTrail's words.
type IdentityType string

// The types of callers.
const (
	IAMUser     IdentityType = "IAMUser"
	AssumedRole IdentityType = "AssumedRole"
	AWSService  IdentityType = "AWSService"
	Root        IdentityType = "Root"
)

// Identity is a caller with the credential that it uses. It does not change
// once made.
type Identity struct {
	Type   IdentityType
	Name   string // of the user, the session, or the service
	Role   string // of an assumed role
	ARN    string // empty for a service
	KeyID  string // access key; empty for a service and a bearer token
	Bearer bool   // calls with a Bedrock API key

	json string // userIdentity, as CloudTrail writes it
}

// newUser returns an IAM user with a long-term access key, or without one
// when it is a phantom user behind a Bedrock API key.
func newUser(name string, bearer bool, r *rng) *Identity {
	id := &Identity{Type: IAMUser, Name: name, Bearer: bearer, ARN: "arn:aws:iam::" + account + ":user/" + name}
	key := ""
	if !bearer {
		id.KeyID = string(r.appendLetters([]byte("AKIAEXAMPLE"), base32, 9))
		key = `,"accessKeyId":"` + id.KeyID + `"`
	}
	id.json = `{"type":"IAMUser","principalId":"` + string(r.appendLetters([]byte("AIDAEXAMPLE"), base32, 10)) +
		`","arn":"` + id.ARN + `","accountId":"` + account + `"` + key + `,"userName":"` + name + `"}`
	return id
}

// newService returns a service of AWS that acts by itself, such as
// lambda.amazonaws.com.
func newService(host string) *Identity {
	return &Identity{Type: AWSService, Name: host, json: `{"type":"AWSService","invokedBy":"` + host + `"}`}
}

// role is an IAM role.
type role struct {
	name, id string
}

// newRole returns the role with the name; its id depends on nothing else.
func newRole(name string) role {
	r := newRNG(nameHash(name), streamActor, 0, 1)
	return role{name: name, id: string(r.appendLetters([]byte("AROAEXAMPLE"), base32, 10))}
}

func (ro role) arn() string { return "arn:aws:iam::" + account + ":role/" + ro.name }

// session is what an AssumeRole hands out.
type session struct {
	*Identity
	created, expires int64 // milliseconds
	source           string
	roleID           string
}

// newSession returns a session of the role with a temporary credential.
func newSession(ro role, name, source string, ms, lifetime int64, r *rng) session {
	id := &Identity{
		Type: AssumedRole, Name: name, Role: ro.name,
		ARN:   "arn:aws:sts::" + account + ":assumed-role/" + ro.name + "/" + name,
		KeyID: string(r.appendLetters([]byte("ASIAEXAMPLE"), base32, 9)),
	}
	sourceJSON := ""
	if source != "" {
		sourceJSON = `,"sourceIdentity":"` + source + `"`
	}
	id.json = `{"type":"AssumedRole","principalId":"` + ro.id + `:` + name + `","arn":"` + id.ARN + `","accountId":"` + account +
		`","accessKeyId":"` + id.KeyID + `","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"` + ro.id +
		`","arn":"` + ro.arn() + `","accountId":"` + account + `","userName":"` + ro.name +
		`"},"attributes":{"creationDate":"` + timeString(ms) + `","mfaAuthenticated":"false"}` + sourceJSON + `}}`
	return session{Identity: id, created: ms, expires: ms + lifetime, source: source, roleID: ro.id}
}

// assumeRole returns the step in which by gets the session.
func assumeRole(by *Identity, ro role, s session, from origin, r *rng) Step {
	source := ""
	if s.source != "" {
		source = `,"sourceIdentity":"` + s.source + `"`
	}
	seconds := string(appendInt(nil, int(s.expires-s.created)/1000))
	step := Step{
		Who: by, Addr: from.addr, UserAgent: from.agent, Region: from.region,
		Service: "sts.amazonaws.com", Operation: "AssumeRole", ReadOnly: true,
		Request: `{"roleArn":"` + ro.arn() + `","roleSessionName":"` + s.Name + `","durationSeconds":` + seconds + source + `}`,
		Response: `{"credentials":{"accessKeyId":"` + s.KeyID + `","sessionToken":"` +
			string(r.appendLetters([]byte("EXAMPLE"), base64, 60)) + `","expiration":"` + expiration(s.expires) +
			`"},"assumedRoleUser":{"assumedRoleId":"` + s.roleID + `:` + s.Name + `","arn":"` + s.ARN + `"}` + source + `}`,
		Resources: `[{"accountId":"` + account + `","type":"AWS::IAM::Role","ARN":"` + ro.arn() + `"}]`,
	}
	if by.Type == AWSService {
		step.Addr, step.UserAgent = by.Name, by.Name
		step.SharedEventID = r.uuid().String()
	}
	return step
}

// expiration writes a time as AssumeRole's answer has it in CloudTrail.
func expiration(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("Jan 2, 2006, 3:04:05 PM")
}

// origin is where calls come from and go to.
type origin struct {
	addr, agent, region string
}
