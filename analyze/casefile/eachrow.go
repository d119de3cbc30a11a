package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// EachRow runs the statement of the embedded file name.sql, whose text is given,
// and hands each row to row, which must ask nothing else of the database. It is
// for statements of this program; those of users go through [Case.Query].
func EachRow(ctx context.Context, db *sql.DB, name, text string, args []any, row func(*sql.Rows) error) (err error) {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return fmt.Errorf("running %s.sql: %w", name, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := row(rows); err != nil {
			return fmt.Errorf("running %s.sql: %w", name, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("running %s.sql: %w", name, err)
	}
	return nil
}
