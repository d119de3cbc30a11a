package content

// Value is a number that a text states, with what it is of.
type Value struct {
	// Number is a hash of the number without signs for thousands.
	Number uint64
	// Of is a hash of the two content words before the number and the word after it,
	// which is often its unit; 0 where there are not two words before it in its sentence.
	Of uint64
}

// AppendValues appends the numbers of two digits and more that a text states to dst. It is
// rougher than [Grounded] and made for many texts: names and dates in words are not looked at.
func AppendValues(dst []Value, text []byte) []Value {
	var before [2]uint64 // content words of the sentence, the last one first
	waiting := -1        // value whose unit comes next
	var buf [maxCommon]byte
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\n' || (c == '.' || c == '!' || c == '?' || c == ';') && i+1 < len(text) && isSpace(text[i+1]):
			before, waiting = [2]uint64{}, -1
			i++
		case c >= 0x80 || isASCIILetter(c) || c-'0' < 10:
			from := i
			letters, digits := 0, 0
			hash := uint64(fnvOffset)
			for i < len(text) {
				c := text[i]
				switch {
				case c-'0' < 10:
					digits++
				case c >= 0x80 || isASCIILetter(c):
					letters++
					c |= 0x20
				case (c == '.' || c == ',') && digits > 0 && letters == 0 && i+1 < len(text) && text[i+1]-'0' < 10:
					if c == ',' {
						i++
						continue
					}
				case c == '-' && i+1 < len(text) && (isASCIILetter(text[i+1]) || text[i+1]-'0' < 10): // an identifier or a date
					letters++
				default:
					goto end
				}
				hash = (hash ^ uint64(c)) * fnvPrime
				i++
			}
		end:
			switch {
			case letters == 0 && digits >= 2:
				v := Value{Number: mix(hash)}
				waiting = -1
				if before[1] != 0 {
					v.Of = mix(before[0]*31 + before[1])
					waiting = len(dst)
				}
				dst = append(dst, v)
			case letters > 0:
				if waiting >= 0 {
					dst[waiting].Of = mix(dst[waiting].Of ^ mix(hash))
					waiting = -1
				}
				if word := text[from:i]; letters > 2 && (len(word) > maxCommon || !isCommon(string(appendFolded(buf[:0], word)))) {
					before = [2]uint64{mix(hash), before[0]}
				}
			}
		default:
			i++
		}
	}
	return dst
}

func isASCIILetter(c byte) bool { return c|0x20-'a' < 26 && c >= 'A' }
