package cli

import (
	"io"
	"strings"
	"sync"

	"github.com/clipperhouse/displaywidth"
)

// statusLine writes lines to stderr and keeps one live line below them, which
// is replaced in place. It is safe for concurrent use.
type statusLine struct {
	mu    sync.Mutex
	w     io.Writer
	width int // columns of the live line on the screen
}

// print writes whole lines for good. Errors of stderr have nowhere to go.
func (s *statusLine) print(lines string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replace("")
	_, _ = io.WriteString(s.w, lines)
}

// show makes line the live line; an empty one takes it away.
func (s *statusLine) show(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replace(line)
}

// replace overwrites the live line with spaces rather than with an escape
// sequence, which not every console knows.
func (s *statusLine) replace(line string) {
	if s.width == 0 && line == "" {
		return
	}
	width := displaywidth.String(line)
	text := "\r" + line + strings.Repeat(" ", max(0, s.width-width))
	if line == "" {
		text += "\r"
	}
	s.width = width
	_, _ = io.WriteString(s.w, text)
}
