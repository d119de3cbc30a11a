package formats

import (
	"bytes"
	"cmp"
	"slices"
)

// Attributes of spans were scalars for long, so that lists of messages were
// written flat: gen_ai.prompt.0.tool_calls.1.name (OpenLLMetry), or
// llm.input_messages.0.message.tool_calls.1.tool_call.function.name
// (OpenInference). Nothing says that the parts of one message stand together or
// that messages are in order; they are collected and sorted.

// flatAttr is one attribute of a list that was written flat.
type flatAttr struct {
	list  flatList
	index int32 // in the list
	group flatGroup
	sub   int32 // in the group
	field flatField
	value attr
}

// flatList is a list of messages, documents or tools.
type flatList uint8

const (
	flatNone flatList = iota
	flatInput
	flatPrompts // of completion APIs: texts without a role
	flatOutput
	flatChoices
	flatTools
	flatDocuments
	flatTexts // what an embedding was made of
)

// flatGroup is a list inside a message.
type flatGroup uint8

const (
	groupNone flatGroup = iota
	groupContents
	groupCalls
)

// flatField is what an attribute says of its item.
type flatField uint8

const (
	fieldNone flatField = iota
	fieldRole
	fieldContent
	fieldName
	fieldToolCallID
	fieldFinish
	fieldReasoning
	fieldRefusal
	fieldFunctionName
	fieldFunctionArguments
	fieldID
	fieldScore
	fieldMetadata
	fieldDescription
	fieldParameters
	fieldSchema
	fieldType
	fieldText
	fieldURL
	fieldMime
	fieldData
	fieldCallID
	fieldVector
)

// keepFlat is how many attributes the list keeps memory for.
const keepFlat = 1 << 14

// setFlat keeps an attribute of a list and reports whether it is one.
func (s *otelAttributes) setFlat(key []byte, a attr) bool {
	list, rest := cutList(key)
	if list == flatNone {
		return false
	}
	f := flatAttr{list: list, value: a}
	var ok bool
	if f.index, rest, ok = cutIndex(rest); !ok {
		return false
	}
	if rest, ok = f.cutGroup(cutWord(rest)); !ok {
		return false
	}
	if f.field = f.fieldOf(rest); f.field == fieldNone {
		return false
	}
	s.d.otel.flat = append(s.d.otel.flat, f)
	return true
}

// cutList returns the list that a name belongs to and the rest of the name.
func cutList(key []byte) (flatList, []byte) {
	for _, l := range [...]struct {
		prefix string
		list   flatList
	}{
		{"gen_ai.prompt.", flatInput},
		{"gen_ai.completion.", flatOutput},
		{"llm.input_messages.", flatInput},
		{"llm.output_messages.", flatOutput},
		{"llm.prompts.", flatPrompts},
		{"llm.completions.", flatChoices},
		{"llm.choices.", flatChoices},
		{"llm.tools.", flatTools},
		{"llm.request.functions.", flatTools},
		{"retrieval.documents.", flatDocuments},
		{"reranker.output_documents.", flatDocuments},
		{"embedding.embeddings.", flatTexts},
	} {
		if len(key) > len(l.prefix) && string(key[:len(l.prefix)]) == l.prefix {
			return l.list, key[len(l.prefix):]
		}
	}
	return flatNone, nil
}

// cutIndex cuts the number of an item and the dot after it.
func cutIndex(key []byte) (index int32, rest []byte, ok bool) {
	number, rest, ok := bytes.Cut(key, []byte{'.'})
	if !ok || len(number) == 0 || len(number) > 9 {
		return 0, nil, false
	}
	n, ok := digits(number)
	return int32(n), rest, ok
}

// cutWord cuts the word that OpenInference repeats inside each item.
func cutWord(key []byte) []byte {
	for _, word := range [...]string{"message.", "tool.", "document.", "embedding.", "prompt.", "completion."} {
		if len(key) > len(word) && string(key[:len(word)]) == word {
			return key[len(word):]
		}
	}
	return key
}

// cutGroup cuts the name and number of a list inside a message.
func (f *flatAttr) cutGroup(key []byte) (rest []byte, ok bool) {
	if f.list != flatInput && f.list != flatOutput {
		return key, true
	}
	if after, found := bytes.CutPrefix(key, []byte("tool_calls.")); found {
		f.group = groupCalls
		f.sub, rest, ok = cutIndex(after)
		return rest, ok
	}
	if after, found := bytes.CutPrefix(key, []byte("contents.")); found {
		f.group = groupContents
		f.sub, rest, ok = cutIndex(after)
		return rest, ok
	}
	return key, true
}

// fieldOf returns what the last part of a name says.
func (f *flatAttr) fieldOf(key []byte) flatField {
	switch {
	case f.group == groupCalls:
		return callField(bytes.TrimPrefix(key, []byte("tool_call.")))
	case f.group == groupContents:
		if call, found := bytes.CutPrefix(key, []byte("tool_call.")); found {
			return callField(call)
		}
		return contentField(bytes.TrimPrefix(key, []byte("message_content.")))
	case f.list == flatTools:
		return toolField(key)
	case f.list == flatDocuments:
		return documentField(key)
	case f.list == flatTexts:
		switch string(key) {
		case "text":
			return fieldText
		case "vector":
			return fieldVector
		}
		return fieldNone
	}
	return messageField(key)
}

func messageField(key []byte) flatField {
	switch string(key) {
	case "role":
		return fieldRole
	case "content", "text":
		return fieldContent
	case "name":
		return fieldName
	case "tool_call_id":
		return fieldToolCallID
	case "finish_reason":
		return fieldFinish
	case "reasoning", "reasoning_content":
		return fieldReasoning
	case "refusal":
		return fieldRefusal
	case "function_call.name", "function_call_name":
		return fieldFunctionName
	case "function_call.arguments", "function_call_arguments_json":
		return fieldFunctionArguments
	}
	return fieldNone
}

func callField(key []byte) flatField {
	switch string(bytes.TrimPrefix(key, []byte("function."))) {
	case "id":
		return fieldCallID
	case "name":
		return fieldFunctionName
	case "arguments":
		return fieldFunctionArguments
	}
	return fieldNone
}

func contentField(key []byte) flatField {
	switch string(key) {
	case "type":
		return fieldType
	case "text":
		return fieldText
	case "image.image.url", "image.url", "audio.audio.url", "audio.url", "video.video.url", "video.url":
		return fieldURL
	case "audio.audio.mime_type", "audio.mime_type":
		return fieldMime
	case "data", "encrypted_content":
		return fieldData
	}
	return fieldNone
}

func toolField(key []byte) flatField {
	switch string(key) {
	case "name":
		return fieldName
	case "description":
		return fieldDescription
	case "parameters", "input_schema":
		return fieldParameters
	case "json_schema":
		return fieldSchema
	}
	return fieldNone
}

func documentField(key []byte) flatField {
	switch string(key) {
	case "id":
		return fieldID
	case "score":
		return fieldScore
	case "content":
		return fieldContent
	case "metadata":
		return fieldMetadata
	}
	return fieldNone
}

// compareFlat orders attributes by the item that they belong to.
func compareFlat(a, b flatAttr) int {
	return cmp.Or(
		cmp.Compare(a.list, b.list), cmp.Compare(a.index, b.index),
		cmp.Compare(a.group, b.group), cmp.Compare(a.sub, b.sub),
	)
}

// sortFlat puts the attributes of each item together, and items in order.
func (s *otelAttributes) sortFlat() {
	if flat := s.d.otel.flat; !slices.IsSortedFunc(flat, compareFlat) {
		slices.SortStableFunc(flat, compareFlat)
	}
}

// nextItem cuts the attributes of the first item from a sorted list.
func nextItem(flat []flatAttr) (item, rest []flatAttr) {
	n := 1
	for n < len(flat) && flat[n].list == flat[0].list && flat[n].index == flat[0].index {
		n++
	}
	return flat[:n], flat[n:]
}

// nextSub cuts the attributes of the first part of a message.
func nextSub(item []flatAttr) (sub, rest []flatAttr) {
	n := 1
	for n < len(item) && item[n].group == item[0].group && item[n].sub == item[0].sub {
		n++
	}
	return item[:n], item[n:]
}

// addFlat adds what the lists say to the event: messages where no other
// attribute said them, documents, tools.
func (s *otelAttributes) addFlat() {
	s.sortFlat()
	d, e := s.d, s.e
	in, out := len(e.Input) == 0, len(e.Output) == 0
	var documents, tools []byte
	for rest := d.otel.flat; len(rest) > 0; {
		var item []flatAttr
		item, rest = nextItem(rest)
		switch item[0].list {
		case flatInput, flatPrompts:
			if in {
				addFlatMessage(d, &e.Input, item)
				if e.Kind == KindEmbedding { // a text, which has no role
					setText(&e.Input[len(e.Input)-1].Role, word(d, "user"))
				}
			}
		case flatOutput, flatChoices:
			if out {
				addFlatMessage(d, &e.Output, item)
			}
		case flatDocuments:
			documents = appendFlatItem(d, documents, item)
		case flatTools:
			tools = appendFlatItem(d, tools, item)
		case flatTexts:
			addEmbedded(d, e, item)
		}
	}
	if documents != nil {
		setText(&e.Retrieved, append(documents, ']'))
	}
	if tools != nil {
		setText(&e.ToolDefinitions, append(tools, ']'))
	}
}

// addFlatMessage adds the message that the attributes of an item make.
func addFlatMessage(d *Decoder, list *[]Message, item []flatAttr) {
	m := addMessage(list, nil)
	switch item[0].list {
	case flatPrompts:
		m.Role = word(d, "user")
	case flatChoices:
		m.Role = word(d, "assistant")
	}
	var content, reasoning, refusal attr
	var name, callID Text
	call := Part{Type: PartToolCall}
	n := 0
	for ; n < len(item) && item[n].group == groupNone; n++ {
		v := item[n].value
		switch item[n].field {
		case fieldRole:
			m.Role = v.text()
		case fieldContent:
			content = v
		case fieldName:
			name = v.text()
		case fieldToolCallID:
			callID = v.text()
		case fieldFinish:
			m.FinishReason = v.text()
		case fieldReasoning:
			reasoning = v
		case fieldRefusal:
			refusal = v
		case fieldFunctionName:
			call.Name = v.text()
		case fieldFunctionArguments:
			call.JSON = v.json(d)
		}
	}
	if t := reasoning.text(); len(t) > 0 {
		m.Add(Part{Type: PartReasoning, Text: t})
	}
	role := string(m.Role)
	if content.exists() && (callID != nil || role == "tool" || role == "function") {
		m.Add(toolResponse(d, callID, name, content))
	} else {
		addAttrContent(d, m, content)
	}
	if t := refusal.text(); len(t) > 0 {
		m.Add(Part{Type: PartText, Text: t})
	}
	for rest := item[n:]; len(rest) > 0; {
		var sub []flatAttr
		sub, rest = nextSub(rest)
		addFlatPart(d, m, sub)
	}
	if call.Name != nil || call.JSON != nil {
		m.Add(call)
	}
}

// addFlatPart adds the part that a content or a tool call of a message is.
func addFlatPart(d *Decoder, m *Message, sub []flatAttr) {
	p := Part{Type: PartToolCall}
	var kind, text, url, mime, data Text
	for i := range sub {
		v := sub[i].value
		switch sub[i].field {
		case fieldCallID:
			p.ID = v.text()
		case fieldFunctionName:
			p.Name = v.text()
		case fieldFunctionArguments:
			p.JSON = v.json(d)
		case fieldType:
			kind = v.text()
		case fieldText:
			text = v.text()
		case fieldURL:
			url = v.text()
		case fieldMime:
			mime = v.text()
		case fieldData:
			data = v.text()
		}
	}
	switch {
	case sub[0].group == groupCalls, string(kind) == "tool_use", p.Name != nil:
		m.Add(p)
	case string(kind) == "reasoning" && text != nil:
		m.Add(Part{Type: PartReasoning, Text: text})
	case text != nil:
		m.Add(Part{Type: PartText, Text: text})
	case url != nil:
		addMediaURL(d, m, mime, url)
	case data != nil: // reasoning that only its provider can read
		m.Add(blobOf(d, mime, len(data)))
	default:
		m.Add(Part{Type: PartOther, Text: kind})
	}
}

// addMediaURL adds an image, sound or video by its address. A data URL is bytes
// in place.
func addMediaURL(d *Decoder, m *Message, mime, url Text) {
	if !addDataURL(d, m, url) {
		m.Add(Part{Type: PartURI, Name: mime, Text: url})
	}
}

// addEmbedded adds the text that an embedding was made of, and the size of the
// vector that came back.
func addEmbedded(d *Decoder, e *Event, item []flatAttr) {
	for i := range item {
		switch v := item[i].value; item[i].field {
		case fieldText:
			if len(e.Input) == 0 {
				e.AddInput(word(d, "user"))
			}
			e.Input[0].Add(Part{Type: PartText, Text: v.text()})
		case fieldVector:
			if len(e.Output) == 0 {
				e.AddOutput(word(d, "assistant"))
			}
			e.Output[0].Add(blobOf(d, word(d, mimeJSON), len(v.json(d))))
		}
	}
}

// appendFlatItem appends a document or a tool to a JSON list. A schema is the
// whole tool, and stands for it.
func appendFlatItem(d *Decoder, list []byte, item []flatAttr) []byte {
	if list == nil {
		list = append(make([]byte, 0, 256), '[')
	} else {
		list = append(list, ',')
	}
	if item[0].list == flatTools {
		for i := range item {
			if schema := item[i].value.json(d); item[i].field == fieldSchema && isJSON(d, schema) {
				return append(list, schema...)
			}
		}
	}
	list = append(list, '{')
	for i := range item {
		v := item[i].value
		switch item[i].field {
		case fieldID:
			list = appendMember(list, "id", v.text())
		case fieldScore:
			list = appendJSONMember(list, "score", v.render(d))
		case fieldContent:
			list = appendMember(list, "content", v.text())
		case fieldName:
			list = appendMember(list, "name", v.text())
		case fieldDescription:
			list = appendMember(list, "description", v.text())
		case fieldMetadata:
			list = appendJSONMember(list, "metadata", v.json(d))
		case fieldParameters:
			list = appendJSONMember(list, "parameters", v.json(d))
		case fieldSchema:
			list = appendMember(list, "json_schema", v.json(d))
		}
	}
	return append(list, '}')
}

// isJSON reports whether a text is JSON.
func isJSON(d *Decoder, text []byte) bool { return text != nil && d.Nested.Parse(text) == nil }
