package content

import (
	"bytes"
	"crypto/sha256"
	"math/big"
	"strings"
)

// coin reports an address of Bitcoin, by its checksum, or of Ethereum, by its
// form: the checksum of EIP-55 is a choice of upper and lower case that many
// leave out.
func (s *personalScan) coin(from, end int) bool {
	token := s.text.Raw[from:end]
	switch {
	case len(token) == 42 && token[0] == '0' && token[1]|0x20 == 'x' && len(bytes.TrimFunc(token[2:], func(c rune) bool { return isHexDigit(byte(c)) })) == 0:
		return s.add("ethereum", from, end, 0.5, "eth", "ethereum", "wallet", "usdt", "usdc", "token", "address")
	case len(token) >= 26 && len(token) <= 35 && (token[0] == '1' || token[0] == '3') && base58Check(token),
		len(token) >= 42 && len(token) <= 62 && bech32(string(token)):
		return s.add("bitcoin", from, end, 0.9)
	}
	return false
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58Check reports whether a text is 21 bytes and the first four of their
// double SHA-256 in base 58, and the first byte that of an address (Bitcoin
// wiki, "Base58Check encoding").
func base58Check(text []byte) bool {
	n, radix := new(big.Int), big.NewInt(58)
	for _, c := range text {
		i := strings.IndexByte(base58, c)
		if i < 0 {
			return false
		}
		n.Add(n.Mul(n, radix), big.NewInt(int64(i)))
	}
	if n.BitLen() > 25*8 {
		return false
	}
	var b [25]byte
	n.FillBytes(b[:])
	sum := sha256.Sum256(b[:21])
	sum = sha256.Sum256(sum[:])
	return (b[0] == 0 || b[0] == 5) && bytes.Equal(sum[:4], b[21:])
}

const bech32Letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// bech32 reports whether a text is an address of the main network with the
// checksum of BIP 173, or that of BIP 350 where its version is above 0.
func bech32(text string) bool {
	lower := strings.ToLower(text)
	data, ok := strings.CutPrefix(lower, "bc1")
	if !ok || text != lower && text != strings.ToUpper(text) {
		return false
	}
	sum := uint32(1)
	step := func(v uint32) {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ v
		for i, g := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	for _, v := range []uint32{'b' >> 5, 'c' >> 5, 0, 'b' & 31, 'c' & 31} {
		step(v)
	}
	for _, c := range data {
		i := strings.IndexRune(bech32Letters, c)
		if i < 0 {
			return false
		}
		step(uint32(i)) //nolint:gosec // i is below 32
	}
	if data[0] == 'q' {
		return sum == 1
	}
	return sum == 0x2bc830a3
}
