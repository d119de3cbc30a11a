package formats

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// TestSpeed prints how fast every format is detected and decoded, and fails when
// one misses its bar. It measures only when asked, with nothing else running:
//
//	EXHIBIT_BENCH=1 go test -count=1 -run TestSpeed -v ./formats
//
// Each format's cases are repeated to 256 KiB each, and framed and decoded as a
// load does, in turns with bedrock's JSON; the figure is the median over the rounds
// of the bytes per second, and the ratio is to bedrock's in the same round.
// Bars: half of bedrock's bytes per second for the JSON of every format, and 1 ms
// for the detection of a file of 8 KiB by all formats together. What else a format
// reads, rows of a table and lines of plain text, has a row of its own without a
// bar: its records are a fraction as long, and each is an event as well. What a
// case holds is decided in [benchLog.holds] and nowhere else.
//
// Short records of many members decode slower per byte than long texts, whoever
// wrote them, so that the cases of a format decide its figure as much as its
// code does. Cases are made to show every member once.
func TestSpeed(t *testing.T) {
	if os.Getenv("EXHIBIT_BENCH") == "" {
		t.Skip("EXHIBIT_BENCH is not set: speed is measured only when asked for")
	}
	groups, base := benchGroups(t)
	const rounds = 7
	for range rounds {
		for _, g := range groups {
			measure := decodeRate(t, bedrock{}, base)
			rate := decodeRate(t, g.format, g.logs)
			g.rates, g.ratios = append(g.rates, rate), append(g.ratios, rate/measure)
		}
	}
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "format\tof\tMB/s\tof bedrock\tbar\tdetection")
	for _, g := range groups {
		name, ratio, detection, bar := g.format.Name(), median(g.ratios), detectionTime(g.logs), "none"
		if g.holds == holdsJSON {
			bar = "0.50"
			if ratio < 0.5 {
				t.Errorf("the JSON of %s is decoded at %.3f of the speed of bedrock's, less than half", name, ratio)
			}
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%.0f\t%.2f\t%s\t%v\n", name, g.holds, median(g.rates)/1e6, ratio, bar, detection.Round(time.Microsecond))
		if detection > time.Millisecond {
			t.Errorf("%s takes %v to detect", name, detection)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + out.String())
}

// benchGroup is what is timed together: the cases of a format that hold the same.
type benchGroup struct {
	format        Format
	holds         string
	logs          []benchLog
	rates, ratios []float64 // of each round
}

// benchGroups returns what is timed, and the cases that are the measure.
func benchGroups(t testing.TB) (groups []*benchGroup, base []benchLog) {
	t.Helper()
	logs := benchLogs(t)
	for _, f := range All() {
		for _, what := range []string{holdsJSON, holdsRows, holdsText} {
			g := &benchGroup{format: f, holds: what}
			for _, log := range logs[f.Name()] {
				if log.holds(t, f) == what {
					g.logs = append(g.logs, log)
				}
			}
			if len(g.logs) > 0 {
				groups = append(groups, g)
			}
			if what == holdsJSON && f.Name() == "bedrock" {
				base = g.logs
			}
		}
	}
	return groups, base
}

// What a case holds.
const (
	holdsJSON = "JSON"
	holdsRows = "rows of a table"
	holdsText = "lines of text"
)

// holds says what a case holds. It is JSON when at least half of the records that
// the format makes events of are, as it is given them: as they stand, or what a
// container's line holds. A row of a table is given to formats as JSON as well; but
// that is made for them, and the bytes that are counted are those of the row.
func (l *benchLog) holds(t testing.TB, f Format) string {
	t.Helper()
	if l.framing.Kind == FrameTable {
		return holdsRows
	}
	all, ofJSON, d := 0, 0, NewDecoder()
	var doc jsontape.Doc
	eachRecord(t, l.once, l.framing, func(record []byte, problem string) {
		d.Clear()
		text, err := d.Open(l.framing, record)
		isJSON := err == nil && doc.Parse(text) == nil
		if problem != "" || d.Decode(f, l.framing, record) != nil || len(d.Events()) == 0 {
			return
		}
		if all++; isJSON {
			ofJSON++
		}
	})
	if ofJSON > 0 && 2*ofJSON >= all {
		return holdsJSON
	}
	return holdsText
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// benchLog is a case, repeated, and how it is cut.
type benchLog struct {
	text    []byte
	framing Framing
	once    []byte // the case itself
}

// benchBytes is how long the repeated case is at least, and how much of each
// format a round decodes at least.
const (
	benchLogBytes = 256 << 10
	benchBytes    = 4 << 20
)

// benchLogs returns the cases of each format. What is repeated is records that
// follow each other: lines, rows below their names, or documents.
func benchLogs(t testing.TB) map[string][]benchLog {
	t.Helper()
	logs := map[string][]benchLog{}
	cases := formatCases(t)
	var names []string
	for name := range cases {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c := cases[name]
		var doc jsontape.Doc
		framing := sampleOf(c.text, &doc).Framing(c.format)
		head, body := []byte(nil), append(bytes.TrimRight(trimBOM(c.text), "\r\n"), '\n')
		if framing.Kind == FrameTable {
			head, body = cutHeader(body)
		}
		text := slices.Concat(head, bytes.Repeat(body, 1+benchLogBytes/len(body)))
		logs[c.format.Name()] = append(logs[c.format.Name()], benchLog{text, framing, c.text})
	}
	return logs
}

// cutHeader returns a table's row of names, and those below it.
func cutHeader(text []byte) (head, rows []byte) {
	i := bytes.IndexByte(text, '\n') + 1
	return text[:i], text[i:]
}

// decodeRate frames and decodes the logs over and over and returns the bytes
// per second.
func decodeRate(t *testing.T, f Format, logs []benchLog) float64 {
	t.Helper()
	d := NewDecoder()
	var block Block
	size := 0
	start := time.Now()
	for size < benchBytes {
		for _, log := range logs {
			s := NewScanner(bytes.NewReader(log.text), log.framing, 0)
			s.target = 64 << 10
			d.Context = Context{}
			for {
				err := s.Next(&block)
				d.Reset()
				for _, span := range block.Records {
					d.Clear()
					_ = d.Decode(f, log.framing, block.Data[span.Start:span.End]) // broken records are part of the cases
				}
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			size += len(log.text)
		}
	}
	return float64(size) / time.Since(start).Seconds()
}

// detectionTime is the longest that finding the format of one of the logs takes.
func detectionTime(logs []benchLog) time.Duration {
	var doc jsontape.Doc
	longest := time.Duration(0)
	for _, log := range logs {
		const times = 20
		text := log.once
		start := time.Now()
		for range times {
			s := NewSample("case", text[:min(len(text), 8<<10)], len(text) <= 8<<10, &doc)
			_, _ = Detect(s, All())
		}
		longest = max(longest, time.Since(start)/times)
	}
	return longest
}
