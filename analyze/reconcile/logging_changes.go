package reconcile

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// LoggingChange is a change of what is logged, as the control plane shows it.
type LoggingChange struct {
	EID            int64 // of its event
	At             time.Time
	Operation      string
	Principal      string // "" where the log does not say
	Address        string
	Tenant, Region string
	Logs           []string // formats of the logs that it is about
	Off            bool     // the log was switched off, in whole or in part; otherwise it may have been
	What           string   // in words; may be ""
	Everywhere     bool     // it is about all regions of its tenant
}

// LoggingChanges returns the changes that were carried out and that switched a
// log off, weakened it or sent it elsewhere, in order of time, and whether there
// are more than it reads. A change that switches a log on is none of them.
func LoggingChanges(ctx context.Context, c *casefile.Case) (list []LoggingChange, more bool, err error) {
	changes, more, err := readLoggingChanges(ctx, c)
	if err != nil {
		return nil, false, fmt.Errorf("reading changes of what is logged: %w", err)
	}
	for _, x := range changes {
		if x.effect == switchedOn {
			continue
		}
		list = append(list, LoggingChange{
			EID: x.eid, At: time.UnixMicro(x.at).UTC(), Operation: x.operation, Principal: x.principal, Address: x.srcIP,
			Tenant: x.tenant, Region: x.region, Logs: x.logs, Off: x.effect == switchedOff, What: x.what, Everywhere: x.everywhere,
		})
	}
	return list, more, nil
}

// readLoggingChanges reads the first changes of what is logged, and whether there
// are more.
func readLoggingChanges(ctx context.Context, c *casefile.Case) (changes []*loggingChange, cut bool, err error) {
	var names []string
	for _, r := range loggingRules() {
		names = append(names, r.operations...)
	}
	list, err := json.Marshal(names)
	if err != nil {
		return nil, false, fmt.Errorf("writing names of operations: %w", err)
	}
	text, err := sqlFiles.ReadFile("sql/control.sql")
	if err != nil {
		return nil, false, fmt.Errorf("reading embedded SQL: %w", err)
	}
	var all []*loggingChange
	args := []any{sql.Named("operations", string(list)), sql.Named("limit", maxChanges+1)}
	err = casefile.EachRow(ctx, c.DB(), "control", string(text), args, func(r *sql.Rows) error {
		var x loggingChange
		all = append(all, &x)
		return r.Scan(&x.eid, &x.event, &x.format, &x.at, &x.operation, &x.principal, &x.srcIP, &x.tenant, &x.region)
	})
	if err != nil {
		return nil, false, err
	}
	cut = len(all) > maxChanges
	state := newLoggingState()
	for _, x := range all[:min(len(all), maxChanges)] {
		record, err := c.Raw(ctx, x.eid)
		if err != nil {
			return nil, false, err
		}
		if state.read(x, record.Raw) {
			changes = append(changes, x)
		}
	}
	return changes, cut, nil
}
