package formats

import "iter"

// beginsObject reports whether a sample begins with a JSON object.
func beginsObject(s *Sample) bool {
	text := trimBOM(s.Prefix)
	begin := skipBlank(text, 0)
	return begin < len(text) && text[begin] == '{'
}

// maxSampleLines is how many lines of a sample detection looks at.
const maxSampleLines = 64

// sampleLines yields the first whole lines of a sample that are not blank.
func sampleLines(s *Sample) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		text := trimBOM(s.Prefix)
		for n := 0; n < maxSampleLines && len(text) > 0; n++ {
			line, rest := cutLine(text)
			if rest == nil && !s.Whole {
				return
			}
			text = rest
			if len(line) > 0 && line[len(line)-1] == '\r' {
				line = line[:len(line)-1]
			}
			if !blank(line) && !yield(line) {
				return
			}
		}
	}
}
