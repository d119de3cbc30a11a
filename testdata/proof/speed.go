package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// The bars of speed, on two cores.
const (
	barSecond = 5 * time.Second // analyze again
	barScan   = 40.0            // MB of text a second and core
	barLinear = 1.25            // how much longer a call may take among the most than among the fewest
)

// sizes are the millions of calls that are analyzed, each with the longest that the
// detectors may take, 0 for no bar of its own.
func sizes() []size { return []size{{1, 3, 5 * time.Second}, {3, 1, 0}, {10, 1, time.Minute}} }

type size struct {
	times int64 // as many calls as the form has
	runs  int
	bar   time.Duration
}

func (p *proof) speed(ctx context.Context, r *report) error {
	r.say("## Speed")
	r.say("Calls as CloudTrail logs them, without texts, and the texts of the benchmark of package content on one core. Commands are timed whole, from their start to their exit, on cases that know networks and users: the detectors alone, which the bars are about, and everything, with the checks of sources against each other and the built-in rules. Of the fewest calls each is the median of three runs. The calls of the detection, in three logs and with incidents among them, are analyzed once, reading all texts. The bars are for two cores.")
	list, err := p.analyses(ctx)
	if err != nil {
		return err
	}
	texts, err := p.analyzeTexts(ctx)
	if err != nil {
		return err
	}
	list = append(list, texts...)
	scan, err := scanSpeed(ctx)
	if err != nil {
		return err
	}
	r.bars(append(list, scan))
	return nil
}

// analyses times analyze on a case of each size, and what was kept of the first.
func (p *proof) analyses(ctx context.Context) ([]figure, error) {
	var list []figure
	var fewest, most float64 // seconds a call
	for i, s := range sizes() {
		calls := s.times * int64(p.form.Calls)
		t, err := p.make(ctx, fmt.Sprintf("plain-%d", s.times), []string{
			"--seed", fmt.Sprint(p.seeds[0]), "--days", fmt.Sprint(p.form.Days), "--calls", fmt.Sprint(calls), "--population", p.form.Population, "--sources", "cloudtrail",
		})
		if err != nil {
			return nil, err
		}
		alone := []string{"--no-record", "--except", "reconcile", "--except", "sigma"}
		u, more, err := p.analyze(ctx, t, s.runs, fmt.Sprintf("detectors on %d calls", calls), s.bar, append(alone, "--again")...)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
		if _, more, err = p.analyze(ctx, t, s.runs, fmt.Sprintf("everything on %d calls", calls), 0, "--again"); err != nil {
			return nil, err
		}
		list = append(list, more...)
		if most = u.took.Seconds() / float64(calls); i > 0 {
			continue
		}
		fewest = most
		if _, more, err = p.analyze(ctx, t, s.runs, "everything a second time", barSecond); err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return append(list, figure{"a call among the most, by one among the fewest", fmt.Sprintf("%.2f", most/fewest), fmt.Sprintf("at most %g", barLinear), most <= barLinear*fewest}), nil
}

// analyzeTexts times analyze on the case of the incidents, all of whose texts are read.
func (p *proof) analyzeTexts(ctx context.Context) ([]figure, error) {
	t, err := p.incidents(ctx, p.seeds[0])
	if err != nil {
		return nil, err
	}
	_, list, err := p.analyze(ctx, t, 1, fmt.Sprintf("everything on the %d calls with texts of the detection", p.form.Calls), 0, "--no-record", "--again")
	return list, err
}

// analyze runs the command some times, and says how long the run in the middle took and
// how much memory.
func (p *proof) analyze(ctx context.Context, t *traffic, times int, what string, bar time.Duration, flags ...string) (usage, []figure, error) {
	p.progress(what)
	var runs []usage
	for range times {
		u, err := p.tool.run(ctx, slices.Concat([]string{"analyze", "--case", t.caseDir(), "-q"}, p.resources(), flags)...)
		if err != nil {
			return u, nil, err
		}
		runs = append(runs, u)
	}
	slices.SortFunc(runs, func(a, b usage) int { return cmp.Compare(a.took, b.took) })
	u := runs[len(runs)/2]
	took := figure{what: what, got: u.took.Round(10 * time.Millisecond).String()}
	if bar > 0 {
		took.bar, took.reached = fmt.Sprint("at most ", bar), u.took <= bar
	}
	list := []figure{took}
	if u.memory > 0 {
		list = append(list, figure{what + ", memory at most", fmt.Sprintf("%d MiB", u.memory>>20), fmt.Sprintf("at most %d MiB", p.memory), u.memory <= p.memory<<20})
	}
	return u, list, nil
}

// scanSpeed runs the benchmark of scanning texts of all roles.
func scanSpeed(ctx context.Context) (figure, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-run=^$", "-bench=^BenchmarkScan$/^mixed$", "-cpu=1", "./analyze/content")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return figure{}, fmt.Errorf("running the benchmark: %w\n%s", err, out)
	}
	m := regexp.MustCompile(`([0-9.]+) MB/s`).FindSubmatch(out)
	if m == nil {
		return figure{}, fmt.Errorf("running the benchmark: it says no MB/s:\n%s", out)
	}
	speed, err := strconv.ParseFloat(string(m[1]), 64)
	return figure{"scanning texts", fmt.Sprintf("%.1f MB a second", speed), fmt.Sprintf("at least %g MB a second", barScan), speed >= barScan}, err
}

// determinism analyzes a smaller case of the first seed with 1 and with 8 threads,
// twice each.
func (p *proof) determinism(ctx context.Context, r *report) error {
	f := p.form
	if !p.quick {
		f.Calls, f.Instances = f.Calls/10, 2
	}
	t, err := p.play(ctx, "smaller", p.seeds[0], f)
	if err != nil {
		return err
	}
	var rows [][]string
	first, same := "", true
	for _, threads := range []int{1, 8, 1, 8} {
		p.progress("analyzing with threads:", threads)
		sum, count := "", 0
		err := p.within(ctx, t, threads, func(c *casefile.Case) error {
			found, err := assessment.Run(ctx, c, assessment.Options{Threads: threads})
			if err != nil {
				return err
			}
			text, err := json.Marshal(found.Findings)
			h := sha256.Sum256(text)
			sum, count = hex.EncodeToString(h[:]), len(found.Findings)
			return err
		})
		if err != nil {
			return err
		}
		if first == "" {
			first = sum
		}
		same = same && sum == first
		rows = append(rows, []string{fmt.Sprint(threads), fmt.Sprint(count), sum})
	}
	r.say("## The same on every run")
	r.say("%d calls with %d of each scenario and strength, analyzed four times.", f.Calls, f.Instances)
	r.table([]string{"threads", "findings", "SHA-256 of all that they say"}, rows)
	word := "all the same"
	if !same {
		word = "not all the same"
	}
	r.bars([]figure{{"findings of four runs", word, "all the same", same}})
	return nil
}
