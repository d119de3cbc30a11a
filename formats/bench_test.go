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
// Each format's cases are repeated to about 4 MiB and framed and decoded as a
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

// benchLogs returns the cases of each format, repeated to about 4 MiB. Cases
// that hold one document are repeated as documents that follow each other.
func benchLogs(t *testing.T) map[string][][]byte {
	t.Helper()
	logs := map[string][][]byte{}
	cases := formatCases(t)
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range cases {
			if !yield(name) {
				return
			}
		}
	}) {
		format, _, _ := strings.Cut(name, "/")
		logs[format] = append(logs[format], cases[name].text)
	}
	return logs
}

// benchBytes is how much of each format a round decodes.
const benchBytes = 4 << 20

// decodeRate frames and decodes the logs over and over and returns the bytes
// per second.
func decodeRate(t *testing.T, f Format, logs [][]byte) float64 {
	t.Helper()
	d := NewDecoder()
	var doc jsontape.Doc
	var block Block
	size := 0
	start := time.Now()
	for size < benchBytes {
		for _, text := range logs {
			framing := sampleOf(text, &doc).Framing(f)
			s := NewScanner(bytes.NewReader(text), framing, 0)
			s.target = 64 << 10
			d.Context = Context{}
			for {
				err := s.Next(&block)
				d.Reset()
				for _, span := range block.Records {
					d.Clear()
					_ = d.Decode(f, framing, block.Data[span.Start:span.End]) // broken records are part of the cases
				}
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			size += len(text)
		}
	}
	return float64(size) / time.Since(start).Seconds()
}

// detectionTime is the longest that finding the format of one of the logs takes.
func detectionTime(logs [][]byte) time.Duration {
	var doc jsontape.Doc
	longest := time.Duration(0)
	for _, text := range logs {
		const times = 20
		start := time.Now()
		for range times {
			s := NewSample("case", text[:min(len(text), 8<<10)], len(text) <= 8<<10, &doc)
			_, _ = Detect(s, All())
		}
		longest = max(longest, time.Since(start)/times)
	}
	return longest
}
