package content

import (
	"bytes"
	"slices"
	"strings"
)

// postal reports an address of a house as it is written in English: a number,
// one to four words that begin with a capital letter, and a word for a street.
// With a state and its ZIP code after it, it is surely one; without, only where
// a word says so. Addresses of other languages have no form that can be trusted.
func (s *personalScan) postal(from, end int) bool {
	b := s.text.Raw
	if end-from > 6 || end >= len(b) || b[end] != ' ' {
		return false
	}
	at, street := end, 0
	for range 5 {
		word := wordAt(b, at+1)
		if len(word) == 0 || word[0] < 'A' || word[0] > 'Z' {
			break
		}
		first := at == end
		at += 1 + len(word)
		if !first && isStreet(string(word)) {
			street = at
		}
		if at >= len(b) || b[at] != ' ' && b[at] != '.' {
			break
		}
	}
	if street == 0 || glued(b, from, end) {
		return false
	}
	if zip := zipAfter(b, street); zip > 0 {
		return s.add("postal-address", from, zip, 0.85)
	}
	return s.add("postal-address", from, street, 0.15, "address", "street", "live", "lives", "ship", "deliver", "office", "located", "home", "zip", "postcode")
}

// wordAt returns the letters at a place.
func wordAt(b []byte, at int) []byte {
	end := min(at, len(b))
	for end < len(b) && end-at < 24 && (isAlpha(b[end]) || b[end] == '\'') {
		end++
	}
	return b[min(at, len(b)):end]
}

// isStreet knows the words for a street of USPS Publication 28, appendix C1,
// that are in common use.
func isStreet(word string) bool {
	switch strings.ToLower(word) {
	case "street", "st", "avenue", "ave", "road", "rd", "boulevard", "blvd", "lane", "ln", "drive", "dr", "court", "ct", "way", "place", "pl", "terrace", "parkway", "pkwy", "highway", "hwy", "circle", "square", "crescent":
		return true
	}
	return false
}

// zipAfter returns where the ZIP code ends that stands within 60 bytes of a
// place on the same line or the next, after the letters of a state, or 0.
func zipAfter(b []byte, at int) int {
	rest := b[at:min(len(b), at+60)]
	for i := 3; i+5 <= len(rest); i++ {
		if !isDigit(rest[i]) {
			continue
		}
		n := len(rest[i:]) - len(bytes.TrimLeft(rest[i:], "0123456789"))
		if n == 5 && rest[i-1] == ' ' && slices.Contains(states(), string(rest[i-3:i-1])) && !isAlnum(rest[max(0, i-4)]) {
			return at + i + 5
		}
		i += n
	}
	return 0
}

// states lists the abbreviations of USPS Publication 28, appendix B.
func states() []string {
	return strings.Fields("AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA PR RI SC SD TN TX UT VT VA WA WV WI WY")
}
