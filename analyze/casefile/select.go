package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrNotSelect means that a text is not one SELECT statement, or EXPLAIN of one.
var ErrNotSelect = errNotSelect

// Select is [Case.Query] with values that anybody can read: lists, structs,
// maps, unions and JSON come as columns of type JSON, written by DuckDB itself.
func (c *Case) Select(ctx context.Context, query string) (*Rows, error) {
	return c.SelectFirst(ctx, query, 0)
}

// SelectFirst is [Case.Select] of the first rows of a query; a limit of 0 is all.
// Of a plan there are all rows, and of a query with a comment behind its
// semicolon.
func (c *Case) SelectFirst(ctx context.Context, query string, limit int) (*Rows, error) {
	if err := c.checkQuery(ctx, query); err != nil {
		return nil, err
	}
	if explained.MatchString(query) {
		return c.open(ctx, query)
	}
	query = strings.TrimRight(query, "; \t\r\n")
	columns, err := c.describe(ctx, query)
	if err != nil {
		return c.selectFlat(ctx, query)
	}
	if limit == 0 && !slices.ContainsFunc(columns, isNested) {
		return c.open(ctx, query)
	}
	plain, err := plainColumns(columns)
	if err != nil {
		return nil, err
	}
	fill := map[string]string{"columns": strings.Join(plain, ", "), "query": query, "names": numberedList(len(columns)), "limit": "null"}
	if limit > 0 {
		fill["limit"] = strconv.Itoa(limit)
	}
	text, err := statement("select_plain", fill)
	if err != nil {
		return nil, err
	}
	rows, err := c.open(ctx, text)
	if err != nil {
		return nil, err
	}
	for i := range rows.columns {
		rows.columns[i].Name = columns[i].Name
		if isNested(columns[i]) {
			rows.columns[i].Type = "JSON"
		}
	}
	return rows, nil
}

// selectFlat runs a query that cannot stand inside another, because a comment
// follows its semicolon. Nested values cannot be had then: what DuckDB's client
// makes of them loses digits and the order of members.
func (c *Case) selectFlat(ctx context.Context, query string) (*Rows, error) {
	rows, err := c.open(ctx, query)
	if err != nil || !slices.ContainsFunc(rows.columns, isNested) {
		return rows, err
	}
	return nil, errors.Join(errCommentBehind, rows.Close())
}

var errCommentBehind = errors.New("running the query: leave out the comment behind the semicolon: lists and structs cannot be shown with it")

// describe returns the columns of a query that was checked, without running
// it.
func (c *Case) describe(ctx context.Context, query string) ([]ResultColumn, error) {
	var columns []ResultColumn
	err := c.query(ctx, "select_describe", map[string]string{"query": query}, nil, func(r *sql.Rows) error {
		var col ResultColumn
		err := r.Scan(&col.Name, &col.Type)
		columns = append(columns, col)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking at the columns of the query: %w", err)
	}
	return columns, nil
}

// plainColumns returns SQL for the columns of a query, by their places, with
// nested ones as JSON.
func plainColumns(columns []ResultColumn) ([]string, error) {
	var list []string
	for i, col := range columns {
		item := numbered(i)
		if isNested(col) {
			text, err := statement("select_nested", map[string]string{"column": item})
			if err != nil {
				return nil, err
			}
			item = strings.TrimSpace(text)
		}
		list = append(list, item)
	}
	return list, nil
}

// isNested reports whether the values of a column have parts.
func isNested(c ResultColumn) bool {
	for _, prefix := range []string{"STRUCT(", "MAP(", "UNION(", "JSON", "VARIANT"} {
		if strings.HasPrefix(c.Type, prefix) {
			return true
		}
	}
	return strings.HasSuffix(c.Type, "]")
}

// numbered names a column by its place: names of a user's query may be empty or
// there twice.
func numbered(i int) string { return "column_" + strconv.Itoa(i+1) }

func numberedList(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = numbered(i)
	}
	return strings.Join(list, ", ")
}

// TableColumn is a column of the SQL surface.
type TableColumn struct{ Table, Name, Type string }

// Tables lists the columns of the views that make the SQL surface, and of other
// views and tables that were made in this session.
func (c *Case) Tables(ctx context.Context, more ...string) ([]TableColumn, error) {
	var out []TableColumn
	names := append([]string{"events", "events_all", "calls", "records", "identifiers", "content", "content_use", "evidence", "findings", "finding_events", "event_words"}, more...)
	err := c.query(ctx, "select_tables", map[string]string{"names": quoteList(names)}, nil, func(r *sql.Rows) error {
		var t TableColumn
		err := r.Scan(&t.Table, &t.Name, &t.Type)
		out = append(out, t)
		return err
	})
	return out, err
}

// CheckCondition says what is wrong with an expression of a user as a
// condition on the columns of a view of the SQL surface.
func (c *Case) CheckCondition(ctx context.Context, view, expr string) (err error) {
	if err := c.CheckWhere(ctx, expr); err != nil {
		return err
	}
	text, err := statement("select_check", map[string]string{"view": QuoteIdent(view), "where": expr})
	if err != nil {
		return err
	}
	prepared, err := c.db.PrepareContext(ctx, text)
	if err != nil {
		return fmt.Errorf("reading the condition: %w", err)
	}
	defer func() { err = errors.Join(err, prepared.Close()) }()
	return nil
}

// DuckDBVersion asks the linked DuckDB for its version.
func DuckDBVersion(ctx context.Context) (version string, err error) {
	db, err := openDuck("", duckSettings{threads: 1})
	if err != nil {
		return "", err
	}
	text, err := statement("select_version", nil)
	if err == nil {
		err = db.QueryRowContext(ctx, text).Scan(&version)
	}
	if closed := db.Close(); err == nil {
		err = closed
	}
	return version, err
}
