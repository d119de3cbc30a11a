package detectors

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// promptLeak finds answers that give away the system prompt of their call.
type promptLeak struct{}

func (promptLeak) about() *analyze.About {
	return &analyze.About{
		ID: "exfiltration.prompt-leak", Version: 1, Severity: analyze.SeverityMedium,
		Title: "An answer gave away the system prompt",
		Why: "Instructions tell an attacker what a model is kept from, which tools it has, and sometimes secrets. Looked at is how much of the system prompt of a call " +
			"its answer has: passages of eight words and more word for word, and sentences whose words it has. Passages that answers of the same " +
			"application repeat on many days, such as a notice, do not count.",
		Tags:  []string{"atlas.aml.t0056", "atlas.aml.t0069.002", "owasp.llm07"},
		Needs: []string{"text"},
		FalsePositives: []string{
			"a developer who asks an application of their own for its instructions",
			"a prompt that holds texts which the application is to give out",
		},
		Triage:  []string{"read the question: was the prompt asked for?", "look what the prompt holds: secrets, names of tools, rules that can now be worked around", "see what the actor asked next"},
		Collect: []string{"the conversation, and the system prompt with its history"},
		Contain: []string{"take secrets out of the prompt and change them", "let the gateway refuse answers that repeat the prompt"},
	}
}

// echoed is a call whose answer may give away its system prompt.
type echoed struct {
	eid, at                      int64
	actor, app, prompt, response string // the latter two are hashes
	// share is how much of the prompt the answer has, verbatim how much word for
	// word; words is how many.
	share, verbatim float64
	words           int
}

const (
	// leakShare is the share of a prompt from which on it counts as given away, and
	// leakHigh that from which on it is as good as all.
	leakShare, leakHigh = 0.3, 0.6
	// leakWords is how many words an answer must have of a prompt: a shorter prompt
	// says nothing.
	leakWords = 12
	// usualDays and usualShare say on how many days, and on what share of those on which
	// the prompt was used, a passage is repeated that is usual.
	usualDays, usualShare = 4, 0.25
	// maxEchoed bounds the calls that are looked at, and maxAnswerChars what of
	// each answer is.
	maxEchoed, maxAnswerChars = 200_000, 40_000
)

func (promptLeak) detect(ctx context.Context, r *run) (*result, error) {
	if err := r.need(ctx, "echo"); err != nil {
		return nil, err
	}
	res := &result{}
	var calls []echoed
	beyond := 0
	err := r.query(ctx, "echo_calls", nil, func(rows *sql.Rows) error {
		var e echoed
		if err := rows.Scan(&e.eid, &e.at, &e.actor, &e.app, &e.prompt, &e.response); err != nil {
			return err
		}
		if len(calls) < maxEchoed {
			calls = append(calls, e)
		} else {
			beyond++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if beyond > 0 {
		res.notes = append(res.notes, fmt.Sprintf("%d more calls whose answers have passages of system prompts were not looked at", beyond))
	}
	days := map[string]int{}
	err = r.query(ctx, "system_prompt_days", nil, func(rows *sql.Rows) error {
		var hash string
		var n int
		err := rows.Scan(&hash, &n)
		days[hash] = n
		return err
	})
	if err != nil {
		return nil, err
	}
	var leaked []echoed
	for len(calls) > 0 {
		end := 1
		for end < len(calls) && calls[end].prompt == calls[0].prompt {
			end++
		}
		some, err := leaksOf(ctx, r.c, calls[:end], days[calls[0].prompt])
		if err != nil {
			return nil, err
		}
		leaked = append(leaked, some...)
		calls = calls[end:]
	}
	res.found = leakFindings(leaked)
	return res, nil
}

// leaksOf returns those of the calls with one system prompt that give it away.
func leaksOf(ctx context.Context, c *casefile.Case, calls []echoed, days int) ([]echoed, error) {
	hashes := []string{calls[0].prompt}
	for i := range calls {
		hashes = append(hashes, calls[i].response)
	}
	slices.Sort(hashes)
	texts, err := c.Texts(ctx, slices.Compact(hashes), maxAnswerChars)
	if err != nil {
		return nil, err
	}
	prompt := texts[calls[0].prompt].Text[:min(len(texts[calls[0].prompt].Text), maxPromptChars)]
	kept := unusual(prompt, calls, texts, days)
	size := len(content.AppendWordHashes(nil, []byte(kept)))
	if size < leakWords {
		return nil, nil
	}
	var leaked []echoed
	for i := range calls {
		e := calls[i]
		answer := texts[e.response].Text
		o := content.SystemOverlap(kept, answer)
		e.verbatim = o.Share
		e.share = max(o.Share, sentencesIn(kept, answer))
		e.words = int(math.Round(e.share * float64(size)))
		if e.share >= leakShare && e.words >= leakWords {
			leaked = append(leaked, e)
		}
	}
	return leaked, nil
}

// unusual returns a prompt without the passages that answers repeat on many days.
func unusual(prompt string, calls []echoed, texts map[string]casefile.Text, days int) string {
	if days < usualDays {
		return prompt
	}
	on := make([]int, len(prompt)) // days on which a byte is repeated
	last := make([]int64, len(prompt))
	for i := range calls {
		today := calls[i].at/day + 1
		for _, repeat := range content.SystemOverlap(prompt, texts[calls[i].response].Text).Repeats {
			for at := repeat.SourceStart; at < repeat.SourceEnd; at++ {
				if last[at] != today {
					last[at] = today
					on[at]++
				}
			}
		}
	}
	limit := max(usualDays, int(usualShare*float64(days)))
	kept := make([]byte, 0, len(prompt))
	for at := range len(prompt) {
		if on[at] < limit {
			kept = append(kept, prompt[at])
		}
	}
	return string(kept)
}

// sentencesIn is the share of the words of a prompt that stand in those of its sentences
// whose words an answer has nearly all, 0 where those are fewer than three.
func sentencesIn(prompt, answer string) float64 {
	words, given, n := 0, 0, 0
	for _, s := range content.Grounded(prompt, []string{answer}).Sentences {
		size := s.Words + s.Values
		words += size
		if s.Words >= 3 && s.Coverage >= 0.8 {
			given += size
			n++
		}
	}
	if n < 3 || words == 0 {
		return 0
	}
	return float64(given) / float64(words)
}

// leakFindings makes one finding of the calls of an actor, a prompt and a day.
func leakFindings(leaked []echoed) []found {
	type key struct {
		prompt, who string
		day         int64
	}
	at := map[key]int{}
	var list []found
	for i := range leaked {
		e := &leaked[i]
		who := e.actor
		if who == "" {
			who = "nobody known"
		}
		k := key{e.prompt, who, e.at / day}
		n, ok := at[k]
		if !ok {
			n = len(list)
			at[k] = n
			f := found{}
			f.Subject, f.Actor = who, e.actor
			f.Bucket = time.UnixMicro(e.at).UTC().Format(time.DateOnly) + " " + e.prompt[:16]
			f.First = time.UnixMicro(e.at).UTC()
			f.Facts = []analyze.Fact{{Name: "share", Value: 0.0}, {Name: "share_word_for_word", Value: 0.0}, {Name: "system_prompt_sha256", Value: e.prompt}}
			list = append(list, f)
		}
		f := &list[n]
		f.eids = append(f.eids, e.eid)
		f.Last = time.UnixMicro(e.at).UTC()
		if share := math.Round(e.share*100) / 100; share > f.Facts[0].Value.(float64) || len(f.eids) == 1 { //nolint:forcetypeassert // set above
			f.Facts[0].Value, f.Facts[1].Value = share, math.Round(e.verbatim*100)/100
			f.Severity = analyze.SeverityMedium
			if share >= leakHigh {
				f.Severity = analyze.SeverityHigh
			}
			of := e.app
			if of == "" {
				of = who
			}
			f.Title = fmt.Sprintf("An answer of %s gave away %.0f %% of its system prompt", of, 100*share)
			f.Explanation = fmt.Sprintf("The answer has %.0f %% of the words of the system prompt, %.0f %% of them word for word.", 100*share, 100*e.verbatim)
		}
		slices.Sort(f.eids)
	}
	return list
}
