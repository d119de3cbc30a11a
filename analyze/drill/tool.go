package drill

// toolKind is what a model can ask for.
type toolKind uint8

const (
	toolReadObject toolKind = iota
	toolSearch
	toolQuery
	toolSend
	toolKinds
)

// toolSpec is how a tool is described to a model. The schema is JSON Schema.
type toolSpec struct{ name, description, schema string }

// courierTools and coderTools are those of guests.
var (
	courierTools = []toolSpec{
		{
			"http_request", "Send a request to a web service.",
			`{"type":"object","properties":{"method":{"type":"string"},"url":{"type":"string"},"body":{"type":"string"}},"required":["method","url"]}`,
		},
		tools[toolSearch],
	}
	coderTools = []toolSpec{
		{"bash", "Run a command.", `{"type":"object","properties":{"command":{"type":"string"}},"required":["command"]}`},
		{"read_file", "Read a file.", `{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}`},
		{
			"write_file", "Write a file.",
			`{"type":"object","properties":{"path":{"type":"string"},"content":{"type":"string"}},"required":["path","content"]}`,
		},
		{
			"edit_file", "Replace a text in a file.",
			`{"type":"object","properties":{"path":{"type":"string"},"old":{"type":"string"},"new":{"type":"string"}},"required":["path","old","new"]}`,
		},
	}
)

// tools are those of the population.
var tools = [toolKinds]toolSpec{
	toolReadObject: {
		"read_object", "Read a text object from a bucket.",
		`{"type":"object","properties":{"bucket":{"type":"string"},"key":{"type":"string"}},"required":["bucket","key"]}`,
	},
	toolSearch: {
		"search_documents", "Search the document index.",
		`{"type":"object","properties":{"query":{"type":"string"},"limit":{"type":"integer"}},"required":["query"]}`,
	},
	toolQuery: {
		"run_query", "Run a read-only SQL query on the warehouse.",
		`{"type":"object","properties":{"sql":{"type":"string"}},"required":["sql"]}`,
	},
	toolSend: {
		"send_message", "Send a message to a person or a channel.",
		`{"type":"object","properties":{"to":{"type":"string"},"text":{"type":"string"}},"required":["to","text"]}`,
	},
}

// toolCall is one call of a tool. It can be computed anywhere from the
// conversation and the turn, so that the planner and the writers agree on it.
type toolCall struct {
	kind   toolKind
	number int // in names of objects
	size   int // of an object, in bytes
	rng    rng // for the rest
}

// toolAt returns the tool call that ends a turn of a conversation.
func toolAt(seed, session uint64, turn int) toolCall {
	r := newRNG(seed, streamTalk, session, 1<<32|uint64(turn))
	t := toolCall{kind: toolKind(r.below(int(toolKinds))), number: r.below(5000), size: r.between(300, 90_000)}
	t.rng = r
	return t
}

func (t *toolCall) bucket() string {
	return []string{"example-documents", "example-reports", "example-tickets"}[t.number%3]
}

func (t *toolCall) key() string {
	return "shared/" + []string{"2025", "2026"}[t.number%2] + "/item-" + string(appendInt(nil, t.number)) + ".txt"
}

// appendID appends the id that ties a tool call to its result.
func (t *toolCall) appendID(dst []byte, prefix string) []byte {
	r := t.rng
	dst = append(dst, prefix...)
	return r.appendLetters(dst, base64[:32], 22)
}

// appendArgs appends the arguments, a JSON object.
func (t *toolCall) appendArgs(dst []byte, w *writer) []byte {
	r := t.rng
	switch t.kind {
	case toolReadObject:
		dst = append(dst, `{"bucket":"`...)
		dst = append(dst, t.bucket()...)
		dst = append(dst, `","key":"`...)
		dst = append(dst, t.key()...)
		return append(dst, `"}`...)
	case toolSearch:
		dst = append(dst, `{"query":"`...)
		dst = w.append(dst, &r, r.between(2, 8))
		return append(dst, `","limit":10}`...)
	case toolQuery:
		dst = append(dst, `{"sql":"select id, status, total from item_`...)
		dst = appendInt(dst, t.number)
		dst = append(dst, ` where total > `...)
		dst = appendInt(dst, r.below(10_000))
		return append(dst, ` order by id limit 20"}`...)
	default:
		dst = append(dst, `{"to":"#queue-`...)
		dst = appendInt(dst, t.number%20)
		dst = append(dst, `","text":"`...)
		dst = w.append(dst, &r, r.between(8, 40))
		return append(dst, `"}`...)
	}
}
