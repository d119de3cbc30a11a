package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// The bars of speed, on two cores.
const (
	barMetadata = 5 * time.Second // analyze on a million calls without texts
	barSecond   = 5 * time.Second // analyze again
	barScan     = 40.0            // MB of text a second and core
)

func (p *proof) speed(ctx context.Context, r *report) error {
	t, err := p.make(ctx, "plain", []string{
		"--seed", fmt.Sprint(p.seeds[0]), "--days", fmt.Sprint(p.form.Days), "--calls", fmt.Sprint(p.form.Calls), "--population", p.form.Population, "--sources", "cloudtrail",
	})
	if err != nil {
		return err
	}
	r.say("## Speed")
	r.say("%d calls as CloudTrail logs them, without texts, and the texts of the benchmark of package content on one core. The whole command is timed, from its start to its exit. The bars are for two cores and a million calls.", p.form.Calls)
	var list []figure
	for i, name := range []string{"first analyze", "second analyze"} {
		u, err := p.tool.run(ctx, append([]string{"analyze", "--case", t.caseDir(), "-q"}, p.resources()...)...)
		if err != nil {
			return err
		}
		bar := []time.Duration{barMetadata, barSecond}[i]
		list = append(list, figure{name, u.took.Round(10 * time.Millisecond).String(), fmt.Sprint("at most ", bar), u.took <= bar})
		if u.memory > 0 {
			list = append(list, figure{name + ", memory at most", fmt.Sprintf("%d MiB", u.memory>>20), fmt.Sprintf("at most %d MiB", p.memory), u.memory <= p.memory<<20})
		}
	}
	scan, err := scanSpeed(ctx)
	if err != nil {
		return err
	}
	r.bars(append(list, scan))
	return nil
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
