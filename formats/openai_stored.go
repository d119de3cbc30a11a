package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// openAIStored is what OpenAI keeps of calls made with store: true, as its API
// gives it back: chat completions and their messages, and responses. The model
// is the one that answered; which was asked for is not kept, nor by whom, but
// for what the caller put into the metadata.
//
// Members are those of the API reference (GET /chat/completions, its /messages,
// and /responses/{id}). How a bulk export is laid out is not documented: pages,
// arrays, lines, and messages or input that someone joined to their completion
// or response under these names are read.
type openAIStored struct{}

var _ Format = openAIStored{}

func (openAIStored) Name() string { return "openai-stored" }

func (openAIStored) Doc() string {
	return "OpenAI stored chat completions, their messages, and stored responses: pages of the API, arrays and lines"
}

// Detect accepts what begins with a completion, a message of one, or a
// response.
func (openAIStored) Detect(s *Sample) error {
	return detectPage(s, func(v jsontape.Value) bool { return storedKind(v) != storedNone },
		"no record at its start is an object chat.completion, text_completion or response, or a message of one")
}

func (openAIStored) Framing(s *Sample) Framing { return pageFraming(s) }

// stored is what a record of the format is.
type stored uint8

const (
	storedNone stored = iota
	storedCompletion
	storedResponse
	storedMessage
)

// storedKind tells what a record is. A message has no object, but the id of its
// completion with a number.
func storedKind(v jsontape.Value) stored {
	switch string(v.Get("object").Text()) {
	case "chat.completion", "text_completion":
		return storedCompletion
	case "response":
		if v.Get("output").Exists() || bytes.HasPrefix(v.Get("id").Text(), []byte("resp_")) {
			return storedResponse
		}
	case "":
		if _, _, ok := cutMessageID(v.Get("id").Text()); ok && v.Get("role").Kind() == jsontape.String {
			return storedMessage
		}
	}
	return storedNone
}

// cutMessageID cuts chatcmpl-ABC-0 into the id of the completion and the place
// of the message.
func cutMessageID(id []byte) (completion Text, place int64, ok bool) {
	at := bytes.LastIndexByte(id, '-')
	if at <= len("chatcmpl-") || !bytes.HasPrefix(id, []byte("chatcmpl-")) || len(id)-at > 7 || at == len(id)-1 {
		return nil, 0, false
	}
	place, ok = digits(id[at+1:])
	return id[:at], place, ok
}

// Decode makes one event of a record. An object that is none of the format
// becomes an event of kind other, without columns.
func (openAIStored) Decode(d *Decoder, record []byte) error {
	v, err := recordObject(d, record, "openai-stored")
	if err != nil {
		return err
	}
	v = unfolded(d, v, "choices", "output", "usage", "error", "incomplete_details", "tools", "reasoning", "text", "conversation", "prompt")
	e := d.Add()
	e.Kind = KindOther
	switch storedKind(v) {
	case storedCompletion, storedResponse:
		var r storedReply
		r.read(v)
		r.decode(d, e, v)
	case storedMessage:
		decodeStoredMessage(d, e, v)
	}
	return nil
}

// decodeStoredMessage fills the event of one message that was given to the
// model. The messages of a completion share its id, and are counted from 0.
func decodeStoredMessage(d *Decoder, e *Event, v jsontape.Value) {
	e.Plane, e.Kind = PlaneContent, KindMessage
	e.Provider = word(d, "openai")
	e.NativeID = v.Get("id").Text()
	e.MessageID = e.NativeID
	completion, place, _ := cutMessageID(e.NativeID)
	e.ResponseID, e.Sequence = completion, IntOf(place+1)
	e.ContentState = ContentPartial
	addStoredMessage(d, e, v)
	e.Summarise()
}

// addStoredMessage adds a message; one that was given in parts has these beside
// its content.
func addStoredMessage(d *Decoder, e *Event, v jsontape.Value) {
	parts := inlined(d, v.Get("content_parts"))
	if parts.Kind() != jsontape.Array {
		addMessageValue(d, &e.Input, v)
		return
	}
	addContent(d, e.AddInput(v.Get("role").Text()), parts)
}

// storedReply holds the members of a completion or a response that are used,
// beside those that decodeResponseBody reads.
type storedReply struct {
	object, status                    Text
	id, created, completed, requestID jsontape.Value
	user, inputUser, safety, metadata jsontape.Value
	messages, input, items            jsontape.Value
	instructions, tools               jsontape.Value
	conversation, previous, promptID  jsontape.Value
	failure, incomplete, store        jsontape.Value
	params                            params
}

// read collects the members in one pass.
func (r *storedReply) read(v jsontape.Value) {
	for key, m := range v.Members() {
		if m.Kind() == jsontape.Null {
			continue
		}
		switch string(key) {
		case "object":
			r.object = m.Text()
		case "status":
			r.status = m.Text()
		case "id":
			r.id = m
		case "created", "created_at":
			r.created = m
		case "completed_at":
			r.completed = m
		case "request_id":
			r.requestID = m
		case "user":
			r.user = m
		case "input_user":
			r.inputUser = m
		case "safety_identifier":
			r.safety = m
		case "metadata":
			r.metadata = m
		case "messages":
			r.messages = m
		case "input":
			r.input = m
		case "input_items":
			r.items = m
		case "instructions":
			r.instructions = m
		case "tools":
			r.tools = m
		case "conversation":
			r.conversation = m
		case "previous_response_id":
			r.previous = m
		case "prompt":
			r.promptID = m.Get("id")
		case "error":
			r.failure = m
		case "incomplete_details":
			r.incomplete = m
		case "store":
			r.store = m
		default:
			if string(key) != "service_tier" { // here the one that served it, not the one asked for
				r.params.set(key, m)
			}
		}
	}
}

// decode fills the event.
func (r *storedReply) decode(d *Decoder, e *Event, v jsontape.Value) {
	e.Plane, e.Kind = PlaneContent, KindInference
	d.SetTime(e, "created", r.created)
	if string(r.object) == "response" {
		e.TSSource = "created_at" + e.TSSource[min(len("created"), len(e.TSSource)):]
	}
	if t, _, problem := d.time(r.completed); problem == "" {
		e.TSEnd = t
	}
	e.Operation = r.object
	e.NativeID = scalar(r.id)
	e.RequestID = scalar(r.requestID)
	// Servers that speak this API write the same objects, but store none.
	if kept, _ := r.store.Bool(); kept || len(e.RequestID) > 0 {
		e.Provider = word(d, "openai")
	}
	for _, user := range [...]jsontape.Value{r.user, r.inputUser, r.safety} {
		setName(&e.EndUser, user.Text())
	}
	setSession(e, r.conversation.Get("id").Text())
	e.addID("previous_response_id", r.previous)
	e.addID("prompt_id", r.promptID)
	readRequestMetadata(e, inlined(d, r.metadata))
	if r.tools.Len() > 0 {
		e.ToolDefinitions = rawJSON(d, r.tools)
	}
	e.Parameters = r.params.json(d)

	r.content(d, e, v)
	r.settle(d, e)
	e.Summarise()
}

// content adds what was said. Instructions alone are no prompt.
func (r *storedReply) content(d *Decoder, e *Event, v jsontape.Value) {
	if r.instructions.Kind() == jsontape.Array {
		addMessageList(d, &e.Input, r.instructions)
	} else {
		addSystem(d, e, r.instructions)
	}
	before := len(e.Input)
	for _, list := range [...]jsontape.Value{r.messages, r.input, r.items} {
		r.addInput(d, e, list)
	}
	asked := len(e.Input) > before

	decodeResponseBody(d, e, v)
	answered := len(e.Output) > 0
	switch {
	case asked && answered:
		e.ContentState = ContentPresent
	case asked || answered:
		e.ContentState = ContentPartial
	default:
		e.ContentState = ContentNotLogged
	}
}

// addInput adds input that was joined: a text, a list, or a page of messages or
// items, in the order in which they stand.
func (r *storedReply) addInput(d *Decoder, e *Event, v jsontape.Value) {
	if v.Kind() == jsontape.String && len(v.Text()) > 0 && v.Text()[0] != '[' && v.Text()[0] != '{' {
		addUser(d, e, v)
		return
	}
	v = inlined(d, v)
	if v.Get("data").Kind() == jsontape.Array {
		v = v.Get("data")
	}
	for m := range v.Elements() {
		addStoredMessage(d, e, m)
	}
}

// settle sets how the call ended. A completion is kept when there is one; a
// response has a status.
func (r *storedReply) settle(d *Decoder, e *Event) {
	if r.failure.Exists() {
		readFailure(d, e, r.failure)
	}
	setName(&e.FinishReason, r.incomplete.Get("reason").Text())
	switch {
	case e.Outcome != "": // by the status, or the reason for which it ended
	case len(e.ErrorCode) > 0:
		e.Outcome = providerOutcome(e.ErrorCode)
	case len(e.ErrorMessage) > 0:
		e.Outcome = OutcomeError
	case r.status == nil, string(r.status) == "completed", string(r.status) == "incomplete":
		e.Outcome = OutcomeSuccess
	default: // a status that is not documented
		e.Outcome = OutcomeUnknown
	}
}
