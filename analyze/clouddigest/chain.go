package clouddigest

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/rsa"
	"slices"
	"strings"
)

// Proof is what vouches for the content of a digest.
type Proof uint8

// The proofs, the weakest first.
const (
	// ProofNone is nothing.
	ProofNone Proof = iota
	// ProofChain is the next digest, which names its hash. Nothing proves that
	// one: whoever can write all of them can make such a chain.
	ProofChain
	// ProofSignedChain is the next digest, which names its hash and is itself
	// proven by a signature, or by such a chain.
	ProofSignedChain
	// ProofSignature is a signature of AWS over the digest itself.
	ProofSignature
)

// String returns the proof in words.
func (p Proof) String() string {
	return [...]string{"nothing", "chain", "signed chain", "signature"}[p]
}

// trail is one chain: the digests of a trail for one account and region.
type trail struct {
	place    place // without the end
	digests  []int32
	backfill bool
	rhythm   int64 // seconds that a digest usually covers
}

// label names a trail for people.
func (p place) label() string {
	name := p.name
	if name == "" {
		name = "(unknown trail)"
	}
	if p.home != "" && p.home != p.region {
		name += " of " + p.home
	}
	if p.backfill {
		name += " (backfill)"
	}
	return name
}

// chain sorts the digests by trail and time, and links each to its previous
// one.
func (v *validation) chain() {
	v.sortTrails()
	v.byKey = make(map[string][]int32, len(v.digests))
	for i, d := range v.digests {
		v.place(int32(i), d)
	}
	for i, d := range v.digests {
		if d.previous == nil || d.copyOf >= 0 {
			continue
		}
		for _, n := range v.byKey[d.previous.bucket+"/"+d.previous.object] {
			v.digests[n].next = append(v.digests[n].next, int32(i))
			if d.back < 0 || bytes.Equal(v.digests[n].sum[:], d.previous.sum) {
				d.back = n
			}
		}
	}
}

// place enters a digest under its object, and reports files that say that they
// are the same one.
func (v *validation) place(i int32, d *digest) {
	at := d.bucket + "/" + d.object
	same := v.byKey[at]
	for _, n := range same {
		if v.digests[n].sum == d.sum && d.copyOf < 0 {
			d.copyOf = n
		}
	}
	switch {
	case d.copyOf >= 0:
		first := v.digests[d.copyOf]
		first.metadata = append(first.metadata, d.metadata[:min(len(d.metadata), maxSame-len(first.metadata))]...)
		if d.moved {
			v.checkPlace(d)
		} else {
			v.warn(KindDuplicate, v.path(i), d.object, "the same digest as %s", v.path(d.copyOf))
		}
		return
	case len(same) > 0:
		v.fault(d, KindDuplicate, "another file, %s, has other content and says that it is the same digest", v.path(same[0]))
	}
	if len(same) < maxSame {
		v.byKey[at] = append(same, i)
	}
}

// path is where a digest was found.
func (v *validation) path(digest int32) string { return v.files[v.digests[digest].file].path }

// sortTrails groups the digests. Of copies of one, that in its place is first.
func (v *validation) sortTrails() {
	for _, d := range v.digests {
		d.moved = moved(v.files[d.file].path, d.object)
	}
	inPlace := func(d *digest) int {
		if d.moved {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(v.digests, func(a, b *digest) int {
		return cmp.Or(comparePlaces(a.place, b.place), cmp.Compare(a.end, b.end), strings.Compare(a.object, b.object), cmp.Compare(inPlace(a), inPlace(b)), cmp.Compare(a.file, b.file))
	})
	for i, d := range v.digests {
		p := d.place
		p.end = 0
		if n := len(v.trails); n == 0 || v.trails[n-1].place != p {
			v.trails = append(v.trails, &trail{place: p, backfill: p.backfill})
		}
		d.trail = int32(len(v.trails) - 1)
		v.trails[d.trail].digests = append(v.trails[d.trail].digests, int32(i))
	}
	for _, t := range v.trails {
		t.rhythm = v.rhythm(t)
	}
}

func comparePlaces(a, b place) int {
	backfill := 0
	if a.backfill != b.backfill {
		backfill = -1
		if a.backfill {
			backfill = 1
		}
	}
	return cmp.Or(strings.Compare(a.account, b.account), strings.Compare(a.region, b.region), strings.Compare(a.name, b.name), strings.Compare(a.home, b.home), backfill)
}

// rhythm is the median period of a trail's digests, at least a minute;
// CloudTrail delivers one an hour.
func (v *validation) rhythm(t *trail) int64 {
	var periods []int64
	for _, n := range t.digests {
		if d := v.digests[n]; d.end > d.start {
			periods = append(periods, d.end-d.start)
		}
	}
	if len(periods) == 0 {
		return 3600
	}
	slices.Sort(periods)
	return max(60, periods[len(periods)/2])
}

// prove finds what vouches for each digest: first the signatures, then the
// chain from each digest that is proven, then the chain alone.
func (v *validation) prove() {
	var proven []int32
	for i, d := range v.digests {
		if d.copyOf >= 0 {
			continue
		}
		v.checkForm(d)
		v.checkPlace(d)
		v.checkSignatures(d)
		if d.authentic {
			proven = append(proven, int32(i))
		}
	}
	for len(proven) > 0 {
		d := v.digests[proven[len(proven)-1]]
		proven = proven[:len(proven)-1]
		if d.back < 0 || !bytes.Equal(d.previous.sum, v.digests[d.back].sum[:]) || v.digests[d.back].authentic {
			continue
		}
		b := v.digests[d.back]
		b.proof, b.authentic = ProofSignedChain, true
		proven = append(proven, d.back)
	}
	for _, d := range v.digests {
		if d.copyOf < 0 {
			v.checkChain(d)
			v.checkRefuted(d)
			v.checkUnknownKey(d)
		}
	}
}

// checkForm reports a digest file that holds more than the digest, or less.
func (v *validation) checkForm(d *digest) {
	switch f := &v.files[d.file]; {
	case d.appended:
		v.fault(d, KindAppended, "data was appended behind the gzip member that holds the digest")
	case f.err != "":
		v.warn(KindUnreadable, f.path, d.object, "%s", f.err)
	case f.members > 1:
		v.warn(KindMembers, f.path, d.object, "the file has %d gzip members; CloudTrail writes one. The hash is over all of them", f.members)
	}
}

// checkPlace reports a digest that was not found where it says that it is.
func (v *validation) checkPlace(d *digest) {
	path := v.files[d.file].path
	switch {
	case !d.moved:
	case inBucket(path) || isDigestName(path):
		v.fault(d, KindPlace, "it says that it is %s: it was moved, renamed, or copied over another", d.object)
	default:
		v.warn(KindPlace, path, d.object, "its file is not named as it was delivered; whether it was moved is not known")
	}
}

// moved compares where a digest was found with where it says that it is. A copy
// has no bucket, can begin below the prefix of the trail, and may have lost its
// folders, but not its name.
func moved(path, object string) bool {
	if at := strings.Index("/"+object, "/AWSLogs/"); at > 0 {
		object = object[at:]
	}
	common, whole := commonTail(path, object)
	return !whole && (common == 0 || inBucket(path))
}

// commonTail counts the components that a path and the key of an object have
// in common, from the end; whole says that these are all of the key. A copy may
// be decompressed and have lost the ending of that.
func commonTail(path, key string) (n int, whole bool) {
	if !strings.HasSuffix(path, ".gz") {
		key = strings.TrimSuffix(key, ".gz")
	}
	for {
		a, b := strings.LastIndexByte(path, '/'), strings.LastIndexByte(key, '/')
		if path[a+1:] != key[b+1:] {
			return n, false
		}
		n++
		if b < 0 || a < 0 {
			return n, b < 0
		}
		path, key = path[:a], key[:b]
	}
}

// checkSignatures tries every signature that is known of a digest: of its own
// metadata, and those that the next digests carry.
func (v *validation) checkSignatures(d *digest) {
	var own, carried [][]byte
	for _, n := range d.metadata {
		if m := &v.metadata[n]; m.signature != nil {
			own = append(own, m.signature)
		}
	}
	for _, n := range d.next {
		if s := v.digests[n].previous.signature; s != nil {
			carried = append(carried, s)
		}
	}
	keys := v.keysOf(d)
	signer, signature := verify(keys, d, own)
	d.from = "its metadata"
	if signer == nil {
		signer, signature = verify(keys, d, carried)
		d.from = "the next digest"
	}
	v.checkMetadata(d, signature, carried)
	switch {
	case signer != nil:
		d.proof, d.authentic, d.signature = ProofSignature, true, signature
		signer.used++
		v.checkValidity(d, signer)
		return
	case len(keys) > 0 && len(own)+len(carried) > 0:
		d.refuted = true
	}
	d.from = ""
}

// checkMetadata reports metadata that is not what CloudTrail wrote. A digest
// has one signature only: RSASSA-PKCS1-v1_5 is deterministic.
func (v *validation) checkMetadata(d *digest, valid []byte, carried [][]byte) {
	for _, n := range d.metadata {
		m := &v.metadata[n]
		path := v.files[m.file].path
		same := slices.ContainsFunc(carried, func(s []byte) bool { return bytes.Equal(s, m.signature) })
		switch {
		case m.bad != "":
			v.problem(KindMetadata, path, d.object, "%s", m.bad)
		case bytes.Equal(m.signature, valid) || same:
		case valid != nil:
			v.problem(KindMetadata, path, d.object, "its signature does not verify, and the one of %s does: the metadata was altered, not the digest", d.from)
		case len(carried) > 0:
			v.problem(KindMetadata, path, d.object, "its signature is not the one that the next digest carries: the metadata or the next digest was altered")
		}
	}
}

// keysOf returns the keys with the fingerprint that a digest names.
func (v *validation) keysOf(d *digest) []*key { return v.byPrint[strings.ToLower(d.fingerprint)] }

// verify returns the key with which a signature verifies, and that signature;
// nil when none does.
func verify(keys []*key, d *digest, signatures [][]byte) (*key, []byte) {
	for i, s := range signatures {
		if i > 0 && bytes.Equal(s, signatures[i-1]) {
			continue
		}
		for _, k := range keys {
			if rsa.VerifyPKCS1v15(k.public, crypto.SHA256, d.signed[:], s) == nil {
				return k, s
			}
		}
	}
	return nil, nil
}

// checkValidity reports a signature made at a time at which AWS did not use the
// key. A backfill digest is signed when it is made, long after its period.
func (v *validation) checkValidity(d *digest, k *key) {
	at := d.end
	for _, n := range d.metadata {
		if g := v.metadata[n].generated; g != 0 {
			at = g
		}
	}
	if d.place.backfill && at == d.end || k.validAt(at) {
		return
	}
	v.fault(d, KindKeyTime, "it is signed with the key %s, which was valid from %s to %s", d.fingerprint, stamp(k.from), stamp(k.to))
}

// checkChain compares a digest with what the next ones say of it.
func (v *validation) checkChain(d *digest) {
	for _, n := range d.next {
		next := v.digests[n]
		sum, same := next.previous.sum, bytes.Equal(next.previous.sum, d.sum[:])
		other := next.previous.signature != nil && d.signature != nil && !bytes.Equal(next.previous.signature, d.signature)
		switch {
		case d.proof == ProofSignature && (sum != nil && !same || other):
			if !next.authentic {
				v.fault(next, KindDigest, "it names another hash or signature for the digest before it, which is signed: this one was altered")
			}
		case sum == nil:
		case same:
			d.proof = max(d.proof, ProofChain)
		case next.authentic && !d.authentic:
			v.fault(d, KindDigest, "it has the SHA-256 %x, and the next digest, which is proven, names %x: it was altered", d.sum, sum)
		case !d.authentic:
			v.fault(d, KindDigest, "it has the SHA-256 %x, and the next digest, %s, names %x: one of the two was altered", d.sum, next.object, sum)
		}
	}
}

// checkRefuted reports a digest whose signature is wrong, unless the chain has
// shown already that it was altered.
func (v *validation) checkRefuted(d *digest) {
	if d.refuted && !strings.Contains(d.faults, KindDigest) {
		v.fault(d, KindSignature, "no signature verifies with the key %s: the digest was altered, or AWS did not sign it", d.fingerprint)
	}
}

// checkUnknownKey reports a digest that names a key which is not in the lists.
// The AWS CLI calls that invalid. Without any list nothing can be said.
func (v *validation) checkUnknownKey(d *digest) {
	if len(v.keys) == 0 || d.authentic || len(v.keysOf(d)) > 0 {
		return
	}
	v.fault(d, KindKeyUnknown, "it names the key %.80q, which is in no list of public keys here", d.fingerprint)
}
