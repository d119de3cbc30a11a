package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// testClock starts at a fixed time and advances 1.5 seconds a call.
func testClock() func() time.Time {
	now := time.Date(2026, 3, 4, 5, 6, 7, 8000, time.UTC)
	return func() time.Time {
		now = now.Add(1500 * time.Millisecond)
		return now
	}
}

func testOptions() Options {
	return Options{Clock: testClock(), Tool: "exhibit test"}
}

func testKey(t testing.TB, name string) *Key {
	t.Helper()
	key, err := CreateKey(filepath.Join(t.TempDir(), "keys", "examiner.key"), name)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// testCase makes a ledger with the given number of entries, create included.
func testCase(t testing.TB, key *Key, entries int) *Ledger {
	t.Helper()
	l, err := Create(filepath.Join(t.TempDir(), "a.case"), key, CreateBody{Label: "training <1>", Examiner: "E. Xaminer"}, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < entries; i++ {
		appendNote(t, l, fmt.Sprintf("note number %d", i))
	}
	return l
}

func appendNote(t testing.TB, l *Ledger, text string) Head {
	t.Helper()
	head, err := l.Append(ActionNote, map[string]any{"text": text})
	if err != nil {
		t.Fatal(err)
	}
	return head
}

func mustVerify(t testing.TB, dir string, opts VerifyOptions) *Report {
	t.Helper()
	r, err := Verify(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLedgerRoundTrip(t *testing.T) {
	key := testKey(t, "ana@lab")
	l := testCase(t, key, 12)
	opened, err := Open(l.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if opened.Head() != l.Head() || opened.Head().Size != 12 {
		t.Errorf("opened head %v, written head %v", opened.Head(), l.Head())
	}
	if got := opened.Info(); got.Label != "training <1>" || got.Key != key.Verifier || got.Origin != originPrefix+got.ID {
		t.Errorf("info = %+v", got)
	}
	want := int64(5)
	for e, err := range opened.Entries(4) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Seq != want || e.Action != ActionNote || e.Actor != "ana@lab" || string(e.Body) != fmt.Sprintf(`{"text":"note number %d"}`, want-1) {
			t.Errorf("entry %d = %+v", want, e)
		}
		want++
	}
	if want != 13 {
		t.Errorf("iteration ended before entry %d", want)
	}
	e, err := opened.Entry(2)
	if err != nil || e.Time != "2026-03-04T05:06:10.000008Z" {
		t.Errorf("entry 2 = %+v, %v", e, err)
	}
	if _, err := opened.Append(ActionNote, map[string]any{}); err == nil {
		t.Error("a ledger open for reading took an entry")
	}
	r := mustVerify(t, l.Dir(), VerifyOptions{})
	if !r.OK() || len(r.Warnings) > 0 || r.KeyTrusted || !r.TruncationUnknown || r.Entries != 12 || r.Checkpoints != 12 || len(r.Limits()) != 2 {
		t.Errorf("report = %+v", r)
	}
	head := l.Head()
	r = mustVerify(t, l.Dir(), VerifyOptions{Head: &head, TrustedKey: key.Verifier})
	if !r.OK() || !r.KeyTrusted || r.TruncationUnknown || !r.HeadProven || len(r.Limits()) != 0 {
		t.Errorf("report = %+v", r)
	}
}

func TestAppendRefuses(t *testing.T) {
	l := testCase(t, testKey(t, "ana@lab"), 1)
	tests := []struct {
		name, action string
		body         any
	}{
		{"unknown action", "delete", map[string]any{}},
		{"second create", ActionCreate, map[string]any{}},
		{"body is a list", ActionNote, []int{1}},
		{"body is nothing", ActionNote, nil},
		{"float", ActionNote, map[string]any{"cost": 0.1}},
		{"invalid UTF-8", ActionNote, map[string]any{"path": "\xff"}},
		{"too long", ActionNote, map[string]any{"text": strings.Repeat("x", maxLine)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if head, err := l.Append(tt.action, tt.body); err == nil {
				t.Errorf("Append = %v, want an error", head)
			}
		})
	}
	appendNote(t, l, "still works")
	if r := mustVerify(t, l.Dir(), VerifyOptions{}); !r.OK() || r.Entries != 2 {
		t.Errorf("report = %+v", r)
	}
}

func TestCreateRefuses(t *testing.T) {
	key := testKey(t, "ana@lab")
	l := testCase(t, key, 2)
	if _, err := Create(l.Dir(), key, CreateBody{}, testOptions()); err == nil {
		t.Error("an existing ledger was overwritten")
	}
	foreign := t.TempDir()
	write(t, filepath.Join(foreign, fileName), `{"someone":"else's file"}`)
	if _, err := Create(foreign, key, CreateBody{}, testOptions()); err == nil {
		t.Error("a foreign file was overwritten")
	}
	if _, err := Create(t.TempDir(), key, CreateBody{}, Options{}); err == nil {
		t.Error("no clock and no tool were accepted")
	}
	if _, err := Create(t.TempDir(), nil, CreateBody{}, testOptions()); err == nil {
		t.Error("no key was accepted")
	}
}

func TestOtherKeyCannotAppend(t *testing.T) {
	l := testCase(t, testKey(t, "ana@lab"), 2)
	_, err := OpenForAppend(l.Dir(), testKey(t, "ana@lab"), testOptions())
	var other *KeyError
	if !errors.As(err, &other) {
		t.Errorf("OpenForAppend = %v, want a KeyError", err)
	}
}

func TestWarnsOfTimeRunningBackwards(t *testing.T) {
	key := testKey(t, "ana@lab")
	l := testCase(t, key, 3)
	l, err := OpenForAppend(l.Dir(), key, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	appendNote(t, l, "by a clock set back")
	r := mustVerify(t, l.Dir(), VerifyOptions{})
	if !r.OK() || len(r.Warnings) != 1 || r.Warnings[0].Line != 4 {
		t.Errorf("problems %v, warnings %v", r.Problems, r.Warnings)
	}
}

// A checkpoint must be readable by any implementation of signed notes and RFC 6962.
func TestCheckpointInterop(t *testing.T) {
	key := testKey(t, "ana@lab")
	l := testCase(t, key, 7)
	v, err := note.NewVerifier(key.Verifier)
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open([]byte(read(t, filepath.Join(l.Dir(), "checkpoints", "00000007.txt"))), note.VerifierList(v))
	if err != nil {
		t.Fatal(err)
	}
	var stored storedTree
	lines := strings.Split(read(t, filepath.Join(l.Dir(), "ledger.jsonl")), "\n")
	for i, line := range lines[:7] {
		hashes, err := tlog.StoredHashes(int64(i), []byte(line), stored)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(7, stored)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%s\n7\n%s\n", l.Info().Origin, root); n.Text != want {
		t.Errorf("signed text %q, want %q", n.Text, want)
	}
}

// crash describes what is on disk after an append of the third entry was killed.
type crash struct {
	name          string
	line          int // bytes of the new line that were written; -1 for all with the newline
	next          bool
	pending, torn bool
}

func TestInterruptedAppend(t *testing.T) {
	key := testKey(t, "ana@lab")
	tests := []crash{
		{name: "before the line", next: true},
		{name: "one byte", line: 1, next: true, torn: true},
		{name: "half a line", line: 60, next: true, torn: true},
		{name: "all but the newline", line: -2, next: true, torn: true},
		{name: "before the checkpoint is moved", line: -1, next: true, pending: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := testCase(t, key, 2)
			crashAppend(t, l, tt)
			opened, err := Open(l.Dir())
			if err != nil {
				t.Fatal(err)
			}
			r := mustVerify(t, l.Dir(), VerifyOptions{})
			if opened.Pending() != tt.pending || (opened.Torn() != nil) != tt.torn || !r.OK() || r.Pending != tt.pending || (r.Torn != nil) != tt.torn {
				t.Errorf("pending %v, torn %v, report %+v", opened.Pending(), opened.Torn(), r)
			}
			w, err := OpenForAppend(l.Dir(), key, testOptions())
			if err != nil {
				t.Fatal(err)
			}
			appendNote(t, w, "after the crash")
			r = mustVerify(t, l.Dir(), VerifyOptions{})
			if !r.OK() || r.Pending || r.Torn != nil {
				t.Errorf("after repair: %+v", r)
			}
			e, err := w.Entry(w.Head().Size)
			if err != nil || (e.Recovered != nil) != tt.torn {
				t.Errorf("entry after the crash: %+v, %v", e, err)
			}
			if _, err := os.Lstat(filepath.Join(l.Dir(), nextName)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is still there", nextName)
			}
			appendNote(t, w, "and one more")
			if e, err := w.Entry(w.Head().Size); err != nil || e.Recovered != nil {
				t.Errorf("second entry after the crash: %+v, %v", e, err)
			}
		})
	}
}

// crashAppend appends to l, then puts the files into the state that a kill would have left.
func crashAppend(t *testing.T, l *Ledger, c crash) {
	t.Helper()
	path := filepath.Join(l.Dir(), fileName)
	before := read(t, path)
	head := appendNote(t, l, "the entry that was interrupted")
	if err := os.Rename(l.checkpointFile(head.Size), filepath.Join(l.Dir(), nextName)); err != nil {
		t.Fatal(err)
	}
	after := read(t, path)
	end := len(before) + c.line
	if c.line < 0 {
		end = len(after) + 1 + c.line
	}
	write(t, path, after[:end])
}

func TestInterruptedCreate(t *testing.T) {
	key := testKey(t, "ana@lab")
	whole := testCase(t, key, 1)
	line, next := read(t, filepath.Join(whole.Dir(), fileName)), read(t, whole.checkpointFile(1))
	tests := []struct {
		name   string
		file   string
		exists bool
	}{
		{"no line", "", false},
		{"half a line", line[:40], false},
		{"whole line", line, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, checkpointDir), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, nextName), next)
			write(t, filepath.Join(dir, fileName), tt.file)
			exists, err := Exists(dir)
			if err != nil || exists != tt.exists {
				t.Fatalf("Exists = %v, %v", exists, err)
			}
			if exists {
				_, err = OpenForAppend(dir, key, testOptions())
			} else {
				_, err = Create(dir, key, CreateBody{}, testOptions())
			}
			if err != nil {
				t.Fatal(err)
			}
			l, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			e, err := l.Entry(1)
			if err != nil || (e.Recovered != nil) != (tt.name == "half a line") {
				t.Errorf("entry 1 = %+v, %v", e, err)
			}
		})
	}
}

func TestFailedAppendIsTakenBack(t *testing.T) {
	l := testCase(t, testKey(t, "ana@lab"), 3)
	tests := []struct {
		name        string
		block, free func() error
	}{
		{
			"no folder for the checkpoint",
			func() error { return os.Rename(filepath.Join(l.Dir(), checkpointDir), filepath.Join(l.Dir(), "away")) },
			func() error { return os.Rename(filepath.Join(l.Dir(), "away"), filepath.Join(l.Dir(), checkpointDir)) },
		},
		{
			"a folder where ledger.next belongs",
			func() error { return os.MkdirAll(filepath.Join(l.Dir(), nextName, "x"), 0o755) },
			func() error { return os.RemoveAll(filepath.Join(l.Dir(), nextName)) },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := l.Head()
			if err := tt.block(); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Append(ActionNote, map[string]any{"text": "fails"}); err == nil {
				t.Error("Append did not fail")
			}
			if err := tt.free(); err != nil {
				t.Fatal(err)
			}
			opened, err := Open(l.Dir())
			if err != nil || opened.Head() != before {
				t.Errorf("after the failure: %v, %v; want %v", opened, err, before)
			}
		})
	}
}

func TestAppendNoticesAnotherWriter(t *testing.T) {
	key := testKey(t, "ana@lab")
	one := testCase(t, key, 2)
	two, err := OpenForAppend(one.Dir(), key, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	appendNote(t, two, "from the other writer")
	if _, err := one.Append(ActionNote, map[string]any{"text": "too late"}); err == nil {
		t.Error("the ledger was overwritten")
	}
	if r := mustVerify(t, one.Dir(), VerifyOptions{}); !r.OK() || r.Entries != 3 {
		t.Errorf("report = %+v", r)
	}
}

func TestReadersSeeAChangedLine(t *testing.T) {
	l := testCase(t, testKey(t, "ana@lab"), 4)
	path := filepath.Join(l.Dir(), fileName)
	write(t, path, strings.Replace(read(t, path), "number 2", "number 9", 1))
	var tampered *TamperError
	if _, err := l.Entry(3); !errors.As(err, &tampered) || tampered.Line != 3 {
		t.Errorf("Entry = %v", err)
	}
	for e, err := range l.Entries(0) {
		if e.Seq == 3 || err != nil && (!errors.As(err, &tampered) || tampered.Line != 3) {
			t.Errorf("Entries gave %+v, %v", e, err)
		}
	}
}

func TestReadersDuringAppends(t *testing.T) {
	l := testCase(t, testKey(t, "ana@lab"), 2)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for _, look := range []func() error{
		func() error { _, err := Open(l.Dir()); return err },
		func() error {
			r, err := Verify(l.Dir(), VerifyOptions{})
			if err == nil && !r.OK() {
				err = errors.New(r.Problems[0].String())
			}
			return err
		},
	} {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := look(); err != nil {
					t.Errorf("a reader during appends: %v", err)
					return
				}
			}
		})
	}
	for i := range 150 {
		if _, err := l.Append(ActionTag, map[string]any{"tag": i}); err != nil {
			t.Error(err)
			break
		}
	}
	close(done)
	wg.Wait()
}

func TestKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x", "examiner.key")
	key, err := CreateKey(path, "")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := LoadKey(path)
	if err != nil || loaded.Verifier != key.Verifier || loaded.Name != DefaultKeyName() || loaded.Exposed {
		t.Errorf("loaded %+v, %v; created %+v", loaded, err, key)
	}
	if _, err := CreateKey(path, "other"); !errors.Is(err, os.ErrExist) {
		t.Errorf("creating over a key: %v", err)
	}
	private := strings.TrimSpace(read(t, path))
	for _, bad := range []string{"", private[:len(private)-3], strings.Replace(private, "PRIVATE", "PUBLIC", 1), key.Verifier, strings.Repeat("x", 5000)} {
		other := filepath.Join(t.TempDir(), "k")
		write(t, other, bad)
		if _, err := LoadKey(other); err == nil || strings.Contains(err.Error(), private[len(private)-20:]) {
			t.Errorf("LoadKey of %.20q: %v", bad, err)
		}
	}
	for _, bad := range []string{"a b", "a+b", "a\nb", "a\u202eb", "\xff", strings.Repeat("x", 201)} {
		if _, err := CreateKey(filepath.Join(t.TempDir(), "k"), bad); err == nil {
			t.Errorf("the name %q was accepted", bad)
		}
	}
	t.Setenv("EXHIBIT_KEY", "/elsewhere/k")
	if got, err := DefaultKeyPath(); got != "/elsewhere/k" || err != nil {
		t.Errorf("DefaultKeyPath = %q, %v", got, err)
	}
}

// The private half must not reach any output by accident.
func TestKeyDoesNotPrintItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	key, err := CreateKey(path, "ana@lab")
	if err != nil {
		t.Fatal(err)
	}
	seed := strings.TrimSpace(read(t, path))
	seed = seed[len(seed)-44:]
	encoded, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(fmt.Sprintf("%s %+v %#v", encoded, key, key), seed) {
		t.Error("the private key was printed")
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	lock, err := AcquireLock(dir, "exhibit load", since)
	if err != nil {
		t.Fatal(err)
	}
	_, err = AcquireLock(dir, "exhibit note", since)
	var locked *LockedError
	if !errors.As(err, &locked) || locked.Holder == nil || locked.Holder.PID != os.Getpid() || locked.Holder.Command != "exhibit load" ||
		locked.Holder.Since != "2026-01-02T03:04:05Z" {
		t.Fatalf("second lock: %v", err)
	}
	for _, bad := range []string{"", "junk\x1b[2J", `{"pid":"x"}`, strings.Repeat("{", 10_000)} {
		write(t, filepath.Join(dir, lockName), bad)
		if _, err := AcquireLock(dir, "x", since); !errors.As(err, &locked) || locked.Holder != nil || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("second lock over %.10q: %v", bad, err)
		}
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	lock, err = AcquireLock(dir, "exhibit note", since)
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestLockDoesNotFollowALink(t *testing.T) {
	dir, target := t.TempDir(), filepath.Join(t.TempDir(), "precious")
	write(t, target, "precious")
	if err := os.Symlink(target, filepath.Join(dir, lockName)); err != nil {
		t.Logf("SYMLINKS CANNOT BE MADE HERE, NOT TESTED: %v", err)
		return
	}
	if _, err := AcquireLock(dir, "x", time.Unix(0, 0)); err == nil || read(t, target) != "precious" {
		t.Errorf("locking through a link: %v", err)
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
