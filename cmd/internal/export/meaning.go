package export

import (
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/features"
	"github.com/exhibit-forensics/exhibit/formats"
)

// Meaning is one line on a column of a view, "" where its name says it all.
func Meaning(view, column string) string {
	if slices.Contains(features.Names(), view) {
		if text := features.Meaning(view, column); text != "" {
			return text
		}
	}
	switch view + "." + column {
	case "events.part", "events_all.part":
		return "number of the event in its record, from 0"
	case "calls.events":
		return "how many events show the call"
	case "records.events":
		return "how many events the record holds"
	case "identifiers.kind":
		return "what the value is the id of"
	case "finding_events.position":
		return "place of the event among those of the finding, from 0"
	case "event_words.entry":
		return "entry of the ledger"
	case "event_words.text":
		return "of the note, or the tag"
	case "content.role", "content_use.role":
		return "who said it: system, user, assistant, reasoning, tool ..."
	}
	switch column {
	case "event_id":
		return "EVIDENCE-RECORD[.PART], as show and timeline take it"
	case "evidence_id":
		return "SHA-256 of the evidence as it was received"
	case "record":
		return "number of the record in its evidence, from 1"
	case "byte_offset":
		return "where the record begins in the decompressed stream of the evidence"
	case "byte_length":
		return "bytes of the record"
	case "record_sha256":
		return "SHA-256 of the record"
	case "format":
		return "how the log is written"
	case "system_prompt_hash", "prompt_hash", "response_hash", "reasoning_hash", "hash":
		return "SHA-256 of the text"
	case "eid":
		return "number of the event inside this case; depends on the order of loads"
	case "call_id":
		return "names the call"
	case "roles":
		return "where those events stand: access, content, gateway, trace, client"
	case "planes":
		return "planes of the events that show the call"
	case "disagreements":
		return "columns in which these events differ"
	case "raw":
		return "bytes of the record"
	case "frame":
		return "bytes between the record before and this one"
	case "first_event":
		return "event that said the text first"
	case "position":
		return "place of the text among the message parts of the event; below 0 for its own columns"
	}
	c, _ := formats.ColumnByName(column)
	return c.Doc
}
