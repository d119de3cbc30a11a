package cli

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// A flag group is a function that adds flags with one meaning to any command
// that has a use for them, so that the same flag means the same everywhere and
// no command takes a flag that it ignores. Values are checked while flags are
// parsed: a bad one is refused before any work.

// addGlobalFlags adds the flags that every command has.
func addGlobalFlags(root *cobra.Command, f *factory) {
	flags := root.PersistentFlags()
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "only errors and warnings on stderr")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "more detail on stderr")
	flags.BoolVar(&f.noColor, "no-color", false, "no styles in text (also: NO_COLOR)")
}

// resourceOptions bound what a command may use.
type resourceOptions struct {
	Threads int
	Memory  int64 // bytes
}

func addResourceFlags(cmd *cobra.Command, o *resourceOptions) {
	o.Threads, o.Memory = runtime.GOMAXPROCS(0), 1<<30
	cmd.Flags().Var((*countValue)(&o.Threads), "threads", "threads to work with")
	cmd.Flags().Var((*sizeValue)(&o.Memory), "memory", "memory to use at most, such as 512MiB or 2GiB")
}

// addTempFlag is for commands that write a case.
func addTempFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "temp", "", "folder (`DIR`) for what does not fit in memory (default: in the case)")
}

func addZoneFlag(cmd *cobra.Command, zone **time.Location) {
	*zone = time.UTC
	cmd.Flags().Var(&zoneValue{zone}, "tz", "time zone of times in text and of dates in flags: a name, an offset or Local")
}

func addLimitFlag(cmd *cobra.Command, limit *int, preset int) {
	*limit = preset
	cmd.Flags().Var((*limitValue)(limit), "limit", "rows to show at most, or all")
}

// countValue is a whole number of at least 1.
type countValue int

func (v *countValue) String() string { return strconv.Itoa(int(*v)) }
func (v *countValue) Type() string   { return "N" }

func (v *countValue) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is not a whole number of at least 1", s)
	}
	*v = countValue(n)
	return nil
}

// limitValue is a whole number of at least 1, or 0 for "all".
type limitValue int

func (v *limitValue) Type() string { return "N" }

func (v *limitValue) String() string {
	if *v == 0 {
		return "all"
	}
	return strconv.Itoa(int(*v))
}

func (v *limitValue) Set(s string) error {
	if s == "all" {
		*v = 0
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is neither a whole number of at least 1 nor all", s)
	}
	*v = limitValue(n)
	return nil
}

// sizeValue is a number of bytes of at least 1 MiB.
type sizeValue int64

func (v *sizeValue) Type() string { return "SIZE" }

func (v *sizeValue) String() string {
	n := int64(*v)
	for _, u := range sizeUnits() {
		if u.factor > 1 && n >= u.factor && n%u.factor == 0 && strings.HasSuffix(u.name, "iB") {
			return strconv.FormatInt(n/u.factor, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + "B"
}

func (v *sizeValue) Set(s string) error {
	n, err := parseSize(s)
	if err != nil {
		return err
	}
	if n < 1<<20 {
		return fmt.Errorf("%q is less than 1MiB", s)
	}
	*v = sizeValue(n)
	return nil
}

type sizeUnit struct {
	name   string
	factor int64
}

// sizeUnits are the units of a size, larger ones first. A letter alone is a
// binary unit, as memory is counted; KB, MB and GB are decimal.
func sizeUnits() []sizeUnit {
	return []sizeUnit{
		{"TiB", 1 << 40},
		{"GiB", 1 << 30},
		{"MiB", 1 << 20},
		{"KiB", 1 << 10},
		{"TB", 1e12},
		{"GB", 1e9},
		{"MB", 1e6},
		{"KB", 1e3},
		{"T", 1 << 40},
		{"G", 1 << 30},
		{"M", 1 << 20},
		{"K", 1 << 10},
		{"B", 1},
	}
}

// parseSize reads a number and a unit: 1GiB, 512M, 1.5GB. The unit is needed
// and may be in lower case.
func parseSize(s string) (int64, error) {
	bad := fmt.Errorf("%q is not a size such as 512MiB or 2GiB", s)
	digits := strings.TrimRight(s, "KMGTBikmgtb ")
	unit := strings.TrimSpace(s[len(digits):])
	units := sizeUnits()
	i := slices.IndexFunc(units, func(u sizeUnit) bool { return strings.EqualFold(u.name, unit) })
	if i < 0 || strings.Trim(digits, "0123456789.") != "" {
		return 0, bad
	}
	n, err := strconv.ParseFloat(digits, 64)
	bytes := n * float64(units[i].factor)
	if err != nil || bytes >= math.MaxInt64 {
		return 0, bad
	}
	return int64(bytes), nil
}

// zoneValue is a time zone: UTC, Local, a name such as Europe/Zurich, or an
// offset such as +02:00.
type zoneValue struct{ zone **time.Location }

func (v *zoneValue) Type() string { return "ZONE" }

func (v *zoneValue) String() string {
	if v.zone == nil || *v.zone == nil {
		return "UTC"
	}
	return (*v.zone).String()
}

func (v *zoneValue) Set(s string) error {
	if t, err := time.Parse("-07:00", s); err == nil {
		_, offset := t.Zone()
		*v.zone = time.FixedZone(s, offset)
		return nil
	}
	if s == "" {
		return fmt.Errorf("%q is no time zone", s)
	}
	zone, err := time.LoadLocation(s)
	if err != nil {
		return fmt.Errorf("%q is no time zone (a name such as Europe/Zurich, an offset such as +02:00, UTC or Local)", s)
	}
	*v.zone = zone
	return nil
}

// choiceValue is one of a fixed list of words.
type choiceValue struct {
	value   *string
	choices []string
}

func (v *choiceValue) String() string {
	if v.value == nil {
		return ""
	}
	return *v.value
}

func (v *choiceValue) Type() string { return strings.Join(v.choices, "|") }

func (v *choiceValue) Set(s string) error {
	if !slices.Contains(v.choices, s) {
		return fmt.Errorf("%q is none of %s", s, strings.Join(v.choices, ", "))
	}
	*v.value = s
	return nil
}
