package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/clouddigest"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// verified is all that a run of verify found.
type verified struct {
	report  *casefile.VerifyReport // nil without a case
	digests *clouddigest.Report    // nil unless they were asked for
	head    *ledger.Head           // after the entry about the digests; nil when none was written
	lost    error                  // why none was, when one should have been
	reasons []string               // why none should
}

// verdict is the error of what does not verify, and of what could not be
// recorded.
func (v *verified) verdict() error {
	problems := int64(0)
	if v.report != nil {
		problems += int64(len(v.report.Problems))
	}
	if v.digests != nil {
		problems += v.digests.ProblemCount
	}
	var err error
	if problems > 0 {
		err = &VerifyError{Problems: int(problems)}
	}
	return errors.Join(err, v.lost)
}

// verifyCasePath is casePath, except that digests can be validated without a
// case where none is named and none is here.
func (f *factory) verifyCasePath(o *verifyOptions) (string, error) {
	ofCase := o.Quick || o.Head != nil || o.Key != "" || len(o.Evidence) > 0
	if len(o.Digests) == 0 || ofCase || o.Case.Case != "" || f.env(caseEnv) != "" {
		return f.casePath(o.Case.Case)
	}
	path, err := f.newCasePath("")
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	return path, nil
}

// verifyDigests validates the digests of CloudTrail, and records the result in
// the case.
func (f *factory) verifyDigests(ctx context.Context, dir string, o *verifyOptions, v *verified) error {
	var done, total atomic.Int64
	opts := clouddigest.Options{
		Paths: o.Digests, Threads: o.Case.Resources.Threads, Memory: o.Case.Resources.Memory / 2, Done: &done, Total: &total,
	}
	if dir != "" {
		paths, err := casefile.EvidencePaths(dir)
		if err != nil && !v.report.OK() {
			f.warn("the digests were not validated: " + err.Error())
			return nil // what is wrong with the case is to be told
		}
		if err != nil {
			return err
		}
		for _, e := range paths {
			opts.Evidence = append(opts.Evidence, clouddigest.Evidence{Path: e.Path, StreamSHA256: e.StreamSHA256, CloudTrail: e.Format == "cloudtrail"})
		}
	}
	p := f.startProgress("validating", func() (int64, int64) { return done.Load(), total.Load() })
	var err error
	v.digests, err = clouddigest.Verify(ctx, opts)
	p.Stop()
	if errors.Is(err, clouddigest.ErrNoDigests) {
		return &HintError{Err: err, Hints: []string{"aws s3 sync s3://BUCKET/AWSLogs/ AWSLogs/ copies logs and digests; digests are below CloudTrail-Digest/"}}
	}
	if err != nil {
		return err
	}
	switch {
	case dir == "":
		v.reasons = []string{"there is no case here, so nothing was recorded"}
	case o.NoRecord:
		v.reasons = []string{"nothing was recorded in the ledger, as --no-record says"}
	case !v.report.OK():
		v.reasons = []string{"nothing was recorded in the ledger: the case itself does not verify"}
	default:
		v.head, v.lost = f.recordDigests(ctx, dir, o, v.digests)
	}
	return ctx.Err()
}

// recordDigests enters the result in the ledger. That it cannot does not take
// the result away.
func (f *factory) recordDigests(ctx context.Context, dir string, o *verifyOptions, r *clouddigest.Report) (*ledger.Head, error) {
	key, err := f.examinerKey(false)
	var head ledger.Head
	if err == nil {
		head, err = casefile.RecordVerification(ctx, &casefile.RecordOptions{
			Dir: dir, What: "cloudtrail_digests", Params: map[string]any{"paths": o.Digests}, Counts: r.Counts, Verdict: digestResult(r), Results: r.WriteResults,
			Key: key, Actor: ledger.DefaultKeyName(), Tool: "exhibit " + f.build().Version, Now: f.now,
		})
	}
	if err == nil {
		return &head, nil
	}
	hints := []string{"the result above stands; --no-record validates without an entry in the ledger"}
	var hinted interface{ hints() []string }
	if err = f.loadProblem(err); errors.As(err, &hinted) {
		hints = append(hinted.hints(), hints...)
	}
	return nil, &HintError{Err: fmt.Errorf("nothing was recorded: %w", err), Hints: hints}
}

// digestResult is the outcome in words.
func digestResult(r *clouddigest.Report) string {
	switch weak := r.Chain + r.Nothing; {
	case !r.OK():
		return "does not verify: " + plural(r.ProblemCount, "problem")
	case weak == r.Digests:
		return "nothing is wrong by the weaker check: no digest is proven by a signature"
	case weak > 0:
		return fmt.Sprintf("nothing is wrong, but of %s %d are not proven by a signature", plural(r.Digests, "digest"), weak)
	}
	return "verifies: every digest is proven by a signature"
}

// digestFaults are findings as one table of faults has them.
func digestFaults(list []clouddigest.Finding) []casefile.Fault {
	var out []casefile.Fault
	for _, f := range list {
		path := f.Path
		if path == "" {
			path = f.Object
		}
		out = append(out, casefile.Fault{Path: path, Place: f.Kind, What: f.What})
	}
	return out
}

// writeDigestFindings writes a list of findings, up to the limit. Text leaves
// an empty one out.
func writeDigestFindings(r *render.Renderer, o *verifyOptions, name, title string, list []clouddigest.Finding, total int64) error {
	if len(list) == 0 && o.Output.Format == render.FormatText {
		return nil
	}
	table := render.Table{Name: name, Title: title, Stacked: true, Columns: []render.Column{
		{Name: "kind"}, {Name: "path"}, {Name: "object"}, {Name: "what", Kind: render.KindLong},
	}}
	for _, f := range list {
		if o.Limit > 0 && len(table.Rows) == o.Limit {
			break
		}
		object := f.Object
		if strings.HasSuffix(f.Path, object) {
			object = "" // the path says it
		}
		table.Rows = append(table.Rows, []any{f.Kind, known(f.Path), known(object), f.What})
	}
	if err := r.Write(table); err != nil {
		return err
	}
	if n := total - int64(len(table.Rows)); n > 0 {
		text := fmt.Sprintf("%d more are not shown; --limit all shows them", n)
		if o.Limit == 0 {
			text = fmt.Sprintf("%d more are not listed; the results that a case keeps have all", n)
		}
		return r.Write(render.Note{Level: render.LevelWarning, Text: text})
	}
	return nil
}

// digestDays counts digests and logs by trail, region and day.
func digestDays(o *verifyOptions, d *clouddigest.Report) []render.Message {
	table := render.Table{Name: "cloudtrail_days", Title: "CloudTrail: digests by what proves them, and their logs"}
	for _, name := range []string{"account", "region", "trail", "day"} {
		table.Columns = append(table.Columns, render.Column{Name: name})
	}
	for _, name := range []string{
		"digests", "signature", "signed_chain", "chain", "nothing", "failed", "missing", "logs", "logs_ok", "altered", "logs_missing", "unchecked",
	} {
		table.Columns = append(table.Columns, render.Column{Name: name, Kind: render.KindInt})
	}
	for _, r := range d.Days {
		if o.Limit > 0 && len(table.Rows) == o.Limit {
			break
		}
		table.Rows = append(table.Rows, []any{
			known(r.Account), known(r.Region), r.Trail, r.Day, r.Digests, r.Signature, r.SignedChain, r.Chain, r.Nothing, r.Failed, r.Missing,
			r.Logs, r.LogsOK, r.LogsAltered, r.LogsMissing, r.LogsOpen,
		})
	}
	if o.Output.Format == render.FormatText {
		table = withoutZeros(table)
	}
	messages := []render.Message{table}
	if n := len(d.Days) - len(table.Rows); n > 0 {
		messages = append(messages, note("%d more days are not shown; --limit all shows them", n))
	}
	return messages
}

// withoutZeros leaves out the counts that are zero in every row.
func withoutZeros(t render.Table) render.Table {
	out := render.Table{Name: t.Name, Title: t.Title, Rows: make([][]any, len(t.Rows))}
	for i, c := range t.Columns {
		if !slices.ContainsFunc(t.Rows, func(row []any) bool { return row[i] != int64(0) }) {
			continue
		}
		out.Columns = append(out.Columns, c)
		for n, row := range t.Rows {
			out.Rows[n] = append(out.Rows[n], row[i])
		}
	}
	return out
}

func digestKeys(d *clouddigest.Report) render.Table {
	table := render.Table{Name: "cloudtrail_keys", Title: "CloudTrail: public keys", Columns: []render.Column{
		{Name: "fingerprint"}, {Name: "from", Kind: render.KindTime}, {Name: "to", Kind: render.KindTime}, {Name: "digests", Kind: render.KindInt}, {Name: "path"}, {Name: "sha256"},
	}}
	for _, k := range d.Keys {
		table.Rows = append(table.Rows, []any{k.Fingerprint, export.StampOf(k.From), export.StampOf(k.To), k.Digests, k.Path, k.SHA256})
	}
	return table
}

// digestFields says what was validated, and what came of it.
func digestFields(v *verified) render.Fields {
	d := v.digests
	items := []render.Field{
		intField("files", d.Files), intField("trails", d.Trails), intField("digests", d.Digests), intField("by_signature", d.Signature),
		intField("by_signed_chain", d.SignedChain), intField("by_chain", d.Chain), intField("by_nothing", d.Nothing), intField("failed", d.Failed),
		intField("missing", d.Missing), intField("gaps", d.Gaps), intField("logs", d.Logs), intField("logs_ok", d.LogsOK), intField("logs_altered", d.LogsAltered),
		intField("logs_missing", d.LogsMissing), intField("logs_unchecked", d.LogsUnknown), intField("logs_uncovered", d.Uncovered),
		intField("other_files", d.Others), intField("problems", d.ProblemCount), intField("warnings", d.WarningCount),
		{Column: render.Column{Name: "ok", Kind: render.KindBool}, Value: d.OK()},
		field("result", digestResult(d)),
		{Column: render.Column{Name: "recorded", Kind: render.KindBool}, Value: v.head != nil},
	}
	if v.head != nil {
		items = append(items, field("head", v.head.String()))
	}
	return render.Fields{Name: "cloudtrail", Title: "CloudTrail: what was validated", Items: items}
}

// writeDigests writes what was found out about the digests, after its findings.
func writeDigests(r *render.Renderer, o *verifyOptions, v *verified) error {
	messages := append(digestDays(o, v.digests), digestKeys(v.digests), digestFields(v))
	for _, m := range messages {
		if t, ok := m.(render.Table); ok && len(t.Rows) == 0 && o.Output.Format == render.FormatText {
			continue
		}
		if err := r.Write(m); err != nil {
			return err
		}
	}
	return writeNotes(r, append(v.digests.Limits, v.reasons...))
}
