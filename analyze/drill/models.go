package drill

// model is a model that can be called.
type model struct {
	id    string // as the client names it; with "us." or "eu." a cross-region profile of Bedrock
	alias string // under which the gateway offers it
	price price
	body  body // how its own bodies look
	// streams says whether InvokeModelWithResponseStream is used with it.
	streams bool
	embeds  bool   // an embedding model: no chat, and no Converse
	answers string // the version that replies name; of OpenAI's models, which Bedrock does not offer
}

// openAI says whether the model is one of OpenAI's.
func (m *model) openAI() bool { return m.answers != "" }

// provider is what OpenTelemetry calls the provider of the model.
func (m *model) provider() string {
	if m.openAI() {
		return "openai"
	}
	return "aws.bedrock"
}

// price is what a million tokens cost in thousandths of a US dollar, which is
// what a token costs in billionths: close to the list prices of 2025.
type price struct{ in, out int64 }

// models are public Bedrock model ids; the chat models come first.
var models = []model{
	{id: "us.anthropic.claude-sonnet-4-20250514-v1:0", alias: "claude-sonnet-4", price: price{3000, 15_000}, body: claudeBody{}, streams: true},
	{id: "anthropic.claude-3-5-sonnet-20241022-v2:0", alias: "claude-3-5-sonnet", price: price{3000, 15_000}, body: claudeBody{}, streams: true},
	{id: "anthropic.claude-3-haiku-20240307-v1:0", alias: "claude-3-haiku", price: price{250, 1250}, body: claudeBody{}, streams: true},
	{id: "us.amazon.nova-pro-v1:0", alias: "nova-pro", price: price{800, 3200}, body: novaBody{}},
	{id: "amazon.nova-lite-v1:0", alias: "nova-lite", price: price{60, 240}, body: novaBody{}},
	{id: "us.meta.llama3-3-70b-instruct-v1:0", alias: "llama-3-3-70b", price: price{720, 720}, body: llamaBody{}, streams: true},
	{id: "meta.llama3-8b-instruct-v1:0", alias: "llama-3-8b", price: price{300, 600}, body: llamaBody{}, streams: true},
	{id: "mistral.mistral-large-2402-v1:0", alias: "mistral-large", price: price{4000, 12_000}, body: mistralBody{}},
	{id: "cohere.command-r-plus-v1:0", alias: "command-r-plus", price: price{3000, 15_000}, body: cohereBody{}},
	{id: "amazon.titan-embed-text-v2:0", alias: "titan-embed", price: price{20, 0}, body: titanBody{}, embeds: true},

	// Of incidents only. The first three are dear, and nobody has leave to call
	// them who does not already; the rest are what others are replaced by.
	{id: "us.anthropic.claude-opus-4-20250514-v1:0", alias: "claude-opus-4", price: price{15_000, 75_000}, body: claudeBody{}, streams: true},
	{id: "anthropic.claude-3-opus-20240229-v1:0", alias: "claude-3-opus", price: price{15_000, 75_000}, body: claudeBody{}, streams: true},
	{id: "us.amazon.nova-premier-v1:0", alias: "nova-premier", price: price{2500, 12_500}, body: novaBody{}},
	{id: "us.anthropic.claude-3-7-sonnet-20250219-v1:0", alias: "claude-3-7-sonnet", price: price{3000, 15_000}, body: claudeBody{}, streams: true},
	{id: "us.anthropic.claude-3-5-haiku-20241022-v1:0", alias: "claude-3-5-haiku", price: price{800, 4000}, body: claudeBody{}, streams: true},
	{id: "us.meta.llama3-1-8b-instruct-v1:0", alias: "llama-3-1-8b", price: price{220, 220}, body: llamaBody{}, streams: true},
	{id: "us.meta.llama3-2-90b-instruct-v1:0", alias: "llama-3-2-90b", price: price{720, 720}, body: llamaBody{}, streams: true},
	{id: "mistral.mistral-large-2407-v1:0", alias: "mistral-large-2407", price: price{2000, 6000}, body: mistralBody{}},
}

// restricted are the models that need leave; only the one in the middle is
// offered in Europe.
var restricted = []string{
	"us.anthropic.claude-opus-4-20250514-v1:0", "anthropic.claude-3-opus-20240229-v1:0", "us.amazon.nova-premier-v1:0",
}

// successors are the models that others are replaced by.
var successors = map[string]string{
	"anthropic.claude-3-5-sonnet-20241022-v2:0": "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
	"anthropic.claude-3-haiku-20240307-v1:0":    "us.anthropic.claude-3-5-haiku-20241022-v1:0",
	"meta.llama3-8b-instruct-v1:0":              "us.meta.llama3-1-8b-instruct-v1:0",
	"us.meta.llama3-3-70b-instruct-v1:0":        "us.meta.llama3-2-90b-instruct-v1:0",
	"mistral.mistral-large-2402-v1:0":           "mistral.mistral-large-2407-v1:0",
}

// openAIModels are public models of OpenAI: to chat with, for short work, and
// for vectors.
var openAIModels = [...]model{
	{id: "gpt-4o", alias: "gpt-4o", price: price{2500, 10_000}, body: openAIBody{}, streams: true, answers: "gpt-4o-2024-08-06"},
	{id: "gpt-4o-mini", alias: "gpt-4o-mini", price: price{150, 600}, body: openAIBody{}, answers: "gpt-4o-mini-2024-07-18"},
	{id: "text-embedding-3-small", alias: "embed-small", price: price{20, 0}, body: openAIBody{}, embeds: true, answers: "text-embedding-3-small"},
}

// modelOf returns the model with the id, or nil.
func modelOf(id string) *model {
	for i := range models {
		if models[i].id == id {
			return &models[i]
		}
	}
	return nil
}

const (
	opInvoke         = "InvokeModel"
	opInvokeStream   = "InvokeModelWithResponseStream"
	opConverse       = "Converse"
	opConverseStream = "ConverseStream"

	// Of OpenAI, named by their path below /v1/.
	opChat       = "chat/completions"
	opChatStream = "chat/completions, streamed"
	opEmbeddings = "embeddings"
)

// streamed says whether the reply to an operation comes in pieces.
func streamed(operation string) bool {
	return operation == opInvokeStream || operation == opConverseStream || operation == opChatStream
}

// bodyOf returns how the body of a call looks.
func (m *model) bodyOf(operation string) body {
	if operation == opConverse || operation == opConverseStream {
		return converseBody{}
	}
	return m.body
}

// regions that are called, most used first.
var regions = []string{"us-east-1", "us-west-2", "eu-central-1"}

// inferenceRegion is where a cross-region profile called in a region is served.
func inferenceRegion(m *model, region string, r *rng) string {
	if len(m.id) < 3 || m.id[:3] != "us." || region == "eu-central-1" {
		return ""
	}
	return []string{"us-east-1", "us-east-2", "us-west-2"}[r.below(3)]
}
