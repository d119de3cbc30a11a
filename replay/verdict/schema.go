package verdict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Bounds of what is validated. Schemas come from logs and are hostile: one of
// some lines can ask for more steps than there is time.
const (
	maxSchema   = 256 << 10 // bytes of a schema: those of providers are bounded far below
	maxInstance = 1 << 20   // bytes of what is held against it
	maxNesting  = 128       // levels of either
	maxPatterns = 256       // regular expressions in a schema
	maxPattern  = 1 << 10   // bytes of one
	maxSteps    = 50_000    // subschemas applied to values
)

var (
	errSize    = errors.New("it is too large or too deep")
	errPattern = errors.New("it has too many or too long regular expressions")
	errRemote  = errors.New("it refers to another document, and none is read")
)

// decodeJSON reads one JSON value, numbers as written.
func decodeJSON(text string) (any, error) {
	if len(text) > maxInstance || nesting(text) > maxNesting {
		return nil, errSize
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more follows the value")
	}
	return v, nil
}

// nesting returns how deep the brackets of a text of JSON stand within each
// other, those in strings left out.
func nesting(text string) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// normal returns a value with numbers in one form, so that 1, 1.0 and 1e0 are
// the same. Its depth is bounded by decodeJSON.
func normal(v any) any {
	switch v := v.(type) {
	case json.Number:
		if f, _, err := big.ParseFloat(v.String(), 10, 256, big.ToNearestEven); err == nil && len(v) <= 64 {
			return json.RawMessage(`"` + f.Text('g', -1) + ` number"`)
		}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = normal(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, m := range v {
			out[k] = normal(m)
		}
		return out
	}
	return v
}

// noDocuments refuses to read what a schema refers to outside of itself.
type noDocuments struct{}

func (noDocuments) Load(string) (any, error) { return nil, errRemote }

var _ jsonschema.URLLoader = noDocuments{}

// schema is a JSON schema ready to be used, draft 2020-12 where it names none.
type schema struct {
	compiled *jsonschema.Schema
	steps    *steps
}

// steps counts the subschemas that are applied, so that a validation that would
// not end in time is given up at the same place each time.
type steps struct{ left int }

// Validate is called by the library for every subschema that is applied to a
// value. When the steps are used up it ends the goroutine that validates.
func (s *steps) Validate(*jsonschema.ValidatorContext, any) {
	if s.left--; s.left < 0 {
		runtime.Goexit()
	}
}

var _ jsonschema.SchemaExt = (*steps)(nil)

// schemaName is what references within a schema are resolved against: a name that
// nothing has (RFC 2606, section 2).
const schemaName = "https://schema.invalid/schema.json"

// newSchema reads a schema. It refers to no other document and to no file.
func newSchema(raw json.RawMessage) (*schema, error) {
	if len(raw) > maxSchema {
		return nil, errSize
	}
	doc, err := decodeJSON(string(raw))
	if err != nil {
		return nil, err
	}
	count := &steps{}
	c := jsonschema.NewCompiler()
	c.UseLoader(noDocuments{})
	patterns := 0
	c.UseRegexpEngine(func(pattern string) (jsonschema.Regexp, error) {
		if patterns++; patterns > maxPatterns || len(pattern) > maxPattern {
			return nil, errPattern
		}
		return regexp.Compile(pattern)
	})
	c.RegisterVocabulary(&jsonschema.Vocabulary{
		URL: "urn:exhibit:steps",
		Compile: func(*jsonschema.CompilerContext, map[string]any) (jsonschema.SchemaExt, error) {
			return count, nil
		},
	})
	c.AssertVocabs()
	var compiled *jsonschema.Schema
	if !count.within(func() {
		if err = c.AddResource(schemaName, doc); err == nil {
			compiled, err = c.Compile(schemaName)
		}
	}) {
		return nil, errSteps
	}
	if err != nil {
		return nil, firstLine(err)
	}
	return &schema{compiled, count}, nil
}

// within does something that takes no more than maxSteps, and reports whether it
// did.
func (s *steps) within(do func()) bool {
	s.left = maxSteps
	whole := false
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
		whole = true
	}()
	<-done
	return whole
}

// firstLine returns an error in one line.
func firstLine(err error) error {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(strings.ReplaceAll(text, schemaName, ""))
}

// errSteps says that a validation was given up.
var errSteps = errors.New("it takes more than 50000 steps")

// check returns what of a value does not fit, nil when all does.
func (s *schema) check(v any) (misfit []string, err error) {
	var invalid error
	if !s.steps.within(func() { invalid = s.compiled.Validate(v) }) {
		return nil, errSteps
	}
	var list *jsonschema.ValidationError
	switch {
	case invalid == nil:
		return nil, nil
	case errors.As(invalid, &list):
		return misfits(list)
	}
	return nil, invalid
}

// misfits lists where a value does not fit and why, in order of place. The
// library walks over maps and has no order of its own. A schema that refers to
// itself without end fits nothing, and says nothing of the value.
func misfits(e *jsonschema.ValidationError) ([]string, error) {
	print := message.NewPrinter(language.English)
	var out []string
	for open := []*jsonschema.ValidationError{e}; len(open) > 0; {
		last := open[len(open)-1]
		open = append(open[:len(open)-1], last.Causes...)
		if _, endless := last.ErrorKind.(*kind.RefCycle); endless {
			return nil, errors.New("the schema refers to itself without end")
		}
		if len(last.Causes) == 0 {
			out = append(out, "/"+strings.Join(last.InstanceLocation, "/")+": "+last.ErrorKind.LocalizedString(print))
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// fitsSchema says whether a text is JSON that fits a schema, and why not.
func fitsSchema(raw json.RawMessage, text string) (Value, string) {
	s, err := newSchema(raw)
	if err != nil {
		return Value{}, fmt.Sprintf("the schema cannot be used: %v", err)
	}
	return s.fits(text)
}

// fits says whether a text is JSON that fits the schema, and why not.
func (s *schema) fits(text string) (Value, string) {
	v, err := decodeJSON(text)
	switch {
	case errors.Is(err, errSize):
		return Value{}, "the reply cannot be held against the schema: " + err.Error()
	case err != nil:
		return TruthOf(false), "it is no JSON: " + err.Error()
	}
	list, err := s.check(v)
	switch {
	case err != nil:
		return Value{}, err.Error()
	case len(list) == 0:
		return TruthOf(true), ""
	case len(list) == 1:
		return TruthOf(false), list[0]
	}
	return TruthOf(false), fmt.Sprintf("%s, and %d more", list[0], len(list)-1)
}

// fenced returns what stands in a code fence that is all of a text, or "".
func fenced(text string) string {
	text = strings.TrimSpace(text)
	body, ok := strings.CutPrefix(text, "```")
	if !ok {
		return ""
	}
	body, ok = strings.CutSuffix(body, "```")
	_, body, more := strings.Cut(body, "\n")
	if !ok || !more || strings.Contains(body, "```") {
		return ""
	}
	return body
}

// isJSON reports whether a text is JSON, whatever its depth.
func isJSON(text string) bool { return json.Valid(bytes.TrimSpace([]byte(text))) }
