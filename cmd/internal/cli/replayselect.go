package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/replay/request"
)

// replaySelection says what is replayed.
type replaySelection struct {
	IDs     []string
	Session string
	Where   string
}

// maxReplayed bounds what one command replays: more requests than anybody
// reads, and than memory should hold.
const maxReplayed = 10_000

func addSelectionFlags(cmd *cobra.Command, o *replaySelection) {
	cmd.Flags().StringVar(&o.Session, "session", "", sessionUsage)
	addWhereFlag(cmd, &o.Where)
}

func (o *replaySelection) empty() bool { return len(o.IDs) == 0 && o.Session == "" && o.Where == "" }

func (o *replaySelection) check() error {
	if o.empty() {
		return usagef("replay needs something to replay").
			hint("an ID: an event, a finding, a request, a session ...; or --session, --where")
	}
	for _, id := range append(slices.Clone(o.IDs), o.Session) {
		if !utf8.ValidString(id) {
			return usagef("%q is not UTF-8, and so in no event", id)
		}
	}
	if slices.ContainsFunc(o.IDs, func(id string) bool { return strings.TrimSpace(id) == "" }) {
		return usagef("an ID is empty")
	}
	return nil
}

func (o *replaySelection) params(into map[string]any) {
	into["ids"], into["session"], into["where"] = o.IDs, o.Session, o.Where
}

// selectedCalls is what was selected.
type selectedCalls struct {
	Calls []request.Call
	Left  int // selected events that ask no model
}

// calls finds what is selected. IDs add up; --session and --where choose
// among all events.
func (o *replaySelection) calls(ctx context.Context, c *casefile.Case) (*selectedCalls, error) {
	if err := checkWhere(ctx, c, o.Where, "events"); err != nil {
		return nil, err
	}
	var eids []int64
	for _, id := range o.IDs {
		own, err := namedEvents(ctx, c, id)
		if err != nil {
			return nil, err
		}
		eids = append(eids, own...)
	}
	if o.Session != "" || o.Where != "" {
		own, err := request.Filtered(ctx, c, request.Filter{Session: o.Session, Where: o.Where}, maxReplayed+1)
		if err != nil {
			return nil, err
		}
		eids = append(eids, own...)
	}
	if len(eids) > maxReplayed {
		return nil, &HintError{
			Err:   fmt.Errorf("selecting calls to replay: more than %d events are selected", maxReplayed),
			Hints: []string{"--where narrows it down, such as --where \"ts > '2026-01-31'\""},
		}
	}
	calls, left, err := request.Calls(ctx, c, eids)
	if err != nil {
		return nil, err
	}
	if len(calls) == 0 {
		return nil, &HintError{
			Err:   fmt.Errorf("selecting calls to replay: none of %s asks a model", plural(int64(len(eids)), "selected event")),
			Hints: []string{"exhibit events --kind inference lists those that do"},
		}
	}
	if o.Session != "" {
		calls = request.WithHistory(calls)
	}
	return &selectedCalls{calls, left}, nil
}

// namedEvents returns the events of a finding, an event or an identifier.
func namedEvents(ctx context.Context, c *casefile.Case, id string) ([]int64, error) {
	if strings.HasPrefix(id, "f-") {
		list, err := storedFindings(ctx, c)
		if err != nil {
			return nil, err
		}
		if i := findingNamed(list, id); i >= 0 {
			return request.Events(ctx, c, list[i].Events)
		}
	}
	eids, err := request.Named(ctx, c, id)
	var none *correlation.NotFoundError
	if errors.As(err, &none) {
		return nil, &HintError{
			Err:   fmt.Errorf("selecting calls to replay: %q is no event, finding or identifier of this case", id),
			Hints: []string{"exhibit events lists events with their ids, exhibit findings the findings"},
		}
	}
	return eids, err
}
