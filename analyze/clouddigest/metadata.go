package clouddigest

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// metadata is what S3 says of a digest object.
type metadata struct {
	file        int32
	bucket, key string // of the object, where the document names it
	signature   []byte // nil when there is none
	bad         string // what is wrong with it
	generated   int64  // of a backfill digest, when it was made (seconds); 0 when it is not said
	taken       bool   // it belongs to a digest here
}

// besideOf returns the object whose metadata a file holds by its name, "" for
// none.
func besideOf(path string) string {
	for _, ending := range []string{".metadata.json", ".head.json"} {
		if name, ok := strings.CutSuffix(path, ending); ok {
			return name
		}
	}
	return ""
}

// parseMetadata reads the output of aws s3api head-object: an object with a
// member Metadata, or the headers of the reply. With Key, and Bucket where it
// is known, it can lie anywhere. ok is false when the document is something
// else.
func parseMetadata(v jsontape.Value) (m metadata, ok bool) {
	user, prefix := fold(v, "Metadata"), ""
	if user.Kind() != jsontape.Object {
		if !fold(v, "x-amz-meta-signature").Exists() {
			return m, false
		}
		user, prefix = v, "x-amz-meta-"
	}
	m.bucket, m.key = string(fold(v, "Bucket").Text()), string(fold(v, "Key").Text())
	signature, algorithm := fold(user, prefix+"signature"), fold(user, prefix+"signature-algorithm")
	switch {
	case signature.Kind() != jsontape.String:
		m.bad = "it holds no signature: the object was written anew by somebody else than CloudTrail"
	case string(algorithm.Text()) != signatureAlgorithm:
		m.bad = "its signature-algorithm is not " + signatureAlgorithm
	}
	if signature.Kind() == jsontape.String {
		var err error
		if m.signature, err = hex.DecodeString(string(signature.Text())); err != nil {
			m.signature, m.bad = nil, "its signature is not hexadecimal"
		}
	}
	// CloudTrail sets it on backfill digests (aws-cli pull request 10059).
	if t, err := time.Parse(time.RFC3339, string(fold(user, prefix+"backfill-generation-timestamp").Text())); err == nil {
		m.generated = t.Unix()
	}
	return m, true
}

// parseDocument reads a JSON document that is no digest: lists of keys, and
// metadata of one object or, as an array or as lines, of several. Both are
// empty when it is something else.
func parseDocument(doc *jsontape.Doc, content []byte) (keys []key, list []metadata, err error) {
	lower := bytes.ToLower(content)
	isKeys := bytes.Contains(lower, []byte("publickeylist"))
	if !isKeys && !bytes.Contains(lower, []byte("metadata")) && !bytes.Contains(lower, []byte("x-amz-meta-")) {
		return nil, nil, nil
	}
	if whole := doc.Parse(content); whole == nil {
		return documentOf(doc.Root())
	} else if isKeys {
		return nil, nil, whole
	}
	for line := range bytes.Lines(content) {
		if doc.Parse(line) != nil {
			continue // not a line of metadata
		}
		_, more, err := documentOf(doc.Root())
		if err != nil {
			return nil, nil, err
		}
		list = append(list, more...)
	}
	return nil, list, nil
}

func documentOf(v jsontape.Value) (keys []key, list []metadata, err error) {
	switch v.Kind() {
	case jsontape.Object:
		if keys, err = parseKeys(v); keys != nil || err != nil {
			return keys, nil, err
		}
		if m, ok := parseMetadata(v); ok {
			list = append(list, m)
		}
	case jsontape.Array:
		for e := range v.Elements() {
			if m, ok := parseMetadata(e); ok {
				list = append(list, m)
			}
		}
	}
	return nil, list, nil
}

// attachMetadata finds the digest that each metadata belongs to: by the object
// that it names, or as NAME.metadata.json or NAME.head.json beside NAME, with
// or without the .gz that the copy lost.
func (v *validation) attachMetadata() {
	byPath, byObject := map[string][]int32{}, map[string][]int32{}
	for i, d := range v.digests {
		path := v.files[d.file].path
		byPath[path] = append(byPath[path], int32(i))
		byObject[d.object] = append(byObject[d.object], int32(i))
	}
	for i := range v.metadata {
		m := &v.metadata[i]
		found := byObject[m.key]
		if m.key == "" {
			name := besideOf(v.files[m.file].path)
			found = append(slices.Clone(byPath[name]), byPath[strings.TrimSuffix(name, ".gz")]...)
			m.taken = v.named[logName(name)]
		}
		for _, n := range found[:min(len(found), maxSame)] {
			d := v.digests[n]
			if (m.bucket == "" || m.bucket == d.bucket) && len(d.metadata) < maxSame {
				d.metadata, m.taken = append(d.metadata, int32(i)), true
			}
		}
	}
}
