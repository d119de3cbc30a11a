package content

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/content/classify"
	"github.com/exhibit-forensics/exhibit/analyze/content/corpora"
)

// dataRoot is where the texts with labels are; they are no part of the
// repository.
var dataRoot = filepath.Join("..", "..", "..", "shared", "data")

// figures is a table with what was counted right, of how many.
type figures struct {
	rows   []string
	counts map[string]*[2]int
}

func (f *figures) add(row string, right bool) {
	if f.counts == nil {
		f.counts = map[string]*[2]int{}
	}
	c := f.counts[row]
	if c == nil {
		c = &[2]int{}
		f.counts[row] = c
		f.rows = append(f.rows, row)
	}
	if c[1]++; right {
		c[0]++
	}
}

func (f *figures) share(row string) float64 {
	c := f.counts[row]
	if c == nil || c[1] == 0 {
		return 0
	}
	return float64(c[0]) / float64(c[1])
}

func (f *figures) String() string {
	var b strings.Builder
	for _, row := range f.rows {
		fmt.Fprintf(&b, "%-58s %4d of %4d  %.3f\n", row, f.counts[row][0], f.counts[row][1], f.share(row))
	}
	return b.String()
}

// have fails a test whose data cannot be read, and skips it loudly where there
// are none.
func have(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("SKIPPED, nothing was measured: the texts of %s are not here: %v", dataRoot, err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func newTestScanner(t testing.TB) *Scanner {
	t.Helper()
	s, err := NewScanner()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// with returns a scanner whose classifiers have other weights.
func with(t *testing.T, tones, suffixes *classify.Model) *Scanner {
	t.Helper()
	s := newTestScanner(t)
	for _, p := range s.parts {
		switch p := p.(type) {
		case *tone:
			if tones != nil {
				p.model = tones
			}
		case *suffix:
			if suffixes != nil {
				p.model = suffixes
			}
		}
	}
	return s
}

func flagged(s *Scanner, text string, role Role, kind string) bool {
	return Score(s.Scan([]byte(text), role), kind) >= Flagged
}

// TestXSTest measures what is called a refusal against what two people called
// one. The phrases are general knowledge; the classifier never saw a reply to
// the question at hand, and in the last rows no reply of the model either.
func TestXSTest(t *testing.T) {
	samples, err := corpora.RefusalSamples(dataRoot)
	have(t, err)
	var f figures
	hits := map[string]*[3]int{} // by model: true positives, flagged, refusals
	for fold := range corpora.Folds {
		all := with(t, corpora.Learn(corpora.Without(samples, fold, func(*corpora.Sample) bool { return true }), corpora.RefusalOptions()), nil)
		other := map[string]*Scanner{}
		for _, model := range []string{"mistralinstruct", "mistralguard"} {
			other[model] = with(t, corpora.Learn(corpora.Without(samples, fold, func(s *corpora.Sample) bool { return s.Source != model }), corpora.RefusalOptions()), nil)
		}
		for _, s := range samples {
			if corpora.Fold(s.Group) != fold {
				continue
			}
			said := flagged(all, s.Text, RoleAssistant, KindRefusal)
			f.add(s.Source+" accuracy", said == s.Is)
			if other[s.Source] == nil {
				continue
			}
			f.add(s.Source+" accuracy, learned from the other model", flagged(other[s.Source], s.Text, RoleAssistant, KindRefusal) == s.Is)
			if s.Is {
				f.add(s.Source+" recall", said)
			}
			if said {
				f.add(s.Source+" precision", s.Is)
			}
			phrase := false
			for _, sign := range all.Scan([]byte(s.Text), RoleAssistant) {
				phrase = phrase || sign.Kind == KindRefusal && sign.Label != refusalSoft && sign.Score >= Flagged
			}
			f.add(s.Source+" accuracy by phrases alone", phrase == s.Is)
		}
	}
	_ = hits
	t.Logf("refusals, held out in %d folds by question:\n%s", corpora.Folds, f.String())
	// The bars are the accuracy of the keywords that come with XSTest (0.860 and
	// 0.809) and six points.
	for model, bar := range map[string]float64{"mistralinstruct": 0.920, "mistralguard": 0.869} {
		if got := f.share(model + " accuracy"); got < bar {
			t.Errorf("%s: accuracy %.3f is below %.3f", model, got, bar)
		}
	}
}

func TestExplore(t *testing.T) {
	attempts, err := corpora.Attempts(dataRoot)
	have(t, err)
	s := newTestScanner(t)
	var f figures
	lab := map[string]int{}
	for _, a := range attempts {
		signs := s.Scan([]byte(a.Prompt), RoleUser)
		f.add(a.Method+" "+a.Model+" any", Score(signs, KindJailbreak) >= Flagged || Score(signs, KindInjection) >= Flagged)
		for _, g := range signs {
			lab[a.Method+" "+g.Kind+" "+g.Label]++
		}
		rs := s.Scan([]byte(a.Reply), RoleAssistant)
		f.add(fmt.Sprintf("reply %s %s jailbroken=%t refusal", a.Method, a.Model, a.Jailbroken), Score(rs, KindRefusal) >= Flagged)
	}
	safe, unsafe, _ := corpora.Questions(dataRoot)
	mails, _ := corpora.Mails(dataRoot)
	ctx, _ := corpora.Contexts(dataRoot)
	show := func(name, text string, role Role) {
		signs := s.Scan([]byte(text), role)
		bad := false
		for _, k := range []string{KindInjection, KindJailbreak, KindExtraction} {
			if Score(signs, k) >= Flagged {
				bad = true
			}
		}
		f.add("FP "+name+" "+string(role), bad)
		if bad {
			for _, g := range signs {
				t.Logf("%s %s/%s %.2f %q", name, g.Kind, g.Label, g.Score, text[g.Start:g.End])
			}
		}
	}
	for _, x := range append(safe, unsafe...) {
		show("questions", x, RoleUser)
	}
	for _, x := range append(mails, ctx...) {
		show("mails", x, RoleDocument)
		show("mails", x, RoleUser)
	}
	texts, codes, _ := corpora.Plants(dataRoot)
	for i, p := range append(texts, codes...) {
		host := ctx[i%len(ctx)]
		got := flagged(s, host+"\n"+p.Text, RoleDocument, KindInjection)
		f.add("bipia "+p.Goal, got)
		if i >= len(texts) {
			f.add("bipia code", got)
		} else {
			f.add("bipia text", got)
		}
		if !got && (i >= len(texts) || i >= 25) {
			t.Logf("missed %s: %.200q", p.Goal, p.Text)
		}
	}
	t.Logf("\n%s", f.String())
	t.Log(lab)
}
