package casefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// stage makes the staging folder of a load, with the folders of a case in it.
func stage(dir, load string) (string, error) {
	s := filepath.Join(dir, stagingDir, load)
	for _, sub := range []string{recordsDir, filepath.Join(eventsDir, DecoderVersion), manifestsDir, inputsDir} {
		if err := os.MkdirAll(filepath.Join(s, sub), 0o700); err != nil {
			return "", fmt.Errorf("making the staging folder: %w", err)
		}
	}
	return s, nil
}

// putInPlace moves the files of a committed load from staging into the case. Files
// that are in place already were moved by an earlier, interrupted attempt.
func putInPlace(dir, load string, files []FileRef) error {
	from := filepath.Join(dir, stagingDir, load)
	folders := map[string]bool{}
	for _, f := range files {
		src, dst := filepath.Join(from, filepath.FromSlash(f.Path)), filepath.Join(dir, filepath.FromSlash(f.Path))
		if !folders[filepath.Dir(dst)] {
			if err := os.MkdirAll(filepath.Dir(dst), 0o700); err != nil {
				return fmt.Errorf("making a folder of the case: %w", err)
			}
			folders[filepath.Dir(dst)] = true
			folders[filepath.Dir(filepath.Dir(dst))], folders[dir] = true, true
		}
		if _, err := os.Lstat(dst); err == nil {
			continue
		}
		if err := os.Rename(src, dst); err != nil {
			return fmt.Errorf("moving a committed file into place: %w", err)
		}
	}
	for folder := range folders {
		if err := ledger.SyncDir(folder); err != nil {
			return err
		}
	}
	return nil
}

// recoverStaging finishes the loads that the ledger holds and whose files are
// still in staging, and removes what an interrupted load left there, but not
// the cassette of a replay, which the next run of its plan goes on with. It is
// the only thing that ever deletes, and only below staging. The caller holds
// the lock.
func recoverStaging(dir string, s *state) error {
	root := filepath.Join(dir, stagingDir)
	found, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the staging folder: %w", err)
	}
	for _, e := range found {
		load := e.Name()
		if isReplayStaging(load) {
			continue // what was sent cannot be sent again unseen
		}
		if s != nil && s.pending[load] {
			if err := finishLoad(dir, load, s); err != nil {
				return err
			}
		}
		if err := os.RemoveAll(filepath.Join(root, load)); err != nil {
			return fmt.Errorf("clearing the staging folder: %w", err)
		}
	}
	return nil
}

// finishLoad redoes the last step of a commit.
func finishLoad(dir, load string, s *state) error {
	var all []FileRef
	for _, list := range [][]FileRef{s.records, s.events, s.manifests, s.inputs, s.cassettes(), s.factFiles()} {
		for _, f := range list {
			if _, err := os.Lstat(filepath.Join(dir, stagingDir, load, filepath.FromSlash(f.Path))); err == nil {
				all = append(all, f)
			}
		}
	}
	if err := putInPlace(dir, load, all); err != nil {
		return err
	}
	if s.generation == "" {
		return nil // nothing was loaded yet, and nothing derived
	}
	staged := filepath.Join(dir, stagingDir, load, stagedDerived)
	if _, err := os.Stat(staged); err == nil {
		return publishDerived(dir, staged, s.derivedName())
	}
	// The generation may have come into place without becoming the current one.
	if _, err := os.Stat(filepath.Join(dir, derivedDir, s.derivedName())); err == nil {
		return pointCurrent(dir, s.derivedName())
	}
	return nil
}
