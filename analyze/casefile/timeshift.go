package casefile

import (
	"time"

	"github.com/exhibit-forensics/exhibit/formats"
)

// timeShift corrects the times of sources whose clock was wrong, by offsets
// that the examiner gave. It says so in ts_source: eventTime+1m30s is the
// field eventTime and a minute and a half more. It is not safe for concurrent
// use; each builder has its own.
type timeShift struct {
	offsets map[string]time.Duration // by format
	names   map[shiftedName]string   // ts_source with its offset, made once
}

type shiftedName struct{ format, source string }

// maxShiftedNames bounds the names that are kept: some formats take the field
// of the time from the log.
const maxShiftedNames = 4096

func newTimeShift(offsets map[string]time.Duration) *timeShift {
	return &timeShift{offsets: offsets, names: map[shiftedName]string{}}
}

// apply moves the times of an event. A time that is NULL stays NULL.
func (s *timeShift) apply(format string, e *formats.Event) {
	if len(s.offsets) == 0 || !e.TS.OK && !e.TSEnd.OK {
		return
	}
	offset, ok := s.offsets[format]
	if !ok {
		return
	}
	if e.TSEnd.OK {
		e.TSEnd.Micros += offset.Microseconds()
	}
	if e.TS.OK {
		e.TS.Micros += offset.Microseconds()
		e.TSSource = s.name(format, e.TSSource, offset)
	}
}

func (s *timeShift) name(format, source string, offset time.Duration) string {
	key := shiftedName{format, source}
	if name, ok := s.names[key]; ok {
		return name
	}
	name := source + offset.String()
	if offset > 0 {
		name = source + "+" + offset.String()
	}
	if len(s.names) < maxShiftedNames {
		s.names[key] = name
	}
	return name
}
