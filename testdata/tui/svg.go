package main

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// The size of a cell, in pixels, of a common monospaced font at 14 pixels.
const (
	cellWidth  = 8.4
	cellHeight = 18
	fontSize   = 14
	border     = 12
)

// The colours of the picture's terminal.
const (
	ground = "#16181c"
	ink    = "#e8eaed"
)

// draw writes a picture of each frame that has a name, and a recording of all.
func draw(folder string, frames []frame) error {
	for _, f := range frames {
		if f.name == "" {
			continue
		}
		var b bytes.Buffer
		open(&b, f.width, f.height)
		f.svg(&b)
		b.WriteString("</svg>\n")
		if err := os.WriteFile(filepath.Join(folder, f.name+".svg"), b.Bytes(), 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(folder, "story.svg"), recording(frames), 0o600)
}

// open begins a picture.
func open(b *bytes.Buffer, width, height int) {
	w, h := float64(width)*cellWidth+2*border, float64(height)*cellHeight+2*border
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="%d">`+"\n", w, h, fontSize)
	fmt.Fprintf(b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", ground)
}

// frameTime is how long a frame of the recording is seen, in seconds.
const frameTime = 2.0

// recording shows the frames one after the other, for ever. The steps are those of
// CSS animations, which need no script.
func recording(frames []frame) []byte {
	if len(frames) == 0 {
		return nil
	}
	var b bytes.Buffer
	open(&b, frames[0].width, frames[0].height)
	total := frameTime * float64(len(frames))
	fmt.Fprintf(&b, "<style>g.f{visibility:hidden;animation:seen %.1fs step-end infinite}@keyframes seen{0%%{visibility:visible}%.3f%%{visibility:hidden}}</style>\n", total, 100/float64(len(frames)))
	for i, f := range frames {
		fmt.Fprintf(&b, `<g class="f" style="animation-delay:%.1fs">`+"\n", float64(i)*frameTime)
		f.svg(&b)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// svg draws the cells of a frame: a rectangle behind each run that has a ground of
// its own, and its text, as wide as its cells whatever the font.
func (f *frame) svg(b *bytes.Buffer) {
	var now look // tmux writes what changes, also from line to line
	for y, line := range f.lines {
		x := 0
		for _, r := range runs(line, &now) {
			width := displaywidth.String(r.text)
			left, top := border+float64(x)*cellWidth, border+float64(y)*cellHeight
			fg, bg := r.look.colors()
			if bg != ground {
				fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%d" fill="%s"/>`, left, top, float64(width)*cellWidth, cellHeight, bg)
			}
			if text, blocks := bars(r.text); blocks != "" {
				fmt.Fprintf(b, `<path fill="%s" d="%s"/>`, fg, drawn(blocks, left, top))
				r.text = text
			}
			if strings.TrimSpace(r.text) != "" {
				fmt.Fprintf(b, `<text xml:space="preserve" x="%.1f" y="%.1f" textLength="%.1f" lengthAdjust="spacingAndGlyphs" fill="%s"%s>%s</text>`,
					left, top+cellHeight-5, float64(width)*cellWidth, fg, r.look.attributes(), html.EscapeString(r.text))
			}
			x += width
		}
		b.WriteByte('\n')
	}
}

// eighths are the blocks of charts, each an eighth higher than the one before. As
// letters they would leave gaps, for a line of a picture is higher than its font.
const eighths = "▁▂▃▄▅▆▇█"

// bars takes the blocks of charts out of a text: both have blanks where the other
// has something.
func bars(s string) (text, blocks string) {
	keep := func(block bool) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(eighths, r) == block {
				return r
			}
			return ' '
		}, s)
	}
	if !strings.ContainsAny(s, eighths) {
		return s, ""
	}
	return keep(false), keep(true)
}

// drawn is the path of blocks that begin at a place.
func drawn(blocks string, left, top float64) string {
	var d strings.Builder
	for i, r := range []rune(blocks) {
		n := strings.IndexRune(eighths, r)/len("▁") + 1
		if r == ' ' {
			continue
		}
		height := float64(n) * cellHeight / 8
		fmt.Fprintf(&d, "M%.1f %.2fh%.1fv%.2fh-%.1fz", left+float64(i)*cellWidth, top+cellHeight-height, cellWidth, height, cellWidth)
	}
	return d.String()
}

// look is how a run of text looks.
type look struct {
	fg, bg                          string
	bold, under, reverse, struck, i bool
}

func (l look) colors() (fg, bg string) {
	fg, bg = ink, ground
	if l.fg != "" {
		fg = l.fg
	}
	if l.bg != "" {
		bg = l.bg
	}
	if l.reverse {
		fg, bg = bg, fg
	}
	return fg, bg
}

func (l look) attributes() string {
	out := ""
	if l.bold {
		out += ` font-weight="bold"`
	}
	if l.i {
		out += ` font-style="italic"`
	}
	switch {
	case l.under:
		out += ` text-decoration="underline"`
	case l.struck:
		out += ` text-decoration="line-through"`
	}
	return out
}

// run is text of one look.
type run struct {
	text string
	look look
}

// runs takes a line of tmux apart, text and SGR sequences, which change the look
// from now on.
func runs(line string, now *look) []run {
	var out []run
	for line != "" {
		before, after, found := strings.Cut(line, "\x1b[")
		if before != "" {
			out = append(out, run{before, *now})
		}
		if !found {
			break
		}
		codes, rest, ok := strings.Cut(after, "m")
		if !ok {
			break
		}
		now.apply(strings.Split(codes, ";"))
		line = rest
	}
	return out
}

// apply changes the look by the numbers of an SGR sequence (ECMA-48 8.3.117).
func (l *look) apply(codes []string) {
	for i := 0; i < len(codes); i++ {
		n, _ := strconv.Atoi(codes[i]) // empty is 0
		switch {
		case n == 0:
			*l = look{}
		case n == 1:
			l.bold = true
		case n == 3:
			l.i = true
		case n == 4:
			l.under = true
		case n == 7:
			l.reverse = true
		case n == 9:
			l.struck = true
		case n == 22:
			l.bold = false
		case n == 24:
			l.under = false
		case n == 27:
			l.reverse = false
		case n == 29:
			l.struck = false
		case n >= 30 && n <= 37:
			l.fg = palette(n - 30)
		case n >= 40 && n <= 47:
			l.bg = palette(n - 40)
		case n >= 90 && n <= 97:
			l.fg = palette(n - 90 + 8)
		case n >= 100 && n <= 107:
			l.bg = palette(n - 100 + 8)
		case n == 39:
			l.fg = ""
		case n == 49:
			l.bg = ""
		case n == 38 || n == 48:
			c, used := extended(codes[i+1:])
			if n == 38 {
				l.fg = c
			} else {
				l.bg = c
			}
			i += used
		}
	}
}

// extended reads a colour by number or by its parts.
func extended(codes []string) (c string, used int) {
	at := func(i int) int {
		if i >= len(codes) {
			return 0
		}
		n, _ := strconv.Atoi(codes[i])
		return n
	}
	switch at(0) {
	case 2:
		return fmt.Sprintf("#%02x%02x%02x", at(1), at(2), at(3)), 4
	case 5:
		return indexed(at(1)), 2
	}
	return "", 0
}

// palette is one of the 16 colours, as xterm has them.
func palette(i int) string {
	return []string{
		"#000000", "#cd0000", "#00cd00", "#cdcd00", "#4c8dff", "#cd00cd", "#00cdcd", "#e5e5e5",
		"#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff",
	}[i&15]
}

// indexed is one of the 256 colours: 16, a cube of 6 by 6 by 6, and 24 greys.
func indexed(i int) string {
	switch {
	case i < 16:
		return palette(i)
	case i >= 232:
		v := 8 + 10*(i-232)
		return fmt.Sprintf("#%02x%02x%02x", v, v, v)
	}
	level := func(v int) int {
		if v == 0 {
			return 0
		}
		return 55 + 40*v
	}
	i -= 16
	return fmt.Sprintf("#%02x%02x%02x", level(i/36), level(i/6%6), level(i%6))
}
