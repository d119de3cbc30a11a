package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// incidents makes the case of a seed in which every scenario is played in every
// strength, among things that only look like incidents. Of the sources the gateway
// alone times every call.
func (p *proof) incidents(ctx context.Context, seed uint64) (*traffic, error) {
	if t := p.made[seed]; t != nil {
		return t, nil
	}
	t, err := p.play(ctx, fmt.Sprint("incidents-", seed), seed, p.form)
	p.made[seed] = t
	return t, err
}

// play makes the case of a seed in some form.
func (p *proof) play(ctx context.Context, name string, seed uint64, f form) (*traffic, error) {
	return p.make(ctx, name, []string{
		"--seed", fmt.Sprint(seed), "--days", fmt.Sprint(f.Days), "--calls", fmt.Sprint(f.Calls), "--sources", "cloudtrail,bedrock,litellm",
		"--words", "5,40", "--population", f.Population, "--scenarios", fmt.Sprint("all:all:", f.Instances), "--look-alikes",
	})
}

// within opens a case for a function.
func (p *proof) within(ctx context.Context, t *traffic, threads int, do func(*casefile.Case) error) error {
	c, err := casefile.Open(ctx, t.caseDir(), casefile.OpenOptions{Threads: threads, Memory: p.memory << 20})
	if err != nil {
		return err
	}
	err = do(c)
	if closed := c.Close(); err == nil {
		err = closed // a first error says more
	}
	return err
}

// look analyzes the case of every seed.
func (p *proof) look(ctx context.Context, o assessment.Options, each func(*casefile.Case, *drill.TruthLog, *assessment.Report) error) error {
	for _, seed := range p.seeds {
		t, err := p.incidents(ctx, seed)
		if err != nil {
			return err
		}
		truth, err := readTruth(t.truth())
		if err != nil {
			return err
		}
		p.progress("analyzing", seed)
		o.Threads = runtime.NumCPU()
		if err := p.within(ctx, t, o.Threads, func(c *casefile.Case) error {
			found, err := assessment.Run(ctx, c, o)
			if err != nil {
				return err
			}
			return each(c, truth, found)
		}); err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
	}
	return nil
}

func readTruth(path string) (*drill.TruthLog, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return drill.ReadTruth(f)
}

// score holds findings against the truth, at a budget of false ones a day.
func score(ctx context.Context, c *casefile.Case, truth *drill.TruthLog, found *assessment.Report, budget float64) (*drill.Scorecard, error) {
	claims, err := assessment.Claims(ctx, c, found.Findings)
	if err != nil {
		return nil, err
	}
	days, err := assessment.Days(ctx, c)
	if err != nil {
		return nil, err
	}
	return drill.Score(truth, claims, days, budget), nil
}

func (p *proof) detection(ctx context.Context, r *report) error {
	var cards []*drill.Scorecard
	err := p.look(ctx, assessment.Options{}, func(c *casefile.Case, truth *drill.TruthLog, found *assessment.Report) error {
		card, err := score(ctx, c, truth, found, p.form.Budget)
		cards = append(cards, card)
		return err
	})
	if err != nil {
		return err
	}
	card := drill.Pool(cards...)
	r.say("## Detection")
	r.say("Incidents of %d scenarios in three strengths, each with its own subject and days, in traffic with things that only look like incidents. Findings are looked at from the top, as `exhibit analyze` ranks them, until the false ones are more than %g a day on average. An incident is found when a finding among them is about it: its first event is one of the steps, or at least a twentieth of its events are; a finding about no incident is false. No policy, no baseline from before, no rules beside the built-in ones.", len(drill.IncidentNames()), p.form.Budget)
	p.commands(r, "exhibit drill score --truth truth.jsonl --case d.case --all")
	r.bars(recallBars(card))
	r.say("### By scenario")
	r.say("Found of all; in brackets those that only findings beyond the budget show. The delay is from the first step to the end of the earliest finding, the median of those found in the normal strength.")
	byScenario(r, card)
	missed(r, card)
	blame(r, card)
	return nil
}

// commands says by what commands the same can be had.
func (p *proof) commands(r *report, last string) {
	t := p.made[p.seeds[0]]
	r.say("```\n%s\n%s\n```", strings.Join(t.commands, "\n"), last)
}

// The bars of detection.
const (
	barNormal   = 0.95 // of all incidents in the normal strength
	barScenario = 0.8  // of each scenario in the normal strength
	barStealthy = 0.7  // of all incidents in the stealthy strength
)

func recallBars(card *drill.Scorecard) []figure {
	list := []figure{}
	for i := range card.Strengths {
		row := &card.Strengths[i]
		f := figure{what: fmt.Sprintf("recall, %s", row.Strength), got: fmt.Sprintf("%.3f (%d of %d; %d more beyond the budget)", row.Recall(), row.Found, row.Of, row.Late)}
		switch row.Strength {
		case drill.Normal:
			f.bar, f.reached = fmt.Sprint("at least ", barNormal), row.Recall() >= barNormal
		case drill.Stealthy:
			f.bar, f.reached = fmt.Sprint("at least ", barStealthy), row.Recall() >= barStealthy
		}
		list = append(list, f)
		if row.Strength == drill.Normal {
			low := lowScenarios(card)
			got := "none"
			if low != nil {
				got = strings.Join(low, ", ")
			}
			list = append(list, figure{fmt.Sprintf("scenarios below %g, normal", barScenario), got, "none", low == nil})
		}
		list = append(list, figure{what: fmt.Sprintf("median delay, %s", row.Strength), got: row.Delay.Round(time.Second).String()})
	}
	perDay := float64(card.False) / card.Days
	return append(list,
		figure{"false findings a day within the budget", fmt.Sprintf("%.2f (%d of %d findings in %.1f days)", perDay, card.False, card.Claims, card.Days), fmt.Sprint("at most ", card.Budget), perDay <= card.Budget},
		figure{what: "precision within the budget", got: share(card.Claims-card.False, card.Claims)},
		figure{what: "findings beyond the budget", got: fmt.Sprint(card.Beyond)},
		figure{what: "statistical findings and parts that show an incident", got: share(card.Statistical.Right, card.Statistical.Made)},
	)
}

func share(n, of int) string {
	if of == 0 {
		return "none of none"
	}
	return fmt.Sprintf("%.3f (%d of %d)", float64(n)/float64(of), n, of)
}

func lowScenarios(card *drill.Scorecard) []string {
	var list []string
	for i := range card.Rows {
		if row := &card.Rows[i]; row.Strength == drill.Normal && row.Recall() < barScenario {
			list = append(list, fmt.Sprintf("%s %.2f", row.Scenario, row.Recall()))
		}
	}
	return list
}

// byScenario writes a row for each scenario.
func byScenario(r *report, card *drill.Scorecard) {
	var rows [][]string
	for _, name := range drill.IncidentNames() {
		cells := []string{name}
		delay, by := "", []string(nil)
		for i := range card.Rows {
			row := &card.Rows[i]
			if row.Scenario != name {
				continue
			}
			cell := fmt.Sprintf("%d of %d", row.Found, row.Of)
			if row.Late > 0 {
				cell += fmt.Sprintf(" (%d)", row.Late)
			}
			cells = append(cells, cell)
			if row.Strength == drill.Normal && row.Found > 0 {
				delay = row.Delay.Round(time.Second).String()
			}
			by = append(by, row.Detectors...)
		}
		slices.Sort(by)
		rows = append(rows, append(cells, delay, strings.Join(slices.Compact(by), ", ")))
	}
	r.table([]string{"scenario", "easy", "normal", "stealthy", "delay", "found by"}, rows)
}

// missed lists what was not found, and why.
func missed(r *report, card *drill.Scorecard) {
	var rows [][]string
	for i := range card.Incidents {
		o := &card.Incidents[i]
		switch {
		case o.Found:
			continue
		case o.Late:
			rows = append(rows, []string{o.Incident, "beyond the budget", strings.Join(o.Detectors, ", ")})
		default:
			rows = append(rows, []string{o.Incident, "no finding", ""})
		}
	}
	r.say("### Not found")
	if rows == nil {
		r.say("Nothing.")
		return
	}
	r.table([]string{"incident", "why", "would be found by"}, rows)
}

// blame says who made false findings.
func blame(r *report, card *drill.Scorecard) {
	var rows [][]string
	for _, d := range card.Detectors {
		if d.Made > d.Right {
			rows = append(rows, []string{d.Detector, fmt.Sprint(d.Made), fmt.Sprint(d.Made - d.Right), fmt.Sprint(d.Spent)})
		}
	}
	r.say("### False findings")
	r.say("Detectors with findings that show no step of an incident, parts of stories counted one by one; those that used up the budget, alone or together with others, are in the last column.")
	r.table([]string{"detector", "findings", "false", "that used the budget"}, rows)
}
