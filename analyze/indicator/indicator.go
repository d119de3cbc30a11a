// Package indicator reads lists of indicators of compromise and finds them in
// texts. It knows nothing of cases: analyze/match asks a case for them.
//
// A list is plain text, CSV, a STIX 2.1 bundle or MISP JSON; see [Parse]. What
// a list says and cannot be matched is listed with the reason, never skipped in
// silence.
//
// How values are found, everywhere without regard to upper and lower case:
//
//   - An address is found however it is written, also in a network, and not
//     inside a longer one: 198.51.100.7 is not in 198.51.100.77.
//   - A domain is found with its subdomains, and not inside a longer name:
//     example.com is in mail.example.com, not in notexample.com.
//   - A URL is found with what follows it behind a separator:
//     http://example.com/a is in http://example.com/a?b=c, not in http://example.com/ab.
//   - A key is found as it is, as its SHA-256, which gateways log instead, and
//     in shortened forms such as sk-...a1b2; a shortened form is found in keys.
//   - A hash is found where it is written, and in what has it.
//   - A text is found anywhere.
//   - Everything else is found where it is not part of a longer word; letters,
//     digits, - and _ make words, and a dot inside.
package indicator

import (
	"crypto/sha256"
	"encoding/hex"
)

// Type says what an indicator is.
type Type string

// The types.
const (
	Address   Type = "address"    // IPv4 or IPv6
	Network   Type = "network"    // in CIDR notation
	Domain    Type = "domain"     // and its subdomains
	URL       Type = "url"        // with or without its scheme
	Email     Type = "email"      // an address of a person
	Principal Type = "principal"  // who calls, as logs name it: an ARN, a user
	Key       Type = "key"        // an access key or API key, also shortened: sk-...a1b2
	MD5       Type = "md5"        // of a text
	SHA1      Type = "sha1"       // of a text
	SHA256    Type = "sha256"     // of a text, record or evidence, or of a key
	UserAgent Type = "user-agent" // or a part of one
	Model     Type = "model"      // the id of a model
	File      Type = "file"       // a file name
	Text      Type = "text"       // any part of a text
	Pattern   Type = "pattern"    // several values that a STIX pattern puts together
)

// Types lists the types that a value can be said to have.
func Types() []Type {
	return []Type{Address, Network, Domain, URL, Email, Principal, Key, MD5, SHA1, SHA256, UserAgent, Model, File, Text}
}

// The bounds of a list.
const (
	MaxSize       = 256 << 20 // bytes of a file
	MaxIndicators = 1_000_000
	maxValue      = 4096 // bytes of a value
	minText       = 3    // characters: what is shorter is nearly everywhere
)

// Term is one value to look for.
type Term struct {
	Type  Type
	Value string // in the form in which it is compared, but for upper and lower case
}

// Literal is a term that must be there, or must not.
type Literal struct {
	Term
	Not bool
}

// Indicator is one entry of a list.
type Indicator struct {
	Type    Type
	Value   string
	Written string // as the list has it, where that differs from Value
	Label   string // what the list says of it
	Place   string // where it stands: line 3, or an id
	// Any are the alternatives: an event that has all literals of one of them is
	// a hit. All but those of a Pattern have one alternative of one term.
	Any [][]Literal
}

// Problem is an entry of a list that cannot be matched.
type Problem struct {
	Place  string
	What   string // the entry, or its beginning
	Reason string
}

// List is what a file says.
type List struct {
	Form       string // plain, csv, stix or misp
	Indicators []Indicator
	Problems   []Problem
	Repeated   int // entries that are there already
	// NotForDetection counts entries of MISP that are not for detection (their
	// to_ids is false) and that were left out, Deleted those that were deleted or
	// revoked.
	NotForDetection, Deleted int
	// Other counts objects of a bundle that are no indicators: reports,
	// relations, observations.
	Other int
}

// KeySum is the SHA-256 of a key in hexadecimal digits, by which LiteLLM and
// other gateways log it instead of itself
// (https://docs.litellm.ai/docs/proxy/virtual_keys).
func KeySum(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// Sum is the hash that a term of type [SHA256] is.
func (t Term) Sum() (sum [sha256.Size]byte, ok bool) {
	raw, err := hex.DecodeString(t.Value)
	if t.Type != SHA256 || err != nil || len(raw) != len(sum) {
		return sum, false
	}
	return [sha256.Size]byte(raw), true
}
