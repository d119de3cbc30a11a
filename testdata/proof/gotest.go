package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/detectors"
)

// measured is a test whose figures belong to the report. The test holds them
// against their bars, and what it prints is shown.
type measured struct {
	pkg, test, bar string
	env            []string // what the test is told beside its defaults
}

func (p *proof) real(ctx context.Context, r *report) error {
	r.say("## Real logs and texts")
	r.say("Data of others, which is no part of the repository and lies beside it in `../shared/data`. Where it does not, nothing was measured, and the table says so.")
	_, err := p.tests(ctx, r, []measured{
		{"./analyze/detectors", "TestInvictus", "every high-signal event of the intrusion is in a finding, and nothing that services did ranks above", nil},
		{"./analyze/detectors", "TestStratus", "every technique's own requests are in a finding", nil},
		{"./analyze/rules", "TestPublicVerdicts", "the verdict that panther-analysis expects, where its detection applies", nil},
		{"./analyze/rules", "TestPublicTrails", "the rules that match recorded attacks, and no others", nil},
		{"./analyze/content", "TestXSTest", "refusals: accuracy at least 0.920 and 0.869, six points above the keywords of XSTest", nil},
		{"./analyze/content", "TestJailbreakBench", "jailbreak artifacts: recall published", nil},
		{"./analyze/content", "TestBIPIA", "mails with planted text: recall published", nil},
		{"./analyze/content", "TestBenign", "texts without an attack: at most 0.01 flagged", nil},
	})
	return err
}

func (p *proof) rules(ctx context.Context, r *report) error {
	r.say("## Sigma")
	_, err := p.tests(ctx, r, []measured{
		{"./analyze/rules", "TestConformanceItems", "every modifier with every type, null and lists, as an independent evaluator reads it", nil},
		{"./analyze/rules", "TestConformanceRandom", "random rules, as an independent evaluator reads them", nil},
		{"./analyze/rules", "TestSweep", "windows of correlations, as an independent evaluator counts them", nil},
		{"./analyze/rules", "TestCorrelations", "every type of correlation at the boundaries of its window", nil},
	})
	return err
}

func (p *proof) calibration(ctx context.Context, r *report) error {
	r.say("## Calibration")
	if !p.long && p.only == nil {
		r.say("Not measured in this run: `--calibration` does, which takes long.")
		return nil
	}
	var long []string
	if !p.quick {
		long = []string{"EXHIBIT_LONG=1", fmt.Sprintf("EXHIBIT_FIRST_SEED=%d", p.seeds[0])}
		r.say("On seeds from %d on: `%s go test -v -run 'TestCalibration|TestFalseShare' -timeout 3h ./analyze/detectors`.", p.seeds[0], strings.Join(long, " "))
	}
	output, err := p.tests(ctx, r, []measured{
		{"./analyze/detectors", "TestCalibration", "what the test itself demands, which may be less than the bars below", long},
		{"./analyze/detectors", "TestFalseShare", fmt.Sprintf("of the findings of a run at most %g are false on average", detectors.DefaultQ), long},
	})
	if err != nil {
		return err
	}
	r.say("How often p is at most a, as a share of a, on traffic without incidents:")
	r.bars(calibrated(output))
	return nil
}

// The bars of calibration: of P(p <= a)/a.
const barLeast, barMost = 0.5, 1.2

// ratioLine is what TestCalibration says of a detector: how many tests it made, ratios,
// and how many p were at most 0.01, 0.001 and 0.0001.
var ratioLine = regexp.MustCompile(`(?m)^ *([a-z-]+\.[a-z-]+) +([0-9]+) tests .*\[([0-9]+) ([0-9]+) ([0-9]+)\]`)

// levels are the a of P(p <= a)/a.
func levels() []float64 { return []float64{0.01, 0.001, 0.0001} }

// calibrated holds what TestCalibration said against the bars: of each detector, and
// of all tests together, of which there are enough to tell for the smallest a too.
func calibrated(output string) []figure {
	var list []figure
	all, small := 0.0, make([]float64, len(levels()))
	row := func(what string, tests float64, i int, ratio float64) {
		list = append(list, figure{
			fmt.Sprintf("%s, a = %g, %.0f tests", what, levels()[i], tests), fmt.Sprintf("%.2f (%.0f seen)", ratio, ratio*tests*levels()[i]),
			fmt.Sprintf("%g to %g", barLeast, barMost), ratio >= barLeast && ratio <= barMost,
		})
	}
	for _, m := range ratioLine.FindAllStringSubmatch(output, -1) {
		tests, _ := strconv.ParseFloat(m[2], 64) // digits, as all that follows
		all += tests
		for i, a := range levels() {
			seen, _ := strconv.ParseFloat(m[3+i], 64)
			small[i] += seen
			row(m[1], tests, i, seen/(a*tests))
		}
	}
	if list == nil {
		return []figure{{"ratios", "the test printed none", fmt.Sprintf("%g to %g", barLeast, barMost), false}}
	}
	for i, a := range levels() {
		row("all together", all, i, small[i]/(a*all))
	}
	return list
}

// tests runs tests, and writes and returns what they printed.
func (p *proof) tests(ctx context.Context, r *report, list []measured) (string, error) {
	var rows [][]string
	var said, all strings.Builder
	for _, m := range list {
		p.progress(m.pkg, m.test)
		result, output, err := goTest(ctx, m, p.quick)
		if err != nil {
			return "", err
		}
		all.WriteString(output)
		rows = append(rows, []string{m.test, m.bar, result})
		fmt.Fprintf(&said, "<details><summary>%s</summary>\n\n```\n%s```\n\n</details>\n\n", m.test, output)
	}
	r.table([]string{"test", "bar", ""}, rows)
	r.WriteString(said.String())
	return all.String(), nil
}

// logLine is the place from which a test logs, and resultLine how long it took:
// neither belongs into a report that is compared with the last one.
var (
	logLine    = regexp.MustCompile(`^ +[a-z_0-9]+\.go:[0-9]+: `)
	resultLine = regexp.MustCompile(`^(=== |\s*--- |PASS|FAIL|ok\s)`)
)

// maxTestOutput bounds what is read of a test, in bytes.
const maxTestOutput = 16 << 20

// goTest runs one test and returns its result in a word and what it logged.
func goTest(ctx context.Context, m measured, quick bool) (result, output string, err error) {
	args := []string{"test", "-json", "-count=1", "-timeout=3h", "-run=^" + m.test + "$", m.pkg}
	if quick {
		args = append(args, "-short")
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), m.env...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		return "", "", err
	}
	var text strings.Builder
	ran := map[string]int{} // results of the test and of what is below it
	d := json.NewDecoder(io.LimitReader(&out, maxTestOutput))
	for {
		var line struct{ Action, Test, Output string }
		if err := d.Decode(&line); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return "", "", fmt.Errorf("%s %s: %w\n%s", m.pkg, m.test, err, errOut.String())
		}
		switch {
		case line.Test == "" && line.Action == "fail":
			ran["broken"]++
		case line.Test == "":
		case line.Action == "output" && !resultLine.MatchString(line.Output):
			text.WriteString(logLine.ReplaceAllString(line.Output, ""))
		case line.Action == "pass" || line.Action == "fail" || line.Action == "skip":
			ran[line.Action]++
		}
	}
	switch {
	case ran["fail"]+ran["broken"] > 0:
		return fmt.Sprintf("**not reached** (%d failed)", ran["fail"]), text.String(), nil
	case ran["skip"] > 0 && ran["pass"] <= 1:
		return "**not measured**", text.String(), nil
	case ran["skip"] > 0:
		return fmt.Sprintf("**measured in part** (%d left out)", ran["skip"]), text.String(), nil
	case ran["pass"] == 0:
		return "**not measured**: there is no such test", text.String(), nil
	}
	return "reached", text.String(), nil
}
