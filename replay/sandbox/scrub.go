package sandbox

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/sigv4"
)

// minSecret is the length from which a value is looked for in replies: shorter
// ones, as local servers take for a key, are words that replies may hold.
const minSecret = 8

// scrubber takes the secrets of a request out of the reply to it: some servers
// repeat a key that they refuse. Each byte of one becomes an asterisk, so that
// places in the reply stay what they were.
type scrubber struct {
	next    func(replay.Chunk) error
	secrets [][]byte
	held    []byte // the end of what came, as long as a secret may begin in it
	count   int
}

func newScrubber(next func(replay.Chunk) error, secret []replay.Header) *scrubber {
	return &scrubber{next: next, secrets: secretsOf(secret)}
}

// secretsOf returns the values to look for, each in the spellings that servers
// repeat it in.
func secretsOf(secret []replay.Header) [][]byte {
	var out [][]byte
	for _, h := range secret {
		for _, value := range secretParts(h.Value) {
			if len(value) < minSecret {
				continue
			}
			for _, spelled := range []string{
				value,
				strings.ReplaceAll(value, "/", `\/`), // JSON: RFC 8259, section 7
				strings.ReplaceAll(value, "+", `\u002B`),
				strings.ReplaceAll(value, "+", `\u002b`),
				url.QueryEscape(value),
			} {
				if !slices.ContainsFunc(out, func(o []byte) bool { return string(o) == spelled }) {
					out = append(out, []byte(spelled))
				}
			}
		}
	}
	// Long ones first: a signature is part of its header.
	slices.SortStableFunc(out, func(a, b []byte) int { return len(b) - len(a) })
	return out
}

// secretParts returns the parts of a header that servers repeat by themselves:
// a key without the word before it; of a signature of AWS the whole, the id of the
// key and the signature.
func secretParts(value string) []string {
	value = strings.TrimSpace(strings.TrimPrefix(value, "Bearer "))
	parts := []string{value}
	if fields, ok := strings.CutPrefix(value, sigv4.Algorithm+" "); ok {
		for _, field := range strings.Split(fields, ",") {
			name, part, _ := strings.Cut(strings.TrimSpace(field), "=")
			if id, _, _ := strings.Cut(part, "/"); name == "Credential" || name == "Signature" {
				parts = append(parts, id)
			}
		}
	}
	return parts
}

// withoutSecrets puts asterisks in the place of secrets.
func withoutSecrets(text string, secret []replay.Header) string {
	for _, s := range secretsOf(secret) {
		text = strings.ReplaceAll(text, string(s), strings.Repeat("*", len(s)))
	}
	return text
}

func (s *scrubber) write(c replay.Chunk) error {
	if len(s.secrets) == 0 {
		return s.next(c)
	}
	data := append(s.held, c.Data...)
	for _, secret := range s.secrets {
		stars := bytes.Repeat([]byte{'*'}, len(secret))
		for from := 0; ; {
			i := bytes.Index(data[from:], secret)
			if i < 0 {
				break
			}
			copy(data[from+i:], stars)
			from += i + len(secret)
			s.count++
		}
	}
	ready := len(data) - s.begun(data)
	if ready > 0 {
		if err := s.next(replay.Chunk{After: c.After, Data: data[:ready]}); err != nil {
			return err
		}
	}
	s.held = append([]byte(nil), data[ready:]...)
	return nil
}

// begun returns how many bytes at the end of data may be the start of a secret.
func (s *scrubber) begun(data []byte) int {
	longest := 0
	for _, secret := range s.secrets {
		for n := min(len(secret)-1, len(data)); n > longest; n-- {
			if bytes.HasSuffix(data, secret[:n]) {
				longest = n
				break
			}
		}
	}
	return longest
}

// flush gives what was held back.
func (s *scrubber) flush(after time.Duration) error {
	if len(s.held) == 0 {
		return nil
	}
	held := s.held
	s.held = nil
	return s.next(replay.Chunk{After: after, Data: held})
}
