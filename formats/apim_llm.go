package formats

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// apimLLM is the log of Azure API Management about calls of language models.
// One call is several records with one CorrelationId, the same as in the log of
// the gateway: number 0 has model and tokens, those after it the messages, first
// of the request and then of the reply, cut into chunks of 32 KB (15,000
// characters in AzureDiagnostics) wherever that falls, even within an escape.
//
// A record whose messages are whole is decoded. A chunk cannot be: its text is
// the event's prompt or response as it was logged, in a message without a role. The chunks
// of a call, those of the request apart from those of the reply, joined in the
// order of Sequence with nothing between them are the JSON of all messages.
//
// https://learn.microsoft.com/azure/azure-monitor/reference/tables/apimanagementgatewayllmlog
// https://learn.microsoft.com/azure/api-management/api-management-howto-llm-logs
//
// The names within properties of a resource log are not documented; they are
// taken to be those of the columns, as in the log of the gateway.
type apimLLM struct{}

var (
	_ Witness = apimLLM{}
	_ Joiner  = apimLLM{}
)

func (apimLLM) Name() string { return "apim-llm" }

func (apimLLM) Doc() string {
	return "Azure API Management logs of language models: storage blobs, event hub messages, rows of Log Analytics"
}

// Vantage says that the gateway stands before the provider.
func (apimLLM) Vantage() Vantage { return VantageGateway }

// Detect accepts what begins with a record about a call of a language model.
func (apimLLM) Detect(s *Sample) error {
	log, err := detectAzure(s)
	switch {
	case err != nil:
		return err
	case log != azureLLM:
		return errors.New("the first record is not of the log of API Management about language models")
	}
	return nil
}

func (apimLLM) readsNull() {}

func (apimLLM) Framing(s *Sample) Framing { return azureFraming(s) }

func (apimLLM) Decode(d *Decoder, record []byte) error { return decodeAzure(d, record) }

// llm fills the columns of a record about a call of a language model.
func (r *azureRecord) llm(d *Decoder, e *Event) {
	e.Plane, e.Kind = PlaneContent, KindInference
	e.Provider = word(d, "azure")
	if n := countOf(r.sequence); n.OK && n.V >= 0 && n.V < math.MaxInt64 {
		e.Sequence = IntOf(n.V + 1)
	}
	e.Model = nameOf(r.model)
	e.Deployment = nameOf(r.deploymentName)
	if bytes.Contains(e.Model, []byte("embed")) || bytes.Contains(e.Deployment, []byte("embed")) {
		e.Kind = KindEmbedding
	}
	// Documented as the opposite, but true is what streams have been seen with.
	e.Stream = truth(r.streamCompletion)
	e.addID("llm_request_id", r.llmRequest)

	asked, prompt := llmMessages(d, &e.Input, r.requestMessages)
	answered, response := llmMessages(d, &e.Output, r.responseMessages)
	e.Summarise()
	r.llmState(e, asked, answered)
	if prompt != nil {
		e.Prompt, e.ContentState = prompt, ContentTruncated
		e.AddInput(nil).Add(Part{Type: PartOther, Text: prompt})
	}
	if response != nil {
		e.Response, e.ContentState = response, ContentTruncated
		e.AddOutput(nil).Add(Part{Type: PartOther, Text: response})
	}
	r.llmTokens(e, asked || answered)
}

// llmState sets content state and outcome. A record that does not tell how the
// call ended has none: another of the call does.
func (r *azureRecord) llmState(e *Event, asked, answered bool) {
	e.ContentState = stateOf(asked, answered)
	switch ok := truth(r.succeeded); {
	case ok.OK && !ok.V:
		e.Outcome = OutcomeError
	case answered:
		e.succeeded()
	}
}

// llmTokens sets the usage. In a record with messages a zero is the default of
// its column, for the tokens stand in another.
func (r *azureRecord) llmTokens(e *Event, messages bool) {
	e.InputTokens = countOf(r.promptTokens)
	e.OutputTokens = countOf(r.outputTokens)
	if messages && e.InputTokens.V == 0 && e.OutputTokens.V == 0 {
		e.InputTokens, e.OutputTokens = Int{}, Int{}
	}
}

// llmMessages adds the messages of one side when they are whole, and returns the
// text when they are a chunk. A chunk from within a text of JSON is never an
// object or a list of objects: the quotes in it are escaped.
func llmMessages(d *Decoder, to *[]Message, v jsontape.Value) (there bool, chunk Text) {
	text := v.Text()
	if len(text) > 0 {
		if v = (jsontape.Value{}); d.body.Parse(text) == nil {
			v = d.body.Root()
		}
	}
	first := v
	if v.Kind() == jsontape.Array {
		if first = v.Index(0); !first.Exists() {
			return false, nil
		}
	}
	switch {
	case first.Kind() == jsontape.Object && first.Len() > 0:
		addMessageList(d, to, v)
		return true, nil
	case len(text) > 0:
		return true, text
	}
	return false, nil
}

// Join decodes the messages of a call from its chunks.
func (apimLLM) Join(d *Decoder, e *Event, request, reply []byte) error {
	for _, side := range []struct {
		name string
		to   *[]Message
		text []byte
	}{{"request", &e.Input, request}, {"reply", &e.Output, reply}} {
		if side.text == nil {
			continue
		}
		if err := d.JSON.Parse(side.text); err != nil {
			return fmt.Errorf("joining the chunks of the %s: %w", side.name, err)
		}
		addMessageList(d, side.to, d.JSON.Root())
	}
	e.Summarise()
	return nil
}
