package request

import (
	"encoding/json"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
)

// shape is what tells the protocols apart that name their members alike.
type shape struct {
	Model            *string         `json:"model"`
	Messages         json.RawMessage `json:"messages"`
	Input            json.RawMessage `json:"input"`
	AnthropicVersion json.RawMessage `json:"anthropic_version"`
	InferenceConfig  json.RawMessage `json:"inferenceConfig"`
	Options          json.RawMessage `json:"options"`
}

// ProtocolOf returns the protocol that a logged body is in, by the operation
// that it was sent to and the members that it has; "" when it is none that a
// request can be sent in, such as the body of one vendor inside Bedrock's
// InvokeModel.
func ProtocolOf(operation string, body []byte) replay.Protocol {
	var s shape
	if json.Unmarshal(body, &s) != nil {
		return ""
	}
	path, _, _ := strings.Cut(operation, "?")
	switch {
	case strings.HasSuffix(path, "/chat/completions") && s.Messages != nil:
		return replay.OpenAIChat
	case strings.HasSuffix(path, "/responses") && s.Input != nil:
		return replay.OpenAIResponses
	case strings.HasSuffix(path, "/messages") && s.Messages != nil && s.AnthropicVersion == nil,
		path == "message_batch" && s.Messages != nil:
		return replay.Anthropic
	case strings.HasSuffix(path, "/api/chat") && s.Messages != nil:
		return replay.Ollama
	case (path == "Converse" || path == "ConverseStream") && s.Messages != nil && s.Model == nil:
		return replay.Converse
	}
	return ""
}
