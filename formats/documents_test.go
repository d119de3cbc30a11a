package formats

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDocuments(t *testing.T) {
	for _, test := range []struct {
		name, retrieved string
		want            []string
	}{
		{"none", "", nil},
		{"no JSON", "Oslo is wet.", nil},
		{"ids only", `[{"id":"d1","score":0.9},7,null]`, nil},
		{"texts", `["Oslo is wet.","","Rome is dry."]`, []string{"Oslo is wet.", "Rome is dry."}},
		{"one", `{"id":"1","text":"Oslo is wet."}`, []string{"Oslo is wet."}},
		{"langchain", `[{"page_content":"Oslo is wet.","metadata":{"source":"kb/1","text":"no"},"id":"1"}]`, []string{"Oslo is wet."}},
		{"cohere", `[{"id":"d1","title":"Stock","snippet":"hake, ling"}]`, []string{"hake, ling"}},
		{"openinference", `[{"document":{"id":"1","content":"a\nb"}},{"document.content":"c"}]`, []string{"a\nb", "c"}},
		{"bedrock", `[{"content":{"text":"a","type":"TEXT"},"location":{"type":"S3"}}]`, []string{"a"}},
		{"litellm", `[{"query":"hello","vector_store_search_response":{"search_query":"hello","data":[{"score":0.7,"content":[{"text":"a greeting","type":"text"}]}]}}]`, []string{"a greeting"}},
		{"too deep", strings.Repeat(`[`, 40) + `"x"` + strings.Repeat(`]`, 40), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var d Documents
			var got []string
			for _, text := range d.Texts(Text(test.retrieved)) {
				got = append(got, string(text))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func FuzzDocuments(f *testing.F) {
	f.Add([]byte(`[{"page_content":"Oslo is wet."},"x",{"content":[{"text":"a"}]}]`))
	f.Fuzz(func(t *testing.T, retrieved []byte) {
		var d Documents
		for _, text := range d.Texts(retrieved) {
			if len(text) == 0 || len(text) > 3*len(retrieved) {
				t.Errorf("%q gives a text of %d bytes", retrieved, len(text))
			}
		}
		d.Reset()
	})
}
