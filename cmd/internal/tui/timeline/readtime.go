package timeline

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
)

// readTime reads a time that a person types: in full, on the day of the event
// under the cursor, from its time on, or as a part of all events.
func (v *View) readTime(line string) (int64, error) {
	line = strings.TrimSpace(line)
	if line == "" {
		return 0, nil
	}
	here := v.whole.from
	if r, ok := v.current(); ok && r.dated {
		here = r.us
	}
	if number, ok := strings.CutSuffix(line, "%"); ok {
		return v.share(number)
	}
	if line[0] == '+' || line[0] == '-' {
		d, err := time.ParseDuration(strings.ReplaceAll(line, " ", ""))
		if err != nil {
			return 0, fmt.Errorf("reading %q: want a length of time such as +2h or -30m", line)
		}
		return here + d.Microseconds(), nil
	}
	day := time.UnixMicro(here).In(v.zone())
	for _, layout := range []string{"15:04", "15:04:05", "15:04:05.999999"} {
		if t, err := time.Parse(layout, line); err == nil {
			return time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), v.zone()).UnixMicro(), nil
		}
	}
	t, err := filter.ParseInstant(line)
	return t.UnixMicro(), err
}

// share is the time of the event that stands at so many percent of those that are
// shown.
func (v *View) share(number string) (int64, error) {
	percent, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || percent < 0 || percent > 100 {
		return 0, fmt.Errorf("reading %q: want 0%% to 100%%", number+"%")
	}
	dated := v.track.dated()
	if dated == 0 {
		return 0, fmt.Errorf("reading %q: no event has a time", number+"%")
	}
	return v.track.member(min(dated-1, int(percent/100*float64(dated)))).us, nil
}
