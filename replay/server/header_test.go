package server

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/replay"
)

// TestRecordedHeaders reads the headers of recorded replies: those of hosted
// providers, which a gateway on this machine would pass on, say that somebody
// else answered, and those of servers that ran on the machine say nothing.
func TestRecordedHeaders(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "openllmetry", "http_interactions.jsonl.gz")
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("LOUD: %s is missing, headers of recorded replies were not read", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	local, said, all := 0, map[string]int{}, map[string]int{}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var r struct {
			URI     string
			Headers map[string]string `json:"response_headers"`
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(r.URI)
		if err != nil {
			t.Fatal(err)
		}
		var header []replay.Header
		for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
			header = append(header, replay.Header{Name: name, Value: r.Headers[name]})
		}
		evidence := Header(header)
		if host := u.Hostname(); host == "localhost" || host == "127.0.0.1" {
			local++
			if len(evidence) > 0 {
				t.Errorf("%s: %s", r.URI, Sentence(evidence))
			}
			continue
		}
		all[u.Hostname()]++
		if len(evidence) > 0 {
			said[u.Hostname()]++
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	for _, host := range slices.Sorted(maps.Keys(all)) {
		t.Logf("%-60s %3d of %3d replies say that they came through something", host, said[host], all[host])
	}
	for _, host := range []string{"api.openai.com", "api.anthropic.com", "api.groq.com", "api.cohere.com", "api.mistral.ai"} {
		if all[host] == 0 || said[host] != all[host] {
			t.Errorf("%s: %d of %d replies say that they came through something", host, said[host], all[host])
		}
	}
	if local < 40 {
		t.Errorf("%d replies of servers on the machine", local)
	}
	if got := strings.Join(slices.Sorted(maps.Keys(all)), " "); !strings.Contains(got, "bedrock") {
		t.Errorf("no Bedrock among %s", got)
	}
}
