package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// startOptions are the flags of [filterFlags] that a timeline can start from.
type startOptions struct {
	values [][]string // in the order of startFlags
}

// startFlags lists them.
func startFlags() []filterFlag {
	return slices.DeleteFunc(filterFlags(), func(fl filterFlag) bool {
		return !slices.Contains([]string{"principal", "ip", "credential"}, fl.name)
	})
}

func addStartFlags(cmd *cobra.Command, o *startOptions) {
	list := startFlags()
	o.values = make([][]string, len(list))
	for i, fl := range list {
		cmd.Flags().Var(&alternatives{&o.values[i], fl.words}, fl.name, fl.usage)
	}
}

// one returns the value of a flag, "" when it was not given. After resolve
// there is one at most.
func (o *startOptions) one(name string) string {
	i := slices.IndexFunc(startFlags(), func(fl filterFlag) bool { return fl.name == name })
	if i < 0 || i >= len(o.values) || len(o.values[i]) == 0 {
		return ""
	}
	return o.values[i][0]
}

// patterns reports whether a flag has to be looked up in the case.
func (o *startOptions) patterns() bool { return slices.ContainsFunc(o.values, isPattern) }

func isPattern(values []string) bool {
	return len(values) > 1 || len(values) == 1 && strings.Contains(values[0], "*")
}

// resolve replaces patterns and alternatives by the one value of the case that
// fits.
func (o *startOptions) resolve(ctx context.Context, c *casefile.Case) error {
	for i, fl := range startFlags() {
		if !isPattern(o.values[i]) {
			continue
		}
		fits, err := fitting(ctx, c, casefile.Match{Columns: fl.columns, Values: o.values[i]})
		if err != nil {
			return err
		}
		switch len(fits) {
		case 0:
			return &HintError{
				Err:   fmt.Errorf("making a timeline: no event has a %s like %s", fl.name, strings.Join(o.values[i], " or ")),
				Hints: []string{"exhibit inventory lists who called which model"},
			}
		case 1:
			o.values[i] = fits
		default:
			err := usagef("--%s fits several, and a timeline starts from one", fl.name)
			return err.hint(boundedLines(fits)...)
		}
	}
	return nil
}

// fitting returns the values of the columns that fit, sorted.
func fitting(ctx context.Context, c *casefile.Case, m casefile.Match) (fits []string, err error) {
	var all []string
	for _, column := range m.Columns {
		q := casefile.EventQuery{Matches: []casefile.Match{{Columns: []string{column}, Values: m.Values}}, Columns: []string{column}}
		rows, err := c.SelectEvents(ctx, q)
		if err != nil {
			return nil, err
		}
		seen := map[string]bool{}
		for rows.Next() {
			if v, ok := rows.Values()[0].(string); ok && !seen[v] {
				seen[v] = true
				all = append(all, v)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, fmt.Errorf("looking for names that fit: %w", err)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
