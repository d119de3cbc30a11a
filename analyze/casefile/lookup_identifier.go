package casefile

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Identifier is a value that ties events together, and the kind under which
// the index of identifiers has it: event (a log's own id), request and
// call_request, response and call_response (of a call of a model or tool),
// trace, span, session, message, tool_call, credential, issued_credential,
// source_identity, or the kind of one of an event's other_ids. Parents have
// the kind of what they are: a parent span is a span.
type Identifier struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// Compare orders identifiers by kind and value.
func (a Identifier) Compare(b Identifier) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
}

// Keys is what places an event and ties it to others. A text that the log does
// not have, or has empty, is "".
type Keys struct {
	EID          int64 // names the event inside this case only; it depends on the order of loads
	EventID      string
	EvidenceID   string // SHA-256 of the evidence, in full
	Record, Part int64
	TS           *int64 // as logged, microseconds since the epoch; nil without a time
	Corrected    *int64 // the same with the correction of its source's clock

	Format, Plane, Kind, Operation, Outcome          string
	Principal, Model, Tenant, Region                 string
	RequestID, ResponseID                            string
	TraceID, SpanID, ParentSpanID                    string
	MessageID, ParentMessageID                       string
	NativeID, SessionID                              string
	CredentialID, IssuedCredentialID, SourceIdentity string
	ToolCallIDs                                      []string
	OtherIDs                                         []Identifier
}

// At returns the time by a clock, nil without one.
func (k *Keys) At(clock Clock) *int64 {
	if clock == ClockCorrected {
		return k.Corrected
	}
	return k.TS
}

// Compare orders events by their time as logged, those without one last, and
// then by where they stand in the evidence, so that the order does not depend
// on the order of loads.
func (k *Keys) Compare(o *Keys) int { return k.CompareBy(ClockLogged, o) }

// CompareBy is [Keys.Compare] with times by a clock.
func (k *Keys) CompareBy(clock Clock, o *Keys) int {
	a, b := k.At(clock), o.At(clock)
	if (a == nil) != (b == nil) {
		if a == nil {
			return 1
		}
		return -1
	}
	if a != nil && *a != *b {
		return cmp.Compare(*a, *b)
	}
	return cmp.Or(cmp.Compare(k.EvidenceID, o.EvidenceID), cmp.Compare(k.Record, o.Record), cmp.Compare(k.Part, o.Part))
}

// keyColumns are the columns of [Keys] that are single texts, and where they
// go.
func keyColumns(k *Keys) (names []string, into []*string) {
	for _, c := range []struct {
		name string
		into *string
	}{
		{"format", &k.Format},
		{"plane", &k.Plane},
		{"kind", &k.Kind},
		{"operation", &k.Operation},
		{"outcome", &k.Outcome},
		{"principal", &k.Principal},
		{"model", &k.Model},
		{"tenant", &k.Tenant},
		{"region", &k.Region},
		{"native_id", &k.NativeID},
		{"request_id", &k.RequestID},
		{"response_id", &k.ResponseID},
		{"trace_id", &k.TraceID},
		{"span_id", &k.SpanID},
		{"parent_span_id", &k.ParentSpanID},
		{"session_id", &k.SessionID},
		{"message_id", &k.MessageID},
		{"parent_message_id", &k.ParentMessageID},
		{"credential_id", &k.CredentialID},
		{"issued_credential_id", &k.IssuedCredentialID},
		{"source_identity", &k.SourceIdentity},
	} {
		names, into = append(names, c.name), append(into, c.into)
	}
	return names, into
}

// Keys returns what ties the given events to others, in the given order.
func (c *Case) Keys(ctx context.Context, eids []int64) ([]*Keys, error) {
	names, _ := keyColumns(new(Keys))
	rows, err := c.Events(ctx, eids, append(names, "ts", "tool_call_ids", "other_ids"))
	if err != nil {
		return nil, err
	}
	out := make([]*Keys, len(rows))
	for i := range rows {
		if out[i], err = keysOf(&rows[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func keysOf(row *EventRow) (*Keys, error) {
	k := &Keys{EID: row.EID, EventID: row.EventID, EvidenceID: row.EvidenceID, Record: row.Record, Part: row.Part}
	_, into := keyColumns(k)
	for i, p := range into {
		*p, _ = row.Values[i].(string)
	}
	rest := row.Values[len(into):]
	if ts, ok := rest[0].(time.Time); ok {
		micros := ts.UnixMicro()
		corrected := micros + row.correction
		k.TS, k.Corrected = &micros, &corrected
	}
	for i, list := range []any{&k.ToolCallIDs, &k.OtherIDs} {
		text, ok := rest[1+i].(string)
		if !ok {
			continue
		}
		if err := json.Unmarshal([]byte(text), list); err != nil {
			return nil, fmt.Errorf("reading the identifiers of %s: %w", k.EventID, err)
		}
	}
	return k, nil
}

// IsCall reports whether the event shows a call of a model or tool.
func (k *Keys) IsCall() bool {
	switch k.Kind {
	case "inference", "embedding", "retrieval", "tool", "guardrail":
		return true
	}
	return false
}

// Identifiers lists what the index of identifiers has of the event, each once,
// sorted.
func (k *Keys) Identifiers() []Identifier {
	request, response := "request", "response"
	if k.IsCall() {
		request, response = "call_request", "call_response"
	}
	list := []Identifier{
		{"event", k.NativeID},
		{request, k.RequestID},
		{response, k.ResponseID},
		{"trace", k.TraceID},
		{"span", k.SpanID},
		{"span", k.ParentSpanID},
		{"session", k.SessionID},
		{"message", k.MessageID},
		{"message", k.ParentMessageID},
		{"credential", k.CredentialID},
		{"issued_credential", k.IssuedCredentialID},
		{"source_identity", k.SourceIdentity},
	}
	for _, id := range k.ToolCallIDs {
		list = append(list, Identifier{"tool_call", id})
	}
	list = slices.DeleteFunc(append(list, k.OtherIDs...), func(id Identifier) bool { return id.Value == "" })
	slices.SortFunc(list, Identifier.Compare)
	return slices.Compact(list)
}

// Holder is an event that the index says has an identifier. The index knows
// values by a 64-bit hash only: the identifiers of the event decide.
type Holder struct {
	Identifier
	EID int64
}

// maxHashes bounds the values of one query.
const maxHashes = 8192

// CountIdentifiers returns how many events have each of the values, by kind;
// values that none has are missing. Duplicates do not count. The numbers come
// from the index: two values of one 64-bit hash would count together.
func (c *Case) CountIdentifiers(ctx context.Context, values []string) (map[Identifier]int64, error) {
	out := map[Identifier]int64{}
	for chunk := range slices.Chunk(distinct(values), maxHashes) {
		by, err := c.hashes(ctx, chunk)
		if err != nil {
			return nil, err
		}
		fill := map[string]string{"hashes": joinInts(slices.Sorted(maps.Keys(by)))}
		if err := c.queryIndex(ctx, "lookup_count", fill, by, func(id Identifier, n int64) { out[id] = n }); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Holders returns the events that the index says have one of the identifiers,
// sorted by identifier. Duplicates are left out. Count first: there is no
// limit.
func (c *Case) Holders(ctx context.Context, ids []Identifier) ([]Holder, error) {
	var out []Holder
	for chunk := range slices.Chunk(ids, maxHashes) {
		kinds := map[string][]string{}
		for _, id := range chunk {
			kinds[id.Value] = append(kinds[id.Value], id.Kind)
		}
		by, err := c.hashes(ctx, slices.Sorted(maps.Keys(kinds)))
		if err != nil {
			return nil, err
		}
		hashes := slices.Sorted(maps.Keys(by))
		var wanted []string
		for _, h := range hashes {
			for _, v := range by[h] {
				for _, kind := range kinds[v] {
					wanted = append(wanted, "("+strconv.FormatUint(h, 10)+", "+quoteText(kind)+")")
				}
			}
		}
		fill := map[string]string{"hashes": joinInts(hashes), "wanted": strings.Join(wanted, ", ")}
		err = c.queryIndex(ctx, "lookup_holder", fill, by, func(id Identifier, eid int64) {
			if slices.Contains(kinds[id.Value], id.Kind) {
				out = append(out, Holder{id, eid})
			}
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b Holder) int { return cmp.Or(a.Compare(b.Identifier), cmp.Compare(a.EID, b.EID)) })
	return out, nil
}

// FirstHolders returns the first events in the order of time by a clock, at
// most limit, that the index says have a value in one of the kinds.
func (c *Case) FirstHolders(ctx context.Context, value string, kinds []string, clock Clock, limit int) ([]int64, error) {
	var out []int64
	fill := map[string]string{"events": c.allEvents(), "limit": strconv.Itoa(limit)}
	if err := c.fillClocks(clock, fill); err != nil {
		return nil, err
	}
	args := []any{sql.Named("value", value), sql.Named("kinds", kinds)}
	err := c.query(ctx, "lookup_first", fill, args, func(r *sql.Rows) error {
		var eid int64
		err := r.Scan(&eid)
		out = append(out, eid)
		return err
	})
	return out, err
}

// IdentifierEvents returns the events that have the value as an identifier, in
// the order of time: in one of the kinds, or in any when there are none given.
// Duplicates are left out.
func (c *Case) IdentifierEvents(ctx context.Context, value string, kinds ...string) ([]*Keys, error) {
	counts, err := c.CountIdentifiers(ctx, []string{value})
	if err != nil {
		return nil, err
	}
	wanted := func(id Identifier) bool {
		return id.Value == value && (len(kinds) == 0 || slices.Contains(kinds, id.Kind))
	}
	ids := slices.DeleteFunc(slices.Collect(maps.Keys(counts)), func(id Identifier) bool { return !wanted(id) })
	holders, err := c.Holders(ctx, ids)
	if err != nil {
		return nil, err
	}
	var eids []int64
	for _, h := range holders {
		eids = append(eids, h.EID)
	}
	keys, err := c.Keys(ctx, distinct(eids))
	if err != nil {
		return nil, err
	}
	keys = slices.DeleteFunc(keys, func(k *Keys) bool { return !slices.ContainsFunc(k.Identifiers(), wanted) })
	slices.SortFunc(keys, (*Keys).Compare)
	return keys, nil
}

// hashes returns the values by the hash that the index knows them under. What is
// not UTF-8 stands in no column, and the driver would crash on it in a list.
func (c *Case) hashes(ctx context.Context, values []string) (map[uint64][]string, error) {
	by := map[uint64][]string{}
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !utf8.ValidString(v) })
	if len(values) == 0 {
		return by, nil
	}
	err := c.query(ctx, "lookup_hash", nil, []any{sql.Named("values", values)}, func(r *sql.Rows) error {
		var v string
		var h uint64
		err := r.Scan(&v, &h)
		by[h] = append(by[h], v)
		return err
	})
	return by, err
}

// queryIndex runs a query that yields a hash, a kind and a number, and hands
// each row to a function for every value of the hash.
func (c *Case) queryIndex(ctx context.Context, name string, fill map[string]string, by map[uint64][]string, row func(Identifier, int64)) error {
	if len(by) == 0 {
		return nil
	}
	return c.query(ctx, name, fill, nil, func(r *sql.Rows) error {
		var h uint64
		var kind string
		var n int64
		err := r.Scan(&h, &kind, &n)
		for _, v := range by[h] {
			row(Identifier{kind, v}, n)
		}
		return err
	})
}

// distinct returns the values sorted, each once.
func distinct[T cmp.Ordered](list []T) []T {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

// Survivors returns, for those of the events that repeat another one, which
// one that is.
func (c *Case) Survivors(ctx context.Context, eids []int64) (map[int64]int64, error) {
	return c.pairs(ctx, "lookup_duplicate", eids)
}

// Copies returns how many duplicates each of the events has, of those that
// have any.
func (c *Case) Copies(ctx context.Context, eids []int64) (map[int64]int64, error) {
	return c.pairs(ctx, "lookup_copy", eids)
}

func (c *Case) pairs(ctx context.Context, name string, eids []int64) (map[int64]int64, error) {
	out := map[int64]int64{}
	for chunk := range slices.Chunk(eids, maxPlaces) {
		err := c.query(ctx, name, map[string]string{"eids": joinInts(chunk)}, nil, func(r *sql.Rows) error {
			var k, v int64
			err := r.Scan(&k, &v)
			out[k] = v
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// CallIDs returns the call that each event shows, as the calls view names it;
// events that show none are missing.
func (c *Case) CallIDs(ctx context.Context, keys []*Keys) (map[int64]string, error) {
	out := map[int64]string{}
	var eids []int64
	for _, k := range keys {
		if k.IsCall() {
			eids = append(eids, k.EID)
			out[k.EID] = loneCallID(k)
		}
	}
	for chunk := range slices.Chunk(eids, maxPlaces) {
		err := c.query(ctx, "lookup_call", map[string]string{"eids": joinInts(chunk)}, nil, func(r *sql.Rows) error {
			var eid int64
			var call string
			err := r.Scan(&eid, &call)
			out[eid] = call
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// loneCallID names the call of an event that is the only one to show it, by
// the rule of views.sql.
func loneCallID(k *Keys) string {
	name := "event:" + k.EvidenceID + "-" + strconv.FormatInt(k.Record, 10) + "." + strconv.FormatInt(k.Part, 10)
	switch {
	case k.RequestID != "":
		name = "request:" + k.RequestID
	case k.ResponseID != "":
		name = "response:" + k.ResponseID
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:8])
}

// ToolCallsMade returns the ids of the tool calls that the events' models made,
// as opposed to those whose results they were given.
func (c *Case) ToolCallsMade(ctx context.Context, eids []int64) (map[int64][]string, error) {
	out := map[int64][]string{}
	err := c.eachPlace(ctx, "lookup_made", nil, eids, func(r *sql.Rows) error {
		var eid int64
		var text string
		if err := r.Scan(&eid, &text); err != nil {
			return err
		}
		var ids []*string // a call may have no id
		if err := json.Unmarshal([]byte(text), &ids); err != nil {
			return err
		}
		for _, id := range ids {
			if id != nil && *id != "" {
				out[eid] = append(out[eid], *id)
			}
		}
		return nil
	})
	return out, err
}
