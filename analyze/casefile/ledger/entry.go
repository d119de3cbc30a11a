package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The actions an entry can record. The list is closed: another action is tampering.
const (
	ActionCreate  = "create"  // the case was made; always the first entry and never another
	ActionLoad    = "load"    // evidence was taken in
	ActionDecode  = "decode"  // records were decoded into events
	ActionEnrich  = "enrich"  // what is known beside the logs was added
	ActionVerify  = "verify"  // evidence was checked against what its provider signed
	ActionAnalyze = "analyze" // detectors were run
	ActionTriage  = "triage"  // a finding was judged
	ActionNote    = "note"    // an analyst wrote something down
	ActionTag     = "tag"     // something was given a tag
	ActionReplay  = "replay"  // a call was sent again
	ActionExport  = "export"  // something left the case
	ActionRedact  = "redact"  // content was taken out of a copy
	ActionSeal    = "seal"    // the examiner declared the work done
)

// Actions returns every action, in the order a case usually sees them.
func Actions() []string {
	return []string{
		ActionCreate, ActionLoad, ActionDecode, ActionEnrich, ActionVerify, ActionAnalyze, ActionTriage, ActionNote, ActionTag, ActionReplay,
		ActionExport, ActionRedact, ActionSeal,
	}
}

const (
	// maxLine bounds one entry in bytes. Long lists belong in files whose hash the entry holds.
	maxLine = 16 << 20
	// timeLayout is RFC 3339 in UTC with exactly six digits.
	timeLayout = "2006-01-02T15:04:05.000000Z"
)

// An Entry is one line of the ledger.
type Entry struct {
	// Action is one of Actions.
	Action string `json:"action"`
	// Actor is who did it, by default the name of the signing key.
	Actor string `json:"actor"`
	// Body holds the facts of the action: one canonical JSON object.
	Body json.RawMessage `json:"body"`
	// Recovered is set on the first entry after a torn append was cut off.
	Recovered *Recovered `json:"recovered,omitempty"`
	// Seq counts from 1. The entry is leaf Seq-1 of the tree, and checkpoint Seq is the first that covers it.
	Seq int64 `json:"seq"`
	// Time is RFC 3339, UTC, with microseconds, by the clock of the machine that wrote it.
	Time string `json:"time"`
	// Tool names the program and its versions.
	Tool string `json:"tool"`
}

// Recovered describes the incomplete line that an interrupted append had left and that was cut off.
type Recovered struct {
	// TornBytes is how many bytes were cut off.
	TornBytes int64 `json:"torn_bytes"`
	// TornSHA256 is their SHA-256 in hex.
	TornSHA256 string `json:"torn_sha256"`
}

// CreateBody is the body of the first entry. What is empty was not said.
type CreateBody struct {
	// CaseNumber is the examiner's own reference.
	CaseNumber string `json:"case_number,omitempty"`
	// Examiner is the person, in whatever form they want to be named.
	Examiner string `json:"examiner,omitempty"`
	// Format is the version of the ledger format; Create sets it to 1.
	Format int64 `json:"format"`
	// ID is 32 random hex digits that tell this case from every other; Create draws it.
	ID string `json:"id"`
	// Key is the examiner's public key; Create takes it from the key.
	Key string `json:"key"`
	// Label is a short name of the case.
	Label string `json:"label,omitempty"`
	// Note is free text.
	Note string `json:"note,omitempty"`
	// Origin is the first line of every checkpoint; Create sets it to "exhibit.case/" and the ID.
	Origin string `json:"origin"`
}

const (
	formatVersion = 1
	originPrefix  = "exhibit.case/"
)

// check says what is missing in a create entry.
func (b CreateBody) check() error {
	switch {
	case b.Format != formatVersion:
		return fmt.Errorf("ledger format %d is not known here; this program reads format %d", b.Format, formatVersion)
	case len(b.ID) != 32 || strings.Trim(b.ID, hexDigits) != "":
		return fmt.Errorf("case id %.40q is not 32 hex digits", b.ID)
	case b.Origin != originPrefix+b.ID:
		return fmt.Errorf("origin %.80q does not fit the case id", b.Origin)
	}
	return CheckVerifier(b.Key)
}

// encode returns the entry's line without the newline.
func (e Entry) encode() ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	line, err := Canonical(e)
	if err != nil {
		return nil, err
	}
	if len(line) >= maxLine {
		return nil, fmt.Errorf("entry of %d bytes is longer than the %d a line can have", len(line), maxLine-1)
	}
	return line, nil
}

// check holds what reader and writer both insist on.
func (e Entry) check() error {
	switch {
	case !slices.Contains(Actions(), e.Action):
		return fmt.Errorf("action %.40q is not in the list", e.Action)
	case (e.Action == ActionCreate) != (e.Seq == 1):
		return fmt.Errorf("action %s cannot be entry %d: create is the first and only the first", e.Action, e.Seq)
	case e.Actor == "":
		return errors.New("no actor")
	case e.Tool == "":
		return errors.New("no tool")
	case len(e.Body) == 0 || e.Body[0] != '{':
		return errors.New("body is not an object")
	}
	t, err := time.Parse(timeLayout, e.Time)
	if err != nil || t.Format(timeLayout) != e.Time {
		return fmt.Errorf("time %.40q is not RFC 3339 in UTC with microseconds", e.Time)
	}
	return nil
}

// parseEntry reads a line without its newline. Only the bytes that encode would write are accepted.
func parseEntry(line []byte) (Entry, error) {
	v, err := parseJSON(line)
	if err != nil {
		return Entry{}, err
	}
	members, ok := v.([]member)
	if !ok || !bytes.Equal(appendValue(make([]byte, 0, len(line)), v), line) {
		return Entry{}, errors.New("not the canonical JSON of an entry")
	}
	var e Entry
	for _, m := range members {
		if !e.set(m) {
			return Entry{}, fmt.Errorf("member %.40q is unknown or of the wrong type", m.key)
		}
	}
	return e, e.check()
}

// set takes one member of an entry's object, and says whether it is one.
func (e *Entry) set(m member) (ok bool) {
	switch m.key {
	case "action":
		e.Action, ok = m.value.(string)
	case "actor":
		e.Actor, ok = m.value.(string)
	case "body":
		e.Body, ok = appendValue(nil, m.value), true
	case "recovered":
		e.Recovered, ok = parseRecovered(m.value)
	case "seq":
		e.Seq, ok = m.value.(int64)
	case "time":
		e.Time, ok = m.value.(string)
	case "tool":
		e.Tool, ok = m.value.(string)
	}
	return ok
}

func parseRecovered(v any) (*Recovered, bool) {
	members, ok := v.([]member)
	if !ok || len(members) != 2 || members[0].key != "torn_bytes" || members[1].key != "torn_sha256" {
		return nil, false
	}
	bytes, ok := members[0].value.(int64)
	sum, ok2 := members[1].value.(string)
	if _, err := parseSHA256(sum); !ok || !ok2 || err != nil {
		return nil, false
	}
	return &Recovered{TornBytes: bytes, TornSHA256: sum}, true
}
