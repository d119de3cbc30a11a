// Package drill makes seeded model traffic with known ground truth: a
// population of people, services, nightly jobs and agents that call models,
// written as the logs that each chosen source would have kept of it. It feeds
// benchmarks, the demo, and later the drills that measure what detection
// finds.
//
// It is not a load generator (nothing is sent anywhere) and no model of
// language: the texts are grammatical noise. All names are invented, all
// addresses come from the documentation ranges of RFC 5737 and RFC 3849, and
// every credential of a caller carries the word EXAMPLE.
//
// # How it works
//
// A planner walks through time once, cheaply, and decides what happens:
// arrivals follow a curve of minutes (curve.go) and open sessions, whose
// later calls wait in a queue. Each planned [Step] carries the seeds of its
// own content, so that workers write batches of steps in any order, side by
// side, and the batches leave in the order of the plan. Only integers are
// used: the same [Config] gives the same bytes on every platform and with any
// number of workers. Memory depends on the rate of calls, not on their number.
//
// What the tables in shapes.go say about sizes and speeds was read from
// public traces, and TestShapes compares them with those.
//
// # Adding to it
//
// A source is one file that implements the interface source, and one line in
// the list of sources. What the caller's side knows of a call beside the
// provider is in passage.go, so that sources agree on it. An incident is a
// [Scenario], or a plot that can be played many times.
//
// # Incidents
//
// [Config.Incidents] asks for instances of scenarios in three strengths. Each is
// a plot: one file that says who can be its subject, how many days it takes, and
// what happens; one line in the list of plots; and one check in plot_test.go of
// what makes it one of its kind. The first third of a run has no incidents. Each
// instance gets a subject and days of its own (casting.go), and what it says is
// made of phrases that the seed picks (phrases.go), so that no two need say the
// same. Steps by the subject use the credential that it has at the time, from
// where it is then; whoever stole a credential calls the provider directly, which
// gateways and instrumentation do not see. Some incidents change calls that are
// made anyway (effect.go). The population's texts mean nothing: where an incident
// is in what texts mean, its subject is a guest whose texts do (guest.go).
//
// [Config.LookAlikes] adds harmless things that look like incidents: what they are
// and how often they are stands in lookalike.go. Incidents and look-alikes are
// planned before the run, so that memory grows with their steps: by 0.2 MB or so
// for an instance.
//
// # Tampering
//
// A [Tampering] spoils the logs of a run, as an attacker or a broken exporter
// would: the planner chooses the calls while it runs (tamper.go), and whoever
// writes the record leaves it out, or makes it from an event that does not tell
// the truth (forge.go). A field is altered only where another source shows it in
// the same words, so that the truth of the [Report] is what can be found.
//
// # Making benchmark data
//
// TestMakeBench writes the two sets that the load benchmark uses, when it is
// told where to:
//
//	go test ./analyze/drill -run TestMakeBench -timeout 1h -bench-dir DIR
//
// DIR/bedrock500 holds one file of 200,000 Bedrock JSON lines with prompts and
// replies of 30 to 300 words, 520 MB; DIR/cloudtrail20k holds 20,000 gzip
// CloudTrail files of 50 events in an S3-style tree, and one that is not full
// for each region. benchSets in bench_test.go has their configs.
package drill
