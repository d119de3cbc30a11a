//go:build !linux

package casefile

// trim does nothing: see trim_linux.go.
func trim() {}
