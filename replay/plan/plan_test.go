package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/request"
)

func asks(event, text string) *replay.Request {
	return &replay.Request{Event: event, Model: "logged-model", Messages: []replay.Message{{Role: "user", Parts: []replay.Part{{Type: replay.PartText, Text: text}}}}}
}

func variants(requests ...*replay.Request) []request.Variant {
	var out []request.Variant
	for _, r := range requests {
		out = append(out, request.Variant{Name: "logged", Request: r})
	}
	return out
}

// TestMake wants variants in their order, samples beneath them from 1, each with
// its seed.
func TestMake(t *testing.T) {
	three := variants(asks("e-3", "c"), asks("e-1", "a"))
	three = append(three, request.Variant{Name: "without message 1", Request: asks("e-1", "b")})
	tests := []struct {
		name    string
		options Options
		want    []string // event, variant, sample, model, seed
	}{
		{"once, as logged", Options{Protocol: replay.OpenAIChat}, []string{
			"e-3 logged 1 logged-model none", "e-1 logged 1 logged-model none", "e-1 without message 1 1 logged-model none",
		}},
		{"samples have seeds", Options{Protocol: replay.OpenAIChat, Model: "other", Samples: 2}, []string{
			"e-3 logged 1 other 1", "e-3 logged 2 other 2", "e-1 logged 1 other 1", "e-1 logged 2 other 2",
			"e-1 without message 1 1 other 1", "e-1 without message 1 2 other 2",
		}},
		{"the seed that was asked for", Options{Protocol: replay.OpenAIChat, Model: "other", Samples: 2, Seed: ptr[int64](-1)}, []string{
			"e-3 logged 1 other -1", "e-3 logged 2 other 0", "e-1 logged 1 other -1", "e-1 logged 2 other 0",
			"e-1 without message 1 1 other -1", "e-1 without message 1 2 other 0",
		}},
		{"one sample with a seed", Options{Protocol: replay.OpenAIChat, Samples: 1, Seed: ptr[int64](7)}, []string{
			"e-3 logged 1 logged-model 7", "e-1 logged 1 logged-model 7", "e-1 without message 1 1 logged-model 7",
		}},
		{"fewer samples than one are one", Options{Protocol: replay.OpenAIChat, Samples: -3}, []string{
			"e-3 logged 1 logged-model none", "e-1 logged 1 logged-model none", "e-1 without message 1 1 logged-model none",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			entries, err := Make(three, &test.options)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range All(entries) {
				var body struct {
					Model string
					Seed  *int64
				}
				if err := json.Unmarshal(o.Body, &body); err != nil {
					t.Fatal(err)
				}
				seed := "none"
				if body.Seed != nil {
					seed = fmt.Sprint(*body.Seed)
				}
				got = append(got, fmt.Sprintf("%s %s %d %s %s", o.Event, o.Variant, o.Sample, body.Model, seed))
				if o.Model != body.Model || o.Protocol != test.options.Protocol || o.Path != "/v1/chat/completions" || o.ID != ID(o) {
					t.Errorf("%+v", o)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("what is sent (-want +got):\n%s", diff)
			}
			again, err := Make(three, &test.options)
			if diff := cmp.Diff(All(entries), All(again)); err != nil || diff != "" {
				t.Errorf("the same plan again: %v (-first +second):\n%s", err, diff)
			}
		})
	}
	if entries, err := Make(nil, &Options{Protocol: replay.OpenAIChat}); err != nil || len(All(entries)) != 0 {
		t.Errorf("of nothing: %v, %v", entries, err)
	}
}

// TestRefused are plans that cannot be made: nothing of them is returned.
func TestRefused(t *testing.T) {
	nameless := asks("e-2", "x")
	nameless.Model = ""
	for _, test := range []struct {
		name     string
		requests []*replay.Request
		options  Options
		want     string
	}{
		{"no model", []*replay.Request{asks("e-1", "x"), nameless}, Options{Protocol: replay.OpenAIChat}, "planning e-2: the log names no model"},
		{"no protocol", []*replay.Request{asks("e-1", "x")}, Options{Protocol: "gopher"}, `planning e-1: "gopher" is no protocol`},
	} {
		entries, err := Make(variants(test.requests...), &test.options)
		if err == nil || !strings.Contains(err.Error(), test.want) || entries != nil {
			t.Errorf("%s: %v, error %v, want %q", test.name, entries, err, test.want)
		}
	}
	if _, err := Make(variants(nameless), &Options{Protocol: replay.OpenAIChat, Model: "m"}); err != nil {
		t.Errorf("a model that was named: %v", err)
	}
}

// TestMasked sends what the mask leaves, says how much it took, and leaves the
// request as it was logged.
func TestMasked(t *testing.T) {
	r := asks("e-1", "write to ann@example.com")
	o := &Options{Protocol: replay.OpenAIChat, Samples: 2, Mask: func(r *replay.Request) (*replay.Request, int) {
		masked := *r
		masked.Messages = slices.Clone(asks("", "write to <EMAIL_1>").Messages)
		return &masked, 3
	}}
	entries, err := Make(variants(r), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, sent := range All(entries) {
		if sent.Masked != 3 || bytes.Contains(sent.Body, []byte("ann@")) || !bytes.Contains(sent.Body, []byte("EMAIL_1")) {
			t.Errorf("%d spans masked in %s", sent.Masked, sent.Body)
		}
	}
	if entries[0].Messages[0].Parts[0].Text != "write to ann@example.com" {
		t.Errorf("the logged request was changed: %+v", entries[0].Messages)
	}
}

// TestID wants each thing that makes a request another to give it another id, and
// nothing that does not.
func TestID(t *testing.T) {
	base := replay.Outgoing{Event: "e-1", Variant: "logged", Sample: 1, Protocol: replay.OpenAIChat, Model: "m", Body: []byte("{}")}
	seen := map[string]string{}
	for name, change := range map[string]func(*replay.Outgoing){
		"as it is":     func(*replay.Outgoing) {},
		"event":        func(o *replay.Outgoing) { o.Event = "e-2" },
		"variant":      func(o *replay.Outgoing) { o.Variant = "changed" },
		"sample":       func(o *replay.Outgoing) { o.Sample = 11 },
		"protocol":     func(o *replay.Outgoing) { o.Protocol = replay.Ollama },
		"model":        func(o *replay.Outgoing) { o.Model = "m2" },
		"body":         func(o *replay.Outgoing) { o.Body = []byte("{ }") },
		"moved border": func(o *replay.Outgoing) { o.Event, o.Variant = "e-", "1logged" },
		"like lengths": func(o *replay.Outgoing) { o.Event, o.Variant = "e-16:logged", "" },
	} {
		o := base
		change(&o)
		id := ID(&o)
		if len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
			t.Errorf("%s: id %q", name, id)
		}
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s have the same id", name, other)
		}
		seen[id] = name
	}
	same := base
	same.Masked, same.Losses, same.Changes, same.Path = 4, []replay.Loss{{Part: "system"}}, []string{"x"}, "/elsewhere"
	if ID(&same) != ID(&base) {
		t.Error("what is said of a request changes its id")
	}
}

// TestHasSeed holds what is said of seeds against what is written.
func TestHasSeed(t *testing.T) {
	for _, p := range replay.Protocols() {
		entries, err := Make(variants(asks("e-1", "x")), &Options{Protocol: p, Seed: ptr[int64](987654321)})
		if err != nil {
			t.Fatal(errors.Join(errors.New(string(p)), err))
		}
		if got := bytes.Contains(entries[0].Outgoing[0].Body, []byte("987654321")); got != HasSeed(p) {
			t.Errorf("%s: a seed is written: %v, said: %v", p, got, HasSeed(p))
		}
	}
}
