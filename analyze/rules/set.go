package rules

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Set is a number of rules that were read together.
type Set struct {
	Rules []*Rule // in the order of the files
	// Problems are documents that cannot be used, each an [*Error].
	Problems []error
	files    []file
}

// file is a file of rules.
type file struct {
	name  string
	text  []byte
	cases []byte // of the file beside it; nil where there is none
}

// The suffixes of files of rules and of their cases.
const casesSuffix = ".cases.yml"

func isRuleFile(name string) bool {
	return (strings.HasSuffix(name, ".yml") || strings.HasSuffix(name, ".yaml")) && !strings.HasSuffix(name, casesSuffix)
}

// maxFiles bounds how many files a folder of rules has. SigmaHQ has 4,000.
const maxFiles = 50_000

// Load reads rules from files and from all files below folders. Documents that
// cannot be used are problems of the set; an error says that a file cannot be
// read.
func Load(paths []string, o *Options) (*Set, error) {
	var files []file
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("reading rules: %w", err)
		}
		dir, under := p, "."
		if !info.IsDir() {
			dir, under = filepath.Dir(p), filepath.Base(p)
		}
		found, err := readFiles(os.DirFS(dir), under)
		if err != nil {
			return nil, fmt.Errorf("reading rules in %s: %w", p, err)
		}
		for i := range found {
			found[i].name = filepath.Join(dir, filepath.FromSlash(found[i].name))
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, errors.New("reading rules: there is no file that ends in .yml or .yaml")
	}
	return newSet(files, o), nil
}

// readFiles reads the files of rules at or below a place.
func readFiles(fsys fs.FS, under string) ([]file, error) {
	var list []file
	err := fs.WalkDir(fsys, under, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || p != under && !isRuleFile(p) || !d.Type().IsRegular() && p != under {
			return err
		}
		if len(list) == maxFiles {
			return fmt.Errorf("there are more than %d files of rules", maxFiles)
		}
		f := file{name: p}
		if f.text, err = readBounded(fsys, p); err != nil {
			return err
		}
		f.cases, err = readBounded(fsys, strings.TrimSuffix(p, path.Ext(p))+casesSuffix)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		list = append(list, f)
		return err
	})
	return list, err
}

// readBounded reads a file up to a byte more than can be parsed, which then says
// that it is too large.
func readBounded(fsys fs.FS, p string) ([]byte, error) {
	f, err := fsys.Open(p)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	return data, errors.Join(err, f.Close())
}

// Parse reads the rules of one file.
func Parse(name string, text []byte, o *Options) *Set {
	return newSet([]file{{name: name, text: text}}, o)
}

// newSet parses files and ties their rules together.
func newSet(files []file, o *Options) *Set {
	if o == nil {
		o = &Options{}
	}
	s := &Set{files: files}
	for _, f := range files {
		docs, err := documents(f.text)
		if err == nil && len(docs) == 0 {
			err = errors.New("the file holds no rule")
		}
		if err != nil {
			s.Problems = append(s.Problems, inFile(f.name, err))
			continue
		}
		for _, d := range docs {
			r, err := parseRule(d, o)
			if err != nil {
				s.Problems = append(s.Problems, inFile(f.name, err))
				continue
			}
			r.File, r.Text = f.name, string(f.text)
			s.Rules = append(s.Rules, r)
		}
	}
	s.resolve()
	return s
}

// Find returns the rules with an id, a name, or a file called so.
func (s *Set) Find(name string) []*Rule {
	var list []*Rule
	for _, r := range s.Rules {
		base := filepath.Base(r.File)
		if r.ID == name || r.Name == name || base == name || strings.TrimSuffix(base, filepath.Ext(base)) == name {
			list = append(list, r)
		}
	}
	return list
}

// resolve ties correlations and filters to the rules that they name. What cannot
// be tied becomes a problem, and what depends on it too.
func (s *Set) resolve() {
	for again := true; again; {
		again = false
		by := s.byName()
		for i, r := range s.Rules {
			var err error
			switch r.Kind {
			case KindCorrelation:
				err = r.correlation.resolve(by)
			case KindFilter:
				err = r.resolveFilter(by)
			}
			if err != nil {
				s.Problems = append(s.Problems, inFile(r.File, err))
				s.Rules = slices.Delete(s.Rules, i, i+1)
				again = true
				break
			}
		}
	}
	s.dropCycles()
	s.apply()
}

// byName lists the rules that can be named.
func (s *Set) byName() map[string][]*Rule {
	by := map[string][]*Rule{}
	for _, r := range s.Rules {
		if r.ID != "" {
			by[r.ID] = append(by[r.ID], r)
		}
		if r.Name != "" && r.Name != r.ID {
			by[r.Name] = append(by[r.Name], r)
		}
	}
	return by
}

// lookUp finds the one rule of a name.
func lookUp(by map[string][]*Rule, name string, line int) (*Rule, error) {
	switch list := by[name]; len(list) {
	case 0:
		return nil, wrongLine(line, "no rule that can be used has the id or name %q; give the file with it as well", name)
	case 1:
		return list[0], nil
	default:
		return nil, wrongLine(line, "%d rules have the id or name %q, in %s and %s", len(list), name, list[0].File, list[1].File)
	}
}

func (c *correlation) resolve(by map[string][]*Rule) error {
	c.rules = nil
	for _, name := range c.names {
		r, err := lookUp(by, name, c.line)
		if err != nil {
			return err
		}
		if r.Kind == KindFilter {
			return wrongLine(c.line, "%q is a filter; a correlation is of rules", name)
		}
		c.rules = append(c.rules, r)
	}
	for i, r := range c.rules {
		for _, g := range append(slices.Clone(c.groupBy), c.fields...) {
			if r.Kind == KindCorrelation && !slices.Contains(r.correlation.groupBy, c.fieldOf(i, g)) {
				return wrongLine(c.line, "%q is a correlation that does not group by %q, so its alerts have no value for it", c.names[i], c.fieldOf(i, g))
			}
		}
	}
	return nil
}

// fieldOf returns the field of a rule that a name stands for.
func (c *correlation) fieldOf(rule int, name string) string {
	if of, ok := c.aliases[name]; ok {
		return cmp.Or(of[c.names[rule]], name)
	}
	return name
}

// anyRule is the word of filters that are for all rules of their log source.
const anyRule = "any"

func (r *Rule) resolveFilter(by map[string][]*Rule) error {
	for _, name := range r.filters {
		if name == anyRule {
			continue
		}
		t, err := lookUp(by, name, r.Line)
		if err != nil {
			return err
		}
		if t.Kind != KindRule {
			return wrongLine(r.Line, "the filter is for %q, which is a %s; filters are for rules", name, t.Kind)
		}
		if !r.LogSource.covers(t.LogSource) {
			return wrongLine(r.Line, "the filter is for the log source %s, and %q for %s", r.LogSource, name, t.LogSource)
		}
	}
	return nil
}

// covers reports whether a log source is one of those that s names.
func (s LogSource) covers(o LogSource) bool {
	fits := func(a, b string) bool { return a == "" || a == b }
	return fits(s.Category, o.Category) && fits(s.Product, o.Product) && fits(s.Service, o.Service)
}

// dropCycles takes out correlations that are made of themselves. The walk goes
// level by level: each pass settles what is made of settled rules.
func (s *Set) dropCycles() {
	settled := map[*Rule]bool{}
	for more := true; more; {
		more = false
		for _, r := range s.Rules {
			if settled[r] || r.Kind == KindCorrelation && slices.ContainsFunc(r.correlation.rules, func(x *Rule) bool { return !settled[x] }) {
				continue
			}
			settled[r], more = true, true
		}
	}
	s.Rules = slices.DeleteFunc(s.Rules, func(r *Rule) bool {
		if !settled[r] {
			s.Problems = append(s.Problems, inFile(r.File, wrongLine(r.Line, "the correlation is made of itself, or of one that is")))
		}
		return !settled[r]
	})
}

// apply numbers the rules, gives them their filters, and silences those that are
// only parts of correlations.
func (s *Set) apply() {
	wanted := map[*Rule]bool{}
	for i, r := range s.Rules {
		r.index = i
		switch r.Kind {
		case KindCorrelation:
			for _, x := range r.correlation.rules {
				x.silent = true
				wanted[x] = wanted[x] || r.correlation.generate
			}
		case KindFilter:
			for _, t := range s.Rules {
				named := (t.ID != "" && slices.Contains(r.filters, t.ID)) || (t.Name != "" && slices.Contains(r.filters, t.Name)) || slices.Contains(r.filters, anyRule)
				if t.Kind == KindRule && named && r.LogSource.covers(t.LogSource) {
					t.filtered = append(t.filtered, r.when)
				}
			}
		}
	}
	for r := range wanted {
		if wanted[r] {
			r.silent = false
		}
	}
}

// matches is what must hold for a rule to match: its detection, and its filters.
func (r *Rule) matches() *expr {
	if len(r.filtered) == 0 {
		return r.when
	}
	return &expr{op: opAnd, kids: append([]*expr{r.when}, r.filtered...)}
}

// Sum is the SHA-256 of the files of the set with their names, so that a result
// can say by which rules it came about.
func (s *Set) Sum() string {
	h := sha256.New()
	for _, f := range s.files {
		for _, part := range [][]byte{[]byte(f.name), f.text} {
			h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part)))) // so that no two lists of files read the same
			h.Write(part)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
