package ledger

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// maxKeyFile is far above the one line of about 150 bytes that a key file holds.
const maxKeyFile = 4096

// A Key is an examiner's Ed25519 signing key. It lives outside the case.
type Key struct {
	// Name is the examiner's name as it stands in every signature.
	Name string
	// Verifier is the public key in the text form of signed notes: name+hash+base64.
	Verifier string
	// Exposed says that others on this machine may read the key file (Unix permissions; never set on Windows).
	Exposed bool

	signer note.Signer
}

// DefaultKeyPath returns $EXHIBIT_KEY, or else exhibit/examiner.key in the user's configuration folder.
func DefaultKeyPath() (string, error) {
	if path := os.Getenv("EXHIBIT_KEY"); path != "" {
		return path, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("finding the examiner key: %w", err)
	}
	return filepath.Join(dir, "exhibit", "examiner.key"), nil
}

// DefaultKeyName returns user@host, with every character that a signature name cannot hold made a hyphen.
func DefaultKeyName() string {
	name, host := "examiner", "localhost"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil && h != "" {
		host = h
	}
	return strings.Map(func(r rune) rune {
		if !nameRune(r) {
			return '-'
		}
		return r
	}, strings.ToValidUTF8(name+"@"+host, "-"))
}

// CheckKeyName says why name cannot stand in a signature, or returns nil. Names are 1 to 200 bytes of printable
// characters without spaces and plus signs, which separate the parts of a signature line.
func CheckKeyName(name string) error {
	switch {
	case name == "":
		return errors.New("key name is empty")
	case len(name) > 200:
		return errors.New("key name is longer than 200 bytes")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !nameRune(r) }):
		return fmt.Errorf("key name %q has a space, a plus sign or a character that cannot be printed", name)
	}
	return nil
}

func nameRune(r rune) bool {
	return r != '+' && r != utf8.RuneError && unicode.IsPrint(r) && !unicode.IsSpace(r)
}

// CreateKey makes a new key and writes it to path, readable by the owner only, making missing folders. An empty name
// means DefaultKeyName. An existing file is never overwritten.
func CreateKey(path, name string) (*Key, error) {
	if name == "" {
		name = DefaultKeyName()
	}
	if err := CheckKeyName(name); err != nil {
		return nil, fmt.Errorf("creating key: %w", err)
	}
	private, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, fmt.Errorf("creating key: %w", err)
	}
	key, err := parseKey(private)
	if err != nil {
		return nil, fmt.Errorf("creating key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("creating key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("creating key: %w", err)
	}
	_, err = f.WriteString(private + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, fmt.Errorf("creating key: %w", errors.Join(err, os.Remove(path)))
	}
	return key, nil
}

// LoadKey reads a key that CreateKey has written. No error message holds the key.
func LoadKey(path string) (*Key, error) {
	// Not readSmall: a key handed in through a link or a pipe is the examiner's own choice.
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("loading key: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("loading key: %w", err)
	}
	defer f.Close()
	text, err := readLimited(f, maxKeyFile)
	if err != nil {
		return nil, fmt.Errorf("loading key %s: %w", path, err)
	}
	key, err := parseKey(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("loading key %s: %w", path, err)
	}
	key.Exposed = runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0
	return key, nil
}

// parseKey reads PRIVATE+KEY+name+hash+base64 and derives the public half.
func parseKey(private string) (*Key, error) {
	signer, err := note.NewSigner(private)
	if err != nil {
		return nil, errors.New("not a private key of signed notes")
	}
	if err := CheckKeyName(signer.Name()); err != nil {
		return nil, err
	}
	// The base64 alphabet has a plus too, so the parts are counted from the left; NewSigner has seen all five.
	parts := strings.SplitN(private, "+", 5)
	seed, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return nil, errors.New("not a private key of signed notes")
	}
	public, ok := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("not an Ed25519 key")
	}
	verifier, err := note.NewEd25519VerifierKey(signer.Name(), public)
	if err != nil {
		return nil, err
	}
	return &Key{Name: signer.Name(), Verifier: verifier, signer: signer}, nil
}

// CheckVerifier says why text is no public key as Key.Verifier writes it, or returns nil.
func CheckVerifier(text string) error {
	_, err := newVerifier(text)
	return err
}

// newVerifier reads a public key, in its one spelling only: base64 would allow several.
func newVerifier(text string) (note.Verifier, error) {
	v, err := note.NewVerifier(text)
	if err != nil {
		return nil, fmt.Errorf("reading public key %.300q: %w", text, err)
	}
	parts := strings.SplitN(text, "+", 3)
	key, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return nil, fmt.Errorf("reading public key %.300q: %w", text, err)
	}
	if fmt.Sprintf("%s+%08x+%s", v.Name(), v.KeyHash(), base64.StdEncoding.EncodeToString(key)) != text {
		return nil, fmt.Errorf("reading public key %.300q: not in its one spelling", text)
	}
	return v, CheckKeyName(v.Name())
}
