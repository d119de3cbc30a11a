package detectors

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// cloud is a detector of requests that change an account in a way that attackers
// need. What an actor did within an hour is one finding: setting something up
// takes many requests.
type cloud struct {
	head    analyze.About
	watched []watched
	// onlyWithoutMFA leaves out what was done with a second factor, or by those
	// whose second factor this log cannot show: roles and federated users.
	onlyWithoutMFA bool
	// grants says that among what is watched are grants of policies, which are only good
	// to know where they only let look at settings.
	grants bool
}

// watched is one operation that is looked for.
type watched struct {
	service, operation string
	severity           analyze.Severity // of its success; 0 for what is shown only beside others
	// least is how many there must be in an hour, and three times as many as in
	// any earlier hour of the actor; 0 where one is enough.
	least int64
}

// habit is on how many earlier days an actor must have done something for it to
// count less: what is done every week by the same one is how an account is run.
const habit = 3

func (d *cloud) about() *analyze.About { return &d.head }

// done is what an actor did of one operation in one hour.
type done struct {
	watched
	actor, address, client, region    string
	hourUS, firstUS, lastUS           int64
	requests, succeeded, destinations int64
	daysBefore, mostBefore            int64
	eids                              []int64
	looks                             bool // all are grants of a policy that only lets look at settings
}

func (d *cloud) detect(ctx context.Context, r *run) (*result, error) {
	if err := r.features.Need(ctx, "act"); err != nil {
		return nil, err
	}
	list, err := d.read(ctx, r)
	if err != nil {
		return nil, err
	}
	if d.grants {
		if err := r.markLooks(ctx, list); err != nil {
			return nil, err
		}
	}
	res := &result{}
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].actor == list[0].actor && list[n].hourUS == list[0].hourUS {
			n++
		}
		if f, ok := hourOf(list[:n]); ok {
			res.found = append(res.found, f)
		}
		list = list[n:]
	}
	return res, nil
}

// markLooks marks what is grants of policies that only let look at settings.
func (r *run) markLooks(ctx context.Context, list []done) error {
	if err := r.need(ctx, "granted"); err != nil {
		return err
	}
	looks := map[int64]bool{}
	err := r.query(ctx, "granted_looks", nil, func(rows *sql.Rows) error {
		var eid int64
		err := rows.Scan(&eid)
		looks[eid] = true
		return err
	})
	for i := range list {
		list[i].looks = !slices.ContainsFunc(list[i].eids, func(eid int64) bool { return !looks[eid] })
	}
	return err
}

// read asks for what is watched, in order of actor and hour.
func (d *cloud) read(ctx context.Context, r *run) ([]done, error) {
	type asked struct {
		Service   string `json:"service"`
		Operation string `json:"operation"`
	}
	var list []asked
	by := map[asked]watched{}
	for _, w := range d.watched {
		list = append(list, asked{w.service, w.operation})
		by[list[len(list)-1]] = w
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("writing the operations to look for: %w", err)
	}
	var out []done
	args := []any{sql.Named("watched", string(text)), sql.Named("only_without_mfa", d.onlyWithoutMFA)}
	return out, r.query(ctx, "cloud", args, func(rows *sql.Rows) error {
		var x done
		var eids any
		err := rows.Scan(&x.actor, &x.hourUS, &x.service, &x.operation, &x.requests, &x.succeeded, &x.destinations, &x.firstUS, &x.lastUS,
			&x.address, &x.client, &x.region, &eids, &x.daysBefore, &x.mostBefore)
		if err != nil {
			return err
		}
		x.watched = by[asked{x.service, x.operation}]
		if x.eids, err = eidList(eids); err != nil {
			return err
		}
		out = append(out, x)
		return nil
	})
}

// counts reports whether something was done often enough, and how severe it is:
// less where it failed, and less where the actor does it on many days.
func (x *done) counts() (analyze.Severity, bool) {
	if x.severity == 0 || x.requests < x.least || x.least > 0 && x.requests <= 3*x.mostBefore {
		return 0, false
	}
	severity := x.severity
	if x.looks {
		severity = analyze.SeverityInfo
	}
	if x.succeeded == 0 {
		severity -= min(severity-min(severity, analyze.SeverityLow), 1)
	}
	if x.daysBefore >= habit {
		severity -= min(severity-analyze.SeverityInfo, 2)
	}
	return severity, true
}

// hourOf makes one finding of what an actor did in an hour; false when nothing of
// it counts.
func hourOf(list []done) (found, bool) {
	var f found
	var told []string
	requests, succeeded := int64(0), int64(0)
	first, last := list[0].firstUS, list[0].lastUS
	for i := range list {
		x := &list[i]
		severity, _ := x.counts()
		f.Severity = max(f.Severity, severity)
		requests, succeeded = requests+x.requests, succeeded+x.succeeded
		first, last = min(first, x.firstUS), max(last, x.lastUS)
		f.eids = append(f.eids, x.eids...)
		told = append(told, x.tell())
	}
	if f.Severity == 0 {
		return found{}, false
	}
	f.Subject, f.Actor = list[0].actor, list[0].actor
	f.Bucket = time.UnixMicro(list[0].hourUS).UTC().Format(time.RFC3339)
	f.First, f.Last = time.UnixMicro(first).UTC(), time.UnixMicro(last).UTC()
	f.EventCount = requests
	f.Explanation = fmt.Sprintf("Within one hour: %s.", strings.Join(told, "; "))
	f.Facts = []analyze.Fact{
		{Name: "requests", Value: requests},
		{Name: "succeeded", Value: succeeded},
		{Name: "operations", Value: strings.Join(operationsOf(list), " ")},
	}
	for _, fact := range []analyze.Fact{{Name: "address", Value: list[0].address}, {Name: "client", Value: list[0].client}, {Name: "region", Value: list[0].region}} {
		if fact.Value != "" {
			f.Facts = append(f.Facts, fact)
		}
	}
	slices.Sort(f.eids)
	return f, true
}

// operationsOf names the operations, the severest first.
func operationsOf(list []done) []string {
	sorted := slices.SortedFunc(slices.Values(list), func(a, b done) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(a.operation, b.operation))
	})
	var names []string
	for i := range sorted {
		names = append(names, sorted[i].operation)
	}
	return slices.Compact(names)
}

// tell says what was done in words.
func (x *done) tell() string {
	text := fmt.Sprintf("%s %s", x.operation, times(x.requests))
	switch {
	case x.succeeded == 0:
		text += ", refused or failed"
	case x.succeeded < x.requests:
		text += fmt.Sprintf(", %d of them refused or failed", x.requests-x.succeeded)
	}
	if x.looks {
		text += ", of a policy that only lets look at settings"
	}
	if x.destinations > 1 {
		text += fmt.Sprintf(", on %d targets", x.destinations)
	}
	if x.daysBefore > 0 {
		text += fmt.Sprintf(" (the same actor did it on %d earlier days)", x.daysBefore)
	}
	return text
}

// times says a count: once, twice, 3 times.
func times(n int64) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// eidList reads a list of numbers of events.
func eidList(value any) ([]int64, error) {
	list, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("reading a list of events: %w: it is %T", errColumnType, value)
	}
	out := make([]int64, 0, len(list))
	for _, v := range list {
		eid, ok := v.(int64)
		if !ok {
			return nil, fmt.Errorf("reading a list of events: %w: it holds %T", errColumnType, v)
		}
		out = append(out, eid)
	}
	return out, nil
}
