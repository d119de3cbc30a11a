package drill

import (
	"encoding/csv"
	"fmt"
	"io"
)

// WriteUsers writes who is behind which value of the logs: CSV with the columns
// person, value and role. Programs have no person.
func (r *Report) WriteUsers(w io.Writer) error {
	to := csv.NewWriter(w)
	lines := [][]string{{"person", "value", "role"}}
	for _, a := range r.callers {
		lines = append(lines, a.values()...)
	}
	if err := to.WriteAll(lines); err != nil {
		return fmt.Errorf("writing the users: %w", err)
	}
	return nil
}

// values are the lines of an actor in a list of users. They are the same in all
// the run: of sessions it has the names, not the credentials.
func (a *actor) values() [][]string {
	person, kind := a.name, "person"
	if a.group > usersEast {
		person, kind = "", "program"
	}
	lines := [][]string{{person, a.subject().Principal, kind}}
	if a.base.ARN != "" && !a.direct {
		lines = append(lines, []string{person, a.base.ARN, kind})
	}
	if a.base.KeyID != "" {
		lines = append(lines, []string{person, a.base.KeyID, kind})
	}
	if person != "" {
		lines = append(lines, []string{person, a.name, kind})
	}
	return lines
}
