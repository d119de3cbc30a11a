package analyze

// About says what a detector or a rule is: what findings, SARIF rules and
// runbooks show of it.
type About struct {
	ID string // lower case, family and name: identity.new-model
	// Version is the major version. It grows when findings of the same thing
	// would get another subject or bucket, and is part of [FindingID].
	Version  int
	Title    string   // what it claims, one line
	Severity Severity // of most of its findings
	// Statistical says that it makes tests, by which most of its findings are made: see
	// [Test].
	Statistical bool
	Why         string // why a responder should care, and how it decides
	// Tags name techniques, as attack.t1078.004, atlas.aml.t0040 and owasp.llm10
	// do; see [TagVersions].
	Tags []string
	// Needs are the columns without which it cannot run: of calls by their name,
	// of other acts behind the word act and a point, as in act.operation.
	Needs []string
	// Thresholds are the numbers that a policy may give instead of the detector's.
	Thresholds     []Threshold
	FalsePositives []string // what else looks like this
	Triage         []string // what to look at first, in order
	Collect        []string // evidence to secure
	Contain        []string // proportionate containment, the mildest first
}

// Threshold is a number by which a detector decides.
type Threshold struct {
	Name    string // lower case words with underscores
	Default float64
	Unit    string // of which the number counts: uses, days; "share" of 1
	What    string // what it means, in words
}

// TagVersions says by which editions tags are to be read.
func TagVersions() map[string]string {
	return map[string]string{
		"attack": "MITRE ATT&CK v19",
		"atlas":  "MITRE ATLAS 5.6",
		"owasp":  "OWASP Top 10 for LLM Applications 2025, and for Agentic Applications 2026",
	}
}
