package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/assessment"
)

// report is the text of the report, in Markdown.
type report struct{ strings.Builder }

func (r *report) say(format string, args ...any) { fmt.Fprintf(&r.Builder, format+"\n\n", args...) }

// table writes a table; cells with a bar in them would break it.
func (r *report) table(columns []string, rows [][]string) {
	line := func(cells []string) {
		for i, c := range cells {
			cells[i] = strings.ReplaceAll(c, "|", `\|`)
		}
		fmt.Fprintf(&r.Builder, "| %s |\n", strings.Join(cells, " | "))
	}
	line(columns)
	line(strings.Split(strings.Repeat("---,", len(columns)-1)+"---", ","))
	for _, row := range rows {
		line(row)
	}
	r.WriteString("\n")
}

// figure is a number beside the bar that it is held against.
type figure struct {
	what, got, bar string
	reached        bool
}

// bars writes figures, each with its bar and whether it is reached.
func (r *report) bars(list []figure) {
	var rows [][]string
	for _, f := range list {
		word := "reached"
		switch {
		case f.bar == "":
			word = ""
		case !f.reached:
			word = "**not reached**"
		}
		rows = append(rows, []string{f.what, f.got, f.bar, word})
	}
	r.table([]string{"figure", "measured", "bar", ""}, rows)
}

// head says what was measured with.
func (p *proof) head(r *report) error {
	r.say("# What exhibit finds, measured")
	r.say("Written by `go run ./testdata/proof`; not to be edited.")
	if p.quick {
		r.say("**The quick form: it shows that everything runs. Its figures mean nothing.**")
	}
	detectors, err := assessment.All()
	if err != nil {
		return err
	}
	var versions strings.Builder
	for _, a := range detectors {
		fmt.Fprintf(&versions, "%s %d\n", a.ID, a.Version)
	}
	sum := sha256.Sum256([]byte(versions.String()))
	r.table([]string{"what", "value"}, [][]string{
		{"seeds", strings.Trim(fmt.Sprint(p.seeds), "[]")},
		{"days, calls, instances of each scenario and strength", fmt.Sprint(p.form.Days, ", ", p.form.Calls, ", ", p.form.Instances)},
		{"people, services, nightly jobs, agents", p.form.Population},
		{"detectors, checks and built-in rules", fmt.Sprintf("%d, with versions %s", len(detectors), hex.EncodeToString(sum[:8]))},
		{"memory for exhibit, at most", fmt.Sprint(p.memory, " MiB")},
		{"machine", fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())},
	})
	return nil
}
