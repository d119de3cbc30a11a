package cassette

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
)

var began = time.Date(2026, 3, 4, 5, 6, 7, 89_000, time.UTC)

// testPlan is a plan of n requests, of which the first has a body of many
// pieces, and the second none.
func testPlan(n int) *Plan {
	p := &Plan{
		Server: "http://127.0.0.1:11434", Header: []replay.Header{{Name: "Anthropic-Version", Value: "2023-06-01"}},
		Params: map[string]any{"samples": 2, "system": "a <file> & more"},
	}
	for i := range n {
		p.Requests = append(p.Requests, &replay.Outgoing{
			ID: fmt.Sprintf("r%d/logged/1", i), Event: "0a1b2c3d-7", Variant: "logged", Sample: 1, Protocol: replay.OpenAIChat,
			Model: "tiny", Path: "/v1/chat/completions", Body: []byte(fmt.Sprintf(`{"n":%d}`, i)), Masked: i,
			Losses:  []replay.Loss{{Part: "system", Grade: replay.GradeDefaulted, Why: "not logged \u2028"}},
			Changes: []string{"without context 2"},
		})
	}
	if n > 1 {
		p.Requests[0].Body = bytes.Repeat([]byte("0123456789"), 20_000)
		p.Requests[1].Body = []byte{}
	}
	return p
}

func mustCreate(t testing.TB, p *Plan) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.jsonl")
	if err := Create(path, p); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustAppend(t testing.TB, path string) *Writer {
	t.Helper()
	w, err := Append(path, "exhibit test", began)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func mustOpen(t testing.TB, path string) *Reader {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustBegin(t testing.TB, w *Writer, id string) *Recording {
	t.Helper()
	r, err := w.Begin(id, began)
	must(t, err)
	return r
}

func chunk(ms int, text string) replay.Chunk {
	return replay.Chunk{After: time.Duration(ms) * time.Millisecond, Data: []byte(text)}
}

// TestRoundTrip wants of three exchanges that came among each other exactly what
// was put in.
func TestRoundTrip(t *testing.T) {
	p := testPlan(4)
	path := mustCreate(t, p)
	w := mustAppend(t, path)
	ids := w.IDs()
	long := strings.Repeat("x", 2*maxPiece+1)
	a, b := mustBegin(t, w, ids[0]), mustBegin(t, w, ids[2])
	must(t, a.Chunk(chunk(5, "data: 1\n\n")))
	must(t, b.Chunk(chunk(6, "\x00\xff")))
	must(t, a.Chunk(chunk(7, long)))
	ends := []*replay.Exchange{
		{
			Address: "127.0.0.1:11434", Started: began, Status: 200, End: replay.Complete,
			RequestHeader: []replay.Header{{Name: "Authorization", Value: "(left out)"}}, ResponseHeader: []replay.Header{{Name: "X", Value: "caf\xe9"}, {Name: "Y", Value: ""}},
		},
		{Started: began.Add(time.Second), End: replay.Cut, Problem: "the connection ended\xff"},
	}
	must(t, b.End(ends[1]))
	must(t, a.End(ends[0]))
	c := mustBegin(t, w, ids[2])
	must(t, c.Chunk(chunk(1, "again")))
	if !w.Finished(ids[0]) || w.Finished(ids[2]) || w.Finished(ids[3]) {
		t.Error("what is finished while it is written")
	}
	must(t, w.Close())

	r := mustOpen(t, path)
	if diff := cmp.Diff([]string{"r0/logged/1", "r1/logged/1", "r2/logged/1", "r3/logged/1"}, r.IDs()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ends[0].Outgoing, ends[0].Attempts = *p.Requests[0], 1
	for _, piece := range []string{"data: 1\n\n", long[:maxPiece], long[:maxPiece], "x"} {
		ms := 7
		if len(ends[0].Chunks) == 0 {
			ms = 5
		}
		ends[0].Chunks = append(ends[0].Chunks, chunk(ms, piece))
	}
	interrupted := &replay.Exchange{
		Outgoing: *p.Requests[2], Started: began, Attempts: 2, End: replay.Cut, Problem: "the run was interrupted before it ended",
		Chunks: []replay.Chunk{chunk(1, "again")},
	}
	for i, want := range map[int]*replay.Exchange{0: ends[0], 1: {Outgoing: *p.Requests[1]}, 2: interrupted} {
		want.Server = p.Server
		got, err := r.Exchange(ids[i])
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("exchange %d (-want +got):\n%s", i, diff)
		}
	}
	hash, err := p.Hash()
	must(t, err)
	want := &Summary{
		Plan: hash, Server: p.Server, Models: []string{"tiny"}, Requests: 4, Runs: 1, Attempts: 3,
		Ends: map[replay.End]int64{replay.Complete: 1}, Cut: 1, NotSent: 2, Unfinished: 3, Bytes: int64(len("data: 1\n\n"+long) + 5),
	}
	if diff := cmp.Diff(want, r.Summary()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(p.Header, r.Header()); diff != "" || string(r.Params()) != `{"samples":2,"system":"a <file> & more"}` {
		t.Errorf("%s header (-want +got):\n%s", r.Params(), diff)
	}
	data, err := os.ReadFile(path)
	must(t, err)
	sum := sha256.Sum256(data)
	if hex.EncodeToString(sum[:]) != r.SHA256() || w.SHA256() != r.SHA256() {
		t.Error("the hash is not that of the file")
	}
	if _, err := r.Exchange("nobody"); err == nil {
		t.Error("an exchange that the plan does not have")
	}
}

// TestSamePlan wants the same bytes for the same plan, and other ones when
// anything in it differs.
func TestSamePlan(t *testing.T) {
	whole, err := testPlan(3).Hash()
	must(t, err)
	path := mustCreate(t, testPlan(3))
	if got := mustOpen(t, path).PlanHash(); got != whole {
		t.Errorf("in the file %s, before %s", got, whole)
	}
	for name, change := range map[string]func(p *Plan){
		"server":  func(p *Plan) { p.Server = "http://127.0.0.1:11435" },
		"header":  func(p *Plan) { p.Header = nil },
		"params":  func(p *Plan) { p.Params["samples"] = 3 },
		"body":    func(p *Plan) { p.Requests[0].Body[100_000]++ },
		"order":   func(p *Plan) { p.Requests[0], p.Requests[1] = p.Requests[1], p.Requests[0] },
		"id":      func(p *Plan) { p.Requests[2].ID += "x" },
		"changes": func(p *Plan) { p.Requests[2].Changes = nil },
		"losses":  func(p *Plan) { p.Requests[2].Losses[0].Grade = replay.GradeExact },
		"fewer":   func(p *Plan) { p.Requests = p.Requests[:2] },
	} {
		p := testPlan(3)
		change(p)
		if got, err := p.Hash(); err != nil || got == whole {
			t.Errorf("%s: %v, the same hash", name, err)
		}
	}
}

// TestRefusedPlans wants what could not be carried out, or not be read back, to
// be refused before there is a file.
func TestRefusedPlans(t *testing.T) {
	tests := []struct {
		name   string
		change func(p *Plan)
		want   string
	}{
		{"a password", func(p *Plan) { p.Server = "http://ana:hunter22@127.0.0.1" }, "user or a password"},
		{"no URL", func(p *Plan) { p.Server = "http://ana:hunter22@[::1" }, "is no URL"},
		{"another scheme", func(p *Plan) { p.Server = "file:///etc/passwd" }, "not http"},
		{"a query", func(p *Plan) { p.Server = "http://127.0.0.1?key=hunter22hunter22" }, "goes on after its path"},
		{"nothing", func(p *Plan) { p.Requests = nil }, "has 0 requests"},
		{"an id twice", func(p *Plan) { p.Requests[1].ID = p.Requests[0].ID }, "there twice"},
		{"a long id", func(p *Plan) { p.Requests[1].ID = strings.Repeat("x", 257) }, "too long"},
		{"a relative path", func(p *Plan) { p.Requests[0].Path = "v1" }, "no path"},
		{"a path that leads away", func(p *Plan) { p.Requests[0].Path = "@192.0.2.1/" }, "no path"},
		{"no UTF-8", func(p *Plan) { p.Requests[0].Model = "\xff" }, "UTF-8"},
		{"a large body", func(p *Plan) { p.Requests[0].Body = make([]byte, maxBody+1) }, "at most"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := testPlan(2)
			tt.change(p)
			dir := t.TempDir()
			err := Create(filepath.Join(dir, "c"), p)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter22@") {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left: %v, %v", left, err)
			}
		})
	}
	path := mustCreate(t, testPlan(1))
	if err := Create(path, testPlan(1)); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second cassette of a name: %v", err)
	}
}

// TestTorn cuts a cassette at many places of its run: what is there must be read,
// and be resumed to the same end.
func TestTorn(t *testing.T) {
	p := testPlan(3)
	p.Requests[0].Body = []byte("{}")
	path := mustCreate(t, p)
	planned, err := os.ReadFile(path)
	must(t, err)
	w := mustAppend(t, path)
	for _, id := range w.IDs()[:2] {
		r := mustBegin(t, w, id)
		must(t, r.Chunk(chunk(1, "hello")))
		must(t, r.End(&replay.Exchange{Started: began, Status: 200, End: replay.Complete}))
	}
	must(t, w.Close())
	whole, err := os.ReadFile(path)
	must(t, err)
	for n := len(planned); n < len(whole); n += 7 {
		must(t, os.WriteFile(path, whole[:n], 0o600))
		torn := int64(n - 1 - bytes.LastIndexByte(whole[:n], '\n'))
		r, err := Open(path)
		must(t, err)
		if r.Torn() != torn {
			t.Fatalf("cut at %d: torn %d, want %d", n, r.Torn(), torn)
		}
		ids := r.IDs()
		ended := []string{}
		for _, id := range ids {
			if r.Finished(id) {
				ended = append(ended, id)
			}
			if _, err := r.Exchange(id); err != nil {
				t.Fatalf("cut at %d: %v", n, err)
			}
		}
		must(t, r.Close())
		w := mustAppend(t, path)
		for _, id := range ids {
			if w.Finished(id) {
				continue
			}
			rec := mustBegin(t, w, id)
			must(t, rec.End(&replay.Exchange{Started: began, Status: 404, End: replay.Failed}))
		}
		must(t, w.Close())
		r = mustOpen(t, path)
		if s := r.Summary(); s.Unfinished != 0 || int(s.Ends[replay.Complete]) != len(ended) {
			t.Fatalf("cut at %d: %+v, before %v", n, s, ended)
		}
		data, err := os.ReadFile(path)
		must(t, err)
		if said := bytes.Contains(data, []byte(`"torn":{"bytes":`+fmt.Sprint(torn)+`,`)); said != (torn > 0) {
			t.Fatalf("cut at %d: a torn line of %d bytes is recorded: %v", n, torn, said)
		}
		must(t, r.Close())
	}
}

// TestOneWriter keeps a second writer out, and lets readers in.
func TestOneWriter(t *testing.T) {
	path := mustCreate(t, testPlan(1))
	w := mustAppend(t, path)
	if _, err := Append(path, "", began); !errors.Is(err, ErrInUse) {
		t.Errorf("a second writer: %v", err)
	}
	mustOpen(t, path)
	must(t, w.Close())
	must(t, mustAppend(t, path).Close())
}

// TestRules refuses lines that follow from no run.
func TestRules(t *testing.T) {
	p := testPlan(2)
	path := mustCreate(t, p)
	w := mustAppend(t, path)
	r := mustBegin(t, w, "r0/logged/1")
	must(t, r.Chunk(chunk(1, "hello")))
	must(t, r.End(&replay.Exchange{Started: began, Status: 200, End: replay.Complete}))
	must(t, w.Close())
	data, err := os.ReadFile(path)
	must(t, err)
	lines := strings.SplitAfter(string(data), "\n")
	line := func(part string) string {
		for _, l := range lines {
			if strings.HasPrefix(l, part) {
				return l
			}
		}
		t.Fatalf("no line %s", part)
		return ""
	}
	sent, came, end, run, request := line(`{"sent"`), line(`{"chunk"`), line(`{"end"`), line(`{"run"`), line(`{"request"`)
	edit := func(old, now string) string {
		out := strings.Replace(string(data), old, now, 1)
		if out == string(data) {
			t.Fatalf("%q is not there", old)
		}
		return out
	}
	text := string(data)
	tests := []struct{ name, data, want string }{
		{"empty", "", "no cassette"},
		{"no plan", run, "no cassette"},
		{"half a plan", request, "no cassette"},
		{"the plan alone is no whole one", lines[0], "not whole"},
		{"another version", edit(`"schema":1`, `"schema":2`), "not known"},
		{"a blank", edit(`{"end":{`, `{"end": {`), "not spelled"},
		{"an unknown member", edit(`"status":200`, `"status":200,"x":1`), "not spelled"},
		{"a member twice", edit(`"status":200`, `"status":200,"status":200`), "not spelled"},
		{"an unknown kind", text + "{\"x\":1}\n", "not spelled"},
		{"an empty line", text + "\n", "no line of a cassette"},
		{"a carriage return", edit(came, strings.TrimSuffix(came, "\n")+"\r\n"), "no body or chunk"},
		{"base64 with a break", edit(`"data":"aGVsbG8="`, `"data":"aGVs\r\rbG8="`), "no body or chunk"},
		{"an empty chunk", edit(`"data":"aGVsbG8="`, `"data":""`), "no body or chunk"},
		{"base64 with loose bits", edit(`"data":"aGVsbG8="`, `"data":"aGVsbG9="`), "no body or chunk"},
		{"a number with a zero", edit(`"after":1000`, `"after":01000`), "no body or chunk"},
		{"sent again after its end", text + strings.Replace(sent, `"attempt":1`, `"attempt":2`, 1), "after it had ended as complete"},
		{"an attempt left out", edit(sent, strings.Replace(sent, `"attempt":1`, `"attempt":2`, 1)), "where attempt 1 should be"},
		{"a chunk of nothing", edit(came, strings.Replace(came, `"n":1}`, `"n":2}`, 1)), "not under way"},
		{"a chunk left out", edit(came, ""), "its chunks have 0"},
		{"an end twice", text + end, "not under way"},
		{"an end of no kind", edit(`"end":"complete"`, `"end":"good"`), "no end of an exchange"},
		{"a request of no plan", edit(sent, strings.Replace(sent, `"n":1`, `"n":3`, 1)), "no request 3"},
		{"before any run", edit(run, ""), "before a run"},
		{"a second plan", text + lines[0], "second plan"},
		{"one more request", text + request, "one more request"},
		{"another body", edit(`MDEyMzQ1Njc4OTAx`, `MDEyMzQ1Njc4OTAy`), "SHA-256"},
		{"a grade of no kind", edit(`"grade":"defaulted"`, `"grade":"fine"`), "no grade"},
		{"a time of no kind", edit(`"at":"2026-03-04T05:06:07.000089Z"`, `"at":"2026-03-04"`), "no time"},
		{"a huge plan", edit(`"requests":2`, `"requests":2000000`), "it can have"},
		{"a password", edit(`http://127`, `http://a:b@127`), "password"},
		{"a long line", text + strings.Repeat("x", maxLine+1), "longer than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			must(t, os.WriteFile(path, []byte(tt.data), 0o600))
			if _, err := Open(path); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if _, err := Append(path, "", began); err == nil {
				t.Error("it can be appended to")
			} else if got, _ := os.ReadFile(path); string(got) != tt.data {
				t.Error("it was changed")
			}
		})
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder was read")
	}
}

// TestConcurrentRecordings records many exchanges at once and reads them while
// others are written.
func TestConcurrentRecordings(t *testing.T) {
	const n = 200
	path := mustCreate(t, testPlan(n))
	w := mustAppend(t, path)
	ids := make(chan string)
	var workers sync.WaitGroup
	for range maxOpen {
		workers.Go(func() {
			for id := range ids {
				r, err := w.Begin(id, began)
				for i := 0; i < 20 && err == nil; i++ {
					err = r.Chunk(chunk(i, fmt.Sprintf("%s %d;", id, i)))
				}
				if err == nil {
					err = r.End(&replay.Exchange{Started: began, Status: 200, End: replay.Complete})
				}
				if err != nil {
					t.Error(err)
				}
				checkOwn(t, &w.tape, id)
			}
		})
	}
	for _, id := range w.IDs() {
		ids <- id
	}
	close(ids)
	workers.Wait()
	must(t, w.Close())
	r := mustOpen(t, path)
	for _, id := range r.IDs() {
		checkOwn(t, &r.tape, id)
	}
}

func checkOwn(t *testing.T, r *tape, id string) {
	t.Helper()
	x, err := r.Exchange(id)
	if err != nil {
		t.Error(err)
		return
	}
	want := ""
	for i := range 20 {
		want += fmt.Sprintf("%s %d;", id, i)
	}
	if got := string(x.Received()); got != want || x.End != replay.Complete {
		t.Errorf("exchange %s: %q", id, got)
	}
}

// FuzzOpen reads whatever stands in a file. What can be read must be read to its
// last exchange, and be resumed.
func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "c")
	p := testPlan(2)
	p.Requests[0].Body = []byte("{}")
	must(f, Create(path, p))
	w := mustAppend(f, path)
	r := mustBegin(f, w, "r0/logged/1")
	must(f, r.Chunk(chunk(1, "hello")))
	must(f, r.End(&replay.Exchange{Started: began, Status: 503, End: replay.Throttled, ResponseHeader: []replay.Header{{Name: "A", Value: "\xff"}}}))
	mustBegin(f, w, "r1/logged/1")
	must(f, w.Close())
	data, err := os.ReadFile(path)
	must(f, err)
	f.Add(data)
	f.Add(data[:len(data)-5])
	grown := growing(f)
	must(f, grown.Add(&replay.Outgoing{ID: "b", Path: "/", Body: []byte("{}")}))
	must(f, grown.Close())
	data, err = os.ReadFile(grown.file.Name())
	must(f, err)
	f.Add(data)
	f.Add(data[:len(data)-40])
	f.Add([]byte(`{"plan":{"kind":"exhibit-cassette","requests":1,"schema":1,"server":"http://[::1]"}}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, torn, err := scan(bytes.NewReader(data))
		if err != nil {
			return
		}
		if torn == nil && x.size != int64(len(data)) || torn != nil && x.size+torn.Bytes != int64(len(data)) {
			t.Fatalf("%d bytes read and %+v torn of %d", x.size, torn, len(data))
		}
		x.cutOpen(x.size)
		read := &tape{bytes.NewReader(data), x}
		for _, id := range read.IDs() {
			if _, err := read.Exchange(id); err != nil {
				t.Fatal(err)
			}
		}
		before := read.Summary()
		mustTake(t, x, &line{Run: &runLine{At: formatTime(began), Torn: torn}})
		for i, id := range read.IDs() {
			if !read.Finished(id) {
				_, e, _ := x.find(id)
				n, attempt := int64(i+1), e.attempts+1
				mustTake(t, x, &line{Sent: &sentLine{N: n, Attempt: attempt, At: formatTime(began)}})
				mustTake(t, x, &line{End: &endLine{N: n, Attempt: attempt, Started: formatTime(began), End: "complete"}})
			}
		}
		if after := read.Summary(); after.Unfinished != 0 || after.Attempts != before.Attempts+before.Unfinished {
			t.Errorf("before %+v, after %+v", before, after)
		}
	})
}

func mustTake(t *testing.T, x *index, l *line) {
	t.Helper()
	data, err := encode(l)
	must(t, err)
	must(t, x.take(bytes.TrimSuffix(data, []byte{'\n'})))
}

// TestPlanParams wants from the first line what the whole cassette says, and an
// error of what is none.
func TestPlanParams(t *testing.T) {
	p := testPlan(2)
	p.Params = map[string]any{"judge_of": "a"}
	path := mustCreate(t, p)
	got, err := PlanParams(path)
	if err != nil || string(got) != `{"judge_of":"a"}` || string(got) != string(mustOpen(t, path).Params()) {
		t.Errorf("%s, %v", got, err)
	}
	for _, text := range []string{"", "\n", "{}\n", `{"plan":`, `{"run":{"at":"2026-01-01T00:00:00.000000Z"}}` + "\n", (&piece{data: []byte("x"), n: 1}).text(), (&piece{chunk: true, attempt: 1, data: []byte("x"), n: 1}).text()} {
		path := filepath.Join(t.TempDir(), "c")
		must(t, os.WriteFile(path, []byte(text), 0o600))
		if got, err := PlanParams(path); err == nil {
			t.Errorf("%q is a cassette that says %s", text, got)
		}
	}
}

func (p *piece) text() string { return string(p.append(nil)) }
