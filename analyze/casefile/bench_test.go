package casefile

import "testing"

// BenchmarkVerifySmall is what each round of the alteration test costs.
func BenchmarkVerifySmall(b *testing.B) {
	dir := smallCase(b, testKey(b))
	for _, quick := range []bool{true, false} {
		name := "full"
		if quick {
			name = "quick"
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				mustVerify(b, dir, VerifyOptions{Quick: quick})
			}
		})
	}
}
