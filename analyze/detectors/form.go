package detectors

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// formReader says of each answer in which form it stands.
type formReader struct{ found []*[]answerForm }

type answerForm struct {
	hash [sha256.Size]byte
	form int8
}

// The forms of answers, from the least to the most.
const (
	formProse int8 = iota
	formList       // lists, headings, bold words
	formCode       // blocks of code
	formJSON       // nothing but JSON
)

func formOf(text []byte) int8 {
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

func (f *formReader) visitor() func(*casefile.UniqueText, []uint64) error {
	found := new([]answerForm)
	f.found = append(f.found, found)
	return func(u *casefile.UniqueText, _ []uint64) error {
		if u.Role == "assistant" {
			*found = append(*found, answerForm{u.SHA256, formOf(u.Text)})
		}
		return nil
	}
}

// done makes the table answer_form.
func (f *formReader) done(ctx context.Context, r *run) error {
	if err := r.exec(ctx, "answer_form"); err != nil {
		return err
	}
	var all []answerForm
	for _, found := range f.found {
		all = append(all, *found...)
	}
	slices.SortFunc(all, func(a, b answerForm) int { return slices.Compare(a.hash[:], b.hash[:]) })
	return r.c.Append(ctx, "answer_form", len(all), func(i int) []driver.Value { return []driver.Value{all[i].hash[:], all[i].form} })
}
