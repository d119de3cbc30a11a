package cell

import (
	"fmt"
	"strings"
)

// maxHexRow is how many bytes a row of a hex dump has at most.
const maxHexRow = 16

// HexRow is how many bytes one row of [Screen.Hex] shows in width cells, a
// power of two.
func HexRow(width int) int {
	for n := maxHexRow; n > 1; n /= 2 {
		if hexWidth(8, n) <= width {
			return n
		}
	}
	return 1
}

// hexWidth is the width of a row of n bytes with an offset of so many digits:
// "00000000  41 42 43 44  |ABCD|", with one more space after eight bytes.
func hexWidth(digits, n int) int {
	return digits + 1 + 3*n + (n-1)/8 + len("  ||") + n
}

// Hex is a hex dump of b, whose first byte is at offset in what it was cut
// from: [HexRow] bytes a row, each row exactly width cells. What is no
// printable ASCII is a dot. Start and End of a line are bytes of b.
func (sc Screen) Hex(b []byte, offset int64, width int) []Line {
	per := HexRow(width)
	digits := max(8, len(fmt.Sprintf("%x", offset+int64(len(b)))))
	lines := make([]Line, 0, (len(b)+per-1)/per)
	for at := 0; at < len(b); at += per {
		row := b[at:min(at+per, len(b))]
		w := lineWriter{}
		w.ascii(fmt.Sprintf("%0*x ", digits, offset+int64(at)), Punct, false)
		w.ascii(hexBytes(row, per)+"  ", Plain, false)
		w.ascii("|", Punct, false)
		for _, c := range row {
			if c < ' ' || c >= 0x7f {
				w.ascii(".", Plain, true)
			} else {
				w.ascii(string(rune(c)), Plain, false)
			}
		}
		w.ascii("|", Punct, false)
		if w.width > width {
			w, _ = sc.fit(string(w.text), width)
		}
		w.pad(sc, width)
		lines = append(lines, w.line(at, at+len(row)))
	}
	return lines
}

// hexBytes is row as hex numbers, as wide as a row of per bytes.
func hexBytes(row []byte, per int) string {
	var b strings.Builder
	for i := range per {
		if i > 0 && i%8 == 0 {
			b.WriteByte(' ')
		}
		if i < len(row) {
			fmt.Fprintf(&b, " %02x", row[i])
		} else {
			b.WriteString("   ")
		}
	}
	return b.String()
}
