package licenses

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write modules.txt")

// platforms are those that .goreleaser.yaml builds for. What is linked differs:
// a DuckDB library for each, and the terminals of Windows.
var platforms = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"}

// module is a Go module of which packages are linked into exhibit.
type module struct {
	Path, Version, Dir string
	Main               bool
	folders            map[string]bool // of linked packages, and those above them
}

// standard names the standard library. Its version is that of the Go that
// builds, so none is named.
const standard = "Go standard library and runtime"

// TestModules collects the licences of all linked modules again, and fails when
// modules.txt does not say the same.
func TestModules(t *testing.T) {
	modules, err := linkedModules(t)
	if err != nil {
		t.Fatal(err)
	}
	want, err := modulesText(modules)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("modules.txt", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("modules.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("modules.txt is out of date; this writes it again: go test ./cmd/internal/licenses -update")
	}
}

// TestNative checks the versions that native.txt names, which nobody sees when
// a module brings another.
func TestNative(t *testing.T) {
	text, err := os.ReadFile("native.txt")
	if err != nil {
		t.Fatal(err)
	}
	modules, err := linkedModules(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"github.com/duckdb/duckdb-go-bindings", "github.com/DataDog/zstd"} {
		at := slices.IndexFunc(modules, func(m *module) bool { return m.Path == path })
		if at < 0 || !strings.Contains(string(text), path+" "+modules[at].Version) {
			t.Errorf("native.txt was not read again for the version of %s in go.mod", path)
		}
	}
}

// linkedModules returns the modules of all packages that exhibit is made of on
// any platform, sorted by path; the standard library comes first.
func linkedModules(t *testing.T) ([]*module, error) {
	t.Helper()
	found := map[string]*module{}
	for _, platform := range platforms {
		packages, err := linkedPackages(t, platform)
		if err != nil {
			return nil, fmt.Errorf("listing the packages for %s: %w", platform, err)
		}
		for _, p := range packages {
			if p.Standard {
				// One licence is above all; BoringSSL's is not linked.
				p.Module, p.Dir = &module{Path: standard, Dir: p.Root}, p.Root
			}
			if p.Module.Main {
				continue
			}
			m := found[p.Module.Path]
			if m == nil {
				m = p.Module
				m.folders = map[string]bool{m.Dir: true}
				found[m.Path] = m
			}
			for dir := p.Dir; len(dir) > len(m.Dir); dir = filepath.Dir(dir) {
				m.folders[dir] = true
			}
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *module) int {
		return cmp.Compare(a.Path, b.Path)
	}), nil
}

// linkedPackage is what is read of the output of go list.
type linkedPackage struct {
	Dir, Root string
	Standard  bool
	Module    *module
}

func linkedPackages(t *testing.T, platform string) ([]linkedPackage, error) {
	t.Helper()
	goos, goarch, _ := strings.Cut(platform, "/")
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Dir,Root,Standard,Module", "../../exhibit")
	list.Env = append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=-mod=readonly", "GOOS="+goos, "GOARCH="+goarch)
	out, err := list.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("%w: %s", err, exit.Stderr)
	} else if err != nil {
		return nil, err
	}
	var packages []linkedPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p linkedPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
}

// modulesText returns what modules.txt should hold: each text once, below the
// names of all modules that it is of.
func modulesText(modules []*module) ([]byte, error) {
	owners := map[string][]string{}
	var order []string
	for _, m := range modules {
		text, err := licenceFiles(m)
		if err != nil {
			return nil, fmt.Errorf("collecting the licence of %s: %w", m.Path, err)
		}
		if owners[text] == nil {
			order = append(order, text)
		}
		owners[text] = append(owners[text], strings.TrimSpace(m.Path+" "+m.Version))
	}
	var b bytes.Buffer
	for _, text := range order {
		fmt.Fprintf(&b, "%s\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(owners[text], "\n"), text)
	}
	return b.Bytes(), nil
}

// licenceFile matches the names of files that have to go with a program.
var licenceFile = regexp.MustCompile(`(?i)^([a-z]+_)?(licen[cs]e|copying|notice|patents)(\.(txt|md))?$`)

// licenceFiles returns the texts of the licence files in the folders of a module:
// some packages have one of their own, for what they took from elsewhere.
func licenceFiles(m *module) (string, error) {
	var texts []string
	for _, dir := range slices.Sorted(maps.Keys(m.folders)) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return "", err
		}
		for _, e := range entries {
			if e.IsDir() || !licenceFile.MatchString(e.Name()) {
				continue
			}
			raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return "", err
			}
			if text := tidy(raw); !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
	}
	if len(texts) == 0 {
		return "", errors.New("no licence file in " + m.Dir)
	}
	return strings.Join(texts, "\n"), nil
}

// tidy drops what two copies of one text often differ in: blanks at the ends of
// lines, carriage returns and empty lines around it.
func tidy(text []byte) string {
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\r\f")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n") + "\n"
}
