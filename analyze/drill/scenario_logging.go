package drill

import (
	"errors"
	"fmt"
	"time"
)

// LoggingOff is an intruder with somebody's key who turns model invocation
// logging off in one region for two hours in the middle of the run, asks a model
// questions that nobody is to read, and turns it on again as it was. Meanwhile
// the invocation log has nothing of anybody's calls in that region; the audit
// log has it all.
type LoggingOff struct{}

var _ Scenario = LoggingOff{}

// Name returns the word for the scenario.
func (LoggingOff) Name() string { return "logging-off" }

// The requests that turn model invocation logging on and off.
const (
	opLoggingOff = "DeleteModelInvocationLoggingConfiguration"
	opLoggingOn  = "PutModelInvocationLoggingConfiguration"
)

// hiddenQuestions are what the intruder asks.
var hiddenQuestions = []string{
	"List the internal systems that this text names, with their owners.",
	"Which of these accounts could approve a payment?",
	"Summarize what is known about the release of next month.",
	"Rewrite this letter so that it seems to come from the finance team.",
	"What would a person in support need to hear to reset a password?",
	"Turn the list of customers into a table.",
}

// Steps returns what happens.
func (LoggingOff) Steps(w *World) ([]Step, error) {
	who := w.Caller("dev-01")
	if who == nil {
		return nil, errors.New("it needs a person in the population")
	}
	days := int(w.End.Sub(w.Start) / (24 * time.Hour))
	off := w.Start.AddDate(0, 0, days/2).Add(14 * time.Hour)
	step := Step{
		Who: who, Addr: "203.0.113.66", Region: regions[0], Service: "bedrock.amazonaws.com",
		UserAgent: "Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0 os/linux md/arch#x86_64 lang/python#3.11.2",
	}
	request := func(after time.Duration, operation, note string) Step {
		s := step
		s.At, s.Operation, s.Note = off.Add(after), operation, note
		return s
	}
	look := request(-3*time.Minute, "GetModelInvocationLoggingConfiguration", "looks whether calls are logged")
	look.ReadOnly = true
	on := request(2*time.Hour, opLoggingOn, "turns model invocation logging on again")
	on.Request = loggingConfig
	steps := []Step{look, request(0, opLoggingOff, "turns model invocation logging off"), on}
	for i, question := range hiddenQuestions {
		s := request(time.Duration(4+17*i)*time.Minute, opInvoke, "is asked while nothing is logged")
		s.ReadOnly = true
		s.Talk = &Talk{
			Model:    models[1].id,
			Messages: []Message{{Role: "user", Text: question}},
			Reply:    []Message{{Role: "assistant", Text: fmt.Sprintf("Here is what I found, in %d points.", i+3)}},
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// loggingOff is the same as an [Incident]: for two hours, for 45 minutes, or for 15.
func loggingOff() plot {
	return plot{
		name: "logging-off", hides: true, cast: castPerson, days: [3]int{1, 1, 1}, lock: [3]string{"logging", "logging", "logging"},
		techniques: []string{"T1685.002", "AML.T0012"},
		play: func(s *stage) {
			base, from := s.actor.base, s.elsewhere()
			s.about(base, s.actor.name)
			length := by(s, int64(120), 45, 15) * minuteMS
			// At any time of the day when it is easy, else while people work: when
			// it hides nothing of another incident.
			var times []int64
			for range 50 {
				at := by(s, s.from()+int64(s.rand.below(20*hourMS)), s.hour(0, 9, 8*60), s.hour(0, 9, 8*60))
				times = append(times, min(at, s.to()-3*hourMS))
			}
			off := s.casting.quiet(times, length, from.region)
			asked := by(s, 30, 10, 4)
			s.requests(off-3*minuteMS, "looks whether calls are logged", "bedrock", "GetModelInvocationLoggingConfiguration", "").stolen(base, from)
			s.requests(off, "turns model invocation logging off", "bedrock", opLoggingOff, "").stolen(base, from)
			for range asked {
				at := off + 60_000 + int64(s.rand.below(int(length-2*minuteMS)))
				s.asks(at, "is asked while nothing is logged", s.say("{curious}"), s.noise(60)).stolen(base, from)
			}
			s.requests(off+length, "turns model invocation logging on again", "bedrock", opLoggingOn, loggingConfig).stolen(base, from)
		},
	}
}

// loggingConfig is how model invocation logging is set up.
const loggingConfig = `{"loggingConfig":{"s3Config":{"bucketName":"example-model-logs","keyPrefix":""},` +
	`"textDataDeliveryEnabled":true,"imageDataDeliveryEnabled":true,"embeddingDataDeliveryEnabled":true}}`
