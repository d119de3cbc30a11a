// Package protocol writes a request in the protocol of a provider and reads the
// reply. What a protocol has no place for is left out and said, never put where
// it was not: a request that was changed to fit answers another question.
//
// Replies are read by the decoders of package formats, so that a replayed reply
// is understood just as the logged one was.
//
// The shapes are those of the providers' references: OpenAI chat completions
// and responses, Anthropic messages, Ollama's /api/chat, Bedrock Converse.
package protocol
