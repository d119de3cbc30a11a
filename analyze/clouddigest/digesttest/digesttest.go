// Package digesttest makes CloudTrail logs with their digest files, object
// metadata and list of public keys for tests, in the form that AWS publishes
// and signed with a key of its own. The same call gives the same bytes.
package digesttest

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Key is a key that everybody can make again from its seed: it protects
// nothing.
type Key struct {
	*rsa.PrivateKey
	From, To time.Time // validity
}

// NewKey makes the key of a seed.
func NewKey(t testing.TB, seed string, from, to time.Time) *Key {
	t.Helper()
	e := big.NewInt(65537)
	p, q := prime(seed+" p", e), prime(seed+" q", e)
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	k := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537},
		D:         new(big.Int).ModInverse(e, phi), Primes: []*big.Int{p, q},
	}
	k.Precompute()
	if err := k.Validate(); err != nil {
		t.Fatal(err)
	}
	return &Key{k, from, to}
}

// distances are from the number that is made of a seed to the first prime from
// there on with which the exponent can be used. Looking for one takes a while.
var distances = map[string]int64{
	"us-east-1 p": 860, "us-east-1 q": 328, "eu-west-1 p": 1644, "eu-west-1 q": 202, "ap-south-1 p": 64, "ap-south-1 q": 214,
	"old p": 1162, "old q": 282, "unknown p": 74, "unknown q": 1590, "rotated p": 1224, "rotated q": 1322, "other p": 72, "other q": 1024,
}

// prime returns the prime of 1024 bits of a seed.
func prime(seed string, e *big.Int) *big.Int {
	var text []byte
	for i := range 4 {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", seed, i))
		text = append(text, sum[:]...)
	}
	text[0] |= 0xc0
	text[len(text)-1] |= 1
	p, two, rest := new(big.Int).SetBytes(text), big.NewInt(2), new(big.Int)
	p.Add(p, big.NewInt(distances[seed]))
	for !p.ProbablyPrime(0) || rest.Mod(p, e).Cmp(big.NewInt(1)) == 0 {
		p.Add(p, two)
	}
	return p
}

// Value is the public key as ListPublicKeys gives it: PKCS#1, DER.
func (k *Key) Value() []byte { return x509.MarshalPKCS1PublicKey(&k.PublicKey) }

// Fingerprint is what digests name the key by.
func (k *Key) Fingerprint() string {
	sum := md5.Sum(k.Value())
	return hex.EncodeToString(sum[:])
}

// PublicKeys is the output of aws cloudtrail list-public-keys.
func PublicKeys(keys ...*Key) []byte {
	type item struct {
		ValidityStartTime, ValidityEndTime float64
		Value, Fingerprint                 string
	}
	var list struct{ PublicKeyList []item }
	for _, k := range keys {
		list.PublicKeyList = append(list.PublicKeyList, item{
			float64(k.From.Unix()), float64(k.To.Unix()), base64.StdEncoding.EncodeToString(k.Value()), k.Fingerprint(),
		})
	}
	return encode(list)
}

func encode(v any) []byte {
	data, _ := json.Marshal(v) // the types of this package, which it takes
	return data
}

// Trail is a trail in one account and region.
type Trail struct {
	Account, Region, Name, Home, Bucket, Prefix string
	Key                                         *Key
}

// Digest is a digest file with its logs. Content is not compressed.
type Digest struct {
	Object     string
	Content    []byte
	Signature  string
	Signed     string // what was signed
	Start, End time.Time
	Logs       []Log
	backfill   time.Time
}

// Log is a log file. Content is not compressed.
type Log struct {
	Object  string
	Content []byte
}

// document has the members of a digest in the order of AWS's documentation.
type document struct {
	AWSAccountID                string    `json:"awsAccountId"`
	DigestStartTime             string    `json:"digestStartTime"`
	DigestEndTime               string    `json:"digestEndTime"`
	DigestS3Bucket              string    `json:"digestS3Bucket"`
	DigestS3Object              string    `json:"digestS3Object"`
	DigestPublicKeyFingerprint  string    `json:"digestPublicKeyFingerprint"`
	DigestSignatureAlgorithm    string    `json:"digestSignatureAlgorithm"`
	NewestEventTime             *string   `json:"newestEventTime"`
	OldestEventTime             *string   `json:"oldestEventTime"`
	PreviousDigestS3Bucket      *string   `json:"previousDigestS3Bucket"`
	PreviousDigestS3Object      *string   `json:"previousDigestS3Object"`
	PreviousDigestHashValue     *string   `json:"previousDigestHashValue"`
	PreviousDigestHashAlgorithm *string   `json:"previousDigestHashAlgorithm"`
	PreviousDigestSignature     *string   `json:"previousDigestSignature"`
	LogFiles                    []logFile `json:"logFiles"`
}

type logFile struct {
	S3Bucket        string `json:"s3Bucket"`
	S3Object        string `json:"s3Object"`
	HashValue       string `json:"hashValue"`
	HashAlgorithm   string `json:"hashAlgorithm"`
	NewestEventTime string `json:"newestEventTime"`
	OldestEventTime string `json:"oldestEventTime"`
}

// Chain makes a chain of hours from start on, with a number of logs an hour;
// every seventh hour has none. It begins with a digest without a previous one.
func (t Trail) Chain(start time.Time, hours, logs int) []*Digest {
	var out []*Digest
	var before *Digest
	for h := range hours {
		d := &Digest{Start: start.Add(time.Duration(h) * time.Hour), End: start.Add(time.Duration(h+1) * time.Hour)}
		for n := range logs {
			if h%7 != 6 {
				d.Logs = append(d.Logs, t.Log(d.Start.Add(time.Duration(n+1)*time.Hour/time.Duration(logs+1)), n))
			}
		}
		t.Sign(d, before)
		out, before = append(out, d), d
	}
	return out
}

// Log makes a log file of one event.
func (t Trail) Log(at time.Time, n int) Log {
	at = at.UTC().Truncate(time.Minute)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %v %d", t.Account, t.Region, at, n))
	return Log{
		Object: fmt.Sprintf("%sAWSLogs/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_%.16X.json.gz", t.Prefix, t.Account, t.Region,
			at.Format("2006/01/02"), t.Account, t.Region, at.Format("20060102T1504Z"), sum[:8]),
		Content: fmt.Appendf(nil, `{"Records":[{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::%s:assumed-role/app/i-1","accountId":"%[1]s"},`+
			`"eventTime":"%s","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel","awsRegion":"%s","sourceIPAddress":"198.51.100.7",`+
			`"requestParameters":{"modelId":"example.model-v1"},"requestID":"%x","eventID":"%x","eventType":"AwsApiCall","recipientAccountId":"%[1]s"}]}`,
			t.Account, at.Format(time.RFC3339), t.Region, sum[8:16], sum[16:24]),
	}
}

// Sign writes the content of a digest behind another one, nil for none, and
// signs it.
func (t Trail) Sign(d, before *Digest) {
	end := d.End.UTC().Format(time.RFC3339)
	ending := ""
	if !d.backfill.IsZero() {
		ending = "_backfill"
	}
	d.Object = fmt.Sprintf("%sAWSLogs/%s/CloudTrail-Digest/%s/%s/%s_CloudTrail-Digest_%s_%s_%s_%s%s.json.gz", t.Prefix, t.Account, t.Region,
		d.End.UTC().Format("2006/01/02"), t.Account, t.Region, t.Name, t.Home, d.End.UTC().Format("20060102T150405Z"), ending)
	doc := document{
		AWSAccountID: t.Account, DigestStartTime: d.Start.UTC().Format(time.RFC3339), DigestEndTime: end, DigestS3Bucket: t.Bucket, DigestS3Object: d.Object,
		DigestPublicKeyFingerprint: t.Key.Fingerprint(), DigestSignatureAlgorithm: "SHA256withRSA", LogFiles: []logFile{},
	}
	previous := "null"
	if before != nil {
		sum, algorithm := sha256.Sum256(before.Content), "SHA-256"
		value := hex.EncodeToString(sum[:])
		previous = before.Signature
		doc.PreviousDigestS3Bucket, doc.PreviousDigestS3Object = &t.Bucket, &before.Object
		doc.PreviousDigestHashValue, doc.PreviousDigestHashAlgorithm, doc.PreviousDigestSignature = &value, &algorithm, &before.Signature
	}
	for _, l := range d.Logs {
		sum := sha256.Sum256(l.Content)
		at := d.Start.UTC().Format(time.RFC3339)
		doc.LogFiles = append(doc.LogFiles, logFile{t.Bucket, l.Object, hex.EncodeToString(sum[:]), "SHA-256", at, at})
		doc.OldestEventTime, doc.NewestEventTime = &at, &at
	}
	d.Content = encode(doc)
	sum := sha256.Sum256(d.Content)
	d.Signed = end + "\n" + t.Bucket + "/" + d.Object + "\n" + hex.EncodeToString(sum[:]) + "\n" + previous
	hash := sha256.Sum256([]byte(d.Signed))
	signature, _ := rsa.SignPKCS1v15(nil, t.Key.PrivateKey, crypto.SHA256, hash[:]) // a key of this size signs any hash
	d.Signature = hex.EncodeToString(signature)
}

// Backfill makes a backfill digest, which brings logs that were late.
func (t Trail) Backfill(start time.Time, made time.Time, logs ...Log) *Digest {
	d := &Digest{Start: start, End: start.Add(time.Hour), Logs: logs, backfill: made}
	t.Sign(d, nil)
	return d
}

// Metadata is the output of aws s3api head-object for a digest.
func (d *Digest) Metadata() []byte {
	user := map[string]string{"signature": d.Signature, "signature-algorithm": "SHA256withRSA"}
	if !d.backfill.IsZero() {
		user["backfill-generation-timestamp"] = d.backfill.UTC().Format(time.RFC3339)
	}
	return encode(map[string]any{
		"AcceptRanges": "bytes", "ContentLength": len(d.Content), "ContentType": "application/json", "ContentEncoding": "gzip", "Metadata": user,
	})
}

// Files are the files of a copied bucket by their path.
type Files map[string][]byte

// Add adds digests with their logs and metadata, as they are delivered.
func (f Files) Add(digests ...*Digest) {
	for _, d := range digests {
		f[d.Object] = Gzip(d.Content)
		f[d.Object+".metadata.json"] = d.Metadata()
		for _, l := range d.Logs {
			f[l.Object] = Gzip(l.Content)
		}
	}
}

// Remove removes a digest with its metadata.
func (f Files) Remove(d *Digest) {
	delete(f, d.Object)
	delete(f, d.Object+".metadata.json")
}

// Without returns the files whose path does not end so.
func (f Files) Without(ending string) Files {
	out := Files{}
	for p, data := range f {
		if !strings.HasSuffix(p, ending) {
			out[p] = data
		}
	}
	return out
}

// Write writes the files below a folder.
func (f Files) Write(t testing.TB, dir string) {
	t.Helper()
	for p, data := range f {
		path := filepath.Join(dir, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Gzip returns each text as a gzip member.
func Gzip(texts ...[]byte) []byte {
	var b bytes.Buffer
	for _, text := range texts {
		w := gzip.NewWriter(&b)
		_, _ = w.Write(text) // into memory, which takes everything
		_ = w.Close()
	}
	return b.Bytes()
}
