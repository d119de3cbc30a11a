package cassette

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/replay"
)

// Plan is everything that determines a run.
type Plan struct {
	Server string          // base URL, without user information
	Header []replay.Header // sent with every request, beside those that are secret
	// Params says what else shaped the requests, for whoever reads the cassette:
	// JSON without numbers that are not whole.
	Params   map[string]any
	Requests []*replay.Outgoing
	// Grows says that requests are added when replies have come, see
	// [Writer.Add]. What determines them has to be in Params: the hash of the
	// plan does not know them.
	Grows bool
}

// Hash returns the SHA-256 in hex of the plan as a cassette has it.
func (p *Plan) Hash() (string, error) {
	hash, err := p.write(io.Discard)
	if err != nil {
		return "", fmt.Errorf("hashing the plan: %w", err)
	}
	return hash, nil
}

// Create writes a cassette that holds a plan and no exchange yet. It comes into
// being whole or not at all, and does not replace a file.
func Create(path string, p *Plan) error {
	if err := create(path, p); err != nil {
		return fmt.Errorf("making the cassette %s: %w", path, err)
	}
	return nil
}

func create(path string, p *Plan) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return os.ErrExist
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".cassette-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	out := bufio.NewWriterSize(f, 256<<10)
	if _, err = p.write(out); err == nil {
		err = out.Flush()
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return ledger.MoveSync(f.Name(), path)
}

// write writes the lines of the plan, and returns its hash. Each line is taken
// as a reader would take it, so that a plan that could not be read back is
// refused before anything is sent.
func (p *Plan) write(w io.Writer) (string, error) {
	head := &planLine{Kind: kind, Schema: schema, Server: p.Server, Grows: p.Grows, Header: headerLines(p.Header), Requests: int64(len(p.Requests))}
	if len(p.Params) > 0 {
		params, err := ledger.Canonical(p.Params)
		if err != nil {
			return "", fmt.Errorf("writing the parameters of the plan: %w", err)
		}
		head.Params = json.RawMessage(params)
	}
	x := newIndex()
	put := func(data []byte) error {
		if err := x.take(bytes.TrimSuffix(data, []byte{'\n'})); err != nil {
			return err
		}
		_, err := w.Write(data)
		return err
	}
	data, err := encode(&line{Plan: head})
	if err == nil {
		err = put(data)
	}
	if err != nil {
		return "", err
	}
	for i, o := range p.Requests {
		if err := writeRequest(int64(i+1), o, put); err != nil {
			return "", fmt.Errorf("writing request %.80q: %w", o.ID, err)
		}
	}
	return x.planHash, nil
}

func writeRequest(n int64, o *replay.Outgoing, put func([]byte) error) error {
	data, err := encode(&line{Request: newRequestLine(n, o)})
	if err == nil {
		err = put(data)
	}
	for rest := o.Body; err == nil && len(rest) > 0; {
		k := min(len(rest), maxPiece)
		data = (&piece{data: rest[:k], n: n}).append(data[:0])
		err = put(data)
		rest = rest[k:]
	}
	return err
}

// checkServer refuses a base URL that requests cannot be sent below, or that
// holds a user or password: a cassette keeps no secret.
func checkServer(server string) (*url.URL, error) {
	u, err := url.Parse(server)
	switch {
	case err != nil:
		return nil, errors.New("the address of the server is no URL") // the error would repeat a password
	case u.User != nil:
		return nil, errors.New("the address of the server holds a user or a password: name a variable or a file with the key")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("the address of the server %.80q is not http://HOST or https://HOST", server)
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return nil, fmt.Errorf("the address of the server %.80q goes on after its path", server)
	}
	return u, nil
}

func newRequestLine(n int64, o *replay.Outgoing) *requestLine {
	sum := sha256.Sum256(o.Body)
	l := &requestLine{
		N: n, ID: o.ID, Event: o.Event, Variant: o.Variant, Sample: int64(o.Sample), Protocol: string(o.Protocol), Model: o.Model,
		Path: o.Path, BodySize: int64(len(o.Body)), BodySHA256: hex.EncodeToString(sum[:]), Masked: int64(o.Masked), Changes: o.Changes,
	}
	for _, loss := range o.Losses {
		l.Losses = append(l.Losses, lossLine{loss.Part, loss.Grade.String(), loss.Why})
	}
	return l
}

// outgoing is newRequestLine the other way, without the body.
func (l *requestLine) outgoing() (*replay.Outgoing, error) {
	o := &replay.Outgoing{
		ID: l.ID, Event: l.Event, Variant: l.Variant, Sample: int(l.Sample), Protocol: replay.Protocol(l.Protocol), Model: l.Model,
		Path: l.Path, Masked: int(l.Masked), Changes: l.Changes,
	}
	for _, loss := range l.Losses {
		g, ok := gradeOf(loss.Grade)
		if !ok {
			return nil, fmt.Errorf("%.40q is no grade", loss.Grade)
		}
		o.Losses = append(o.Losses, replay.Loss{Part: loss.Part, Grade: g, Why: loss.Why})
	}
	return o, nil
}

func gradeOf(word string) (replay.Grade, bool) {
	for g := replay.GradeIncomplete; g <= replay.GradeExact; g++ {
		if g.String() == word {
			return g, true
		}
	}
	return 0, false
}
