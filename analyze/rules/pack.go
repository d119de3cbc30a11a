package rules

import (
	"embed"
	"fmt"
)

// pack holds the rules that come with the program, by vendor.
//
//go:embed pack
var pack embed.FS

// Builtin returns the rules that come with the program.
func Builtin(o *Options) (*Set, error) {
	files, err := readFiles(pack, "pack")
	if err != nil {
		return nil, fmt.Errorf("reading the built-in rules: %w", err)
	}
	return newSet(files, o), nil
}
