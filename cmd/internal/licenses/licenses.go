// Package licenses holds the licences of what is linked into exhibit and is not
// of this repository: libraries in C and C++, by hand in native.txt, and Go
// modules, which the test of this package collects into modules.txt.
package licenses

import (
	"embed"
	"io"
	"io/fs"
)

//go:embed native.txt modules.txt lgpl-2.1.txt
var texts embed.FS

// Write writes all texts, for people.
func Write(w io.Writer) error {
	for _, name := range []string{"native.txt", "modules.txt", "lgpl-2.1.txt"} {
		text, err := fs.ReadFile(texts, name)
		if err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	return nil
}
