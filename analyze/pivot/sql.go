package pivot

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// statement returns an embedded SQL file with its {{name}} places filled.
func statement(name string, fill map[string]string) (string, error) {
	data, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return "", fmt.Errorf("reading embedded SQL: %w", err)
	}
	text := string(data)
	for k, v := range fill {
		text = strings.ReplaceAll(text, "{{"+k+"}}", v)
	}
	return text, nil
}

// exec runs the statements of an embedded file.
func (r *ranking) exec(ctx context.Context, name string, fill map[string]string, args ...any) error {
	text, err := statement(name, fill)
	if err != nil {
		return err
	}
	if _, err := r.c.DB().ExecContext(ctx, text, args...); err != nil {
		return fmt.Errorf("running %s.sql: %w", name, err)
	}
	return nil
}

// query runs an embedded statement and hands each row to a function.
func (r *ranking) query(ctx context.Context, name string, fill map[string]string, args []any, row func(*sql.Rows) error) error {
	text, err := statement(name, fill)
	if err != nil {
		return err
	}
	return casefile.EachRow(ctx, r.c.DB(), name, text, args, row)
}
