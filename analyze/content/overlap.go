package content

// Overlap says how much of one text another repeats word for word.
type Overlap struct {
	// Words is how many words the first text has, Repeated how many of them the
	// second repeats, Share the one by the other, 0 to 1.
	Words, Repeated int
	Share           float64
	Repeats         []Repeat // in the order of the second text
}

// Repeat is a passage that stands in both texts, by its bytes in each. They may
// differ in case, spaces and punctuation.
type Repeat struct {
	Start, End             int // in the second text
	SourceStart, SourceEnd int // in the first
}

// overlapWords is how many words in a row must be the same. Eight seldom are by
// chance: it is the length from which Brown et al., "Language models are
// few-shot learners" (2020), appendix C, count overlap at the least.
const overlapWords = 8

// maxCandidates bounds the places of the first text that are tried for one of
// the second, so that texts that say the same again and again take linear time.
const maxCandidates = 8

// SystemOverlap says how much of a system prompt a response repeats word for
// word, in time linear in the two. A prompt of fewer than eight words counts if
// it is repeated whole. Passages in other words, translated or encoded are not
// seen.
func SystemOverlap(systemPrompt, response string) Overlap {
	source, words := textWords(systemPrompt), textWords(response)
	n := min(overlapWords, len(source))
	o := Overlap{Words: len(source)}
	places := map[uint64][]int{}
	for i, gram := range gramHashes(source, n) {
		if len(places[gram]) < maxCandidates {
			places[gram] = append(places[gram], i)
		}
	}
	covered := make([]bool, len(source))
	grams := gramHashes(words, n)
	for i := 0; i < len(grams); {
		at, length := longest(source, words, places[grams[i]], i)
		if length < n {
			i++
			continue
		}
		for k := at; k < at+length; k++ {
			if !covered[k] {
				covered[k] = true
				o.Repeated++
			}
		}
		o.Repeats = append(o.Repeats, Repeat{words[i].from, words[i+length-1].to, source[at].from, source[at+length-1].to})
		i += length
	}
	if o.Words > 0 {
		o.Share = float64(o.Repeated) / float64(o.Words)
	}
	return o
}

// longest returns which of some places of the source goes on for most words as
// the text does at i, and for how many.
func longest(source, words []textWord, places []int, i int) (at, length int) {
	for _, p := range places {
		k := 0
		for p+k < len(source) && i+k < len(words) && source[p+k].hash == words[i+k].hash {
			k++
		}
		if k > length {
			at, length = p, k
		}
	}
	return at, length
}
