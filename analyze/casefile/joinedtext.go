package casefile

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats"
)

// maxJoined bounds the text of one side of a call that is put together from
// chunks, in bytes; it is that of a record.
const maxJoined = formats.DefaultRecordLimit

// joinTexts puts together what was said in the calls that were just merged,
// where their logs cut it into chunks.
func joinTexts(ctx context.Context, db *sql.DB, fill map[string]string) error {
	fill["joiners"] = quoteList(formatNames(func(f formats.Format) bool {
		_, ok := f.(formats.Joiner)
		return ok
	}))
	q, err := statement("calls_chunks", fill)
	if err != nil {
		return err
	}
	found := false
	for after, more := int64(-1), true; more; {
		j := &textJoiner{d: formats.NewDecoder()}
		if more, err = j.read(ctx, db, q, after); err != nil {
			return fmt.Errorf("joining chunks of calls: %w", err)
		}
		after = j.done
		if len(j.rows) == 0 {
			continue
		}
		found = true
		if err := appendRows(ctx, db, "joined_text", len(j.rows), func(i int) []driver.Value { return j.rows[i] }); err != nil {
			return err
		}
	}
	if !found {
		return nil
	}
	return runWith(ctx, db, "calls_texts", nil, nil)
}

// joinedPortion is about how many bytes of chunks are held at once.
const joinedPortion = 32 << 20

// read joins the chunks of calls after the given one, of some at a time, and
// reports whether there may be more.
func (j *textJoiner) read(ctx context.Context, db *sql.DB, q string, after int64) (more bool, err error) {
	rows, err := db.QueryContext(ctx, q, sql.Named("after", after))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	size := 0
	for rows.Next() {
		var c chunk
		if err := rows.Scan(&c.call, &c.format, &c.prompt, &c.response); err != nil {
			return false, err
		}
		if c.call != j.call && size > joinedPortion {
			j.join()
			return true, nil
		}
		size += len(c.prompt) + len(c.response)
		j.add(&c)
	}
	j.join()
	return false, rows.Err()
}

// chunk is the text of one event of a call.
type chunk struct {
	call             int64
	format           string
	prompt, response []byte
}

// textJoiner collects the chunks of one call after the other.
type textJoiner struct {
	d              *formats.Decoder
	call           int64
	format         string
	request, reply []byte
	done           int64            // the last call that was joined
	rows           [][]driver.Value // of joined_text
}

func (j *textJoiner) add(c *chunk) {
	if c.call != j.call || c.format != j.format {
		j.join()
		j.call, j.format, j.request, j.reply = c.call, c.format, nil, nil
	}
	j.request = append(j.request, c.prompt...)
	j.reply = append(j.reply, c.response...)
}

// join decodes the call that is complete. Chunks that make no sense together
// stay what they are: the call says that they are truncated.
func (j *textJoiner) join() {
	j.done = j.call
	f, ok := formats.ByName(j.format)
	if !ok || max(len(j.request), len(j.reply)) > maxJoined {
		return
	}
	joiner, ok := f.(formats.Joiner)
	if !ok {
		return
	}
	j.d.Reset()
	e := j.d.Add()
	if err := joiner.Join(j.d, e, j.request, j.reply); err != nil {
		return
	}
	row := []driver.Value{j.call}
	texts := []formats.Text{e.SystemPrompt, e.Prompt, e.Response, e.Reasoning}
	for _, t := range texts {
		row = append(row, textValue(t))
	}
	for _, t := range texts {
		row = append(row, hashValue(t))
	}
	j.rows = append(j.rows, append(row, messagesValue(e.Input), messagesValue(e.Output)))
}

func textValue(t formats.Text) driver.Value {
	if t == nil {
		return nil
	}
	return string(validText(t))
}

// hashValue is the hash of a text as the events have it.
func hashValue(t formats.Text) driver.Value {
	if len(t) == 0 {
		return nil
	}
	sum := sha256.Sum256(validText(t))
	return sum[:]
}

func messagesValue(list []formats.Message) driver.Value {
	if len(list) == 0 {
		return nil
	}
	return string(validText(formats.AppendMessages(nil, list)))
}
