package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/formats"
)

type showOptions struct {
	Case   caseOptions
	Event  string
	Raw    bool
	Pretty bool
	All    bool
	Output outputOptions
}

const showLong = `show prints one event: its columns, the other events of the same call and where they
disagree, the conversation, the notes and tags that people gave it in exhibit tui, where
it comes from, and its raw record.

EVENT is an event id such as 1f3a5c7e-12, EVIDENCE-RECORD or EVIDENCE-RECORD.PART. Of
EVIDENCE, as many digits are enough as no other evidence shares. A record that holds
several events is shown by its first; the others are named.

Text shows the beginning of long texts, and all of them with --all. --pretty breaks
and indents a raw record that is JSON; else it is shown as the log wrote it, with
control characters escaped. --raw prints nothing but the bytes of the record, exactly
as they are: they may hold what a terminal obeys.

`

func newShow(f *factory) *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show EVENT",
		Short: "Show one event with its call, conversation, provenance and raw record",
		Long:  showLong + exitStatus(),
		Example: `  # Everything about an event
  $ exhibit show 1f3a5c7e-12

  # The record as it was received, for another program
  $ exhibit show 1f3a5c7e-12 --raw | jq .requestParameters`,
		Args:              oneArg("EVENT"),
		ValidArgsFunction: completeEvents(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Event = args[0]
			return runShow(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	addRawFlag(cmd, &o.Raw)
	cmd.Flags().BoolVar(&o.Pretty, "pretty", false, "break and indent a raw record that is JSON")
	addAllFlag(cmd, &o.All)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.FormatText, render.FormatJSON, render.FormatJSONL)
	return cmd
}

// addRawFlag adds --raw, which is about raw records everywhere.
func addRawFlag(cmd *cobra.Command, raw *bool) {
	cmd.Flags().BoolVar(raw, "raw", false, "raw records: events and match look through them too, show prints nothing but the bytes")
}

func runShow(ctx context.Context, f *factory, o showOptions) error {
	if o.Raw && o.Pretty {
		return usagef("--raw prints the bytes as they are, --pretty does not: give one of them")
	}
	return f.lookUp(ctx, o.Case, func(c *casefile.Case) error {
		eids, err := c.ResolveEvent(ctx, o.Event)
		if err != nil {
			return eventProblem(err)
		}
		if o.Raw {
			return f.writeRaw(ctx, c, eids[0], o.Output)
		}
		config := export.Config(c, map[string]any{"event": o.Event, "pretty": o.Pretty, "all": o.All})
		return f.emit(o.Output, config, func(r *render.Renderer) error {
			return writeEvent(ctx, r, c, eids, &o)
		})
	})
}

// eventProblem makes what is no event id an error of use, and says how to find
// one.
func eventProblem(err error) error {
	switch {
	case errors.Is(err, casefile.ErrNotEventID):
		return (&UsageError{Err: err}).hint("exhibit events lists events with their ids")
	case errors.Is(err, casefile.ErrNoEvent):
		return &HintError{Err: err, Hints: []string{"exhibit events lists events with their ids"}}
	}
	return err
}

// writeRaw writes the bytes of a record and nothing else.
func (f *factory) writeRaw(ctx context.Context, c *casefile.Case, eid int64, o outputOptions) error {
	record, err := c.Raw(ctx, eid)
	if err != nil {
		return err
	}
	out, err := f.openOutput(o)
	if err != nil {
		return err
	}
	defer out.discard()
	if _, err := out.Write(record.Raw); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	return out.commit()
}

// writeEvent writes all about the first of the events of a record.
func writeEvent(ctx context.Context, r *render.Renderer, c *casefile.Case, eids []int64, o *showOptions) error {
	d, err := c.Detail(ctx, eids[0])
	if err != nil {
		return err
	}
	record, err := c.Raw(ctx, eids[0])
	if err != nil {
		return err
	}
	words := c.EventWords(d.Ref())
	messages := eventGroups(d, &words)
	messages = append(messages, callMessages(d)...)
	turns, err := d.Conversation()
	if err != nil {
		messages = append(messages, render.Note{Level: render.LevelWarning, Text: err.Error() + "; the raw record has it"})
	}
	lines := 0
	if !o.All {
		lines = shownLines
	}
	messages = append(messages, conversationMessages(turns, lines)...)
	if d.Joined {
		messages = append(messages, note("the conversation is that of the whole call, put together from the chunks of its events"))
	}
	if len(words.Acts) > 0 {
		messages = append(messages, wordsTable(words.Acts))
	}
	messages = append(messages, provenanceFields(d, record), rawFields(record, o.Pretty, lines))
	if !utf8.Valid(record.Raw) {
		messages = append(messages, render.Note{Level: render.LevelWarning, Text: "the record is not UTF-8 all through; --raw gives its bytes as they are"})
	}
	if len(eids) > 1 {
		messages = append(messages, render.Note{Level: render.LevelNote, Text: siblings(d, len(eids))})
	}
	for _, m := range messages {
		if err := r.Write(m); err != nil {
			return err
		}
	}
	return nil
}

// completedEvents is how many event ids a completion offers.
const completedEvents = 50

// eventIDs completes the ids of events. What goes wrong completes nothing.
func eventIDs(ctx context.Context, casePath, typed string) []string {
	c, err := casefile.Open(ctx, casePath, casefile.OpenOptions{Threads: 1, Memory: 1 << 30, Lookup: true})
	if err != nil {
		return nil
	}
	ids, err := c.CompleteEvent(ctx, typed, completedEvents)
	if errors.Join(err, c.Close()) != nil {
		return nil
	}
	return ids
}

// shownLines is how many lines of a long text are shown without --all.
const shownLines = 30

// siblings names the other events of a record that holds several.
func siblings(d *casefile.Detail, events int) string {
	return fmt.Sprintf("the record holds %d events: add a part, such as %s.1, to name another than the first", events, strings.TrimSuffix(d.EventID, fmt.Sprintf(".%d", d.Part)))
}

// eventGroup is a group of columns, as the events table orders them.
type eventGroup struct{ name, title, first string }

func eventGroupList() []eventGroup {
	return []eventGroup{
		{"time", "Time", "ts"},
		{"what", "What", "plane"},
		{"who", "Who", "principal"},
		{"where", "Where", "provider"},
		{"identifiers", "Identifiers", "native_id"},
		{"usage", "Usage", "input_tokens"},
		{"content", "Content", "content_state"},
		{"movement", "Movement", "destination"},
		{"problem", "Problem", "problem"},
	}
}

// inConversation are the columns that the conversation shows.
func inConversation() []string {
	return []string{"system_prompt", "prompt", "response", "reasoning", "input_messages", "output_messages", "tool_calls"}
}

// eventGroups lists the columns that have a value, group by group. What is said
// belongs to the conversation, and provenance comes with the raw record.
func eventGroups(d *casefile.Detail, words *casefile.EventWords) []render.Message {
	messages := []render.Message{render.Fields{Name: "event", Items: eventFields(d, words.Tags)}}
	groups := eventGroupList()
	var items []render.Field
	group := -1
	flush := func() {
		if len(items) > 0 {
			messages = append(messages, render.Fields{Name: groups[group].name, Title: groups[group].title, Items: items})
		}
		items = nil
	}
	for _, col := range formats.Columns() {
		if i := slices.IndexFunc(groups, func(g eventGroup) bool { return g.first == col.Name }); i >= 0 {
			flush()
			group = i
		}
		v := d.Value(col.Name)
		if v == nil || slices.Contains(inConversation(), col.Name) {
			continue
		}
		items = append(items, valueField(col, v, d))
	}
	flush()
	return messages
}

// eventFields say which event this is, which tags people gave it, and what it
// repeats or differs from.
func eventFields(d *casefile.Detail, tags []string) []render.Field {
	items := []render.Field{field("event_id", d.EventID), field("format", d.Value("format"))}
	if len(tags) > 0 {
		items = append(items, field("tags", strings.Join(tags, " ")))
	}
	if d.Original != "" {
		items = append(items, field("repeats", d.Original))
	}
	for _, l := range []struct {
		name string
		ids  []string
	}{{"repeated_by", d.Copies}, {"differs_from", d.Conflicts}} {
		if len(l.ids) > 0 {
			items = append(items, render.Field{Column: render.Column{Name: l.name, Kind: render.KindJSON}, Value: l.ids})
		}
	}
	return items
}

// valueField shows a value of an event.
func valueField(col formats.Column, v any, d *casefile.Detail) render.Field {
	c := render.Column{Name: col.Name}
	switch col.Type {
	case formats.ColumnInt:
		c.Kind = render.KindInt
	case formats.ColumnDuration:
		c.Kind = render.KindDuration
	case formats.ColumnCost:
		c.Kind = render.KindNumber
	case formats.ColumnBool:
		c.Kind = render.KindBool
	case formats.ColumnTime:
		c.Kind = render.KindTime
		if t, ok := v.(time.Time); ok {
			v = render.Stamp{Micros: t.UnixMicro(), Precision: formats.Precision(d.Text("ts_precision"))}
		}
	case formats.ColumnJSON, formats.ColumnTexts, formats.ColumnIDs, formats.ColumnMessages:
		c.Kind = render.KindJSON
		if s, ok := v.(string); ok {
			v = json.RawMessage(s)
		}
	case formats.ColumnText:
		c.Kind = render.KindLong
	}
	return render.Field{Column: c, Value: v}
}

// callMessages show the call of an event: the events that show it, and the
// columns in which they disagree.
func callMessages(d *casefile.Detail) []render.Message {
	if d.CallID == "" {
		return nil
	}
	call := render.Fields{Name: "call", Title: "Call", Items: []render.Field{
		field("call_id", d.CallID), intField("events", int64(max(1, len(d.Call)))),
	}}
	if len(d.Call) == 0 {
		return []render.Message{call}
	}
	names := casefile.CallColumns()
	at := func(row casefile.EventRow, name string) any { return row.Values[slices.Index(names, name)] }
	events := render.Table{Name: "call_events", Title: "Events of the call", Columns: []render.Column{
		{Name: "event_id"}, {Name: "format"}, {Name: "plane"}, {Name: "ts", Kind: render.KindTime}, {Name: "operation"}, {Name: "outcome"},
	}}
	differ := render.Table{Name: "disagreements", Title: "Columns in which they disagree", Columns: []render.Column{
		{Name: "column"}, {Name: "event_id"}, {Name: "value"},
	}}
	for _, row := range d.Call {
		precision, _ := at(row, "ts_precision").(string)
		var ts any
		if t, ok := at(row, "ts").(time.Time); ok {
			ts = render.Stamp{Micros: t.UnixMicro(), Precision: formats.Precision(precision)}
		}
		events.Rows = append(events.Rows, []any{row.EventID, at(row, "format"), at(row, "plane"), ts, at(row, "operation"), at(row, "outcome")})
	}
	for _, name := range d.Disagreements {
		for _, row := range d.Call {
			if slices.Contains(names, name) && at(row, name) != nil {
				differ.Rows = append(differ.Rows, []any{name, row.EventID, fmt.Sprint(at(row, name))})
			}
		}
	}
	messages := []render.Message{call, events}
	if len(differ.Rows) > 0 {
		messages = append(messages, differ)
	}
	return messages
}

// conversationMessages show what was said, part by part.
func conversationMessages(turns []casefile.Turn, lines int) []render.Message {
	if len(turns) == 0 {
		return nil
	}
	t := render.Table{Name: "conversation", Title: "Conversation", Stacked: true, Columns: []render.Column{
		{Name: "side"},
		{Name: "message", Kind: render.KindInt},
		{Name: "role"},
		{Name: "type"},
		{Name: "name"},
		{Name: "id"},
		{Name: "text", Kind: render.KindLong, Lines: lines},
		{Name: "finish_reason"},
	}}
	for _, turn := range turns {
		t.Rows = append(t.Rows, []any{
			turn.Side, turn.Message, known(turn.Role), known(turn.Type), known(turn.Name), known(turn.ID), turn.Text, known(turn.Finish),
		})
	}
	return []render.Message{t}
}

// wordsTable lists what people said of the event.
func wordsTable(acts []casefile.EventAct) render.Table {
	t := render.Table{Name: "history", Title: "What was said of it", Columns: []render.Column{
		{Name: "entry", Kind: render.KindInt}, {Name: "at"}, {Name: "by"}, {Name: "what"}, {Name: "text", Kind: render.KindLong},
	}}
	for i := range acts {
		a := &acts[i]
		t.Rows = append(t.Rows, []any{a.Seq, a.Time, a.Actor, actName(a.Action, a.Removed), a.Text})
	}
	return t
}

// actName says what an entry of the ledger about a finding or an event does.
func actName(action string, removed bool) string {
	if removed {
		return action + " removed"
	}
	return action
}

// provenanceFields say where the event comes from.
func provenanceFields(d *casefile.Detail, record *casefile.Record) render.Fields {
	e := d.Evidence
	size := func(name string, v any) render.Field {
		return render.Field{Column: render.Column{Name: name, Kind: render.KindSize}, Value: v}
	}
	items := []render.Field{
		field("evidence", e.Path), field("evidence_sha256", d.EvidenceID), size("evidence_size", e.Size),
		field("item_label", orNull(e.Label)), field("load", e.Load), field("container", orNull(e.Container)),
		field("compression", orNull(e.Compression)), field("encoding", orNull(e.Encoding)),
		size("stream_size", orNull(e.StreamSize)), field("stream_sha256", orNull(e.StreamSHA256)),
		intField("record", d.Record), intField("part", d.Part),
		intField("byte_offset", record.Offset), intField("byte_length", record.Length), field("record_sha256", record.SHA256),
	}
	items = slices.DeleteFunc(items, func(f render.Field) bool { return f.Value == nil })
	return render.Fields{Name: "provenance", Title: "Provenance", Items: items}
}

// rawFields show the raw record.
func rawFields(record *casefile.Record, pretty bool, lines int) render.Fields {
	text := string(record.Raw)
	if pretty {
		var b bytes.Buffer
		if json.Indent(&b, record.Raw, "", "  ") == nil {
			text = b.String()
		}
	}
	return render.Fields{Name: "raw_record", Title: "Raw record", Items: []render.Field{
		{Column: render.Column{Name: "raw", Kind: render.KindLong, Lines: lines}, Value: text},
	}}
}
