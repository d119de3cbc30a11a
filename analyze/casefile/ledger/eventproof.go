package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	eventProofFormat = "exhibit.event-proof/1"
	// maxEventProof bounds a proof file in bytes; nearly all of it can only be the raw record.
	maxEventProof = 256 << 20
)

// An EventProof shows, without the case, that a record stood at its place in the evidence when a load entry was signed:
// record -> tree of the evidence's records -> manifest line -> tree of the manifest -> load entry -> ledger tree ->
// signed checkpoint.
type EventProof struct {
	// Record is the place and hash to be shown.
	Record Record
	// Index is the record's place among the records of its evidence, from 0.
	Index int64
	// Path leads from the record's leaf to the root that the manifest line names.
	Path tlog.RecordProof
	// Evidence is the manifest's line of the evidence, without its newline.
	Evidence []byte
	// EvidenceIndex is the line's place in the manifest, from 0.
	EvidenceIndex int64
	// EvidencePath leads from the line's leaf to the root that the load entry names.
	EvidencePath tlog.RecordProof
	// Line is the load entry, without its newline.
	Line []byte
	// Entry shows that Line is in the ledger.
	Entry Proof
	// Key is the public key that the ledger is signed with, by its own word.
	Key string
	// Raw holds the record's bytes; nil if they are not handed out.
	Raw []byte
}

// eventProofFile is the file's form: one line of canonical JSON and a newline.
type eventProofFile struct {
	Entry         string      `json:"entry"`
	EntryProof    string      `json:"entry_proof"`
	Evidence      string      `json:"evidence"`
	EvidenceIndex int64       `json:"evidence_index"`
	EvidencePath  []string    `json:"evidence_proof"` // base64
	Format        string      `json:"format"`
	Key           string      `json:"key"`
	Raw           *string     `json:"raw,omitempty"` // base64
	Record        recordPlace `json:"record"`
	Path          []string    `json:"record_proof"` // base64
}

type recordPlace struct {
	Index  int64  `json:"index"`
	Length int64  `json:"length"`
	Offset int64  `json:"offset"`
	SHA256 string `json:"sha256"`
}

// ProveRecord completes the proof of a record of the load entry seq, given Record, Index, Path, Evidence, EvidenceIndex,
// EvidencePath and, if the bytes are to be handed out, Raw. The paths come from ProveFromLeaves. The proof is checked
// before it is returned.
func (l *Ledger) ProveRecord(seq int64, p EventProof) (*EventProof, error) {
	var err error
	if p.Line, err = l.Line(seq); err != nil {
		return nil, err
	}
	if p.Entry, err = l.Prove(seq); err != nil {
		return nil, err
	}
	p.Key = l.state.create.Key
	if _, err := p.check(p.Key); err != nil {
		return nil, fmt.Errorf("proving a record of entry %d: %w", seq, err)
	}
	return &p, nil
}

// Encode returns the bytes of a proof file.
func (p *EventProof) Encode() ([]byte, error) {
	f := eventProofFile{
		Entry:         string(p.Line),
		EntryProof:    string(p.Entry.Format()),
		Evidence:      string(p.Evidence),
		EvidenceIndex: p.EvidenceIndex,
		EvidencePath:  formatPath(p.EvidencePath),
		Format:        eventProofFormat,
		Key:           p.Key,
		Record: recordPlace{
			Index:  p.Index,
			Length: p.Record.Length,
			Offset: p.Record.Offset,
			SHA256: hex.EncodeToString(p.Record.SHA256[:]),
		},
		Path: formatPath(p.Path),
	}
	if p.Raw != nil {
		raw := base64.StdEncoding.EncodeToString(p.Raw)
		f.Raw = &raw
	}
	data, err := Canonical(f)
	if err != nil {
		return nil, fmt.Errorf("writing event proof: %w", err)
	}
	return append(data, '\n'), nil
}

func formatPath(path tlog.RecordProof) []string {
	out := []string{}
	for _, h := range path {
		out = append(out, h.String())
	}
	return out
}

func parsePath(hashes []string) (tlog.RecordProof, error) {
	if len(hashes) > maxLevels {
		return nil, fmt.Errorf("more than %d hashes", maxLevels)
	}
	path := tlog.RecordProof{}
	for _, s := range hashes {
		h, err := parseHash(s)
		if err != nil {
			return nil, err
		}
		path = append(path, h)
	}
	return path, nil
}

// ParseEventProof reads a proof file. It accepts only bytes that Encode would write, and checks nothing else.
func ParseEventProof(data []byte) (*EventProof, error) {
	p, err := parseEventProof(data)
	if err != nil {
		return nil, fmt.Errorf("reading event proof: %w", err)
	}
	again, err := p.Encode()
	if err != nil || !bytes.Equal(again, data) {
		return nil, errors.New("reading event proof: not as it was written")
	}
	return p, nil
}

func parseEventProof(data []byte) (*EventProof, error) {
	if len(data) > maxEventProof {
		return nil, fmt.Errorf("longer than %d bytes", maxEventProof)
	}
	var f eventProofFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, errors.New("not JSON of an event proof")
	}
	if f.Format != eventProofFormat {
		return nil, fmt.Errorf("format %.60q is not %s", f.Format, eventProofFormat)
	}
	p := &EventProof{
		Index: f.Record.Index, Evidence: []byte(f.Evidence), EvidenceIndex: f.EvidenceIndex, Line: []byte(f.Entry), Key: f.Key,
	}
	p.Record.Offset, p.Record.Length = f.Record.Offset, f.Record.Length
	var err error
	if p.Record.SHA256, err = parseSHA256(f.Record.SHA256); err != nil {
		return nil, err
	}
	if p.Entry, err = ParseProof([]byte(f.EntryProof)); err != nil {
		return nil, err
	}
	if p.Path, err = parsePath(f.Path); err != nil {
		return nil, fmt.Errorf("reading the path of the record: %w", err)
	}
	if p.EvidencePath, err = parsePath(f.EvidencePath); err != nil {
		return nil, fmt.Errorf("reading the path of the evidence: %w", err)
	}
	if f.Raw != nil {
		if p.Raw, err = decodeBase64(*f.Raw); err != nil {
			return nil, fmt.Errorf("reading the raw record: %w", err)
		}
		if p.Raw == nil {
			p.Raw = []byte{}
		}
	}
	return p, nil
}

// parseSHA256 reads 64 lower-case hex digits.
func parseSHA256(s string) (sum [sha256.Size]byte, err error) {
	if len(s) != 2*sha256.Size || strings.Trim(s, hexDigits) != "" {
		return sum, fmt.Errorf("%.80q is not a SHA-256 in hex", s)
	}
	_, err = hex.Decode(sum[:], []byte(s))
	return sum, err
}

// A ProofReport says what an event proof shows.
type ProofReport struct {
	// Record is the place and hash that is shown.
	Record Record
	// RawChecked says that the proof holds the record's bytes and that they have the hash shown.
	RawChecked bool
	// Raw is those bytes, nil if the proof holds none.
	Raw []byte
	// Index is the record's place among the records of the evidence, from 0.
	Index int64
	// Evidence is the manifest line of the evidence that holds the record: canonical JSON, now known to be part of Entry.
	Evidence []byte
	// EvidenceSHA256 is the SHA-256 of the evidence as received, in hex.
	EvidenceSHA256 string
	// Entry is the load entry that the evidence came in with.
	Entry Entry
	// Checkpoint names the ledger, and the head the proof leads to.
	Checkpoint Checkpoint
	// Key is the public key the checkpoint is signed with.
	Key string
	// KeyTrusted says that Key was given, and not only taken from the proof itself.
	KeyTrusted bool
}

// Limits returns, in full sentences, what the proof does not show.
func (r *ProofReport) Limits() []string {
	limits := []string{"The time is that of the examiner's machine; nobody else has confirmed it."}
	if !r.KeyTrusted {
		limits = append(limits, "The signature was checked against the key that the proof itself names; whether it is the examiner's is not proven.")
	}
	if !r.RawChecked {
		limits = append(limits, "The proof holds the hash of the record, not its bytes.")
	}
	return limits
}

// CheckEventProof checks a proof file without the case. trustedKey is the public key the proof should be signed with,
// empty if it is not known. An error means that the proof shows nothing.
func CheckEventProof(data []byte, trustedKey string) (*ProofReport, error) {
	p, err := ParseEventProof(data)
	if err != nil {
		return nil, err
	}
	key := p.Key
	if trustedKey != "" && trustedKey != p.Key {
		return nil, fmt.Errorf("checking event proof: it names the key %.300q, not the trusted key %.300q", p.Key, trustedKey)
	}
	report, err := p.check(key)
	if err != nil {
		return nil, fmt.Errorf("checking event proof: %w", err)
	}
	report.KeyTrusted = trustedKey != ""
	return report, nil
}

// check follows the proof from the record up to the signature.
func (p *EventProof) check(key string) (*ProofReport, error) {
	r := &ProofReport{Record: p.Record, Index: p.Index, Evidence: p.Evidence, Raw: p.Raw, Key: key}
	if p.Record.Offset < 0 || p.Record.Length < 0 {
		return nil, errors.New("the record has no place")
	}
	if r.RawChecked = p.Raw != nil; r.RawChecked && sha256.Sum256(p.Raw) != p.Record.SHA256 {
		return nil, errors.New("the raw record does not have the hash shown")
	}
	records, err := readTree(p.Evidence)
	if err != nil {
		return nil, fmt.Errorf("reading the manifest line: %w", err)
	}
	if err := tlog.CheckRecord(p.Path, records.size, records.root, p.Index, p.Record.Leaf()); err != nil {
		return nil, fmt.Errorf("finding record %d of %d in the evidence: %w", p.Index+1, records.size, err)
	}
	r.EvidenceSHA256 = records.sha256
	if r.Entry, err = parseEntry(p.Line); err != nil {
		return nil, fmt.Errorf("reading the load entry: %w", err)
	}
	manifest, err := manifestTree(r.Entry)
	if err != nil {
		return nil, fmt.Errorf("reading the load entry: %w", err)
	}
	if err := tlog.CheckRecord(p.EvidencePath, manifest.size, manifest.root, p.EvidenceIndex, tlog.RecordHash(p.Evidence)); err != nil {
		return nil, fmt.Errorf("finding evidence %d of %d in the load: %w", p.EvidenceIndex+1, manifest.size, err)
	}
	if r.Entry.Seq != p.Entry.Index+1 {
		return nil, fmt.Errorf("the load is entry %d, the proof is of entry %d", r.Entry.Seq, p.Entry.Index+1)
	}
	if r.Checkpoint, err = p.Entry.Check(tlog.RecordHash(p.Line), key); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(r.Checkpoint.Origin, originPrefix) {
		return nil, fmt.Errorf("%.80q is not the ledger of a case", r.Checkpoint.Origin)
	}
	v, err := newVerifier(key)
	if err != nil {
		return nil, err
	}
	if _, err := openOwnCheckpoint(p.Entry.Checkpoint, v); err != nil {
		return nil, fmt.Errorf("reading the checkpoint: %w", err)
	}
	return r, nil
}

// signedTree is a tree that something signed names: its size and root.
type signedTree struct {
	size   int64
	root   tlog.Hash
	sha256 string // of the evidence, hex
}

// readTree reads the tree over its records that a manifest line names. The line must be canonical, or two readers could
// read it in two ways.
func readTree(line []byte) (signedTree, error) {
	var t signedTree
	v, err := parseJSON(line)
	if err != nil {
		return t, err
	}
	members, ok := v.([]member)
	if !ok || !bytes.Equal(appendValue(nil, v), line) {
		return t, errors.New("not the canonical JSON of an object")
	}
	var root string
	for _, m := range members {
		switch m.key {
		case "records":
			t.size, _ = m.value.(int64)
		case "records_root":
			root, _ = m.value.(string)
		case "sha256":
			t.sha256, _ = m.value.(string)
		}
	}
	if _, err := parseSHA256(t.sha256); err != nil {
		return t, err
	}
	t.root, err = parseRoot(t.size, root)
	return t, err
}

// manifestTree reads the tree over its manifest that a load entry names.
func manifestTree(e Entry) (signedTree, error) {
	var body struct {
		Manifest struct {
			Rows int64 `json:"rows"`
		} `json:"manifest"`
		Root string `json:"manifest_root"`
	}
	if e.Action != ActionLoad {
		return signedTree{}, fmt.Errorf("it is a %s entry", e.Action)
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		return signedTree{}, errors.New("it names no manifest")
	}
	root, err := parseRoot(body.Manifest.Rows, body.Root)
	return signedTree{size: body.Manifest.Rows, root: root}, err
}

func parseRoot(size int64, root string) (tlog.Hash, error) {
	if size < 0 || size > maxInteger {
		return tlog.Hash{}, fmt.Errorf("a tree of %d leaves", size)
	}
	return parseSHA256(root)
}
