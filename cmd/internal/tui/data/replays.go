package data

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/cassette"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
	"github.com/exhibit-forensics/exhibit/replay/request"
	"github.com/exhibit-forensics/exhibit/replay/verdict"
)

// Replay is one reply to the replay of a call, beside the logged one.
type Replay struct {
	Cassette string // SHA-256
	Server   string
	Model    string // that was asked, "" where the reply does not say
	Variant  string // what was asked: as logged, carried on, or changed
	Sample   int
	Masked   int    // spans of the request that were masked
	End      string // how the exchange ended; "" where nothing was sent
	Problem  string
	Logged   string // both as people read them, "" where there is none
	Reply    string
	Changed  []string // verdicts that are others than on the logged reply, in words
	Shows    []string // verdicts that are true
}

// kept lists the cassettes of a case, each run once.
func kept(c *casefile.Case) []casefile.Replay {
	var out []casefile.Replay
	for _, r := range c.Replays() {
		if !r.Continued {
			out = append(out, r)
		}
	}
	return out
}

// maxCassettes bounds how many bytes of cassettes are read for one call. Each is
// read to its end, for it has no index.
const maxCassettes = 1 << 30

// Replays implements [Conversations].
func (c *Case) Replays(ctx context.Context, eid int64) ([]Replay, error) {
	var cassettes []casefile.Replay
	var calls []request.Call
	var events []casefile.EventRow
	err := c.inFront(ctx, func(c *casefile.Case) error {
		detail, err := c.Detail(ctx, eid)
		if err != nil {
			return err
		}
		events = append(detail.Call, detail.EventRow)
		cassettes = kept(c)
		calls, _, err = request.Calls(ctx, c, []int64{eid})
		return err
	})
	if err != nil || len(calls) == 0 {
		return nil, err
	}
	judge, err := verdict.New(verdict.Options{})
	if err != nil {
		return nil, err
	}
	p := player{judge: judge, request: calls[0].Request, events: events, decoder: formats.NewDecoder(), replies: protocol.NewReader()}
	size := int64(0)
	for i := range cassettes {
		if size += cassettes[i].Size; size > maxCassettes {
			return p.out, fmt.Errorf("the cassettes of the case are too large to be looked through here; exhibit replay --from-cassette %.12s compares one", cassettes[i].SHA256)
		}
		if err := p.play(ctx, &cassettes[i]); err != nil {
			return p.out, err
		}
	}
	return p.out, nil
}

// player reads the replies to one call from cassettes.
type player struct {
	judge   *verdict.Judge
	request *replay.Request
	events  []casefile.EventRow // that show the call
	decoder *formats.Decoder
	replies *protocol.Reader
	logged  []verdict.Verdict
	out     []Replay
}

// play adds the replies that a cassette has.
func (p *player) play(ctx context.Context, of *casefile.Replay) (err error) {
	tape, err := cassette.Open(of.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tape.Close()) }()
	for _, id := range tape.IDs() {
		if err := ctx.Err(); err != nil {
			return err
		}
		asked, err := tape.Request(id)
		if err != nil {
			return err
		}
		if !p.isOf(asked.Event) {
			continue
		}
		x, err := tape.Exchange(id)
		if err != nil {
			return err
		}
		p.add(of, x)
	}
	return nil
}

// isOf reports whether an event id of a cassette names an event of the call. It
// may have been written when fewer digits were needed to tell evidence apart.
func (p *player) isOf(id string) bool {
	digits, place, ok := strings.Cut(id, "-")
	for i := range p.events {
		_, here, _ := strings.Cut(p.events[i].EventID, "-")
		if ok && digits != "" && place == here && strings.HasPrefix(p.events[i].EvidenceID, digits) {
			return true
		}
	}
	return false
}

// add judges an exchange.
func (p *player) add(of *casefile.Replay, x *replay.Exchange) {
	logged := p.request
	if p.logged == nil {
		p.logged = p.judge.Verdicts(logged, &logged.Logged)
	}
	r := Replay{
		Cassette: of.SHA256, Server: of.Server, Model: strings.Join(of.Models, ", "), Variant: x.Variant, Sample: x.Sample, Masked: x.Masked,
		End: string(x.End), Problem: x.Problem, Logged: logged.Logged.Words(),
	}
	if x.End != "" {
		reply := p.replies.Read(x)
		verdicts := p.judge.Prepare(request.Sent(p.decoder, logged, &x.Outgoing)).Verdicts(&reply)
		r.Reply, r.Changed, r.Shows = reply.Words(), verdict.Differences(p.logged, verdicts), verdict.Hits(verdicts)
		if reply.Model != "" {
			r.Model = reply.Model
		}
	}
	p.out = append(p.out, r)
}
