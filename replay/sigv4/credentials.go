package sigv4

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Credentials are an access key of AWS. However they are printed, no part of them
// is shown.
type Credentials struct {
	id, secret, token string
}

var _ fmt.Formatter = Credentials{}

// maxCredential bounds each part of credentials, in bytes. A session token has
// some hundred, and AWS names no limit
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html).
const maxCredential = 16 << 10

// New returns credentials from an access key id, its secret access key, and the
// session token that goes with temporary ones, "" for none.
func New(id, secret, token string) (*Credentials, error) {
	for _, part := range []struct{ name, value string }{{"access key id", id}, {"secret access key", secret}} {
		if part.value == "" {
			return nil, fmt.Errorf("reading AWS credentials: the %s is empty", part.name)
		}
	}
	for _, part := range []struct{ name, value string }{{"access key id", id}, {"secret access key", secret}, {"session token", token}} {
		if len(part.value) > maxCredential || strings.ContainsFunc(part.value, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, fmt.Errorf("reading AWS credentials: the %s is longer than %d bytes, or holds what none has: blanks, line breaks, letters beyond ASCII", part.name, maxCredential)
		}
	}
	if strings.ContainsAny(id, "/,=") { // which the header of a signature separates by
		return nil, errors.New("reading AWS credentials: the access key id holds what none has: it is letters and digits")
	}
	return &Credentials{id, secret, token}, nil
}

// Format prints that there are credentials, and nothing of them.
func (Credentials) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "(AWS credentials, left out)")
}

// The names of the parts in the files and environment of AWS's own tools
// (https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html).
const (
	keyID     = "aws_access_key_id"
	keySecret = "aws_secret_access_key"
	keyToken  = "aws_session_token"
)

// IsFile reports whether a text looks like a credentials file of AWS's tools.
func IsFile(text string) bool { return strings.Contains(text, keyID) }

// Parse reads a credentials file of AWS's tools with one profile. No error
// repeats anything of the text.
func Parse(text string) (*Credentials, error) {
	values := map[string]string{}
	profiles := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if line[0] == '[' {
			if profiles++; profiles > 1 {
				return nil, errors.New("reading AWS credentials: the file has several profiles: make one with the lines of the profile that is meant")
			}
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, again := values[name]; !ok || again {
			return nil, errors.New("reading AWS credentials: a line of the file is not NAME = VALUE, or a name is there twice")
		}
		values[name] = strings.TrimSpace(value)
	}
	return New(values[keyID], values[keySecret], values[keyToken])
}
