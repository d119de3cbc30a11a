package clouddigest

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"time"
)

// result is one line of the results: what was found out about one digest, log
// file, list of keys or gap.
type result struct {
	Kind   string `json:"kind"` // digest, missing_digest, gap, log, uncovered_log, public_key, metadata, other_file
	Path   string `json:"path,omitempty"`
	Bucket string `json:"bucket,omitempty"`
	Object string `json:"object,omitempty"`
	Trail  string `json:"trail,omitempty"`
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of the decompressed bytes that are here
	Named  string `json:"named,omitempty"`  // of a log: the hash that the digest names
	Status string `json:"status,omitempty"`
	Proof  string `json:"proof,omitempty"` // of a digest, or of the digest that names a log
	Source string `json:"source,omitempty"`
	Digest string `json:"digest,omitempty"` // of a log: the object of the digest that names it
}

// WriteResults writes every result as a line of JSON: digests by trail and
// time, what is missing, gaps, logs in the order of their digests, logs that no
// digest names, and the keys and metadata that were used. The same input gives
// the same bytes.
func (r *Report) WriteResults(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, write := range []func(*json.Encoder) error{r.v.writeDigests, r.v.writeBreaks, r.v.writeLogs, r.v.writeLoose, r.v.writeSources, r.v.writeOthers} {
		if err := write(out); err != nil {
			return err
		}
	}
	return nil
}

func (v *validation) writeDigests(out *json.Encoder) error {
	for _, d := range v.digests {
		status := "ok"
		switch {
		case d.copyOf >= 0:
			status = "copy"
		case d.faults != "":
			status = d.faults
		}
		err := out.Encode(result{
			Kind: "digest", Path: v.files[d.file].path, Bucket: d.bucket, Object: d.object, Trail: d.place.label(), From: stamp(&d.start), To: stamp(&d.end),
			SHA256: hex.EncodeToString(d.sum[:]), Status: status, Proof: d.proof.String(), Source: d.from,
		})
		if err != nil {
			return err
		}
	}
	for _, n := range v.broken {
		f := &v.files[n]
		if err := out.Encode(result{Kind: "digest", Path: f.path, SHA256: hex.EncodeToString(f.sum[:]), Status: KindBroken}); err != nil {
			return err
		}
	}
	return nil
}

func (v *validation) writeBreaks(out *json.Encoder) error {
	for _, m := range v.missing {
		source := "rhythm of the trail"
		if m.named {
			source = "the next digest"
		}
		if err := out.Encode(result{Kind: "missing_digest", Object: m.object, Trail: v.trails[m.trail].place.label(), To: stamp(&m.end), Status: "missing", Source: source}); err != nil {
			return err
		}
	}
	for _, g := range v.gaps {
		if err := out.Encode(result{Kind: "gap", Trail: v.trails[g.trail].place.label(), From: stamp(&g.from), To: stamp(&g.to)}); err != nil {
			return err
		}
	}
	return nil
}

func (v *validation) writeLogs(out *json.Encoder) error {
	for i := range v.logs {
		l := &v.logs[i]
		d := v.digests[l.digest]
		log := &d.logs[l.log]
		r := result{Kind: "log", Bucket: log.bucket, Object: log.object, Status: l.status.String(), Proof: d.proof.String(), Digest: d.object}
		if d.faults != "" {
			r.Proof = "failed"
		}
		if !log.unknown {
			r.Named = hex.EncodeToString(log.sum[:])
		}
		switch {
		case l.file >= 0:
			r.Path, r.SHA256 = v.files[l.file].path, hex.EncodeToString(v.files[l.file].sum[:])
		case l.evidence >= 0:
			r.Path, r.SHA256, r.Source = v.o.Evidence[l.evidence].Path, v.o.Evidence[l.evidence].StreamSHA256, "case"
		}
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

func (v *validation) writeLoose(out *json.Encoder) error {
	for _, u := range v.loose {
		r := result{Kind: "uncovered_log", Status: u.when}
		if u.file >= 0 {
			r.Path, r.SHA256 = v.files[u.file].path, hex.EncodeToString(v.files[u.file].sum[:])
		} else {
			r.Path, r.SHA256, r.Source = v.o.Evidence[u.evidence].Path, v.o.Evidence[u.evidence].StreamSHA256, "case"
		}
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// writeOthers names the files that nothing was made of.
func (v *validation) writeOthers(out *json.Encoder) error {
	for i := range v.files {
		f := &v.files[i]
		if f.kind != kindOther || f.listed {
			continue
		}
		if err := out.Encode(result{Kind: "other_file", Path: f.path, SHA256: hex.EncodeToString(f.sum[:]), Status: f.err}); err != nil {
			return err
		}
	}
	return nil
}

// writeSources names what the results rest on.
func (v *validation) writeSources(out *json.Encoder) error {
	for _, k := range v.report.Keys {
		r := result{Kind: "public_key", Path: k.Path, SHA256: k.SHA256, Named: k.Fingerprint}
		if k.From != nil {
			r.From = k.From.Format(time.RFC3339)
		}
		if k.To != nil {
			r.To = k.To.Format(time.RFC3339)
		}
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	for i := range v.metadata {
		f := &v.files[v.metadata[i].file]
		if err := out.Encode(result{Kind: "metadata", Path: f.path, Object: v.metadata[i].key, SHA256: hex.EncodeToString(f.sum[:])}); err != nil {
			return err
		}
	}
	return nil
}
