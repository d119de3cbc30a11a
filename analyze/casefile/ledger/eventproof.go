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
// record -> record tree of the load -> load entry -> ledger tree -> signed checkpoint.
type EventProof struct {
	// Record is the place and hash to be shown.
	Record Record
	// Index is the record's place in the record tree of its load, from 0.
	Index int64
	// Path leads from the record's leaf to the root that the load entry names.
	Path tlog.RecordProof
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
	Entry      string      `json:"entry"`
	EntryProof string      `json:"entry_proof"`
	Format     string      `json:"format"`
	Key        string      `json:"key"`
	Raw        *string     `json:"raw,omitempty"` // base64
	Record     recordPlace `json:"record"`
	Path       []string    `json:"record_proof"` // base64
}

type recordPlace struct {
	Evidence string `json:"evidence"`
	Index    int64  `json:"index"`
	Length   int64  `json:"length"`
	Offset   int64  `json:"offset"`
	SHA256   string `json:"sha256"`
}

// ProveRecord returns the proof for one record of the load entry seq. path comes from ProveFromLeaves over the load's
// record leaves; raw may be nil. The proof is checked before it is returned.
func (l *Ledger) ProveRecord(seq int64, r Record, index int64, path tlog.RecordProof, raw []byte) (*EventProof, error) {
	line, err := l.Line(seq)
	if err != nil {
		return nil, err
	}
	entry, err := l.Prove(seq)
	if err != nil {
		return nil, err
	}
	p := &EventProof{Record: r, Index: index, Path: path, Line: line, Entry: entry, Key: l.state.create.Key, Raw: raw}
	if _, err := p.check(p.Key); err != nil {
		return nil, fmt.Errorf("proving a record of entry %d: %w", seq, err)
	}
	return p, nil
}

// Encode returns the bytes of a proof file.
func (p *EventProof) Encode() ([]byte, error) {
	f := eventProofFile{
		Entry:      string(p.Line),
		EntryProof: string(p.Entry.Format()),
		Format:     eventProofFormat,
		Key:        p.Key,
		Record: recordPlace{
			Evidence: hex.EncodeToString(p.Record.Evidence[:]),
			Index:    p.Index,
			Length:   p.Record.Length,
			Offset:   p.Record.Offset,
			SHA256:   hex.EncodeToString(p.Record.SHA256[:]),
		},
		Path: []string{},
	}
	for _, h := range p.Path {
		f.Path = append(f.Path, h.String())
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
	p := &EventProof{Index: f.Record.Index, Line: []byte(f.Entry), Key: f.Key, Path: tlog.RecordProof{}}
	p.Record.Offset, p.Record.Length = f.Record.Offset, f.Record.Length
	var err error
	if p.Record.Evidence, err = parseSHA256(f.Record.Evidence); err != nil {
		return nil, err
	}
	if p.Record.SHA256, err = parseSHA256(f.Record.SHA256); err != nil {
		return nil, err
	}
	if p.Entry, err = ParseProof([]byte(f.EntryProof)); err != nil {
		return nil, err
	}
	if len(f.Path) > maxLevels {
		return nil, fmt.Errorf("more than %d hashes", maxLevels)
	}
	for _, s := range f.Path {
		h, err := parseHash(s)
		if err != nil {
			return nil, err
		}
		p.Path = append(p.Path, h)
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
	// Entry is the load entry that the record came in with.
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
	r := &ProofReport{Record: p.Record, Raw: p.Raw, Key: key}
	if p.Record.Offset < 0 || p.Record.Length < 0 {
		return nil, errors.New("the record has no place")
	}
	if r.RawChecked = p.Raw != nil; r.RawChecked && sha256.Sum256(p.Raw) != p.Record.SHA256 {
		return nil, errors.New("the raw record does not have the hash shown")
	}
	var err error
	if r.Entry, err = parseEntry(p.Line); err != nil {
		return nil, fmt.Errorf("reading the load entry: %w", err)
	}
	tree, root, err := recordTree(r.Entry)
	if err != nil {
		return nil, fmt.Errorf("reading the load entry: %w", err)
	}
	if err := tlog.CheckRecord(p.Path, tree.Count, root, p.Index, p.Record.Leaf()); err != nil {
		return nil, fmt.Errorf("finding record %d of %d in the load: %w", p.Index+1, tree.Count, err)
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

// recordTree reads the record tree that a load entry names.
func recordTree(e Entry) (RecordTree, tlog.Hash, error) {
	var body struct {
		RecordTree *RecordTree `json:"record_tree"`
	}
	if e.Action != ActionLoad {
		return RecordTree{}, tlog.Hash{}, fmt.Errorf("it is a %s entry", e.Action)
	}
	if err := json.Unmarshal(e.Body, &body); err != nil || body.RecordTree == nil {
		return RecordTree{}, tlog.Hash{}, errors.New("it names no record tree")
	}
	tree := *body.RecordTree
	root, err := parseSHA256(tree.Root)
	if err == nil && (tree.Count < 0 || tree.Count > maxInteger) {
		err = fmt.Errorf("it counts %d records", tree.Count)
	}
	return tree, root, err
}
