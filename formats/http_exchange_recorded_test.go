package formats

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// recordedLines reads the recorded exchanges of many providers, a line each.
func recordedLines(t testing.TB) [][]byte {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "data", "openllmetry", "http_interactions.jsonl.gz")
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("LOUD: %s is missing, recorded exchanges with providers were not tested", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		out = append(out, []byte(lines.Text()))
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// object is JSON as encoding/json reads it: what an exchange carries is found
// out here without any code that is tested.
type object = map[string]any

// carried is what an exchange carries, as far as it carries it.
type carried struct {
	host, method, path string
	requestID          string
	request            object   // nil where it is not JSON: two of Writer have a comma too many
	reply              []object // one, or the chunks of a stream
	headers            map[string]string
}

func readCarried(t testing.TB, line []byte) carried {
	t.Helper()
	var raw struct {
		Method, URI string
		Request     string            `json:"request_body"`
		RequestID   string            `json:"request_id"`
		Response    string            `json:"response_body"`
		Headers     map[string]string `json:"response_headers"`
	}
	if err := json.Unmarshal(line, &raw); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(raw.URI)
	if err != nil {
		t.Fatal(err)
	}
	c := carried{host: u.Hostname(), method: raw.Method, path: u.Path, requestID: raw.RequestID, headers: raw.Headers}
	if json.Unmarshal([]byte(raw.Request), &c.request) != nil {
		c.request = nil
	}
	c.reply = readChunks(raw.Response)
	return c
}

// readChunks returns the JSON objects of a reply.
func readChunks(text string) []object {
	var list []object
	if json.Unmarshal([]byte(text), &list) == nil {
		return list
	}
	var one object
	if json.Unmarshal([]byte(text), &one) == nil {
		return []object{one}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(strings.TrimPrefix(line, "data:"))
		var chunk object
		if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &chunk) == nil {
			list = append(list, chunk)
		}
	}
	return list
}

// get follows names and places.
func get(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			o, _ := v.(object)
			v = o[p]
		case int:
			a, _ := v.([]any)
			if p >= len(a) {
				return nil
			}
			v = a[p]
		}
	}
	return v
}

func str(v any) string { s, _ := v.(string); return s }

// models returns the model that was asked for, and the one that answered.
func (c *carried) models() (asked, answered string) {
	asked = str(c.request["model"])
	if _, rest, ok := strings.Cut(c.path, "/model/"); ok {
		asked = rest[:strings.LastIndex(rest, "/")]
	}
	if _, rest, ok := strings.Cut(c.path, "/models/"); ok {
		asked, _, _ = strings.Cut(rest, ":")
	}
	for _, o := range c.reply {
		for _, at := range [][]any{{"model"}, {"modelVersion"}, {"message", "model"}, {"response", "model"}} {
			if m := str(get(o, at...)); m != "" && answered == "" {
				answered = m
			}
		}
	}
	return asked, answered
}

// tokens returns the largest count of each side: streams count upwards, and
// Cohere bills less than it counts. Anthropic and Bedrock count apart what caches
// served and took, and Gemini its thoughts: each reply of Gemini in the data has
// the total that says so. -1 is none.
func (c *carried) tokens() (in, out int64) {
	in, out = -1, -1
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case object:
			apart := func(names ...string) (sum int64) {
				for _, name := range names {
					n, _ := v[name].(float64)
					sum += int64(n)
				}
				return sum
			}
			for key, x := range v {
				n, number := x.(float64)
				switch key {
				case "prompt_tokens", "input_tokens", "inputTokens", "prompt_eval_count", "promptTokenCount", "inputTextTokenCount", "prompt_token_count":
					if number {
						in = max(in, int64(n)+apart("cache_read_input_tokens", "cache_creation_input_tokens", "cacheReadInputTokens", "cacheWriteInputTokens"))
					}
				case "completion_tokens", "output_tokens", "outputTokens", "eval_count", "candidatesTokenCount", "generation_token_count", "generated_tokens":
					if number {
						out = max(out, int64(n)+apart("thoughtsTokenCount"))
					}
				case "tokenCount":
					if number && v["outputText"] != nil {
						out = max(out, int64(n))
					}
				case "text", "content", "arguments":
				default:
					walk(x)
				}
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	for _, o := range c.reply {
		walk(o)
	}
	for name, v := range c.headers {
		var n int64
		_, err := fmt.Sscan(v, &n)
		switch strings.ToLower(name) {
		case "x-amzn-bedrock-input-token-count":
			if err == nil && in < 0 {
				in = n
			}
		case "x-amzn-bedrock-output-token-count":
			if err == nil && out < 0 {
				out = n
			}
		}
	}
	return in, out
}

// plain returns the texts in content of any provider.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		var b strings.Builder
		for _, x := range v {
			b.WriteString(plain(x))
		}
		return b.String()
	case object:
		switch t := v["type"]; t {
		case nil, "text", "input_text", "output_text":
		default:
			return ""
		}
		if thought, _ := v["thought"].(bool); thought {
			return ""
		}
		if value := str(get(v, "text", "value")); value != "" {
			return value
		}
		if parts, ok := v["parts"]; ok {
			return plain(parts)
		}
		return str(v["text"])
	}
	return ""
}

// prompt returns the last text of the user.
func (c *carried) prompt() string {
	r := c.request
	for _, name := range []string{"messages", "contents", "input"} {
		list, ok := r[name].([]any)
		if !ok {
			continue
		}
		last, messages := "", false
		for _, m := range list {
			if role := get(m, "role"); role == "user" || role == "human" {
				if t := plain(get(m, "content")) + plain(get(m, "parts")); t != "" {
					last = t
				}
			}
			_, is := m.(object)
			messages = messages || is
		}
		if messages {
			return last
		}
	}
	for _, name := range []string{"prompt", "message", "inputText", "inputs", "input", "texts", "query"} {
		if t := plain(r[name]); t != "" {
			return t
		}
	}
	if r["role"] == "user" {
		return plain(r["content"])
	}
	return ""
}

// text returns what the model said, one choice after the other.
func (c *carried) text() string {
	var b strings.Builder
	final := ""
	choices := make(map[float64]string)
	for _, o := range c.reply {
		if list, ok := o["choices"].([]any); ok {
			for _, choice := range list {
				index, _ := get(choice, "index").(float64)
				choices[index] += plain(firstOf(get(choice, "delta", "content"), get(choice, "message", "content"), get(choice, "text")))
			}
			continue
		}
		if done := get(o, "response", "output"); done != nil && o["type"] == "response.completed" {
			final = outputText(done)
		}
		if o["object"] == "thread.message.completed" {
			continue
		}
		b.WriteString(chunkText(o, len(c.reply) > 1))
	}
	for _, index := range slices.Sorted(maps.Keys(choices)) {
		b.WriteString(choices[index])
	}
	if final != "" {
		return final
	}
	return b.String()
}

// chunkText returns the text of a reply, or of a chunk of one.
func chunkText(o object, stream bool) string {
	if typ := str(o["type"]); strings.HasPrefix(typ, "response.") {
		return ""
	}
	if object := str(o["object"]); strings.HasPrefix(object, "thread") {
		if object == "thread.message.delta" {
			return plain(get(o, "delta", "content"))
		}
		if stream || object != "thread.message" || o["role"] != "assistant" {
			return ""
		}
		return plain(o["content"])
	}
	var b strings.Builder
	each := func(list any, path ...any) {
		items, _ := list.([]any)
		for _, item := range items {
			b.WriteString(plain(get(item, path...)))
		}
	}
	each(o["candidates"], "content")
	each(o["generations"], "text")
	each(o["results"], "outputText")
	each(o["outputs"], "text")
	each(o["completions"], "data", "text")
	if list, ok := o["data"].([]any); ok && get(list, 0, "object") == "thread.message" {
		for _, m := range list {
			if get(m, "role") == "assistant" {
				b.WriteString(plain(get(m, "content")))
			}
		}
	}
	b.WriteString(outputText(o["output"]))
	for _, path := range [][]any{
		{"content"},
		{"delta", "text"},
		{"delta", "message", "content", "text"},
		{"message", "content"},
		{"output", "message", "content"},
		{"completion"},
		{"generation"},
		{"generated_text"},
		{"text"},
		{"value"},
		{"response"},
	} {
		if t := plain(get(o, path...)); t != "" && o["event_type"] != "stream-end" {
			b.WriteString(t)
			break
		}
	}
	return b.String()
}

// outputText returns the text of the output of OpenAI's responses.
func outputText(v any) string {
	var b strings.Builder
	items, _ := v.([]any)
	for _, item := range items {
		if get(item, "type") == "message" {
			b.WriteString(plain(get(item, "content")))
		}
	}
	return b.String()
}

// calls returns the calls of tools that the model made, as NAME ARGUMENTS.
func (c *carried) calls() []string {
	type call struct{ name, args string }
	var list []*call
	open := make(map[any]*call)
	for _, o := range c.reply {
		items, _ := o["choices"].([]any)
		for n, choice := range items {
			pieces, _ := firstOf(get(choice, "delta", "tool_calls"), get(choice, "message", "tool_calls")).([]any)
			for i, piece := range pieces {
				key := any([2]any{n, i})
				if index := get(piece, "index"); index != nil {
					key = [2]any{n, index}
				}
				if open[key] == nil || get(choice, "delta") == nil {
					open[key] = new(call)
					list = append(list, open[key])
				}
				open[key].name += str(get(piece, "function", "name"))
				open[key].args += str(get(piece, "function", "arguments"))
			}
		}
		whole, _ := firstOf(o["content"], get(o, "output", "message", "content"), o["output"], get(o, "message", "tool_calls"), o["tool_calls"]).([]any)
		if o["type"] == "response.completed" {
			whole, _ = get(o, "response", "output").([]any)
		}
		for _, b := range whole {
			if name, args, ok := wholeCall(b); ok {
				list = append(list, &call{name, args})
			}
		}
		switch {
		case o["type"] == "content_block_start" && get(o, "content_block", "type") == "tool_use":
			open[o["index"]] = &call{name: str(get(o, "content_block", "name"))}
			list = append(list, open[o["index"]])
		case get(o, "delta", "type") == "input_json_delta":
			open[o["index"]].args += str(get(o, "delta", "partial_json"))
		}
	}
	var out []string
	for _, c := range list {
		if c.args == "" {
			c.args = "{}" // Anthropic streams a call without arguments without a piece
		}
		out = append(out, c.name+" "+c.args)
	}
	return out
}

func firstOf(values ...any) any {
	for _, v := range values {
		if v != nil {
			return v
		}
	}
	return nil
}

// wholeCall takes a call that came in one piece.
func wholeCall(v any) (name, args string, ok bool) {
	compact := func(x any) string {
		if s, ok := x.(string); ok {
			return s
		}
		b, _ := json.Marshal(x)
		return string(b)
	}
	switch {
	case get(v, "type") == "tool_use":
		return str(get(v, "name")), compact(get(v, "input")), true
	case get(v, "type") == "function_call":
		return str(get(v, "name")), compact(get(v, "arguments")), true
	case get(v, "toolUse") != nil:
		return str(get(v, "toolUse", "name")), compact(get(v, "toolUse", "input")), true
	case get(v, "function") != nil:
		return str(get(v, "function", "name")), compact(get(v, "function", "arguments")), true
	}
	return "", "", false
}

// squeeze removes white space, so that it does not matter how the texts of
// several parts were joined.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// canonical returns a call with its arguments in one form.
func canonical(name, args string) string {
	var v any
	if json.Unmarshal([]byte(args), &v) == nil {
		b, _ := json.Marshal(v)
		args = string(b)
	}
	return name + " " + args
}

// score counts how often something was carried and how often extracted.
type score struct{ carried, extracted int }

// TestHTTPExchangeRecorded decodes recorded exchanges with many providers and
// counts what they carry and what was extracted.
func TestHTTPExchangeRecorded(t *testing.T) {
	columns := []string{"model", "tokens", "request id", "prompt", "text", "tool calls"}
	table := make(map[string]map[string]*score)
	total := make(map[string]*score)
	for _, name := range columns {
		total[name] = new(score)
	}
	d := NewDecoder()
	lines := recordedLines(t)
	for i, line := range lines {
		c := readCarried(t, line)
		d.Reset()
		if err := (httpExchange{}).Decode(d, line); err != nil {
			t.Fatalf("exchange %d: %v", i, err)
		}
		e := d.Events()[0]
		row := table[c.host]
		if row == nil {
			row = make(map[string]*score)
			for _, name := range columns {
				row[name] = new(score)
			}
			table[c.host] = row
		}
		count := func(name string, carried, extracted bool, want, got any) {
			if !carried {
				return
			}
			row[name].carried++
			total[name].carried++
			if extracted {
				row[name].extracted++
				total[name].extracted++
				return
			}
			t.Logf("%s %s%s (exchange %d, kind %s): %s is\n%.300q\nwant\n%.300q", c.method, c.host, c.path, i, e.Kind, name, got, want)
		}
		asked, answered := c.models()
		count("model", asked != "" || answered != "", (c.request == nil || string(e.Model) == asked) && string(e.ModelResponse) == answered,
			asked+" "+answered, string(e.Model)+" "+string(e.ModelResponse))
		in, out := c.tokens()
		count("tokens", in >= 0 || out >= 0, (in < 0 || e.InputTokens == IntOf(in)) && (out < 0 || e.OutputTokens == IntOf(out)),
			fmt.Sprint(in, out), fmt.Sprint(e.InputTokens, e.OutputTokens))
		count("request id", c.requestID != "", string(e.RequestID) == c.requestID, c.requestID, string(e.RequestID))
		prompt, text := c.prompt(), c.text()
		if c.host == "api.tavily.com" { // searches the web, and asks no model
			prompt = ""
		}
		count("prompt", prompt != "", squeeze(string(e.Prompt)) == squeeze(prompt), prompt, string(e.Prompt))
		count("text", text != "", squeeze(string(e.Response)) == squeeze(text), text, string(e.Response))
		var want, got []string
		for _, call := range c.calls() {
			name, args, _ := strings.Cut(call, " ")
			want = append(want, canonical(name, args))
		}
		for _, m := range e.Output {
			for _, p := range m.Parts {
				if p.Type == PartToolCall {
					got = append(got, canonical(string(p.Name), string(p.JSON)))
				}
			}
		}
		count("tool calls", len(want) > 0, slices.Equal(want, got), want, got)
	}
	if len(lines) != 634 {
		t.Errorf("got %d exchanges, want 634", len(lines))
	}
	logTable(t, columns, table, total)
	for _, name := range columns {
		if s := total[name]; s.carried == 0 || s.extracted*100 < s.carried*98 {
			t.Errorf("%s: %d of %d extracted, want 98 %%", name, s.extracted, s.carried)
		}
	}
}

func logTable(t *testing.T, columns []string, table map[string]map[string]*score, total map[string]*score) {
	t.Helper()
	var b strings.Builder
	line := func(host string, row map[string]*score) {
		fmt.Fprintf(&b, "%-60s", host)
		for _, name := range columns {
			fmt.Fprintf(&b, " %11s", fmt.Sprintf("%d/%d", row[name].extracted, row[name].carried))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "extracted of carried, by host\n%-60s", "")
	for _, name := range columns {
		fmt.Fprintf(&b, " %11s", name)
	}
	b.WriteByte('\n')
	for _, host := range slices.Sorted(maps.Keys(table)) {
		line(host, table[host])
	}
	line("all", total)
	t.Log(b.String())
}
