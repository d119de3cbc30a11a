package detectors

import (
	"context"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/features"
)

// need makes the tables that a detector reads: those of features, and those that
// are made here, of tool calls, of what texts show,
// of changes of rights, of networks and of days.
func (r *run) need(ctx context.Context, tables ...string) error {
	for _, name := range tables {
		var err error
		switch name {
		case "tool_call", "tool_destination":
			err = r.toolCalls(ctx)
		case "sign", "sign_text", "said_sign", "refused_call", "said", "echo", "sketch", "stated", "answer_form", "read_again":
			err = r.signs(ctx)
		case "granted", "granted_to":
			err = r.grants(ctx)
		case "leaked_text":
			err = r.leakedTexts(ctx)
		case "network_of":
			err = r.networks(ctx)
		case "used_on":
			err = r.uses(ctx)
		default:
			err = r.features.Need(ctx, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// uses makes the table used_on.
func (r *run) uses(ctx context.Context) error {
	if r.used {
		return nil
	}
	if err := r.features.Need(ctx, "call", "act"); err != nil {
		return err
	}
	r.used = true
	return r.exec(ctx, "used_on")
}

// toolCalls makes the tables tool_call and tool_destination.
func (r *run) toolCalls(ctx context.Context) error {
	if r.tooled {
		return nil
	}
	if err := r.features.Need(ctx, "call"); err != nil {
		return err
	}
	if err := r.c.StoredViews(ctx); err != nil {
		return err
	}
	r.tooled = true
	return r.exec(ctx, "tool_call")
}

// Tables makes tables that detectors read in the session of a case, for others
// that ask the same: the networks of addresses, the destinations of tools.
func Tables(ctx context.Context, c *casefile.Case, names ...string) error {
	r := &run{c: c, features: features.NewSet(c)}
	return r.need(ctx, names...)
}

// TablesOfRefusals is [Tables] that also makes said and refused_call, which texts are
// read for, where any call of the case holds text; it reports whether one does. Of the
// options those about resources count.
func TablesOfRefusals(ctx context.Context, c *casefile.Case, o Options, names ...string) (bool, error) {
	r := &run{c: c, features: features.NewSet(c), options: o, signsOnly: true}
	lacks, err := r.lacks(ctx, refusalShift{}.about().Needs)
	if err == nil && lacks == "" {
		err = r.need(ctx, "refused_call")
	}
	if err != nil {
		return false, err
	}
	return lacks == "", r.need(ctx, names...)
}
