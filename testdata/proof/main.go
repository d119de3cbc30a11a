// Command proof measures what exhibit finds and writes the report of it: incidents
// of a known truth found in a month of generated traffic, the same by public rules,
// real logs and texts with labels where they lie beside the repository, speed, and
// whether two runs say the same. Every figure stands beside its bar.
//
//	go run ./testdata/proof                     # all of it, into testdata/proof/REPORT.md
//	go run ./testdata/proof --only public       # one part, into the same file
//	go run ./testdata/proof --quick             # a small form, to standard output
//
// It runs in the root of the repository. What it does by commands of exhibit it
// names in the report, so that anybody can do the same.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// defaultSeeds are those of the committed report. The final ones are drawn when
// nothing that they measure changes any more.
func defaultSeeds() []uint64 { return []uint64{843294133} }

// form is how much is measured.
type form struct {
	Days, Calls, Instances int
	Population             string // people, services, nightly jobs and agents
	Budget                 float64
}

// fullForm is what the bars are about. The population is large enough for every
// incident to have a subject with days of its own.
func fullForm() form { return form{30, 1_000_000, 10, "400,80,24,80", 1} }

// quickForm shows that everything runs; its figures mean nothing.
func quickForm() form { return form{12, 2000, 1, "60,12,4,12", 1} }

// section is a part of the report.
type section struct {
	name, title string
	write       func(*proof, context.Context, *report) error
}

// sections lists the parts in the order in which they are written.
func sections() []section {
	return []section{
		{"detection", "Detection", (*proof).detection},
		{"public", "The same by public rules", (*proof).public},
		{"calibration", "Calibration", (*proof).calibration},
		{"real", "Real logs and texts", (*proof).real},
		{"rules", "Sigma", (*proof).rules},
		{"speed", "Speed", (*proof).speed},
		{"determinism", "The same on every run", (*proof).determinism},
	}
}

// proof is a run of the program.
type proof struct {
	form  form
	quick bool
	seeds []uint64
	// made are the cases of generated traffic, by seed.
	made   map[uint64]*traffic
	only   []string // sections; nil for all but calibration
	long   bool     // calibration too
	output string   // "-" is standard output
	work   string   // folder for cases
	memory int64    // for exhibit, in MiB
	tool   tool
	errOut io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "proof:", err)
		os.Exit(1) //nolint:forbidigo // this is a main of its own
	}
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	p, err := parse(args, errOut)
	if err != nil {
		return err
	}
	if p.work == "" {
		dir, err := os.MkdirTemp("", "exhibit-proof-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // what is left is in the folder for temporary files
		p.work = dir
	}
	if p.tool, err = buildTool(ctx, p.work); err != nil {
		return err
	}
	r := &report{}
	if err := p.write(ctx, r); err != nil {
		return err
	}
	if p.output == "-" {
		_, err = io.WriteString(out, r.String())
		return err
	}
	text := r.String()
	if older, err := os.ReadFile(p.output); err == nil && p.only != nil {
		text = keep(string(older), text)
	}
	return os.WriteFile(p.output, []byte(text), 0o644) //nolint:gosec // a report for everybody
}

func parse(args []string, errOut io.Writer) (*proof, error) {
	p := &proof{form: fullForm(), seeds: defaultSeeds(), memory: 1024, made: map[uint64]*traffic{}, errOut: errOut}
	flags := flag.NewFlagSet("proof", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.BoolVar(&p.quick, "quick", false, "a small form, whose figures mean nothing")
	flags.StringVar(&p.output, "o", "", "`FILE` of the report, - for standard output")
	flags.StringVar(&p.work, "work", "", "`DIR` for cases, kept and used again; otherwise a temporary one")
	flags.Int64Var(&p.memory, "memory", p.memory, "`MIB` for exhibit to work with")
	flags.Func("seeds", "`N,N` of the traffic instead of the committed ones", func(s string) error { return parseSeeds(s, &p.seeds) })
	flags.BoolVar(&p.long, "calibration", false, "measure calibration too, which takes long")
	var names []string
	for _, s := range sections() {
		names = append(names, s.name)
	}
	flags.Func("only", "`NAMES` of sections, with commas between: "+strings.Join(names, ", "), func(s string) error {
		for name := range strings.SplitSeq(s, ",") {
			if !slices.Contains(names, name) {
				return fmt.Errorf("%q is none of %s", name, strings.Join(names, ", "))
			}
			p.only = append(p.only, name)
		}
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("there are no arguments, but %q was given", flags.Arg(0))
	}
	if p.quick {
		p.form = quickForm()
	}
	switch {
	case p.output != "":
	case p.quick:
		p.output = "-"
	default:
		p.output = filepath.Join("testdata", "proof", "REPORT.md")
	}
	return p, nil
}

func parseSeeds(s string, into *[]uint64) error {
	*into = nil
	for word := range strings.SplitSeq(s, ",") {
		n, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return err
		}
		*into = append(*into, n)
	}
	return nil
}

// write writes the sections that were chosen.
func (p *proof) write(ctx context.Context, r *report) error {
	if err := p.head(r); err != nil {
		return err
	}
	for _, s := range sections() {
		if p.only != nil && !slices.Contains(p.only, s.name) {
			continue
		}
		p.progress(s.name)
		if err := s.write(p, ctx, r); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// progress says what goes on.
func (p *proof) progress(what ...any) {
	_, _ = fmt.Fprintln(p.errOut, append([]any{"proof:"}, what...)...) // whether anybody reads it changes nothing
}
