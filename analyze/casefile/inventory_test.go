package casefile_test

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// activity is one call, or one event that is no call, as a plain map.
type activity map[string]any

// activities reads all calls and other events from the views, to be counted
// here instead of in SQL.
func activities(t *testing.T, c *casefile.Case) (calls, rest []activity) {
	t.Helper()
	columns := []string{
		"ts", "kind", "operation", "outcome", "service", "endpoint", "provider", "region", "src_ip", "credential_id", "user_agent", "client",
		"principal", "principal_type", "model", "input_tokens", "output_tokens",
	}
	read := func(view string) []activity {
		rows, err := c.DB().QueryContext(t.Context(), "select "+strings.Join(columns, ", ")+" from "+view)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var out []activity
		for rows.Next() {
			values, at := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				at[i] = &values[i]
			}
			if err := rows.Scan(at...); err != nil {
				t.Fatal(err)
			}
			a := activity{}
			for i, name := range columns {
				a[name] = values[i]
			}
			out = append(out, a)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, a := range read("events") {
		switch a["kind"] {
		case "inference", "embedding", "retrieval", "tool", "guardrail":
		default:
			rest = append(rest, a)
		}
	}
	return read("calls"), rest
}

// show writes a value so that NULL and an empty text differ.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return "'" + v + "'"
	case *string:
		if v == nil {
			return "NULL"
		}
		return "'" + *v + "'"
	case *int64:
		if v == nil {
			return "NULL"
		}
		return fmt.Sprint(*v)
	}
	return fmt.Sprint(v)
}

func between(from, to time.Time) func(activity) bool {
	return func(a activity) bool {
		if from.IsZero() && to.IsZero() {
			return true
		}
		ts, ok := a["ts"].(time.Time)
		return ok && !ts.Before(from) && (to.IsZero() || ts.Before(to))
	}
}

// filters are those that inventories are tried with, and what they mean.
func filters() map[string]struct {
	filter casefile.InventoryFilter
	keep   func(activity) bool
} {
	from, to := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)
	return map[string]struct {
		filter casefile.InventoryFilter
		keep   func(activity) bool
	}{
		"all":   {casefile.InventoryFilter{}, between(time.Time{}, time.Time{})},
		"range": {casefile.InventoryFilter{From: from, To: to}, between(from, to)},
		"where": {casefile.InventoryFilter{Where: "outcome = 'success' -- only"}, func(a activity) bool { return a["outcome"] == "success" }},
	}
}

func TestInventory(t *testing.T) {
	c := mixedCase(t)
	calls, rest := activities(t, c)
	for name, f := range filters() {
		t.Run(name, func(t *testing.T) {
			want := map[string]counted{}
			for _, a := range calls {
				if !f.keep(a) {
					continue
				}
				path := a["endpoint"]
				if path == nil {
					path = a["service"]
				}
				key := strings.Join([]string{show(a["model"]), show(a["principal"]), show(a["provider"]), show(path), show(a["client"])}, " ")
				if want[key] == nil {
					want[key] = counted{}
				}
				n := want[key]
				n["calls"]++
				switch a["outcome"] {
				case "success", "denied":
					n[a["outcome"].(string)]++
				case nil, "unknown":
					n["unknown"]++
				default:
					n["errors"]++
				}
				for _, tokens := range []string{"input_tokens", "output_tokens"} {
					if v, ok := a[tokens].(int64); ok {
						n[tokens] += v
					}
				}
			}
			rows, err := c.Inventory(t.Context(), f.filter)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]counted{}
			for _, r := range rows {
				key := strings.Join([]string{show(r.Model), show(r.Principal), show(r.Provider), show(r.AccessPath), show(r.Client)}, " ")
				n := counted{"calls": r.Calls, "success": r.Success, "denied": r.Denied, "errors": r.Errors, "unknown": r.Unknown}
				maps.DeleteFunc(n, func(_ string, v int64) bool { return v == 0 })
				if r.InputTokens != nil {
					n["input_tokens"] = *r.InputTokens
				}
				if r.OutputTokens != nil {
					n["output_tokens"] = *r.OutputTokens
				}
				got[key] = n
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("(-counted here +inventory)\n%s", diff)
			}
			if !slices.IsSortedFunc(rows, func(a, b casefile.InventoryRow) int { return cmp.Compare(b.Calls, a.Calls) }) {
				t.Error("the rows are not in the order of calls")
			}
			checkRest(t, c, f.filter, f.keep, calls, rest)
		})
	}
}

// checkRest holds what an inventory leaves out against counts made here.
func checkRest(t *testing.T, c *casefile.Case, filter casefile.InventoryFilter, keep func(activity) bool, calls, rest []activity) {
	t.Helper()
	kinds, withoutTime, err := c.NoCalls(t.Context(), filter)
	if err != nil {
		t.Fatal(err)
	}
	want, got := counted{}, counted{}
	for _, a := range rest {
		if keep(a) {
			want[show(a["kind"])]++
		}
	}
	for _, k := range kinds {
		got["'"+k.Kind+"'"] = k.Events
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-counted here +rest)\n%s", diff)
	}
	timeless := int64(0)
	for _, a := range append(slices.Clone(calls), rest...) {
		if a["ts"] == nil && !filter.From.IsZero() {
			timeless++
		}
	}
	if timeless != withoutTime {
		t.Errorf("%d without a time, want %d", withoutTime, timeless)
	}
}

var modelService = regexp.MustCompile(`(?i)bedrock|sagemaker|aiplatform|generativelanguage|cognitiveservices|openai|anthropic`)

// lists are the lists of a summary that an activity adds to.
func lists(a activity, isCall bool) map[string]any {
	group := "other_"
	if service, _ := a["service"].(string); isCall || modelService.MatchString(service) {
		group = "model_"
	}
	switch a["outcome"] {
	case "success":
		group += "success"
	case "denied", "error", "throttled", "blocked":
		group += "failed"
	default:
		group += "unknown"
	}
	return map[string]any{
		group: a["operation"], "regions": a["region"], "src_ips": a["src_ip"], "credentials": a["credential_id"],
		"user_agents": a["user_agent"], "principals": a["principal"], "principal_types": a["principal_type"], "models": a["model"],
	}
}

func TestSummaries(t *testing.T) {
	c := mixedCase(t)
	calls, rest := activities(t, c)
	for _, subject := range casefile.Subjects() {
		for name, f := range filters() {
			t.Run(subject+" "+name, func(t *testing.T) {
				want := map[string]counted{}
				for i, a := range append(slices.Clone(calls), rest...) {
					if !f.keep(a) {
						continue
					}
					key := show(a[subject])
					if want[key] == nil {
						want[key] = counted{}
					}
					want[key]["events"]++
					for list, v := range lists(a, i < len(calls)) {
						if v != nil || strings.HasPrefix(list, "model_") || strings.HasPrefix(list, "other_") {
							want[key][list+" "+show(v)]++
						}
					}
				}
				got := map[string]counted{}
				summaries, more, err := c.Summaries(t.Context(), subject, f.filter, 0, 1<<20)
				if err != nil || more != 0 {
					t.Fatal(more, err)
				}
				for _, s := range summaries {
					n := counted{"events": s.Events}
					for _, l := range s.Lists {
						for _, v := range l.Values {
							if v.Rest || v.Different != 1 {
								t.Errorf("%s of %s has a rest", l.Name, show(s.Subject))
							}
							n[l.Name+" "+show(v.Value)] = v.Events
						}
					}
					got[show(s.Subject)] = n
				}
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Errorf("(-counted here +summary)\n%s", diff)
				}
			})
		}
	}
}

// TestSummariesBounded checks that what a bound leaves out is summed up.
func TestSummariesBounded(t *testing.T) {
	c := mixedCase(t)
	all, _, err := c.Summaries(t.Context(), "model", casefile.InventoryFilter{}, 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	few, more, err := c.Summaries(t.Context(), "model", casefile.InventoryFilter{}, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(few) != 2 || more != int64(len(all)-2) {
		t.Fatalf("%d subjects and %d more of %d", len(few), more, len(all))
	}
	for i := range few {
		for _, l := range all[i].Lists {
			got := few[i].List(l.Name)
			if got.Sum() != l.Sum() || len(got.Values) > 2 {
				t.Errorf("%s: %d in %d values, want %d", l.Name, got.Sum(), len(got.Values), l.Sum())
			}
			if n := len(l.Values); n > 1 && (!got.Values[1].Rest || got.Values[1].Different != int64(n-1)) {
				t.Errorf("%s: the rest is %+v, want %d values", l.Name, got.Values[1], n-1)
			}
		}
	}
	if _, _, err := c.Summaries(t.Context(), "ts; drop table evidence", casefile.InventoryFilter{}, 2, 1); err == nil {
		t.Error("any column can be summed up by")
	}
}
