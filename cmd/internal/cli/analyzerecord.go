package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
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
	key, err := f.examinerKey(false)
	var recorded *casefile.AnalysisReport
	if err == nil {
		ao := &casefile.AnalysisOptions{
			Of: c, Params: o.Look.recorded(), Findings: report.Findings, Key: key, Actor: ledger.DefaultKeyName(), Tool: "exhibit " + f.build().Version, Now: f.now,
			Threads: o.Case.Resources.Threads, Memory: o.Case.Resources.Memory, Temp: o.Temp,
		}
		for _, file := range o.Look.files {
			ao.Files = append(ao.Files, casefile.ParameterFile{Kind: file.kind, Name: file.name, Data: file.data})
		}
		for _, d := range report.Detectors {
			ao.Detectors = append(ao.Detectors, casefile.DetectorCount{
				ID: d.About.ID, Version: int64(d.About.Version), Tests: d.Tests, Findings: int64(d.Findings), NotApplicable: d.NotApplicable,
			})
		}
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
