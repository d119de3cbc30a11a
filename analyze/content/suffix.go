package content

import (
	"bytes"
	_ "embed"
	"fmt"
	"sync"

	"github.com/exhibit-forensics/exhibit/analyze/content/classify"
)

//go:embed weights/suffix.bin
var suffixWeights []byte

var sharedSuffix = sync.OnceValues(func() (*classify.Model, error) { //nolint:gochecknoglobals // made once from constants
	return classify.Parse(suffixWeights)
})

// suffix looks for prompts that end in what an optimiser found to make models
// comply: words of several languages and scraps of markup in no order. There is
// nothing to look for in it; a classifier learned which kinds of characters
// follow each other there.
type suffix struct {
	model    *classify.Model
	reader   classify.TailReader
	features classify.Features
}

func newSuffix() (part, error) {
	model, err := sharedSuffix()
	if err != nil {
		return nil, fmt.Errorf("reading the weights of suffixes: %w", err)
	}
	return &suffix{model: model}, nil
}

func (p *suffix) keywords() []string { return nil }

func (p *suffix) scan(t *Text, report func(Sign)) {
	if t.Role != RoleUser || !t.Ends || endsInRun(t.Raw) {
		return
	}
	p.features = p.reader.Features(p.features[:0], t.Raw)
	if score := p.model.Score(p.features); score >= Flagged {
		end := len(bytes.TrimRight(t.Raw, " \t\r\n"))
		report(Sign{Kind: KindJailbreak, Label: jailSuffix, Score: min(score, maxScore), Start: max(0, end-classify.MaxTail), End: end})
	}
}

// maxWord is how long a word of a suffix can be: longer ones are encoded data,
// which another part decodes.
const maxWord = 48

// endsInRun reports whether a text ends, within the tail that is read, in a run
// without white space that is longer than a word.
func endsInRun(text []byte) bool {
	tail := bytes.TrimRight(text[max(0, len(text)-classify.MaxTail):], " \t\r\n")
	for word := range bytes.FieldsSeq(tail) {
		if len(word) > maxWord && !bytes.ContainsAny(word, "({[<") {
			return true
		}
	}
	return false
}
