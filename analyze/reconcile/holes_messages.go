package reconcile

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// messageHoles finds transcripts in which a message names one before it that is
// nowhere in the case. Claude Code adds lines to the end of a transcript and
// keeps those that a user takes back, so that each line but the first follows
// one that is there.
func messageHoles(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	if err := s.exec(ctx, "holes_messages"); err != nil {
		return nil, err
	}
	judged := []string{}
	err := s.query(ctx, "holes_messages_habit", nil, func(rows *sql.Rows) error {
		var format string
		var all, there int64
		if err := rows.Scan(&format, &all, &there); err != nil {
			return err
		}
		if missing := all - there; there < messageLeast || missing*messageShare > all {
			if missing > 0 {
				r.Notes = append(r.Notes, fmt.Sprintf("in %s, %s of %s name one before that is nowhere: too many, or too few messages, to say that any was taken out",
					format, count(missing), counted(all, "message")))
			}
			return nil
		}
		judged = append(judged, format)
		r.Compared += all
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []analyze.Finding
	args := []any{sql.Named("formats", judged), sql.Named("limit", maxHoles+1)}
	err = s.query(ctx, "holes_messages_missing", args, func(rows *sql.Rows) error {
		var m lostMessage
		if err := rows.Scan(&m.format, &m.session, &m.id, &m.children, &m.before, &m.beforeTS, &m.after, &m.afterTS); err != nil {
			return err
		}
		out = append(out, m.hole().finding())
		return nil
	})
	return out, err
}

// A transcript is short, and a run of lines that was cut out leaves one message
// without the one before: it is judged from fewer messages than other logs.
const (
	messageLeast = 5  // messages whose one before is there
	messageShare = 10 // one in so many may lack it
)

// lostMessage is a message that another names and that is nowhere.
type lostMessage struct {
	format, session, id string
	children            int64 // messages that name it
	before, after       sql.NullString
	beforeTS, afterTS   sql.NullTime
}

func (m *lostMessage) hole() *hole {
	h := &hole{
		severity: analyze.SeverityMedium, subject: m.session, bucket: m.id,
		title: fmt.Sprintf("A message that %s names in session %s is nowhere: %s", m.format, m.session, m.id),
		explanation: fmt.Sprintf("%s follow the message %s, and no log of this case has it. Transcripts of %s grow at their end and keep what was taken back, "+
			"so that every message but the first follows one that is there. It, and perhaps others before it, was taken out of the transcript; "+
			"or the session began in a file that is not in the case.", counted(m.children, "message"), m.id, m.format),
		facts: []analyze.Fact{{Name: "missing_message", Value: m.id}, {Name: "session", Value: m.session}, {Name: "messages_after_it", Value: m.children}},
	}
	h.near(m.before, m.beforeTS)
	h.near(m.after, m.afterTS)
	return h
}
