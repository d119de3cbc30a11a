package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
	"github.com/exhibit-forensics/exhibit/replay/server"
)

const replayProvidersLong = `replay providers asks the usual ports of this machine which model servers answer there, and
says what each is, its models, the protocols that it speaks, and whether it says that it
passes on what it is sent: a gateway on this machine is no sandbox. With URLs it asks these
instead. Then it lists what --provider of exhibit replay knows by name, which is not asked. Nothing of a case is sent, no key either, and nothing beyond this machine is
asked.

"nothing says that it forwards" is not "it does not forward": that cannot be learned from a
server. Look at its configuration, or cut its network.

`

type replayProvidersOptions struct {
	URLs   []string
	Limit  int
	Output outputOptions
}

func newReplayProviders(f *factory) *cobra.Command {
	var o replayProvidersOptions
	cmd := &cobra.Command{
		Use:   "providers [URL...]",
		Short: "List the model servers that answer on this machine",
		Long:  replayProvidersLong + exitStatus(),
		Example: `  # What answers here
  $ exhibit replay providers

  # On a port of its own
  $ exhibit replay providers http://localhost:9090`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.URLs = args
			return runReplayProviders(cmd.Context(), f, o)
		},
	}
	addLimitFlag(cmd, &o.Limit, 50)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

func runReplayProviders(ctx context.Context, f *factory, o replayProvidersOptions) error {
	var bases []*url.URL
	for _, arg := range o.URLs {
		u, err := url.Parse(arg)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return usagef("%q is no address such as http://localhost:11434", arg)
		}
		bases = append(bases, u)
	}
	box, err := sandbox.New(ctx, &sandbox.Options{Now: f.now})
	if err != nil {
		return fmt.Errorf("looking for model servers: %w", err)
	}
	defer box.Close()
	return f.emit(o.Output, render.Config{Params: map[string]any{"urls": o.URLs, "limit": o.Limit}}, func(r *render.Renderer) error {
		found, silent, err := lookForServers(ctx, box, bases)
		if err != nil {
			return err
		}
		return writeProviders(r, found, silent, o)
	})
}

// lookForServers asks the addresses, or where there are none the usual ports.
// Silent says what did not answer.
func lookForServers(ctx context.Context, box *sandbox.Sandbox, bases []*url.URL) (found []*server.Server, silent []string, err error) {
	if len(bases) == 0 {
		found, err = server.Find(ctx, box)
		return found, nil, err
	}
	for _, base := range bases {
		s, err := server.Look(ctx, box, base, nil)
		var unreached *server.UnreachedError
		switch {
		case errors.As(err, &unreached):
			silent = append(silent, unreached.Error())
		case err != nil:
			return nil, nil, err
		default:
			found = append(found, s)
		}
	}
	return found, silent, nil
}

func writeProviders(r *render.Renderer, found []*server.Server, silent []string, o replayProvidersOptions) error {
	servers := render.Table{Name: "servers", Title: "Servers that answer", Stacked: true, Columns: []render.Column{
		{Name: "url", Whole: true},
		{Name: "server"},
		{Name: "version"},
		{Name: "models", Kind: render.KindInt},
		{Name: "protocols"},
		{Name: "forwards", Kind: render.KindLong},
		{Name: "problem", Kind: render.KindLong},
	}}
	models := render.Table{Name: "models", Title: "Models", Columns: []render.Column{
		{Name: "url", Whole: true}, {Name: "model", Whole: true}, {Name: "owned_by"}, {Name: "forwards", Kind: render.KindLong},
	}}
	hidden := 0
	for _, s := range found {
		servers.Rows = append(servers.Rows, []any{
			s.URL.String(), orNone(string(s.Name)), orNone(s.Version), len(s.Models),
			protocolList(s.Protocols), server.Sentence(s.Forwards), orNone(s.Problem),
		})
		for _, m := range s.Models {
			if o.Limit > 0 && len(models.Rows) == o.Limit {
				hidden++
				continue
			}
			var says any
			if len(m.Says) > 0 {
				says = server.Sentence(m.Says)
			}
			models.Rows = append(models.Rows, []any{s.URL.String(), m.Name, orNone(m.OwnedBy), says})
		}
	}
	messages := []render.Message{servers}
	if len(models.Rows) > 0 {
		messages = append(messages, models)
	}
	messages = append(messages, knownTable())
	for _, text := range silent {
		messages = append(messages, render.Note{Level: render.LevelWarning, Text: text})
	}
	messages = append(messages, note("what is beyond this machine is dialled only with --allow-host and --acknowledge-egress"))
	messages = append(messages, providerNotes(found, o, hidden)...)
	for _, m := range messages {
		if err := r.Write(m); err != nil {
			return err
		}
	}
	return nil
}

func protocolList(list []replay.Protocol) any {
	if len(list) == 0 {
		return nil
	}
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = string(p)
	}
	return strings.Join(words, ", ")
}

// knownTable lists the providers that are known by name.
func knownTable() render.Table {
	t := render.Table{Name: "known", Title: "Known by name (--provider)", Columns: []render.Column{
		{Name: "provider", Whole: true}, {Name: "where", Whole: true}, {Name: "protocols"}, {Name: "key_in_header"}, {Name: "needs"},
	}}
	for _, p := range server.Providers() {
		where := p.Base
		if !p.Hosted() {
			var usual []string
			for _, n := range p.Ports {
				usual = append(usual, strconv.Itoa(n))
			}
			where = "this machine, port " + strings.Join(usual, ", ")
		}
		var needs any
		if place := p.Needs(); place != "" {
			needs = "--" + place
		}
		key := p.Key.Name
		if p.Signs != "" {
			key += ", or signed with an access key"
		}
		t.Rows = append(t.Rows, []any{string(p.Name), where, protocolList(p.Protocols), key, needs})
	}
	return t
}

// providerNotes says what the tables mean for whoever sends.
func providerNotes(found []*server.Server, o replayProvidersOptions, hidden int) []render.Message {
	var out []render.Message
	note := func(level render.NoteLevel, text string) { out = append(out, render.Note{Level: level, Text: text}) }
	if len(found) == 0 && len(o.URLs) == 0 {
		note(render.LevelNote, "no model server answers on the usual ports of this machine: "+strings.Join(server.Usual(), ", ")+"; give the URL of one that listens elsewhere")
	}
	if hidden > 0 {
		note(render.LevelNote, fmt.Sprintf("%s not shown; --limit all shows all", plural(int64(hidden), "model")))
	}
	forwards, elsewhere := 0, 0
	for _, s := range found {
		if len(s.Forwards) > 0 {
			forwards++
			continue
		}
		for _, m := range s.Models {
			if len(m.Says) > 0 {
				elsewhere++
			}
		}
	}
	if forwards > 0 {
		note(render.LevelWarning, plural(int64(forwards), "server")+" on this machine may pass on what is sent there")
	}
	if elsewhere > 0 {
		note(render.LevelWarning, plural(int64(elsewhere), "model")+" of servers on this machine may be elsewhere")
	}
	return out
}
