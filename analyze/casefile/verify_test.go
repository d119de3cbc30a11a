package casefile

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

func TestVerifyCounts(t *testing.T) {
	key := testKey(t)
	evidence := smallEvidence(t)
	dir := filepath.Join(t.TempDir(), "small.case")
	mustLoad(t, dir, key, filepath.Join(evidence, "a"), filepath.Join(evidence, "b"))
	mustLoad(t, dir, key, filepath.Join(evidence, "c"))
	r := mustBeClean(t, dir)
	if r.Evidence != 5 || r.Records != 49 || r.Events != 49 || r.Silent != 0 || r.Tables != int64(len(derivedTables())) || len(r.Notes) != 0 {
		t.Errorf("report = %+v", r)
	}
	if len(r.Limits) != 2 {
		t.Errorf("limits = %q", r.Limits)
	}
	r = mustVerify(t, dir, VerifyOptions{TrustedKey: key.Verifier})
	if !r.OK() || !r.Ledger.KeyTrusted || len(r.Limits) != 1 {
		t.Errorf("with the key: %v, limits %q", r.Problems, r.Limits)
	}
	if r := mustVerify(t, dir, VerifyOptions{TrustedKey: testKey(t).Verifier}); r.OK() {
		t.Error("another key was trusted")
	}
	if r := mustVerify(t, dir, VerifyOptions{Quick: true}); !r.OK() || r.Files == 0 || r.Evidence != 0 {
		t.Errorf("quick: %+v", r)
	}
}

func TestVerifyNothing(t *testing.T) {
	if _, err := Verify(t.Context(), t.TempDir(), VerifyOptions{}); !errors.Is(err, ErrNoCase) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Verify(t.Context(), filepath.Join(t.TempDir(), "none"), VerifyOptions{}); err == nil {
		t.Error("no folder: no error")
	}
	dir := smallCase(t, testKey(t))
	if err := os.Remove(filepath.Join(dir, ledgerFile)); err != nil {
		t.Fatal(err)
	}
	r := mustVerify(t, dir, VerifyOptions{})
	if r.OK() || !slices.Contains(r.Problems, Fault{Path: ledgerFile, What: "missing"}) {
		t.Errorf("without its ledger: %v", r.Problems)
	}
}

// TestVerifyMissingDatabase says that what can be rebuilt may be missing.
func TestVerifyMissingDatabase(t *testing.T) {
	key := testKey(t)
	dir := smallCase(t, key)
	if err := os.RemoveAll(filepath.Join(dir, derivedDir)); err != nil {
		t.Fatal(err)
	}
	if r := mustBeClean(t, dir); len(r.Notes) != 1 || r.Tables != 0 {
		t.Errorf("report = %+v", r)
	}
}

func TestVerifyOriginals(t *testing.T) {
	key := testKey(t)
	evidence := smallEvidence(t)
	dir := filepath.Join(t.TempDir(), "small.case")
	mustLoad(t, dir, key, evidence)
	for _, quick := range []bool{true, false} {
		r := mustVerify(t, dir, VerifyOptions{Quick: quick, Evidence: []string{evidence}})
		if !r.OK() || r.Originals != 5 || len(r.Notes) != 2 { // the empty one and the unrecognised one
			t.Errorf("quick %v: %d originals, problems %v, notes %v", quick, r.Originals, r.Problems, r.Notes)
		}
	}
	lines := filepath.Join(evidence, "a", "lines.jsonl")
	r := mustVerify(t, dir, VerifyOptions{Quick: true, Evidence: []string{lines}})
	if !r.OK() || r.Originals != 1 || len(r.Notes) != 4 {
		t.Errorf("one of five: %d originals, problems %v, notes %v", r.Originals, r.Problems, r.Notes)
	}
	flipBit(t, lines, 30)
	r = mustVerify(t, dir, VerifyOptions{Quick: true, Evidence: []string{lines}})
	if len(r.Problems) != 1 || r.Problems[0].Path != lines || !strings.Contains(r.Problems[0].What, "no evidence of the case has its SHA-256") {
		t.Errorf("an altered original: %v", r.Problems)
	}
}

func TestExtract(t *testing.T) {
	key := testKey(t)
	evidence := smallEvidence(t)
	dir := filepath.Join(t.TempDir(), "small.case")
	mustLoad(t, dir, key, filepath.Join(evidence, "c"))
	mustLoad(t, dir, key, evidence)
	items, err := readManifests(dir, stateOf(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		if it.Evidence == 0 {
			continue
		}
		want, err := os.ReadFile(it.Path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(it.Path, ".gz") {
			z, err := gzip.NewReader(bytes.NewReader(want))
			if err != nil {
				t.Fatal(err)
			}
			if want, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{it.Path, it.SHA256, it.SHA256[:8], strings.ToUpper(it.SHA256[:12])} {
			var got bytes.Buffer
			if err := Extract(t.Context(), dir, name, &got); err != nil {
				t.Errorf("%s: %v", name, err)
			} else if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s: %d bytes, want %d", name, got.Len(), len(want))
			}
		}
	}
	for name, want := range map[string]string{
		"": "no evidence", "zz": "no evidence", "0123456789abcdef": "no evidence",
		filepath.Join(evidence, "b", "empty.jsonl"): "it is empty", filepath.Join(evidence, "b", "noise.bin"): "it is unrecognised",
	} {
		if err := Extract(t.Context(), dir, name, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Extract(%q) = %v, want %s", name, err, want)
		}
	}
	// A flipped bit of the segment gives an error or does not touch the stream.
	segment, path := filepath.Join(dir, recordsDir, "000001.parquet"), filepath.Join(evidence, "c", "trail.json")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(segment)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for at := 0; at < int(info.Size()); at += 7 {
		flipBit(t, segment, at)
		var got bytes.Buffer
		if err := Extract(t.Context(), dir, path, &got); err != nil {
			refused++
		} else if !bytes.Equal(got.Bytes(), whole) {
			t.Errorf("byte %d: an altered stream was extracted without an error", at)
		}
		flipBit(t, segment, at)
	}
	if refused == 0 {
		t.Error("no altered segment was refused")
	}
}

func TestProveEvents(t *testing.T) {
	key := testKey(t)
	dir := smallCase(t, key)
	c := mustOpen(t, dir)
	ids := strings.Fields(queryText(t, c, "select event_id from events_all order by 1"))
	eids := strings.Fields(queryText(t, c, "select eid from events_all order by event_id"))
	if len(ids) != 49 {
		t.Fatalf("%d events", len(ids))
	}
	var last []byte
	for i, id := range ids {
		proof, err := ProveEvent(t.Context(), dir, id)
		if err != nil {
			t.Fatal(err)
		}
		byNumber, err := ProveEvent(t.Context(), dir, eids[i])
		if err != nil || !bytes.Equal(proof, byNumber) {
			t.Errorf("%s and %s give different proofs: %v", id, eids[i], err)
		}
		r, err := CheckProof(proof, key.Verifier)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if want := fmt.Sprintf("%s-%d", r.Evidence.SHA256[:8], r.Record); want != id || !r.KeyTrusted || !r.RawChecked {
			t.Errorf("the proof of %s shows %s", id, want)
		}
		last = proof
	}
	if _, err := CheckProof(last, testKey(t).Verifier); err == nil {
		t.Error("another key was trusted")
	}
	altered := bytes.Replace(last, []byte(`\"records\":`), []byte(`\"records\":1`), 1)
	if bytes.Equal(altered, last) {
		t.Fatal("the proof is not as expected")
	}
	if _, err := CheckProof(altered, ""); err == nil {
		t.Error("an altered proof was accepted")
	}
	prefix, _, _ := strings.Cut(ids[0], "-")
	for _, id := range []string{"", "x", prefix, prefix + "-", prefix + "-0", prefix + "-41", prefix + "--1", prefix + "-1.1", "ffffffff-1", "-1", "0", "99999999999999"} {
		if _, err := ProveEvent(t.Context(), dir, id); err == nil {
			t.Errorf("an event %q was proven", id)
		}
	}
}

// TestManySegments verifies evidence that spans segments, whole and with one of
// them missing.
func TestManySegments(t *testing.T) {
	key := testKey(t)
	evidence := drillEvidence(t, drill.Config{Calls: 30_000, Sources: []string{"bedrock"}, Words: [2]int{30, 300}, MaxTurns: 1})
	small := smallEvidence(t)
	var cases []string
	var loads []*LoadReport
	for _, o := range []struct {
		threads int
		memory  int64
	}{{1, 1 << 30}, {8, 256 << 20}} {
		dir := filepath.Join(t.TempDir(), "x.case")
		for _, path := range []string{evidence, small} {
			lo := loadOptions(dir, key, path)
			lo.Threads, lo.Memory = o.threads, o.memory
			r, err := Load(t.Context(), lo)
			if err != nil {
				t.Fatal(err)
			}
			loads = append(loads, r)
		}
		cases = append(cases, dir)
	}
	first := readTruth(t, cases[0])
	s := stateOf(t, cases[0])
	if len(s.records) < 4 {
		t.Fatalf("%d segments: the test needs more", len(s.records))
	}
	for i, dir := range cases[1:] {
		if !readTruth(t, dir).equal(first) {
			t.Errorf("case %d has other segments or manifests than the first", i+1)
		}
		if d := stateOf(t, dir).derived; !slices.Equal(d.Tables, s.derived.Tables) {
			t.Errorf("case %d has other rows than the first: %v and %v", i+1, d.Tables, s.derived.Tables)
		}
	}
	r := mustBeClean(t, cases[0])
	t.Logf("verified %d MB in %v", r.Bytes>>20, r.Took)
	if r.Evidence != 6 || r.Records != loads[0].Items[0].Records+49 {
		t.Errorf("report = %+v", r)
	}
	if r := mustVerify(t, cases[0], VerifyOptions{Quick: true, Evidence: []string{evidence}}); !r.OK() || r.Originals != 1 {
		t.Errorf("against the original: %v", r.Problems)
	}
	expectStream(t, cases[0], loads[0].Items[0].Path)
	if err := os.Remove(filepath.Join(cases[0], recordsDir, "000002.parquet")); err != nil {
		t.Fatal(err)
	}
	r = mustVerify(t, cases[0], VerifyOptions{})
	var got []string
	for _, p := range r.Problems {
		got = append(got, p.String())
	}
	want := []string{
		"records/000002.parquet: missing",
		fmt.Sprintf("manifests/load-000002.jsonl: line 1 (evidence 1, %s): cannot be checked as a whole: part of it stands in records/000002.parquet, which is altered", ledger.EscapePath(loads[0].Items[0].Path)),
	}
	if !slices.Equal(got, want) || r.Evidence != 5 {
		t.Errorf("problems:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// expectStream extracts an evidence that was not compressed.
func expectStream(t *testing.T, dir, path string) {
	t.Helper()
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := Extract(t.Context(), dir, path, &got); err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("extracting %s: %d bytes of %d, %v", path, got.Len(), len(want), err)
	}
}

// readTruth reads the segments and manifests of a case: what the evidence
// alone decides.
func readTruth(t testing.TB, dir string) tree {
	t.Helper()
	out := tree{}
	for p, data := range readTree(t, dir) {
		if top, _, _ := strings.Cut(p, "/"); slices.Contains(truthFolders(), top) {
			out[p] = data
		}
	}
	return out
}
