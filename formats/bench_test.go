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
// load does, in turns with bedrock's; the figure is the median over the rounds
// of the bytes per second, and the ratio is to bedrock's in the same round.
// Bars: half of bedrock's bytes per second, and 1 ms for the detection of a file
// of 8 KiB by all formats together.
//
// Short records of many members decode slower per byte than long texts, whoever
// wrote them, so that the cases of a format decide its figure as much as its
// code does. Cases are made to show every member once.
func TestSpeed(t *testing.T) {
	if os.Getenv("EXHIBIT_BENCH") == "" {
		t.Skip("EXHIBIT_BENCH is not set: speed is measured only when asked for")
	}
	logs := benchLogs(t)
	const rounds = 5
	rates, ratios := map[string][]float64{}, map[string][]float64{}
	for range rounds {
		for _, f := range All() {
			base := decodeRate(t, bedrock{}, logs["bedrock"])
			rate := decodeRate(t, f, logs[f.Name()])
			rates[f.Name()] = append(rates[f.Name()], rate)
			ratios[f.Name()] = append(ratios[f.Name()], rate/base)
		}
	}
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "format\tMB/s\tof bedrock\tdetection")
	for _, f := range All() {
		ratio, detection := median(ratios[f.Name()]), detectionTime(logs[f.Name()])
		_, _ = fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%v\n", f.Name(), median(rates[f.Name()])/1e6, ratio, detection.Round(time.Microsecond))
		if ratio < 0.5 {
			t.Errorf("%s is decoded at %.2f of bedrock's speed, less than half", f.Name(), ratio)
		}
		if detection > time.Millisecond {
			t.Errorf("%s takes %v to detect", f.Name(), detection)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + out.String())
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
// follow each other: lines, rows below their names, or documents. Rows are left out
// where a format has other cases: the bars are for JSON, and bedrock's are the measure.
func benchLogs(t *testing.T) map[string][]benchLog {
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
	for name, list := range logs {
		table := func(log benchLog) bool { return log.framing.Kind == FrameTable }
		if !slices.ContainsFunc(list, func(log benchLog) bool { return !table(log) }) {
			continue
		}
		logs[name] = slices.DeleteFunc(list, table)
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
