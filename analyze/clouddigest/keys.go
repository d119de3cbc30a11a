package clouddigest

import (
	"bytes"
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// key is a public key of a saved list.
type key struct {
	file        int32
	fingerprint string
	from, to    *int64 // seconds; nil when it is not said
	public      *rsa.PublicKey
	fits        bool // the fingerprint is that of the value
	used        int64
}

const (
	// keySlack is how far outside of its validity a key is accepted: the AWS CLI
	// asks for keys two hours beyond the time it looks at, because at a rotation
	// the times do not meet (aws-cli pull request 10072).
	keySlack = 2 * 60 * 60
	// maxKeyBits bounds what one verification can cost. AWS uses 2048.
	maxKeyBits = 8192
)

// parseKeys reads the saved output of aws cloudtrail list-public-keys. The
// list is nil when the document is something else.
func parseKeys(v jsontape.Value) (list []key, err error) {
	items := fold(v, "PublicKeyList")
	if items.Kind() != jsontape.Array {
		return nil, nil
	}
	for item := range items.Elements() {
		k := key{fingerprint: string(fold(item, "Fingerprint").Text())}
		if k.public, k.fits, err = parseKey(fold(item, "Value").Text(), k.fingerprint); err != nil {
			return nil, fmt.Errorf("key %.80q: %w", k.fingerprint, err)
		}
		if k.from, err = validity(fold(item, "ValidityStartTime")); err == nil {
			k.to, err = validity(fold(item, "ValidityEndTime"))
		}
		if err != nil {
			return nil, fmt.Errorf("key %.80q: %w", k.fingerprint, err)
		}
		list = append(list, k)
	}
	if list == nil {
		err = errors.New("the list of public keys is empty")
	}
	return list, err
}

// parseKey reads the base64 of a PKCS#1 key in DER. One of the three keys that
// AWS shows in its documentation is a SubjectPublicKeyInfo, so that is read
// too. The fingerprint of all three is the MD5 of the value. AWS does not say
// so, and only a remark is made of another one: a fingerprint protects nothing.
func parseKey(text []byte, fingerprint string) (public *rsa.PublicKey, fits bool, err error) {
	der, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil || len(der) == 0 {
		return nil, false, errors.New("its value is not base64")
	}
	sum := md5.Sum(der)
	fits = strings.EqualFold(hex.EncodeToString(sum[:]), fingerprint)
	if public, err = x509.ParsePKCS1PublicKey(der); err != nil {
		other, wrong := x509.ParsePKIXPublicKey(der)
		if public, _ = other.(*rsa.PublicKey); wrong != nil || public == nil {
			return nil, false, errors.New("its value is no RSA public key (PKCS#1, DER)")
		}
	}
	if public.N.BitLen() > maxKeyBits {
		return nil, false, fmt.Errorf("it has %d bits, more than %d", public.N.BitLen(), maxKeyBits)
	}
	return public, fits, nil
}

// validity reads a time as the versions of the AWS CLI write it: seconds as a
// number or as text, or RFC 3339.
func validity(v jsontape.Value) (*int64, error) {
	if !v.Exists() || v.Kind() == jsontape.Null {
		return nil, nil
	}
	text := string(v.Text())
	if v.Kind() == jsontape.Number {
		text = string(v.Raw())
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		s := t.Unix()
		return &s, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(f) > 1e11 || math.IsNaN(f) {
		return nil, fmt.Errorf("its validity %.40q is no time", text)
	}
	s := int64(f)
	return &s, nil
}

// validAt reports whether AWS signed with the key at a time.
func (k *key) validAt(t int64) bool {
	return (k.from == nil || t >= *k.from-keySlack) && (k.to == nil || t <= *k.to+keySlack)
}

// fold returns the member of an object whose name differs in upper and lower
// case at most: tools and documentation write these names in several ways.
func fold(v jsontape.Value, name string) jsontape.Value {
	var found jsontape.Value
	for n, m := range v.Members() {
		if bytes.EqualFold(n, []byte(name)) {
			found = m
		}
	}
	return found
}

// checkKeys says what is odd about the lists of keys.
func (v *validation) checkKeys() {
	for i := range v.keys {
		k := &v.keys[i]
		path := v.files[k.file].path
		if !k.fits {
			v.warn(KindKeyList, path, "", "the fingerprint %s is not the MD5 of the key beside it, as it is in what AWS publishes: the list may be altered", k.fingerprint)
		}
		if inBucket(path) {
			v.warn(KindKeyList, path, "", "this list of keys lies among what was copied out of a bucket (AWSLogs): who can write there can put a key of his own there; use a list that you asked AWS for")
			break
		}
	}
}

// inBucket reports whether a path is part of a copied bucket.
func inBucket(path string) bool { return strings.Contains("/"+path, "/AWSLogs/") }
