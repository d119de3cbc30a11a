package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// session is the name of the terminal.
const session = "story"

// stage is a terminal and the case that is explored in it.
type stage struct {
	exhibit       string // the program
	work          string // folder
	socket        string // of a tmux of its own
	width, height int
	pressed       string // keys since the last frame
	printed       string // by the last run beside the terminal
}

// newStage builds the program and makes the case of the demo, analyzed.
func newStage(ctx context.Context, root string) (*stage, error) {
	if _, err := exec.LookPath("tmux"); err != nil {
		return nil, fmt.Errorf("the story needs tmux: %w", err)
	}
	work, err := os.MkdirTemp("", "exhibit-story-")
	if err != nil {
		return nil, err
	}
	st := &stage{exhibit: filepath.Join(work, "exhibit"), work: work, socket: filepath.Join(work, "tmux"), width: 100, height: 30}
	build := exec.CommandContext(ctx, "go", "build", "-o", st.exhibit, "./cmd/exhibit")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("building exhibit: %w\n%s", err, out), st.close())
	}
	for _, args := range [][]string{{"demo", "--dir", work + "/demo"}, {"analyze", "--case", st.caseDir(), "-q"}} {
		if err := st.beside(ctx, args); err != nil {
			return nil, errors.Join(err, st.close())
		}
	}
	return st, nil
}

func (st *stage) caseDir() string { return filepath.Join(st.work, "demo", "incident.case") }

// env is what the program sees: nothing of the person who plays.
func (st *stage) env() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + st.work, "XDG_CONFIG_HOME=" + filepath.Join(st.work, "config"),
		"TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "EXHIBIT_KEY=" + filepath.Join(st.work, "demo", "examiner.key"),
	}
}

// filled puts what this run is about into a line of the story.
func (st *stage) filled(s string) string {
	return strings.NewReplacer("$CASE", st.caseDir(), "$WORK", st.work).Replace(s)
}

// close ends the terminal and takes everything away.
func (st *stage) close() error {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	_ = st.tmux(ctx, "kill-server") // there need not be one
	return os.RemoveAll(st.work)
}

// beside runs exhibit without the terminal.
func (st *stage) beside(ctx context.Context, args []string) error {
	cmd := exec.CommandContext(ctx, st.exhibit, args...)
	cmd.Env = st.env()
	out, err := cmd.CombinedOutput()
	st.printed = string(out)
	if err != nil {
		return fmt.Errorf("exhibit %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

func (st *stage) tmux(ctx context.Context, args ...string) error {
	_, err := st.ask(ctx, args...)
	return err
}

func (st *stage) ask(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "tmux", append([]string{"-S", st.socket, "-f", os.DevNull, "-u"}, args...)...)
	cmd.Env = st.env()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("tmux %s: %w: %s", args[0], err, out)
	}
	return string(out), nil
}

// start opens the terminal with exhibit in it.
func (st *stage) start(ctx context.Context, args string) error {
	err := st.tmux(ctx, "new-session", "-d", "-s", session, "-x", strconv.Itoa(st.width), "-y", strconv.Itoa(st.height),
		"env -u TMUX "+strings.Join(st.env(), " ")+" "+st.exhibit+" "+args+"; echo ended with $?; sleep 600")
	if err != nil {
		return err
	}
	for _, option := range [][]string{{"status", "off"}, {"escape-time", "0"}} {
		if err := st.tmux(ctx, append([]string{"set-option", "-g"}, option...)...); err != nil {
			return err
		}
	}
	return nil
}

// look is what is on the screen now.
func (st *stage) look(ctx context.Context) (*frame, error) {
	out, err := st.ask(ctx, "capture-pane", "-p", "-e", "-N", "-t", session)
	f := &frame{width: st.width, height: st.height, keys: st.pressed, lines: strings.Split(strings.TrimRight(out, "\n"), "\n")}
	return f, err
}

// bare is the screen as text, for what went wrong.
func (st *stage) bare(ctx context.Context) string {
	out, err := st.ask(ctx, "capture-pane", "-p", "-t", session)
	if err != nil {
		return err.Error()
	}
	return out
}

// wait waits until a text is on the screen, or is not. The screen then belongs to
// the recording.
func (st *stage) wait(ctx context.Context, text string, there bool) (*frame, error) {
	for end := time.After(patience); ; {
		out, err := st.ask(ctx, "capture-pane", "-p", "-t", session)
		if err != nil {
			return nil, err
		}
		if strings.Contains(out, text) == there {
			f, err := st.look(ctx)
			st.pressed = ""
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-end:
			return nil, fmt.Errorf("waited %s in vain", patience)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// maxRead bounds a file that the story looks into.
const maxRead = 1 << 20

func (st *stage) file(name, text string) error {
	f, err := os.Open(filepath.Join(st.work, name))
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxRead))
	if err != nil {
		return err
	}
	return holds(string(data), text)
}
