package formats

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// vllm fills the event of a line of vLLM.
func (l *pythonLine) vllm(d *Decoder, e *Event) {
	text := utf8Text(d, l.text)
	cut := func(prefix string) (rest []byte, ok bool) { return bytes.CutPrefix(text, []byte(prefix)) }
	if rest, ok := cut("Received request "); ok {
		readReceived(d, e, rest)
	} else if rest, ok := cut("Generated response "); ok {
		readGenerated(d, e, rest)
	} else if rest, ok := cut("Request "); ok && bytes.Contains(rest, []byte(" details: prompt: ")) {
		id, rest, _ := bytes.Cut(rest, []byte(" details: "))
		setName(&e.RequestID, id)
		readPrompt(d, e, rest)
	} else {
		for _, verb := range [...]string{"Added request ", "Finished request ", "Aborted request "} {
			if rest, ok := cut(verb); ok {
				id, _, _ := bytes.Cut(rest, []byte{' '})
				setName(&e.RequestID, bytes.TrimRight(id, ".,"))
			}
		}
	}
	if level := string(l.level); e.RequestID == nil && (level == "ERROR" || level == "CRITICAL") {
		e.Outcome = OutcomeError
		e.ErrorMessage = text
	}
	e.Summarise()
}

// readReceived takes a request as it came in, after its id: the prompt (in newer
// versions only when they debug), the parameters, the adapter.
func readReceived(d *Decoder, e *Event, rest []byte) {
	id, rest, ok := bytes.Cut(rest, []byte(": "))
	if !ok {
		return
	}
	setName(&e.RequestID, id)
	e.Plane, e.Kind, e.ContentState = PlaneContent, KindMessage, ContentNotLogged
	e.Operation = word(d, "Received request")
	rest = readPrompt(d, e, rest)
	if _, params, ok := bytes.Cut(rest, []byte("params: ")); ok {
		readSampling(d, e, params)
	}
	if _, name, ok := bytes.Cut(rest, []byte("lora_name=")); ok {
		if adapter, _, state := pythonText(d, name); state == ContentPartial {
			setName(&e.Model, adapter) // callers ask for it by its name
		}
	}
}

// readPrompt takes the prompt, after the chat template, and returns what stands
// behind it. The server may have been told to cut it, which does not show.
func readPrompt(d *Decoder, e *Event, rest []byte) []byte {
	quoted, ok := bytes.CutPrefix(rest, []byte("prompt: "))
	if !ok {
		return rest
	}
	prompt, rest, state := pythonText(d, quoted)
	if state == "" {
		return quoted
	}
	e.Plane, e.Kind, e.ContentState = PlaneContent, KindMessage, state
	setText(&e.Operation, word(d, "Received request"))
	e.AddInput(word(d, "user")).Add(Part{Type: PartText, Text: prompt})
	return rest
}

// readGenerated takes a reply, which vLLM writes when it was told to.
func readGenerated(d *Decoder, e *Event, rest []byte) {
	head, quoted, ok := bytes.Cut(rest, []byte(": output: "))
	if !ok {
		return
	}
	id, mode, _ := bytes.Cut(head, []byte{' '})
	setName(&e.RequestID, id)
	e.Plane, e.Kind, e.ContentState = PlaneContent, KindMessage, ContentNotLogged
	e.Operation = word(d, "Generated response")
	if len(mode) > 0 {
		e.Stream = BoolOf(true)
	}
	output, rest, state := pythonText(d, quoted)
	if state == "" {
		return
	}
	e.ContentState = state
	m := e.AddOutput(word(d, "assistant"))
	m.Add(Part{Type: PartText, Text: output})
	if _, reason, ok := bytes.Cut(rest, []byte("finish_reason: ")); ok && string(reason) != "None" {
		m.FinishReason = reason
		setName(&e.FinishReason, reason)
	}
}

// pythonText reads the text that b begins with as Python's repr writes it, and
// returns what follows. The state is partial, or truncated where the line ends
// within the text; it is "" when there is no text, but None.
func pythonText(d *Decoder, b []byte) (text Text, rest []byte, state ContentState) {
	if len(b) == 0 || b[0] != '\'' && b[0] != '"' {
		return nil, b, ""
	}
	end := 1
	for end < len(b) && b[end] != b[0] {
		if b[end] == '\\' {
			end++
		}
		end++
	}
	raw, state := b[1:], ContentTruncated
	if end < len(b) {
		raw, rest, state = b[1:end], b[end+1:], ContentPartial
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw, rest, state
	}
	plain := d.Arena.Bytes(len(raw) + utf8.UTFMax)[:0]
	for len(raw) > 0 {
		r, size := pythonRune(raw)
		plain = utf8.AppendRune(plain, r)
		raw = raw[size:]
	}
	return plain, rest, state
}

// pythonRune reads one character of a repr, and says how long it is.
func pythonRune(b []byte) (r rune, size int) {
	if b[0] != '\\' || len(b) < 2 {
		return utf8.DecodeRune(b)
	}
	digits := 0
	switch b[1] {
	case 'n':
		return '\n', 2
	case 't':
		return '\t', 2
	case 'r':
		return '\r', 2
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	default:
		r, n := utf8.DecodeRune(b[1:])
		return r, 1 + n
	}
	if len(b) >= 2+digits {
		if n, err := strconv.ParseUint(string(b[2:2+digits]), 16, 32); err == nil && n <= utf8.MaxRune {
			return rune(n), 2 + digits // a lone surrogate becomes U+FFFD
		}
	}
	return '\\', 1
}

// readSampling takes the parameters of SamplingParams(NAME=VALUE, ...). Those
// that vLLM fills in are not told apart from those of the caller.
func readSampling(d *Decoder, e *Event, params []byte) {
	params, ok := bytes.CutPrefix(params, []byte("SamplingParams("))
	if !ok {
		return
	}
	var out []byte
	for _, name := range [...]string{"temperature", "top_p", "top_k", "max_tokens", "seed", "frequency_penalty", "presence_penalty"} {
		number := samplingValue(params, name)
		if _, ok := scaled(number, 0, true); !ok {
			continue
		}
		if out == nil {
			out = append(d.Arena.Bytes(256)[:0], '{')
		}
		out = append(appendKey(out, name), number...)
	}
	if out != nil {
		e.Parameters = append(out, '}')
	}
}

// samplingValue returns the value of a parameter as written.
func samplingValue(params []byte, name string) []byte {
	for {
		i := bytes.Index(params, []byte(name))
		if i < 0 {
			return nil
		}
		rest := params[i+len(name):]
		if value, ok := bytes.CutPrefix(rest, []byte{'='}); ok && (i == 0 || params[i-1] == ' ') {
			end := bytes.IndexAny(value, ",)")
			if end < 0 {
				return nil
			}
			return value[:end]
		}
		params = rest
	}
}
