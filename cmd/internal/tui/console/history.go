package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// The bounds of the history: queries, and bytes of its file.
const (
	maxHistory     = 500
	maxHistoryFile = 1 << 20
)

// history is the queries that were run, the oldest first, and where one that
// looks through them is.
type history struct {
	entries []string
	at      int    // len(entries) is the query that is being typed
	draft   string // that query
}

// add puts a query at the end, where it stands only once, and goes there.
func (h *history) add(query string) {
	h.entries = joined(h.entries, query)
	h.at, h.draft = len(h.entries), ""
}

// load puts what was kept before what is there.
func (h *history) load(kept []string) {
	atEnd := h.at == len(h.entries)
	for _, q := range h.entries {
		kept = joined(kept, q)
	}
	h.entries = kept
	if atEnd {
		h.at = len(h.entries)
	}
	h.at = min(h.at, len(h.entries))
}

// step goes to an older (-1) or newer (+1) query; present is the one on the
// screen. It returns false where there is none.
func (h *history) step(by int, present string) (string, bool) {
	to := h.at + by
	if to < 0 || to > len(h.entries) {
		return "", false
	}
	if h.at == len(h.entries) {
		h.draft = present
	}
	h.at = to
	if to == len(h.entries) {
		return h.draft, true
	}
	return h.entries[to], true
}

// joined is a list of queries with one more at its end, within the bounds.
func joined(entries []string, query string) []string {
	out := slices.DeleteFunc(slices.Clone(entries), func(q string) bool { return q == query })
	out = append(out, query)
	size := 0
	for i, q := range slices.Backward(out) {
		if size += len(q); size > maxHistoryFile/8 || len(out)-i > maxHistory { // JSON may take six bytes for one
			return out[i+1:]
		}
	}
	return out
}

// readHistory reads the file of the history; there need not be one.
func readHistory(path string) ([]string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the history of queries: %w", err)
	}
	defer f.Close()
	var entries []string
	if err := json.NewDecoder(io.LimitReader(f, maxHistoryFile)).Decode(&entries); err != nil {
		return nil, fmt.Errorf("reading the history of queries in %s: %w; mend or remove the file", path, err)
	}
	return entries, nil
}

// keepQuery adds a query to the file of the history, which another explorer may
// have added to.
func keepQuery(path, query string) error {
	entries, err := readHistory(path)
	if err != nil {
		return err
	}
	data, err := json.Marshal(joined(entries, query))
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = replaceFile(path, append(data, '\n'))
	}
	if err != nil {
		return fmt.Errorf("keeping the query in the history: %w", err)
	}
	return nil
}

// replaceFile replaces a file that only the person may read.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
	}
	return err
}
