package casefile

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// What a replay sent and received is a file, a cassette, of which this package
// knows no more than its bytes and what the caller says of it. While a replay
// is at work its cassette stands in a staging folder of its own, named for its
// plan: the lock of the case is not held for the hours that a replay may take,
// and other commands leave that folder alone, because what was sent happened
// and cannot be sent again unseen. When the run ends, finished or interrupted,
// the cassette is committed as a load is: copied to staging, flushed, entered in
// the ledger, put in place. What data left the machine is then on record whether
// or not anybody finishes the run. Only a kill leaves a cassette in staging; the
// next run of the same plan goes on with it.

// replayStaging begins the name of the staging folder of a replay at work; the
// hash of its plan follows.
const replayStaging = "replay-plan-"

// stagedCassette is the cassette in that folder.
const stagedCassette = "cassette.jsonl"

// ReplaySummary says what a cassette holds.
type ReplaySummary struct {
	Plan       string           `json:"plan"` // hash of everything that determined what was sent
	Server     string           `json:"server"`
	Models     []string         `json:"models,omitempty"`
	Requests   int64            `json:"requests"`       // of the plan
	Attempts   int64            `json:"attempts"`       // to send them
	Ends       map[string]int64 `json:"ends,omitempty"` // requests by the end of their last attempt
	Unfinished int64            `json:"unfinished"`     // requests that a further run would send
	Received   int64            `json:"received"`       // bytes of replies
}

// replayBody is the body of a replay entry.
type replayBody struct {
	Load      string  `json:"load"` // staging folder until the cassette is in place
	Cassette  FileRef `json:"cassette"`
	Continues string  `json:"continues,omitempty"` // SHA-256 of the kept cassette that this one begins with
	ReplaySummary
}

// Replay is a kept cassette and the entry of the ledger that says so.
type Replay struct {
	Seq       int64
	Time      string // RFC 3339, by the clock of the writing machine
	Actor     string
	Tool      string
	SHA256    string
	Size      int64
	Path      string // of the file, where it is now
	Continues string // SHA-256 of the earlier cassette of the same run; "" for none
	Continued bool   // a later cassette goes on with this one
	ReplaySummary
}

// replayEntry is a replay entry of the ledger.
type replayEntry struct {
	seq               int64
	time, actor, tool string
	body              replayBody
}

// applyReplay takes a replay entry.
func (s *state) applyReplay(e ledger.Entry) error {
	r := replayEntry{seq: e.Seq, time: e.Time, actor: e.Actor, tool: e.Tool}
	if err := json.Unmarshal(e.Body, &r.body); err != nil {
		return err
	}
	if err := checkRefs(r.body.Cassette); err != nil {
		return err
	}
	s.replays = append(s.replays, r)
	s.pending[r.body.Load] = true
	return nil
}

// cassettes are the files of all replays.
func (s *state) cassettes() []FileRef {
	var out []FileRef
	for _, r := range s.replays {
		out = append(out, r.body.Cassette)
	}
	return out
}

// Replays lists the cassettes that the case keeps, in the order of the ledger.
func (c *Case) Replays() []Replay {
	continued := map[string]bool{}
	for _, r := range c.state.replays {
		continued[r.body.Continues] = true
	}
	var out []Replay
	for _, r := range c.state.replays {
		f := r.body.Cassette
		out = append(out, Replay{
			Seq: r.seq, Time: r.time, Actor: r.actor, Tool: r.tool, SHA256: f.SHA256, Size: f.Size, Path: locate(c.Dir, c.state, f.Path),
			Continues: r.body.Continues, Continued: continued[f.SHA256], ReplaySummary: r.body.ReplaySummary,
		})
	}
	return out
}

// ReplayOptions say what was replayed.
type ReplayOptions struct {
	Dir string
	// Cassette is the file, which nobody writes to any more. One that
	// [StageReplay] named is removed when the case has it.
	Cassette string
	ReplaySummary

	Key   *ledger.Key
	Actor string
	Tool  string
	Now   func() time.Time
}

// ReplayReport says how a replay was recorded.
type ReplayReport struct {
	Head      ledger.Head
	SHA256    string
	Continues string // SHA-256 of the kept cassette that this one begins with
	// Same says that the case has this cassette already, so that nothing was
	// written.
	Same bool
}

// RecordReplay keeps a cassette in a case, and enters its hash and what it holds
// in the ledger.
func RecordReplay(ctx context.Context, o *ReplayOptions) (*ReplayReport, error) {
	w, err := openExisting(o.Dir, "replay", &LoadOptions{Key: o.Key, Tool: o.Tool, Actor: o.Actor, Now: o.Now})
	if err != nil {
		return nil, fmt.Errorf("recording the replay: %w", err)
	}
	defer w.close()
	staged, err := holdStaged(o)
	if err != nil {
		return nil, fmt.Errorf("recording the replay: %w", err)
	}
	r, err := w.recordReplay(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("recording the replay: %w", errors.Join(err, staged.release()))
	}
	if err := staged.remove(); err != nil {
		return nil, fmt.Errorf("clearing up after the replay: %w", err)
	}
	return r, nil
}

func (w *writer) recordReplay(ctx context.Context, o *ReplayOptions) (*ReplayReport, error) {
	if !isSHA256(o.Plan) {
		return nil, fmt.Errorf("%.80q is no hash of a plan", o.Plan)
	}
	body := &replayBody{Load: fmt.Sprintf("replay-%06d", w.state.head.Size+1), ReplaySummary: o.ReplaySummary}
	staging := filepath.Join(w.dir, stagingDir, body.Load)
	if err := os.MkdirAll(filepath.Join(staging, replaysDir), 0o700); err != nil {
		return nil, fmt.Errorf("making the staging folder: %w", err)
	}
	committed := false
	defer func() {
		if !committed {
			_ = os.RemoveAll(staging)
		}
	}()
	if err := w.keepCassette(body, staging, o.Cassette); err != nil {
		return nil, err
	}
	r := &ReplayReport{Head: w.state.head, SHA256: body.Cassette.SHA256, Continues: body.Continues}
	if slices.ContainsFunc(w.state.cassettes(), func(f FileRef) bool { return f == body.Cassette }) {
		r.Same = true
		return r, nil
	}
	if err := errors.Join(ctx.Err(), syncTree(staging)); err != nil {
		return nil, err
	}
	committed = true // from here on, the staging folder belongs to the ledger
	var err error
	if r.Head, err = w.ledger.Append(ledger.ActionReplay, body); err != nil {
		return nil, err
	}
	if w.state, err = readState(w.ledger); err != nil {
		return nil, err
	}
	return r, recoverStaging(w.dir, w.state)
}

// keepCassette copies the cassette to the staging folder, under the name of its
// hash. It is copied, not linked: a resumed run would append to a link.
func (w *writer) keepCassette(body *replayBody, staging, path string) (err error) {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	staged := filepath.Join(staging, stagedCassette)
	out, err := os.OpenFile(staged, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	h := &hashingWriter{w: out, h: sha256.New()}
	body.Continues, err = w.copyCassette(h, f, body.Plan)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("keeping the cassette %s: %w", path, err)
	}
	sum := hexSum(h.h.Sum(nil))
	body.Cassette = FileRef{Path: replaysDir + "/" + sum + ".jsonl", Size: h.n, SHA256: sum}
	return os.Rename(staged, filepath.Join(staging, filepath.FromSlash(body.Cassette.Path)))
}

// copyCassette copies a cassette, and returns the hash of the longest kept one
// of the same plan that it begins with: nothing is ever taken out of a cassette.
func (w *writer) copyCassette(h *hashingWriter, from io.Reader, plan string) (continues string, err error) {
	kept := map[string]bool{}
	var sizes []int64
	for _, r := range w.state.replays {
		if r.body.Plan == plan {
			kept[r.body.Cassette.SHA256] = true
			sizes = append(sizes, r.body.Cassette.Size)
		}
	}
	slices.Sort(sizes)
	for _, size := range slices.Compact(sizes) {
		if _, err := io.CopyN(h, from, size-h.n); errors.Is(err, io.EOF) {
			return continues, nil
		} else if err != nil {
			return "", err
		}
		if sum := hexSum(h.h.Sum(nil)); kept[sum] {
			continues = sum
		}
	}
	_, err = io.Copy(h, from)
	return continues, err
}

// stagedReplay is the lock on a cassette in staging that is being recorded:
// another run must not go on with it before it is removed.
type stagedReplay struct {
	folder string
	file   *os.File
}

// holdStaged locks the cassette if it stands in the staging folder of its plan,
// otherwise it returns nil.
func holdStaged(o *ReplayOptions) (*stagedReplay, error) {
	folder, err := filepath.Abs(filepath.Join(o.Dir, stagingDir, replayStaging+o.Plan))
	if err != nil {
		return nil, err
	}
	path, err := filepath.Abs(o.Cassette)
	if err != nil || filepath.Dir(path) != folder {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	held, err := ledger.LockFile(f)
	if err == nil && held {
		err = errors.New("another process goes on with it; what it sent is recorded when that ends")
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &stagedReplay{folder, f}, nil
}

// release gives the lock back.
func (s *stagedReplay) release() error {
	if s == nil {
		return nil
	}
	return s.file.Close()
}

// remove removes the folder, of which the case keeps the cassette now.
func (s *stagedReplay) remove() error {
	if s == nil || os.RemoveAll(s.folder) == nil {
		return s.release()
	}
	return errors.Join(s.release(), os.RemoveAll(s.folder)) // Windows removes no open file
}

// StageReplayOptions say which plan is to be carried out.
type StageReplayOptions struct {
	Dir  string
	Plan string // hash
	// Fresh begins anew also where the last run of the plan is unfinished.
	Fresh bool

	Key   *ledger.Key
	Actor string
	Tool  string
	Now   func() time.Time
}

// ErrReplayAtWork is returned where a replay is to begin anew while one of the
// same plan is at work or was killed: what that one sent is not on record yet.
var ErrReplayAtWork = errors.New("a replay of the same plan is at work, or was killed and is not recorded yet; go on with it first")

// StagedReplay is where a replay keeps its cassette while it is at work.
type StagedReplay struct {
	Path string
	// Resumes says that the cassette is there and holds what an interrupted run
	// sent; otherwise the caller makes it.
	Resumes bool
}

// StageReplay names the cassette of a replay that is about to begin. Where a
// run of the same plan was interrupted, the cassette is that of it: as a kill
// left it, or a copy of what the case keeps. That the case can be written to
// with this key is known before anything is sent.
func StageReplay(o *StageReplayOptions) (*StagedReplay, error) {
	w, err := openExisting(o.Dir, "replay", &LoadOptions{Key: o.Key, Tool: o.Tool, Actor: o.Actor, Now: o.Now})
	if err != nil {
		return nil, fmt.Errorf("preparing the replay: %w", err)
	}
	defer w.close()
	r, err := w.stageReplay(o)
	if err != nil {
		return nil, fmt.Errorf("preparing the replay: %w", err)
	}
	return r, nil
}

func (w *writer) stageReplay(o *StageReplayOptions) (*StagedReplay, error) {
	if !isSHA256(o.Plan) {
		return nil, fmt.Errorf("%.80q is no hash of a plan", o.Plan)
	}
	folder := filepath.Join(w.dir, stagingDir, replayStaging+o.Plan)
	r := &StagedReplay{Path: filepath.Join(folder, stagedCassette)}
	if _, err := os.Lstat(r.Path); err == nil {
		if o.Fresh {
			return nil, ErrReplayAtWork
		}
		r.Resumes = true
		return r, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	last := w.lastReplay(o.Plan)
	if o.Fresh || last == nil || last.body.Unfinished == 0 {
		return r, nil
	}
	// A copy that was interrupted is not taken for a cassette.
	half := r.Path + ".part"
	if err := os.RemoveAll(half); err != nil {
		return nil, err
	}
	if err := copyFile(locate(w.dir, w.state, last.body.Cassette.Path), half); err != nil {
		return nil, fmt.Errorf("copying the kept cassette: %w", err)
	}
	if err := errors.Join(syncFile(half), ledger.MoveSync(half, r.Path)); err != nil {
		return nil, err
	}
	r.Resumes = true
	return r, nil
}

// lastReplay returns the last replay of a plan; nil where there is none.
func (w *writer) lastReplay(plan string) *replayEntry {
	for i := len(w.state.replays) - 1; i >= 0; i-- {
		if r := &w.state.replays[i]; r.body.Plan == plan {
			return r
		}
	}
	return nil
}

// isReplayStaging reports whether a staging folder is that of a replay at work.
func isReplayStaging(name string) bool {
	plan, ok := strings.CutPrefix(name, replayStaging)
	return ok && isSHA256(plan)
}

func isSHA256(s string) bool {
	return len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}
