package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/drill"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type drillOptions struct {
	Config          drill.Config
	Layout          string
	Truth           string // file for it; "" is none
	Networks, Users string // files for enrich; "" is none
	// Scenarios are the words of --scenarios, Instances is how many of each.
	Scenarios []scenarioWord
	Instances int
	Output    outputOptions
}

func newDrill(f *factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "drill COMMAND",
		Short: "Make traffic whose truth is known",
		Long: `drill makes logs of invented traffic, to try things with: what happened in it is
known. Nothing is sent anywhere, and every credential carries the word EXAMPLE.

` + exitStatus(),
		Example: `  # A week of a middle-sized company, as two logs
  $ exhibit drill generate -o logs

  # Another week
  $ exhibit drill generate --seed 2 -o more-logs`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return noSubcommand(cmd)
		},
	}
	cmd.AddCommand(newDrillGenerate(f), newDrillScore(f))
	return cmd
}

// truthUsage is the meaning of --truth.
const truthUsage = "`FILE` that says what was done: drill generate writes it, new and not among the logs, and drill score reads it"

// seedUsage is the help of --seed for every command that has it.
const seedUsage = "`N` that all that is random follows from; replay, what the model is given for the first sample"

func newDrillGenerate(f *factory) *cobra.Command {
	o := drillOptions{Config: drill.Config{Seed: 1, Days: 7, Calls: 10_000, Workers: runtime.GOMAXPROCS(0)}, Layout: string(drill.LayoutFlat)}
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Write logs of invented traffic",
		Long: `drill generate writes the logs that each chosen source would have kept of the same
calls, with shared ids. People, services, nightly jobs and agents call models over
some days. The same flags write the same bytes on every machine.

The sources are
  cloudtrail  what AWS notes of every request
  bedrock     what was said to models of Amazon Bedrock, as it logs it
  openai      recorded exchanges with OpenAI, which some callers then use instead
  litellm     payloads of a LiteLLM gateway that all calls pass
  otlp        spans of the callers in OTLP/JSON, with structured messages
  langfuse    the observations that Langfuse makes of these spans

Incidents are played into the traffic by --scenarios, such as leaked-key:easy or
all:stealthy:10: in three strengths and many instances, each with its own subject and days
after the first third of the run, which stays clean. A lone logging-off is an intruder who
turns model invocation logging off for two hours in the middle of the run. --look-alikes
adds what rules without a sense for it take for incidents. --tamper spoils the logs
afterwards: it takes records of calls away, alters one field in others, writes some
twice, and moves the clock of a source. --truth says what was done, a JSON object a
line.

` + exitStatus(),
		Example: `  # The same calls as CloudTrail and as Bedrock logged them, like a tree in S3
  $ exhibit drill generate --seed 7 --days 2 --calls 5000 --layout s3 --gzip -o logs

  # One incident from the provider, the gateway and the callers
  $ exhibit drill generate --sources cloudtrail,bedrock,litellm,otlp,langfuse -o logs

  # Logs that were tampered with, to see what reconcile finds
  $ exhibit drill generate --sources cloudtrail,bedrock,litellm --tamper removed=20,altered=20,shift=litellm:+42s --truth truth.jsonl -o logs

  # Two instances of every incident, in each strength, in a larger company
  $ exhibit drill generate --days 30 --calls 100000 --population 200,40,8,40 --scenarios all:all:2 --look-alikes --truth truth.jsonl -o logs

  # Long JSON lines only
  $ exhibit drill generate --sources bedrock --words 30,300 -o logs`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDrillGenerate(cmd.Context(), f, o)
		},
	}
	flags := cmd.Flags()
	// The output is the logs, not what is said about them on stdout.
	flags.StringVarP(&o.Config.Dir, "output", "o", "", "folder (`DIR`) to write to; new or empty")
	addFormatFlag(cmd, &o.Output, render.FormatText, render.FormatJSON, render.FormatJSONL)
	flags.Uint64Var(&o.Config.Seed, "seed", o.Config.Seed, seedUsage)
	flags.Var((*countValue)(&o.Config.Days), "days", "days of traffic")
	flags.Var((*callsValue)(&o.Config.Calls), "calls", "calls of models")
	flags.Var(sourcesValue{&o.Config.Sources}, "sources", "sources to write, with commas between ("+strings.Join(drill.Sources(), ", ")+"; default: "+strings.Join(drill.DefaultSources(), ",")+")")
	flags.Var(dateValue{&o.Config.Start}, "start", "first day (default: 2026-03-02)")
	flags.Var(wordsValue{&o.Config.Words}, "words", "words of each prompt and each reply, at least and at most (default: as in real traffic)")
	flags.Var(&choiceValue{&o.Layout, []string{string(drill.LayoutFlat), string(drill.LayoutS3)}}, "layout", "names of the files: a file for each source, or a tree as in S3")
	flags.BoolVar(&o.Config.Gzip, "gzip", false, "compress the files")
	flags.Var((*countValue)(&o.Config.FileRecords), "file-records", "records in a file (default: one file, or as the source splits them)")
	flags.Var((*countValue)(&o.Config.Workers), "threads", "threads to work with")
	flags.Var(scenariosValue{&o.Scenarios}, "scenarios", "incidents to play, as NAME[:STRENGTH[:COUNT]] with commas between (all, "+strings.Join(drill.IncidentNames(), ", ")+"; "+strings.Join(strengthWords(), ", ")+", default: normal)")
	flags.Var((*countValue)(&o.Instances), "instances", "instances of each incident that names no count (default: 1)")
	flags.Var(populationValue{&o.Config.Population}, "population", "how many people, services, nightly jobs and agents (default: 40,8,4,6)")
	flags.Var(tamperValue{&o.Config.Tampering}, "tamper", "what to do to the logs, such as removed=20,altered=20,duplicated=10,shift=litellm:+42s")
	flags.BoolVar(&o.Config.LookAlikes, "look-alikes", false, "add harmless things that look like incidents: travel, new clients, quoted attacks and the like")
	flags.StringVar(&o.Networks, "write-networks", "", "`FILE` for the labels of the networks that addresses are from, as enrich --networks reads it; new, and not among the logs")
	flags.StringVar(&o.Users, "write-users", "", "`FILE` for the persons behind identities, as enrich --users reads it; new, and not among the logs")
	flags.StringVar(&o.Truth, "truth", "", truthUsage)
	// The flags were defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("scenarios", cobra.FixedCompletions(scenarioCompletions(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("sources", cobra.FixedCompletions(drill.Sources(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func runDrillGenerate(ctx context.Context, f *factory, o drillOptions) error {
	if o.Config.Dir == "" {
		return usagef("drill generate needs a folder to write to").hint("-o DIR names it")
	}
	o.Config.Layout = drill.Layout(o.Layout)
	addScenarios(&o.Config, o.Scenarios, o.Instances)
	return f.emit(o.Output, render.Config{Params: map[string]any{"seed": o.Config.Seed}}, func(r *render.Renderer) error {
		started := f.now()
		report, err := generateDrill(ctx, f, o)
		if err != nil {
			return err
		}
		f.detail(fmt.Sprintf("took %.1f s", f.now().Sub(started).Seconds()))
		f.note("next: exhibit load " + shellWord(o.Config.Dir))
		return writeDrill(r, report)
	})
}

// generateDrill writes the logs, and the files beside them that are asked for.
func generateDrill(ctx context.Context, f *factory, o drillOptions) (*drill.Report, error) {
	var report *drill.Report
	files := []struct {
		path, flag string
		write      func(io.Writer) error
		to         *output
	}{
		{path: o.Truth, flag: "truth", write: func(w io.Writer) error { return report.WriteTruth(w) }},
		{path: o.Networks, flag: "write-networks", write: drill.WriteNetworks},
		{path: o.Users, flag: "write-users", write: func(w io.Writer) error { return report.WriteUsers(w) }},
	}
	for i := range files {
		if files[i].path == "" {
			continue
		}
		var err error
		if files[i].to, err = f.openBeside(files[i].path, o.Config.Dir, files[i].flag); err != nil {
			return nil, err
		}
		defer files[i].to.discard()
	}
	report, err := drill.Generate(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if file.to == nil {
			continue
		}
		if err := errors.Join(file.write(file.to), file.to.commit()); err != nil {
			return nil, err
		}
	}
	return report, nil
}

// openBeside opens the file that a flag names: a new one, that is not among the
// logs where a load would take it for one.
func (f *factory) openBeside(path, dir, flag string) (*output, error) {
	if path == "-" {
		return nil, usagef("--%s needs a file", flag)
	}
	if _, err := os.Lstat(path); err == nil {
		return nil, usagef("%s exists", path)
	}
	file, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the file of --%s: %w", flag, err)
	}
	logs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the file of --%s: %w", flag, err)
	}
	if within, err := filepath.Rel(logs, file); err == nil && filepath.IsLocal(within) {
		return nil, usagef("the file of --%s would lie among the logs, in %s", flag, dir).hint("name a file beside them")
	}
	return f.openOutput(outputOptions{File: path})
}

func writeDrill(r *render.Renderer, report *drill.Report) error {
	table := render.Table{Name: "sources", Columns: []render.Column{
		{Name: "source"}, {Name: "files", Kind: render.KindInt}, {Name: "records", Kind: render.KindInt}, {Name: "size", Kind: render.KindSize},
	}}
	for _, s := range report.Sources {
		table.Rows = append(table.Rows, []any{s.Name, s.Files, s.Records, s.Bytes})
	}
	if err := r.Write(table); err != nil {
		return err
	}
	number := func(name string, n int64) render.Field {
		return render.Field{Column: render.Column{Name: name, Kind: render.KindInt}, Value: n}
	}
	second := func(name string, t time.Time) render.Field {
		micros := t.UnixMicro()
		return render.Field{Column: render.Column{Name: name, Kind: render.KindTime}, Value: instant(&micros)}
	}
	return r.Write(render.Fields{Name: "drill", Items: []render.Field{
		number("calls", report.Calls), number("requests", report.Steps), second("first", report.First), second("last", report.Last),
	}})
}

// callsValue is a number of calls of at least 1.
type callsValue int64

func (v *callsValue) String() string { return strconv.FormatInt(int64(*v), 10) }
func (v *callsValue) Type() string   { return "N" }

func (v *callsValue) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is not a whole number of at least 1", s)
	}
	*v = callsValue(n)
	return nil
}

// sourcesValue is a list of sources of drill.
type sourcesValue struct{ list *[]string }

func (v sourcesValue) Type() string { return "NAMES" }

func (v sourcesValue) String() string {
	if v.list == nil {
		return ""
	}
	return strings.Join(*v.list, ",")
}

func (v sourcesValue) Set(s string) error {
	names := strings.Split(s, ",")
	for i, name := range names {
		if !slices.Contains(drill.Sources(), name) {
			return fmt.Errorf("%q is no source (known: %s)", name, strings.Join(drill.Sources(), ", "))
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("%s is there twice", name)
		}
	}
	*v.list = names
	return nil
}

// wordsValue is a range of words, such as 30,300.
type wordsValue struct{ bounds *[2]int }

func (v wordsValue) Type() string { return "MIN,MAX" }

func (v wordsValue) String() string {
	if v.bounds == nil || *v.bounds == [2]int{} {
		return ""
	}
	return fmt.Sprintf("%d,%d", v.bounds[0], v.bounds[1])
}

func (v wordsValue) Set(s string) error {
	low, high, ok := strings.Cut(s, ",")
	from, err1 := strconv.Atoi(low)
	to, err2 := strconv.Atoi(high)
	if !ok || err1 != nil || err2 != nil || from < 1 || to < from || to > 100_000 {
		return fmt.Errorf("%q is no range such as 30,300, from 1 to 100000", s)
	}
	*v.bounds = [2]int{from, to}
	return nil
}
