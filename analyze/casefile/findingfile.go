package casefile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// What an analysis claimed stands in a file among the inputs of the case, one
// finding a line in canonical JSON, in the order in which to look at them. Its
// first line names the evidence, to which the lines refer by number, so that no
// event is ambiguous when more evidence comes. Numbers that are not whole are
// written as texts, for canonical JSON has none.

// findingsHead is the first line.
type findingsHead struct {
	Evidence []string `json:"evidence"` // SHA-256
	Kind     string   `json:"kind"`
	Schema   int64    `json:"schema"`
}

const (
	findingsKind   = "exhibit-findings"
	findingsSchema = 1
	// maxFindingsFile bounds the file when it is read. Ten thousand findings with
	// ten thousand events each are a gigabyte.
	maxFindingsFile = 1 << 30
)

// findingLine is a finding.
type findingLine struct {
	ID          string          `json:"id"`
	Detector    string          `json:"detector"`
	Severity    string          `json:"severity"`
	Subject     string          `json:"subject"`
	Bucket      string          `json:"bucket,omitempty"`
	Title       string          `json:"title"`
	Explanation string          `json:"explanation,omitempty"`
	First       string          `json:"first,omitempty"`
	Last        string          `json:"last,omitempty"`
	Facts       []factLine      `json:"facts,omitempty"`
	Events      []string        `json:"events,omitempty"` // NUMBER-RECORD or NUMBER-RECORD.PART, the number of the evidence in the first line
	EventCount  int64           `json:"event_count"`
	Actor       string          `json:"actor,omitempty"`
	Test        *testLine       `json:"test,omitempty"`
	Tags        []string        `json:"tags,omitempty"`
	Parts       []string        `json:"parts,omitempty"`
	Score       string          `json:"score"`
	Suppressed  *suppressedLine `json:"suppressed,omitempty"`
}

type factLine struct {
	Name  string `json:"name"`
	Type  string `json:"type"` // string, int, float or bool
	Value string `json:"value"`
}

type testLine struct {
	P     string `json:"p"`
	Q     string `json:"q"`
	Tests int64  `json:"tests"`
}

type suppressedLine struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
	Until  string `json:"until"`
}

// eventPlace is where an event stands.
type eventPlace struct {
	evidence     string // SHA-256
	record, part int64
}

// encodeFindings writes the file. Where finds the place of an event by its id.
func encodeFindings(list []analyze.Finding, where func(id string) (eventPlace, error)) ([]byte, error) {
	places := make([][]eventPlace, len(list))
	var evidence []string
	seen := map[string]bool{}
	for i := range list {
		for _, id := range list[i].Events {
			p, err := where(id)
			if err != nil {
				return nil, fmt.Errorf("keeping finding %s: %w", list[i].ID, err)
			}
			places[i] = append(places[i], p)
			if !seen[p.evidence] {
				seen[p.evidence] = true
				evidence = append(evidence, p.evidence)
			}
		}
	}
	slices.Sort(evidence)
	number := map[string]int{}
	for i, sum := range evidence {
		number[sum] = i
	}
	var buf bytes.Buffer
	add := func(line any) error {
		data, err := ledger.Canonical(line)
		buf.Write(append(data, '\n'))
		return err
	}
	if err := add(findingsHead{Evidence: append([]string{}, evidence...), Kind: findingsKind, Schema: findingsSchema}); err != nil {
		return nil, err
	}
	for i := range list {
		l := newFindingLine(&list[i])
		for _, p := range places[i] {
			l.Events = append(l.Events, EventID(strconv.Itoa(number[p.evidence]), p.record, p.part))
		}
		if err := add(l); err != nil {
			return nil, fmt.Errorf("keeping finding %s: %w", list[i].ID, err)
		}
	}
	return buf.Bytes(), nil
}

// newFindingLine is the line of a finding, without its events.
func newFindingLine(f *analyze.Finding) *findingLine {
	l := &findingLine{
		ID: f.ID, Detector: f.Detector, Severity: f.Severity.String(), Subject: valid(f.Subject), Bucket: valid(f.Bucket),
		Title: valid(f.Title), Explanation: valid(f.Explanation), First: stamp(f.First), Last: stamp(f.Last), EventCount: f.EventCount,
		Actor: valid(f.Actor), Tags: f.Tags, Parts: f.Parts, Score: float(f.Score),
	}
	for _, fact := range f.Facts {
		n := factLine{Name: valid(fact.Name)}
		switch v := fact.Value.(type) {
		case int64:
			n.Type, n.Value = "int", strconv.FormatInt(v, 10)
		case float64:
			n.Type, n.Value = "float", float(v)
		case bool:
			n.Type, n.Value = "bool", strconv.FormatBool(v)
		default:
			n.Type, n.Value = "string", valid(fmt.Sprint(v))
		}
		l.Facts = append(l.Facts, n)
	}
	if f.Test != nil {
		l.Test = &testLine{P: float(f.Test.P), Q: float(f.Test.Q), Tests: f.Test.Tests}
	}
	if s := f.Suppressed; s != nil {
		l.Suppressed = &suppressedLine{By: valid(s.By), Reason: valid(s.Reason), Until: s.Until.Format(time.DateOnly)}
	}
	return l
}

// valid makes UTF-8 of a text, which canonical JSON wants.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func float(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// stampLayout has the microseconds that events have.
const stampLayout = "2006-01-02T15:04:05.000000Z"

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(stampLayout)
}

// storedFinding is a finding with the places of its events instead of their ids.
type storedFinding struct {
	analyze.Finding
	places []eventPlace
}

// decodeFindings reads the file.
func decodeFindings(data []byte) ([]storedFinding, error) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	var head findingsHead
	if !lines.Scan() {
		return nil, errors.New("reading the findings: the file is empty")
	}
	if err := json.Unmarshal(lines.Bytes(), &head); err != nil {
		return nil, fmt.Errorf("reading the findings: line 1: %w", err)
	}
	if head.Kind != findingsKind || head.Schema != findingsSchema {
		return nil, fmt.Errorf("reading the findings: %.40q of schema %d is not known to this program", head.Kind, head.Schema)
	}
	var out []storedFinding
	for n := 2; lines.Scan(); n++ {
		var l findingLine
		err := json.Unmarshal(lines.Bytes(), &l)
		var f *storedFinding
		if err == nil {
			f, err = l.finding(head.Evidence)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the findings: line %d: %w", n, err)
		}
		out = append(out, *f)
	}
	return out, lines.Err()
}

// finding is newFindingLine the other way.
func (l *findingLine) finding(evidence []string) (*storedFinding, error) {
	f := &storedFinding{Finding: analyze.Finding{
		ID: l.ID, Detector: l.Detector, Subject: l.Subject, Bucket: l.Bucket, Title: l.Title, Explanation: l.Explanation,
		EventCount: l.EventCount, Actor: l.Actor, Tags: l.Tags, Parts: l.Parts,
	}}
	var errs []error
	check := func(err error) { errs = append(errs, err) }
	var err error
	f.Severity, err = analyze.ParseSeverity(l.Severity)
	check(err)
	f.First, err = unstamp(l.First)
	check(err)
	f.Last, err = unstamp(l.Last)
	check(err)
	f.Score, err = strconv.ParseFloat(l.Score, 64)
	check(err)
	for _, n := range l.Facts {
		fact, err := n.fact()
		check(err)
		f.Facts = append(f.Facts, fact)
	}
	if t := l.Test; t != nil {
		f.Test = &analyze.Test{Tests: t.Tests}
		f.Test.P, err = strconv.ParseFloat(t.P, 64)
		check(err)
		f.Test.Q, err = strconv.ParseFloat(t.Q, 64)
		check(err)
	}
	if s := l.Suppressed; s != nil {
		f.Suppressed = &analyze.Suppression{By: s.By, Reason: s.Reason}
		f.Suppressed.Until, err = time.Parse(time.DateOnly, s.Until)
		check(err)
	}
	for _, id := range l.Events {
		p, err := placeOf(id, evidence)
		check(err)
		f.places = append(f.places, p)
	}
	return f, errors.Join(errs...)
}

func (n *factLine) fact() (analyze.Fact, error) {
	fact := analyze.Fact{Name: n.Name, Value: n.Value}
	var err error
	switch n.Type {
	case "string":
	case "int":
		fact.Value, err = strconv.ParseInt(n.Value, 10, 64)
	case "float":
		fact.Value, err = strconv.ParseFloat(n.Value, 64)
	case "bool":
		fact.Value, err = strconv.ParseBool(n.Value)
	default:
		err = fmt.Errorf("%.40q is no type of a fact", n.Type)
	}
	return fact, err
}

func unstamp(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(stampLayout, s)
}

// placeOf reads NUMBER-RECORD or NUMBER-RECORD.PART.
func placeOf(id string, evidence []string) (eventPlace, error) {
	number, rest, _ := strings.Cut(id, "-")
	record, part, parts := strings.Cut(rest, ".")
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil || n >= uint64(len(evidence)) {
		return eventPlace{}, fmt.Errorf("%.40q names no evidence of the first line", id)
	}
	p := eventPlace{evidence: evidence[n]}
	if p.record, err = strconv.ParseInt(record, 10, 64); err == nil && parts {
		p.part, err = strconv.ParseInt(part, 10, 64)
	}
	if err != nil || p.record < 1 || p.part < 0 {
		return eventPlace{}, fmt.Errorf("%.40q is no place of an event", id)
	}
	return p, nil
}
