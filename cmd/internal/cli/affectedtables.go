package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/affected"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// shownDigits is how many digits of the hash of a text people are shown;
// affected takes them.
const shownDigits = 12

func (v *affectedView) thingTable() render.Table {
	t := render.Table{Name: "things", Title: "What was met, and by how many", Columns: []render.Column{
		{Name: "no", Kind: render.KindInt},
		{Name: "kind"},
		{Name: "value"},
		{Name: "text"},
		{Name: "chars", Kind: render.KindInt},
		{Name: "calls", Kind: render.KindInt},
		{Name: "events", Kind: render.KindInt},
		{Name: "principals", Kind: render.KindInt},
		{Name: "sessions", Kind: render.KindInt},
		{Name: "credentials", Kind: render.KindInt},
		{Name: "addresses", Kind: render.KindInt},
		{Name: "common", Kind: render.KindBool},
		{Name: "first", Kind: render.KindTime},
		{Name: "last", Kind: render.KindTime},
	}}
	for _, x := range v.Things[:v.first(len(v.Things), shownThings)] {
		value, text, chars := x.Value, any(nil), any(nil)
		if x.Kind == "content" {
			text, chars = x.Text, x.Chars
			if v.text {
				value = value[:shownDigits]
			}
		}
		t.Rows = append(t.Rows, []any{
			x.No, x.Kind, value, text, chars, x.Calls, x.Events, x.Principals, x.Sessions, x.Credentials, x.Addresses, x.Common,
			instant(x.First), instant(x.Last),
		})
	}
	return t
}

// share says how many of the principals met a thing.
func (v *affectedView) share(n int64) string {
	if n >= v.Population {
		return fmt.Sprintf("all %d principals: it distinguishes nobody", n)
	}
	return fmt.Sprintf("%d of %d principals: it distinguishes few", n, v.Population)
}

// roleTable says as what each thing was seen, and where first.
func (v *affectedView) roleTable() render.Table {
	t := render.Table{Name: "first_seen", Title: "First seen", Columns: []render.Column{
		{Name: "no", Kind: render.KindInt},
		{Name: "as"},
		{Name: "first", Kind: render.KindTime},
		{Name: "event"},
		{Name: "principal"},
		{Name: "source"},
		{Name: "seen_in", Kind: render.KindInt},
	}}
	for _, x := range v.Things[:v.first(len(v.Things), shownThings)] {
		if v.text && !v.all && !x.Told {
			continue
		}
		for _, role := range x.Roles {
			t.Rows = append(t.Rows, []any{x.No, roleWord(x.Kind, role.Role), instant(role.First), role.Event, known(role.Principal), role.Format, role.Units})
		}
	}
	return t
}

// roleWord is the word for what a thing was seen as.
func roleWord(kind, role string) string {
	if kind != "content" {
		switch role {
		case "credential":
			return "used"
		case "issued_credential":
			return "issued"
		}
		return role
	}
	switch strings.ToLower(role) { // some providers shout
	case "system":
		return "system prompt"
	case "user":
		return "prompt"
	case "assistant":
		return "response"
	case "tool":
		return "tool result"
	}
	return role
}

// subjectTable ranks who met the things.
func (v *affectedView) subjectTable() render.Table {
	t := render.Table{Name: "affected", Title: "Who met it", Columns: []render.Column{
		{Name: "principal"},
		{Name: "person"},
		{Name: "calls", Kind: render.KindInt},
		{Name: "events", Kind: render.KindInt},
		{Name: "things", Kind: render.KindInt},
		{Name: "sessions", Kind: render.KindInt},
		{Name: "credentials", Kind: render.KindInt},
		{Name: "addresses", Kind: render.KindInt},
		{Name: "models", Kind: render.KindInt},
		{Name: "first", Kind: render.KindTime},
		{Name: "last", Kind: render.KindTime},
		{Name: "first_event"},
	}}
	for i := range v.Subjects {
		x := &v.Subjects[i]
		t.Rows = append(t.Rows, []any{
			orNull(x.Principal), known(valuesOf(x.Persons)), x.Calls, x.Events, len(x.Things), len(x.Sessions), len(x.Credentials),
			len(x.Addresses), len(x.Models), instant(x.First), instant(x.Last), x.FirstEvent,
		})
	}
	return t
}

// valuesOf joins values.
func valuesOf(list []affected.Count) string {
	var names []string
	for _, n := range list {
		names = append(names, n.Value)
	}
	return strings.Join(names, ", ")
}

// nextTable says in numbers what happened next.
func (v *affectedView) nextTable() render.Table {
	t := render.Table{
		Name: "next", Title: "Next: within " + spanText(v.window) + " of a meeting, by the same principal or in the same session",
		Columns: []render.Column{
			{Name: "principal"},
			{Name: "calls", Kind: render.KindInt},
			{Name: "events", Kind: render.KindInt},
			{Name: "met_again", Kind: render.KindInt},
			{Name: "tools", Kind: render.KindInt},
			{Name: "blocked", Kind: render.KindInt},
			{Name: "denied", Kind: render.KindInt},
			{Name: "throttled", Kind: render.KindInt},
			{Name: "errors", Kind: render.KindInt},
			{Name: "new_models", Kind: render.KindInt},
			{Name: "new_addresses", Kind: render.KindInt},
			{Name: "issued", Kind: render.KindInt},
			{Name: "destinations", Kind: render.KindInt},
			{Name: "bytes_out", Kind: render.KindSize},
		},
	}
	for i := range v.Subjects {
		x := &v.Subjects[i]
		n := &x.Next
		t.Rows = append(t.Rows, []any{
			orNull(x.Principal), n.Calls, n.Events, n.Again, n.Tools, n.Blocked, n.Denied, n.Throttled, n.Errors, len(n.Models),
			len(n.Addresses), len(n.Issued), len(n.Destinations), orNull(n.BytesOut),
		})
	}
	return t
}

// spanText writes a length of time without the units at its end that are 0.
func spanText(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// tellingTable names the events that tell most of what happened next.
func (v *affectedView) tellingTable() render.Table {
	t := render.Table{Name: "telling", Title: "Next, the first event of each kind", Columns: []render.Column{
		{Name: "principal"},
		{Name: "what"},
		{Name: "times", Kind: render.KindInt},
		{Name: "event"},
		{Name: "time", Kind: render.KindTime},
		{Name: "operation"},
		{Name: "detail"},
	}}
	for i := range v.Subjects[:v.first(len(v.Subjects), shownSubjects)] {
		x := &v.Subjects[i]
		for _, n := range x.Next.Telling {
			t.Rows = append(t.Rows, []any{orNull(x.Principal), n.Why, n.Units, n.EventID, instant(n.TS), known(n.Operation), known(detailOf(&n))})
		}
	}
	return t
}

// detailOf is what an event tells.
func detailOf(n *affected.Telling) string {
	switch n.Why {
	case "issued a credential":
		return n.IssuedCredential
	case "reached a destination":
		return n.Destination
	case "new address":
		return n.Address
	case "blocked", "denied", "failed":
		return n.ErrorCode
	}
	return n.Model
}

// detailTable says all about who met the things.
func (v *affectedView) detailTable() render.Table {
	t := render.Table{Name: "details", Title: "In detail", Stacked: true, Columns: []render.Column{
		{Name: "principal"}, {Name: "things", Kind: render.KindJSON},
	}}
	names := []string{
		"persons", "credentials", "addresses", "apps", "models", "sessions", "sources",
		"next_new_models", "next_new_addresses", "next_issued", "next_destinations",
	}
	for _, name := range names {
		t.Columns = append(t.Columns, render.Column{Name: name, Kind: render.KindTallies})
	}
	for i := range v.Subjects {
		x := &v.Subjects[i]
		things := slices.Sorted(slices.Values(x.Things))
		row := []any{orNull(x.Principal), things}
		for _, list := range [][]affected.Count{
			x.Persons, x.Credentials, x.Addresses, x.Apps, x.Models, x.Sessions, x.Sources,
			x.Next.Models, x.Next.Addresses, x.Next.Issued, x.Next.Destinations,
		} {
			row = append(row, tallyCounts(list))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func tallyCounts(list []affected.Count) render.Tallies {
	out := make(render.Tallies, len(list))
	for i := range list {
		out[i] = render.Tally{Value: &list[i].Value, Count: list[i].Units}
	}
	return out
}
