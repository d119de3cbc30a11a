package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"sync"
	"syscall"

	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/detectors"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// recordAnalysis keeps what was found in the case, and says so. Where the case
// cannot be written to, it says why: what was found stands without it. Another
// problem is returned as an error beside the message.
func (f *factory) recordAnalysis(ctx context.Context, c *casefile.Case, o *analyzeOptions, report *assessment.Report) (render.Note, error) {
	if report.Kept {
		return note("nothing changed since entry %d of the ledger, which is shown again; --again looks anew", c.Analysis().Run), nil
	}
	key, err := f.examinerKey(false)
	var recorded *casefile.AnalysisReport
	if err == nil {
		ao := o.analysis()
		ao.Of, ao.Findings, ao.Detectors = c, report.Findings, report.Counts()
		ao.Key, ao.Actor, ao.Tool, ao.Now = key, ledger.DefaultKeyName(), "exhibit "+f.build().Version, f.now
		ao.Threads, ao.Memory, ao.Temp = o.Case.Resources.Threads, o.Case.Resources.Memory, o.Temp
		recorded, err = casefile.RecordAnalysis(ctx, ao)
	}
	var foreign *ledger.KeyError
	switch {
	case err == nil && recorded.Same:
		return note("the same as entry %d of the ledger: nothing new to record", recorded.Run), nil
	case err == nil && len(o.Look.Only)+len(o.Look.Except) > 0:
		return note("recorded as entry %d, with the findings of the chosen detectors only: exhibit analyze without --only and --except records all", recorded.Run), nil
	case err == nil:
		return note("recorded as entry %d: exhibit findings lists them, exhibit finding show ID explains one; head %.20s…", recorded.Run, recorded.Head), nil
	case key == nil && errors.Is(err, fs.ErrNotExist):
		return render.Note{Level: render.LevelWarning, Text: "not recorded, because the examiner key that signs this case is not here: EXHIBIT_KEY says where it is; --no-record does without"}, nil
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrNotExist), errors.As(err, &foreign):
		return render.Note{Level: render.LevelWarning, Text: "not recorded, because the case cannot be written to: " + err.Error()}, nil
	}
	return render.Note{Level: render.LevelWarning, Text: "not recorded"}, &HintError{
		Err:   fmt.Errorf("nothing was recorded: %w", err),
		Hints: []string{"the result above stands; --no-record analyzes without an entry in the ledger"},
	}
}

// analysis is what the ledger says of how the run was made.
func (o *analyzeOptions) analysis() *casefile.AnalysisOptions {
	ao := &casefile.AnalysisOptions{Params: o.Look.recorded(), Program: programDigest()}
	for _, file := range o.Look.files {
		ao.Files = append(ao.Files, casefile.ParameterFile{Kind: file.kind, Name: file.name, Data: file.data})
	}
	return ao
}

// programDigest is the SHA-256 of the running program, hexadecimal; "" where its
// file cannot be read. It stands for everything that the program brings along:
// detectors, rules, scanner. All of it is read, once, where the digest is asked for.
var programDigest = sync.OnceValue(func() string { //nolint:gochecknoglobals // of the file that runs, which does not change
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
})

// recorded are the parameters that shaped the findings, as the ledger keeps
// them.
func (o *analyzeFlags) recorded() map[string]any {
	out := map[string]any{"q": strconv.FormatFloat(detectors.DefaultQ, 'g', -1, 64)}
	if len(o.Only) > 0 {
		out["only"] = o.Only
	}
	if len(o.Except) > 0 {
		out["except"] = o.Except
	}
	if len(o.Severity) > 0 {
		out["severity"] = severityValue{&o.Severity}.String()
	}
	return out
}
