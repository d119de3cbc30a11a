package casefile

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// A UniqueText is a text of a case, once for all its uses. Its bytes are valid
// until the visit ends.
type UniqueText struct {
	SHA256 [sha256.Size]byte
	Role   string // where it was first said, as in the view content
	Text   []byte

	segment int64 // 0 for a text that was put together from chunks
	at      textPlace
}

// textPlace is where a text stands in its segment: a bit of content_first, or 0
// for a row of the content segment. The row of a text that was put together from
// chunks is its call.
type textPlace struct{ row, place int64 }

// EachText hands every unique text of the segments from a number on to visitors,
// which work side by side, each on one text at a time, in no order. It returns
// the number to begin with when more has been loaded.
func (c *Case) EachText(ctx context.Context, from int64, visitors []func(*UniqueText) error) (next int64, err error) {
	jobs, err := c.searchJobs(false)
	if err != nil {
		return 0, fmt.Errorf("reading texts: %w", err)
	}
	for _, job := range jobs {
		next = max(next, job.segment+1)
	}
	jobs = slices.DeleteFunc(jobs, func(j searchJob) bool { return j.segment < from })
	workers := make([]func(context.Context, *searchJob) error, len(visitors))
	for i, visit := range visitors {
		workers[i] = (&textReader{visit: visit}).segment
	}
	err = eachSegment(ctx, jobs, workers, func(job *searchJob) error { return c.repeatsOf(ctx, job) })
	if err == nil && len(jobs) > 0 {
		err = c.eachJoinedText(ctx, visitors[0])
	}
	if err != nil {
		return 0, fmt.Errorf("reading texts: %w", err)
	}
	return next, nil
}

// repeatsOf finds the texts of a segment that are kept elsewhere.
func (c *Case) repeatsOf(ctx context.Context, job *searchJob) error {
	job.skip = map[textPlace]bool{}
	return c.query(ctx, "each_text_repeats", nil, []any{sql.Named("segment", job.segment)}, func(r *sql.Rows) error {
		var at textPlace
		err := r.Scan(&at.row, &at.place)
		job.skip[at] = true
		return err
	})
}

// eachJoinedText hands over texts that were put together from chunks.
func (c *Case) eachJoinedText(ctx context.Context, visit func(*UniqueText) error) error {
	roles := []string{"system", "user", "assistant", "reasoning"}
	for after, more := int64(-1), true; more; {
		more = false
		fill := map[string]string{"limit": strconv.Itoa(joinedPage)}
		err := c.query(ctx, "search_joined", fill, []any{sql.Named("after", after)}, func(r *sql.Rows) error {
			more = true
			var texts, sums [4]sql.RawBytes
			if err := r.Scan(&after, &texts[0], &texts[1], &texts[2], &texts[3], &sums[0], &sums[1], &sums[2], &sums[3]); err != nil {
				return err
			}
			for i, text := range texts {
				if len(sums[i]) != sha256.Size {
					continue
				}
				at := textPlace{after, int64(1) << i}
				if err := visit(&UniqueText{SHA256: [sha256.Size]byte(sums[i]), Role: roles[i], Text: text, at: at}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// textReader reads the texts of segments for one visitor.
type textReader struct {
	visit func(*UniqueText) error
	first []int64
	row   []int64
	sums  [][sha256.Size]byte
}

func (t *textReader) segment(ctx context.Context, job *searchJob) error {
	for _, part := range []struct {
		path  string
		group func(f *segmentFile, group int, job *searchJob) error
	}{{job.events, t.events}, {job.content, t.content}} {
		if part.path == "" {
			continue
		}
		f, err := openSegment(part.path)
		if err != nil {
			return err
		}
		for g := range f.rowGroups() {
			if err = part.group(f, g, job); err == nil {
				err = context.Cause(ctx)
			}
			if err != nil {
				err = fmt.Errorf("reading segment %s: %w", part.path, err)
				break
			}
		}
		if err := errors.Join(err, f.close()); err != nil {
			return err
		}
	}
	return nil
}

// events hands over the texts in columns of a row group of events.
func (t *textReader) events(f *segmentFile, group int, job *searchJob) error {
	var err error
	if t.first, err = f.ints(t.first[:0], group, "content_first", 0); err != nil {
		return err
	}
	if t.row, err = f.ints(t.row[:0], group, "row", noRow); err != nil {
		return err
	}
	for _, p := range []struct{ column, role string }{
		{"system_prompt", "system"}, {"prompt", "user"}, {"response", "assistant"}, {"reasoning", "reasoning"},
	} {
		bit := int64(placeBit(p.column))
		if !slices.ContainsFunc(t.first, func(n int64) bool { return n&bit != 0 }) {
			continue
		}
		if t.sums, err = f.sums(t.sums[:0], group, p.column+"_hash"); err != nil {
			return err
		}
		err := t.column(f, group, p.column, func(i int, text []byte) error {
			at := textPlace{t.row[i], bit}
			if t.first[i]&bit == 0 || job.skip[at] {
				return nil
			}
			return t.visit(&UniqueText{SHA256: t.sums[i], Role: p.role, Text: text, segment: job.segment, at: at})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// content hands over the texts of a row group that no column of events holds.
func (t *textReader) content(f *segmentFile, group int, job *searchJob) error {
	var err error
	if t.row, err = f.ints(t.row[:0], group, "row", noRow); err != nil {
		return err
	}
	if t.sums, err = f.sums(t.sums[:0], group, "hash"); err != nil {
		return err
	}
	roles, err := f.bytes(group, "role")
	if err != nil {
		return err
	}
	return t.column(f, group, "text", func(i int, text []byte) error {
		role, err := roles.next()
		at := textPlace{t.row[i], 0}
		if err != nil || job.skip[at] {
			return err
		}
		return t.visit(&UniqueText{SHA256: t.sums[i], Role: string(role), Text: text, segment: job.segment, at: at})
	})
}

// column hands each value of a column over, in the order of the rows.
func (t *textReader) column(f *segmentFile, group int, name string, value func(i int, text []byte) error) error {
	cursor, err := f.bytes(group, name)
	if err != nil {
		return err
	}
	for i := range f.groupRows(group) {
		v, err := cursor.next()
		if err != nil {
			return err
		}
		if err := value(i, v); err != nil {
			return err
		}
	}
	return nil
}

// Append adds n rows to a temporary table that [Case.DB] has made.
func (c *Case) Append(ctx context.Context, table string, n int, row func(i int) []driver.Value) error {
	return appendRows(ctx, c.db, table, n, row)
}
