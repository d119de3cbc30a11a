package clouddigest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// digest is one digest file, as far as validation needs it.
type digest struct {
	file           int32
	bucket, object string
	fingerprint    string
	place          place
	start, end     int64 // seconds
	sum            [sha256.Size]byte
	signed         [sha256.Size]byte // SHA-256 of the string that AWS signs
	appended       bool              // the file goes on behind what was signed
	previous       *link             // nil at the start of a chain
	logs           []logFile

	trail     int32
	metadata  []int32 // what was found for it
	next      []int32 // digests that name it as their previous
	back      int32   // the previous digest, -1 when it is not here
	moved     bool    // it was not found where it says that it is
	refuted   bool    // there is a signature, and its key, and it does not verify
	copyOf    int32   // the same digest, found before; -1 for none
	proof     Proof
	authentic bool   // its content is proven, whatever else is wrong
	faults    string // kinds of what is wrong with it, separated by ", "
	signature []byte // that proves it
	from      string // where that was found
}

// link is what a digest says about the one before it.
type link struct {
	bucket, object string
	sum            []byte // nil when it is not said, or not SHA-256
	signature      []byte // nil when it is not said
}

// logFile is what a digest says about a log file. The times are those of its
// events and are not needed: what counts is when it was delivered.
type logFile struct {
	bucket, object string
	sum            [sha256.Size]byte
	unknown        bool // the hash is none that is known here
}

// place is what the name of a digest says: the trail that it belongs to, and
// the end of its period.
type place struct {
	account, region, name, home string
	backfill                    bool
	end                         int64 // seconds
}

const (
	digestMark   = "_CloudTrail-Digest_"
	nameTime     = "20060102T150405Z"
	nameEnding   = ".json.gz"
	backfillMark = "_backfill"
)

// parsePlace reads the name of a digest (CloudTrail User Guide, "Digest file
// location"). Region and home region hold no underscore, a trail's name can.
// Backfill digests, which bring log files that were delivered late, have a mark
// behind the time and a chain of their own (aws-cli pull request 10059).
func parsePlace(object string) (p place, ok bool) {
	base := object[strings.LastIndexByte(object, '/')+1:]
	base, ok = strings.CutSuffix(base, nameEnding)
	if !ok {
		return p, false
	}
	base, p.backfill = strings.CutSuffix(base, backfillMark)
	account, rest, ok := strings.Cut(base, digestMark)
	if !ok {
		return p, false
	}
	p.account = account
	at := strings.LastIndexByte(rest, '_')
	if at < 0 {
		return p, false
	}
	end, err := time.Parse(nameTime, rest[at+1:])
	if err != nil {
		return p, false
	}
	p.end, rest = end.Unix(), rest[:at]
	if p.region, rest, ok = strings.Cut(rest, "_"); !ok {
		return p, false
	}
	if at = strings.LastIndexByte(rest, '_'); at < 0 {
		return p, false
	}
	p.name, p.home = rest[:at], rest[at+1:]
	return p, true
}

// isDigestName reports whether a file is named like a digest, compressed or not.
func isDigestName(path string) bool {
	base := path[strings.LastIndexByte(path, '/')+1:]
	return strings.Contains(base, digestMark) && (strings.HasSuffix(base, nameEnding) || strings.HasSuffix(base, ".json"))
}

// errNotDigest means that a document is something else.
var errNotDigest = errors.New("no digest")

// parseDigest reads the decompressed content of a digest file. doc is memory
// that is used again.
func parseDigest(doc *jsontape.Doc, content []byte) (*digest, error) {
	if !bytes.Contains(content, []byte("digest")) {
		return nil, errNotDigest
	}
	if err := doc.Parse(content); err != nil {
		return nil, err
	}
	v := doc.Root()
	if !v.Get("digestS3Object").Exists() && !v.Get("digestEndTime").Exists() {
		return nil, errNotDigest
	}
	d := &digest{sum: sha256.Sum256(content), back: -1, copyOf: -1}
	end := ""
	for name, to := range map[string]*string{
		"digestPublicKeyFingerprint": &d.fingerprint, "digestS3Bucket": &d.bucket, "digestS3Object": &d.object, "digestEndTime": &end,
	} {
		if v.Get(name).Kind() != jsontape.String {
			return nil, fmt.Errorf("it does not say %s", name)
		}
		*to = string(v.Get(name).Text())
	}
	var err error
	if d.end, err = parseTime("digestEndTime", end); err != nil {
		return nil, err
	}
	if d.start, err = parseTime("digestStartTime", string(v.Get("digestStartTime").Text())); err != nil {
		return nil, err
	}
	if v.Get("previousDigestSignature").Kind() == jsontape.Missing {
		return nil, errors.New("it does not say previousDigestSignature")
	}
	if a := v.Get("digestSignatureAlgorithm"); a.Exists() && string(a.Text()) != signatureAlgorithm {
		return nil, fmt.Errorf("it is signed with %.40q, which is not known here", a.Text())
	}
	d.place, _ = parsePlace(d.object)
	d.signed = sha256.Sum256(stringToSign(end, d.bucket, d.object, d.sum, v.Get("previousDigestSignature")))
	if d.previous, err = parseLink(v); err != nil {
		return nil, err
	}
	d.logs, err = parseLogs(v.Get("logFiles"), d.bucket)
	return d, err
}

func parseTime(name, text string) (int64, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0, fmt.Errorf("%s %.40q is no time", name, text)
	}
	return t.Unix(), nil
}

// stringToSign is what AWS signs (CloudTrail User Guide, "Custom
// implementations", step D). The time is the text as written. A digest that
// starts a chain has the word null in place of the previous signature, as the
// AWS CLI does it.
func stringToSign(end, bucket, object string, sum [sha256.Size]byte, previous jsontape.Value) []byte {
	signature := "null"
	if previous.Kind() == jsontape.String {
		signature = string(previous.Text())
	}
	return []byte(end + "\n" + bucket + "/" + object + "\n" + hex.EncodeToString(sum[:]) + "\n" + signature)
}

// parseLink reads what a digest says of its previous one. As in the AWS CLI, a
// chain starts where bucket or object is null.
func parseLink(v jsontape.Value) (*link, error) {
	bucket, object := v.Get("previousDigestS3Bucket"), v.Get("previousDigestS3Object")
	if bucket.Kind() != jsontape.String || object.Kind() != jsontape.String {
		return nil, nil
	}
	l := &link{bucket: string(bucket.Text()), object: string(object.Text())}
	var err error
	if s := v.Get("previousDigestSignature"); s.Kind() == jsontape.String {
		if l.signature, err = hex.DecodeString(string(s.Text())); err != nil {
			return nil, errors.New("previousDigestSignature is not hexadecimal")
		}
	}
	if h := v.Get("previousDigestHashValue"); h.Kind() == jsontape.String && string(v.Get("previousDigestHashAlgorithm").Text()) == hashAlgorithm {
		if l.sum, err = hex.DecodeString(string(h.Text())); err != nil || len(l.sum) != sha256.Size {
			return nil, errors.New("previousDigestHashValue is no SHA-256")
		}
	}
	return l, nil
}

const (
	hashAlgorithm      = "SHA-256"
	signatureAlgorithm = "SHA256withRSA"
)

func parseLogs(list jsontape.Value, bucket string) ([]logFile, error) {
	switch list.Kind() {
	case jsontape.Missing, jsontape.Null:
		return nil, nil
	case jsontape.Array:
	default:
		return nil, errors.New("logFiles is not a list")
	}
	out := make([]logFile, 0, list.Len())
	for v := range list.Elements() {
		l := logFile{bucket: string(v.Get("s3Bucket").Text()), object: string(v.Get("s3Object").Text())}
		if l.object == "" {
			return nil, errors.New("an entry of logFiles does not say s3Object")
		}
		if l.bucket == bucket {
			l.bucket = bucket // one text for all
		}
		sum, err := hex.DecodeString(string(v.Get("hashValue").Text()))
		if err != nil || len(sum) != sha256.Size || string(v.Get("hashAlgorithm").Text()) != hashAlgorithm {
			l.unknown = true
		}
		copy(l.sum[:], sum)
		out = append(out, l)
	}
	return out, nil
}

// size is roughly what a digest takes in memory.
func (d *digest) size() int {
	n := 400 + len(d.bucket) + 2*len(d.object)
	if d.previous != nil {
		n += 120 + len(d.previous.bucket) + len(d.previous.object) + len(d.previous.signature)
	}
	for i := range d.logs {
		n += 80 + len(d.logs[i].object) + logResultSize
	}
	return n
}
