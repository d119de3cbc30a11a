package cli

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/quality"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// percentValue is a percentage in hundredths, or -1 where none was given.
type percentValue int64

func (v *percentValue) Type() string { return "PERCENT" }

func (v *percentValue) String() string {
	if *v < 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*v)/100, 'f', -1, 64)
}

func (v *percentValue) Set(s string) error {
	n, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	hundredths := math.Round(n * 100)
	if err != nil || !(n >= 0 && n <= 100) || math.Abs(n*100-hundredths) > 1e-6 {
		return fmt.Errorf("%q is no percentage from 0 to 100 with at most two digits after the point", s)
	}
	*v = percentValue(hundredths)
	return nil
}

// QualityError says that the logs of a case can tell less than --fail-under
// asks for.
type QualityError struct {
	Complete, Calls int64
	Least           string // percent
}

// Error gives the score.
func (e *QualityError) Error() string {
	if e.Calls == 0 {
		return fmt.Sprintf("the case has no calls and so no score, and --fail-under is %s", e.Least)
	}
	return fmt.Sprintf("score %s is below %s: %d of %s are complete", percentOf(e.Complete, e.Calls), e.Least, e.Complete, plural(e.Calls, "call"))
}

// runQuality writes what the logs of a case can tell, and compares the score
// with --fail-under.
func runQuality(ctx context.Context, f *factory, o infoOptions) error {
	var report *quality.Report
	err := f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		config := export.Config(c, map[string]any{"all": o.All, "quality": true, "fail_under": o.FailUnder.String()})
		return f.emit(o.Output, config, func(r *render.Renderer) (err error) {
			if report, err = quality.Run(ctx, c, quality.Options{All: o.All}); err != nil {
				return err
			}
			return writeQuality(r, report, o.All, o.All || o.Output.Format != render.FormatText)
		})
	})
	if err != nil {
		return err
	}
	if score := report.Score; o.FailUnder >= 0 && (score.Of == 0 || score.N*10000 < int64(o.FailUnder)*score.Of) {
		return &QualityError{Complete: score.N, Calls: score.Of, Least: o.FailUnder.String()}
	}
	return nil
}

// writeQuality writes a report. Where all is false, it leaves out what does not
// apply, faults that are not there and questions that are always answered;
// counts adds the numbers behind the percentages.
func writeQuality(r *render.Renderer, report *quality.Report, all, counts bool) error {
	messages := []render.Message{scoreFields(report), needTable(report, all), faultTable(report, all)}
	messages = append(messages, questionMessages(report, all)...)
	if counts {
		messages = append(messages, needCounts(report), answerCounts(report))
	}
	for _, text := range report.Scanned {
		messages = append(messages, render.Note{Level: render.LevelNote, Text: text})
	}
	for _, m := range messages {
		if err := r.Write(m); err != nil {
			return err
		}
	}
	return nil
}

func scoreFields(report *quality.Report) render.Fields {
	return render.Fields{Name: "quality", Title: "Quality", Items: []render.Field{
		percentField("score", report.Score.N, report.Score.Of),
		intField("calls", report.Score.Of),
		intField("complete", report.Score.N),
		field("complete_means", strings.Join(report.Core, ", ")),
	}}
}

// sourceColumns are the case and each source, in percent.
func sourceColumns(report *quality.Report) []render.Column {
	columns := []render.Column{{Name: "case", Kind: render.KindNumber}}
	for i := range report.Sources {
		columns = append(columns, render.Column{Name: report.Sources[i].Name, Kind: render.KindNumber})
	}
	return columns
}

// percents is what the case and each source have of one thing.
func percents(report *quality.Report, of func(*quality.Source) quality.Count) []any {
	n := of(&report.Case)
	out := []any{percentOf(n.N, n.Of)}
	for i := range report.Sources {
		n := of(&report.Sources[i])
		out = append(out, percentOf(n.N, n.Of))
	}
	return out
}

func needTable(report *quality.Report, all bool) render.Table {
	t := render.Table{Name: "needs", Title: "What the logs say, in percent of what can have it (empty: there is nothing that can)"}
	t.Columns = append([]render.Column{{Name: "need"}, {Name: "expected"}, {Name: "of"}}, sourceColumns(report)...)
	for i, n := range report.Case.Needs {
		if n.Of == 0 && !all {
			continue
		}
		row := []any{n.Name, n.Expected, n.Things}
		t.Rows = append(t.Rows, append(row, percents(report, func(s *quality.Source) quality.Count { return s.Needs[i].Count })...))
	}
	return t
}

func faultTable(report *quality.Report, all bool) render.Table {
	t := render.Table{Name: "faults", Title: "Faults", Columns: []render.Column{
		{Name: "fault"},
		{Name: "source"},
		{Name: "count", Kind: render.KindInt},
		{Name: "total", Kind: render.KindInt},
		{Name: "percent", Kind: render.KindNumber},
		{Name: "of"},
		{Name: "meaning"},
	}}
	for i := range report.Case.Faults {
		for j := range report.Sources {
			f := &report.Sources[j].Faults[i]
			if f.N == 0 && !all {
				continue
			}
			meaning := f.What
			if f.Detail != "" {
				meaning += ": " + f.Detail
			}
			t.Rows = append(t.Rows, []any{f.Name, report.Sources[j].Name, f.N, f.Of, percentOf(f.N, f.Of), f.Things, meaning})
		}
	}
	return t
}

// questionMessages name the questions that the case does not always answer, and
// what would.
func questionMessages(report *quality.Report, all bool) []render.Message {
	t := render.Table{Name: "questions", Title: "What cannot always be answered, in percent of what is"}
	if all {
		t.Title = "What can be answered, in percent"
	}
	t.Columns = append([]render.Column{{Name: "question"}, {Name: "of"}}, sourceColumns(report)...)
	help := render.Table{Name: "help", Title: "What would answer it", Columns: []render.Column{{Name: "question"}, {Name: "help"}}}
	var answered, asked int64
	for i, a := range report.Case.Answers {
		if a.Of == 0 && !all {
			continue
		}
		asked++
		if a.N == a.Of {
			answered++
		}
		if a.N < a.Of || all {
			row := percents(report, func(s *quality.Source) quality.Count { return s.Answers[i].Count })
			t.Rows = append(t.Rows, append([]any{a.Question, a.Things}, row...))
		}
		if a.N < a.Of {
			help.Rows = append(help.Rows, []any{a.Question, a.Help})
		}
	}
	note := fmt.Sprintf("%d of %s are always answered by some log", answered, plural(asked, "question"))
	return []render.Message{t, help, render.Note{Level: render.LevelNote, Text: note}}
}

// withCase lists the case and then the sources.
func withCase(report *quality.Report) []*quality.Source {
	list := []*quality.Source{&report.Case}
	for i := range report.Sources {
		list = append(list, &report.Sources[i])
	}
	return list
}

func needCounts(report *quality.Report) render.Table {
	t := render.Table{Name: "need_counts", Title: "Needs, counted", Columns: []render.Column{
		{Name: "source"}, {Name: "need"}, {Name: "count", Kind: render.KindInt}, {Name: "total", Kind: render.KindInt}, {Name: "of"}, {Name: "meaning"},
	}}
	for _, s := range withCase(report) {
		for _, n := range s.Needs {
			t.Rows = append(t.Rows, []any{s.Name, n.Name, n.N, n.Of, n.Things, n.What})
		}
	}
	return t
}

func answerCounts(report *quality.Report) render.Table {
	t := render.Table{Name: "question_counts", Title: "Questions, counted", Columns: []render.Column{
		{Name: "source"}, {Name: "question"}, {Name: "count", Kind: render.KindInt}, {Name: "total", Kind: render.KindInt}, {Name: "of"},
	}}
	for _, s := range withCase(report) {
		for _, a := range s.Answers {
			t.Rows = append(t.Rows, []any{s.Name, a.Question, a.N, a.Of, a.Things})
		}
	}
	return t
}
