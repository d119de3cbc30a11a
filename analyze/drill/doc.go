// Package drill makes seeded model traffic with known ground truth: a
// population of people, services, nightly jobs and agents that call models,
// written as the logs that each chosen source would have kept of it. It feeds
// benchmarks, the demo, and later the drills that measure what detection
// finds.
//
// It is not a load generator (nothing is sent anywhere) and no model of
// language: the texts are grammatical noise. All names are invented, all
// addresses come from the documentation ranges of RFC 5737 and RFC 3849, and
// every credential carries the word EXAMPLE.
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
// [Scenario].
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
