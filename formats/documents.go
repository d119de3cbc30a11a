package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

// Documents reads the texts of retrieved documents. The zero value is ready.
type Documents struct {
	doc   jsontape.Doc
	texts []Text
}

// Reset forgets all texts.
func (d *Documents) Reset() {
	if d.doc.Arena != nil {
		d.doc.Arena.Reset()
	}
	d.texts = nil
}

// Texts returns the texts of the documents that an event's Retrieved lists, in
// their order: what a model was given to read, without ids, scores and other
// data about it. They are valid until Reset, the slice until the next call. A
// document that is only named has no text.
func (d *Documents) Texts(retrieved Text) []Text {
	d.texts = d.texts[:0]
	if len(retrieved) == 0 {
		return nil
	}
	if d.doc.Arena == nil {
		d.doc.Arena = new(jsontape.Arena)
	}
	if d.doc.Parse(retrieved) != nil { // a column of a table may hold anything; it stays as it is
		return nil
	}
	d.add(d.doc.Root(), documentLevels)
	return d.texts
}

// documentLevels bounds how deep a text lies: in a document, in the content of
// a document, in the parts of one, or in a document of a list of searches.
const documentLevels = 8

// add adds the texts of a document or of a list of them.
func (d *Documents) add(v jsontape.Value, levels int) {
	switch {
	case levels == 0:
	case v.Kind() == jsontape.String:
		if text := v.Text(); len(text) > 0 {
			d.texts = append(d.texts, text)
		}
	case v.Kind() == jsontape.Array:
		for item := range v.Elements() {
			d.add(item, levels-1)
		}
	case v.Kind() == jsontape.Object:
		if part := documentText(v); part.Exists() {
			d.add(part, levels-1)
		}
	}
}

// documentText is the member of a document that holds its text, or the
// documents below it. The names are those of LangChain (page_content), Cohere
// (snippet), OpenInference (document.content), Bedrock (content.text) and
// LiteLLM (a search with a list of results in data).
func documentText(v jsontape.Value) jsontape.Value {
	for _, name := range [...]string{
		"page_content", "content", "text", "snippet", "chunk", "document.content", "document", "data", "vector_store_search_response",
	} {
		switch m := v.Get(name); m.Kind() {
		case jsontape.String, jsontape.Array, jsontape.Object:
			return m
		}
	}
	return jsontape.Value{}
}
