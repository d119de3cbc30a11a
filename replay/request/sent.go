package request

import (
	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
)

// Sent returns what was asked in an exchange, as the body says that was sent:
// changed, masked, or as it was logged. What no body has, such as the documents
// that were retrieved, is that of the logged request.
func Sent(d *formats.Decoder, logged *replay.Request, o *replay.Outgoing) *replay.Request {
	defer d.Reset()
	e := d.Add()
	out := *logged
	if !d.DecodeRequest(e, o.Body) {
		return &out
	}
	out.Body, out.Protocol, out.Changes, out.Losses = o.Body, o.Protocol, o.Changes, o.Losses
	out.Messages = protocol.MessagesOf(e.Input)
	out.Tools = nil
	if e.ToolDefinitions != nil {
		out.Tools = append(out.Tools, e.ToolDefinitions...)
	}
	if p, err := parseParameters(string(e.Parameters)); err == nil {
		out.Parameters = p
	}
	return &out
}
