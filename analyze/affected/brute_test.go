package affected

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// rawEvent is an event as it is exported, as far as the scan looks at it.
type rawEvent struct {
	EventID         string  `json:"event_id"`
	EID             int64   `json:"eid"`
	Format          string  `json:"format"`
	Kind            string  `json:"kind"`
	Principal       *string `json:"principal"`
	EndUser         *string `json:"end_user"`
	Credential      *string `json:"credential_id"`
	Issued          *string `json:"issued_credential_id"`
	SourceIdentity  *string `json:"source_identity"`
	SrcIP           *string `json:"src_ip"`
	App             *string `json:"app"`
	Model           *string `json:"model"`
	Outcome         *string `json:"outcome"`
	Destination     *string `json:"destination"`
	BytesOut        *int64  `json:"bytes_out"`
	NativeID        *string `json:"native_id"`
	RequestID       *string `json:"request_id"`
	ResponseID      *string `json:"response_id"`
	TraceID         *string `json:"trace_id"`
	SpanID          *string `json:"span_id"`
	ParentSpanID    *string `json:"parent_span_id"`
	SessionID       *string `json:"session_id"`
	MessageID       *string `json:"message_id"`
	ParentMessageID *string `json:"parent_message_id"`
	ToolCallIDs     *string `json:"tool_call_ids"`
	OtherIDs        *string `json:"other_ids"`
	SystemPrompt    *string `json:"system_prompt"`
	Prompt          *string `json:"prompt"`
	Response        *string `json:"response"`
	Reasoning       *string `json:"reasoning"`
	Input           *string `json:"input_messages"`
	Output          *string `json:"output_messages"`
	Retrieved       *string `json:"retrieved"`
	ToolCalls       *string `json:"tool_calls"`

	ts     *int64
	unit   string
	things map[thingKey]map[string]bool // with the roles
}

type thingKey struct{ kind, value string }

// rawUnit is a call as the view calls shows it, or an event that shows none.
type rawUnit struct {
	Call        bool
	Principal   *string `json:"principal"`
	Session     *string `json:"session_id"`
	Credential  *string `json:"credential_id"`
	SrcIP       *string `json:"src_ip"`
	App         *string `json:"app"`
	Model       *string `json:"model"`
	Outcome     *string `json:"outcome"`
	Destination *string `json:"destination"`
	BytesOut    *int64  `json:"bytes_out"`
	Issued      *string
	Tool        bool
	ts          *int64
}

// scan is the naive pass over all events of a case.
type scan struct {
	events []*rawEvent // in the order of time and evidence
	units  map[string]*rawUnit
}

func newScan(t *testing.T, c *casefile.Case) *scan {
	t.Helper()
	s := &scan{units: map[string]*rawUnit{}}
	calls := map[string]string{} // by event
	each := func(query string, row func(*sql.Rows) error) {
		t.Helper()
		rows, err := c.DB().QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			if err := row(rows); err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	each("select call_id, event_id, to_json(c)::varchar, epoch_us(ts) from calls c", func(r *sql.Rows) error {
		var id, event, text string
		u := &rawUnit{Call: true}
		if err := r.Scan(&id, &event, &text, &u.ts); err != nil {
			return err
		}
		if s.units[id] != nil {
			return fmt.Errorf("two calls are %s", id)
		}
		s.units[id], calls[event] = u, id
		return json.Unmarshal([]byte(text), u)
	})
	joined := map[int64]string{}
	each("select e.eid, j.call_id from call_event e join joined_call j on j.call = e.call", func(r *sql.Rows) error {
		var eid int64
		var id string
		err := r.Scan(&eid, &id)
		joined[eid] = id
		return err
	})
	each("select to_json(e)::varchar, epoch_us(ts) from events e order by ts nulls last, evidence_id, record, part", func(r *sql.Rows) error {
		var text string
		e := &rawEvent{things: map[thingKey]map[string]bool{}}
		if err := r.Scan(&text, &e.ts); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), e); err != nil {
			return err
		}
		if e.unit = cmp.Or(joined[e.EID], calls[e.EventID]); e.unit == "" {
			e.unit = e.EventID
			s.units[e.unit] = &rawUnit{
				Principal: e.Principal, Session: e.SessionID, Credential: e.Credential, SrcIP: e.SrcIP, App: e.App, Model: e.Model,
				Outcome: e.Outcome, Destination: e.Destination, BytesOut: e.BytesOut, ts: e.ts,
			}
		}
		u := s.units[e.unit]
		u.Tool = u.Tool || e.Kind == "tool" || e.ToolCalls != nil
		if u.Issued == nil {
			u.Issued = e.Issued
		}
		s.events = append(s.events, e)
		return e.read()
	})
	return s
}

// read notes what the event holds.
func (e *rawEvent) read() error {
	note := func(kind, value, role string) {
		k := thingKey{kind, value}
		if e.things[k] == nil {
			e.things[k] = map[string]bool{}
		}
		e.things[k][role] = true
	}
	own := map[string]bool{}
	for role, text := range map[string]*string{"system": e.SystemPrompt, "user": e.Prompt, "assistant": e.Response, "reasoning": e.Reasoning} {
		if text != nil && *text != "" {
			note("content", sumOf(*text), role)
			own[*text] = true
		}
	}
	for _, list := range []*string{e.Input, e.Output} {
		if list == nil {
			continue
		}
		var messages []struct {
			Role  string
			Parts []struct {
				Type              string
				Content, Response json.RawMessage
			}
		}
		if err := json.Unmarshal([]byte(*list), &messages); err != nil {
			return err
		}
		for _, m := range messages {
			for _, p := range m.Parts {
				role, raw := m.Role, p.Content
				if p.Type == "tool_call_response" {
					role, raw = "tool", p.Response
				}
				var text string
				if json.Unmarshal(raw, &text) == nil && text != "" && !own[text] {
					note("content", sumOf(text), role)
				}
			}
		}
	}
	if e.Retrieved != nil {
		var documents []struct{ Content string }
		if err := json.Unmarshal([]byte(*e.Retrieved), &documents); err != nil {
			return err
		}
		for _, d := range documents {
			note("content", sumOf(d.Content), "document")
		}
	}
	return e.readIDs(note)
}

func (e *rawEvent) readIDs(note func(kind, value, role string)) error {
	request, response := "request", "response"
	if slices.Contains([]string{"inference", "embedding", "retrieval", "tool", "guardrail"}, e.Kind) {
		request, response = "call_request", "call_response"
	}
	for _, id := range []struct {
		kind, role string
		value      *string
	}{
		{"principal", "principal", e.Principal},
		{"end_user", "end_user", e.EndUser},
		{"address", "address", e.SrcIP},
		{"credential", "credential", e.Credential},
		{"credential", "issued_credential", e.Issued},
		{"source_identity", "source_identity", e.SourceIdentity},
		{"event", "event", e.NativeID},
		{"request", request, e.RequestID},
		{"response", response, e.ResponseID},
		{"trace", "trace", e.TraceID},
		{"span", "span", e.SpanID},
		{"span", "span", e.ParentSpanID},
		{"session", "session", e.SessionID},
		{"message", "message", e.MessageID},
		{"message", "message", e.ParentMessageID},
	} {
		if id.value != nil && *id.value != "" {
			note(id.kind, *id.value, id.role)
		}
	}
	if e.ToolCallIDs != nil {
		var ids []string
		if err := json.Unmarshal([]byte(*e.ToolCallIDs), &ids); err != nil {
			return err
		}
		for _, id := range ids {
			note("tool_call", id, "tool_call")
		}
	}
	if e.OtherIDs != nil {
		var ids []casefile.Identifier
		if err := json.Unmarshal([]byte(*e.OtherIDs), &ids); err != nil {
			return err
		}
		for _, id := range ids {
			note(correlation.KindOf(id.Kind), id.Value, id.Kind)
		}
	}
	return nil
}

// Who met a thing, in a form that the scan and the search both make.
type whoMet struct {
	Calls, Events                              int
	Principals, Sessions, Credentials, Address int
	First, Last                                int64 // 0 without a time
	FirstEvent                                 string
	Roles                                      []string // role event units
	Subjects                                   []string // one line each, sorted
}

func micros(p *int64) int64 {
	if p == nil {
		return 0
	}
	return *p
}

func text(p *string) string {
	if p == nil {
		return "-"
	}
	return *p
}

// meetings returns what met a thing between two times, by looking at every
// event.
func (s *scan) meetings(k thingKey, from, to int64, window time.Duration) (whoMet, bool) {
	var w whoMet
	units := map[string]bool{}
	roles := map[string]map[string]bool{}
	firstAs := map[string]string{}
	var order []string
	subjects := map[string]*rawSubject{}
	for _, e := range s.events {
		if e.things[k] == nil || from != 0 && (e.ts == nil || *e.ts < from) || to != 0 && (e.ts == nil || *e.ts >= to) {
			continue
		}
		if len(units) == 0 {
			w.FirstEvent = e.EventID
		}
		units[e.unit] = true
		if e.ts != nil && (w.First == 0 || *e.ts < w.First) {
			w.First = *e.ts
		}
		w.Last = max(w.Last, micros(e.ts))
		for _, role := range slices.Sorted(maps.Keys(e.things[k])) {
			if roles[role] == nil {
				roles[role], firstAs[role] = map[string]bool{}, e.EventID
				order = append(order, role)
			}
			roles[role][e.unit] = true
		}
		u := s.units[e.unit]
		name := text(u.Principal)
		if subjects[name] == nil {
			subjects[name] = &rawSubject{name: name, first: e.EventID, units: map[string]bool{}, sources: map[string]map[string]bool{}}
		}
		subjects[name].meet(e)
	}
	if len(units) == 0 {
		return w, false
	}
	principals, sessions, credentials, addresses := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for id := range units {
		u := s.units[id]
		if u.Call {
			w.Calls++
		} else {
			w.Events++
		}
		for _, v := range []struct {
			into  map[string]bool
			value *string
		}{{principals, u.Principal}, {sessions, u.Session}, {credentials, u.Credential}, {addresses, u.SrcIP}} {
			if v.value != nil {
				v.into[*v.value] = true
			}
		}
	}
	w.Principals, w.Sessions, w.Credentials, w.Address = len(principals), len(sessions), len(credentials), len(addresses)
	for _, role := range order {
		w.Roles = append(w.Roles, fmt.Sprint(role, " ", firstAs[role], " ", len(roles[role])))
	}
	for _, x := range subjects {
		w.Subjects = append(w.Subjects, x.line(s, window))
	}
	slices.Sort(w.Subjects)
	return w, true
}

// rawSubject is who met a thing, as the scan sees it.
type rawSubject struct {
	name, first string
	units       map[string]bool
	sources     map[string]map[string]bool
}

func (x *rawSubject) meet(e *rawEvent) {
	x.units[e.unit] = true
	if x.sources[e.Format] == nil {
		x.sources[e.Format] = map[string]bool{}
	}
	x.sources[e.Format][e.unit] = true
}

// line says all about the subject.
func (x *rawSubject) line(s *scan, window time.Duration) string {
	calls := 0
	values := [5]map[string]int{}
	for i := range values {
		values[i] = map[string]int{}
	}
	sources := map[string]int{}
	for format, units := range x.sources {
		sources[format] = len(units)
	}
	for id := range x.units {
		u := s.units[id]
		if u.Call {
			calls++
		}
		for i, v := range []*string{u.Credential, u.SrcIP, u.App, u.Model, u.Session} {
			if v != nil {
				values[i][*v]++
			}
		}
	}
	return fmt.Sprint(x.name, " ", calls, " ", len(x.units)-calls, " ", x.first, " ", values, " ", sources, " ", x.next(s, window))
}

// next looks at every call and event for what followed.
func (x *rawSubject) next(s *scan, window time.Duration) string {
	sessions := map[string]bool{}
	var times []int64
	for id := range x.units {
		u := s.units[id]
		if u.Session != nil && *u.Session != "" {
			sessions[*u.Session] = true
		}
		if u.ts != nil {
			times = append(times, *u.ts)
		}
	}
	slices.Sort(times)
	known := map[string]bool{}
	for _, e := range s.events {
		if e.ts != nil && len(times) > 0 && *e.ts <= times[0] && text(e.Principal) == x.name {
			for kind, v := range map[string]*string{"m": e.Model, "a": e.SrcIP} {
				if v != nil {
					known[kind], known[kind+" "+*v] = true, true
				}
			}
		}
	}
	counts := map[string]int{}
	bytes := int64(0)
	for id, u := range s.units {
		own := u.Principal != nil && *u.Principal == x.name || u.Session != nil && sessions[*u.Session]
		if u.ts == nil || !own {
			continue
		}
		at, _ := slices.BinarySearch(times, *u.ts)
		if at == 0 || *u.ts-times[at-1] > window.Microseconds() {
			continue
		}
		for name, is := range map[string]bool{
			"call": u.Call, "event": !u.Call, "again": x.units[id], "tool": u.Tool, "issued": u.Issued != nil, "to": u.Destination != nil,
			"blocked": text(u.Outcome) == "blocked", "denied": text(u.Outcome) == "denied", "throttled": text(u.Outcome) == "throttled", "error": text(u.Outcome) == "error",
		} {
			if is {
				counts[name]++
			}
		}
		for _, v := range []string{"m " + text(u.Model), "a " + text(u.SrcIP)} {
			if known[v[:1]] && !known[v] && !strings.HasSuffix(v, " -") {
				counts["new "+v]++
			}
		}
		if u.BytesOut != nil {
			bytes += *u.BytesOut
		}
	}
	return fmt.Sprint(counts, " ", bytes)
}

// found puts what the search found about a thing into the form of the scan.
func found(x *Thing, subjects []Subject) whoMet {
	w := whoMet{
		Calls: int(x.Calls), Events: int(x.Events), Principals: int(x.Principals), Sessions: int(x.Sessions), Credentials: int(x.Credentials),
		Address: int(x.Addresses), First: micros(x.First), Last: micros(x.Last), FirstEvent: x.FirstEvent,
	}
	for _, r := range x.Roles {
		w.Roles = append(w.Roles, fmt.Sprint(r.Role, " ", r.Event, " ", r.Units))
	}
	for i := range subjects {
		x := &subjects[i]
		values := [5]map[string]int{}
		for i, list := range [][]Count{x.Credentials, x.Addresses, x.Apps, x.Models, x.Sessions} {
			values[i] = countsOf(list)
		}
		n := &x.Next
		counts := map[string]int{}
		for name, n := range map[string]int64{
			"call": n.Calls, "event": n.Events, "again": n.Again, "tool": n.Tools, "blocked": n.Blocked, "denied": n.Denied,
			"throttled": n.Throttled, "error": n.Errors, "issued": sumCounts(n.Issued), "to": sumCounts(n.Destinations),
		} {
			if n > 0 {
				counts[name] = int(n)
			}
		}
		for _, v := range n.Models {
			counts["new m "+v.Value] = int(v.Units)
		}
		for _, v := range n.Addresses {
			counts["new a "+v.Value] = int(v.Units)
		}
		w.Subjects = append(w.Subjects, fmt.Sprint(text(x.Principal), " ", x.Calls, " ", x.Events, " ", x.FirstEvent, " ", values, " ", countsOf(x.Sources),
			" ", counts, " ", micros(n.BytesOut)))
	}
	slices.Sort(w.Subjects)
	return w
}

func countsOf(list []Count) map[string]int {
	out := map[string]int{}
	for _, n := range list {
		out[n.Value] = int(n.Units)
	}
	return out
}

func sumCounts(list []Count) (n int64) {
	for _, c := range list {
		n += c.Units
	}
	return n
}

// documents is evidence in which a document is an answer before it is a
// document, and a prompt after that.
const documents = `{"timestamp":"2026-03-02T09:00:00Z","user":"ana","session_id":"s-1","model":"m-1","prompt":"write a note","response":"Harbour dues rise.","src_ip":"198.51.100.7"}
{"timestamp":"2026-03-02T09:10:00Z","user":"bo","session_id":"s-2","model":"m-1","prompt":"what rises?","response":"dues","retrieved":[{"id":"d1","content":"Harbour dues rise."},{"id":"d2","content":"Unrelated."}],"src_ip":"198.51.100.8"}
{"timestamp":"2026-03-02T09:11:00Z","user":"bo","session_id":"s-2","model":"m-2","prompt":"Harbour dues rise.","response":"I see","src_ip":"198.51.100.9"}
{"user":"cy","session_id":"s-2","model":"m-2","prompt":"Harbour dues rise.","response":"no time"}
`

// generated makes a case of generated conversations in several sources, with a
// copy of some records, and documents.
func generated(t *testing.T, seed uint64) *casefile.Case {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "logs")
	_, err := drill.Generate(t.Context(), drill.Config{
		Seed: seed, Days: 1, Calls: 250, Dir: dir, Words: [2]int{2, 5}, MaxTurns: 8,
		Sources:    []string{"cloudtrail", "bedrock", "litellm", "otlp", "langfuse", "openai"},
		Population: drill.Population{Users: 6, Services: 2, Jobs: 1, Agents: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "bedrock.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(log), "\n")
	more := casetest.Write(t, map[string]string{"again.jsonl": strings.Join(lines[:len(lines)/3], ""), "documents.jsonl": documents})
	return casetest.Open(t, casetest.Load(t, dir, more))
}

// TestScan compares the search for many values of every kind with a naive pass
// over all events.
func TestScan(t *testing.T) {
	const each = 2 // values of every kind and role, of every seed
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			c := generated(t, seed)
			s := newScan(t, c)
			rng := rand.New(rand.NewPCG(seed, 1))
			kinds := map[string][]thingKey{}
			for _, e := range s.events {
				for k, roles := range e.things {
					for role := range roles {
						kinds[k.kind+" "+role] = append(kinds[k.kind+" "+role], k)
					}
				}
			}
			var names []string
			for _, name := range slices.Sorted(maps.Keys(kinds)) {
				names = append(names, name)
				list := kinds[name]
				slices.SortFunc(list, func(a, b thingKey) int { return cmp.Compare(a.value, b.value) })
				for i := range each {
					k := list[rng.IntN(len(list))]
					o := Options{Value: k.value, By: []string{groupOf(k.kind)}, Window: []time.Duration{time.Hour, time.Minute, 24 * time.Hour}[rng.IntN(3)], Limit: 1000}
					if k.kind == "content" && i == 1 {
						o.Value = k.value[:20]
					}
					var from, to int64
					if rng.IntN(4) == 0 { // the morning
						o.From, o.To = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC)
						from, to = o.From.UnixMicro(), o.To.UnixMicro()
					}
					compare(t, c, s, k, o, from, to)
				}
			}
			t.Logf("%d events, %d calls and others; %d kinds: %s", len(s.events), len(s.units), len(names), strings.Join(names, ", "))
		})
	}
}

// compare looks for one thing in both ways.
func compare(t *testing.T, c *casefile.Case, s *scan, k thingKey, o Options, from, to int64) {
	t.Helper()
	want, met := s.meetings(k, from, to, o.Window)
	r, err := Find(t.Context(), c, o)
	if !met {
		if r != nil || err == nil {
			t.Errorf("%v: found %+v, and nothing met it", k, r)
		}
		return
	}
	if err != nil {
		t.Errorf("%v: %v", k, err)
		return
	}
	at := slices.IndexFunc(r.Things, func(x Thing) bool { return x.Kind == k.kind && x.Value == k.value })
	if at < 0 {
		t.Errorf("%v is not among %+v", k, r.Things)
		return
	}
	if len(r.Things) > 1 { // a value of two kinds: the subjects are of both
		want.Subjects = nil
	}
	got := found(&r.Things[at], r.Subjects)
	if len(r.Things) > 1 {
		got.Subjects = nil
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("%v, within %v (-scan +search)\n%s", k, o.Window, diff)
	}
}
