package ledger

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const (
	checkpointDir = "checkpoints"
	// maxCheckpoint is far above the 300 to 500 bytes of a checkpoint with one signature.
	maxCheckpoint = 16 << 10
)

// A Checkpoint is a head under the name of its log: the text of a C2SP tlog-checkpoint.
type Checkpoint struct {
	// Origin names the log.
	Origin string
	// Head is what was signed.
	Head Head
}

// checkpointName is the file name for a size: eight digits, more from a hundred million.
func checkpointName(size int64) string {
	return fmt.Sprintf("%08d.txt", size)
}

// checkpointPath is the path inside the case, with forward slashes.
func checkpointPath(size int64) string {
	return checkpointDir + "/" + checkpointName(size)
}

func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Head.Size, c.Head.Root)
}

// parseCheckpoint reads the signed text. Extension lines are refused: nothing here writes them, and a signature over
// words that nobody reads is worse than none.
func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] == "" || lines[3] != "" {
		return Checkpoint{}, errors.New("the signed text is not origin, size and root")
	}
	size, err := parseCount(lines[1])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("reading the size: %w", err)
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("reading the root: %w", err)
	}
	return Checkpoint{Origin: lines[0], Head: Head{Size: size, Root: root}}, nil
}

func signCheckpoint(c Checkpoint, key *Key) ([]byte, error) {
	return note.Sign(&note.Note{Text: c.text()}, key.signer)
}

// openCheckpoint checks the verifier's signature. Signatures of others (witnesses) are allowed and not looked at.
func openCheckpoint(data []byte, v note.Verifier) (Checkpoint, *note.Note, error) {
	n, err := note.Open(data, note.VerifierList(v))
	if err != nil {
		var unknown *note.UnverifiedNoteError
		if errors.As(err, &unknown) {
			err = fmt.Errorf("not signed by %s", v.Name())
		}
		return Checkpoint{}, nil, err
	}
	c, err := parseCheckpoint(n.Text)
	return c, n, err
}

// openOwnCheckpoint is openCheckpoint for the files of a case: exactly one signature, and exactly the bytes that
// signCheckpoint writes. Note readers ignore some bits of the base64 and any further signature; here no bit is free.
func openOwnCheckpoint(data []byte, v note.Verifier) (Checkpoint, error) {
	c, n, err := openCheckpoint(data, v)
	if err != nil {
		return Checkpoint{}, err
	}
	sig := n.Sigs[0]
	want := n.Text + "\n— " + sig.Name + " " + sig.Base64 + "\n"
	if _, err := decodeBase64(sig.Base64); err != nil || string(data) != want {
		return Checkpoint{}, errors.New("not as it was written, though the signed text is")
	}
	return c, nil
}
