package ledger

import (
	"errors"
	"strings"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// EscapePath writes any bytes as valid UTF-8 so that UnescapePath gives the same bytes back: a backslash becomes \\ and a
// byte that is not part of valid UTF-8 becomes \xHH (lower-case). Other paths stay as they are.
func EscapePath(path string) string {
	if utf8.ValidString(path) && !strings.Contains(path, `\`) {
		return path
	}
	out := make([]byte, 0, len(path)+16)
	for i := 0; i < len(path); {
		r, size := utf8.DecodeRuneInString(path[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			out = append(out, '\\', 'x', hexDigits[path[i]>>4], hexDigits[path[i]&15])
		case r == '\\':
			out = append(out, `\\`...)
		default:
			out = append(out, path[i:i+size]...)
		}
		i += size
	}
	return string(out)
}

// UnescapePath undoes EscapePath. Text that EscapePath cannot have written is an error.
func UnescapePath(s string) (string, error) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			out = append(out, s[i])
		case strings.HasPrefix(s[i:], `\\`):
			out = append(out, '\\')
			i++
		case strings.HasPrefix(s[i:], `\x`) && i+4 <= len(s):
			hi, lo := strings.IndexByte(hexDigits, s[i+2]), strings.IndexByte(hexDigits, s[i+3])
			if hi < 0 || lo < 0 {
				return "", errors.New(`reading an escaped path: \x without two lower-case hex digits`)
			}
			out = append(out, byte(hi<<4|lo))
			i += 3
		default:
			return "", errors.New(`reading an escaped path: a backslash that starts no escape`)
		}
	}
	// \x61 would be a second spelling of a: one path, one spelling.
	if EscapePath(string(out)) != s {
		return "", errors.New(`reading an escaped path: not as EscapePath writes it`)
	}
	return string(out), nil
}
