package content

// wordTable finds words in a text, all of them in one pass: a set of bits says
// whether three bytes can begin a word, and only then are the words that begin
// so compared. The words are lower-case and have three bytes or more.
type wordTable struct {
	begins [1 << wordBits / 64]uint64
	words  map[uint32][]tableWord // by their first three bytes
}

type tableWord struct {
	text string
	id   int
}

// wordBits is the size of the set: 8 KiB, so that it stays in the cache next to
// the processor and some hundred words fill less than one bit in a hundred.
const wordBits = 16

func wordKey(a, b, c byte) uint32 { return uint32(a) | uint32(b)<<8 | uint32(c)<<16 }

// wordHash is a multiplicative hash (Knuth, The Art of Computer Programming,
// volume 3, section 6.4) of three bytes.
func wordHash(key uint32) uint32 { return key * 2654435769 >> (32 - wordBits) }

func (t *wordTable) add(word string, id int) {
	if t.words == nil {
		t.words = map[uint32][]tableWord{}
	}
	key := wordKey(word[0], word[1], word[2])
	h := wordHash(key)
	t.begins[h/64] |= 1 << (h % 64)
	t.words[key] = append(t.words[key], tableWord{word, id})
}

// find calls found with the id of each word and where it begins, in order of
// place.
func (t *wordTable) find(folded []byte, found func(id, at int)) {
	if len(folded) < 3 {
		return
	}
	key := wordKey(0, folded[0], folded[1])
	for i, c := range folded[2:] {
		key = key>>8 | uint32(c)<<16
		h := wordHash(key)
		if t.begins[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		for _, w := range t.words[key] {
			if rest := folded[i:]; len(rest) >= len(w.text) && string(rest[:len(w.text)]) == w.text {
				found(w.id, i)
			}
		}
	}
}
