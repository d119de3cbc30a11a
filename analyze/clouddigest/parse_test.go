package clouddigest

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/clouddigest/digesttest"
	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

func gunzip(t testing.TB, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestOpenSSL lets another program verify a signature over the string that this
// package builds: the test's own signer could be wrong in the same way.
func TestOpenSSL(t *testing.T) {
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("SKIPPED: openssl is not installed; nothing independent verifies a signature")
	}
	trail := digesttest.NewTrail(t, "us-east-1")
	chain := trail.Chain(digesttest.Start(), 2, 1)
	for i, d := range chain {
		doc := new(jsontape.Doc)
		if err := doc.Parse(d.Content); err != nil {
			t.Fatal(err)
		}
		v := doc.Root()
		text := stringToSign(string(v.Get("digestEndTime").Text()), trail.Bucket, d.Object, sha256.Sum256(d.Content), v.Get("previousDigestSignature"))
		signature, err := hex.DecodeString(d.Signature)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		digesttest.Files{
			"text": text, "signature": signature, "altered": append([]byte("x"), text...),
			"key.pem": pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: trail.Key.Value()}),
		}.Write(t, dir)
		for file, want := range map[string]bool{"text": true, "altered": false} {
			cmd := exec.CommandContext(t.Context(), program, "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", file)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if (err == nil) != want {
				t.Errorf("digest %d, %s: openssl says %q, %v", i, file, out, err)
			}
		}
	}
}

func TestParsePlace(t *testing.T) {
	for name, want := range map[string]*place{
		"p/AWSLogs/o-1/111122223333/CloudTrail-Digest/eu-west-1/2026/04/06/111122223333_CloudTrail-Digest_eu-west-1_a_b.c_us-east-1_20260406T010131Z.json.gz": {
			account: "111122223333", region: "eu-west-1", name: "a_b.c", home: "us-east-1", end: digesttest.Start().Unix() + 3600,
		},
		"111122223333_CloudTrail-Digest_eu-west-1_t_us-east-1_20260406T010131Z_backfill.json.gz": {
			account: "111122223333", region: "eu-west-1", name: "t", home: "us-east-1", backfill: true, end: digesttest.Start().Unix() + 3600,
		},
		"111122223333_CloudTrail_eu-west-1_20260406T0101Z_x.json.gz":        nil,
		"111122223333_CloudTrail-Digest_eu-west-1_t_us-east-1_2026.json.gz": nil,
		"111122223333_CloudTrail-Digest_eu-west-1_20260406T010131Z.json.gz": nil,
		"_CloudTrail-Digest_.json.gz":                                       nil,
		"":                                                                  nil,
	} {
		got, ok := parsePlace(name)
		if ok != (want != nil) {
			t.Errorf("%s: understood %v", name, ok)
		}
		if want != nil {
			if diff := cmp.Diff(*want, got, cmp.AllowUnexported(place{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
}

// TestPublishedKeys reads keys and times in the ways in which AWS's
// documentation and programs write them.
func TestPublishedKeys(t *testing.T) {
	key := digesttest.NewKey(t, "us-east-1", digesttest.Start(), digesttest.Start().AddDate(0, 0, 1))
	number := digesttest.PublicKeys(key)
	asText := bytes.ReplaceAll(bytes.ReplaceAll(number, []byte(":1775433691,"), []byte(`:"1775433691.0",`)), []byte("PublicKeyList"), []byte("publicKeyList"))
	asTime := bytes.ReplaceAll(number, []byte(":1775433691,"), []byte(`:"2026-04-06T02:01:31+02:00",`))
	for name, data := range map[string][]byte{"number": number, "text": asText, "time": asTime, "UTF-16": utf16(number)} {
		if name != "number" && bytes.Equal(data, number) {
			t.Fatalf("%s: the example is not another one: %s", name, number)
		}
		body, err := plain(data)
		if err != nil {
			t.Fatal(err)
		}
		keys, _, err := parseDocument(new(jsontape.Doc), body)
		if err != nil || len(keys) != 1 {
			t.Fatalf("%s: %d keys, %v", name, len(keys), err)
		}
		k := keys[0]
		if !k.fits || *k.from != digesttest.Start().Unix() || *k.to != digesttest.Start().Unix()+86400 || k.public.N.Cmp(key.N) != 0 {
			t.Errorf("%s: %+v", name, k)
		}
	}
}

// utf16 is what PowerShell makes of the output of a program.
func utf16(text []byte) []byte {
	out := []byte{0xff, 0xfe}
	for _, c := range text {
		out = append(out, c, 0)
	}
	return out
}

func FuzzDigest(f *testing.F) {
	trail := digesttest.NewTrail(f, "us-east-1")
	for _, d := range trail.Chain(digesttest.Start(), 2, 1) {
		f.Add(d.Content)
	}
	f.Add([]byte(`{"digestS3Object":"","digestEndTime":"2026-04-06T00:00:00Z","previousDigestSignature":null,"logFiles":[{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := parseDigest(new(jsontape.Doc), data)
		if err != nil {
			return
		}
		if d.sum != sha256.Sum256(data) {
			t.Error("another hash than that of the content")
		}
		if p, ok := parsePlace(d.object); ok && renamed(d.object, p.end, p.end) != d.object {
			t.Errorf("%q is renamed to %q", d.object, renamed(d.object, p.end, p.end))
		}
	})
}

func FuzzDocument(f *testing.F) {
	trail := digesttest.NewTrail(f, "us-east-1")
	f.Add(digesttest.PublicKeys(trail.Key))
	f.Add(trail.Chain(digesttest.Start(), 1, 0)[0].Metadata())
	f.Add([]byte(`{"Key":"a","x-amz-meta-signature":"00"}` + "\n" + `[{"Metadata":{"Signature":"zz"}}]`))
	f.Add(utf16([]byte(`{"PublicKeyList":[]}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		body, err := plain(data)
		if err != nil {
			return
		}
		keys, _, err := parseDocument(new(jsontape.Doc), body)
		for _, k := range keys {
			if err != nil || k.public == nil {
				t.Errorf("a key without its value, error %v", err)
			}
		}
	})
}

// FuzzFile reads whole files: compressed or not, of several members, cut off.
func FuzzFile(f *testing.F) {
	trail := digesttest.NewTrail(f, "us-east-1")
	d := trail.Chain(digesttest.Start(), 1, 1)[0]
	packed := digesttest.Gzip(d.Content, []byte("x"))
	f.Add(packed)
	f.Add(packed[:len(packed)-3])
	f.Add(digesttest.Gzip(d.Content[:50], d.Content[50:]))
	f.Add(digesttest.PublicKeys(trail.Key))
	dir := f.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		name := filepath.Base(d.Object)
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		v := &validation{o: Options{Memory: 1 << 30, Threads: 1}, report: newReport()}
		if err := v.readAll(context.Background(), []source{{root, name, name, int64(len(data))}}); err != nil {
			t.Fatal(err)
		}
		if len(v.digests)+len(v.broken) > 1 {
			t.Error("one file is two digests")
		}
		v.index()
		v.attachMetadata()
		v.checkKeys()
		v.chain()
		v.prove()
		v.findMissing()
		v.checkLogs()
		v.finish()
		if err := v.report.WriteResults(io.Discard); err != nil {
			t.Error(err)
		}
	})
}
