package cli

import (
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// writeVerify writes what is wrong with a case and with what a provider signed,
// what was checked, and what the result does not prove.
func writeVerify(r *render.Renderer, o *verifyOptions, v *verified) error {
	if o.Output.Format == render.FormatCSV { // which holds one table
		return writeVerifyCSV(r, o, v)
	}
	if v.report != nil {
		if err := writeFaults(r, o, "problems", "What is wrong", v.report.Problems); err != nil {
			return err
		}
	}
	if d := v.digests; d != nil {
		if err := writeDigestFindings(r, o, "cloudtrail_problems", "CloudTrail: what is wrong", d.Problems, d.ProblemCount); err != nil {
			return err
		}
	}
	if v.report != nil {
		if err := writeFaults(r, o, "remarks", "Not wrong, but good to know", v.report.Notes); err != nil {
			return err
		}
	}
	if d := v.digests; d != nil {
		if err := writeDigestFindings(r, o, "cloudtrail_warnings", "CloudTrail: not proven, or odd", d.Warnings, d.WarningCount); err != nil {
			return err
		}
	}
	if v.report != nil {
		if err := r.Write(verifyFields(v.report)); err != nil {
			return err
		}
	}
	if v.digests != nil {
		if err := writeDigests(r, o, v); err != nil {
			return err
		}
	}
	return writeNotes(r, limits(v))
}

// writeVerifyCSV writes all problems as one table.
func writeVerifyCSV(r *render.Renderer, o *verifyOptions, v *verified) error {
	var faults []casefile.Fault
	var results []string
	if v.report != nil {
		faults, results = append(faults, v.report.Problems...), append(results, result(v.report))
	}
	if v.digests != nil {
		faults, results = append(faults, digestFaults(v.digests.Problems)...), append(results, "CloudTrail: "+digestResult(v.digests))
		results = append(results, v.reasons...)
	}
	if err := writeFaults(r, o, "problems", "What is wrong", faults); err != nil {
		return err
	}
	return writeNotes(r, results)
}

// writeFaults writes a list of faults, up to the limit. Text leaves an empty
// one out.
func writeFaults(r *render.Renderer, o *verifyOptions, name, title string, faults []casefile.Fault) error {
	if len(faults) == 0 && o.Output.Format == render.FormatText {
		return nil
	}
	table := render.Table{Name: name, Title: title, Stacked: true, Columns: []render.Column{
		{Name: "path"}, {Name: "place"}, {Name: "what", Kind: render.KindLong},
	}}
	for _, fault := range faults {
		if o.Limit > 0 && len(table.Rows) == o.Limit {
			break
		}
		table.Rows = append(table.Rows, []any{fault.Path, known(fault.Place), fault.What})
	}
	if err := r.Write(table); err != nil {
		return err
	}
	if n := len(faults) - len(table.Rows); n > 0 {
		return r.Write(render.Note{Level: render.LevelWarning, Text: fmt.Sprintf("%d more %s are not shown; --limit all shows them", n, name)})
	}
	return nil
}

// result is the outcome in words.
func result(report *casefile.VerifyReport) string {
	switch {
	case !report.OK():
		return "does not verify: " + plural(int64(len(report.Problems)), "problem")
	case report.Quick:
		return "the ledger and the files verify; their content was not looked into"
	}
	return "verifies"
}

// verifyFields says what was checked and how much of it.
func verifyFields(report *casefile.VerifyReport) render.Fields {
	number := func(name string, n int64) render.Field {
		return render.Field{Column: render.Column{Name: name, Kind: render.KindInt}, Value: n}
	}
	size := func(name string, n int64) render.Field {
		return render.Field{Column: render.Column{Name: name, Kind: render.KindSize}, Value: n}
	}
	truth := func(name string, v bool) render.Field {
		return render.Field{Column: render.Column{Name: name, Kind: render.KindBool}, Value: v}
	}
	l := report.Ledger
	items := []render.Field{
		number("ledger_entries", l.Entries), number("checkpoints", l.Checkpoints),
		number("files", report.Files), size("file_size", report.FileBytes),
	}
	if !report.Quick {
		items = append(items,
			number("evidence", report.Evidence), size("evidence_size", report.Bytes),
			number("records", report.Records), number("frames", report.Frames), number("events", report.Events),
			number("records_without_event", report.Silent), number("derived_tables", report.Tables))
	}
	items = append(items, number("originals", report.Originals), field("key", l.Create.Key), truth("key_trusted", l.KeyTrusted),
		truth("head_proven", l.HeadProven), field("head", l.Head.String()), number("problems", int64(len(report.Problems))),
		truth("ok", report.OK()), field("result", result(report)))
	return render.Fields{Name: "verify", Title: "What was checked", Items: items}
}

// limits say what the result does not prove.
func limits(v *verified) []string {
	var list []string
	head := v.head
	if v.report != nil {
		list = v.report.Limits
		if head == nil && v.report.OK() && v.report.Ledger.TruncationUnknown {
			head = &v.report.Ledger.Head
		}
	}
	if head != nil {
		list = append(list, fmt.Sprintf("Write the head %.20s… down outside the case, for the next time.", *head))
	}
	return list
}

func writeNotes(r *render.Renderer, list []string) error {
	for _, text := range list {
		if err := r.Write(render.Note{Level: render.LevelNote, Text: text}); err != nil {
			return err
		}
	}
	return nil
}

// rawLines is how many lines of a raw record text shows.
const rawLines = 40

// writeProofReport writes what a proof shows.
func writeProofReport(r *render.Renderer, o *verifyOptions, p *casefile.ProofReport) error {
	number := func(name string, n int64) render.Field {
		return render.Field{Column: render.Column{Name: name, Kind: render.KindInt}, Value: n}
	}
	var raw any
	if p.RawChecked {
		raw = string(p.Raw)
	}
	trusted := render.Field{Column: render.Column{Name: "key_trusted", Kind: render.KindBool}, Value: p.KeyTrusted}
	fields := render.Fields{Name: "proof", Title: "What the proof shows", Items: []render.Field{
		field("evidence", p.EvidenceSHA256), field("path", p.Evidence.Path), number("record", p.Record),
		number("offset", p.ProofReport.Record.Offset), number("length", p.ProofReport.Record.Length),
		field("record_sha256", fmt.Sprintf("%x", p.ProofReport.Record.SHA256[:])),
		{Column: render.Column{Name: "raw", Kind: render.KindLong, Lines: rawLines}, Value: raw},
		{Column: render.Column{Name: "loaded", Kind: render.KindTime}, Value: entryTime(p.Entry)},
		field("loaded_by", p.Entry.Actor), field("ledger", p.Checkpoint.Origin), field("head", p.Checkpoint.Head.String()),
		field("key", p.Key), trusted, field("result", "the record stood there when the evidence was loaded"),
	}}
	if err := r.Write(fields); err != nil {
		return err
	}
	if o.Output.Format == render.FormatCSV || p.KeyTrusted {
		return nil
	}
	return r.Write(render.Note{Level: render.LevelNote, Text: "the signature was checked against the key that the proof itself names; --key checks it against the examiner's"})
}
