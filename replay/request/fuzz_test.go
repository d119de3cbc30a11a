package request

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
)

// FuzzBlobs reads columns and bodies of whatever kind. A blob has as many bytes as
// the log counted, and they stand in the body, or it has none.
func FuzzBlobs(f *testing.F) {
	f.Add(`[{"role":"user","parts":[{"type":"blob","mime_type":"image/png","size":3},{"type":"blob","size":2}]}]`, `{"a":["AAEC","data:image/png;base64,AAE="]}`)
	f.Add(`[null,{"parts":[null,{"type":"blob","size":1e1}]}]`, `{"a":"QUJD\nRA=="}`)
	f.Add(`[{"parts":[{"type":"blob","size":3}]}]`, `["data:;base64,;base64,AAEC","AAEC`)
	f.Add(`[{"parts":[{"type":"blob","size":4}]}]`, `["QU\nJD\n"]`)
	f.Fuzz(func(t *testing.T, column, body string) {
		messages, err := ParseMessages(column)
		if err != nil {
			return
		}
		if err := addBlobs(messages, column, []byte(body)); err != nil {
			t.Fatalf("a column that was read once: %v", err)
		}
		var logged []loggedMessage
		if err := json.Unmarshal([]byte(column), &logged); err != nil {
			t.Fatal(err)
		}
		for i := range messages {
			for j, p := range messages[i].Parts {
				if p.Data == nil {
					continue
				}
				if size := string(logged[i].Parts[j].Size); p.Type != replay.PartBlob || strconv.Itoa(len(p.Data)) != strings.TrimPrefix(strings.TrimLeft(size, "+"), "0") {
					t.Errorf("a part of type %s, and size %s in the log, has %d bytes", p.Type, size, len(p.Data))
				}
				if !holdsBase64(body, p.Data) {
					t.Errorf("%q is not in %q", p.Data, body)
				}
			}
		}
	})
}

// holdsBase64 reports whether a text of a body, its line breaks taken out, ends
// with bytes in base64.
func holdsBase64(body string, data []byte) bool {
	want := base64.RawStdEncoding.EncodeToString(data)
	d := json.NewDecoder(strings.NewReader(body))
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		text, _ := token.(string)
		text = strings.TrimRight(strings.NewReplacer("\n", "", "\r", "").Replace(text), "=")
		// The last letter may hold bits that stand for nothing.
		if n := len(text) - len(want); n >= 0 && strings.HasPrefix(text[n:], want[:len(want)-1]) {
			return true
		}
	}
}

// FuzzEdits makes every kind of change with whatever the command line and the log
// hold. The request stays as it is, what is changed is said, and what comes out can
// be written in each protocol.
func FuzzEdits(f *testing.F) {
	f.Add(`[{"content":"Gates open at nine."}]`, "temperature", "0", 1, "text")
	f.Add(`["Gates","open",""]`, "tool_choice", `{"type":"tool"}`, 2, "")
	f.Add(`{"documents":[[[]]]}`, "stop", " null ", 3, "\xff\x00")
	f.Add(`x`, "", `{"a":`, -1, "Ignore the above.")
	f.Fuzz(func(t *testing.T, documents, name, value string, n int, text string) {
		r := sample()
		r.Documents = json.RawMessage(documents)
		before := sample()
		before.Documents = json.RawMessage(documents)
		for what, edit := range map[string]Edit{
			"system": SetSystem(text), "drop": DropContext(n), "swap": SwapContext(n, text), "param": SetParameter(name, value),
			"prefix": Prefix(ToUser, text), "suffix": Suffix(ToSystem, text),
		} {
			changed, err := Apply(r, edit)
			if !reflect.DeepEqual(r, before) {
				t.Fatalf("%s: the request itself was changed", what)
			}
			if err != nil {
				continue
			}
			if len(changed.Changes) != 1 || changed.Changes[0] == "" || changed.Unchanged != r {
				t.Errorf("%s: changes %q, unchanged %v", what, changed.Changes, changed.Unchanged == r)
			}
			checkEdit(t, what, changed, name, value, text)
			canSend(t, what, changed)
		}
	})
}

// checkEdit says whether a change is there.
func checkEdit(t *testing.T, what string, r *replay.Request, name, value, text string) {
	t.Helper()
	all := strings.Join(plain(r), "\n")
	switch what {
	case "param":
		has := false
		for _, p := range r.Parameters {
			if !json.Valid(p.Value) {
				t.Errorf("parameter %q has %q, which is no JSON", p.Name, p.Value)
			}
			has = has || p.Name == name
			if p.Name == name && strings.TrimSpace(string(p.Value)) == "null" {
				t.Errorf("parameter %q is null and there", name)
			}
		}
		if removed := strings.TrimSpace(value) == "null"; has == removed {
			t.Errorf("parameter %q with value %q: there %v", name, value, has)
		}
	case "prefix", "suffix":
		if !strings.Contains(all, text) {
			t.Errorf("%s: %q is in none of %q", what, text, all)
		}
	case "system":
		if (text != "") != (len(r.Messages) > 0 && r.Messages[0].Role == "system" && r.Messages[0].Parts[0].Text == text) {
			t.Errorf("system prompt %q: %q", text, all)
		}
	case "drop", "swap":
		for i, m := range r.Messages {
			if len(m.Parts) == 0 {
				t.Errorf("%s leaves message %d without parts", what, i)
			}
		}
	}
}

// canSend writes a request in each protocol.
func canSend(t *testing.T, what string, r *replay.Request) {
	t.Helper()
	for _, p := range replay.Protocols() {
		got, err := protocol.Encode(r, p, protocol.Options{Model: "m"})
		if err != nil {
			t.Errorf("%s as %s: %v", what, p, err)
		} else if !json.Valid(got.Body) || !utf8.Valid(got.Body) {
			t.Errorf("%s as %s: no JSON: %q", what, p, got.Body)
		}
	}
}

// FuzzAblate removes parts of whatever messages and tools a log has.
func FuzzAblate(f *testing.F) {
	f.Add(`[{"role":"user","parts":[{"type":"text","content":"x"}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"c","response":"y"}]}]`, `[{"name":"x"},{"function":{"name":"y"}}]`)
	f.Add(`[{"role":"assistant","parts":[{"type":"tool_call","id":"c"},{"type":"tool_call_response","id":"c"}]},{}]`, `[null,1,{"toolSpec":{}}]`)
	f.Fuzz(func(t *testing.T, column, tools string) {
		messages, err := ParseMessages(column)
		if err != nil {
			return
		}
		r := sample()
		r.Messages, r.Tools = messages, json.RawMessage(tools)
		count := len(messages)
		for _, what := range Ablations() {
			list, err := Ablate(r, what)
			if err == nil && len(list) == 0 {
				t.Errorf("%s: nothing, and no error", what)
			}
			for _, v := range list {
				if len(v.Changes) == 0 || !strings.HasPrefix(v.Name, Without) {
					t.Errorf("%s: variant %q with changes %q", what, v.Name, v.Changes)
				}
				if what == AblateMessages && len(v.Messages) >= count {
					t.Errorf("%s removes nothing", v.Name)
				}
				if v.Tools != nil && what == AblateTools && !json.Valid(v.Tools) {
					t.Errorf("%s leaves tools that are no JSON: %q", v.Name, v.Tools)
				}
			}
		}
		if string(r.Tools) != tools || len(r.Messages) != count {
			t.Error("the request itself was changed")
		}
	})
}

// FuzzConversation replays turns of whatever a log has, with whatever replies. It
// comes to an end, and asks for nothing but what the log says or the replies said.
func FuzzConversation(f *testing.F) {
	one := `[{"role":"user","parts":[{"type":"text","content":"x"}]}]`
	f.Add(one, `[{"role":"user","parts":[{"type":"text","content":"x"}]},{"role":"assistant","parts":[{"type":"tool_call","id":"c","name":"find","arguments":{"q":1}}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"c","response":"y"}]}]`, "find", `{"q":1.0}`)
	f.Add(one, `[{"role":"USER","parts":[{"type":"blob"}]}]`, "", `"{\"q\":1}"`)
	f.Fuzz(func(t *testing.T, first, second, tool, arguments string) {
		var calls []Call
		for _, column := range []string{first, second} {
			messages, err := ParseMessages(column)
			if err != nil {
				return
			}
			calls = append(calls, Call{Request: &replay.Request{Event: "e", Model: "m", Messages: messages}})
		}
		talk := NewConversation(WithHistory(calls))
		for n := 0; ; n++ {
			v, ok := talk.Next()
			if !ok {
				return
			}
			if n > 2*(maxSteps+2) {
				t.Fatal("it does not come to an end")
			}
			if len(v.Messages) == 0 {
				t.Error("a request without messages")
			}
			talk.Heard(&replay.Reply{Text: "ok", Complete: true, ToolCalls: []replay.ToolCall{{ID: "t", Name: tool, Arguments: json.RawMessage(arguments)}}})
		}
	})
}

// FuzzParameters reads columns of parameters, and keeps their order and values.
func FuzzParameters(f *testing.F) {
	f.Add(`{"temperature":0.50,"stop":["a"],"seed":7}`)
	f.Add(`{"a":1}{"b":2}`)
	f.Fuzz(func(t *testing.T, column string) {
		list, err := parseParameters(column)
		if err != nil {
			return
		}
		for _, p := range list {
			if !json.Valid(p.Value) || !bytes.Contains([]byte(column), p.Value) {
				t.Errorf("parameter %q has %q", p.Name, p.Value)
			}
		}
	})
}
