package casefile

import (
	"fmt"
	"path/filepath"
	"strings"
)

// OpenScript returns SQL that opens the case in any client of DuckDB: it
// attaches the derived database for reading and makes the views of the SQL
// surface over the live segments. It holds until the next load or rebuild,
// which makes another generation of the database. A client is not locked down
// as [Case.Query] is.
func (c *Case) OpenScript() (string, error) {
	path, err := filepath.Abs(c.DerivedPath())
	if err != nil {
		return "", fmt.Errorf("finding the derived database: %w", err)
	}
	script, err := statement("open_script", map[string]string{"database": quoteText(path), "head": c.Head().String()})
	if err != nil {
		return "", err
	}
	views, err := c.viewSQL(c.events, c.records)
	if err != nil {
		return "", err
	}
	return script + "\n" + strings.Join(views, ";\n\n") + ";\n", nil
}
