package digesttest

import (
	"bytes"
	"testing"
	"time"
)

// Incident is a copied bucket of three regions over three days that was
// tampered with, and what was done to it.
type Incident struct {
	Files Files // with keys.json
	// What was done, by the object that it was done to.
	AlteredLog, DeletedLog, AppendedLog, Injected string
	Deleted                                       []string // digests in a row
	AlteredDigest, AlteredMetadata                string
	AppendedDigest, Overwritten, Moved            string
	OtherKey, ExpiredKey                          string
	GapFrom, GapTo                                time.Time
}

// Start is when the trails of an incident begin.
func Start() time.Time { return time.Date(2026, 4, 6, 0, 1, 31, 0, time.UTC) }

// NewTrail returns a trail of the incident in a region.
func NewTrail(t testing.TB, region string) Trail {
	t.Helper()
	key := NewKey(t, region, Start().AddDate(0, 0, -20), Start().AddDate(0, 0, 10))
	return Trail{Account: "111122223333", Region: region, Name: "all_events", Home: "us-east-1", Bucket: "example-trail-bucket", Key: key}
}

// NewIncident makes the incident.
func NewIncident(t testing.TB) *Incident {
	t.Helper()
	in := &Incident{Files: Files{}}
	east, west, south := NewTrail(t, "us-east-1"), NewTrail(t, "eu-west-1"), NewTrail(t, "ap-south-1")
	in.east(east)
	in.west(west)
	old := NewKey(t, "old", Start().AddDate(0, -3, 0), Start().AddDate(0, -2, 0))
	in.south(t, south, old)
	in.Files["keys.json"] = PublicKeys(east.Key, west.Key, south.Key, old)
	return in
}

// east has a long chain: a log altered, one deleted, one appended to and one
// injected, two digests deleted in a row, one altered, and metadata altered.
func (in *Incident) east(t Trail) {
	chain := t.Chain(Start(), 72, 2)
	in.Files.Add(chain...)
	log := func(hour int) Log { return chain[hour].Logs[0] }
	in.AlteredLog = log(5).Object
	in.Files[in.AlteredLog] = Gzip(bytes.ReplaceAll(log(5).Content, []byte("198.51.100.7"), []byte("198.51.100.8")))
	in.DeletedLog = log(7).Object
	delete(in.Files, in.DeletedLog)
	in.AppendedLog = log(40).Object
	in.Files[in.AppendedLog] = Gzip(log(40).Content, []byte(`{"Records":[]}`))
	extra := t.Log(chain[12].Start.Add(7*time.Minute), 9)
	in.Injected = extra.Object
	in.Files[extra.Object] = Gzip(extra.Content)
	for _, d := range chain[21:23] {
		in.Deleted = append(in.Deleted, d.Object)
		in.Files.Remove(d)
	}
	in.AlteredMetadata = chain[30].Object
	forged := []byte(chain[30].Signature)
	copy(forged, "00000000")
	in.Files[in.AlteredMetadata+".metadata.json"] = bytes.Replace(chain[30].Metadata(), []byte(chain[30].Signature), forged, 1)
	in.AlteredDigest = chain[50].Object
	in.Files[in.AlteredDigest] = Gzip(bytes.Replace(chain[50].Content, []byte(log(50).Object), []byte(log(50).Object[:len(log(50).Object)-9]+"0.json.gz"), 1))
	late := t.Log(chain[9].Start.Add(20*time.Minute), 7)
	in.Files.Add(t.Backfill(chain[9].Start, Start().AddDate(0, 0, 2), late))
}

// west has a gap between two chains, a digest that was appended to, and one
// that was copied over the one after it.
func (in *Incident) west(t Trail) {
	first := t.Chain(Start(), 20, 1)
	second := t.Chain(Start().Add(30*time.Hour), 18, 1)
	in.GapFrom, in.GapTo = first[len(first)-1].End, second[0].Start
	in.Files.Add(first...)
	in.Files.Add(second...)
	in.AppendedDigest = first[8].Object
	in.Files[in.AppendedDigest] = Gzip(first[8].Content, []byte("more"))
	in.Moved, in.Overwritten = second[5].Object, second[6].Object
	in.Files[in.Overwritten] = Gzip(second[5].Content)
	in.Files[in.Overwritten+".metadata.json"] = second[5].Metadata()
}

// south has digests signed with a key that nobody knows, and with one that was
// not in use any more.
func (in *Incident) south(t testing.TB, tr Trail, old *Key) {
	t.Helper()
	chain := tr.Chain(Start(), 4, 1)
	for n, key := range []*Key{old, NewKey(t, "unknown", old.From, old.To)} {
		tr.Key = key
		d := &Digest{Start: Start().Add(time.Duration(4+n) * time.Hour), End: Start().Add(time.Duration(5+n) * time.Hour)}
		tr.Sign(d, chain[len(chain)-1])
		chain = append(chain, d)
	}
	in.ExpiredKey, in.OtherKey = chain[4].Object, chain[5].Object
	in.Files.Add(chain...)
}
