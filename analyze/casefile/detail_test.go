package casefile_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// detailOf looks an event up as a person would.
func detailOf(t *testing.T, c *casefile.Case, id string) *casefile.Detail {
	t.Helper()
	eids, err := c.ResolveEvent(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Detail(t.Context(), eids[0])
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDetail compares what is said about single events with the views.
func TestDetail(t *testing.T) {
	c := mixedCase(t)
	ids := strings.Fields(table(t, c, `
		select event_id from events_all
		qualify row_number() over (partition by format, kind, operation, outcome order by event_id) <= 2
		order by 1`))
	for _, id := range ids {
		d := detailOf(t, c, id)
		if d.EventID != id {
			t.Errorf("%s was looked up as %s", id, d.EventID)
		}
		row := viewRow(t, c, id)
		want, got := map[string]string{}, map[string]string{}
		for _, name := range d.Columns {
			want[name], got[name] = canonical(name, row[name]), canonical(name, inSQL(d.Value(name)))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-view +detail)\n%s", id, diff)
		}
		call := strings.Fields(table(t, c, "select coalesce(min(call_id), '') from calls where call_id in (select j.call_id from joined_call j join call_event c on c.call = j.call where c.eid = "+
			"(select coalesce(min(of_eid), any_value(e.eid)) from events_all e left join duplicate d on d.eid = e.eid where e.event_id = '"+id+"')) or event_id = '"+id+"'"))
		if len(call) == 1 && d.Original == "" && d.CallID != call[0] {
			t.Errorf("%s shows call %q, want %q", id, d.CallID, call[0])
		}
	}
	if len(ids) < 20 {
		t.Errorf("only %d events", len(ids))
	}
}

// viewRow reads an event from the view, each value as text.
func viewRow(t *testing.T, c *casefile.Case, id string) map[string]string {
	t.Helper()
	rows, err := c.DB().QueryContext(t.Context(), "select columns(*)::varchar from events_all where event_id = '"+id+"'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil || !rows.Next() {
		t.Fatal("no event", id, err, rows.Err())
	}
	values, into := make([]*string, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		t.Fatal(err)
	}
	row := map[string]string{}
	for i, name := range names {
		row[name] = "NULL"
		if values[i] != nil {
			row[name] = *values[i]
		}
	}
	return row
}

// inSQL writes a value as DuckDB writes it as text.
func inSQL(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case fmt.Stringer:
		return v.String()
	}
	return fmt.Sprint(v)
}

// canonical makes values comparable that are written in two ways.
func canonical(name, v string) string {
	if v == "NULL" {
		return v
	}
	if strings.HasPrefix(name, "ts") && strings.Contains(v, "-") {
		return strings.NewReplacer(" +0000 UTC", "", "+00", "").Replace(v)
	}
	if strings.HasSuffix(name, "_messages") {
		var list any
		if json.Unmarshal([]byte(v), &list) == nil {
			data, _ := json.Marshal(list)
			return string(data)
		}
	}
	return v
}

func TestDetailOfCall(t *testing.T) {
	c := mixedCase(t)
	id := strings.TrimSpace(table(t, c, "select min(event_id) from events where plane = 'content' and request_id in (select request_id from events where plane = 'access')"))
	d := detailOf(t, c, id)
	var got []string
	for _, row := range d.Call {
		got = append(got, row.EventID)
	}
	slices.Sort(got)
	want := strings.Fields(table(t, c, "select event_id from events where request_id = '"+d.Text("request_id")+"' order by 1"))
	if !slices.Equal(got, want) || len(want) != 2 {
		t.Errorf("the events of the call are %v, want %v", got, want)
	}
	disagreements := strings.TrimSpace(table(t, c, "select coalesce(disagreements, '') from calls where call_id = '"+d.CallID+"'"))
	if strings.Join(d.Disagreements, ",") != disagreements {
		t.Errorf("disagreements %v, want %s", d.Disagreements, disagreements)
	}
	turns, err := d.Conversation()
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, turn := range turns {
		said = append(said, turn.Text)
	}
	for _, column := range []string{"system_prompt", "prompt", "response"} {
		if text := d.Text(column); text != "" && !slices.Contains(said, text) {
			t.Errorf("the %s is not in the conversation", column)
		}
	}
	if d.Evidence.Path == "" || d.Evidence.Load == "" {
		t.Errorf("evidence: %+v", d.Evidence)
	}
}

func TestDetailOfKin(t *testing.T) {
	c := mixedCase(t)
	pair := strings.Fields(table(t, c, `
		select e.event_id, o.event_id
		from duplicate d join events_all e on e.eid = d.eid join events_all o on o.eid = d.of_eid
		order by 1 limit 1`))
	if d := detailOf(t, c, pair[0]); d.Original != pair[1] {
		t.Errorf("%s repeats %q, want %q", pair[0], d.Original, pair[1])
	}
	if d := detailOf(t, c, pair[1]); !slices.Contains(d.Copies, pair[0]) {
		t.Errorf("%s is repeated by %v, want %s", pair[1], d.Copies, pair[0])
	}
	pair = strings.Fields(table(t, c, `
		select e.event_id, o.event_id
		from conflict d join events_all e on e.eid = d.eid join events_all o on o.eid = d.with_eid
		order by 1 limit 1`))
	for i := range pair {
		if d := detailOf(t, c, pair[i]); !slices.Contains(d.Conflicts, pair[1-i]) {
			t.Errorf("%s differs from %v, want %s", pair[i], d.Conflicts, pair[1-i])
		}
	}
}

func TestConversation(t *testing.T) {
	d := &casefile.Detail{
		Columns: []string{"input_messages", "output_messages"},
		EventRow: casefile.EventRow{Values: []any{
			`[{"role":"user","parts":[{"type":"text","content":"a"},{"type":"uri","mime_type":"image/png","uri":"s3://b/k"}]},` +
				`{"role":"assistant","parts":[{"type":"tool_call","id":"t1","name":"f","arguments":{"x":1}}]},` +
				`{"role":"user","parts":[{"type":"tool_call_response","id":"t1","response":"done"},{"type":"blob","mime_type":"image/png","size":12}]}]`,
			`[{"role":"assistant","parts":[],"finish_reason":"stop"}]`,
		}},
	}
	got, err := d.Conversation()
	want := []casefile.Turn{
		{Side: "input", Message: 1, Role: "user", Type: "text", Text: "a"},
		{Side: "input", Message: 1, Role: "user", Type: "uri", Name: "image/png", Text: "s3://b/k"},
		{Side: "input", Message: 2, Role: "assistant", Type: "tool_call", Name: "f", ID: "t1", Text: `{"x":1}`},
		{Side: "input", Message: 3, Role: "user", Type: "tool_call_response", ID: "t1", Text: "done"},
		{Side: "input", Message: 3, Role: "user", Type: "blob", Name: "image/png", Text: "12 bytes"},
		{Side: "output", Message: 1, Role: "assistant", Finish: "stop"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	d.Values[1] = "["
	if got, err := d.Conversation(); err == nil || len(got) != 5 {
		t.Errorf("%d turns of messages that are no JSON: %v", len(got), err)
	}
}

func TestCompleteEvent(t *testing.T) {
	c := mixedCase(t)
	first := strings.Fields(table(t, c, "select event_id from events_all where record = 1 and part = 0 order by evidence_id"))
	for _, tt := range []struct {
		name, typed string
		want        []string
	}{
		{"nothing typed", "", first},
		{"digits", first[0][:5], first[:1]},
		{"whole id", first[0], []string{first[0]}},
		{"not hexadecimal", "%", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.CompleteEvent(t.Context(), tt.typed, 50)
			if tt.name == "whole id" {
				got = got[:1] // others begin so as well: -1, -10, -11 ...
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}
