package casefile

import (
	"context"
	"strings"
)

// actWords are the columns of words of an event that table act is made of. What an
// act is done with, parameters, is text of its own each time.
func actWords() []string {
	return []string{
		"principal", "principal_type", "role", "credential_id", "issued_credential_id", "source_identity", "end_user", "tenant", "app", "provider",
		"service", "operation", "outcome", "error_code", "region", "src_ip", "client", "user_agent", "model", "destination",
	}
}

// MakeActTable makes the temporary table act: the events of the view events that have
// a time and are of other kinds than calls of models, as features/act.sql selects them,
// in words of few types as table call has them. See [Case.MakeCallTable].
func (c *Case) MakeActTable(ctx context.Context) error {
	if c.actTable {
		return nil
	}
	w, err := c.wordTypes(ctx)
	if err != nil {
		return err
	}
	if err := w.find(ctx, actWords()...); err != nil {
		return err
	}
	if err := w.findOthers(ctx); err != nil {
		return err
	}
	fill := map[string]string{"events": w.events()}
	if fill["corrected"], fill["correcting"], err = c.clockSQL(ClockCorrected, "e", "evidence"); err != nil {
		return err
	}
	var read []string
	for _, column := range actWords() {
		from := "null"
		if w.has(column) {
			from = "e." + column
		}
		read = append(read, w.cast(from, column)+" as "+column)
		fill[column] = w.shown(column, "e."+column)
	}
	fill["columns"] = strings.Join(read, ", ")
	fill["outcome"] = "coalesce(e.outcome, " + w.cast(quoteText(unknownOutcome), "outcome") + ")"
	const others = 7 // columns beside the words: eid, at_us, format, plane, kind, mfa, parameters
	if fill["many"], err = takenForMany(len(actWords()) + others); err != nil {
		return err
	}
	if err := w.enrich(ctx, fill); err != nil {
		return err
	}
	fill["actor"] = w.actor()
	if err := runWith(ctx, c.db, "act_table", fill, nil); err != nil {
		return err
	}
	c.actTable = true
	return drop(ctx, c.db, "words")
}
