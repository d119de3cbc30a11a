package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

const (
	caseSuffix  = ".case"
	caseDefault = "exhibit.case"
	caseEnv     = "EXHIBIT_CASE"
)

func addCaseFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "case", "", "folder (`DIR`) of the case (default: EXHIBIT_CASE, the only *.case here, else ./"+caseDefault+")")
	// The flag was defined one line above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("case", completeCases)
}

// newCasePath returns the folder of the case that a command may create: the
// flag, else EXHIBIT_CASE, else the only *.case folder here, else exhibit.case.
func (f *factory) newCasePath(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if path := f.env(caseEnv); path != "" {
		return path, nil
	}
	cases, err := caseFolders(".")
	if err != nil {
		return "", err
	}
	switch len(cases) {
	case 0:
		return caseDefault, nil
	case 1:
		return cases[0], nil
	}
	return "", usagef("several cases here: %s", strings.Join(cases, ", ")).
		hint("name one with --case DIR or " + caseEnv)
}

// casePath is newCasePath for commands that need a case that exists.
func (f *factory) casePath(flag string) (string, error) {
	path, err := f.newCasePath(flag)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", &HintError{
			Err:   fmt.Errorf("no case at %s", path),
			Hints: []string{"exhibit load PATH... makes one; --case DIR or " + caseEnv + " names one elsewhere"},
		}
	case err != nil:
		return "", fmt.Errorf("looking for the case: %w", err)
	case !info.IsDir():
		return "", fmt.Errorf("looking for the case: %s is not a folder", path)
	}
	return path, nil
}

// caseFolders lists the *.case folders in dir, sorted by name.
func caseFolders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for a case: %w", err)
	}
	var cases []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), caseSuffix) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			cases = append(cases, path)
		}
	}
	return cases, nil
}
