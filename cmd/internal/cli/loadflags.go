package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/formats"
)

// wholeValue is a whole number of at least 0.
type wholeValue int64

func (v *wholeValue) String() string { return strconv.FormatInt(int64(*v), 10) }
func (v *wholeValue) Type() string   { return "N" }

func (v *wholeValue) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return fmt.Errorf("%q is not a whole number of at least 0", s)
	}
	*v = wholeValue(n)
	return nil
}

// dateValue is a day in UTC.
type dateValue struct{ day *time.Time }

func (v dateValue) Type() string { return "DATE" }

func (v dateValue) String() string {
	if v.day == nil || v.day.IsZero() {
		return ""
	}
	return v.day.Format(time.DateOnly)
}

func (v dateValue) Set(s string) error {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return fmt.Errorf("%q is no date such as 2026-01-31", s)
	}
	*v.day = day
	return nil
}

// evidenceZone is the zone of times that a log wrote without one. The zone of
// this machine is refused: what a log means cannot depend on who reads it.
type evidenceZone struct{ *zoneValue }

func (v evidenceZone) String() string {
	if v.zoneValue == nil || *v.zone == nil {
		return ""
	}
	return v.zoneValue.String()
}

func (v evidenceZone) Set(s string) error {
	if strings.EqualFold(s, "Local") {
		return errors.New("the zone of this machine says nothing about the log; name the zone, such as Europe/Zurich or +02:00")
	}
	return v.zoneValue.Set(s)
}

// globValue collects patterns.
type globValue struct{ list *[]string }

func (v globValue) Type() string { return "GLOB" }

func (v globValue) String() string {
	if v.list == nil {
		return ""
	}
	return strings.Join(*v.list, " ")
}

func (v globValue) Set(s string) error {
	check := casefile.Select{Include: []string{s}}
	if err := check.Check(); err != nil || s == "" {
		return fmt.Errorf("%q is no pattern such as *.gz or 2026/*", s)
	}
	*v.list = append(*v.list, s)
	return nil
}

// offsetValue collects what to add to the times of sources whose clock was
// wrong, by format.
type offsetValue struct {
	offsets *map[string]time.Duration
}

func (v offsetValue) Type() string { return "SOURCE=OFFSET" }

func (v offsetValue) String() string {
	if v.offsets == nil {
		return ""
	}
	var list []string
	for _, source := range slices.Sorted(maps.Keys(*v.offsets)) {
		list = append(list, source+"="+(*v.offsets)[source].String())
	}
	return strings.Join(list, " ")
}

// maxTimeOffset is a century: no clock is off by more.
const maxTimeOffset = 100 * 366 * 24 * time.Hour

func (v offsetValue) Set(s string) error {
	source, text, ok := strings.Cut(s, "=")
	offset, err := time.ParseDuration(text)
	switch {
	case !ok || err != nil:
		return fmt.Errorf("%q is no source and offset such as cloudtrail=+90s or bedrock=-1h30m", s)
	case !slices.Contains(formatNames(), source):
		return fmt.Errorf("%q is no source (known: %s)", source, strings.Join(formatNames(), ", "))
	case offset.Truncate(time.Microsecond) != offset || offset == 0 || offset.Abs() > maxTimeOffset:
		return fmt.Errorf("%q is not an offset of a microsecond to a century", text)
	}
	if old, ok := (*v.offsets)[source]; ok && old != offset {
		return fmt.Errorf("%s has two offsets", source)
	}
	if *v.offsets == nil {
		*v.offsets = map[string]time.Duration{}
	}
	(*v.offsets)[source] = offset
	return nil
}

// formatNames lists the names of the formats of logs.
func formatNames() []string {
	var names []string
	for _, f := range formats.All() {
		names = append(names, f.Name())
	}
	return names
}

// completeFormats completes names of formats, with what they are.
func completeFormats(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	var fits []string
	for _, f := range formats.All() {
		if strings.HasPrefix(f.Name(), typed) {
			fits = append(fits, f.Name()+"\t"+f.Doc())
		}
	}
	return fits, cobra.ShellCompDirectiveNoFileComp
}
