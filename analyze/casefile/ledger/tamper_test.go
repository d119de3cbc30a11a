package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// files holds the truth of a ledger in memory, by path relative to the case.
type files map[string][]byte

func readFiles(t *testing.T, dir string) files {
	t.Helper()
	f := files{fileName: []byte(read(t, filepath.Join(dir, fileName)))}
	entries, err := os.ReadDir(filepath.Join(dir, checkpointDir))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		f[checkpointDir+"/"+e.Name()] = []byte(read(t, filepath.Join(dir, checkpointDir, e.Name())))
	}
	return f
}

// put changes the folder from old to f.
func (f files) put(t *testing.T, dir string, old files) {
	t.Helper()
	for path := range old {
		if _, ok := f[path]; !ok {
			if err := os.Remove(filepath.Join(dir, path)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for path, data := range f {
		if !bytes.Equal(old[path], data) || old[path] == nil {
			write(t, filepath.Join(dir, path), string(data))
		}
	}
}

func (f files) equal(g files) bool {
	return maps.EqualFunc(f, g, bytes.Equal)
}

// pick returns one of the paths.
func (f files) pick(r *rand.Rand) string {
	paths := slices.Sorted(maps.Keys(f))
	if r.IntN(2) == 0 {
		return fileName
	}
	return paths[r.IntN(len(paths))]
}

func (f files) checkpoints() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(f)), func(p string) bool { return p == fileName })
}

func lines(data []byte) [][]byte {
	return bytes.SplitAfter(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
}

func unlines(l [][]byte) []byte {
	data := bytes.Join(l, nil)
	if !bytes.HasSuffix(data, []byte("\n")) {
		data = append(data, '\n')
	}
	return data
}

// alterations change files in place; each may happen to change nothing.
var alterations = []struct {
	name string
	do   func(r *rand.Rand, f files)
}{
	{"bit flip", func(r *rand.Rand, f files) {
		p := f.pick(r)
		f[p][r.IntN(len(f[p]))] ^= 1 << r.IntN(8)
	}},
	{"white space", func(r *rand.Rand, f files) {
		p := f.pick(r)
		f[p] = slices.Insert(f[p], r.IntN(len(f[p])+1), " \t\r\n"[r.IntN(4)])
	}},
	{"letter case", func(r *rand.Rand, f files) {
		p := f.pick(r)
		for range 100 {
			if i := r.IntN(len(f[p])); f[p][i]|0x20 >= 'a' && f[p][i]|0x20 <= 'z' {
				f[p][i] ^= 0x20
				return
			}
		}
	}},
	{"cut tail", func(r *rand.Rand, f files) {
		p := f.pick(r)
		f[p] = f[p][:r.IntN(len(f[p]))]
	}},
	{"appended bytes", func(r *rand.Rand, f files) {
		p := f.pick(r)
		extra := []string{"x", "\n", "{}\n", "\x00", `{"action":"note"`, string(lines(f[fileName])[1])}
		f[p] = append(f[p], extra[r.IntN(len(extra))]...)
	}},
	{"removed line", func(r *rand.Rand, f files) {
		l := lines(f[fileName])
		i := r.IntN(len(l))
		f[fileName] = unlines(slices.Delete(l, i, i+1))
	}},
	{"swapped lines", func(r *rand.Rand, f files) {
		l := lines(slices.Concat(f[fileName]))
		l[len(l)-1] = append(l[len(l)-1], '\n')
		i, j := r.IntN(len(l)), r.IntN(len(l))
		l[i], l[j] = l[j], l[i]
		f[fileName] = unlines(l)
	}},
	{"doubled line", func(r *rand.Rand, f files) {
		l := lines(f[fileName])
		i := r.IntN(len(l) - 1)
		f[fileName] = unlines(slices.Insert(l, i, l[i]))
	}},
	{"added line", func(r *rand.Rand, f files) {
		n := len(lines(f[fileName])) + 1
		f[fileName] = fmt.Appendf(f[fileName], `{"action":"note","actor":"ana@lab","body":{"text":"forged"},"seq":%d,"time":"2026-03-04T06:00:00.000000Z","tool":"exhibit test"}`+"\n", n)
	}},
	{"removed checkpoint", func(r *rand.Rand, f files) {
		c := f.checkpoints()
		delete(f, c[r.IntN(len(c))])
	}},
	{"swapped checkpoints", func(r *rand.Rand, f files) {
		c := f.checkpoints()
		i, j := c[r.IntN(len(c))], c[r.IntN(len(c))]
		f[i], f[j] = f[j], f[i]
	}},
	{"added checkpoint", func(r *rand.Rand, f files) {
		c := f.checkpoints()
		names := []string{"00000099.txt", "1.txt", "00000001.txt.bak", ".x", "00000000.txt", "000000001.txt", "00000001.TXT"}
		f[checkpointDir+"/"+names[r.IntN(len(names))]] = slices.Clone(f[c[r.IntN(len(c))]])
	}},
	{"second signature", func(r *rand.Rand, f files) {
		c := f.checkpoints()
		p := c[r.IntN(len(c))]
		f[p] = append(f[p], "— witness.example AAAAAAAAAAA=\n"...)
	}},
	{"cut lines, checkpoints kept", func(r *rand.Rand, f files) {
		l := lines(f[fileName])
		f[fileName] = unlines(l[:1+r.IntN(len(l)-1)])
	}},
	{"missing newline and checkpoint", func(r *rand.Rand, f files) {
		c := f.checkpoints()
		delete(f, c[len(c)-1])
		l := lines(f[fileName])
		last := len(f[fileName]) - len(l[len(l)-1])
		f[fileName] = f[fileName][:last+r.IntN(len(l[len(l)-1]))]
	}},
	{"planted ledger.next", func(r *rand.Rand, f files) {
		// With a line taken away and its checkpoint put where an interrupted append would have left one.
		c := f.checkpoints()
		i := r.IntN(len(c))
		f[nextName] = f[c[i]]
		if i < len(c)-1 {
			delete(f, c[i])
		}
	}},
}

// Every alteration is found, by Verify always and with a place, by Open at least where it concerns the lines.
func TestEveryAlterationIsFound(t *testing.T) {
	rounds := 10_000
	if testing.Short() {
		rounds = 1_000
	}
	l := testCase(t, testKey(t, "ana@lab"), 4)
	head := l.Head()
	whole := readFiles(t, l.Dir())
	r := rand.New(rand.NewPCG(1, 2))
	current := whole
	for i := range rounds {
		a := alterations[i%len(alterations)]
		altered := files{}
		for path, data := range whole {
			altered[path] = slices.Clone(data)
		}
		a.do(r, altered)
		if altered.equal(whole) {
			continue
		}
		altered.put(t, l.Dir(), current)
		current = altered
		report := mustVerify(t, l.Dir(), VerifyOptions{})
		if cleanCut(whole, altered) {
			// Lines cut off together with their checkpoints: only a noted head tells.
			if !report.OK() || !report.TruncationUnknown {
				t.Errorf("round %d, %s: a clean cut gave %v", i, a.name, report.Problems)
			}
			report = mustVerify(t, l.Dir(), VerifyOptions{Head: &head})
		}
		if report.OK() {
			t.Errorf("round %d, %s: not found", i, a.name)
		}
		for _, p := range report.Problems {
			if p.Path == "" || p.What == "" {
				t.Errorf("round %d, %s: problem without a place: %+v", i, a.name, p)
			}
		}
		if i%4 > 0 {
			continue // Open shares its code with Verify: a quarter of the rounds is enough
		}
		if _, err := Open(l.Dir()); err == nil && !bytes.Equal(whole[fileName], altered[fileName]) && !cleanCut(whole, altered) {
			t.Errorf("round %d, %s: Open accepted altered lines", i, a.name)
		}
	}
}

// cleanCut says whether altered is a whole ledger of fewer entries.
func cleanCut(whole, altered files) bool {
	n := bytes.Count(altered[fileName], []byte("\n"))
	if !bytes.HasPrefix(whole[fileName], altered[fileName]) || n == 0 || !bytes.HasSuffix(altered[fileName], []byte("\n")) || len(altered) != n+1 {
		return false
	}
	for i := 1; i <= n; i++ {
		if !bytes.Equal(whole[checkpointPath(int64(i))], altered[checkpointPath(int64(i))]) {
			return false
		}
	}
	return true
}

func TestTamperingIsPlaced(t *testing.T) {
	key := testKey(t, "ana@lab")
	tests := []struct {
		name  string
		alter func(dir string) error
		want  string // one of the problems
	}{
		{"text of line 3", func(dir string) error { return replace(dir, "number 2", "number 9") }, "ledger.jsonl:3: not the line that checkpoints/00000003.txt was signed for"},
		{"space in line 2", func(dir string) error { return replace(dir, `"seq":2`, `"seq": 2`) }, "ledger.jsonl:2: not the canonical JSON of an entry"},
		{"number of line 4", func(dir string) error { return replace(dir, `"seq":4`, `"seq":7`) }, "ledger.jsonl:4: seq is 7, so lines are missing, added or out of order"},
		{"action of line 2", func(dir string) error { return replace(dir, `"note","actor"`, `"Note","actor"`) }, `ledger.jsonl:2: action "Note" is not in the list`},
		{"no ledger", func(dir string) error { return os.Remove(filepath.Join(dir, fileName)) }, "ledger.jsonl: missing"},
		{"no checkpoints", func(dir string) error { return os.RemoveAll(filepath.Join(dir, checkpointDir)) }, "checkpoints: missing"},
		{"no checkpoint 2", func(dir string) error { return os.Remove(filepath.Join(dir, checkpointPath(2))) }, "checkpoints/00000002.txt: missing"},
		{"ledger is a folder", func(dir string) error {
			path := filepath.Join(dir, fileName)
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o755))
		}, "ledger.jsonl: not a regular file"},
		{"checkpoint is a link", func(dir string) error {
			path := filepath.Join(dir, checkpointPath(2))
			return errors.Join(os.Rename(path, path+".away"), os.Symlink(path+".away", path))
		}, "checkpoints/00000002.txt: not a regular file"},
		{"huge checkpoint", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, checkpointPath(2)), make([]byte, maxCheckpoint+1), 0o644)
		}, "checkpoints/00000002.txt: longer than the 16384 bytes it can have"},
		{"folder among the checkpoints", func(dir string) error { return os.Mkdir(filepath.Join(dir, checkpointDir, "x"), 0o755) }, "checkpoints/x: not a file of the ledger"},
		{"stray bits in the signature", func(dir string) error { return strayBits(filepath.Join(dir, checkpointPath(2))) }, "checkpoints/00000002.txt: not as it was written, though the signed text is"},
		{"key of the case", func(dir string) error { return replace(dir, key.Verifier, testKey(t, "eve@lab").Verifier) }, "checkpoints/00000001.txt: not signed by eve@lab"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := testCase(t, key, 5)
			if err := tt.alter(l.Dir()); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range mustVerify(t, l.Dir(), VerifyOptions{}).Problems {
				got = append(got, p.String())
			}
			if !slices.Contains(got, tt.want) {
				t.Errorf("problems:\n%s\nwant %s", strings.Join(got, "\n"), tt.want)
			}
		})
	}
}

func replace(dir, old, with string) error {
	path := filepath.Join(dir, fileName)
	data, err := os.ReadFile(path)
	if err == nil && !strings.Contains(string(data), old) {
		err = fmt.Errorf("%q is not there", old)
	}
	return errors.Join(err, os.WriteFile(path, []byte(strings.Replace(string(data), old, with, 1)), 0o644))
}

// strayBits sets bits in the last base64 letter that decoding drops: 68 bytes leave four bits of the last letter unused.
func strayBits(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	i := bytes.LastIndexByte(data, '=') - 1
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	data[i] = letters[strings.IndexByte(letters, data[i])|1]
	return os.WriteFile(path, data, 0o644)
}

// Whoever makes the whole case anew with a key of their own is told apart only by what is known from elsewhere.
func TestForgedCase(t *testing.T) {
	real := testCase(t, testKey(t, "ana@lab"), 4)
	forged := testCase(t, testKey(t, "ana@lab"), 4)
	if r := mustVerify(t, forged.Dir(), VerifyOptions{}); !r.OK() || len(r.Limits()) != 2 {
		t.Errorf("report = %+v", r)
	}
	head := real.Head()
	if r := mustVerify(t, forged.Dir(), VerifyOptions{Head: &head}); r.OK() {
		t.Error("the noted head did not tell")
	}
	if r := mustVerify(t, forged.Dir(), VerifyOptions{TrustedKey: real.Info().Key}); r.OK() || r.KeyTrusted {
		t.Error("the trusted key did not tell")
	}
	if _, err := Verify(forged.Dir(), VerifyOptions{TrustedKey: "junk"}); err == nil {
		t.Error("a bad key was accepted")
	}
}

func TestNotedHead(t *testing.T) {
	l := testCase(t, testKey(t, "ana@lab"), 3)
	early := l.Head()
	appendNote(t, l, "one more")
	late := l.Head()
	for _, head := range []Head{early, late} {
		if err := l.Extends(head); err != nil {
			t.Errorf("Extends(%v) = %v", head, err)
		}
	}
	for _, head := range []Head{{early.Size, late.Root}, {late.Size, early.Root}, {late.Size + 1, late.Root}} {
		if err := l.Extends(head); err == nil {
			t.Errorf("Extends(%v) gave no error", head)
		}
	}
}

// FuzzOpen reads any bytes as a ledger, with a checkpoint that is signed for exactly these bytes, so that the reader gets
// past the signature.
func FuzzOpen(f *testing.F) {
	key := testKey(f, "ana@lab")
	l := testCase(f, key, 3)
	good := read(f, filepath.Join(l.Dir(), fileName))
	f.Add([]byte(good))
	f.Add([]byte(good[:len(good)-20]))
	f.Add([]byte(strings.Replace(good, `"seq":2`, `"seq":3`, 1)))
	f.Add([]byte("\n\n{}\n"))
	dir := f.TempDir()
	if err := os.Mkdir(filepath.Join(dir, checkpointDir), 0o755); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &state{}
		c := &collector{}
		if err := s.scan(bytes.NewReader(data), c); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, fileName), string(data))
		head, err := s.head()
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signCheckpoint(Checkpoint{Origin: l.Info().Origin, Head: head}, key)
		if err != nil {
			t.Fatal(err)
		}
		last := filepath.Join(dir, checkpointDir, checkpointName(max(head.Size, 1)))
		write(t, last, string(signed))
		defer os.Remove(last)
		report, err := Verify(dir, VerifyOptions{})
		if err != nil {
			t.Fatal(err)
		}
		opened, err := Open(dir)
		if (err == nil) != report.OK() {
			t.Fatalf("Open says %v, Verify %v", err, report.Problems)
		}
		if err != nil {
			return
		}
		for _, err := range opened.Entries(0) {
			if err != nil {
				t.Errorf("reading an accepted ledger: %v", err)
			}
		}
	})
}
