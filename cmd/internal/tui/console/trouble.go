package console

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
)

// trouble is what is wrong with a query: what DuckDB says, where, and what was
// meant perhaps.
type trouble struct {
	message  string
	hints    []string
	from, to int // bytes of the query; equal where the place is not known
}

// placeLine is the line in which DuckDB quotes a query, above a ^ at the place.
var placeLine = regexp.MustCompile(`^LINE (\d+): `)

// newTrouble reads what DuckDB says of a query.
func newTrouble(err error, query string, surface []data.SurfaceColumn) *trouble {
	lines := strings.Split(err.Error(), "\n")
	t := &trouble{message: lines[0]}
	for i, line := range lines[1:] {
		if strings.TrimSpace(line) == "" {
			continue
		}
		prefix := placeLine.FindStringSubmatch(line)
		if prefix == nil {
			t.hints = append(t.hints, strings.TrimSpace(line))
			continue
		}
		if i+2 < len(lines) {
			t.from, t.to = findPlace(query, prefix[1], line[len(prefix[0]):], strings.IndexByte(lines[i+2], '^')-len(prefix[0]))
		}
		break
	}
	t.hints = append(t.hints, t.closest(query, surface)...)
	return t
}

// findPlace finds the token of a query at a column of a line of it as DuckDB
// quotes it: with an ellipsis where it left something out.
func findPlace(query, number, quoted string, column int) (from, to int) {
	if rest, cut := strings.CutPrefix(quoted, "..."); cut {
		quoted = rest
		column -= len("...")
	}
	quoted = strings.TrimSuffix(quoted, "...")
	start := lineOf(query, number)
	at := strings.Index(query[start:], quoted)
	if at < 0 {
		start, at = 0, strings.Index(query, quoted)
	}
	if at < 0 || column < 0 {
		return 0, 0
	}
	at = min(len(query), start+at+column)
	for _, t := range scan(query) {
		if t.from <= at && at < t.to {
			return t.from, t.to
		}
	}
	return at, at
}

// lineOf is where a line of a text begins, 0 where there is no such line.
func lineOf(text, number string) int {
	n, err := strconv.Atoi(number)
	start := 0
	for i := 1; err == nil && i < n; i++ {
		next := strings.IndexByte(text[start:], '\n')
		if next < 0 {
			return 0
		}
		start += next + 1
	}
	return start
}

// missing finds the name that DuckDB does not know in what it says.
var missing = regexp.MustCompile(`(?:Referenced column "([^"]+)" not found|does not have a column named "([^"]+)"|Table with name (\S+) does not exist)`)

// closest says what a name that is not known could have been.
func (t *trouble) closest(query string, surface []data.SurfaceColumn) []string {
	m := missing.FindStringSubmatch(t.message)
	if m == nil || len(surface) == 0 {
		return nil
	}
	names := tableNames(surface)
	if table := m[3]; table != "" {
		var hints []string
		if near := nearest(table, names); near != "" {
			hints = append(hints, "did you mean "+near+"?")
		}
		return append(hints, "tables: "+strings.Join(names, ", "))
	}
	name := m[1] + m[2]
	var here, all []string
	known := aliases(surface, nil)
	for _, tok := range scan(query) {
		if known[strings.ToLower(tok.text)] != "" {
			here = append(here, strings.ToLower(tok.text))
		}
	}
	var columns []string
	for _, col := range surface {
		if slices.Contains(here, col.Table) {
			columns = append(columns, col.Name)
		}
		if strings.EqualFold(col.Name, name) && !slices.Contains(all, col.Table) {
			all = append(all, col.Table)
		}
	}
	var hints []string
	if near := nearest(name, columns); near != "" {
		hints = append(hints, "did you mean "+near+"?")
	}
	if len(all) > 0 {
		hints = append(hints, strings.Join(all, ", ")+" have a column "+name)
	}
	return hints
}

// nearest is the name that takes the fewest changes, "" where that is more than a
// third of the letters.
func nearest(word string, names []string) string {
	best, least := "", len(word)/3+2
	for _, name := range names {
		if d := distance(strings.ToLower(word), strings.ToLower(name), least); d < least {
			best, least = name, d
		}
	}
	return best
}

// maxName is the longest name that is compared, in bytes.
const maxName = 64

// distance is how many letters must be put in, taken away, replaced or exchanged
// with their neighbour to make b of a (Damerau's, of adjacent letters), or most
// where that is more.
func distance(a, b string, most int) int {
	if max(len(a), len(b)) > maxName || len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return min(most, rows[len(a)][len(b)])
}
