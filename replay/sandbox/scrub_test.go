package sandbox

import (
	"bytes"
	"testing"

	"github.com/exhibit-forensics/exhibit/replay"
)

// FuzzScrub sends a reply that repeats a secret through, cut anywhere: what comes
// out is as long and holds no secret.
func FuzzScrub(f *testing.F) {
	f.Add("Bearer sk-invented-0123", "Authorization: Bearer sk-invented-0123 and sk-invented-01sk-invented-0123", uint8(3))
	f.Add("AWS4-HMAC-SHA256 Credential=AKIAINVENTED/2026/x, SignedHeaders=host, Signature=0123456789abcdef", "AKIAINVENTED 0123456789abcdef", uint8(1))
	f.Add("********", "****************", uint8(5))
	f.Add("a/b+c/d+e", `a\/b+c\/d+e a%2Fb%2Bc%2Fd%2Be a/b\u002Bc/d\u002be`, uint8(7))
	f.Fuzz(func(t *testing.T, value, reply string, size uint8) {
		secret := []replay.Header{{Name: "X", Value: value}}
		var out bytes.Buffer
		s := newScrubber(func(c replay.Chunk) error { out.Write(c.Data); return nil }, secret)
		for rest := []byte(reply); len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			if err := s.write(replay.Chunk{Data: rest[:n:n]}); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := s.flush(0); err != nil {
			t.Fatal(err)
		}
		if out.Len() != len(reply) {
			t.Fatalf("%d bytes became %d", len(reply), out.Len())
		}
		for _, one := range secretsOf(secret) {
			if bytes.Contains(out.Bytes(), one) && bytes.Trim(one, "*") != nil && len(bytes.Trim(one, "*")) > 0 {
				t.Errorf("%q is in %q", one, out.Bytes())
			}
		}
	})
}
