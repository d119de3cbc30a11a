package casefile

import (
	"context"
	"database/sql/driver"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// lazyViews holds the views of the SQL surface. To make a view DuckDB resolves
// all of its columns, which for all views took three quarters of the time of
// opening a case. So each is made when a statement first names it.
type lazyViews struct {
	views []lazyView     // in the order in which they read each other
	names *regexp.Regexp // matches their names as words, and parts of paths, which are none
}

type lazyView struct {
	name, create string
}

// created matches the beginning of a statement that makes a view.
var created = regexp.MustCompile(`(?m)^create temp view (\w+) as$`)

// fill sets the statements that make the views.
func (s *lazyViews) fill(statements []string) error {
	var names []string
	for _, q := range statements {
		name := created.FindStringSubmatch(q)
		if name == nil {
			return fmt.Errorf("making the views of the case: %.40q makes none", q)
		}
		names = append(names, name[1])
		s.views = append(s.views, lazyView{name[1], q})
	}
	s.names = regexp.MustCompile(`(?i)[/\\][\w.-]+|\b(?:` + strings.Join(names, "|") + `)\b`)
	return nil
}

// aboutViews matches what shows, or reads by a name that is computed, views that
// the statement need not name.
var aboutViews = regexp.MustCompile(`(?i)\b(?:duckdb_\w+|pragma_\w+|pg_\w+|information_schema|sqlite_\w+|query_table)\b|(?:^|\()\s*(?:show\b|desc(?:ribe)?\s*(?:[;)]|$))`)

// wanted returns the views that a statement may read, in their order.
func (s *lazyViews) wanted(statement string) []lazyView {
	if len(s.views) == 0 || aboutViews.MatchString(statement) {
		return s.views
	}
	named := map[string]bool{}
	for _, name := range s.names.FindAllString(statement, -1) {
		named[strings.ToLower(name)] = true
	}
	var out []lazyView
	for _, v := range s.views {
		if named[v.name] {
			out = append(out, v)
		}
	}
	return out
}

// surfaceConnector connects to a database that has the views.
type surfaceConnector struct {
	*duckdb.Connector
	views *lazyViews
}

// Connect implements [driver.Connector].
func (c surfaceConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &surfaceConn{Conn: conn.(*duckdb.Conn), views: c.views, made: map[string]bool{}}, nil
}

// surfaceConn makes the views that a statement reads before it runs. The views
// are those of the connection: another makes its own.
type surfaceConn struct {
	*duckdb.Conn
	views *lazyViews
	made  map[string]bool
}

// duckConn returns DuckDB's own connection.
func duckConn(conn any) driver.Conn {
	if s, ok := conn.(*surfaceConn); ok {
		return s.Conn
	}
	return conn.(driver.Conn)
}

// ExecContext implements [driver.ExecerContext].
func (c *surfaceConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.prepare(ctx, query); err != nil {
		return nil, err
	}
	defer trimAfter()()
	return c.Conn.ExecContext(ctx, query, args)
}

// QueryContext implements [driver.QueryerContext].
func (c *surfaceConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.prepare(ctx, query); err != nil {
		return nil, err
	}
	defer trimAfter()()
	return c.Conn.QueryContext(ctx, query, args)
}

// longStatement is how long a statement takes behind which freed memory is given back.
// To look for it takes some hundredths of a second.
const longStatement = time.Second / 2

// trimAfter begins a statement; what it returns ends it, and gives back what was freed
// if it took long.
func trimAfter() (end func()) {
	began := time.Now() //nolint:forbidigo // nothing that is written has this time
	return func() {
		if time.Since(began) >= longStatement { //nolint:forbidigo // as above
			trim()
		}
	}
}

// PrepareContext implements [driver.ConnPrepareContext].
func (c *surfaceConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := c.prepare(ctx, query); err != nil {
		return nil, err
	}
	return c.Conn.PrepareContext(ctx, query)
}

// Prepare implements [driver.Conn].
func (c *surfaceConn) Prepare(query string) (driver.Stmt, error) {
	if err := c.prepare(context.Background(), query); err != nil {
		return nil, err
	}
	return c.Conn.Prepare(query)
}

// prepare makes the views that a statement may read and that are not made yet,
// first those that they read themselves.
func (c *surfaceConn) prepare(ctx context.Context, statement string) error {
	if len(c.made) == len(c.views.views) {
		return nil
	}
	for _, v := range c.views.wanted(statement) {
		if c.made[v.name] {
			continue
		}
		c.made[v.name] = true
		if err := c.prepare(ctx, reads(v.create)); err != nil {
			return err
		}
		if _, err := c.Conn.ExecContext(ctx, v.create, nil); err != nil {
			delete(c.made, v.name)
			return fmt.Errorf("making the views of the case: %w", err)
		}
	}
	return nil
}

// readFrom matches what a view reads, and other words behind FROM.
var readFrom = regexp.MustCompile(`\b(?:from|join) \w+`)

// reads returns the names of all that a view reads.
func reads(create string) string { return strings.Join(readFrom.FindAllString(create, -1), "\n") }
