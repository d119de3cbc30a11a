package reconcile

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// survey is what the checks share: the case, its sources, and temporary tables
// that checks read: repeat, with the records that stand in their evidence again,
// sight, which has a row for each source that shows a call, saw, which has for
// each call the mask of the sources that show it, and stratum, which counts the
// calls that a source words alike by that mask.
type survey struct {
	c       *casefile.Case
	sources []source // in the order of their bits
	strata  []*stratum
	// coarse says that there are so many principals that the strata leave them
	// and their applications out.
	coarse bool
}

// source is one kind of log that shows calls: a format on one plane.
type source struct {
	name   string // the format; with its plane where the format has several
	format string
	plane  string
	role   string // access, content, gateway, trace, client, other; "" where it shares no call
	bit    int    // in the masks of the table saw
	calls  int64  // rows of sight
	strata map[uint64]*stratum
}

// ofProvider reports whether a source is kept by the provider of the models,
// who sees all calls, not only those that pass by.
func (x *source) ofProvider() bool { return x.role == "access" || x.role == "content" }

// stratum is calls that one source words alike. A column that its log does not
// have is "".
type stratum struct {
	source int    // its bit
	key    uint64 // in sight
	words  [dimensions]string
	masks  []maskCount
}

// maskCount says how many calls of a stratum are shown by exactly these sources.
type maskCount struct{ mask, calls int64 }

// dimension is a column that strata are told apart by.
type dimension int

const (
	dimKind dimension = iota
	dimOperation
	dimOutcome
	dimErrorCode
	dimFinish
	dimProvider
	dimService
	dimTenant
	dimRegion
	dimModel
	dimApp
	dimPrincipal
	dimensions
)

// String returns the words for a dimension.
func (d dimension) String() string {
	return [...]string{
		"kind", "operation", "outcome", "error code", "finish reason", "provider", "service", "account", "region", "model",
		"application", "principal",
	}[d]
}

const (
	// maxSources is how many bits a mask has.
	maxSources = 62
	// maxStrata bounds the strata that are held in memory, at about 300 bytes
	// each.
	maxStrata = 200_000
)

// newSurvey makes the tables.
func newSurvey(ctx context.Context, c *casefile.Case) (*survey, error) {
	s := &survey{c: c}
	if err := s.findRepeats(ctx); err != nil {
		return nil, err
	}
	if err := c.StoredViews(ctx); err != nil {
		return nil, err
	}
	var alone bool
	if err := s.query(ctx, "sight_is_alone", nil, func(r *sql.Rows) error { return r.Scan(&alone) }); err != nil {
		return nil, err
	}
	if alone {
		if err := s.exec(ctx, "sight_alone"); err != nil {
			return nil, err
		}
		return s, s.readSources(ctx)
	}
	for _, name := range []string{"sight", "saw"} {
		if err := s.exec(ctx, name); err != nil {
			return nil, err
		}
	}
	if err := s.readSources(ctx); err != nil {
		return nil, err
	}
	return s, s.compare(ctx)
}

// compare makes and reads the strata, by which sources are compared.
func (s *survey) compare(ctx context.Context) error {
	err := s.exec(ctx, "stratum")
	var strata int64
	if err == nil {
		err = s.query(ctx, "strata_count", nil, func(r *sql.Rows) error { return r.Scan(&strata) })
	}
	if err == nil && strata > maxStrata {
		s.coarse = true
		for _, name := range []string{"coarsen", "stratum", "coarsened"} {
			err = errors.Join(err, s.exec(ctx, name))
		}
	}
	if err != nil {
		return err
	}
	return s.readStrata(ctx)
}

// findRepeats makes the table repeat. It reads the events only where records
// are equal at all.
func (s *survey) findRepeats(ctx context.Context) error {
	if err := s.exec(ctx, "repeat_candidate"); err != nil {
		return err
	}
	var n int64
	if err := s.query(ctx, "repeat_candidates", nil, func(r *sql.Rows) error { return r.Scan(&n) }); err != nil || n == 0 {
		return err
	}
	return s.exec(ctx, "repeat")
}

func (s *survey) readSources(ctx context.Context) error {
	planes := map[string]int{}
	err := s.query(ctx, "sources", nil, func(r *sql.Rows) error {
		x := source{strata: map[uint64]*stratum{}}
		err := r.Scan(&x.format, &x.plane, &x.role, &x.bit, &x.calls)
		planes[x.format]++
		s.sources = append(s.sources, x)
		return err
	})
	if err == nil && len(s.sources) > maxSources {
		err = fmt.Errorf("the case has %d kinds of logs that show calls; at most %d can be compared", len(s.sources), maxSources)
	}
	for i := range s.sources {
		x := &s.sources[i]
		if x.name = x.format; planes[x.format] > 1 {
			x.name += "/" + x.plane
		}
	}
	return err
}

func (s *survey) readStrata(ctx context.Context) error {
	return s.query(ctx, "strata", nil, func(r *sql.Rows) error {
		var x stratum
		var m maskCount
		into := []any{&x.source, &x.key, &m.mask, &m.calls}
		for i := range x.words {
			into = append(into, &x.words[i])
		}
		if err := r.Scan(into...); err != nil {
			return err
		}
		if n := len(s.strata); n == 0 || s.strata[n-1].key != x.key || s.strata[n-1].source != x.source {
			s.strata = append(s.strata, &x)
			s.sources[x.source].strata[x.key] = &x
		}
		last := s.strata[len(s.strata)-1]
		last.masks = append(last.masks, m)
		return nil
	})
}

// byRole returns the sources from the provider towards the caller: those that
// see most come first.
func (s *survey) byRole() []*source {
	var out []*source
	for i := range s.sources {
		out = append(out, &s.sources[i])
	}
	roles := []string{"access", "content", "gateway", "trace", "client", "other", ""}
	slices.SortStableFunc(out, func(a, b *source) int {
		return slices.Index(roles, a.role) - slices.Index(roles, b.role)
	})
	return out
}

// exec runs the statements of an embedded file.
func (s *survey) exec(ctx context.Context, name string, args ...any) error {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return fmt.Errorf("reading embedded SQL: %w", err)
	}
	if _, err := s.c.DB().ExecContext(ctx, string(text), args...); err != nil {
		return fmt.Errorf("running %s.sql: %w", name, err)
	}
	return nil
}

// query runs one embedded statement and hands each row to row, which must ask
// nothing else of the case.
func (s *survey) query(ctx context.Context, name string, args []any, row func(*sql.Rows) error) error {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return fmt.Errorf("reading embedded SQL: %w", err)
	}
	return casefile.EachRow(ctx, s.c.DB(), name, string(text), args, row)
}
