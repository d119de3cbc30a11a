package clouddigest

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/clouddigest/digesttest"
)

var update = flag.Bool("update", false, "write the expected report anew")

// verifyFiles validates files that are written to a new folder.
func verifyFiles(t testing.TB, files digesttest.Files, evidence ...Evidence) *Report {
	t.Helper()
	dir := t.TempDir()
	files.Write(t, dir)
	t.Chdir(dir)
	r, err := Verify(t.Context(), Options{Paths: []string{"."}, Evidence: evidence, Threads: 3})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// kinds are the kinds of findings with what each is about.
func kinds(list []Finding) []string {
	var out []string
	for _, f := range list {
		out = append(out, f.Kind+": "+base(f.Object, f.Path))
	}
	slices.Sort(out)
	return out
}

func base(object, path string) string {
	if object == "" {
		object = path
	}
	return object[strings.LastIndexByte(object, '/')+1:]
}

// text is a report as the golden file has it.
func text(r *Report) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%+v\n", r.Counts)
	for _, d := range r.Days {
		fmt.Fprintf(&b, "%+v\n", d)
	}
	for _, k := range r.Keys {
		fmt.Fprintf(&b, "key %s %v %v %s: %d\n", k.Fingerprint, k.From, k.To, k.Path, k.Digests)
	}
	for _, list := range [][]Finding{r.Problems, r.Warnings} {
		fmt.Fprintln(&b)
		for _, f := range list {
			fmt.Fprintf(&b, "%s | %s | %s | %s\n", f.Kind, f.Path, f.Object, f.What)
		}
	}
	fmt.Fprintln(&b)
	for _, l := range r.Limits {
		fmt.Fprintln(&b, l)
	}
	return b.Bytes()
}

// TestIncident wants everything that was done to a copied bucket named, and
// nothing else.
func TestIncident(t *testing.T) {
	golden, err := filepath.Abs(filepath.Join("..", "..", "testdata", "clouddigest", "incident.txt"))
	if err != nil {
		t.Fatal(err)
	}
	in := digesttest.NewIncident(t)
	r := verifyFiles(t, in.Files)
	want := []string{
		KindAppended + ": " + base(in.AppendedDigest, ""), KindDigest + ": " + base(in.AlteredDigest, ""),
		KindMetadata + ": " + base(in.AlteredMetadata, ""), KindMissing + ": " + base(in.Overwritten, ""), KindPlace + ": " + base(in.Moved, ""),
		KindKeyTime + ": " + base(in.ExpiredKey, ""), KindKeyUnknown + ": " + base(in.OtherKey, ""),
		KindLogAltered + ": " + base(in.AlteredLog, ""), KindLogAppended + ": " + base(in.AppendedLog, ""), KindLogMissing + ": " + base(in.DeletedLog, ""),
	}
	for _, d := range in.Deleted {
		want = append(want, KindMissing+": "+base(d, ""))
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, kinds(r.Problems)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	got := text(r)
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(data), string(got)); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// TestUntouched wants nothing to be found in a bucket as it was delivered,
// however it was copied.
func TestUntouched(t *testing.T) {
	trail := digesttest.NewTrail(t, "eu-west-1")
	trail.Prefix = "org/logs/"
	chain := trail.Chain(digesttest.Start(), 30, 2)
	whole := digesttest.Files{"elsewhere/keys.json": digesttest.PublicKeys(trail.Key)}
	whole.Add(chain...)
	flat, plain, below := digesttest.Files{}, digesttest.Files{}, digesttest.Files{}
	for p, data := range whole {
		flat[base(p, "")] = data
		below[strings.TrimPrefix(p, trail.Prefix)] = data
		if name, ok := strings.CutSuffix(p, ".gz"); !ok {
			plain[p] = data
		} else {
			plain[name] = gunzip(t, data)
		}
	}
	lines := digesttest.Files{}
	var list []byte
	for p, data := range whole {
		if key, ok := strings.CutSuffix(p, ".metadata.json"); ok {
			list = append(list, fmt.Sprintf(`{"Bucket":%q,"Key":%q,%s`+"\n", trail.Bucket, key, data[1:])...)
		} else {
			lines[p] = data
		}
	}
	lines["all.jsonl"] = list
	for name, files := range map[string]digesttest.Files{"as delivered": whole, "without folders": flat, "decompressed": plain, "below the prefix": below, "metadata as lines": lines} {
		t.Run(name, func(t *testing.T) {
			r := verifyFiles(t, files)
			if len(r.Problems) > 0 || len(r.Warnings) > 0 {
				t.Errorf("found %v %v", r.Problems, r.Warnings)
			}
			want := Counts{Files: int64(len(files)), Metadata: 30, Public: 1, Trails: 1, Digests: 30, Signature: 30, Logs: 52, LogsOK: 52}
			if diff := cmp.Diff(want, r.Counts); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestProofs wants the level of proof to be what was given.
func TestProofs(t *testing.T) {
	trail := digesttest.NewTrail(t, "eu-west-1")
	chain := trail.Chain(digesttest.Start(), 10, 1)
	all := digesttest.Files{"keys.json": digesttest.PublicKeys(trail.Key)}
	all.Add(chain...)
	rotated := trail
	rotated.Key = digesttest.NewKey(t, "rotated", trail.Key.From, trail.Key.To)
	last := &digesttest.Digest{Start: chain[9].End, End: chain[9].End.Add(time.Hour)}
	rotated.Sign(last, chain[9])
	newKey := digesttest.Files{"keys.json": digesttest.PublicKeys(rotated.Key)}
	newKey.Add(append(slices.Clone(chain), last)...)
	altered := all.Without("keys.json").Without(".metadata.json")
	altered[chain[4].Object] = digesttest.Gzip(bytes.Replace(chain[4].Content, []byte(`"logFiles":[`), []byte(`"logFiles":[ `), 1))
	for _, test := range []struct {
		name                                     string
		files                                    digesttest.Files
		signature, signed, chain, nothing, weaks int64
	}{
		{"keys and metadata", all, 10, 0, 0, 0, 0},
		{"keys alone", all.Without(".metadata.json"), 9, 0, 0, 1, 1},
		{"metadata alone", all.Without("keys.json"), 0, 0, 9, 1, 2},
		{"neither", all.Without("keys.json").Without(".metadata.json"), 0, 0, 9, 1, 2},
		{"the newest key alone", newKey, 1, 10, 0, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := verifyFiles(t, test.files)
			weaks := int64(0)
			for _, w := range r.Warnings {
				if w.Kind == KindWeak {
					weaks++
				}
			}
			got := []int64{r.Signature, r.SignedChain, r.Chain, r.Nothing, weaks}
			if diff := cmp.Diff([]int64{test.signature, test.signed, test.chain, test.nothing, test.weaks}, got); diff != "" || !r.OK() {
				t.Errorf("(-want +got):\n%s%v", diff, r.Problems)
			}
		})
	}
	t.Run("altered, with the chain alone", func(t *testing.T) {
		r := verifyFiles(t, altered)
		if r.OK() || r.Failed == 0 {
			t.Errorf("report = %+v", r)
		}
	})
}

// TestCase wants logs to be found in a case, by name and by hash, and altered
// ones to be named there too.
func TestCase(t *testing.T) {
	trail := digesttest.NewTrail(t, "eu-west-1")
	chain := trail.Chain(digesttest.Start(), 4, 1)
	files := digesttest.Files{"keys.json": digesttest.PublicKeys(trail.Key)}
	files.Add(chain...)
	var evidence []Evidence
	for i, d := range chain {
		log := d.Logs[0]
		delete(files, log.Object)
		e := Evidence{Path: "export.zip::" + log.Object, StreamSHA256: sum(log.Content), CloudTrail: true}
		switch i {
		case 1:
			e.StreamSHA256 = sum([]byte("altered"))
		case 2:
			e.Path = "events.json"
		case 3:
			continue
		}
		evidence = append(evidence, e)
	}
	evidence = append(evidence, Evidence{Path: "lookup.json", StreamSHA256: sum([]byte("x")), CloudTrail: true}, Evidence{Path: "other.log", StreamSHA256: sum([]byte("y"))})
	r := verifyFiles(t, files, evidence...)
	want := []string{KindLogAltered + ": " + base(chain[1].Logs[0].Object, ""), KindLogMissing + ": " + base(chain[3].Logs[0].Object, "")}
	if diff := cmp.Diff(want, kinds(r.Problems)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{KindUncovered + ": case: lookup.json"}, kinds(r.Warnings)); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if r.LogsOK != 2 {
		t.Errorf("%d logs are as the digests name them, want 2", r.LogsOK)
	}
}

// TestBreaks wants gaps, overlaps and missing digests told apart.
func TestBreaks(t *testing.T) {
	trail := digesttest.NewTrail(t, "eu-west-1")
	make := func() (digesttest.Files, []*digesttest.Digest) {
		chain := trail.Chain(digesttest.Start(), 12, 0)
		files := digesttest.Files{"keys.json": digesttest.PublicKeys(trail.Key)}
		files.Add(chain...)
		return files, chain
	}
	name := func(d *digesttest.Digest) string { return base(d.Object, "") }
	tests := map[string]struct {
		change            func(digesttest.Files, []*digesttest.Digest)
		problems, remarks func([]*digesttest.Digest) []string
		earlier           int64
	}{
		"the first ones": {change: func(f digesttest.Files, c []*digesttest.Digest) { f.Remove(c[0]); f.Remove(c[1]) }, earlier: 1},
		"the last ones":  {change: func(f digesttest.Files, c []*digesttest.Digest) { f.Remove(c[11]); f.Remove(c[10]) }},
		"three in a row": {
			change: func(f digesttest.Files, c []*digesttest.Digest) {
				for _, d := range c[3:6] {
					f.Remove(d)
				}
			},
			problems: func(c []*digesttest.Digest) []string {
				return []string{KindMissing + ": " + name(c[3]), KindMissing + ": " + name(c[4]), KindMissing + ": " + name(c[5])}
			},
		},
		"one cut short": {
			change: func(f digesttest.Files, c []*digesttest.Digest) { f[c[5].Object] = f[c[5].Object][:40] },
			problems: func(c []*digesttest.Digest) []string {
				return []string{KindBroken + ": " + name(c[5])}
			},
		},
		"found twice": {
			change: func(f digesttest.Files, c []*digesttest.Digest) { f["copy/"+name(c[5])] = f[c[5].Object] },
			remarks: func(c []*digesttest.Digest) []string {
				return []string{KindDuplicate + ": " + name(c[5])}
			},
		},
		"metadata without a signature": {
			change: func(f digesttest.Files, c []*digesttest.Digest) {
				f[c[5].Object+".metadata.json"] = []byte(`{"Metadata":{}}`)
			},
			problems: func(c []*digesttest.Digest) []string { return []string{KindMetadata + ": " + name(c[5])} },
		},
		"split into members": {
			change: func(f digesttest.Files, c []*digesttest.Digest) {
				f[c[5].Object] = digesttest.Gzip(c[5].Content[:100], c[5].Content[100:])
			},
			remarks: func(c []*digesttest.Digest) []string { return []string{KindMembers + ": " + name(c[5])} },
		},
		"copies with metadata": {
			change: func(f digesttest.Files, c []*digesttest.Digest) { f["AAA/"+name(c[11])] = f[c[11].Object] },
			remarks: func(c []*digesttest.Digest) []string {
				return []string{KindDuplicate + ": " + name(c[11])}
			},
		},
		"another digest of the same name": {
			change: func(f digesttest.Files, c []*digesttest.Digest) {
				f["copy/"+name(c[5])] = digesttest.Gzip(append(c[5].Content, ' '))
			},
			problems: func(c []*digesttest.Digest) []string {
				return []string{KindDigest + ": " + name(c[5]), KindDuplicate + ": " + name(c[5])}
			},
			remarks: func(c []*digesttest.Digest) []string {
				return []string{KindOverlap + ": " + name(c[4]), KindOverlap + ": " + name(c[5]), KindOverlap + ": " + name(c[6])}
			},
		},
		"late logs, twice": {
			change: func(f digesttest.Files, c []*digesttest.Digest) {
				f.Add(trail.Backfill(c[2].Start, c[11].End), trail.Backfill(c[6].Start, c[11].End))
			},
		},
		"a key of somebody else in the bucket": {
			change: func(f digesttest.Files, _ []*digesttest.Digest) {
				f["AWSLogs/keys.json"] = f["keys.json"]
				delete(f, "keys.json")
			},
			remarks: func([]*digesttest.Digest) []string { return []string{KindKeyList + ": keys.json"} },
		},
		"a list of keys that was altered": {
			change: func(f digesttest.Files, _ []*digesttest.Digest) {
				other := digesttest.NewKey(t, "other", trail.Key.From, trail.Key.To)
				list := digesttest.PublicKeys(other)
				f["keys.json"] = bytes.Replace(list, []byte(other.Fingerprint()), []byte(trail.Key.Fingerprint()), 1)
			},
			problems: func(c []*digesttest.Digest) (out []string) {
				for _, d := range c {
					out = append(out, KindSignature+": "+name(d))
				}
				return out
			},
			remarks: func([]*digesttest.Digest) []string {
				return []string{KindKeyList + ": keys.json"}
			},
		},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			files, chain := make()
			test.change(files, chain)
			r := verifyFiles(t, files)
			var problems, remarks []string
			if test.problems != nil {
				problems = test.problems(chain)
				slices.Sort(problems)
			}
			if test.remarks != nil {
				remarks = test.remarks(chain)
			}
			if diff := cmp.Diff(problems, kinds(r.Problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(remarks, kinds(r.Warnings)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if r.Earlier != test.earlier {
				t.Errorf("%d chains go on before, want %d", r.Earlier, test.earlier)
			}
		})
	}
}

// TestSame wants the same results from any number of threads.
func TestSame(t *testing.T) {
	dir := t.TempDir()
	digesttest.NewIncident(t).Files.Write(t, dir)
	t.Chdir(dir)
	var want []byte
	for _, threads := range []int{1, 2, 7} {
		r, err := Verify(t.Context(), Options{Paths: []string{"."}, Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := r.WriteResults(&b); err != nil {
			t.Fatal(err)
		}
		b.Write(text(r))
		if want == nil {
			want = b.Bytes()
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%d threads (-want +got):\n%s", threads, diff)
		}
	}
}

// TestHostile gives what must end in an error or a finding, and never leave the
// folder.
func TestHostile(t *testing.T) {
	trail := digesttest.NewTrail(t, "eu-west-1")
	chain := trail.Chain(digesttest.Start(), 3, 1)
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret.json.gz")
	inside := filepath.Join(dir, "in")
	files := digesttest.Files{}
	files.Add(chain...)
	delete(files, chain[1].Logs[0].Object)
	files.Write(t, inside)
	if err := os.WriteFile(secret, digesttest.Gzip(chain[1].Logs[0].Content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(inside, base(chain[1].Logs[0].Object, ""))); err != nil {
		t.Skipf("SKIPPED: no symbolic links here: %v", err)
	}
	evil := digesttest.Trail{Account: "../../..", Region: "x", Name: "y", Home: "z", Bucket: "b", Key: trail.Key}
	d := evil.Chain(digesttest.Start(), 1, 1)
	digesttest.Files{"evil.json": d[0].Content}.Write(t, inside)
	if !testing.Short() { // it takes the race detector a minute
		digesttest.Files{"bomb.json.gz": digesttest.Gzip(make([]byte, 300<<20))}.Write(t, inside)
	}
	digesttest.Files{"deep.json": bytes.Repeat([]byte("["), 1<<20), "empty": nil}.Write(t, inside)
	r, err := Verify(t.Context(), Options{Paths: []string{inside}, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	got := kinds(r.Problems)
	if want := KindLogMissing + ": " + base(chain[1].Logs[0].Object, ""); !slices.Contains(got, want) {
		t.Errorf("problems %q, want %q", got, want)
	}
	if !slices.ContainsFunc(r.Warnings, func(f Finding) bool { return f.Kind == KindLeftOut }) {
		t.Errorf("the link is not named: %v", r.Warnings)
	}
	if !testing.Short() && !slices.ContainsFunc(r.Warnings, func(f Finding) bool { return f.Kind == KindUnreadable && strings.Contains(f.Path, "bomb") }) {
		t.Errorf("the bomb is not named: %v", r.Warnings)
	}
}

func TestNothing(t *testing.T) {
	if _, err := Verify(t.Context(), Options{Paths: []string{t.TempDir()}}); !errors.Is(err, ErrNoDigests) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Verify(t.Context(), Options{Paths: []string{filepath.Join(t.TempDir(), "none")}}); err == nil {
		t.Error("no folder: no error")
	}
	dir := t.TempDir()
	digesttest.NewIncident(t).Files.Write(t, dir)
	if _, err := Verify(t.Context(), Options{Paths: []string{dir}, Memory: 1 << 12}); err == nil || !strings.Contains(err.Error(), "--memory") {
		t.Errorf("too little memory: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Verify(ctx, Options{Paths: []string{dir}}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
