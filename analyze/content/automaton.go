package content

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// automaton finds words anywhere in a text, all at once: that of Aho and
// Corasick ("Efficient string matching", CACM 18 (1975) 333-340) as a table, so
// that each byte costs one step. Bytes that no word holds share one column.
// Every white space is a space, and of several in a row one counts, so that a
// phrase is found wherever its lines break.
//
// What a step costs is the wait for the table, so that is laid out for the
// processor's caches: the bytes that words have most are the first columns, the
// states nearest to the beginning the first rows, and several parts of a text
// are read at once ([automaton.block]).
type automaton struct {
	class [256]uint8
	shift uint8    // a row has 1<<shift columns, of which the last few may be of no byte
	next  []uint32 // by row and class: the next row, and in the last bit whether a word ends there
	words []string
	plain []int32   // by word: its length, or 0 of one with spaces
	ends  [][]int32 // by state: the words that end there
	more  []uint32  // by state: the next shorter state that ends words, 0 for none
	depth []uint16  // by state: how many bytes of words lead there
}

// newAutomaton makes an automaton of words in lower case.
func newAutomaton(words []string) *automaton {
	a := &automaton{words: words}
	a.classify()
	a.grow(0)
	a.insert()
	a.link()
	a.pack()
	return a
}

// classify gives the bytes of the words their columns.
func (a *automaton) classify() {
	var counts [256]int
	for _, word := range a.words {
		for _, c := range []byte(word) {
			counts[c]++
		}
	}
	var used []byte
	for c, n := range counts {
		if n > 0 {
			used = append(used, byte(c)) //nolint:gosec // below 256
		}
	}
	slices.SortFunc(used, func(x, y byte) int { return cmp.Or(cmp.Compare(counts[y], counts[x]), cmp.Compare(x, y)) })
	used = used[:min(len(used), 255)] // no text has all bytes, and no list of words
	for i, c := range used {
		a.class[c] = uint8(i + 1) //nolint:gosec // at most 255
	}
	for _, c := range []byte("\t\n\v\f\r") {
		a.class[c] = a.class[' ']
	}
	a.shift = uint8(bits.Len(uint(len(used)))) //nolint:gosec // at most 8
}

// grow adds a state and returns it.
func (a *automaton) grow(depth uint16) uint32 {
	a.next = append(a.next, make([]uint32, 1<<a.shift)...)
	a.ends, a.more, a.depth = append(a.ends, nil), append(a.more, 0), append(a.depth, depth)
	return uint32(len(a.ends) - 1) //nolint:gosec // some thousand
}

// insert adds the words, all of them byte by byte, so that states come in the
// order of their depths.
func (a *automaton) insert() {
	states := make([]uint32, len(a.words))
	for depth, left := uint16(0), len(a.words); left > 0; depth++ {
		left = 0
		for i, word := range a.words {
			if int(depth) >= len(word) {
				continue
			}
			left++
			at := states[i]<<a.shift + uint32(a.class[word[depth]])
			if a.next[at] == 0 {
				to := a.grow(depth + 1)
				a.next[at] = to
			}
			states[i] = a.next[at]
		}
	}
	a.plain = make([]int32, len(a.words))
	for i, state := range states {
		a.ends[state] = append(a.ends[state], int32(i)) //nolint:gosec // some thousand
		if !strings.Contains(a.words[i], " ") {
			a.plain[i] = int32(len(a.words[i])) //nolint:gosec // some bytes
		}
	}
}

// link turns the trie into the automaton: from each state, a byte that leads
// nowhere leads where it leads from the longest other state that the text read
// so far ends with. In the order of depths, those are ready before they are
// needed. A state that ends with a space stays where it is when another follows.
func (a *automaton) link() {
	fail, behind := make([]uint32, len(a.ends)), make([]bool, len(a.ends)) // behind a space
	space := uint32(a.class[' '])
	for state := range uint32(len(a.ends)) { //nolint:gosec // some thousand
		back := fail[state]
		if a.more[state] = back; len(a.ends[back]) == 0 {
			a.more[state] = a.more[back]
		}
		for c := range uint32(1) << a.shift {
			to := &a.next[state<<a.shift+c]
			switch {
			case *to != 0:
				if state != 0 {
					fail[*to] = a.next[back<<a.shift+c]
				}
				behind[*to] = c == space && space != 0
			case c == space && behind[state]:
				*to = state
			default:
				*to = a.next[back<<a.shift+c]
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
		a.next[i] = state<<a.shift<<1 | ends
	}
}

// lanes is how many parts of a text are read at once, each of at least minLane
// and at most maxLane bytes.
const (
	lanes   = 4
	minLane = 32
	maxLane = 256
)

// find calls found for each word in a text in lower case, once for each place,
// in the order of their ends, with where it stands.
func (a *automaton) find(text []byte, found func(word, start, end int32)) {
	row, at := uint32(0), 0
	for len(text)-at >= lanes*minLane {
		size := min((len(text)-at)/lanes, maxLane)
		row = a.block(text, at, size, row, found)
		at += lanes * size
	}
	a.walk(text, at, len(text), row, found)
}

// walk reads a part of a text from a row on and returns that at its end.
func (a *automaton) walk(text []byte, from, to int, row uint32, found func(word, start, end int32)) uint32 {
	for i := from; i < to; i++ {
		step := a.next[row+uint32(a.class[text[i]])]
		if row = step >> 1; step&1 != 0 {
			a.tell(text, i+1, row, found)
		}
	}
	return row
}

// tell calls found for the words that end at a place, the longest first.
func (a *automaton) tell(text []byte, end int, row uint32, found func(word, start, end int32)) {
	for state := row >> a.shift; state != 0; state = a.more[state] {
		for _, word := range a.ends[state] {
			start := end - int(a.plain[word])
			if start == end {
				start = a.start(text, end, a.words[word])
			}
			found(word, int32(start), int32(end)) //nolint:gosec // at most MaxText
		}
	}
}

// block reads as many parts of a text as there are lanes, each of a size, all at
// once: a step of one needs not wait for those of the others. All parts but the
// first begin as if the text did. So words that begin in one part are followed
// into the next, until only what was read there counts: from there on, what the
// next part found is right.
func (a *automaton) block(text []byte, from, size int, row uint32, found func(word, start, end int32)) uint32 {
	var notes [lanes][maxLane]uint32 // by lane: the states in which words end, and in the last bits where
	var counts [lanes]int
	rows := [lanes]uint32{row}
	a.read(text[from:from+lanes*size], &rows, &notes, &counts)
	at := from
	for k := range lanes {
		begin, end, met := from+k*size, from+(k+1)*size, true
		if k > 0 {
			row, at, met = a.goOn(text, begin, end, row, found)
		}
		if !met {
			continue
		}
		for _, note := range notes[k][:counts[k]] {
			if to := begin + int(note%maxLane) + 1; to > at {
				a.tell(text, to, note/maxLane<<a.shift, found)
			}
		}
		row = rows[k]
	}
	return row
}

// read follows the lanes of a block.
func (a *automaton) read(block []byte, rows *[lanes]uint32, notes *[lanes][maxLane]uint32, counts *[lanes]int) {
	size := len(block) / lanes
	t0, t1, t2, t3 := block[:size], block[size:2*size], block[2*size:3*size], block[3*size:4*size]
	t1, t2, t3 = t1[:len(t0)], t2[:len(t0)], t3[:len(t0)]
	r0, r1, r2, r3 := rows[0], rows[1], rows[2], rows[3]
	next := a.next
	for i, c := range t0 {
		s0, s1 := next[r0+uint32(a.class[c])], next[r1+uint32(a.class[t1[i]])]
		s2, s3 := next[r2+uint32(a.class[t2[i]])], next[r3+uint32(a.class[t3[i]])]
		r0, r1, r2, r3 = s0>>1, s1>>1, s2>>1, s3>>1
		if (s0|s1|s2|s3)&1 == 0 {
			continue
		}
		for k, step := range [lanes]uint32{s0, s1, s2, s3} {
			if step&1 != 0 {
				notes[k][counts[k]] = step>>1>>a.shift*maxLane | uint32(i) //nolint:gosec // below maxLane
				counts[k]++
			}
		}
	}
	rows[0], rows[1], rows[2], rows[3] = r0, r1, r2, r3
}

// goOn follows the words of one part of a text into the next one, until the row
// is that of a reader who began there. It returns where that is, or that it is
// nowhere in the part.
func (a *automaton) goOn(text []byte, from, to int, row uint32, found func(word, start, end int32)) (uint32, int, bool) {
	for i, read := from, uint16(0); i < to; i++ {
		if a.depth[row>>a.shift] <= read {
			return row, i, true
		}
		row = a.walk(text, i, i+1, row, found)
		if !isSpace(text[i]) || i == 0 || !isSpace(text[i-1]) {
			read++
		}
	}
	return row, to, false
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
