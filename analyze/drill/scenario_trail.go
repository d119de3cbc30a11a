package drill

// trailStopped is a person's key with which a trail is deleted, stopped for a
// while, or made to leave out the calls of models. Another trail goes on: these
// logs are its.
func trailStopped() plot {
	trail := quote("arn:aws:cloudtrail:us-east-1:" + account + ":trail/security")
	return plot{
		name: "trail-stopped", cast: castPerson, days: [3]int{1, 1, 2}, techniques: []string{"T1685.002", "T1078.004"},
		play: func(s *stage) {
			who, from := s.actor.base, s.elsewhere()
			s.about(who, s.actor.name)
			do := func(at int64, note, operation, parameters string) {
				s.requests(at, note, "cloudtrail", operation, parameters).stolen(who, from)
			}
			times := s.pace(3 + by(s, 30, 10, 3))
			last := len(times) - 1
			do(times[0], "looks which trails there are", "DescribeTrails", "")
			switch s.level {
			case 0:
				do(times[1], "deletes a trail", "DeleteTrail", `{"name":`+trail+`}`)
			case 1:
				do(times[1], "stops a trail", "StopLogging", `{"name":`+trail+`}`)
				do(times[last], "starts the trail again", "StartLogging", `{"name":`+trail+`}`)
			default:
				do(times[1], "makes a trail leave out calls of models", "PutEventSelectors",
					`{"trailName":`+trail+`,"eventSelectors":[{"readWriteType":"WriteOnly","includeManagementEvents":true,"dataResources":[],"excludeManagementEventSources":[]}]}`)
			}
			for _, at := range times[2:last] {
				s.calls(at, "calls a model while the trail does not note it").stolen(who, from)
			}
		},
	}
}
