// Package plan makes of requests what is sent: each variant in a protocol, as
// often as samples are asked for, with an id that is the same each time. It says
// beforehand what sending will take.
package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
	"github.com/exhibit-forensics/exhibit/replay/request"
)

// Options say how requests are sent.
type Options struct {
	Protocol replay.Protocol
	Model    string // "" for the one that the log names
	Samples  int    // of each variant; 0 is 1
	Seed     *int64 // of the first sample, each further has the next; nil leaves what was logged to a single sample
	// Mask takes out what must not be sent, and says how many spans it took;
	// nil sends everything.
	Mask func(*replay.Request) (*replay.Request, int)
}

// Entry is a variant of a request and what is sent of it.
type Entry struct {
	request.Variant
	Outgoing []*replay.Outgoing // one for each sample
}

// Make returns the plan of variants, in their order.
func Make(variants []request.Variant, o *Options) ([]Entry, error) {
	var out []Entry
	for _, v := range variants {
		e, err := make1(v, o)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func make1(v request.Variant, o *Options) (Entry, error) {
	e := Entry{Variant: v}
	send, masked := v.Request, 0
	if o.Mask != nil {
		send, masked = o.Mask(v.Request)
	}
	model := o.Model
	if model == "" {
		model = v.Model
	}
	if model == "" {
		return e, fmt.Errorf("planning %s: the log names no model: name one", v.Event)
	}
	for sample := 1; sample <= max(o.Samples, 1); sample++ {
		encoded, err := protocol.Encode(send, o.Protocol, protocol.Options{Model: model, Seed: o.seed(sample)})
		if err != nil {
			return e, fmt.Errorf("planning %s: %w", v.Event, err)
		}
		out := &replay.Outgoing{
			Event: v.Event, Variant: v.Name, Sample: sample, Protocol: o.Protocol, Model: model,
			Path: encoded.Path, Body: encoded.Body, Masked: masked, Losses: encoded.Losses, Changes: v.Changes,
		}
		out.ID = ID(out)
		e.Outgoing = append(e.Outgoing, out)
	}
	return e, nil
}

// seed returns the seed of a sample. Several samples have seeds of their own,
// also where nobody asked for one: they must be ones that can be made again.
func (o *Options) seed(sample int) *int64 {
	var first int64 = 1
	switch {
	case o.Seed != nil:
		first = *o.Seed
	case o.Samples <= 1:
		return nil
	}
	n := first + int64(sample) - 1
	return &n
}

// ID names what is sent: the same event, variant, sample, protocol, model and
// body have the same id. It is the first half of a SHA-256.
func ID(o *replay.Outgoing) string {
	sum := sha256.New()
	for _, part := range []string{o.Event, o.Variant, strconv.Itoa(o.Sample), string(o.Protocol), o.Model, string(o.Body)} {
		sum.Write(append(strconv.AppendInt(nil, int64(len(part)), 10), ':'))
		sum.Write([]byte(part))
	}
	return hex.EncodeToString(sum.Sum(nil)[:sha256.Size/2])
}

// All returns what a plan sends, in its order.
func All(entries []Entry) []*replay.Outgoing {
	var out []*replay.Outgoing
	for i := range entries {
		out = append(out, entries[i].Outgoing...)
	}
	return out
}

// HasSeed reports whether a protocol has a place for a seed.
func HasSeed(p replay.Protocol) bool { return p == replay.OpenAIChat || p == replay.Ollama }
