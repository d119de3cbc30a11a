package drill

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Layout says how the files of a source are named and split.
type Layout string

// The layouts.
const (
	// LayoutFlat writes one file per source, or numbered files in a folder per
	// source when [Config.FileRecords] is set.
	LayoutFlat Layout = "flat"
	// LayoutS3 writes the tree that the source delivers to S3: by account,
	// region and date.
	LayoutS3 Layout = "s3"
)

// Population says how many callers of each kind there are. All zero means
// [DefaultPopulation].
type Population struct {
	Users    int // people, in three time zones
	Services int // applications, at all hours
	Jobs     int // nightly batch jobs
	Agents   int // programs that let a model call tools
}

// DefaultPopulation returns that of a middle-sized company.
func DefaultPopulation() Population {
	return Population{Users: 40, Services: 8, Jobs: 4, Agents: 6}
}

// Config says what to generate. Equal configs, [Config.Dir] and
// [Config.Workers] aside, give equal bytes.
type Config struct {
	Seed  uint64
	Days  int   // from 1 to 1,100; 0 means 7
	Calls int64 // calls of models by the population; scenarios come on top
	// Sources are names from [Sources]; none means [DefaultSources]. With
	// openai among them a share of the callers calls OpenAI instead of Bedrock.
	// Nothing else that happens depends on the sources.
	Sources []string
	// Start is the begin of the first day, in UTC; sources write whole
	// seconds. The zero time means Monday, 2026-03-02.
	Start time.Time
	// Dir is the folder to write to. It is made when it does not exist, and
	// must be empty.
	Dir string
	// Words bounds the words of each prompt and each reply. Zero means the
	// heavy-tailed sizes of real traffic, several kilobytes a call.
	Words [2]int
	// MaxTurns bounds the turns of a conversation, of which each repeats all
	// earlier ones: 1 makes every call stand alone. 0 means 12.
	MaxTurns int
	Layout   Layout // empty means flat
	Gzip     bool
	// FileRecords splits the files of a source after so many records. With 0 a
	// flat source is one file, and an S3 tree is split by time as the source
	// does it.
	FileRecords int
	Population  Population
	Scenarios   []Scenario
	Incidents   []Incident // scenarios that are played many times
	// LookAlikes adds harmless things that look like incidents, see [LookAlikeNames].
	LookAlikes bool
	Tampering  Tampering
	Workers    int // writers side by side; 0 means GOMAXPROCS
}

// maxCalls keeps places on the curve, which are 2^20 finer than calls, far
// from overflow.
const maxCalls = 1 << 40

// complete returns the config with its defaults filled in, or why it makes no
// sense.
func (c Config) complete() (Config, error) {
	if c.Days == 0 {
		c.Days = 7
	}
	if c.Start.IsZero() {
		c.Start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	}
	if c.MaxTurns == 0 {
		c.MaxTurns = 12
	}
	if c.Layout == "" {
		c.Layout = LayoutFlat
	}
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Population == (Population{}) {
		c.Population = DefaultPopulation()
	}
	if len(c.Sources) == 0 {
		c.Sources = DefaultSources()
	}
	return c, c.check()
}

func (c Config) check() error {
	switch {
	case c.Days < 1 || c.Days > 1100:
		return fmt.Errorf("days must be from 1 to 1100, not %d", c.Days)
	case c.Calls < 1 || c.Calls > maxCalls:
		return fmt.Errorf("calls must be from 1 to %d, not %d", int64(maxCalls), c.Calls)
	case c.Start.Year() < 1971 || c.Start.Year() > 9000:
		return fmt.Errorf("start must be from 1971 to 9000, not in %d", c.Start.Year())
	case c.Start.Nanosecond() != 0:
		return errors.New("start must be a whole second")
	case c.Words != [2]int{} && (c.Words[0] < 1 || c.Words[1] < c.Words[0] || c.Words[1] > 100_000):
		return fmt.Errorf("words must be a range within 1 to 100000, not %d to %d", c.Words[0], c.Words[1])
	case c.MaxTurns < 1 || c.MaxTurns > 100:
		return fmt.Errorf("turns must be from 1 to 100, not %d", c.MaxTurns)
	case c.Layout != LayoutFlat && c.Layout != LayoutS3:
		return fmt.Errorf("unknown layout %q: want flat or s3", c.Layout)
	case c.FileRecords < 0:
		return fmt.Errorf("records per file must not be negative: %d", c.FileRecords)
	case c.Workers < 1:
		return fmt.Errorf("workers must be positive, not %d", c.Workers)
	case c.Dir == "":
		return errors.New("no folder to write to")
	}
	for i, s := range c.Sources {
		if !slices.Contains(Sources(), s) {
			return fmt.Errorf("unknown source %q: want any of %s", s, strings.Join(Sources(), ", "))
		}
		if slices.Contains(c.Sources[:i], s) {
			return fmt.Errorf("source %q is named twice", s)
		}
	}
	return errors.Join(c.Population.check(), checkIncidents(c.Incidents), c.Tampering.check(c.Sources, c.Calls))
}

func (p Population) check() error {
	all := []int{p.Users, p.Services, p.Jobs, p.Agents}
	if slices.Min(all) < 0 || slices.Max(all) > 10_000 {
		return fmt.Errorf("a population has from 0 to 10000 of each kind, not %+v", p)
	}
	return nil
}

// Report says what [Generate] wrote.
type Report struct {
	Calls   int64 // by the population
	Steps   int64 // everything that happened: calls, other requests, scenarios
	First   time.Time
	Last    time.Time
	Sources []SourceReport // in the order of [Config.Sources]
	Truth   []Truth        // the steps of all scenarios, in order of time
	// Incidents are the instances that [Config.Incidents] asked for, in that order.
	Incidents []IncidentTruth
	// LookAlikes are the harmless things that look like incidents.
	LookAlikes []LookAlikeTruth
	// Tampered are the sources that were shifted, in the order of
	// [Config.Sources], then the records that were tampered with, in order of
	// the time of their calls.
	Tampered []Tampered

	callers []*actor // all, for [Report.WriteUsers]
}

// SourceReport says what was written for one source.
type SourceReport struct {
	Name    string
	Files   int64
	Records int64
	Bytes   int64 // before compression
}

// Truth says what one step of a scenario was.
type Truth struct {
	Scenario  string    `json:"scenario"`
	Time      time.Time `json:"time"`
	Operation string    `json:"operation"`
	RequestID string    `json:"request_id"`
	Note      string    `json:"note,omitempty"`
	// Incident names the instance that the step is part of, as [IncidentTruth] does.
	Incident string   `json:"incident,omitempty"`
	Strength Strength `json:"strength,omitempty"`
	Instance int      `json:"instance,omitempty"`
}
