package content

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
)

// secretRule is a rule of gitleaks, with the names of its file, or one of this
// package.
type secretRule struct {
	ID          string
	Regex       string
	Path        string // of files that it is about
	Keywords    []string
	Entropy     float64 // bits a byte that the secret must exceed
	SecretGroup int     `toml:"secretGroup"` // 0: the first group that matched, or all
	Allowlists  []allowlist

	score float64
	rank  int    // of rules that find the same place, the lowest names it
	shape string // the kind of the shape of a credential, whose checks apply too
	wordy bool   // finds "word = value" with a word of the language

	needs    byte // that must stand after the keyword, before white space; 0 for none
	reach    int  // how far from the keyword a match can reach, in bytes
	assigned bool // of the form "identifier operator value"
	minRun   int  // bytes without white space that must stand around the keyword

	starts []string // how a match begins, in lower case, if that is known and no word goes on there
	once   sync.Once
	find   *regexp.Regexp
}

// maxReach bounds how far from a keyword a secret is looked for where the rule
// sets no bound: a private key of 4096 bits has 3272 bytes in PEM.
const maxReach = 4096

// genericRule is the rule that takes any value assigned to a word such as key;
// curl's take what stands after an option.
const genericRule = "generic-api-key"

// assignedPrefix is how the rules begin that gitleaks makes for "identifier
// operator value" (cmd/generate/config/utils/generate.go, of 8.30.1).
const assignedPrefix = `[\w.-]{0,50}?(?:`

// gitleaksRank says which rules name a place that several find, and how sure
// what they find is: shapes of their own surely, values by the name before them
// less. The id of an AWS access key says whose key it is and is of no use alone.
func gitleaksRank(r *secretRule) (int, float64) {
	switch {
	case r.ID == genericRule:
		return 5, 0.6
	case r.ID == "aws-access-token":
		return 1, 0.5
	case strings.Contains(r.Regex, assignedPrefix), strings.HasPrefix(r.ID, "curl-"):
		return 3, 0.8
	}
	return 1, 0.95
}

// prepare reads how far the rule reaches and what can be asked before it is
// tried. The expression is compiled when it is first tried: few ever are.
func (r *secretRule) prepare() error {
	tree, err := syntax.Parse(r.Regex, syntax.Perl)
	if err != nil {
		return err
	}
	r.reach = min(maxLength(tree), maxReach) + 1
	r.assigned = r.namesIdentifier()
	r.wordy = r.wordy || r.ID == genericRule
	if !r.assigned {
		r.minRun = runLength(tree)
		r.starts = wordStarts(tree)
	}
	for i := range r.Allowlists {
		if err := r.Allowlists[i].check(); err != nil {
			return err
		}
	}
	return nil
}

// regexp returns the expression of the rule, which prepare has parsed.
func (r *secretRule) regexp() *regexp.Regexp {
	r.once.Do(func() { r.find = regexp.MustCompile(r.Regex) })
	return r.find
}

// group returns which group of a match holds the secret, as gitleaks chooses it.
func (r *secretRule) group(match []int) int {
	if r.SecretGroup > 0 && 2*r.SecretGroup+1 < len(match) && match[2*r.SecretGroup] >= 0 {
		return r.SecretGroup
	}
	for g := 1; 2*g < len(match); g++ {
		if match[2*g] >= 0 && match[2*g] < match[2*g+1] {
			return g
		}
	}
	return 0
}

// canStand reports whether the rule can match around a keyword, which begins a
// match or not: it costs some bytes where trying costs thousands.
func (r *secretRule) canStand(folded []byte, at int, begins bool) bool {
	if begins && at > 0 && (isAlnum(folded[at-1]) || folded[at-1] == '_') {
		return false
	}
	if r.assigned {
		return isAssigned(folded[at:], r.wordy)
	}
	if r.minRun < 4 {
		return true
	}
	from, to := at, at
	for from > 0 && at-from < r.minRun && !isSpace(folded[from-1]) {
		from--
	}
	for to < len(folded) && to-from < r.minRun && !isSpace(folded[to]) {
		to++
	}
	if to-from < r.minRun {
		return false
	}
	if r.needs == 0 {
		return true
	}
	for to = at; to < min(len(folded), at+r.reach) && !isSpace(folded[to]); to++ {
		if folded[to] == r.needs {
			return true
		}
	}
	return false
}

// isAssigned reports whether a value of ten bytes or more, of a rule about words
// of the language with a digit, is given to the identifier that a text is
// within: the rest of the identifier (the keyword's own word and 20 bytes that
// the rules allow), quotes, an operator, quotes. No rule of gitleaks takes
// shorter values, and its generic rule none without a digit.
func isAssigned(folded []byte, wordy bool) bool {
	i := bytes.IndexAny(folded[:min(len(folded), 64)], "=>:|?,")
	if i < 0 {
		return false
	}
	value := bytes.TrimLeft(folded[i:min(len(folded), i+80)], "=>:|?,\t\r\n '\"`")
	digit := !wordy
	for n, c := range value {
		if c <= ' ' || bytes.IndexByte([]byte("'\"`;,"), c) >= 0 {
			return n >= 10 && digit
		}
		digit = digit || c >= '0' && c <= '9'
	}
	return len(value) >= 10 && digit
}

// namesIdentifier reports whether all keywords stand in the first group of an
// expression, which is the identifier that a value is given to.
func (r *secretRule) namesIdentifier() bool {
	_, rest, ok := strings.Cut(r.Regex, assignedPrefix)
	if !ok {
		return false
	}
	name, _, ok := strings.Cut(rest, `)(?:[ \t\w.-]{0,20})`)
	find, err := regexp.Compile("(?i:" + strings.ReplaceAll(name, "(?-i:", "(?:") + ")")
	return ok && err == nil && !slices.ContainsFunc(r.Keywords, func(word string) bool { return !find.MatchString(word) })
}

// beginsWith reports whether a match begins with a keyword wherever it holds it.
func (r *secretRule) beginsWith(word string) bool {
	return slices.ContainsFunc(r.starts, func(s string) bool {
		return len(s) > 1 && (strings.HasPrefix(s, word) || strings.HasPrefix(word, s))
	})
}

// wordStarts returns how the matches of an expression begin that begins at the
// boundary of a word, in lower case.
func wordStarts(re *syntax.Regexp) []string {
	for re.Op == syntax.OpConcat || re.Op == syntax.OpCapture {
		if re.Op == syntax.OpConcat && re.Sub[0].Op == syntax.OpWordBoundary {
			starts, _ := literalStarts(&syntax.Regexp{Op: syntax.OpConcat, Sub: re.Sub[1:]})
			return starts
		}
		re = re.Sub[0]
	}
	return nil
}

// maxStarts bounds the ways in which a match begins that are told apart.
const maxStarts = 64

// literalStarts returns the literal beginnings of an expression and whether they
// are all of it.
func literalStarts(re *syntax.Regexp) (starts []string, all bool) {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{strings.ToLower(string(re.Rune))}, true
	case syntax.OpCapture:
		return literalStarts(re.Sub[0])
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for c := re.Rune[i]; c <= re.Rune[i+1] && len(starts) < 9; c++ {
				starts = append(starts, strings.ToLower(string(c)))
			}
		}
		if len(starts) < 9 {
			return starts, true
		}
	case syntax.OpAlternate:
		all = true
		for _, sub := range re.Sub {
			more, whole := literalStarts(sub)
			starts, all = append(starts, more...), all && whole
		}
		return starts, all
	case syntax.OpConcat:
		starts = []string{""}
		for _, sub := range re.Sub {
			more, whole := literalStarts(sub)
			if len(starts)*len(more) > maxStarts {
				return starts, false
			}
			var longer []string
			for _, s := range starts {
				for _, m := range more {
					longer = append(longer, s+m)
				}
			}
			if starts = longer; !whole {
				return starts, false
			}
		}
		return starts, true
	}
	return []string{""}, false
}

// maxLength returns how many bytes an expression can match at most, or more than
// maxReach where that is unbounded.
func maxLength(re *syntax.Regexp) int {
	n := 0
	switch re.Op {
	case syntax.OpLiteral:
		for _, c := range re.Rune {
			n += len(string(c))
		}
		if re.Flags&syntax.FoldCase != 0 {
			n = 3 * len(re.Rune) // k and s fold to longer signs
		}
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		n = 1
		if k := len(re.Rune); re.Op != syntax.OpCharClass || k > 0 && re.Rune[k-1] >= 0x80 {
			n = 4
		}
	case syntax.OpStar, syntax.OpPlus:
		n = maxReach + 1
	case syntax.OpRepeat:
		n = maxReach + 1
		if re.Max >= 0 {
			n = re.Max * maxLength(re.Sub[0])
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			n = max(n, maxLength(sub))
		}
	default:
		for _, sub := range re.Sub {
			n += maxLength(sub)
		}
	}
	return min(n, maxReach+1)
}

// minLength returns how many bytes an expression matches at least.
func minLength(re *syntax.Regexp) int {
	n := 0
	switch re.Op {
	case syntax.OpLiteral:
		n = len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		n = 1
	case syntax.OpStar, syntax.OpQuest:
	case syntax.OpRepeat:
		n = re.Min * minLength(re.Sub[0])
	case syntax.OpAlternate:
		for i, sub := range re.Sub {
			if l := minLength(sub); i == 0 || l < n {
				n = l
			}
		}
	default:
		for _, sub := range re.Sub {
			n += minLength(sub)
		}
	}
	return n
}

// runLength returns how many bytes an expression matches at least before what
// ends a secret, if no white space can stand among them, or 0.
func runLength(re *syntax.Regexp) int {
	if !matchesSpace(re) {
		return minLength(re)
	}
	if re.Op != syntax.OpConcat {
		return 0
	}
	n := 0
	for i, sub := range re.Sub {
		if matchesSpace(sub) {
			if i != len(re.Sub)-1 {
				return 0
			}
			break
		}
		n += minLength(sub)
	}
	return n
}

// matchesSpace reports whether an expression can match white space somewhere.
func matchesSpace(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	case syntax.OpLiteral:
		return strings.ContainsAny(string(re.Rune), "\t\n\v\f\r ")
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if strings.ContainsFunc("\t\n\v\f\r ", func(c rune) bool { return re.Rune[i] <= c && c <= re.Rune[i+1] }) {
				return true
			}
		}
	}
	for _, sub := range re.Sub {
		if matchesSpace(sub) {
			return true
		}
	}
	return false
}

// allowlist says what is no secret though a rule found it. Its paths and commits
// are those of repositories.
type allowlist struct {
	Condition   string
	RegexTarget string `toml:"regexTarget"` // match, line, or the secret
	Regexes     []string
	StopWords   []string `toml:"stopwords"`
	Paths       []string

	once  sync.Once
	finds []*regexp.Regexp
	stop  *automaton
}

// check reports whether the list can be read.
func (a *allowlist) check() error {
	for _, e := range a.Regexes {
		if _, err := syntax.Parse(e, syntax.Perl); err != nil {
			return err
		}
	}
	return nil
}

// compile makes ready what check has read, when it is first needed.
func (a *allowlist) compile() {
	for _, e := range a.Regexes {
		a.finds = append(a.finds, regexp.MustCompile(e))
	}
	words := make([]string, len(a.StopWords))
	for i, word := range a.StopWords {
		words[i] = strings.ToLower(word)
	}
	a.stop = newAutomaton(words)
}

// allows reports whether what was found is allowed. Where a list asks for the
// path of a file as well, nothing is.
func (a *allowlist) allows(text []byte, match, secret span) bool {
	a.once.Do(a.compile)
	if len(a.Paths) > 0 && strings.EqualFold(a.Condition, "and") {
		return false
	}
	stopped := false
	a.stop.find(bytes.ToLower(text[secret.from:secret.to]), func(int32, int32, int32) { stopped = true })
	if stopped {
		return true
	}
	target := secret
	switch a.RegexTarget {
	case "match":
		target = match
	case "line":
		target = lineAround(text, match)
	}
	for _, find := range a.finds {
		if find.Match(text[target.from:target.to]) {
			return true
		}
	}
	return false
}

// maxLine bounds how much of a line is looked at on each side of a match.
const maxLine = 200

// lineAround returns the lines that a match stands on.
func lineAround(text []byte, match span) span {
	from, to := max(0, match.from-maxLine), min(len(text), match.to+maxLine)
	if i := bytes.LastIndexByte(text[from:match.from], '\n'); i >= 0 {
		from += i + 1
	}
	if i := bytes.IndexByte(text[match.to:to], '\n'); i >= 0 {
		to = match.to + i
	}
	return span{from, to}
}
