package reconcile

import (
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// cite adds an event to a finding, with the time that it shows; the zero time
// where it shows none.
func cite(f *analyze.Finding, event string, at time.Time) {
	f.EventCount++
	if len(f.Events) < analyze.MaxFindingEvents {
		f.Events = append(f.Events, event)
	}
	if at.IsZero() {
		return
	}
	if f.First.IsZero() || at.Before(f.First) {
		f.First = at
	}
	if at.After(f.Last) {
		f.Last = at
	}
}
