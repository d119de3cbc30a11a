package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/formats"
)

type loadOptions struct {
	Case       string
	Paths      []string
	Select     casefile.Select
	LogFormat  string
	Map        string // file
	Hashes     string // file
	AssumeTZ   *time.Location
	TimeOffset map[string]time.Duration

	ReceivedFrom, ItemLabel         string
	Examiner, CaseNumber, CaseLabel string // of a new case

	RecordLimit   int64
	AllowUnparsed int64
	Temp          string
	Limit         int
	Resources     resourceOptions
	Output        outputOptions
}

const loadLong = `load takes exported logs into a case, which it creates when there is none. PATH is a
file or a folder, which is walked; - is standard input. Gzip, zstd, bzip2 and xz are
read as they are, and so is text in UTF-16; zip and tar are opened, and each file in
them is evidence of its own. Of a Parquet file the rows are taken in, as JSON lines.
The format of each file is recognised; what no format fits is listed and left out.

Every byte of what is loaded is kept and hashed, and the ledger of the case, signed
with your examiner key, records what was loaded and how. Evidence is only read. The
same evidence twice adds nothing. A load that is interrupted adds nothing either:
run it again.

A record that cannot be read is kept too, as an event of kind unparsed; more of
them than --allow-unparsed end the command with code 5. A PATH of the command line
that cannot be loaded ends it with code 1, after the others were loaded.

--hashes checks what arrived against a list of SHA-256 hashes made by the sender
(sha256sum, shasum -a 256 or their --tag form); names are compared without their
folders. If anything differs, nothing is loaded.

Times are taken as the logs write them. --assume-tz names the zone of times without
one, which are left out else; --time-offset corrects the clock of a source. Both are
recorded in the ledger.

`

func newLoad(f *factory) *cobra.Command {
	var o loadOptions
	cmd := &cobra.Command{
		Use:   "load PATH...",
		Short: "Take logs into a case",
		Long:  loadLong + exitStatus(exitVerify, exitPartial),
		Example: `  # A folder of logs, as it came from S3, into a new case
  $ exhibit load --case incident.case --received-from "M. Ruiz" AWSLogs/

  # Checked against the sender's list of hashes
  $ exhibit load evidence/ --hashes SHA256SUMS

  # From another program
  $ zcat requests.json.gz | exhibit load --map columns.yaml -`,
		Args: someArgs("PATH..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Paths = args
			return runLoad(cmd.Context(), f, o)
		},
	}
	addCaseFlag(cmd, &o.Case)
	addSourceFlags(cmd, &o)
	flags := cmd.Flags()
	flags.StringVar(&o.ReceivedFrom, "received-from", "", "who handed the evidence over (`TEXT`)")
	flags.StringVar(&o.ItemLabel, "item-label", "", "your label of this evidence, such as an exhibit number (`TEXT`)")
	flags.StringVar(&o.Examiner, "examiner", "", "who examines, for a new case (`TEXT`)")
	flags.StringVar(&o.CaseNumber, "case-number", "", "your reference, for a new case (`TEXT`)")
	flags.StringVar(&o.CaseLabel, "case-label", "", "short name, for a new case (`TEXT`)")
	flags.Var((*wholeValue)(&o.AllowUnparsed), "allow-unparsed", "records that may be unreadable without code 5")
	addLimitFlag(cmd, &o.Limit, 5)
	addZoneFlag(cmd, &o.Output.Zone)
	addResourceFlags(cmd, &o.Resources)
	addTempFlag(cmd, &o.Temp)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

// addSourceFlags adds the flags that choose the evidence and say how it is
// read.
func addSourceFlags(cmd *cobra.Command, o *loadOptions) {
	o.RecordLimit = formats.DefaultRecordLimit
	flags := cmd.Flags()
	flags.Var(&choiceValue{&o.LogFormat, formatNames()}, "log-format", logFormatUsage)
	flags.StringVar(&o.Map, "map", "", "`FILE` that says which column is where, for JSON or CSV of your own (see exhibit formats infer)")
	flags.Var(globValue{&o.Select.Include}, "include", "in folders, only files whose path or name fits; repeatable")
	flags.Var(globValue{&o.Select.Exclude}, "exclude", "in folders, no files whose path or name fits; repeatable")
	flags.Var(dateValue{&o.Select.SinceKeyDate}, "since-key-date", "in folders, no files whose S3 key names an earlier day")
	flags.StringVar(&o.Hashes, "hashes", "", "`FILE` of SHA-256 hashes to check the evidence against")
	flags.Var(evidenceZone{&zoneValue{&o.AssumeTZ}}, "assume-tz", "zone of times that a log writes without one: a name, UTC or an offset")
	flags.Var(offsetValue{&o.TimeOffset}, "time-offset", "add this to the times of a source, such as cloudtrail=+90s; repeatable")
	flags.Var((*sizeValue)(&o.RecordLimit), "record-limit", "longest record; a longer one becomes unparsed pieces")
	// The flag was defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("log-format", completeFormats)
}

func runLoad(ctx context.Context, f *factory, o loadOptions) error {
	dir, err := f.newCasePath(o.Case)
	if err != nil {
		return err
	}
	lo, err := f.loadOptions(dir, &o)
	if err != nil {
		return err
	}
	var report *casefile.LoadReport
	err = f.emit(o.Output, render.Config{Case: dir, Params: loadParams(o)}, func(r *render.Renderer) error {
		report, err = f.load(ctx, lo)
		if err != nil {
			return err
		}
		counts, err := countLoad(ctx, lo, report)
		if err != nil {
			return err
		}
		return writeLoad(r, &o, report, counts)
	})
	if err != nil {
		return f.loadProblem(err)
	}
	return f.afterLoad(&o, report)
}

// loadProblem adds to an error of a load what can be done about it.
func (f *factory) loadProblem(err error) error {
	var (
		hashes *casefile.HashError
		key    *ledger.KeyError
	)
	switch {
	case errors.As(err, &hashes):
		for _, line := range boundedLines(hashes.Problems) {
			f.say(line)
		}
		return &HintError{
			Err:   &VerifyError{Problems: len(hashes.Problems)},
			Hints: []string{"nothing was loaded: ask for the evidence or the list again"},
		}
	case errors.As(err, &key):
		return &HintError{Err: err, Hints: []string{"EXHIBIT_KEY=FILE names the key that made the case"}}
	}
	return err
}

// load runs the load with progress on stderr, and says how fast it was.
func (f *factory) load(ctx context.Context, lo *casefile.LoadOptions) (*casefile.LoadReport, error) {
	p := f.startProgress("loading", func() (done, total int64) {
		return lo.Progress.Done.Load(), lo.Progress.Total.Load()
	})
	report, err := casefile.Load(ctx, lo)
	p.Stop()
	if err != nil {
		return nil, err
	}
	for _, w := range report.Warnings {
		f.warn(w)
	}
	if seconds := report.Took.Seconds(); seconds > 0 {
		done := lo.Progress.Done.Load()
		f.note(fmt.Sprintf("read %s in %.1f s (%s/s)", render.Size(done), seconds, render.Size(int64(float64(done)/seconds))))
	}
	return report, nil
}

// countLoad counts what only the whole case can tell.
func countLoad(ctx context.Context, lo *casefile.LoadOptions, report *casefile.LoadReport) ([]casefile.LoadCount, error) {
	if report.Nothing {
		return nil, nil
	}
	c, err := casefile.Open(ctx, lo.Dir, casefile.OpenOptions{Threads: lo.Threads, Memory: lo.Memory, Temp: lo.Temp})
	if errors.Is(err, casefile.ErrEmptyCase) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	counts, err := c.CountLoad(ctx, report.Segments)
	return counts, errors.Join(err, c.Close())
}

// loadOptions turns the flags into what casefile takes. It reads the parameter
// files and the key, and touches no case.
func (f *factory) loadOptions(dir string, o *loadOptions) (*casefile.LoadOptions, error) {
	lo, err := f.loadSettings(dir, o)
	if err != nil {
		return nil, err
	}
	lo.Key, err = f.examinerKey(!casefile.Exists(dir))
	return lo, err
}

// loadSettings is loadOptions without the key.
func (f *factory) loadSettings(dir string, o *loadOptions) (*casefile.LoadOptions, error) {
	exists := casefile.Exists(dir)
	if exists && (o.Examiner != "" || o.CaseNumber != "" || o.CaseLabel != "") {
		return nil, usagef("the case %s exists: --examiner, --case-number and --case-label are for a new one", dir)
	}
	for _, p := range o.Paths {
		if _, err := os.Stat(p); err != nil && p != "-" {
			return nil, fmt.Errorf("finding evidence: %w", err)
		}
	}
	lo := &casefile.LoadOptions{
		Dir: dir, Paths: o.Paths, Stdin: f.in, Select: o.Select, AssumeTZ: o.AssumeTZ, TimeOffset: o.TimeOffset,
		RecordLimit: int(o.RecordLimit), Examiner: o.Examiner, CaseNumber: o.CaseNumber, Label: o.CaseLabel,
		Actor: ledger.DefaultKeyName(), Tool: "exhibit " + f.build().Version, Now: f.now,
		Threads: o.Resources.Threads, Memory: o.Resources.Memory, Temp: o.Temp, Progress: new(casefile.Progress),
	}
	lo.Received = casefile.Received{From: o.ReceivedFrom, Label: o.ItemLabel}
	if err := readLogFormat(lo, o); err != nil {
		return nil, err
	}
	return lo, f.readHashes(lo, o.Hashes)
}

// readLogFormat reads --map and --log-format.
func readLogFormat(lo *casefile.LoadOptions, o *loadOptions) error {
	name := o.LogFormat
	if o.Map != "" {
		if name != "" && name != "jsonl" && name != "table" {
			return usagef("--map is for the formats table and jsonl, not %s", name)
		}
		text, err := readParameter("map", o.Map)
		if err != nil {
			return err
		}
		if lo.Map, err = formats.ParseMap(o.Map, text); err != nil {
			var wrong *formats.MapError
			usage := &UsageError{Err: err}
			if errors.As(err, &wrong) && wrong.Hint != "" {
				usage = usage.hint(wrong.Hint)
			}
			return usage.hint("exhibit formats columns lists the columns; exhibit formats infer FILE writes a map to begin with")
		}
		lo.MapFile = text
	}
	switch format, ok := formats.ByName(name); {
	case ok:
		lo.Formats = []formats.Format{force(format)}
	case lo.Map != nil:
		table, _ := formats.ByName("table")
		jsonl, _ := formats.ByName("jsonl")
		lo.Formats = []formats.Format{table, force(jsonl)}
	}
	return nil
}

// force returns a format that takes every file, because the user said so.
func force(f formats.Format) formats.Format {
	if c, ok := f.(formats.Carrier); ok {
		return forcedCarrier{c}
	}
	return forced{f}
}

type (
	forced        struct{ formats.Format }
	forcedCarrier struct{ formats.Carrier }
)

// Detect accepts everything.
func (forced) Detect(*formats.Sample) error { return nil }

// Detect accepts everything.
func (forcedCarrier) Detect(*formats.Sample) error { return nil }

// loadParams are the parameters that shaped the result, for the first message.
func loadParams(o loadOptions) map[string]any {
	params := map[string]any{"paths": o.Paths}
	for name, value := range map[string]string{
		"log_format": o.LogFormat, "map": o.Map, "hashes": o.Hashes,
		"assume_tz": evidenceZone{&zoneValue{&o.AssumeTZ}}.String(), "time_offset": offsetValue{&o.TimeOffset}.String(),
		"since_key_date": dateValue{&o.Select.SinceKeyDate}.String(),
	} {
		if value != "" {
			params[name] = value
		}
	}
	if len(o.Select.Include) > 0 {
		params["include"] = o.Select.Include
	}
	if len(o.Select.Exclude) > 0 {
		params["exclude"] = o.Select.Exclude
	}
	return params
}

// maxLines is how many lines about one kind of problem stderr gets.
const maxLines = 10

// boundedLines cuts a list off after maxLines, and says so.
func boundedLines(lines []string) []string {
	if len(lines) <= maxLines {
		return lines
	}
	return append(slices.Clone(lines[:maxLines]), fmt.Sprintf("and %d more", len(lines)-maxLines))
}

// afterLoad says on stderr what to do next, and returns what was wrong with
// the evidence.
func (f *factory) afterLoad(o *loadOptions, report *casefile.LoadReport) error {
	if slices.ContainsFunc(report.Sources, func(s casefile.Source) bool { return s.Events > 0 }) {
		where := ""
		if o.Case != "" {
			where = " --case " + shellWord(o.Case)
		}
		f.note("next: exhibit info" + where + " shows what the case holds")
		f.note("next: exhibit inventory" + where + " shows who called which model")
		f.note("next: exhibit timeline" + where + " ID follows a request, session or credential through all sources")
	}
	return loadFaults(o, report)
}

// loadFaults are what was wrong with the evidence of a load.
func loadFaults(o *loadOptions, report *casefile.LoadReport) error {
	var unparsed int64
	for _, s := range report.Sources {
		unparsed += s.Unparsed
	}
	errs := notLoaded(o.Paths, report.Items)
	damaged := countStatus(report.Items, casefile.StatusDamaged)
	if lost := max(unparsed, damaged); lost > o.AllowUnparsed {
		errs = append(errs, &PartialError{Unparsed: lost, Allowed: o.AllowUnparsed})
	}
	return errors.Join(errs...)
}
