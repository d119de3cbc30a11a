package content

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// benignText is n bytes of mixed text that attacks nobody: prose, code or JSON,
// from words drawn with a seed.
func benignText(rng *rand.Rand, style, n int) []byte {
	words := strings.Fields(`the a of to and in is that for it as was with be by on not he his but at are this have from or had an they which one you were her all she there would their we him been has when who will more no if out so said what up its about into than them can only other new some could time these two may then do first any my now such like our over man me even most made after also did many before must through back years where much your way well down should because each just those people how too little state good very make world still own see men work long get here between both life being under never day same another know while last might us great old year off come since against go came right used take three system report server request data value field order customer price invoice meeting project team review office answer question message user output model response include please note important however therefore instructions guide process step table`)
	var b strings.Builder
	for b.Len() < n {
		w := func() string { return words[rng.IntN(len(words))] }
		switch style {
		case 0:
			for range 8 + rng.IntN(12) {
				b.WriteString(w() + " ")
			}
			b.WriteString(w() + ". ")
			if rng.IntN(5) == 0 {
				b.WriteString("\n\n")
			}
		case 1:
			fmt.Fprintf(&b, "func %s%s(%s int, %s string) error {\n\tif %s := %s.%s(%q); %s != nil {\n\t\treturn fmt.Errorf(\"%s %s: %%w\", %s)\n\t}\n\t%s[%d] = %s + %d // %s %s\n}\n\n",
				w(), w(), w(), w(), w(), w(), w(), w(), w(), w(), w(), w(), w(), rng.IntN(99), w(), rng.IntN(9999), w(), w())
		default:
			fmt.Fprintf(&b, `{"%s": "%s %s %s", "%s_id": %d, "%s": [%d, %d.%d, null, true], "time": "2026-03-%02dT10:%02d:00Z", "%s": {"%s": "%s-%x"}},`+"\n",
				w(), w(), w(), w(), w(), rng.IntN(1e6), w(), rng.IntN(100), rng.IntN(100), rng.IntN(100), 1+rng.IntN(28), rng.IntN(60), w(), w(), w(), rng.Uint64())
		}
	}
	return []byte(b.String())
}

// BenchmarkScan scans unique texts of 500 bytes to 16 KB, a third each prose,
// code and JSON. Measured by processor time on one core of an Intel Xeon that
// others used too: mixed 80 MB/s.
func BenchmarkScan(b *testing.B) {
	for _, role := range []Role{RoleUser, RoleAssistant, RoleDocument, RoleTool, ""} {
		name := string(role)
		if name == "" {
			name = "mixed"
		}
		b.Run(name, func(b *testing.B) { benchmarkScan(b, role) })
	}
}

func benchmarkScan(b *testing.B, role Role) {
	rng := rand.New(rand.NewPCG(1, 2))
	roles := []Role{RoleUser, RoleAssistant, RoleDocument, RoleTool}
	s := newTestScanner(b)
	var texts [][]byte
	total := 0
	for i := range 400 {
		text := benignText(rng, i%3, 500<<(i%6))
		texts = append(texts, text)
		total += len(text)
	}
	b.SetBytes(int64(total))
	b.ReportAllocs()
	for b.Loop() {
		for i, text := range texts {
			r := role
			if r == "" {
				r = roles[i/3%len(roles)]
			}
			s.Scan(text, r)
		}
	}
}

// BenchmarkHostile scans texts made of nothing but keywords, in two lengths: the
// longer takes as long for each byte: about a microsecond, or three where others
// use the machine too.
func BenchmarkHostile(b *testing.B) {
	s := newTestScanner(b)
	var words []string
	for _, p := range s.parts {
		words = append(words, p.keywords()...)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	all := strings.Join(words, " ")
	for _, size := range []int{MaxText / 8, MaxText} {
		text := []byte(strings.Repeat(all+"\n", size/len(all)+1)[:size])
		b.Run(fmt.Sprint(size>>10, "KB"), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				s.Scan(text, RoleDocument)
			}
		})
	}
}
