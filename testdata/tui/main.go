// Command tui plays a story in the explorer, in a real terminal (tmux), and draws
// what is seen: pictures for the README, and a recording of all of it.
//
//	go run ./testdata/tui            # the story, and pictures into testdata/tui
//	go run ./testdata/tui -check     # the story only
//
// It runs in the root of the repository and needs tmux. The story is story.txt;
// the test of this folder plays it too, so that the README cannot show what the
// explorer does not do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

// folder is where the story and the pictures are, from the root of the repository.
const folder = "testdata/tui"

func main() {
	check := flag.Bool("check", false, "play the story and draw nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := tell(ctx, *check)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tui:", err)
		os.Exit(1) //nolint:forbidigo // this is a main of its own
	}
}

func tell(ctx context.Context, check bool) (err error) {
	story, err := readStory(folder + "/story.txt")
	if err != nil {
		return err
	}
	stage, err := newStage(ctx, ".")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.close()) }()
	frames, err := story.play(ctx, stage)
	if err != nil || check {
		return err
	}
	return draw(folder, frames)
}
