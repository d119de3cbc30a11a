package formats

// All returns every format. The order is that of detection: from the shapes
// that only one writer makes to those that anything could have made, so that
// table and jsonl, which accept all tables and all JSON, are last.
func All() []Format {
	return []Format{
		cloudTrail{},        // envelopes and members of its own
		bedrock{},           // members of its own
		openAIAudit{},       // effective_at, and an actor
		openAIBatch{},       // custom_id with a url or response
		anthropicBatch{},    // custom_id with params or a result
		openAIStored{},      // object of one call, named by the API
		openAIUsage{},       // buckets from start_time
		anthropicUsage{},    // buckets from starting_at
		anthropicActivity{}, // types of actors that end alike
		liteLLM{},           // names of LiteLLM's that its table shares; a row has a request_id
		liteLLMSpend{},      // the table
		liteLLMAudit{},      // a table that names itself
		helicone{},          // names of Helicone's
		cloudflareGateway{}, // the API's names, or those of Logpush
		kong{},              // names of Kong's serializer
		portkey{},           // names of Portkey's that an export can leave out: the least certain gateway
		azureOpenAI{},       // resource ids and tables of its own, like the next two
		apimLLM{},           // as before
		apimGateway{},       // as before
		googleAudit{},       // a payload type of its own
		vertex{},            // columns of its own
		purview{},           // AuditData, or three members together
		langfuse{},          // rows of its own, told by several members together
		mlflow{},            // a trace info with metadata of its own
		langsmith{},         // run_type
		otlp{},              // envelopes of its own
		openInference{},     // a context beside attributes
		claudeCode{},        // types of lines that only it writes
		codex{},             // as before
		nginx{},             // lines or names of its own
		uvicorn{},           // lines of its own, like the next
		ollama{},            // as before
		har{},               // a log with entries
		httpExchange{},      // method, address and body, under names that several writers share
		exports{},           // says itself what it is
		tables{},            // any table of names and rows
		jsonLines{},         // any JSON
	}
}

// ByName returns the format with the given name.
func ByName(name string) (Format, bool) {
	for _, f := range All() {
		if f.Name() == name {
			return f, true
		}
	}
	return nil, false
}
