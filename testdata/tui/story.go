package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// story is what a person does, step by step.
type story struct {
	path  string
	steps []step
}

// step is a line of a story: a word and what belongs to it.
//
//	size WIDTHxHEIGHT    of the terminal, before anything else
//	start ARGUMENTS      starts exhibit with arguments; $CASE is the case, $WORK a folder
//	keys NAME...         presses keys, as tmux names them
//	type TEXT            types a text
//	wait TEXT            until the text is on the screen
//	gone TEXT            until it is not
//	shot NAME            draws the screen as a picture of that name
//	exhibit ARGUMENTS    runs exhibit beside the terminal
//	prints TEXT          what that run printed holds the text
//	file NAME TEXT       a file in $WORK holds the text
type step struct {
	line       int
	word, rest string
}

// maxStory bounds a line of a story.
const maxStory = 1 << 16

func readStory(path string) (*story, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the story: %w", err)
	}
	defer f.Close()
	s := &story{path: path}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxStory)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		s.steps = append(s.steps, step{n, word, strings.TrimSpace(rest)})
	}
	return s, lines.Err()
}

// frame is what was on the screen.
type frame struct {
	name   string // of the picture; "" for one of the recording only
	keys   string // that were pressed before
	width  int
	lines  []string // with looks
	height int
}

// patience is how long the screen may take to show what is waited for.
const patience = 20 * time.Second

// play does the steps on a stage, and returns what was seen.
func (s *story) play(ctx context.Context, st *stage) ([]frame, error) {
	var frames []frame
	for _, step := range s.steps {
		f, err := st.do(ctx, step)
		if err != nil {
			return frames, fmt.Errorf("%s:%d: %s %s: %w\n%s", s.path, step.line, step.word, step.rest, err, st.bare(ctx))
		}
		if f != nil {
			frames = append(frames, *f)
		}
	}
	return frames, nil
}

// do does one step, and returns what is seen where that belongs to the recording.
func (st *stage) do(ctx context.Context, s step) (*frame, error) {
	switch s.word {
	case "size":
		return nil, st.resize(s.rest)
	case "start":
		return nil, st.start(ctx, st.filled(s.rest))
	case "keys":
		st.pressed = s.rest
		return nil, st.tmux(ctx, append([]string{"send-keys", "-t", session}, strings.Fields(s.rest)...)...)
	case "type":
		st.pressed = s.rest
		return nil, st.tmux(ctx, "send-keys", "-t", session, "-l", st.filled(s.rest))
	case "wait":
		return st.wait(ctx, st.filled(s.rest), true)
	case "gone":
		return st.wait(ctx, st.filled(s.rest), false)
	case "shot":
		f, err := st.look(ctx)
		f.name = s.rest
		return f, err
	case "exhibit":
		return nil, st.beside(ctx, strings.Fields(st.filled(s.rest)))
	case "prints":
		return nil, holds(st.printed, st.filled(s.rest))
	case "file":
		name, text, _ := strings.Cut(s.rest, " ")
		return nil, st.file(name, text)
	}
	return nil, fmt.Errorf("no such word: %q", s.word)
}

// holds says that a text does not hold another.
func holds(text, want string) error {
	if strings.Contains(text, want) {
		return nil
	}
	return fmt.Errorf("there is no %q in:\n%s", want, text)
}

// resize takes the size of the terminal to be.
func (st *stage) resize(size string) (err error) {
	w, h, ok := strings.Cut(size, "x")
	if ok {
		if st.width, err = strconv.Atoi(w); err == nil {
			st.height, err = strconv.Atoi(h)
		}
	}
	if !ok || err != nil {
		return fmt.Errorf("%q is no WIDTHxHEIGHT", size)
	}
	return nil
}
