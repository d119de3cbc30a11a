package correlation

import (
	"context"
	"slices"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Relation says how the event of a link is tied to the one it was reached from.
type Relation string

// The relations.
const (
	RelationShares Relation = "shares" // both have the identifier
	RelationIssued Relation = "issued" // it issued the credential that the other used
	RelationUsed   Relation = "used"   // it used the credential that the other issued
	RelationNear   Relation = "near"   // nothing but time, principal and model joins them: probable
)

// Link says which identifier led to an event, and from where.
type Link struct {
	Kind     string // request, session, credential ...; event_id, principal, src_ip or time for what was selected
	Value    string
	Relation Relation // "" for what the timeline starts from
	From     string   // event id of the entry it was reached from; "" for what the timeline starts from
}

// Entry is one event of a timeline.
type Entry struct {
	EventID      string
	EvidenceID   string // SHA-256 of the evidence, in full
	Record, Part int64
	TS           *int64 // as logged, microseconds since the epoch; nil without a time
	Corrected    *int64 // the same with the correction of its source's clock
	At           *int64 // the one of them by which the timeline goes
	Offset       *int64 // microseconds since the first entry; nil without a time
	Gap          *int64 // microseconds since the entry before; nil for the first and without a time
	Lane         string // the format of its source
	Link         Link
	Step         int    // links between it and the start
	Call         string // the call that it shows, "" for none: entries of one call have the same
	Duplicates   int64  // events that say the same and are not shown

	// Parent is the place in the timeline of the entry that this one belongs
	// under, or -1; ParentBy says why.
	Parent   int
	ParentBy ParentKind
	// Missing is the plane, access or content, on which this call should be seen
	// as well and is not; "" otherwise.
	Missing string
	// Weak lists its identifiers that were not followed, see [Result.Weak].
	Weak []casefile.Identifier

	// Values are those of [EntryColumns]: nil for NULL, string, int64, bool,
	// time.Time or json.Number.
	Values []any
	// Shortened lists the columns that hold only the beginning of their text.
	Shortened []string

	keys *casefile.Keys
}

// EID names the event inside this case only; it depends on the order of loads.
// It is 0 for an entry that no case gave.
func (e *Entry) EID() int64 {
	if e.keys == nil {
		return 0
	}
	return e.keys.EID
}

// Value returns the value of one of [EntryColumns]; nil for NULL.
func (e *Entry) Value(column string) any {
	if i := slices.Index(EntryColumns(), column); i >= 0 && i < len(e.Values) {
		return e.Values[i]
	}
	return nil
}

// Text returns the text of one of [EntryColumns]; "" for NULL and for what is
// no text.
func (e *Entry) Text(column string) string {
	s, _ := e.Value(column).(string)
	return s
}

// EntryColumns lists the columns of an entry, in their order.
func EntryColumns() []string {
	return []string{
		"ts_precision", "ts_source", "ts_end", "latency_us",
		"plane", "kind", "operation", "outcome", "error_code", "error_message", "http_status",
		"principal", "principal_type", "role", "credential_id", "issued_credential_id", "source_identity", "end_user", "tenant",
		"src_ip", "user_agent", "client",
		"provider", "service", "model", "model_response", "region", "environment", "app",
		"request_id", "response_id", "trace_id", "span_id", "parent_span_id", "session_id", "message_id", "tool_call_ids",
		"input_tokens", "output_tokens", "cost_usd",
		"content_state", "prompt", "response", "tool_calls", "finish_reason", "guardrail_action",
		"destination", "bytes_in", "bytes_out", "problem",
		"byte_offset", "byte_length", "record_sha256",
	}
}

// excerpted are the columns of which an entry holds the beginning.
func excerpted(column string) bool {
	switch column {
	case "error_message", "prompt", "response", "tool_calls", "problem":
		return true
	}
	return false
}

// entries makes entries of nodes, in their order.
func (w *walk) entries(ctx context.Context, nodes []*node) ([]Entry, error) {
	eids := make([]int64, len(nodes))
	keys := make([]*casefile.Keys, len(nodes))
	for i, n := range nodes {
		eids[i], keys[i] = n.EID, n.Keys
	}
	rows, err := w.c.Excerpts(ctx, eids, EntryColumns(), w.o.Excerpt+1)
	if err != nil {
		return nil, err
	}
	copies, err := w.c.Copies(ctx, eids)
	if err != nil {
		return nil, err
	}
	calls, err := w.c.CallIDs(ctx, keys)
	if err != nil {
		return nil, err
	}
	if err := w.countCredentials(ctx, keys); err != nil {
		return nil, err
	}
	out := make([]Entry, len(nodes))
	for i, n := range nodes {
		out[i] = Entry{
			EventID: n.EventID, EvidenceID: n.EvidenceID, Record: n.Record, Part: n.Part, TS: n.TS, Corrected: n.Corrected, At: n.At(w.o.Clock), Lane: n.Format,
			Link: n.link, Step: n.step, Call: calls[n.EID], Duplicates: copies[n.EID], Parent: -1,
			Weak: w.weakIdentifiers(n.Keys), Values: rows[i].Values, keys: n.Keys,
		}
		out[i].shorten(w.o.Excerpt)
	}
	return out, nil
}

// shorten cuts texts that are longer than they may be.
func (e *Entry) shorten(chars int) {
	for i, column := range EntryColumns() {
		text, ok := e.Values[i].(string)
		if !ok || !excerpted(column) || utf8.RuneCountInString(text) <= chars {
			continue
		}
		_, size := utf8.DecodeLastRuneInString(text)
		e.Values[i] = text[:len(text)-size]
		e.Shortened = append(e.Shortened, column)
	}
}

// countCredentials counts the uses of credentials that were not followed.
func (w *walk) countCredentials(ctx context.Context, keys []*casefile.Keys) error {
	var values []string
	for _, k := range keys {
		if k.CredentialID != "" && w.asked[question{kindCredential, k.CredentialID}] == nil {
			values = append(values, k.CredentialID)
		}
	}
	if len(values) == 0 {
		return nil
	}
	counts, err := w.c.CountIdentifiers(ctx, values)
	for _, v := range values {
		id := casefile.Identifier{Kind: kindCredential, Value: v}
		w.asked[question{kindCredential, v}] = &answer{events: counts[id], people: -1, weak: ReasonCredential}
	}
	return err
}

// weakIdentifiers lists the identifiers of an event that were not followed.
func (w *walk) weakIdentifiers(k *casefile.Keys) []casefile.Identifier {
	var out []casefile.Identifier
	for _, id := range k.Identifiers() {
		q := question{KindOf(id.Kind), id.Value}
		if a := w.asked[q]; a != nil && a.weak != "" {
			out = append(out, casefile.Identifier{Kind: q.kind, Value: q.value})
		}
	}
	slices.SortFunc(out, casefile.Identifier.Compare)
	return slices.Compact(out)
}

// setTimes sets relative times and gaps of entries that are in order.
func setTimes(entries []Entry) {
	var first, last *int64
	for i := range entries {
		e := &entries[i]
		if e.At == nil {
			continue
		}
		if first == nil {
			first = e.At
		} else {
			gap := *e.At - *last
			e.Gap = &gap
		}
		offset := *e.At - *first
		e.Offset = &offset
		last = e.At
	}
}
