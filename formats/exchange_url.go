package formats

import (
	"bytes"
	"net/url"
	"strings"
)

// apiCall is what the address of a request says about it. Addresses are those
// of the providers' API references; servers and gateways that speak an API of
// another keep its paths behind a prefix of their own, so that they are read
// from the end.
type apiCall struct {
	host      []byte
	path      []byte // decoded as far as it was encoded, without the query
	provider  string // "" when the host is none that is known
	kind      Kind   // of a request that changes or starts something; "" when the path does not tell
	weak      bool   // the path is one that others use as well
	spelled   bool   // weak, but written as a model API has it, with its version
	operation string // the provider's name of it, "" when that is the path
	stream    Bool
	model     []byte
	place     []byte // region
	deploy    []byte // deployment
	project   []byte
	session   []byte
}

// readURL reads an address or a path. Nothing of the query is kept: Google's
// keys stand there.
func readURL(d *Decoder, address Text) apiCall {
	var c apiCall
	if len(address) == 0 {
		return c
	}
	rest := address
	if i := bytes.Index(rest, []byte("://")); i >= 0 && bytes.IndexByte(rest[:i], '/') < 0 {
		rest = rest[i+3:]
		end := bytes.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		c.host, rest = rest[:end], rest[end:]
		if at := bytes.LastIndexByte(c.host, '@'); at >= 0 {
			c.host = c.host[at+1:] // a name and a password before it are no address
		}
	}
	if end := bytes.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end]
	}
	c.path = rest
	if bytes.IndexByte(rest, '%') >= 0 {
		if plain, err := url.PathUnescape(string(rest)); err == nil {
			c.path = d.Arena.Copy([]byte(plain))
		}
	}
	c.readHost()
	if len(c.path) <= maxPath {
		c.readPath()
	}
	return c
}

// readHost names the provider behind a host.
func (c *apiCall) readHost() {
	var low [256]byte
	if len(c.host) > len(low) {
		return
	}
	host := appendLower(low[:0], c.host)
	if i := bytes.LastIndexByte(host, ':'); i >= 0 && host[len(host)-1] != ']' {
		if string(host[i:]) == ":11434" {
			c.provider = "ollama" // the port that its server listens on unless told otherwise
		}
		host = host[:i]
	}
	switch string(host) {
	case "api.openai.com", "us.api.openai.com", "eu.api.openai.com":
		c.provider = "openai"
	case "api.anthropic.com":
		c.provider = "anthropic"
	case "generativelanguage.googleapis.com":
		c.provider = "google"
	case "api.mistral.ai", "codestral.mistral.ai":
		c.provider = "mistral"
	case "api.cohere.com", "api.cohere.ai":
		c.provider = "cohere"
	case "api.groq.com":
		c.provider = "groq"
	case "api.writer.com":
		c.provider = "writer"
	case "api.together.xyz", "api.together.ai":
		c.provider = "together"
	case "api.deepseek.com":
		c.provider = "deepseek"
	case "api.x.ai":
		c.provider = "xai"
	case "api.perplexity.ai":
		c.provider = "perplexity"
	case "api.fireworks.ai":
		c.provider = "fireworks"
	case "openrouter.ai":
		c.provider = "openrouter"
	case "api.cerebras.ai":
		c.provider = "cerebras"
	case "api.ai21.com":
		c.provider = "ai21"
	case "api.voyageai.com":
		c.provider = "voyage"
	case "api-inference.huggingface.co", "router.huggingface.co":
		c.provider = "huggingface"
	default:
		c.readHostSuffix(host)
	}
}

// readHostSuffix names the provider whose customers have hosts of their own.
func (c *apiCall) readHostSuffix(host []byte) {
	first, _, _ := bytes.Cut(host, []byte{'.'})
	has := func(suffix string) bool { return bytes.HasSuffix(host, []byte(suffix)) }
	switch {
	case has(".openai.azure.com"), has(".cognitiveservices.azure.com"), has(".services.ai.azure.com"), has(".models.ai.azure.com"):
		c.provider = "azure"
	case has("aiplatform.googleapis.com"):
		c.provider = "google"
		if place, ok := bytes.CutSuffix(first, []byte("-aiplatform")); ok {
			c.place = c.host[:len(place)]
		}
	case has(".endpoints.huggingface.cloud"):
		c.provider = "huggingface"
	case has(".amazonaws.com"), has(".amazonaws.com.cn"), has(".api.aws"):
		c.readAmazonHost(host)
	}
}

// readAmazonHost takes the region from an endpoint of Bedrock, SERVICE.REGION,
// behind the name of a VPC endpoint or not.
func (c *apiCall) readAmazonHost(host []byte) {
	for rest := host; len(rest) > 0; {
		label, after, _ := bytes.Cut(rest, []byte{'.'})
		if string(label) == "bedrock" || bytes.HasPrefix(label, []byte("bedrock-")) {
			c.provider = "aws"
			place, _, _ := bytes.Cut(after, []byte{'.'})
			at := len(host) - len(after)
			c.place = c.host[at : at+len(place)]
			return
		}
		rest = after
	}
}

// fill sets the columns that the address tells.
func (c *apiCall) fill(d *Decoder, e *Event, method Text) {
	if len(c.host) > 0 {
		setText(&e.Endpoint, c.host)
	}
	if c.provider != "" && e.Provider == nil {
		e.Provider = word(d, c.provider)
	}
	setName(&e.Model, c.model)
	setName(&e.Region, c.place)
	setName(&e.Deployment, c.deploy)
	setName(&e.Tenant, c.project)
	setSession(e, c.session)
	if !e.Stream.OK {
		e.Stream = c.stream
	}
	switch {
	case e.Operation != nil || len(c.path) == 0:
	case c.operation != "":
		e.Operation = word(d, c.operation)
	case len(method) == 0 || isPost(method):
		e.Operation = c.path
	default:
		e.Operation = d.Arena.Bytes(len(method) + 1 + len(c.path))
		n := copy(e.Operation, method)
		e.Operation[n] = ' '
		copy(e.Operation[n+1:], c.path)
	}
}

func isPost(method Text) bool {
	return len(method) == 0 || bytes.EqualFold(method, []byte("POST"))
}

// kindOf returns what the call is. A model is asked by POST; what is read by
// GET from a path of the API is data, and all else is other.
func (c *apiCall) kindOf(e *Event, method Text, asked, answered bool) Kind {
	kind := c.kind
	switch {
	case c.path == nil:
		if asked || answered {
			kind = KindInference
		}
	case isPost(method):
		if c.weak && c.provider == "" && (len(e.Model) == 0 || !asked || !answered && !isFailure(e)) {
			return KindOther
		}
		if kind == "" && asked && answered && (c.provider == "huggingface" || isConvincing(e)) {
			kind = KindInference // an endpoint of one model has no path, and gateways have their own
		}
	case kind == KindAdmin && !bytes.EqualFold(method, []byte("GET")):
	case kind != "" && (c.provider != "" || !c.weak):
		kind = KindData
	default:
		kind = ""
	}
	switch {
	case kind == "":
		return KindOther
	case kind == KindInference && e.Kind == KindEmbedding:
		return KindEmbedding // the bodies tell: InvokeModel has one address for all
	}
	return kind
}

// isConvincing reports whether bodies of known shapes are those of a model API,
// whatever their address is: other services have messages and models, too, but
// none counts tokens.
func isConvincing(e *Event) bool {
	return len(e.Model) > 0 && (e.InputTokens.OK || e.OutputTokens.OK)
}

// kindAlone returns what the call is where the address is all there is, as in
// the access log of a server; "" when it does not tell. Servers of models are
// told by paths that providers spell out, such as /v1/messages or /api/chat.
func (c *apiCall) kindAlone(method Text) Kind {
	switch {
	case c.kind == "" || c.weak && !c.spelled && c.provider == "":
		return ""
	case isPost(method) || c.kind == KindAdmin && !bytes.EqualFold(method, []byte("GET")):
		return c.kind
	}
	return KindData
}

// isFailure reports whether the call failed, so that no reply of a known shape
// can be expected.
func isFailure(e *Event) bool { return e.HTTPStatus.V >= 400 || e.ErrorCode != nil }

// readPath finds the call in the path.
func (c *apiCall) readPath() {
	var last, before []byte
	var few [16][]byte // as most paths have at most
	segments := few[:0]
	for segment := range bytes.SplitSeq(bytes.Trim(c.path, "/"), []byte{'/'}) {
		segments = append(segments, segment)
	}
	last = segments[len(segments)-1]
	if len(segments) > 1 {
		before = segments[len(segments)-2]
	}
	c.readPlaces(segments)
	if c.readGoogle(before, last) || c.readBedrock(segments) {
		return
	}
	if len(segments) > 1 && string(before) == "chat" && string(last) == "completions" {
		c.kind = KindInference
		return
	}
	if kind, weak, ok := c.readSegments(segments); ok {
		c.kind, c.weak = kind, weak
	}
}

// maxPath bounds the paths that are taken apart: their segments take many times
// their memory. Servers refuse longer ones (NGINX beyond 32 KiB).
const maxPath = 64 << 10

// maxPathSegments bounds how many segments of a path are looked at.
const maxPathSegments = 32

// readPlaces takes what paths name on the way: Azure's deployment, Google's
// project and location.
func (c *apiCall) readPlaces(segments [][]byte) {
	for i := range segments[:min(len(segments), maxPathSegments)] {
		if i == 0 {
			continue
		}
		switch value := segments[i]; string(segments[i-1]) {
		case "deployments":
			c.deploy = value
		case "projects":
			if c.provider == "google" {
				c.project = value
			}
		case "locations":
			if c.provider == "google" {
				c.place = value
			}
		}
	}
}

// readGoogle takes a custom method of the Gemini and Vertex AI APIs,
// models/MODEL:METHOD or endpoints/ENDPOINT:METHOD.
func (c *apiCall) readGoogle(before, last []byte) bool {
	model, method, ok := bytes.Cut(last, []byte{':'})
	if !ok {
		return false
	}
	switch string(method) {
	case "generateContent", "rawPredict", "predict", "serverGenerateContent", "generateMessage", "generateText":
		c.kind, c.stream = KindInference, BoolOf(false)
	case "streamGenerateContent", "streamRawPredict", "serverStreamingPredict":
		c.kind, c.stream = KindInference, BoolOf(true)
	case "embedContent", "batchEmbedContents", "asyncBatchEmbedContent", "embedText", "batchEmbedText":
		c.kind = KindEmbedding
	case "countTokens", "computeTokens", "batchGenerateContent":
		c.kind = KindOther
	default:
		return false
	}
	switch string(method) {
	case "rawPredict", "streamRawPredict", "predict", "serverStreamingPredict":
		c.weak = true // any model server on Vertex AI
	}
	c.operation = string(method)
	if string(before) == "endpoints" {
		c.deploy = model
	} else {
		c.model = model
	}
	return true
}

// readBedrock takes a call of the Bedrock runtime, model/MODEL/METHOD. A model
// named by its ARN holds slashes.
func (c *apiCall) readBedrock(segments [][]byte) bool {
	n := len(segments) - 1
	if n < 2 || string(segments[0]) != "model" {
		return false
	}
	switch string(segments[n]) {
	case "invoke":
		c.operation, c.stream = "InvokeModel", BoolOf(false)
	case "invoke-with-response-stream":
		c.operation, c.stream = "InvokeModelWithResponseStream", BoolOf(true)
	case "converse":
		c.operation, c.stream = "Converse", BoolOf(false)
	case "converse-stream":
		c.operation, c.stream = "ConverseStream", BoolOf(true)
	default:
		return false
	}
	c.kind = KindInference
	path := bytes.Trim(c.path, "/")
	c.model = path[len("model/") : len(path)-len(segments[n])-1]
	return true
}

// readSegments takes a call by the names in its path. Weak are those that
// other services use as well.
func (c *apiCall) readSegments(segments [][]byte) (kind Kind, weak, ok bool) {
	n := len(segments) - 1
	at := func(i int) string {
		if i < 0 || i > n {
			return ""
		}
		return string(segments[i])
	}
	for i := max(0, len(segments)-maxPathSegments); i <= n; i++ {
		switch at(i) {
		case "threads": // OpenAI Assistants
			if strings.HasPrefix(at(i+1), "thread_") {
				c.session = segments[i+1]
			}
			return threadKind(at(i+1), at(i+2), at(i+3), at(i+4)), true, true
		case "assistants", "fine_tuning", "fine-tuning", "organization", "organizations":
			return KindAdmin, true, true
		case "files", "uploads", "vector_stores", "containers":
			return KindData, true, true
		case "batches", "models", "batch":
			return KindOther, true, true
		}
	}
	c.spelled = isSpelled(at(n-2), at(n-1), at(n))
	switch at(n) {
	case "invocations", "invocations-response-stream": // SageMaker, and servers made for it
		return KindInference, true, true
	case "responses", "messages", "complete", "completions", "chat", "generate", "generations", "infer", "conversations":
		return KindInference, true, true
	case "embeddings", "embed":
		return KindEmbedding, true, true
	case "rerank":
		return KindRetrieval, true, true
	case "moderations":
		return KindGuardrail, true, true
	case "speech", "transcriptions", "translations":
		return KindInference, true, true
	}
	switch at(n - 1) {
	case "responses", "completions": // one that was stored
		return KindData, true, true
	}
	return "", false, false
}

// isSpelled reports whether the last names of a path are those that a model API
// has, with what stands before them there.
func isSpelled(first, before, last string) bool {
	switch last {
	case "speech", "transcriptions", "translations":
		return before == "audio"
	case "generations":
		return before == "images"
	case "invocations", "invocations-response-stream":
		return before == "" || first == "endpoints"
	}
	switch before {
	case "v1", "v2", "openai":
		return true
	case "api": // Ollama
		return last == "chat" || last == "generate" || last == "embed" || last == "embeddings"
	}
	return first == "deployments" || first == "engines"
}

// threadKind sorts a call of OpenAI's Assistants by what follows "threads":
// a run asks the model, a message waits for one.
func threadKind(id, collection, item, action string) Kind {
	switch {
	case id == "runs" && collection == "": // creates the thread with the run
		return KindInference
	case collection == "runs" && (item == "" || action == "submit_tool_outputs"):
		return KindInference
	case collection == "messages" && item == "":
		return KindMessage
	}
	return KindOther
}
