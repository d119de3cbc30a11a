package detectors

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// reworded finds conversations in which a request was refused, said in other
// words, and then answered.
type reworded struct{}

func (reworded) about() *analyze.About {
	return &analyze.About{
		ID: "content.refused-then-answered", Version: 2, Severity: analyze.SeverityMedium,
		Title: "A request was refused, reworded, and then answered",
		Why: "Looking for words that a model lets pass is how its rules are broken in practice, whatever the words. A later request of " +
			"the same conversation counts when it shares what it is about with the refused one: the rarer words of both, or half of " +
			"its words in a row, which is the same request in another wrapping.",
		Tags:  []string{"atlas.aml.t0054", "atlas.aml.t0065", "owasp.llm01"},
		Needs: []string{"text"},
		Thresholds: []analyze.Threshold{
			{Name: "hours", Default: 2, Unit: "hours", What: "after a refusal in which a request can be the same in other words"},
			{Name: "share", Default: 0.5, Unit: "share", What: "of the weight of the words of the lighter request that the other must have too"},
		},
		FalsePositives: []string{"a harmless request that was refused by mistake and then explained", "a tool that failed and was tried again"},
		Triage:         []string{"read the refused request, what was asked in the end, and the answer", "see whether the same actor did so on other days"},
		Collect:        []string{"the conversation with its answers"},
		Contain:        []string{"let the guardrail look at the conversation instead of the last request", "talk to the person before taking access away"},
	}
}

// spoken is one call of a talk.
type spoken struct {
	talk, actor, prompt string // prompt is the hash of what was asked
	eid, at             int64
	refused             bool
	session             bool // the talk is a session
}

const (
	// rewordedLeast is how many of their words two requests must share.
	rewordedLeast = 3
	// rewordedNext is how many calls after a refusal are compared with it where
	// there are no sessions: what a program asks later is about other things.
	rewordedNext = 5
	// rewordedRun is how many words in a row two requests must share at least, beyond
	// what both begin with, to be the same in another wrapping: fewer are a manner of
	// speaking.
	rewordedRun = 6
	// rewordedWords bounds the characters of a request that are compared.
	rewordedWords = 4000
)

func (d reworded) detect(ctx context.Context, r *run) (*result, error) {
	hours, err := r.threshold(d.about(), "hours")
	if err != nil {
		return nil, err
	}
	share, err := r.threshold(d.about(), "share")
	if err != nil {
		return nil, err
	}
	if err := r.need(ctx, "said_sign"); err != nil {
		return nil, err
	}
	var calls []spoken
	var hashes []string
	err = r.query(ctx, "reworded", []any{sql.Named("next", rewordedNext)}, func(rows *sql.Rows) error {
		var s spoken
		if err := rows.Scan(&s.talk, &s.actor, &s.eid, &s.at, &s.refused, &s.prompt, &s.session); err != nil {
			return err
		}
		if len(calls) >= maxSpoken {
			return fmt.Errorf("more than %d calls stand in conversations with a refusal", maxSpoken)
		}
		calls, hashes = append(calls, s), append(hashes, s.prompt)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(hashes)
	texts, err := r.c.Texts(ctx, slices.Compact(hashes), rewordedWords)
	if err != nil {
		return nil, err
	}
	about := weigh(calls, texts)
	res := &result{}
	for at := 0; at < len(calls); {
		end := at + 1
		for end < len(calls) && calls[end].talk == calls[at].talk {
			end++
		}
		if f, ok := rewordedIn(calls[at:end], about, hours*time.Hour.Seconds()*1e6, share); ok {
			res.found = append(res.found, f)
		}
		at = end
	}
	return res, nil
}

// maxSpoken bounds the calls that are held in memory, at about 300 bytes each.
const maxSpoken = 500_000

// rewordedIn looks for the first request of a talk that was answered after one
// about the same was refused, within microseconds.
func rewordedIn(talk []spoken, about *weighed, within, share float64) (found, bool) {
	for j := range talk {
		answer := &talk[j]
		if answer.refused {
			continue
		}
		var refused []int64
		for i := range talk[:j] {
			s := &talk[i]
			if !s.session && j-i > rewordedNext {
				continue
			}
			if s.refused && s.prompt != answer.prompt && float64(answer.at-s.at) <= within && about.same(s.prompt, answer.prompt, share) {
				refused = append(refused, s.eid)
			}
		}
		if len(refused) == 0 {
			continue
		}
		f := found{eids: append(refused, answer.eid)}
		f.Finding = analyze.Finding{
			Subject: answer.actor, Actor: answer.actor, Bucket: answer.talk,
			Title: fmt.Sprintf("%s was refused, reworded, and was answered", answer.actor),
			Explanation: fmt.Sprintf("%s about the same was refused before the model answered; the first of them %s earlier.",
				counted(len(refused), "request"), time.Duration(answer.at-firstAt(talk, refused[0]))*time.Microsecond),
			First: time.UnixMicro(firstAt(talk, refused[0])).UTC(), Last: time.UnixMicro(answer.at).UTC(),
			Facts: []analyze.Fact{{Name: "refused_before", Value: int64(len(refused))}},
		}
		if len(refused) >= 3 {
			f.Severity = analyze.SeverityHigh
		}
		return f, true
	}
	return found{}, false
}

func firstAt(talk []spoken, eid int64) int64 {
	for i := range talk {
		if talk[i].eid == eid {
			return talk[i].at
		}
	}
	return 0
}

// weighed are requests with the weights of their words: the fewer talks a word
// stands in, the more it says of what a request is about (inverse document
// frequency; Spärck Jones, Journal of Documentation 28, 1972).
type weighed struct {
	texts map[string]string // by hash
	talks map[string]int    // in which a word stands
	all   int
}

func weigh(calls []spoken, texts map[string]casefile.Text) *weighed {
	w := &weighed{texts: map[string]string{}, talks: map[string]int{}}
	for hash, text := range texts {
		w.texts[hash] = strings.ToLower(text.Text)
	}
	last := map[string]string{}
	for i := range calls {
		if i == 0 || calls[i].talk != calls[i-1].talk {
			w.all++
		}
		for word := range subjectWords(w.texts[calls[i].prompt]) {
			if last[word] != calls[i].talk {
				last[word] = calls[i].talk
				w.talks[word]++
			}
		}
	}
	return w
}

// same reports whether two requests ask for the same: they share so much of what
// they are about, or one wraps the other in other words.
func (w *weighed) same(earlier, later string, share float64) bool {
	return w.share(earlier, later) >= share || w.wrapped(w.texts[earlier], w.texts[later])
}

// wrapped reports whether two texts hold the same words in a row, half of those of
// the shorter text at least, and a word among them that says what they are about.
// What both begin with is left out: requests of one template begin alike.
func (w *weighed) wrapped(a, b string) bool {
	first, second := wordsOf(a), wordsOf(b)
	for len(first) > 0 && len(second) > 0 && first[0] == second[0] {
		first, second = first[1:], second[1:]
	}
	if len(first) > wrappedMost || len(second) > wrappedMost {
		return false
	}
	at, n := longestRun(first, second)
	if n < rewordedRun || 2*n < min(len(first), len(second)) {
		return false
	}
	for _, word := range first[at : at+n] {
		if utf8.RuneCountInString(word) >= 5 && !w.usual(word) {
			return true
		}
	}
	return false
}

// wrappedMost is how many words of a text are looked at for a run: a request in a
// wrapping is short, and the time grows with the product of both.
const wrappedMost = 200

// longestRun returns the longest run of words that two lists share: where it stands
// in the first, the earliest of several, and how long it is.
func longestRun(first, second []string) (at, n int) {
	before, now := make([]int, len(second)+1), make([]int, len(second)+1) // runs that end there
	for i, word := range first {
		for k, other := range second {
			now[k+1] = 0
			if word == other {
				now[k+1] = before[k] + 1
			}
			if now[k+1] > n {
				at, n = i+1-now[k+1], now[k+1]
			}
		}
		before, now = now, before
	}
	return at, n
}

// wordsOf returns all words of a text, in order, without the marks of a template.
func wordsOf(text string) []string {
	return strings.FieldsFunc(chatToken.ReplaceAllString(text, " "), betweenWords)
}

func betweenWords(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// share is the share of the weight of the lighter of two requests that both have,
// 0 where they share too few words. Prompts of models that complete texts
// hold the template and the conversation: of these, what both begin with is left
// out.
func (w *weighed) share(earlier, later string) float64 {
	a, b := w.texts[earlier], w.texts[later]
	if templated(a) && templated(b) {
		n := commonPrefix(a, b)
		if b = b[n:]; n*10 < len(a)*8 { // another request after the same instructions
			a = a[n:]
		}
	}
	first, second := subjectWords(a), subjectWords(b)
	common, shared := 0.0, 0
	for _, word := range slices.Sorted(maps.Keys(first)) { // sums depend on their order
		if second[word] {
			common += w.weight(word)
			if !w.usual(word) {
				shared++
			}
		}
	}
	least := min(w.sum(first), w.sum(second))
	if shared < rewordedLeast || least <= 0 {
		return 0
	}
	return common / least
}

// usual reports whether a word says nothing of what a request is about: it stands
// in more than one of ten talks.
func (w *weighed) usual(word string) bool {
	return w.talks[word] > max(2, w.all/10)
}

func (w *weighed) sum(words map[string]bool) float64 {
	sum := 0.0
	for _, word := range slices.Sorted(maps.Keys(words)) {
		sum += w.weight(word)
	}
	return sum
}

func (w *weighed) weight(word string) float64 {
	return math.Log(float64(w.all+2) / float64(w.talks[word]+1))
}

// templated reports whether a text is in the template of a chat for models that
// complete texts: those of Llama, Mistral and the first Claude.
func templated(text string) bool {
	head := text[:min(len(text), 64)]
	return strings.Contains(head, "[inst]") || strings.Contains(head, "<|") || strings.Contains(head, "human:")
}

func commonPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(b) && !utf8.RuneStart(b[n]) {
		n--
	}
	return n
}

// chatToken is what a template puts between the turns of a chat, with the role
// that follows it.
var chatToken = regexp.MustCompile(`<\|[^|>\n]{1,40}\|>(?:system|user|assistant)?|\[/?inst\]|</?s>`)

// subjectWords returns the longer words of a text: those of five letters and more
// say what it is about, the shorter ones how.
func subjectWords(text string) map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsFuncSeq(chatToken.ReplaceAllString(text, " "), betweenWords) {
		if utf8.RuneCountInString(word) >= 5 {
			words[word] = true
		}
	}
	return words
}
