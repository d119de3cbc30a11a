package protocol

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
)

// at names an element of a list as losses do.
func at(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

func partAt(m, p int) string { return at(at("messages", m)+".parts", p) }

// isSystem reports whether a role speaks for whoever runs the model.
func isSystem(role string) bool {
	switch strings.ToLower(role) {
	case "system", "developer":
		return true
	}
	return false
}

// isAssistant reports whether a role is the model's own.
func isAssistant(role string) bool {
	switch strings.ToLower(role) {
	case "assistant", "model", "ai", "chatbot":
		return true
	}
	return false
}

// role returns one of the three roles that every protocol has beside system.
func plainRole(role string) string {
	switch {
	case isAssistant(role):
		return "assistant"
	case strings.EqualFold(role, "tool"), strings.EqualFold(role, "function"):
		return "tool"
	}
	return "user"
}

// checkRole says when a role of the log is sent under another name.
func (w *writer) checkRole(i int, sent string) {
	if logged := w.request.Messages[i].Role; logged != "" && !strings.EqualFold(logged, sent) {
		w.lose(at("messages", i)+".role", replay.GradeConverted, fmt.Sprintf("%q is sent as %q", logged, sent))
	} else if logged == "" {
		w.lose(at("messages", i)+".role", replay.GradeDefaulted, "the log does not say whose it is: sent as "+sent)
	}
}

// systemTexts returns the texts of all system messages, for protocols that keep
// them apart.
func (w *writer) systemTexts() []string {
	var out []string
	late := false
	for i := range w.request.Messages {
		m := &w.request.Messages[i]
		if !isSystem(m.Role) {
			late = true
			continue
		}
		for j := range m.Parts {
			if m.Parts[j].Type == replay.PartText {
				out = append(out, m.Parts[j].Text)
			} else {
				w.lose(partAt(i, j), replay.GradeIncomplete, "a system prompt can only be text")
			}
		}
		if late {
			w.lose(at("messages", i), replay.GradeConverted, "a system message in the middle is sent with the first")
		}
	}
	return out
}

// dataURL returns a picture in an address (RFC 2397).
func dataURL(p *replay.Part) string {
	return "data:" + p.Name + ";base64," + base64.StdEncoding.EncodeToString(p.Data)
}

// isImage reports whether a part is a picture; of an address whose type the log
// does not say it is assumed, as protocols have addresses of pictures only.
func isImage(p *replay.Part) bool {
	return strings.HasPrefix(p.Name, "image/") || p.Type == replay.PartURI && p.Name == ""
}

// losePart says that a part cannot be sent in this protocol.
func (w *writer) losePart(i, j int, p *replay.Part) {
	why := "this protocol has no place for it"
	switch p.Type {
	case replay.PartReasoning:
		why = "reasoning of earlier turns has no place in this protocol"
	case replay.PartBlob:
		if p.Data == nil {
			why = "the log kept of these " + orUnknown(p.Name) + " bytes only how many they were"
		}
	case replay.PartOther:
		why = "its shape is not known"
	}
	w.lose(partAt(i, j), replay.GradeIncomplete, why)
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// argumentsObject returns the arguments of a tool call as a JSON object, as
// protocols other than OpenAI's want them.
func (w *writer) argumentsObject(i, j int, p *replay.Part) json.RawMessage {
	raw := p.JSON
	var text string
	if json.Unmarshal(raw, &text) == nil { // a text that holds JSON
		raw = json.RawMessage(text)
	}
	var o map[string]json.RawMessage
	if json.Unmarshal(raw, &o) == nil {
		return raw
	}
	if len(raw) > 0 {
		w.lose(partAt(i, j), replay.GradeIncomplete, "the arguments of the tool call are no JSON object")
	}
	return json.RawMessage("{}")
}

// argumentsText returns the arguments of a tool call as a text, as OpenAI's
// protocols want them.
func argumentsText(p *replay.Part) string {
	var text string
	if json.Unmarshal(p.JSON, &text) == nil {
		return text
	}
	if p.JSON == nil {
		return "{}"
	}
	return string(p.JSON)
}

// resultJSON returns what a tool answered, where that is JSON.
func resultJSON(p *replay.Part) json.RawMessage {
	if json.Valid(p.JSON) {
		return bytes.TrimLeft(p.JSON, " \t\r\n")
	}
	return nil
}

// resultText returns what a tool answered, as a text.
func resultText(p *replay.Part) string {
	if p.JSON != nil {
		return string(p.JSON)
	}
	return p.Text
}
