package indicator

import (
	"errors"
	"fmt"
)

// automaton finds texts anywhere in a text, all at once: that of Aho and
// Corasick ("Efficient string matching", CACM 18 (1975) 333-340) as a table, so
// that each byte costs one step. Bytes that no text holds share one column.
type automaton struct {
	class   [256]uint8
	classes int32
	next    []int32   // by state and class: the next state, as pack makes it
	terms   [][]int32 // by state: the texts that end there
	more    []int32   // by state: the next shorter state that ends texts, 0 for none
}

// maxTable bounds the entries of the table, of four bytes each.
const maxTable = 32 << 20

var errManyTexts = errors.New("the list has more texts than can be searched for at once: leave out some, or say of values that are no texts what they are, as in \"model: m-1\"")

// patterns are texts in lower case, and their terms.
type patterns struct {
	texts [][]byte
	terms []int32
}

// newAutomaton makes an automaton; nil for no texts.
func newAutomaton(p *patterns) (*automaton, error) {
	if len(p.texts) == 0 {
		return nil, nil
	}
	a := &automaton{classes: 1}
	size := 1
	for _, text := range p.texts {
		size += len(text)
		for _, c := range text {
			if a.class[c] == 0 {
				if a.classes == 256 {
					return nil, fmt.Errorf("%w: every byte there is", errManyTexts)
				}
				a.class[c] = uint8(a.classes) //nolint:gosec // below 256
				a.classes++
			}
		}
	}
	if int64(size)*int64(a.classes) > maxTable {
		return nil, errManyTexts
	}
	a.grow()
	for i, text := range p.texts {
		a.insert(text, p.terms[i])
	}
	a.link()
	a.pack()
	return a, nil
}

// grow adds a state and returns it.
func (a *automaton) grow() int32 {
	a.next = append(a.next, make([]int32, a.classes)...)
	a.terms, a.more = append(a.terms, nil), append(a.more, 0)
	return int32(len(a.terms) - 1) //nolint:gosec // below maxTable
}

func (a *automaton) insert(text []byte, term int32) {
	state := int32(0)
	for _, c := range text {
		at := state*a.classes + int32(a.class[c])
		if a.next[at] == 0 {
			to := a.grow()
			a.next[at] = to
		}
		state = a.next[at]
	}
	a.terms[state] = append(a.terms[state], term)
}

// link turns the trie into the automaton: from each state, a byte that leads
// nowhere leads where it leads from the longest other state that the text read
// so far ends with. Breadth first, those are ready before they are needed.
func (a *automaton) link() {
	fail := make([]int32, len(a.terms))
	queue := make([]int32, 0, len(a.terms))
	for _, to := range a.next[:a.classes] {
		if to != 0 {
			queue = append(queue, to)
		}
	}
	for i := 0; i < len(queue); i++ {
		state := queue[i]
		back := fail[state]
		if a.more[state] = back; len(a.terms[back]) == 0 {
			a.more[state] = a.more[back]
		}
		for c := range a.classes {
			to := &a.next[state*a.classes+c]
			if *to == 0 {
				*to = a.next[back*a.classes+c]
				continue
			}
			fail[*to] = a.next[back*a.classes+c]
			queue = append(queue, *to)
		}
	}
}

// pack makes of the states in the table what find needs of them: where their
// row begins, and in the last bit whether a text ends there.
func (a *automaton) pack() {
	for i, state := range a.next {
		ends := int32(0)
		if len(a.terms[state]) > 0 || a.more[state] != 0 {
			ends = 1
		}
		a.next[i] = state*a.classes<<1 | ends
	}
}

// find calls found for each term in a text in lower case, once for each place.
func (a *automaton) find(s []byte, found func(int32)) {
	row := int32(0)
	for _, c := range s {
		step := a.next[row+int32(a.class[c])]
		row = step >> 1
		if step&1 == 0 {
			continue
		}
		for at := row / a.classes; at != 0; at = a.more[at] {
			for _, term := range a.terms[at] {
				found(term)
			}
		}
	}
}
