package drill

// model is a model that Bedrock offers.
type model struct {
	id   string // as the client names it; with "us." or "eu." a cross-region profile
	body body   // how InvokeModel bodies look
	// streams says whether InvokeModelWithResponseStream is used with it.
	streams bool
	embeds  bool // an embedding model: no chat, and no Converse
}

// models are public Bedrock model ids; the chat models come first.
var models = []model{
	{id: "us.anthropic.claude-sonnet-4-20250514-v1:0", body: claudeBody{}, streams: true},
	{id: "anthropic.claude-3-5-sonnet-20241022-v2:0", body: claudeBody{}, streams: true},
	{id: "anthropic.claude-3-haiku-20240307-v1:0", body: claudeBody{}, streams: true},
	{id: "us.amazon.nova-pro-v1:0", body: novaBody{}},
	{id: "amazon.nova-lite-v1:0", body: novaBody{}},
	{id: "us.meta.llama3-3-70b-instruct-v1:0", body: llamaBody{}, streams: true},
	{id: "meta.llama3-8b-instruct-v1:0", body: llamaBody{}, streams: true},
	{id: "mistral.mistral-large-2402-v1:0", body: mistralBody{}},
	{id: "cohere.command-r-plus-v1:0", body: cohereBody{}},
	{id: "amazon.titan-embed-text-v2:0", body: titanBody{}, embeds: true},
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
)

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
