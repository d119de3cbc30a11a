package indicator

import (
	"slices"
	"strings"
)

// wordType returns the type that a word of another vocabulary stands for: of
// MISP (https://www.misp-project.org/datamodels/), of AlienVault OTX, and common
// names of columns. Compound types of MISP have the part that counts: "both" for
// two values, "first" and "last".
func wordType(word string) (t Type, part string, ok bool) {
	word = strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(strings.TrimSpace(word)))
	if own := Type(word); slices.Contains(Types(), own) {
		return own, "", true
	}
	switch word {
	case "ip", "ipv4", "ipv6", "ip-src", "ip-dst", "ipv4-addr", "ipv6-addr", "ip-address", "src-ip", "dst-ip", "address-ip":
		return Address, "", true
	case "ip-src|port", "ip-dst|port":
		return Address, "first", true
	case "cidr", "subnet", "netblock", "ip-range":
		return Network, "", true
	case "hostname", "fqdn", "host", "domain-name":
		return Domain, "", true
	case "hostname|port":
		return Domain, "first", true
	case "domain|ip":
		return Domain, "both", true
	case "uri", "link":
		return URL, "", true
	case "email-src", "email-dst", "email-reply-to", "target-email", "email-addr", "e-mail", "whois-registrant-email", "dns-soa-email":
		return Email, "", true
	case "user", "username", "user-id", "account", "account-login", "arn", "github-username", "target-user", "jabber-id", "eppn":
		return Principal, "", true
	case "api-key", "access-key", "access-key-id", "aws-access-key", "aws-access-key-id", "credential", "credential-id", "token":
		return Key, "", true
	case "filehash-md5", "hash-md5":
		return MD5, "", true
	case "sha-1", "filehash-sha1", "hash-sha1":
		return SHA1, "", true
	case "sha-256", "filehash-sha256", "hash-sha256", "api-key-hash", "key-hash":
		return SHA256, "", true
	case "filename|md5":
		return MD5, "last", true
	case "filename|sha1":
		return SHA1, "last", true
	case "filename|sha256":
		return SHA256, "last", true
	case "useragent", "ua", "http-user-agent":
		return UserAgent, "", true
	case "model-id", "model-name":
		return Model, "", true
	case "filename", "file-name":
		return File, "", true
	case "string", "keyword", "prompt", "phrase", "email-subject", "email-body", "pattern-in-file", "pattern-in-traffic", "pattern-in-memory":
		return Text, "", true
	}
	return "", "", false
}

// ofWord adds a value whose type a word of another vocabulary says. Values of
// unknown types are taken for what they look like, if they look like anything.
func (p *parser) ofWord(word, value, label, place string) error {
	value = strings.TrimSpace(value)
	t, part, ok := wordType(word)
	if !ok {
		if looks, _ := guess(value); looks != Text {
			return p.value(looks, value, label, place)
		}
		return p.problem(place, value, "nothing in a case is of the type "+quoted(word))
	}
	left, right, cut := strings.Cut(value, "|")
	switch {
	case part == "first" && cut:
		value = left
	case part == "last" && cut:
		value, label = right, strings.TrimSpace(label+" "+left)
	case part == "both" && cut:
		if err := p.value(t, left, label, place); err != nil {
			return err
		}
		t, value = Address, right
	}
	if t == Address && strings.Contains(value, "/") {
		t = Network
	}
	return p.value(t, value, label, place)
}

// quoted shows a word of a list in a message.
func quoted(word string) string { return `"` + shortened(word) + `"` }

// shortened is the beginning of a text that may be long.
func shortened(s string) string {
	if len(s) > maxShown {
		return strings.ToValidUTF8(s[:maxShown], "") + "..."
	}
	return s
}
