package content

// automaton finds words anywhere in a text, all at once: that of Aho and
// Corasick ("Efficient string matching", CACM 18 (1975) 333-340) as a table, so
// that each byte costs one step. Bytes that no word holds share one column.
// Every white space is a space, and of several in a row one counts, so that a
// phrase is found wherever its lines break.
type automaton struct {
	class   [256]uint8
	classes uint32
	next    []uint32 // by row and class: the next row, and in the last bit whether a word ends there
	words   []string
	ends    [][]int32 // by state: the words that end there
	more    []uint32  // by state: the next shorter state that ends words, 0 for none
}

// newAutomaton makes an automaton of words in lower case.
func newAutomaton(words []string) *automaton {
	a := &automaton{classes: 1, words: words}
	for _, word := range words {
		for _, c := range []byte(word) {
			if a.class[c] == 0 && a.classes < 256 {
				a.class[c] = uint8(a.classes) //nolint:gosec // below 256
				a.classes++
			}
		}
	}
	for _, c := range []byte("\t\n\v\f\r") {
		a.class[c] = a.class[' ']
	}
	a.grow()
	for i, word := range words {
		a.insert(word, int32(i)) //nolint:gosec // some hundred
	}
	a.link()
	a.pack()
	return a
}

// grow adds a state and returns it.
func (a *automaton) grow() uint32 {
	a.next = append(a.next, make([]uint32, a.classes)...)
	a.ends, a.more = append(a.ends, nil), append(a.more, 0)
	return uint32(len(a.ends) - 1) //nolint:gosec // some thousand
}

func (a *automaton) insert(word string, id int32) {
	state := uint32(0)
	for _, c := range []byte(word) {
		at := state*a.classes + uint32(a.class[c])
		if a.next[at] == 0 {
			to := a.grow()
			a.next[at] = to
		}
		state = a.next[at]
	}
	a.ends[state] = append(a.ends[state], id)
}

// link turns the trie into the automaton: from each state, a byte that leads
// nowhere leads where it leads from the longest other state that the text read
// so far ends with. Breadth first, those are ready before they are needed. A
// state that ends with a space stays where it is when another follows.
func (a *automaton) link() {
	type step struct {
		state uint32
		space bool // whether the state is behind a space
	}
	fail := make([]uint32, len(a.ends))
	space := uint32(a.class[' '])
	var queue []step
	for c, to := range a.next[:a.classes] {
		if to != 0 {
			queue = append(queue, step{to, uint32(c) == space && space != 0}) //nolint:gosec // below 256
		}
	}
	for i := 0; i < len(queue); i++ {
		state := queue[i].state
		back := fail[state]
		if a.more[state] = back; len(a.ends[back]) == 0 {
			a.more[state] = a.more[back]
		}
		for c := range a.classes {
			to := &a.next[state*a.classes+c]
			switch {
			case *to != 0:
				fail[*to] = a.next[back*a.classes+c]
				queue = append(queue, step{*to, c == space && space != 0})
			case c == space && queue[i].space:
				*to = state
			default:
				*to = a.next[back*a.classes+c]
			}
		}
	}
}

// pack makes of the states in the table what find needs of them.
func (a *automaton) pack() {
	for i, state := range a.next {
		ends := uint32(0)
		if len(a.ends[state]) > 0 || a.more[state] != 0 {
			ends = 1
		}
		a.next[i] = state*a.classes<<1 | ends
	}
}

// find calls found for each word in a text in lower case, once for each place,
// in the order of their ends, with where it stands.
func (a *automaton) find(text []byte, found func(word, start, end int32)) {
	row := uint32(0)
	for i, c := range text {
		step := a.next[row+uint32(a.class[c])]
		row = step >> 1
		if step&1 == 0 {
			continue
		}
		for state := row / a.classes; state != 0; state = a.more[state] {
			for _, word := range a.ends[state] {
				start := a.start(text, i+1, a.words[word])
				found(word, int32(start), int32(i+1)) //nolint:gosec // at most MaxText
			}
		}
	}
}

// start is where a word begins that ends at a place: a space in it may be
// several in the text. Where one of its ends is a space, the word may be shorter
// there than it is; that it stands there is known.
func (a *automaton) start(text []byte, end int, word string) int {
	at := end
	for i := len(word) - 1; i >= 0; i-- {
		if at--; word[i] == ' ' {
			for at > 0 && isSpace(text[at-1]) {
				at--
			}
		}
	}
	return max(at, 0)
}

func isSpace(c byte) bool { return c == ' ' || c-'\t' < 5 }
