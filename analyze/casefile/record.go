package casefile

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// EvidencePath is an evidence of a case, or another input with the same bytes:
// what it was called and what is in it.
type EvidencePath struct {
	Path         string // as loaded
	StreamSHA256 string // hex, of the decompressed bytes
	Format       string
}

// EvidencePaths lists what a case holds, from the ledger and the manifests; the
// derived database is not needed. A name that came with bytes that were there
// already is listed too.
func EvidencePaths(dir string) ([]EvidencePath, error) {
	if !Exists(dir) {
		return nil, fmt.Errorf("listing the evidence of %s: %w", dir, ErrNoCase)
	}
	l, err := ledger.Open(dir)
	if err != nil {
		return nil, err
	}
	s, err := readState(l)
	if err != nil {
		return nil, err
	}
	items, err := readManifests(dir, s)
	if err != nil {
		return nil, err
	}
	first := map[string]*Item{}
	for _, it := range items {
		if it.Evidence != 0 {
			first[it.SHA256] = it
		}
	}
	var out []EvidencePath
	for _, it := range items {
		if f := first[it.SHA256]; f != nil && (it == f || it.Status == StatusDuplicate) {
			out = append(out, EvidencePath{it.Path, f.StreamSHA256, f.Format})
		}
	}
	return out, nil
}

// RecordOptions say what was verified, and what came of it.
type RecordOptions struct {
	Dir     string
	What    string         // such as cloudtrail_digests
	Params  map[string]any // JSON
	Counts  any            // JSON
	Verdict string
	// Results writes every single result; the case keeps it as an input.
	Results func(io.Writer) error

	Key   *ledger.Key
	Actor string
	Tool  string
	Now   func() time.Time
}

// verifyBody is the body of a verify entry.
type verifyBody struct {
	Load    string         `json:"load"` // staging folder until the results are in place
	What    string         `json:"what"`
	Params  map[string]any `json:"params,omitempty"`
	Counts  any            `json:"counts"`
	Verdict string         `json:"verdict"`
	Results FileRef        `json:"results"`
}

// RecordVerification keeps the results of a verification in a case, and enters
// their hash, counts and verdict in its ledger.
func RecordVerification(ctx context.Context, o *RecordOptions) (ledger.Head, error) {
	w, err := openExisting(o.Dir, "verify", &LoadOptions{Key: o.Key, Tool: o.Tool, Actor: o.Actor, Now: o.Now})
	if err != nil {
		return ledger.Head{}, fmt.Errorf("recording the verification: %w", err)
	}
	defer w.close()
	head, err := w.record(ctx, o)
	if err != nil {
		return head, fmt.Errorf("recording the verification: %w", err)
	}
	return head, nil
}

func (w *writer) record(ctx context.Context, o *RecordOptions) (head ledger.Head, err error) {
	body := &verifyBody{
		Load: fmt.Sprintf("verify-%06d", w.state.head.Size+1), What: o.What, Params: o.Params, Counts: o.Counts, Verdict: o.Verdict,
	}
	staging, err := stage(w.dir, body.Load)
	if err != nil {
		return head, err
	}
	committed := false
	defer func() {
		if !committed {
			_ = os.RemoveAll(staging)
		}
	}()
	if body.Results, err = writeResults(staging, o.Results); err != nil {
		return head, err
	}
	if err := errors.Join(ctx.Err(), syncTree(staging)); err != nil {
		return head, err
	}
	committed = true // from here on, the staging folder belongs to the ledger
	if head, err = w.ledger.Append(ledger.ActionVerify, body); err != nil {
		return head, err
	}
	if w.state, err = readState(w.ledger); err != nil {
		return head, err
	}
	return head, recoverStaging(w.dir, w.state)
}

// writeResults writes an input of any size, under the name of its hash.
func writeResults(staging string, write func(io.Writer) error) (ref FileRef, err error) {
	path := filepath.Join(staging, "results")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return ref, err
	}
	h := &hashingWriter{w: f, h: sha256.New()}
	out := bufio.NewWriterSize(h, 64<<10)
	if err = write(out); err == nil {
		err = out.Flush()
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return ref, err
	}
	ref = FileRef{Size: h.n, SHA256: hexSum(h.h.Sum(nil))}
	ref.Path = inputsDir + "/" + ref.SHA256
	return ref, os.Rename(path, filepath.Join(staging, filepath.FromSlash(ref.Path)))
}
