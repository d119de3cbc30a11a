package data

import (
	"context"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/correlation"
)

// Correlations answers what belongs to an event.
type Correlations interface {
	// Correlation follows the identifiers of an event through all sources, to at
	// most so many events. Where the case has corrections of clocks, times are
	// corrected ones unless they are asked for as logged.
	Correlation(ctx context.Context, eid int64, logged bool, limit int) (*correlation.Result, error)
}

// excerpt is how many characters of a text an entry of a correlation has, which
// is more than a line of any screen shows.
const excerpt = 400

// Correlation implements [Correlations].
func (c *Case) Correlation(ctx context.Context, eid int64, logged bool, limit int) (result *correlation.Result, err error) {
	err = c.inFront(ctx, func(c *casefile.Case) error {
		rows, err := c.Events(ctx, []int64{eid}, nil)
		if err != nil {
			return err
		}
		o := correlation.Options{Start: []string{rows[0].EventID}, Limit: limit, Excerpt: excerpt}
		if c.Corrected() && !logged {
			o.Clock = casefile.ClockCorrected
		}
		result, err = correlation.Timeline(ctx, c, o)
		return err
	})
	return result, err
}
