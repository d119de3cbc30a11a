package verdict

import (
	"fmt"
	"math/bits"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// numbers measures the reply. What the log or the server does not say is
// unknown.
func (j *judged) numbers() []Verdict {
	r := j.reply
	out := []Verdict{
		j.similarity(), j.groundedness(),
		millis("latency_ms", r.Latency), millis("ttft_ms", r.TTFT),
		count("input_tokens", r.InputTokens, 1), count("output_tokens", r.OutputTokens, 1), count("cost_usd", r.CostNanoUSD, 1e9),
	}
	length, words := Verdict{Name: "length_bytes"}, Verdict{Name: "length_words"}
	switch {
	case j.failed():
		length.Why = "an error came back and no answer"
	case !r.Complete:
		length.Why = "the reply is not whole"
	default:
		length.Value = NumberOf(float64(len(r.Text)))
		words.Value = NumberOf(float64(len(content.AppendWordHashes(nil, []byte(r.Text)))))
	}
	words.Why = length.Why
	return append(out, length, words)
}

// millis returns a duration as a verdict.
func millis(name string, d *time.Duration) Verdict {
	if d == nil {
		return Verdict{Name: name, Why: "not known"}
	}
	return Verdict{Name: name, Value: NumberOf(float64(d.Microseconds()) / 1000)}
}

// count returns a number of units as a verdict.
func count(name string, n *int64, unit float64) Verdict {
	if n == nil {
		return Verdict{Name: name, Why: "not known"}
	}
	return Verdict{Name: name, Value: NumberOf(float64(*n) / unit)}
}

// maxWords bounds the words of each text that are compared: longer texts are by
// their first.
const maxWords = 1 << 15

// similarity compares the text with the logged one.
func (j *judged) similarity() Verdict {
	v := Verdict{Name: "similarity"}
	logged := &j.request.Logged
	switch {
	case !logged.Complete || logged.Text == "":
		v.Why = "the log does not have the whole reply"
	case j.failed() || !j.reply.Complete:
		v.Why = "the reply is not whole"
	default:
		a, b := content.AppendWordHashes(nil, []byte(logged.Text)), content.AppendWordHashes(nil, []byte(j.reply.Text))
		if len(a) > maxWords || len(b) > maxWords {
			a, b = a[:min(len(a), maxWords)], b[:min(len(b), maxWords)]
			v.Why = fmt.Sprintf("of their first %d words", maxWords)
		}
		v.Value = NumberOf(rougeL(a, b))
	}
	return v
}

// rougeL returns the F measure of ROUGE-L with recall and precision weighed
// alike: twice the longest common subsequence of words over the words of both
// (Lin, "ROUGE: a package for automatic evaluation of summaries", ACL workshop
// 2004). Words are those of analyze/content, neither stemmed nor left out. Of
// two texts without words it is 1.
func rougeL(a, b []uint64) float64 {
	if len(a)+len(b) == 0 {
		return 1
	}
	return 2 * float64(commonLength(a, b)) / float64(len(a)+len(b))
}

// commonLength returns the length of the longest common subsequence, 64 cells of
// the table in one step (Crochemore, Iliopoulos, Pinzon, Reid, "A fast and
// practical bit-vector algorithm for the longest common subsequence problem",
// Information Processing Letters 80, 2001).
func commonLength(a, b []uint64) int {
	n := (len(a) + 63) / 64
	places := map[uint64][]uint64{} // by word: a bit for each of its places in a
	for i, w := range a {
		if places[w] == nil {
			places[w] = make([]uint64, n)
		}
		places[w][i/64] |= 1 << (i % 64)
	}
	row := make([]uint64, n)
	for i := range row {
		row[i] = ^uint64(0)
	}
	for _, w := range b {
		match := places[w]
		if match == nil {
			continue
		}
		carry := uint64(0)
		for i, v := range row {
			var sum uint64
			sum, carry = bits.Add64(v, v&match[i], carry)
			row[i] = sum | v&^match[i]
		}
	}
	common := 0
	for i, v := range row {
		if rest := len(a) - 64*i; rest < 64 {
			v |= ^uint64(0) << rest
		}
		common += bits.OnesCount64(^v)
	}
	return common
}

// groundedness compares the text with the context that the request gives: its
// documents and the results of tools. What it cannot see is said at
// [content.Grounded].
func (j *judged) groundedness() Verdict {
	v := Verdict{Name: "groundedness"}
	context := j.ofRole(content.RoleDocument, content.RoleTool)
	switch {
	case len(context) == 0:
		v.Why = "the request gives no documents and no results of tools"
		return v
	case j.failed() || !j.reply.Complete:
		v.Why = "the reply is not whole"
		return v
	case strings.TrimSpace(j.reply.Text) == "":
		v.Why = "the reply has no text"
		return v
	}
	g := content.Grounded(j.reply.Text, context)
	if len(g.Sentences) == 0 {
		v.Why = "the reply has no words to compare"
		return v
	}
	v.Value = NumberOf(g.Score)
	for _, s := range g.Sentences {
		if !s.Supported {
			v.Spans = append(v.Spans, Span{"text", s.Start, s.End, strings.Join(s.Missing, ", ")})
		}
	}
	return v
}
