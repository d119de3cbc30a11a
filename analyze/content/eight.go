package content

import (
	"encoding/binary"
	"math/bits"
)

// Eight bytes of a text are looked at as one number where most of them are of no
// interest (Lamport, "Multiple Byte Processing with Full-Word Instructions", CACM
// 18 (1975) 471-475).
const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// eightAt returns the eight bytes at a place, the first in the lowest bits.
func eightAt(text []byte, at int) uint64 { return binary.LittleEndian.Uint64(text[at:]) }

// within marks the bytes from low to high, which are of ASCII, by their highest
// bits.
func within(eight uint64, low, high byte) uint64 {
	seven := eight &^ highBits
	return (seven + (0x80-uint64(low))*lowBits) &^ (seven + (0x7f-uint64(high))*lowBits) &^ eight & highBits
}

// hasWithin reports whether a text has a byte from low to high, which are of ASCII.
func hasWithin(text []byte, low, high byte) bool {
	for ; len(text) >= 8; text = text[8:] {
		if within(eightAt(text, 0), low, high) != 0 {
			return true
		}
	}
	for _, c := range text {
		if low <= c && c <= high {
			return true
		}
	}
	return false
}

// firstMarked returns which byte is the first that is marked.
func firstMarked(marks uint64) int { return bits.TrailingZeros64(marks) / 8 }

// appendFolded appends text with its ASCII letters in lower case.
func appendFolded(dst, text []byte) []byte {
	from := len(dst)
	dst = append(dst, text...)
	folded := dst[from:]
	for ; len(folded) >= 8; folded = folded[8:] {
		eight := eightAt(folded, 0)
		binary.LittleEndian.PutUint64(folded, eight|within(eight, 'A', 'Z')>>2) // 0x20 makes a letter small
	}
	for i, c := range folded {
		if c-'A' < 26 {
			folded[i] = c + 'a' - 'A'
		}
	}
	return dst
}
