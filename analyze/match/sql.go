package match

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// statement returns an embedded SQL file with its {{name}} places filled.
func statement(name string, fill map[string]int) (string, error) {
	data, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return "", fmt.Errorf("reading embedded SQL: %w", err)
	}
	text := string(data)
	for k, v := range fill {
		text = strings.ReplaceAll(text, "{{"+k+"}}", strconv.Itoa(v))
	}
	return text, nil
}

// exec runs the statements of an embedded file.
func (m *matcher) exec(ctx context.Context, name string, args ...any) error {
	text, err := statement(name, nil)
	if err != nil {
		return err
	}
	if _, err := m.c.DB().ExecContext(ctx, text, args...); err != nil {
		return fmt.Errorf("running %s.sql: %w", name, err)
	}
	return nil
}

// query runs an embedded statement and hands each row to a function.
func (m *matcher) query(ctx context.Context, name string, fill map[string]int, row func(*sql.Rows) error) error {
	text, err := statement(name, fill)
	if err != nil {
		return err
	}
	return casefile.EachRow(ctx, m.c.DB(), name, text, nil, row)
}
