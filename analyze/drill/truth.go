package drill

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// TruthLog is what the lines that [Report.WriteTruth] wrote say, read again.
type TruthLog struct {
	Steps      []Truth
	Incidents  []IncidentTruth
	LookAlikes []LookAlikeTruth
	Tampered   int // lines of records that were tampered with
}

// maxTruthLine bounds a line of a truth file, in bytes.
const maxTruthLine = 1 << 20

// ReadTruth reads a truth file. Steps of scenarios that were played once, without
// an incident of their own, become one incident for each scenario.
func ReadTruth(r io.Reader) (*TruthLog, error) {
	log := &TruthLog{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxTruthLine)
	n := 0
	for lines.Scan() {
		n++
		if err := log.readLine(lines.Bytes()); err != nil {
			return nil, fmt.Errorf("reading the truth: line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the truth: line %d: %w", n+1, err)
	}
	log.nameLoose()
	return log, nil
}

func (l *TruthLog) readLine(line []byte) error {
	var kind struct {
		RequestID *string    `json:"request_id"`
		Scenario  *string    `json:"scenario"`
		First     *time.Time `json:"first"`
		LookAlike *string    `json:"look_alike"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		return err
	}
	switch {
	case kind.Scenario != nil && kind.First != nil:
		var in IncidentTruth
		if err := json.Unmarshal(line, &in); err != nil {
			return err
		}
		l.Incidents = append(l.Incidents, in)
	case kind.Scenario != nil && kind.RequestID != nil:
		var step Truth
		if err := json.Unmarshal(line, &step); err != nil {
			return err
		}
		l.Steps = append(l.Steps, step)
	case kind.LookAlike != nil:
		var like LookAlikeTruth
		if err := json.Unmarshal(line, &like); err != nil {
			return err
		}
		l.LookAlikes = append(l.LookAlikes, like)
	case kind.Scenario == nil:
		l.Tampered++
	default:
		return errors.New("it is neither a step nor an incident nor a record that was tampered with")
	}
	return nil
}

// nameLoose gives steps without an incident that of their scenario.
func (l *TruthLog) nameLoose() {
	at := map[string]int{}
	for i := range l.Steps {
		s := &l.Steps[i]
		if s.Incident != "" {
			continue
		}
		s.Incident, s.Strength, s.Instance = s.Scenario, Easy, 1
		k, ok := at[s.Scenario]
		if !ok {
			k = len(l.Incidents)
			at[s.Scenario] = k
			l.Incidents = append(l.Incidents, IncidentTruth{
				Incident: s.Scenario, Scenario: s.Scenario, Strength: Easy, Instance: 1, First: s.Time, Last: s.Time,
			})
		}
		in := &l.Incidents[k]
		in.Steps++
		if s.Time.Before(in.First) {
			in.First = s.Time
		}
		if s.Time.After(in.Last) {
			in.Last = s.Time
		}
	}
}
