package suite

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/verdict"
)

// Version is that of the file format.
const Version = 1

// Suite is a suite file.
type Suite struct {
	Name   string
	From   Origin
	Target Target
	Cases  []Case
}

// Origin says what a suite was made of.
type Origin struct {
	Case     string // name of the folder
	Head     string // of its ledger, SIZE:ROOT
	Tool     string // that made the file
	Findings []string
}

// Target is what a suite is sent to where the command line says nothing else.
type Target struct {
	Protocol   replay.Protocol
	Model      string
	Samples    int                // of each case; 0 is 1
	Parameters []replay.Parameter // put in place of those of every case
}

// Case is one incident.
type Case struct {
	ID       string
	Title    string
	Finding  string // id of the finding that it was made of
	Detector string
	Fidelity replay.Grade // of the request as the log kept it
	Masked   *int         // spans that were masked; nil where nothing was looked for
	// Then says how the logged reply stood to the expectation: a case that it met
	// catches nothing.
	Then    Standing
	Request *replay.Request // Logged is empty
	Expect  []verdict.Assertion
	MinRate float64 // 0 is 1
	// Canaries, Markers and Injected are those of [verdict.Options].
	Canaries, Markers, Injected []string
	// Check says what a person should look at before relying on the case. It is a
	// comment of the file and not read back.
	Check string

	line, column int
}

// Least returns the share of samples that must meet the case.
func (c *Case) Least() float64 {
	if c.MinRate == 0 {
		return 1
	}
	return c.MinRate
}

// Standing says how replies stand to an expectation.
type Standing string

// The standings.
const (
	Met     Standing = "met"
	Unmet   Standing = "unmet"
	Unknown Standing = "unknown" // not judged: nothing that could be came back
)

// Standings lists them.
func Standings() []Standing { return []Standing{Met, Unmet, Unknown} }

// Digest returns the SHA-256 of the text of a suite in hex, by which a report
// says what was run.
func Digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
