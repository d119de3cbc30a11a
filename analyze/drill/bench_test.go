package drill

import (
	"flag"
	"path/filepath"
	"testing"
)

var benchDir = flag.String("bench-dir", "", "folder that TestMakeBench writes the benchmark sets to")

// benchSets are the inputs of the load benchmark.
var benchSets = []struct {
	name   string
	config Config
}{
	{"bedrock500", Config{
		Seed: 1, Days: 7, Calls: 200_000, Sources: []string{"bedrock"}, Words: [2]int{30, 300}, MaxTurns: 1,
	}},
	{"cloudtrail20k", Config{
		Seed: 1, Days: 7, Calls: 915_000, Sources: []string{"cloudtrail"}, Layout: LayoutS3, Gzip: true, FileRecords: 50,
	}},
}

// TestMakeBench writes the benchmark sets, when -bench-dir says where to.
func TestMakeBench(t *testing.T) {
	if *benchDir == "" {
		t.Log("not asked to write the benchmark sets: give -bench-dir DIR")
		return
	}
	for _, s := range benchSets {
		s.config.Dir = filepath.Join(*benchDir, s.name)
		r, err := Generate(t.Context(), s.config)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %+v", s.name, *r)
	}
}

func BenchmarkGenerate(b *testing.B) {
	for _, s := range []struct {
		name   string
		config Config
	}{
		{"bedrock-natural", Config{Calls: 10_000, Sources: []string{"bedrock"}}},
		{"bedrock-words", Config{Calls: 40_000, Sources: []string{"bedrock"}, Words: [2]int{30, 300}, MaxTurns: 1}},
		{"cloudtrail", Config{Calls: 50_000, Sources: []string{"cloudtrail"}}},
		{"both", Config{Calls: 10_000}},
		{"litellm", Config{Calls: 10_000, Sources: []string{"litellm"}}},
		{"otlp", Config{Calls: 10_000, Sources: []string{"otlp"}}},
		{"langfuse", Config{Calls: 10_000, Sources: []string{"langfuse"}}},
		{"all", Config{Calls: 10_000, Sources: Sources()}},
	} {
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.config.Dir = b.TempDir()
				r, err := Generate(b.Context(), s.config)
				if err != nil {
					b.Fatal(err)
				}
				var bytes int64
				for _, s := range r.Sources {
					bytes += s.Bytes
				}
				b.SetBytes(bytes)
			}
		})
	}
}
