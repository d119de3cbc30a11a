package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
	"github.com/exhibit-forensics/exhibit/analyze/rules"
)

// publicRules is where the public rules are, in words of our own.
func publicRules() string { return filepath.Join("testdata", "proof", "public") }

func (p *proof) public(ctx context.Context, r *report) error {
	set, err := rules.Load([]string{publicRules()}, nil)
	if err == nil {
		err = errors.Join(set.Problems...)
	}
	if err != nil {
		return err
	}
	titles := map[string]*rules.Rule{}
	o := assessment.Options{Rules: set}
	for _, x := range set.Reporting() {
		titles[x.Detector()] = x
		o.Only = append(o.Only, x.Detector())
	}
	var cards, all []*drill.Scorecard
	idle := map[string]string{}
	err = p.look(ctx, o, func(c *casefile.Case, truth *drill.TruthLog, found *assessment.Report) error {
		for _, d := range found.Detectors {
			idle[d.About.ID] = d.NotApplicable
		}
		found.Findings = alerts(found.Findings)
		every, err := score(ctx, c, truth, found, math.Inf(1))
		if err != nil {
			return err
		}
		all = append(all, every)
		rankByRule(found.Findings, every)
		card, err := score(ctx, c, truth, found, p.form.Budget)
		cards = append(cards, card)
		return err
	})
	if err != nil {
		return err
	}
	r.say("## The same by public rules")
	r.say("%d rules of Elastic, Panther, Splunk, Prowler, AlphaSOC and SigmaHQ with their thresholds, written in our own words as Sigma rules in `%s`, each with its source, run by the same engine over the same cases and scored by the same scorer. Matches of a rule about one subject that are at most an hour apart are one alert. Prompts and replies are short in this traffic, 5 to 40 words, so that rules about many tokens see less than elsewhere.", len(o.Only), filepath.ToSlash(publicRules()))
	p.commands(r, "exhibit rules run "+filepath.ToSlash(publicRules())+" --case d.case")
	card := drill.Pool(cards...)
	r.say("### At the same budget")
	r.say("Alerts of the rules that are right most often come first. That is in favour of the public rules: how often they are right is counted on the very data, as if whoever runs them had turned off in time what is noisy there.")
	r.bars(recallBars(card))
	byScenario(r, named(card, titles))
	r.say("### With every alert looked at")
	card = drill.Pool(all...)
	card.Budget = p.form.Budget // the bar
	r.bars(recallBars(card))
	byRule(r, card, titles, idle)
	return nil
}

// alerts puts findings of one rule about one subject together that are at most an
// hour apart. Panther holds alerts back for an hour by default: docs.panther.com,
// "Deduplication of alerts".
func alerts(list []analyze.Finding) []analyze.Finding {
	slices.SortStableFunc(list, func(a, b analyze.Finding) int {
		return cmp.Or(cmp.Compare(a.Detector, b.Detector), cmp.Compare(a.Subject, b.Subject), a.First.Compare(b.First), cmp.Compare(a.ID, b.ID))
	})
	var merged []analyze.Finding
	for i := range list {
		f := &list[i]
		if n := len(merged) - 1; n >= 0 {
			last := &merged[n]
			if last.Detector == f.Detector && last.Subject == f.Subject && f.First.Sub(last.Last) <= time.Hour {
				last.Events = slices.Concat(last.Events, f.Events)
				last.EventCount += f.EventCount
				if f.Last.After(last.Last) {
					last.Last = f.Last
				}
				continue
			}
		}
		merged = append(merged, *f)
	}
	analyze.RankFindings(merged)
	return merged
}

// rankByRule puts alerts of the rules first of which the greatest share is right.
func rankByRule(list []analyze.Finding, card *drill.Scorecard) {
	right := map[string]float64{}
	for _, d := range card.Detectors {
		right[d.Detector] = float64(d.Right) / float64(d.Made)
	}
	slices.SortStableFunc(list, func(a, b analyze.Finding) int { return cmp.Compare(right[b.Detector], right[a.Detector]) })
}

// named returns a scorecard in which rules have the names of their files.
func named(card *drill.Scorecard, titles map[string]*rules.Rule) *drill.Scorecard {
	for i := range card.Rows {
		for k, name := range card.Rows[i].Detectors {
			card.Rows[i].Detectors[k] = fileName(titles[name])
		}
	}
	return card
}

func fileName(x *rules.Rule) string {
	return strings.TrimSuffix(filepath.Base(x.File), ".yml")
}

// byRule writes a row for each rule.
func byRule(r *report, card *drill.Scorecard, titles map[string]*rules.Rule, idle map[string]string) {
	made := map[string]drill.DetectorScore{}
	for _, d := range card.Detectors {
		made[d.Detector] = d
	}
	var rows [][]string
	for id, x := range titles {
		d := made[id]
		note := idle[id]
		rows = append(rows, []string{fileName(x), x.Title, fmt.Sprint(d.Made), fmt.Sprint(d.Right), fmt.Sprintf("%.2f", float64(d.Made-d.Right)/card.Days), note})
	}
	slices.SortFunc(rows, func(a, b []string) int { return cmp.Compare(a[0], b[0]) })
	r.table([]string{"rule", "what", "alerts", "that show an incident", "false a day", ""}, rows)
}
