package detectors

import (
	"bytes"
	"context"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// formReader says of each answer in which form it stands.
type formReader struct{}

// The forms of answers, from the least to the most.
const (
	formProse int64 = iota
	formList        // lists, headings, bold words
	formCode        // blocks of code
	formJSON        // nothing but JSON
)

func formOf(text []byte) int64 {
	text = bytes.TrimSpace(text[:min(len(text), maxWordBytes)])
	switch {
	case len(text) > 1 && (text[0] == '{' && text[len(text)-1] == '}' || text[0] == '[' && text[len(text)-1] == ']'):
		return formJSON
	case bytes.Contains(text, []byte("```")):
		return formCode
	case bytes.HasPrefix(text, []byte("#")) || bytes.HasPrefix(text, []byte("- ")) || bytes.HasPrefix(text, []byte("* ")) ||
		bytes.Contains(text, []byte("\n- ")) || bytes.Contains(text, []byte("\n* ")) || bytes.Contains(text, []byte("\n#")) || bytes.Contains(text, []byte("**")):
		return formList
	}
	return formProse
}

func (formReader) finder() casefile.TextFinder {
	return casefile.TextFinder{Name: "text_form", Version: "1", Ints: []string{"form"}}
}

func (formReader) visitor() (textVisitor, error) {
	var form [1]int64
	return func(t *readText, add func(casefile.TextFact)) {
		if t.Role == "assistant" {
			form[0] = formOf(t.Text)
			add(casefile.TextFact{Ints: form[:]})
		}
	}, nil
}

// tables makes the table answer_form.
func (formReader) tables(ctx context.Context, r *run) error { return r.exec(ctx, "answer_form") }
