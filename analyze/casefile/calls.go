package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/formats"
)

// maxRounds bounds the joining of calls: a chain of identifiers longer than
// this is cut into several calls.
const maxRounds = 16

// roleSQL returns the expression for the role of an event e in its call.
func roleSQL() (string, error) {
	by := func(v formats.Vantage) string {
		return quoteList(formatNames(func(f formats.Format) bool { return formats.VantageOf(f) == v }))
	}
	text, err := statement("role", map[string]string{
		"gateways": by(formats.VantageGateway), "traces": by(formats.VantageTrace), "clients": by(formats.VantageClient),
	})
	if err != nil {
		return "", err
	}
	return uncommented(text), nil
}

// uncommented returns an embedded expression without the comment above it, so
// that it can stand inside a line.
func uncommented(text string) string {
	for strings.HasPrefix(text, "--") {
		_, text, _ = strings.Cut(text, "\n")
	}
	return strings.TrimSpace(text)
}

// formatNames returns the names of the formats that pass, in the order of
// [formats.All].
func formatNames(pass func(formats.Format) bool) []string {
	var out []string
	for _, f := range formats.All() {
		if pass(f) {
			out = append(out, f.Name())
		}
	}
	return out
}

// joinCalls lets linked events agree on the smallest event of their part, and
// forms the calls.
func (x *extension) joinCalls(ctx context.Context, db *sql.DB, fill map[string]string, run func(string) func() error) error {
	if none, err := isEmpty(ctx, db, "link"); err != nil || none {
		return err
	}
	for more := x.firstSegment() > 1; more; {
		if err := run("calls_expand")(); err != nil {
			return err
		}
		none, err := isEmpty(ctx, db, "also")
		if err != nil {
			return err
		}
		more = !none
	}
	last := ""
	for range maxRounds {
		if err := run("calls_link")(); err != nil {
			return err
		}
		single, sum, err := linkState(ctx, db)
		if err != nil {
			return err
		}
		if single || sum == last {
			break
		}
		last = sum
	}
	if x.firstSegment() > 1 {
		if err := run("calls_gone")(); err != nil {
			return err
		}
	}
	return x.formCalls(ctx, db, fill)
}

// callSegments is how many segments' worth of parts are formed into calls at
// once: what is joined must fit in memory.
const callSegments = 16

// formCalls forms the linked parts into calls, some segments at a time, and
// reads only the segments whose events are linked.
func (x *extension) formCalls(ctx context.Context, db *sql.DB, fill map[string]string) error {
	bounds, err := statement("calls_bounds", nil)
	if err != nil {
		return err
	}
	var low, high int64
	if err := db.QueryRowContext(ctx, bounds).Scan(&low, &high); err != nil {
		return fmt.Errorf("forming calls: %w", err)
	}
	for at := low; at <= high; at += callSegments {
		args := map[string]int64{"from": at << eidShift, "to": (at + callSegments) << eidShift}
		files, err := x.linkedFiles(ctx, db, args)
		if err != nil {
			return err
		}
		if len(files) == 0 {
			continue
		}
		part := maps.Clone(fill)
		part["all_events"] = quoteList(files)
		part["portion"] = strconv.Itoa(mergePortion)
		if err := runWith(ctx, db, "calls_join", part, args); err != nil {
			return err
		}
		if err := mergeCalls(ctx, db, part); err != nil {
			return err
		}
		if err := joinTexts(ctx, db, part); err != nil {
			return err
		}
	}
	return nil
}

// mergePortion is how many calls are merged at once. Some fifty columns of each
// are held in memory, which DuckDB cannot spill.
const mergePortion = 20_000

// mergeCalls fills merged_call for the calls that were just formed.
func mergeCalls(ctx context.Context, db *sql.DB, fill map[string]string) error {
	q, err := statement("calls_portions", nil)
	if err != nil {
		return err
	}
	var portions int64
	if err := db.QueryRowContext(ctx, q).Scan(&portions); err != nil {
		return fmt.Errorf("merging calls: %w", err)
	}
	for i := range portions {
		if err := runWith(ctx, db, "calls_merge", fill, map[string]int64{"portion": i}); err != nil {
			return err
		}
	}
	return nil
}

// linkedFiles returns the event files that the parts in the given range need.
func (x *extension) linkedFiles(ctx context.Context, db *sql.DB, args map[string]int64) ([]string, error) {
	q, err := statement("calls_segments", nil)
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, q, named(q, args)...)
	if err != nil {
		return nil, fmt.Errorf("forming calls: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var segment int64
		if err := rows.Scan(&segment); err != nil {
			return nil, fmt.Errorf("forming calls: %w", err)
		}
		path, err := x.eventFile(segment)
		if err != nil {
			return nil, err
		}
		out = append(out, path)
	}
	return out, rows.Err()
}

// eventFile is where the events of a segment are.
func (x *extension) eventFile(segment int64) (string, error) {
	name := fmt.Sprintf("%06d-events.parquet", segment)
	for _, l := range x.loads {
		for _, f := range l.files {
			if path.Base(f.Path) == name {
				paths, err := x.paths([]FileRef{f})
				if err != nil {
					return "", err
				}
				return paths[0], nil
			}
		}
	}
	for _, f := range x.previous.events {
		if path.Base(f.Path) == name {
			return filepath.Abs(locate(x.dir, x.previous, f.Path))
		}
	}
	return "", fmt.Errorf("forming calls: segment %d has no events", segment)
}

// linkState reports whether every event has a single shared identifier, so
// that one round of joining is enough, and a sum that a round which changes
// anything changes.
func linkState(ctx context.Context, db *sql.DB) (single bool, sum string, err error) {
	q, err := statement("calls_sum", nil)
	if err != nil {
		return false, "", err
	}
	if err := db.QueryRowContext(ctx, q).Scan(&single, &sum); err != nil {
		return false, "", fmt.Errorf("joining calls: %w", err)
	}
	return single, sum, nil
}
