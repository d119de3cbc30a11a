package cli

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/formats"
)

// writeLoad writes what a load did: what each source brought, what could not be
// read, and where the ledger stands.
func writeLoad(r *render.Renderer, o *loadOptions, report *casefile.LoadReport, counts []casefile.LoadCount) error {
	messages := sourceMessages(report, counts)
	if o.Output.Format != render.FormatCSV { // which holds one table
		messages = append(messages, spanTable(report), nameTable("principals", "principal", o.Limit, report, principalsOf))
		messages = append(messages, nameTable("models", "model", o.Limit, report, modelsOf))
		messages = append(messages, unparsedMessages(report)...)
		messages = append(messages, leftOutMessages(o.Limit, report.Items)...)
		messages = append(messages, totals(report))
	} else {
		messages = append(messages, note("head %s", report.Head))
	}
	messages = append(messages, closingNotes(report)...)
	for _, m := range messages {
		if t, ok := m.(render.Table); ok && len(t.Rows) == 0 && o.Output.Format == render.FormatText {
			continue
		}
		if err := r.Write(m); err != nil {
			return err
		}
	}
	return nil
}

// sourceMessages counts what each source brought.
func sourceMessages(report *casefile.LoadReport, counts []casefile.LoadCount) []render.Message {
	number := func(name string) render.Column { return render.Column{Name: name, Kind: render.KindInt} }
	table := render.Table{Name: "sources", Columns: []render.Column{
		{Name: "source"},
		number("files"), number("records"), number("frames"), number("events"), number("calls"),
		number("unparsed"), number("duplicates"),
	}}
	var all casefile.LoadCount
	for _, s := range report.Sources {
		var n casefile.LoadCount
		for _, c := range counts {
			if c.Format == s.Format {
				n = c
			}
			if c.Format == "" {
				all = c
			}
		}
		table.Rows = append(table.Rows, []any{s.Format, s.Files, s.Records, s.Frames, s.Events, n.Calls, s.Unparsed, n.Duplicates})
	}
	messages := []render.Message{table}
	if all.Joined > 0 {
		messages = append(messages, note("%s in all, %d of them seen by more than one event and joined by their ids",
			plural(all.Calls, "call"), all.Joined))
	}
	if all.Duplicates > 0 {
		messages = append(messages, note("%s in other evidence too: calls and tables count each once", are(all.Duplicates, "event")))
	}
	if all.Conflicts > 0 {
		messages = append(messages, render.Note{Level: render.LevelWarning, Text: fmt.Sprintf(
			"%s the id of another event but not its content: nothing was dropped; compare them", have(all.Conflicts, "event"))})
	}
	return messages
}

func note(format string, args ...any) render.Note {
	return render.Note{Level: render.LevelNote, Text: fmt.Sprintf(format, args...)}
}

// are returns "1 noun is" or "2 nouns are".
func are(n int64, noun string) string {
	if n == 1 {
		return plural(n, noun) + " is"
	}
	return plural(n, noun) + " are"
}

// have returns "1 noun has" or "2 nouns have".
func have(n int64, noun string) string {
	if n == 1 {
		return plural(n, noun) + " has"
	}
	return plural(n, noun) + " have"
}

// spanTable says when the events of each source happened.
func spanTable(report *casefile.LoadReport) render.Table {
	table := render.Table{Name: "times", Columns: []render.Column{
		{Name: "source"},
		{Name: "first", Kind: render.KindTime},
		{Name: "last", Kind: render.KindTime},
		{Name: "without_time", Kind: render.KindInt},
	}}
	for _, s := range report.Sources {
		table.Rows = append(table.Rows, []any{s.Format, instant(s.FirstTS), instant(s.LastTS), s.WithoutTime})
	}
	return table
}

// instant shows as many digits as the time has.
func instant(micros *int64) any {
	switch {
	case micros == nil:
		return nil
	case *micros%1e6 == 0:
		return render.Stamp{Micros: *micros, Precision: formats.PrecisionS}
	case *micros%1e3 == 0:
		return render.Stamp{Micros: *micros, Precision: formats.PrecisionMS}
	}
	return render.Stamp{Micros: *micros, Precision: formats.PrecisionUS}
}

func principalsOf(s *casefile.Source) map[string]int64 { return s.Principals }
func modelsOf(s *casefile.Source) map[string]int64     { return s.Models }

// nameTable lists the names with the most events of each source.
func nameTable(name, column string, limit int, report *casefile.LoadReport, of func(*casefile.Source) map[string]int64) render.Table {
	table := render.Table{Name: name, Columns: []render.Column{
		{Name: "source"}, {Name: "events", Kind: render.KindInt}, {Name: column},
	}}
	var rest []string
	for i := range report.Sources {
		s := &report.Sources[i]
		events := of(s)
		names := slices.SortedFunc(maps.Keys(events), func(a, b string) int {
			return cmp.Or(cmp.Compare(events[b], events[a]), cmp.Compare(a, b))
		})
		shown := names
		if limit > 0 && len(names) > limit {
			shown = names[:limit]
			rest = append(rest, fmt.Sprintf("%s %d of %d", s.Format, limit, len(names)))
		}
		for _, n := range shown {
			table.Rows = append(table.Rows, []any{s.Format, events[n], n})
		}
	}
	if len(rest) > 0 {
		table.Title = name + " with the most events: " + strings.Join(rest, ", ")
	}
	return table
}

// unparsedMessages show the first records that could not be read.
func unparsedMessages(report *casefile.LoadReport) []render.Message {
	table := render.Table{Name: "unparsed", Title: "records that could not be read", Columns: []render.Column{
		{Name: "path"}, {Name: "record", Kind: render.KindInt}, {Name: "offset", Kind: render.KindInt}, {Name: "reason"},
	}}
	var total int64
	for _, s := range report.Sources {
		total += s.Unparsed
		for _, p := range s.Problems {
			table.Rows = append(table.Rows, []any{p.Path, p.Record, p.Offset, p.What})
		}
	}
	messages := []render.Message{table}
	if n := int64(len(table.Rows)); total > n {
		messages = append(messages, note("%d more are not listed here; all of them are in the case as events of kind unparsed", total-n))
	}
	return messages
}

// leftOutMessages list the files that were not loaded, or not to their end.
func leftOutMessages(limit int, items []*casefile.Item) []render.Message {
	table := render.Table{Name: "not_loaded", Title: "files that were not loaded, or not to their end", Columns: []render.Column{
		{Name: "status"}, {Name: "path"}, {Name: "reason"},
	}}
	var left []*casefile.Item
	for _, it := range items {
		if it.Status != casefile.StatusLoaded && it.Status != casefile.StatusContainer {
			left = append(left, it)
		}
	}
	slices.SortStableFunc(left, func(a, b *casefile.Item) int {
		return cmp.Compare(urgency(a.Status), urgency(b.Status))
	})
	for _, it := range left {
		if limit > 0 && len(table.Rows) == limit {
			break
		}
		table.Rows = append(table.Rows, []any{string(it.Status), it.Path, reason(it, limit == 0)})
	}
	messages := []render.Message{table}
	if n := len(left) - len(table.Rows); n > 0 {
		messages = append(messages, note("%s not shown; --limit all shows them", are(int64(n), "file")))
	}
	return messages
}

// urgency sorts statuses: what may hide evidence comes first.
func urgency(s casefile.Status) int {
	return slices.Index([]casefile.Status{
		casefile.StatusDamaged, casefile.StatusUnreadable, casefile.StatusUnrecognised, casefile.StatusEmpty, casefile.StatusDuplicate,
	}, s)
}

// reason says in a line why an item was not loaded; with all, also why each
// format does not fit.
func reason(it *casefile.Item, all bool) any {
	lines := reasons(it)
	if len(lines) == 0 {
		return nil
	}
	if len(lines) == 1 {
		return lines[0]
	}
	if it.Status == casefile.StatusUnrecognised && !all {
		return fmt.Sprintf("%s of %d; --limit all says why", lines[0], len(formats.All()))
	}
	return lines[0] + ": " + strings.Join(lines[1:], "; ")
}

// reasons says why an item was not loaded: what is wrong, then a line for each
// format that does not fit.
func reasons(it *casefile.Item) []string {
	if it.Note == "" {
		return nil
	}
	lines := reasonLines(it.Note)
	if it.Status == casefile.StatusUnrecognised && len(lines) > 1 {
		lines[0] = "no format fits"
	}
	return lines
}

// reasonLines splits what [formats.Detect] says: that none fits, then why.
func reasonLines(text string) []string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines
}

func countStatus(items []*casefile.Item, status casefile.Status) int64 {
	var n int64
	for _, it := range items {
		if it.Status == status {
			n++
		}
	}
	return n
}

// totals says what became of the files, and where the ledger stands.
func totals(report *casefile.LoadReport) render.Fields {
	fields := render.Fields{Name: "load", Items: []render.Field{
		{Column: render.Column{Name: "new_case", Kind: render.KindBool}, Value: report.Created},
		{Column: render.Column{Name: "files", Kind: render.KindInt}, Value: int64(len(report.Items))},
	}}
	for _, s := range []casefile.Status{
		casefile.StatusLoaded, casefile.StatusDamaged, casefile.StatusDuplicate, casefile.StatusEmpty,
		casefile.StatusUnrecognised, casefile.StatusUnreadable, casefile.StatusContainer,
	} {
		if n := countStatus(report.Items, s); n > 0 || s == casefile.StatusLoaded {
			fields.Items = append(fields.Items, render.Field{Column: render.Column{Name: string(s), Kind: render.KindInt}, Value: n})
		}
	}
	var size, stream int64
	for _, it := range report.Items {
		if it.Status == casefile.StatusLoaded || it.Status == casefile.StatusDamaged {
			size, stream = size+it.Size, stream+it.StreamSize
		}
	}
	fields.Items = append(fields.Items,
		render.Field{Column: render.Column{Name: "size", Kind: render.KindSize}, Value: size},
		render.Field{Column: render.Column{Name: "decompressed", Kind: render.KindSize}, Value: stream},
		field("head", report.Head.String()))
	return fields
}

// closingNotes say when nothing was added, and what the head is for.
func closingNotes(report *casefile.LoadReport) []render.Message {
	repeated := countStatus(report.Items, casefile.StatusDuplicate)
	switch {
	case !report.Nothing:
		return []render.Message{note("write the head %.20s… down outside the case: exhibit verify --head proves with it that nothing before it was altered or cut off", report.Head)}
	case repeated > 0:
		return []render.Message{note("nothing was added: the bytes of %s in the case already", are(repeated, "file"))}
	}
	return []render.Message{note("nothing was added")}
}

// notLoaded returns an error for each path of the command line that was not
// loaded, and one when nothing at all could be.
func notLoaded(paths []string, items []*casefile.Item) []error {
	named := map[string]bool{}
	for _, p := range paths {
		named[ledger.EscapePath(p)] = true
	}
	var errs []error
	left, refused, files := 0, 0, 0
	for _, it := range items {
		if it.Status != casefile.StatusContainer {
			files++
		}
		if it.Status != casefile.StatusUnrecognised && it.Status != casefile.StatusUnreadable {
			continue
		}
		refused++
		if !named[it.Path] {
			continue
		}
		if left++; left > maxLines {
			continue
		}
		lines := reasons(it)
		err := &HintError{Err: fmt.Errorf("loading %s: %s", it.Path, lines[0]), Hints: lines[1:]}
		if it.Status == casefile.StatusUnrecognised {
			err.Hints = append(err.Hints, "exhibit formats lists the formats; --log-format NAME reads a file as one of them")
		}
		errs = append(errs, err)
	}
	if left > maxLines {
		errs = append(errs, fmt.Errorf("loading %d more files: see the list", left-maxLines))
	}
	if refused == files && left == 0 && refused > 0 {
		errs = append(errs, fmt.Errorf("loading %s: none of %s could be loaded", filepath.Clean(paths[0]), plural(int64(refused), "file")))
	}
	return errs
}

// shellWord quotes a word for a POSIX shell where it needs it.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+=,", r)
	}
	if s != "" && strings.TrimLeftFunc(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
