package protocol

import (
	"encoding/json"
	"time"

	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/replay"
)

// Reader reads replies. It is not safe for concurrent use.
type Reader struct{ decoder *formats.Decoder }

// NewReader returns a Reader.
func NewReader() *Reader { return &Reader{formats.NewDecoder()} }

// Read returns what the reply of an exchange says, in whatever protocol it is.
// Latency and the time to the first token are as measured, not as a server
// says.
func (r *Reader) Read(x *replay.Exchange) replay.Reply {
	defer r.decoder.Reset()
	e := r.decoder.Add()
	if x.Status != 0 {
		e.HTTPStatus = formats.IntOf(int64(x.Status))
	}
	known := r.decoder.DecodeReply(e, x.Received())
	out := ReplyOf(e)
	out.Latency, out.TTFT = times(x)
	out.Complete = known && x.End == replay.Complete && (len(e.FinishReason) > 0 || len(e.ErrorCode) > 0 || len(e.ErrorMessage) > 0)
	return out
}

// times returns how long the whole reply took and how long its first byte of
// content. Only of a stream does the first byte say when the model began.
func times(x *replay.Exchange) (latency, ttft *time.Duration) {
	if len(x.Chunks) == 0 {
		return nil, nil
	}
	last, first := x.Chunks[len(x.Chunks)-1].After, x.Chunks[0].After
	if len(x.Chunks) > 1 {
		ttft = &first
	}
	return &last, ttft
}

// ReplyOf returns what a decoded event says of a reply.
func ReplyOf(e *formats.Event) replay.Reply {
	out := replay.Reply{
		Text: string(e.Response), Reasoning: string(e.Reasoning), FinishReason: string(e.FinishReason),
		Model: string(e.ModelResponse), Outcome: string(e.Outcome), ErrorCode: string(e.ErrorCode), ErrorMessage: string(e.ErrorMessage),
		HTTPStatus: number(e.HTTPStatus), InputTokens: number(e.InputTokens), OutputTokens: number(e.OutputTokens),
		Latency: duration(e.Latency), TTFT: duration(e.TTFT), CostNanoUSD: number(e.CostUSD),
	}
	for i := range e.Output {
		for j := range e.Output[i].Parts {
			if p := &e.Output[i].Parts[j]; p.Type == formats.PartToolCall {
				out.ToolCalls = append(out.ToolCalls, replay.ToolCall{ID: string(p.ID), Name: string(p.Name), Arguments: cloned(p.JSON)})
			}
		}
	}
	return out
}

// MessagesOf returns what a decoded event says was sent.
func MessagesOf(list []formats.Message) []replay.Message {
	out := make([]replay.Message, len(list))
	for i := range list {
		m := &list[i]
		out[i] = replay.Message{Role: string(m.Role), Parts: make([]replay.Part, len(m.Parts))}
		for j := range m.Parts {
			p := &m.Parts[j]
			out[i].Parts[j] = replay.Part{
				Type: replay.PartType(p.Type), Text: string(p.Text), ID: string(p.ID), Name: string(p.Name), JSON: cloned(p.JSON),
			}
		}
	}
	return out
}

func cloned(t formats.Text) json.RawMessage {
	if t == nil {
		return nil
	}
	return append(json.RawMessage{}, t...)
}

func number(i formats.Int) *int64 {
	if !i.OK {
		return nil
	}
	return &i.V
}

func duration(i formats.Int) *time.Duration {
	if !i.OK {
		return nil
	}
	d := time.Duration(i.V) * time.Microsecond
	return &d
}
