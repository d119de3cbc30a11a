package mask

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestRecordedBodies masks the request bodies that OpenLLMetry recorded. They
// hold no values, so each keeps its bytes; with two values planted into each of
// its texts that are sentences, those and nothing else are replaced.
func TestRecordedBodies(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "data", "openllmetry", "*.jsonl.gz"))
	if err != nil || len(paths) == 0 {
		t.Skipf("SKIPPED, nothing was measured: the exchanges of OpenLLMetry are not here: %v", err)
	}
	m, s := newMasker(t), newScanner(t)
	bodies, spans := 0, 0
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		unzipped, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(unzipped)
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			var exchange struct {
				Body *string `json:"request_body"`
			}
			if json.Unmarshal(lines.Bytes(), &exchange) != nil || exchange.Body == nil {
				continue
			}
			body := []byte(*exchange.Body)
			bodies++
			if got, n := m.Body(body); n > 0 || !bytes.Equal(got, body) {
				t.Errorf("%d values in %s", n, body)
			}
			planted, n := plant(body)
			got, found := m.Body(planted)
			if found != n || m.Placeholders(got) != n || m.Unmask(string(got)) != string(planted) || json.Valid(got) != json.Valid(body) {
				t.Errorf("%s with %d values became %s with %d", planted, n, got, found)
			}
			if l := left(s, m, string(got)); len(l) > 0 {
				t.Errorf("%q is left in %s", l, got)
			}
			spans += n
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d bodies, %d values: %+v", bodies, spans, m.Counts())
	if bodies < 500 || spans < 1000 {
		t.Errorf("%d bodies and %d values say nothing", bodies, spans)
	}
}

// plant puts two values before the end of each text of a body that has a space,
// and returns how many they are. Texts that hold JSON are left alone.
func plant(body []byte) (planted []byte, n int) {
	if !json.Valid(body) {
		return body, 0
	}
	at := 0
	for _, token := range tokensOf(body) {
		text := body[token.from:token.to]
		if token.number || !bytes.ContainsRune(text, ' ') || bytes.ContainsAny(text, "{[@:") {
			continue
		}
		planted = append(append(planted, body[at:token.to-1]...), " mail ann.lee@corp.example or use gh"+"p_wJ4kR9mT2vX7bN1cQ5zL8pS3dF6gH0yA4eUi now"...)
		at, n = token.to-1, n+2
	}
	return append(planted, body[at:]...), n
}
