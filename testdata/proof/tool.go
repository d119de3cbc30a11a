package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// tool is exhibit, built from the tree at hand, with a key of its own.
type tool struct{ path, key string }

func buildTool(ctx context.Context, dir string) (tool, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // nothing in it is secret
		return tool{}, err
	}
	t := tool{path: filepath.Join(dir, "exhibit"), key: filepath.Join(dir, "examiner.key")}
	build := exec.CommandContext(ctx, "go", "build", "-o", t.path, "./cmd/exhibit")
	if out, err := build.CombinedOutput(); err != nil {
		return t, fmt.Errorf("building exhibit, in the root of the repository: %w\n%s", err, out)
	}
	return t, nil
}

// usage is what a command took.
type usage struct {
	took   time.Duration
	memory int64 // bytes at most, 0 where the system does not say
}

// run runs a command of exhibit and drops what it prints.
func (t tool) run(ctx context.Context, args ...string) (usage, error) {
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.Env = append(os.Environ(), "EXHIBIT_KEY="+t.key)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	start := time.Now() //nolint:forbidigo // how long it takes is what is measured
	err := cmd.Start()
	var memory int64
	if err == nil {
		ended, seen := make(chan struct{}), make(chan int64)
		go func() { seen <- watchMemory(cmd.Process.Pid, ended) }()
		err = cmd.Wait()
		close(ended)
		memory = <-seen
	}
	took := time.Since(start) //nolint:forbidigo // the same
	if err != nil {
		return usage{}, fmt.Errorf("exhibit %s: %w\n%s", strings.Join(args, " "), err, errOut.String())
	}
	return usage{took, memory}, nil
}

// traffic is generated traffic in a case.
type traffic struct {
	dir      string
	commands []string // that made it, the paths as words
}

func (t *traffic) caseDir() string { return filepath.Join(t.dir, "d.case") }
func (t *traffic) truth() string   { return filepath.Join(t.dir, "truth.jsonl") }

// make makes the case of generated traffic, unless the folder has it already.
func (p *proof) make(ctx context.Context, name string, generate []string) (*traffic, error) {
	t := &traffic{dir: filepath.Join(p.work, name)}
	at := func(file string) string { return filepath.Join(t.dir, file) }
	steps := [][]string{
		append([]string{"drill", "generate"}, append(generate, "--truth", t.truth(), "--write-networks", at("networks.csv"), "--write-users", at("users.csv"), "-o", at("logs"))...),
		append([]string{"load", at("logs"), "--case", t.caseDir()}, p.resources()...),
		append([]string{"enrich", "--networks", at("networks.csv"), "--users", at("users.csv"), "--case", t.caseDir()}, p.resources()...),
	}
	for _, args := range steps {
		t.commands = append(t.commands, strings.ReplaceAll("exhibit "+strings.Join(args, " "), t.dir+string(filepath.Separator), ""))
	}
	// What another seed or form left is made anew.
	done, made := at("done"), []byte(strings.Join(t.commands, "\n")+"\n")
	switch before, err := os.ReadFile(done); {
	case err == nil && bytes.Equal(before, made):
		return t, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if err := os.RemoveAll(t.dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(t.dir, 0o755); err != nil { //nolint:gosec // nothing in it is secret
		return nil, err
	}
	for _, args := range steps {
		p.progress("exhibit", args[0], name)
		if _, err := p.tool.run(ctx, append(args, "-q")...); err != nil {
			return nil, err
		}
	}
	// The case has them, and they are larger than it.
	if err := os.RemoveAll(at("logs")); err != nil {
		return nil, err
	}
	return t, os.WriteFile(done, made, 0o644) //nolint:gosec // nothing in it is secret
}

// resources are the flags of commands that work on a case.
func (p *proof) resources() []string { return []string{"--memory", fmt.Sprint(p.memory, "MiB")} }
