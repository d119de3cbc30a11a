package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/replay/cassette"
	replayrun "github.com/exhibit-forensics/exhibit/replay/run"
)

// tape is where what is sent and received is kept: a file that was named, or
// the case.
type tape struct {
	f      *factory
	c      *casefile.Case
	file   string              // "" for the case
	flag   string              // names such a file
	other  string              // what to do with one that holds another plan, beside naming another
	params map[string]any      // of the plan
	what   string              // is kept; "" for what was sent and received
	again  func(string) string // what uses a cassette of such a name again; nil for what replay does
	path   string              // of the cassette, once it is open
	key    *ledger.Key
}

// open makes the cassette of a plan, or opens it to go on where a run of the
// same plan stopped.
func (t *tape) open(p *cassette.Plan) (*cassette.Writer, error) {
	p.Params = t.params
	hash, err := p.Hash()
	if err != nil {
		return nil, err
	}
	t.path = t.file
	if t.file == "" {
		if t.path, err = t.stage(hash); err != nil {
			return nil, err
		}
	}
	if _, err := os.Lstat(t.path); errors.Is(err, os.ErrNotExist) {
		if err := cassette.Create(t.path, p); err != nil {
			return nil, err
		}
	}
	w, err := cassette.Append(t.path, t.f.tool(), t.f.now())
	if err != nil {
		return nil, err
	}
	if w.PlanHash() != hash {
		err := &HintError{
			Err:   fmt.Errorf("the cassette %s holds another plan: other requests, another server or another model", t.path),
			Hints: []string{"name a new file with " + cmp.Or(t.flag, "--cassette") + ", or " + cmp.Or(t.other, "compare what it holds with --from-cassette")},
		}
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// stage names the cassette of a plan in the case. A case takes only what the key
// signs that made it.
func (t *tape) stage(plan string) (path string, err error) {
	outside := cmp.Or(t.flag, "--cassette") + " FILE keeps what is sent and received outside of the case"
	if t.key, err = t.f.examinerKey(false); err != nil {
		return "", &HintError{Err: err, Hints: []string{outside}}
	}
	staged, err := casefile.StageReplay(&casefile.StageReplayOptions{
		Dir: t.c.Dir, Plan: plan, Key: t.key, Actor: ledger.DefaultKeyName(), Tool: t.f.tool(), Now: t.f.now,
	})
	if foreign := (*ledger.KeyError)(nil); errors.As(err, &foreign) {
		return "", &HintError{Err: err, Hints: []string{"nothing was sent; " + outside, "EXHIBIT_KEY=FILE names the key that made the case, which keeps it there"}}
	}
	if err != nil {
		return "", err
	}
	return staged.Path, nil
}

// tool names the program as the ledger does.
func (f *factory) tool() string { return "exhibit " + f.build().Version }

// keep puts the cassette into the case, which says so in its ledger. A cassette
// in a file of its own stays there.
func (t *tape) keep(ctx context.Context) (said render.Note, err error) {
	r, err := cassette.Open(t.path)
	if err != nil {
		return said, err
	}
	s, sum := r.Summary(), r.SHA256()
	if err := r.Close(); err != nil {
		return said, err
	}
	what, again := cmp.Or(t.what, "what was sent and received"), t.again
	if again == nil {
		again = func(name string) string { return "exhibit replay --from-cassette " + name + " compares it again" }
	}
	if t.file != "" {
		return note("%s is in %s, SHA-256 %s; %s", what, t.file, sum, again(shellWord(t.file))), nil
	}
	report, err := casefile.RecordReplay(context.WithoutCancel(ctx), &casefile.ReplayOptions{
		Dir: t.c.Dir, Cassette: t.path, Key: t.key, Actor: ledger.DefaultKeyName(), Tool: t.f.tool(), Now: t.f.now,
		ReplaySummary: replayrun.Kept(s),
	})
	if err != nil {
		return said, err
	}
	return note("%s is kept in the case, SHA-256 %s, head %.20s…; %s", what, report.SHA256, report.Head, again(report.SHA256[:12]+" --case "+shellWord(t.c.Dir))), nil
}

// kept returns the path of the cassette of --from-cassette: a file, or the
// beginning of the SHA-256 of one that the case keeps.
func (o *replaySending) kept(c *casefile.Case) (string, error) {
	if o.FromCassette == "" {
		return "", nil
	}
	return cassetteOf(c, o.FromCassette)
}

// cassetteOf returns the path of a cassette by its path, or by the beginning of
// its SHA-256 if the case keeps it. Without a case it is a path.
func cassetteOf(c *casefile.Case, name string) (string, error) {
	if _, err := os.Lstat(name); err == nil || c == nil {
		return name, nil
	}
	found := ""
	for _, r := range c.Replays() {
		if strings.HasPrefix(r.SHA256, name) {
			if found != "" {
				return "", usagef("several cassettes of the case begin with %s: write more of the SHA-256", name)
			}
			found = r.Path
		}
	}
	if found == "" {
		return "", &HintError{
			Err:   fmt.Errorf("looking for the cassette %s: it is no file, and the case keeps none of that SHA-256", name),
			Hints: []string{"exhibit info lists what the case keeps"},
		}
	}
	return found, nil
}
