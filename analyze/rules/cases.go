package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/formats"
)

// TestOptions say where and with what cases are tried.
type TestOptions struct {
	Temp    string // folder for temporary cases; "" is the system's
	Tool    string // name and version of the program, for the ledgers of the cases
	Now     func() time.Time
	Threads int
	Memory  int64 // bytes
}

// TestResult says how one case of a rule went.
type TestResult struct {
	File     string // of the cases
	Rule     *Rule  // nil where the cases cannot be read
	Name     string
	Positive bool  // the rule must find something
	Err      error // nil when it went as it must
}

// testCase is logs on which a rule must find something, or nothing.
type testCase struct {
	line     int
	name     string
	rule     string // its id or name, where a file holds several
	positive bool
	format   formats.Format // nil is detected
	lines    []string       // records as JSON, or as they are
	events   bool           // records are rows of exhibit's own export
}

// Test tries the cases of every file of the set: for NAME.yml the file
// NAME.cases.yml beside it, with lists positive and negative. Each case has a
// name and either records, as the vendor writes them, or events, as columns of a
// case, and is loaded into a temporary case of its own. A rule that reports
// findings and lacks a positive or a negative case fails.
func (s *Set) Test(ctx context.Context, o TestOptions) ([]TestResult, error) {
	dir, err := os.MkdirTemp(o.Temp, "exhibit-rules-*")
	if err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	key, err := ledger.CreateKey(filepath.Join(dir, "key"), "rules-test")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	t := tester{set: s, o: o, dir: dir, key: key}
	for _, f := range s.files {
		t.plan(f)
	}
	t.run(ctx)
	var results []TestResult
	for _, j := range t.jobs {
		results = append(results, j.result)
	}
	return results, errors.Join(ctx.Err(), os.RemoveAll(dir))
}

// tester tries cases.
type tester struct {
	set  *Set
	o    TestOptions
	dir  string
	key  *ledger.Key
	jobs []*testJob
}

type testJob struct {
	number int
	test   *testCase // nil when there is nothing to run
	result TestResult
}

func casesFile(rules string) string {
	return strings.TrimSuffix(rules, filepath.Ext(rules)) + casesSuffix
}

// plan lists the cases of a file of rules.
func (t *tester) plan(f file) {
	var rules []*Rule
	for _, r := range t.set.Rules {
		if r.File == f.name && r.Kind != KindFilter && !r.silent {
			rules = append(rules, r)
		}
	}
	fail := func(r *Rule, err error) {
		t.jobs = append(t.jobs, &testJob{result: TestResult{File: casesFile(f.name), Rule: r, Err: err}})
	}
	if f.cases == nil {
		for _, r := range rules {
			fail(r, errors.New("the rule has no cases: the file with them is missing"))
		}
		return
	}
	list, err := parseCases(f.cases)
	if err != nil {
		fail(nil, inFile(casesFile(f.name), err))
		return
	}
	has := map[*Rule][2]bool{}
	for _, c := range list {
		r, err := caseRule(rules, c)
		if err != nil {
			fail(nil, inFile(casesFile(f.name), err))
			continue
		}
		h := has[r]
		h[0], h[1] = h[0] || c.positive, h[1] || !c.positive
		has[r] = h
		t.jobs = append(t.jobs, &testJob{number: len(t.jobs), test: c, result: TestResult{File: casesFile(f.name), Rule: r, Name: c.name, Positive: c.positive}})
	}
	for _, r := range rules {
		for i, word := range []string{"positive", "negative"} {
			if !has[r][i] {
				fail(r, fmt.Errorf("the rule has no %s case", word))
			}
		}
	}
}

// caseRule finds the rule that a case is for.
func caseRule(rules []*Rule, c *testCase) (*Rule, error) {
	if c.rule == "" && len(rules) == 1 {
		return rules[0], nil
	}
	for _, r := range rules {
		if c.rule != "" && (c.rule == r.ID || c.rule == r.Name) {
			return r, nil
		}
	}
	if c.rule != "" {
		return nil, wrongLine(c.line, "the file beside it has no rule %q that reports findings", c.rule)
	}
	return nil, wrongLine(c.line, "the file beside it has %d rules that report findings; name the one that the case is for: rule: ID", len(rules))
}

// run tries the cases, several at a time.
func (t *tester) run(ctx context.Context) {
	queue := make(chan *testJob)
	var running sync.WaitGroup
	for range max(1, t.o.Threads) {
		running.Go(func() {
			for j := range queue {
				j.result.Err = t.try(ctx, j)
			}
		})
	}
	for _, j := range t.jobs {
		if j.test != nil && ctx.Err() == nil {
			queue <- j
		}
	}
	close(queue)
	running.Wait()
}

// try loads one case and runs its rule.
func (t *tester) try(ctx context.Context, j *testJob) (err error) {
	dir := filepath.Join(t.dir, strconv.Itoa(j.number))
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c, err := t.load(ctx, dir, j.test)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	report, err := t.set.Run(ctx, c, j.result.Rule)
	if err != nil {
		return err
	}
	for _, k := range report.Rules {
		if k.NotApplicable != "" {
			return fmt.Errorf("%s could not run on it: %s", k.Key(), k.NotApplicable)
		}
	}
	switch n := len(report.Findings); {
	case j.test.positive && n == 0:
		return errors.New("the rule finds nothing here, and must")
	case !j.test.positive && n > 0:
		return fmt.Errorf("the rule finds something here, and must not: %d findings, the first with the events %s", n, strings.Join(report.Findings[0].Events, " "))
	}
	return nil
}

// load makes a case of the logs.
func (t *tester) load(ctx context.Context, dir string, test *testCase) (*casefile.Case, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	log := filepath.Join(dir, "log.jsonl")
	if err := os.WriteFile(log, []byte(strings.Join(test.lines, "\n")+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("writing the logs of a case: %w", err)
	}
	threads := int64(max(1, t.o.Threads))
	o := &casefile.LoadOptions{
		Dir: filepath.Join(dir, "test.case"), Paths: []string{log}, Key: t.key, Actor: "rules-test", Tool: t.o.Tool, Now: t.o.Now,
		Threads: 1, Memory: max(t.o.Memory/threads, 256<<20), Progress: new(casefile.Progress),
	}
	if test.format != nil {
		o.Formats = []formats.Format{test.format}
	}
	report, err := casefile.Load(ctx, o)
	if err != nil {
		return nil, err
	}
	for _, it := range report.Items {
		if it.Unparsed > 0 {
			return nil, fmt.Errorf("%d of its records cannot be read as %s", it.Unparsed, it.Format)
		}
	}
	c, err := casefile.Open(ctx, o.Dir, casefile.OpenOptions{Threads: 1, Memory: o.Memory, Temp: dir})
	if errors.Is(err, casefile.ErrEmptyCase) {
		return nil, errors.New("no format reads its records; give the format: NAME")
	}
	return c, err
}

// parseCases reads a file of cases.
func parseCases(text []byte) ([]*testCase, error) {
	docs, err := documents(text)
	if err != nil {
		return nil, err
	}
	if len(docs) != 1 || docs[0].Kind != yaml.MappingNode {
		return nil, errors.New("want one document with the lists positive and negative")
	}
	var list []*testCase
	for i := 0; i < len(docs[0].Content); i += 2 {
		key, body := docs[0].Content[i], docs[0].Content[i+1]
		if key.Value != "positive" && key.Value != "negative" {
			return nil, wrong(key, "there is no %q; there are positive and negative", key.Value)
		}
		if body.Kind != yaml.SequenceNode {
			return nil, wrong(body, "%s must be a list of cases, not %s", key.Value, kindOf(body))
		}
		for _, n := range body.Content {
			c, err := parseCase(n)
			if err != nil {
				return nil, err
			}
			c.positive = key.Value == "positive"
			list = append(list, c)
		}
	}
	return list, nil
}

func parseCase(n *yaml.Node) (*testCase, error) {
	if n.Kind != yaml.MappingNode {
		return nil, wrong(n, "a case must be a map with name and records or events, not %s", kindOf(n))
	}
	c := &testCase{line: n.Line}
	var err error
	for i := 0; i < len(n.Content) && err == nil; i += 2 {
		key, body := n.Content[i], n.Content[i+1]
		switch key.Value {
		case "name":
			c.name, err = textOf(body, "name")
		case "rule":
			c.rule, err = textOf(body, "rule")
		case "format":
			f, ok := formats.ByName(body.Value)
			if c.format = f; !ok {
				err = wrong(body, "there is no format %q; exhibit formats lists them", body.Value)
			}
		case "records", "events":
			if c.lines != nil {
				return nil, wrong(key, "a case has either records or events")
			}
			c.events = key.Value == "events"
			err = c.parseLines(body)
		default:
			err = wrong(key, "a case has no %q; there are name, rule, format, records and events", key.Value)
		}
	}
	switch {
	case err != nil:
		return nil, err
	case c.name == "":
		return nil, wrong(n, "the case has no name")
	case c.lines == nil:
		return nil, wrong(n, "the case has neither records nor events")
	}
	return c, nil
}

// exportHead begins the events of a case as exhibit events writes them.
const exportHead = `{"type":"config","tool":"exhibit","version":"rules-test","schema_version":1}`

// parseLines turns records or events into lines.
func (c *testCase) parseLines(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return wrong(n, "want a list of at least one, not %s", kindOf(n))
	}
	if c.events {
		c.lines = append(c.lines, exportHead)
	}
	for _, x := range n.Content {
		if !c.events && x.Kind == yaml.ScalarNode && x.ShortTag() == "!!str" {
			c.lines = append(c.lines, x.Value)
			continue
		}
		if x.Kind != yaml.MappingNode {
			return wrong(x, "want a map, not %s", kindOf(x))
		}
		if c.events {
			for i := 0; i < len(x.Content); i += 2 {
				if _, ok := formats.ColumnByName(x.Content[i].Value); !ok {
					return wrong(x.Content[i], "events have no column %q; exhibit rules list --fields lists them", x.Content[i].Value)
				}
			}
		}
		line, err := appendJSON(nil, x)
		if err != nil {
			return err
		}
		if c.events {
			line = slices.Concat([]byte(`{"type":"row","table":"events","row":`), line, []byte("}"))
		}
		c.lines = append(c.lines, string(line))
	}
	return nil
}

// appendJSON writes YAML as JSON. Members keep their order, and times stay as
// they were written.
func appendJSON(dst []byte, n *yaml.Node) ([]byte, error) {
	var err error
	switch n.Kind {
	case yaml.MappingNode, yaml.SequenceNode:
		step, open, end := 1, byte('['), byte(']')
		if n.Kind == yaml.MappingNode {
			step, open, end = 2, '{', '}'
		}
		dst = append(dst, open)
		for i := 0; i < len(n.Content); i += step {
			if i > 0 {
				dst = append(dst, ',')
			}
			if step == 2 {
				if dst, err = appendText(dst, n.Content[i].Value); err != nil {
					return nil, err
				}
				dst = append(dst, ':')
			}
			if dst, err = appendJSON(dst, n.Content[i+step-1]); err != nil {
				return nil, err
			}
		}
		return append(dst, end), nil
	}
	switch n.ShortTag() {
	case "!!null":
		return append(dst, "null"...), nil
	case "!!bool":
		return strconv.AppendBool(dst, isTrue(n)), nil
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			return append(dst, n.Value...), nil
		}
		f, err := numberOf(n)
		if err != nil {
			return nil, err
		}
		return strconv.AppendFloat(dst, f, 'g', -1, 64), nil
	}
	return appendText(dst, n.Value)
}

func appendText(dst []byte, s string) ([]byte, error) {
	b, err := json.Marshal(s)
	return append(dst, b...), err
}
