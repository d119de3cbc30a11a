package main

import (
	"os/exec"
	"testing"
)

// TestStory plays the story in a real terminal.
func TestStory(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("NOT CHECKED: the story needs tmux, which is not here; .ci/run installs it")
	}
	s, err := readStory("story.txt")
	if err != nil {
		t.Fatal(err)
	}
	st, err := newStage(t.Context(), "../..")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.close(); err != nil {
			t.Error(err)
		}
	}()
	frames, err := s.play(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	if len(frames) < 5 {
		t.Errorf("the story has only %d frames", len(frames))
	}
}

func TestRuns(t *testing.T) {
	got := runs("a\x1b[1;38;2;1;2;3mb\x1b[0mc\x1b[7md\x1b[27;48;5;196me", new(look))
	want := []run{{"a", look{}}, {"b", look{fg: "#010203", bold: true}}, {"c", look{}}, {"d", look{reverse: true}}, {"e", look{bg: "#ff0000"}}}
	if len(got) != len(want) {
		t.Fatalf("%d runs: %v", len(got), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("run %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}
