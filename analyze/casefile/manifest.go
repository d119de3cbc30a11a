package casefile

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// maxManifestLine bounds a line of a manifest.
const maxManifestLine = 1 << 20

// writeManifest writes the items of a load, one canonical JSON line each, and
// returns the root of the tree over the lines: with it, one line proves what
// evidence a record belongs to without the other lines.
func writeManifest(staging, load, label string, items []*Item) (ref FileRef, root string, err error) {
	ref = FileRef{Path: manifestsDir + "/" + load + ".jsonl", Rows: int64(len(items))}
	f, err := os.OpenFile(filepath.Join(staging, filepath.FromSlash(ref.Path)), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return ref, "", fmt.Errorf("writing the manifest: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(f, h), 64<<10)
	var tree ledger.TreeBuilder
	for _, it := range items {
		it.Label = label
		if it.in != nil {
			it.Container = it.in.SHA256
		}
		line, err := ledger.Canonical(it)
		if err != nil {
			return FileRef{}, "", fmt.Errorf("writing the manifest line of %s: %w", it.Path, err)
		}
		tree.Add(tlog.RecordHash(line))
		ref.Size += int64(len(line)) + 1
		if _, err = out.Write(append(line, '\n')); err != nil {
			return ref, "", fmt.Errorf("writing the manifest: %w", err)
		}
	}
	if err = out.Flush(); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return ref, "", fmt.Errorf("writing the manifest: %w", err)
	}
	ref.SHA256 = hexSum(h.Sum(nil))
	sum := tree.Root()
	return ref, hexSum(sum[:]), nil
}

// readManifests reads every manifest of the case, in the order of the loads.
func readManifests(dir string, s *state) ([]*Item, error) {
	var items []*Item
	for _, ref := range s.manifests {
		list, err := readManifest(locate(dir, s, ref.Path))
		if err != nil {
			return nil, err
		}
		items = append(items, list...)
	}
	return items, nil
}

func readManifest(path string) ([]*Item, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a manifest: %w", err)
	}
	defer f.Close()
	var items []*Item
	r := bufio.NewReaderSize(f, 64<<10)
	for n := 1; ; n++ {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) {
			return items, nil
		}
		it := new(Item)
		if err == nil {
			err = json.Unmarshal(line, it)
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s:%d: %w", path, n, err)
		}
		items = append(items, it)
	}
}

// readLine reads a line of bounded length, without its newline.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxManifestLine:
			return nil, fmt.Errorf("line longer than %d bytes", maxManifestLine)
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, errors.New("last line has no newline")
		case err != nil:
			return nil, err
		default:
			return line[:len(line)-1], nil
		}
	}
}

// Source sums up the items of one format.
type Source struct {
	Format                                               string
	Files, Records, Frames, Events, Unparsed, Duplicates int64
	WithoutTime                                          int64
	Bytes                                                int64 // decompressed
	FirstTS, LastTS                                      *int64
	Problems                                             []Problem
	Principals, Models                                   map[string]int64 // events by name; bounded
}

// sources groups the items of a load by format, in the order of their names.
func sources(a *assembly) []Source {
	by := map[string]*Source{}
	for _, it := range a.items {
		if !it.loaded() {
			continue
		}
		s := by[it.Format]
		if s == nil {
			s = &Source{Format: it.Format}
			by[it.Format] = s
		}
		s.add(it)
	}
	var out []Source
	for name, s := range by {
		if t := a.names[name]; t != nil {
			s.Principals, s.Models = t.principals, t.models
		}
		out = append(out, *s)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Format < out[j].Format })
	return out
}

func (s *Source) add(it *Item) {
	s.Files++
	s.Records += it.Records
	s.Frames += it.Frames
	s.Events += it.Events
	s.Unparsed += it.Unparsed
	s.WithoutTime += it.WithoutTime
	s.Bytes += it.StreamSize
	if it.FirstTS != nil && (s.FirstTS == nil || *it.FirstTS < *s.FirstTS) {
		s.FirstTS = it.FirstTS
	}
	if it.LastTS != nil && (s.LastTS == nil || *it.LastTS > *s.LastTS) {
		s.LastTS = it.LastTS
	}
	if len(s.Problems) < maxProblems {
		s.Problems = append(s.Problems, it.Problems[:min(len(it.Problems), maxProblems-len(s.Problems))]...)
	}
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hexSum(sum[:])
}

func sortedCopy(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return out
}
