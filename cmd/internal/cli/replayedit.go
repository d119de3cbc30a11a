package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/replay/request"
)

// replayEdits are the what-if changes of the command line.
type replayEdits struct {
	System         string // file
	Drop           []string
	Swap           []string // N=FILE
	Prefix, Suffix []string // [user:|system:]TEXT or @FILE
	Params         []string // NAME=VALUE
	Ablate         []string
}

func addEditFlags(cmd *cobra.Command, o *replayEdits) {
	flags := cmd.Flags()
	flags.StringVar(&o.System, "system", "", "what if: the text of this `FILE` as system prompt, an empty one for none")
	flags.StringArrayVar(&o.Drop, "drop-context", nil, "what if: without this piece of context (`N`)")
	flags.StringArrayVar(&o.Swap, "swap-context", nil, "what if: a text in place of a piece of context, `N=FILE`")
	flags.StringArrayVar(&o.Prefix, "prefix", nil, "what if: `TEXT`, or @FILE, before the last text of the user; system:TEXT before the system prompt")
	flags.StringArrayVar(&o.Suffix, "suffix", nil, "what if: `TEXT`, or @FILE, behind the last text of the user; system:TEXT behind the system prompt")
	flags.StringArrayVar(&o.Params, "param", nil, "what if: `NAME=VALUE` of a parameter, such as temperature=0; null removes it")
	flags.Var(&alternatives{&o.Ablate, ablations()}, "ablate", "remove one part at a time (`PART`): context, messages or tools")
	// The flag was defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("ablate", cobra.FixedCompletions(ablations(), cobra.ShellCompDirectiveNoFileComp))
}

func ablations() []string {
	var out []string
	for _, a := range request.Ablations() {
		out = append(out, string(a))
	}
	return out
}

// check refuses what cannot be meant, before files are read.
func (o *replayEdits) check() error {
	for _, n := range o.Drop {
		if _, err := contextNumber(n); err != nil {
			return usagef("--drop-context: %v", err)
		}
	}
	for _, v := range o.Swap {
		n, file, ok := strings.Cut(v, "=")
		if _, err := contextNumber(n); err != nil || !ok || file == "" {
			return usagef("--swap-context %q is not N=FILE", v)
		}
	}
	for _, v := range o.Params {
		if name, _, ok := strings.Cut(v, "="); !ok || name == "" {
			return usagef("--param %q is not NAME=VALUE", v)
		}
	}
	return nil
}

func contextNumber(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not a whole number of at least 1", s)
	}
	return n, nil
}

func (o *replayEdits) params(into map[string]any) {
	into["system"], into["drop_context"], into["swap_context"] = o.System, o.Drop, o.Swap
	into["prefix"], into["suffix"], into["param"], into["ablate"] = o.Prefix, o.Suffix, o.Params, o.Ablate
}

// readEdits are the edits, with their files read.
type readEdits []request.Edit

func (o *replayEdits) read() (readEdits, error) {
	var out readEdits
	if o.System != "" {
		text, err := readText(o.System)
		if err != nil {
			return nil, err
		}
		out = append(out, request.SetSystem(text))
	}
	for _, v := range o.Drop {
		n, err := contextNumber(v)
		if err != nil {
			return nil, err
		}
		out = append(out, request.DropContext(n))
	}
	for _, v := range o.Swap {
		number, file, _ := strings.Cut(v, "=")
		n, err := contextNumber(number)
		if err != nil {
			return nil, err
		}
		text, err := readText(file)
		if err != nil {
			return nil, err
		}
		out = append(out, request.SwapContext(n, text))
	}
	for _, side := range []struct {
		values []string
		edit   func(request.Target, string) request.Edit
	}{{o.Prefix, request.Prefix}, {o.Suffix, request.Suffix}} {
		for _, v := range side.values {
			to, text, err := mitigation(v)
			if err != nil {
				return nil, err
			}
			out = append(out, side.edit(to, text))
		}
	}
	for _, v := range o.Params {
		name, value, _ := strings.Cut(v, "=")
		out = append(out, request.SetParameter(name, value))
	}
	return out, nil
}

// mitigation reads where a text goes, and the text.
func mitigation(value string) (request.Target, string, error) {
	to := request.ToUser
	for _, t := range []request.Target{request.ToUser, request.ToSystem} {
		if rest, ok := strings.CutPrefix(value, string(t)+":"); ok {
			to, value = t, rest
			break
		}
	}
	if file, ok := strings.CutPrefix(value, "@"); ok {
		text, err := readText(file)
		return to, text, err
	}
	return to, value, nil
}

// maxEditText bounds a text of the command line's files: no model reads more.
const maxEditText = 16 << 20

// readText reads a file of text. The newline at its end is no part of it.
func readText(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("reading a text to send: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxEditText+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("reading a text to send: %w", err)
	case len(data) > maxEditText:
		return "", fmt.Errorf("reading %s: it is larger than %d bytes", path, maxEditText)
	case !utf8.Valid(data):
		return "", fmt.Errorf("reading %s: it is not UTF-8", path)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}

// The names of variants that are not ablations.
const (
	variantLogged  = "logged"
	variantChanged = "changed"
)

// variants applies edits to calls, and removes parts one at a time where that
// is asked for: each call as it is first, then its variants. Parts that no call
// has are an error.
func (e readEdits) variants(calls []request.Call, ablate []string) ([]request.Variant, error) {
	var out []request.Variant
	removed := len(ablate) == 0
	var none error
	for i := range calls {
		changed, err := request.Apply(calls[i].Request, e...)
		if err != nil {
			return nil, err
		}
		v := request.Variant{Name: variantLogged, Request: changed}
		if len(e) > 0 {
			v.Name = variantChanged
		}
		out = append(out, v)
		for _, what := range ablate {
			list, err := request.Ablate(changed, request.Ablation(what))
			if err != nil {
				none = errors.Join(none, err)
				continue
			}
			removed = true
			out = append(out, list...)
		}
	}
	if !removed {
		return nil, none
	}
	return out, nil
}
