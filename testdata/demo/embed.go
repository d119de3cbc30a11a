// Package demo embeds a small sample incident for exhibit demo: one day of a
// company's calls of models, as CloudTrail and Bedrock's invocation log saw
// them, with a leaked key, logging that was switched off, and an agent that
// obeyed a document. Nothing in it is real; package incident tells the story.
package demo

import (
	"embed"
	"io/fs"
)

//go:generate go run ./gen

//go:embed logs
var files embed.FS

// Hints names what is worth looking at in the incident.
type Hints struct {
	RequestID string // of the call in which the agent obeys the document
	Session   string // of the agent's client, in the metadata of its calls
	LeakedKey string // long-term access key that the intruder used
	Issued    string // credential that the intruder got with AssumeRole
	Address   string // where the intruder came from
	Unlogged  string // request id of a call of the intruder whose content was not logged
}

// Incident returns the logs of the incident, a tree of CloudTrail files as S3
// has it beside one file of the invocation log, and what to look at.
func Incident() (fs.FS, Hints) {
	logs, err := fs.Sub(files, "logs")
	if err != nil { // the name is valid: cannot happen
		return files, hints
	}
	return logs, hints
}
