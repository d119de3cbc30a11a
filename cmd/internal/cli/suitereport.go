package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/replay/suite"
)

// writeSuiteReport writes how a suite stands.
func (f *factory) writeSuiteReport(o *suiteRunOptions, report *render.SuiteReport) error {
	if forPrograms(o.Output.Format) {
		out, err := f.openOutput(o.Output)
		if err != nil {
			return err
		}
		defer out.discard()
		write := render.SuiteJUnit
		if o.Output.Format == formatSuiteHTML {
			write = render.SuiteHTML
		}
		if err := write(out, report); err != nil {
			return err
		}
		return out.commit()
	}
	return f.emit(o.Output, render.Config{Params: o.params(report.Digest)}, func(r *render.Renderer) error {
		if o.Output.Format != render.FormatCSV {
			fields := render.Fields{Name: "suite", Title: "Suite", Items: []render.Field{
				field("name", report.Suite.Name), field("server", known(report.Server)), field("protocol", known(report.Protocol)), field("model", known(report.Model)),
				field("answered_by", known(strings.Join(report.Answered, ", "))),
				field("cassette_sha256", known(report.Cassette)), intField("cases", int64(len(report.Results))), intField("failed", int64(report.Unmet)),
				intField("not_judged", int64(report.Open)), intField("passed", int64(report.Met)),
			}}
			if report.Judge.Model != "" {
				fields.Items = append(fields.Items, field("judge_server", report.Judge.Server), field("judge_protocol", report.Judge.Protocol),
					field("judge_model", report.Judge.Model), field("judge_cassette_sha256", report.Judge.Cassette))
			}
			if err := r.Write(fields); err != nil {
				return err
			}
		}
		if err := r.Write(resultTable(report.Report)); err != nil {
			return err
		}
		if o.Output.Format == render.FormatCSV {
			return nil
		}
		if len(report.Judged) > 0 {
			if err := r.Write(judgedTable(report.Judged)); err != nil {
				return err
			}
		}
		return r.Write(sampleTable(report.Report, o.Output.Format == render.FormatText))
	})
}

func resultTable(report *suite.Report) render.Table {
	t := render.Table{Name: "cases", Title: "Cases", Stacked: true, Columns: []render.Column{
		{Name: "result"},
		{Name: "case", Whole: true},
		{Name: "title", Kind: render.KindLong},
		{Name: "expected", Kind: render.KindLong},
		{Name: "why", Kind: render.KindLong},
		{Name: "met", Kind: render.KindInt},
		{Name: "unmet", Kind: render.KindInt},
		{Name: "not_judged", Kind: render.KindInt},
		{Name: "min_rate", Kind: render.KindNumber},
		{Name: "rate", Kind: render.KindNumber},
		{Name: "rate_low", Kind: render.KindNumber},
		{Name: "rate_high", Kind: render.KindNumber},
		{Name: "finding", Whole: true},
	}}
	for i := range report.Results {
		r := &report.Results[i]
		row := []any{
			resultWord(r.Standing), r.Case.ID, known(r.Case.Title), expectedWords(r.Case), known(r.Why), int64(r.Met), int64(r.Unmet), int64(r.Open), r.Case.Least(),
			nil, nil, nil, known(r.Case.Finding),
		}
		if r.Rate.Of > 0 {
			row[9], row[10], row[11] = finite(r.Rate.Value), finite(r.Rate.Low), finite(r.Rate.High)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// resultWord is how a case stands, in the words of tests.
func resultWord(s suite.Standing) string {
	switch s {
	case suite.Met:
		return "passed"
	case suite.Unmet:
		return "failed"
	}
	return "not judged"
}

// sampleTable lists the samples with what came back; for people only those that
// did not meet their case.
func sampleTable(report *suite.Report, text bool) render.Table {
	t := render.Table{Name: "samples", Title: "Replies that did not meet their case", Stacked: true, Columns: []render.Column{
		{Name: "case", Whole: true},
		{Name: "sample", Kind: render.KindInt},
		{Name: "standing"},
		{Name: "why", Kind: render.KindLong},
		{Name: "end"},
		{Name: "reply", Kind: render.KindLong, Lines: replyLines},
		{Name: "id", Whole: true},
	}}
	if !text {
		t.Title = "Replies"
	}
	for i := range report.Results {
		for j := range report.Results[i].Samples {
			s := &report.Results[i].Samples[j]
			if text && s.Standing == suite.Met {
				continue
			}
			var reply any
			if s.Reply != nil {
				reply = replyText(s.Reply)
			}
			t.Rows = append(t.Rows, []any{s.Case, int64(s.Sample), string(s.Standing), known(s.Why), known(string(s.End)), reply, s.ID})
		}
	}
	return t
}

// judgedTable says what a judge made of each question, and how often it agreed
// with itself.
func judgedTable(list []suite.Judged) render.Table {
	t := render.Table{Name: "judge", Title: "What the judge said", Stacked: true, Columns: []render.Column{
		{Name: "question", Kind: render.KindLong},
		{Name: "accepted"},
		{Name: "replies", Kind: render.KindInt},
		{Name: "asked", Kind: render.KindInt},
		{Name: "met", Kind: render.KindInt},
		{Name: "unmet", Kind: render.KindInt},
		{Name: "contradicted", Kind: render.KindInt},
		{Name: "no_verdict", Kind: render.KindInt},
		{Name: "agreement", Kind: render.KindNumber},
		{Name: "agreement_low", Kind: render.KindNumber},
		{Name: "agreement_high", Kind: render.KindNumber},
	}}
	for i := range list {
		j := &list[i]
		row := []any{
			j.Question.Question, strings.Join(j.Question.Accept, " | "), int64(j.Replies), int64(j.Asked),
			int64(j.Met), int64(j.Unmet), int64(j.Contradicted), int64(j.Open), nil, nil, nil,
		}
		if a := j.Agreement; a.Of > 0 {
			row[8], row[9], row[10] = finite(a.Value), finite(a.Low), finite(a.High)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// suiteError is the error for cases that are not passed.
func suiteError(report *suite.Report) error {
	var failed, open error
	if report.Unmet > 0 {
		failed = &SuiteError{Failed: report.Unmet, Of: len(report.Results)}
	}
	if report.Open > 0 {
		hint := "the report says why of each"
		if !wantsReplies(report) {
			hint += "; markers, another assertion or a judge can tell what these cannot: exhibit suite schema has them all"
		}
		open = &HintError{Err: fmt.Errorf("%d of %s could not be judged", report.Open, plural(int64(len(report.Results)), "case")), Hints: []string{hint}}
	}
	return errors.Join(failed, open)
}

// wantsReplies reports whether a sample is not judged because its reply is not
// all there.
func wantsReplies(report *suite.Report) bool {
	for i := range report.Results {
		for j := range report.Results[i].Samples {
			if s := &report.Results[i].Samples[j]; s.Standing == suite.Unknown && (s.Reply == nil || !s.Reply.Complete) {
				return true
			}
		}
	}
	return false
}
