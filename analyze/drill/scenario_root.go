package drill

import "strings"

// rootOrPhantom is the root user of the account at work when it is easy; else a
// user that AWS made for a Bedrock API key, outside of Bedrock, or with an access
// key of its own.
func rootOrPhantom() plot {
	return plot{
		name: "root-or-phantom", cast: castNobody, days: [3]int{1, 1, 2}, lock: [3]string{"root"},
		techniques: []string{"T1078.004", "T1098.001"},
		play: func(s *stage) {
			if s.level == 0 {
				rootAtWork(s)
			} else {
				phantomAtWork(s)
			}
		},
	}
}

func rootAtWork(s *stage) {
	root := &Identity{
		Type: Root, Name: "root", ARN: "arn:aws:iam::" + account + ":root",
		json: `{"type":"Root","principalId":"` + account + `","arn":"arn:aws:iam::` + account + `:root","accountId":"` + account + `"}`,
	}
	from := s.elsewhere()
	from.agent, from.region = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", regions[0]
	s.enter("nobody")
	s.about(root, "")
	times := s.pace(12)
	in := s.requests(times[0], "signs in as root", "signin", "ConsoleLogin", "").stolen(root, from)
	in.Response, in.Extra = `{"ConsoleLogin":"Success"}`, `{"LoginTo":"https://console.aws.amazon.com/","MobileVersion":"No","MFAUsed":"No"}`
	s.requests(times[1], "makes an access key for root", "iam", "CreateAccessKey", "").stolen(root, from)
	for _, at := range times[2:6] {
		l := lookups[s.rand.below(len(lookups))]
		s.requests(at, "looks around as root", strings.TrimSuffix(l.Service, awsHost), l.Operation, l.Request).stolen(root, from)
	}
	for _, at := range times[6:] {
		s.calls(at, "calls a model as root").stolen(root, from)
	}
}

func phantomAtWork(s *stage) {
	a := s.enter("phantom")
	a.base = newUser("BedrockAPIKey-"+strings.ToLower(string(s.rand.appendLetters(nil, base32, 4))), true, &s.rand)
	a.office.addr = "192.0.2.118"
	s.about(a.base, "")
	for day := range s.day { // as it should be
		s.calls(s.casting.start+int64(day)*dayMS+int64(s.rand.between(7*hourMS, 16*hourMS)), "")
		s.calls(s.casting.start+int64(day)*dayMS+int64(s.rand.between(7*hourMS, 16*hourMS)), "")
	}
	times := s.pace(by(s, 0, 9, 4))
	who, from := a.base, s.elsewhere()
	if s.level == 2 {
		adminID, place := s.admin(times[0] - 1000)
		made := s.requests(times[0], "makes an access key for the user of an API key", "iam", "CreateAccessKey", `{"userName":`+quote(a.base.Name)+`}`).as(adminID, place)
		keyed := newUser(a.base.Name, false, &s.rand)
		made.Response = `{"accessKey":{"userName":` + quote(a.base.Name) + `,"accessKeyId":"` + keyed.KeyID + `","status":"Active"}}`
		who, times = keyed, times[1:]
	}
	for _, at := range times {
		l := lookups[[]int{0, 4, 5, 6, 7}[s.rand.below(5)]]
		x := s.requests(at, "the user of an API key acts outside of Bedrock", strings.TrimSuffix(l.Service, awsHost), l.Operation, l.Request).stolen(who, from)
		x.ErrorCode, x.ErrorMessage = l.ErrorCode, l.ErrorMessage
	}
}
