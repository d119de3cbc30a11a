package ledger

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A Head says everything about a ledger in one line: how many entries, and the root of the tree over them. Noted outside
// the case, it proves later that nothing up to there was altered or cut off.
type Head struct {
	// Size is the number of entries.
	Size int64
	// Root is the RFC 6962 root over the first Size entries.
	Root tlog.Hash
}

// String returns SIZE:ROOT with the root in hex.
func (h Head) String() string {
	return fmt.Sprintf("%d:%x", h.Size, h.Root[:])
}

// MarshalText writes the head as String does.
func (h Head) MarshalText() ([]byte, error) {
	return []byte(h.String()), nil
}

// UnmarshalText reads what ParseHead reads.
func (h *Head) UnmarshalText(text []byte) error {
	parsed, err := ParseHead(string(text))
	if err == nil {
		*h = parsed
	}
	return err
}

// ParseHead reads SIZE:ROOT, the root in hex or in the base64 of a checkpoint.
func ParseHead(s string) (Head, error) {
	count, root, ok := strings.Cut(s, ":")
	size, err := parseCount(count)
	if !ok || err != nil || size < 1 {
		return Head{}, fmt.Errorf("reading head %.100q: not SIZE:ROOT", s)
	}
	data, err := hex.DecodeString(root)
	if err != nil {
		data, err = decodeBase64(root)
	}
	if err != nil || len(data) != tlog.HashSize {
		return Head{}, fmt.Errorf("reading head %.100q: the root is not 32 bytes in hex or base64", s)
	}
	return Head{Size: size, Root: tlog.Hash(data)}, nil
}

// parseCount reads a decimal from 0 to 2^53-1 in its one spelling. (The limit is that of canonical JSON; tlog needs one
// too, since its powers of two overflow above 2^62.)
func parseCount(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > maxInteger || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%.40q is not a count", s)
	}
	return n, nil
}

// decodeBase64 reads standard base64 in its one spelling: no newlines, no stray bits at the end.
func decodeBase64(s string) ([]byte, error) {
	data, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("not base64")
	}
	return data, nil
}

func parseHash(s string) (tlog.Hash, error) {
	data, err := decodeBase64(s)
	if err != nil || len(data) != tlog.HashSize {
		return tlog.Hash{}, fmt.Errorf("%.60q is not a hash", s)
	}
	return tlog.Hash(data), nil
}
