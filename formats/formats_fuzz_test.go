package formats

import (
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// fuzzDecode decodes anything with a format: it must not crash, must say the
// same twice, and must make events that can be written and read.
func fuzzDecode(f *testing.F, format Format) {
	for name, c := range formatCases(f) {
		if !strings.HasPrefix(name, format.Name()+"/") {
			continue
		}
		for _, line := range strings.SplitAfter(string(c.text), "\n") {
			f.Add([]byte(line))
		}
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var doc jsontape.Doc
		s := sampleOf(text, &doc)
		_ = format.Detect(s) // must not crash
		framing := s.Framing(format)
		first := eventLines(t, format, framing, text)
		diffLines(t, first, eventLines(t, format, framing, text))
		testRoundTrip(t, first)
	})
}

func FuzzDecodeCloudTrail(f *testing.F) { fuzzDecode(f, cloudTrail{}) }

func FuzzDecodeJSONLines(f *testing.F) { fuzzDecode(f, jsonLines{}) }
