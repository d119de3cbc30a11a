package corpora

import (
	"bytes"
	_ "embed"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/content/classify"
)

// Sample is an example to learn from, and where it is from.
type Sample struct {
	classify.Example
	Text string
	// Group is what must not stand on both sides of a split: replies to the same
	// question, prompts for the same goal.
	Group  string
	Source string // the model, or the method
}

// ownCode is code of many languages on one line each, made up: dense in marks as
// a suffix is, and no suffix.
//
//go:embed code.txt
var ownCode string

// RefusalOptions say how the weights of refusals are learned.
func RefusalOptions() classify.Options {
	return classify.Options{Bits: 13, Ridge: 1e-4, Iterations: 200}
}

// SuffixOptions say how the weights of suffixes are learned.
func SuffixOptions() classify.Options {
	return classify.Options{Bits: 11, Ridge: 1e-4, Iterations: 80}
}

// RefusalSamples are the replies of XSTest, which two people read; and, as
// replies that are no refusals, those that JailbreakBench's judge found to do
// what was asked, and e-mails, which are no replies at all. The latter two count
// less: they are there so that harm alone, and courtesy alone, are none.
func RefusalSamples(root string) ([]Sample, error) {
	replies, err := Replies(root)
	if err != nil {
		return nil, err
	}
	reader := classify.NewReplyReader()
	var samples []Sample
	add := func(text, group, source string, is bool, weight float64) {
		features := reader.Features(nil, bytes.ToLower([]byte(text)))
		samples = append(samples, Sample{classify.Example{Features: features, Is: is, Weight: weight}, text, group, source})
	}
	for _, r := range replies {
		add(r.Text, r.Prompt, r.Model, r.Refusal, 1)
	}
	attempts, err := Attempts(root)
	if err != nil {
		return nil, err
	}
	for _, a := range attempts {
		if a.Jailbroken {
			add(a.Reply, a.Goal, "jailbroken", false, 0.3)
		}
	}
	mails, err := Mails(root)
	if err != nil {
		return nil, err
	}
	for _, mail := range mails {
		add(mail, mail, "mail", false, 0.2)
	}
	return samples, nil
}

// suffixWeight is what a prompt with a suffix counts: there are few beside what
// has none.
const suffixWeight = 6

// SuffixSamples are the prompts of JailbreakBench that greedy coordinate
// gradient search found; and, as texts without such a suffix, all others that
// there are, whole and by line: questions, prompts, replies, e-mails, and code,
// which is also written without line ends here.
func SuffixSamples(root string) ([]Sample, error) {
	texts, err := plainTexts(root)
	if err != nil {
		return nil, err
	}
	attempts, err := Attempts(root)
	if err != nil {
		return nil, err
	}
	var samples []Sample
	var reader classify.TailReader
	add := func(text, group, source string, is bool, weight float64) {
		if features := reader.Features(nil, []byte(text)); len(features) > 0 {
			slices.Sort(features) // sums of learning depend on the order
			samples = append(samples, Sample{classify.Example{Features: features, Is: is, Weight: weight}, text, group, source})
		}
	}
	for _, a := range attempts {
		if a.Method == "GCG" {
			add(a.Prompt, a.Goal, a.Method+" "+a.Model, true, suffixWeight)
		} else {
			texts = append(texts, plain{a.Prompt, a.Goal})
		}
		texts = append(texts, plain{a.Reply, a.Goal})
	}
	for _, p := range texts {
		add(p.text, p.group, "", false, 1)
		add(strings.ReplaceAll(p.text, "\n", " "), p.group, "", false, 1)
		for line := range strings.Lines(p.text) {
			add(line, p.group, "", false, 1)
		}
	}
	return samples, nil
}

type plain struct{ text, group string }

func plainTexts(root string) ([]plain, error) {
	var texts []plain
	each := func(list []string) {
		for _, text := range list {
			texts = append(texts, plain{text, text})
		}
	}
	safe, unsafe, err := Questions(root)
	if err != nil {
		return nil, err
	}
	each(safe)
	each(unsafe)
	mails, err := Mails(root)
	if err != nil {
		return nil, err
	}
	each(mails)
	contexts, err := Contexts(root)
	if err != nil {
		return nil, err
	}
	each(contexts)
	replies, err := Replies(root)
	if err != nil {
		return nil, err
	}
	for _, r := range replies {
		texts = append(texts, plain{r.Text, r.Prompt})
	}
	plants, codes, err := Plants(root)
	if err != nil {
		return nil, err
	}
	for _, p := range append(plants, codes...) {
		texts = append(texts, plain{p.Text, p.Goal})
	}
	for line := range strings.Lines(ownCode) {
		for range 3 {
			texts = append(texts, plain{"Why does this not work? " + line, line})
		}
	}
	for _, name := range []string{"langfuse/*.json", "claude_code/*.jsonl", "panther/*.jsonl"} {
		files, err := pieces(root, name)
		if err != nil {
			return nil, err
		}
		texts = append(texts, files...)
	}
	return texts, nil
}
