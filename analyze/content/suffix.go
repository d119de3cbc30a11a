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
	if t.Role != RoleUser || !t.Ends {
		return
	}
	from, to := 0, len(t.Raw)
	if templated(t) {
		from, to = untemplated(t.Raw)
	}
	text := bytes.TrimRight(t.Raw[from:to], " \t\r\n")
	if endsInRun(text) {
		return
	}
	p.features = p.reader.Features(p.features[:0], text)
	if score := p.model.Score(p.features); score >= Flagged {
		end := from + len(text)
		report(Sign{Kind: KindJailbreak, Label: jailSuffix, Score: min(score, maxScore), Start: max(from, end-classify.MaxTail), End: end})
	}
}

// templateMarks are what templates of chats put around the words of a user.
func templateMarks() []string {
	return []string{
		"<s>", "[INST]", "[/INST]", "<|begin_of_text|>", "<|start_header_id|>user<|end_header_id|>", "<|start_header_id|>assistant<|end_header_id|>", "<|eot_id|>",
		"<|im_start|>user", "<|im_start|>assistant", "<|im_end|>", "<|user|>", "<|assistant|>", "<|end|>", "<start_of_turn>user", "<start_of_turn>model", "<end_of_turn>",
	}
}

// untemplated says where the words of the user are between the marks of a template:
// those are markup after the end of a sentence, as a suffix is, but the application's.
func untemplated(text []byte) (from, to int) {
	marks := append(templateMarks(), " ", "\t", "\r", "\n")
	to = len(text)
	for before := -1; before != to-from; {
		before = to - from
		for _, mark := range marks {
			if bytes.HasPrefix(text[from:to], []byte(mark)) {
				from += len(mark)
			}
			if bytes.HasSuffix(text[from:to], []byte(mark)) {
				to -= len(mark)
			}
		}
	}
	return from, to
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
