package detectors

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// casesFolder has a folder for each detector, named by its id. In it, files and
// folders whose names begin with hit- are logs in which the detector must find
// something, and those that begin with miss- logs in which it must find nothing.
// A folder may hold a policy.yml that the detector is given.
const casesFolder = "../../testdata/detectors"

// generator makes a case where logs would be too long for a file, or need to be
// enriched. Its name begins with hit- or miss-, and it returns the case's folder.
type generator struct {
	detector, name string
	load           func(t *testing.T) string
}

// generators lists them by family, each list beside the tests of the family.
func generators() []generator {
	return slices.Concat(identityGenerators(), reconGenerators(), volumeGenerators(), qualityGenerators())
}

// aboutNoOne are the detectors whose findings are about no person or principal,
// with the reason.
func aboutNoOne() map[string]string {
	return map[string]string{
		"policy.unapproved-model": "the model is what it is about where everybody uses it",
	}
}

// TestCases runs each detector alone on its cases.
func TestCases(t *testing.T) {
	t.Parallel()
	all := mustAll(t)
	made := generators()
	for _, about := range all {
		t.Run(about.ID, func(t *testing.T) {
			t.Parallel()
			kinds := map[string]int{}
			for _, path := range glob(t, filepath.Join(casesFolder, about.ID, "*")) {
				name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
				kinds[kindOf(name)]++
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					dir, p := loadCase(t, path)
					checkCase(t, about.ID, name, dir, p)
				})
			}
			for _, g := range made {
				if g.detector != about.ID {
					continue
				}
				kinds[kindOf(g.name)]++
				t.Run(g.name, func(t *testing.T) {
					t.Parallel()
					checkCase(t, about.ID, g.name, g.load(t), nil)
				})
			}
			if kinds["hit"] == 0 || kinds["miss"] == 0 {
				t.Errorf("%d cases to hit and %d to miss in testdata/detectors/%s and generators; want at least one of each", kinds["hit"], kinds["miss"], about.ID)
			}
			if kinds[""] > 0 {
				t.Errorf("%d cases begin with neither hit- nor miss-", kinds[""])
			}
		})
	}
}

// loadCase loads a file, or the files of a folder but for the policy.
func loadCase(t *testing.T, path string) (dir string, p *policy.Policy) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path, "policy.yml"))
	if err != nil {
		return casetest.Load(t, path), nil
	}
	if p, err = policy.Parse(text); err != nil {
		t.Fatal(err)
	}
	logs := slices.DeleteFunc(glob(t, filepath.Join(path, "*")), func(name string) bool { return filepath.Base(name) == "policy.yml" })
	return casetest.Load(t, logs...), p
}

func kindOf(name string) string {
	kind, _, _ := strings.Cut(name, "-")
	if kind == "hit" || kind == "miss" {
		return kind
	}
	return ""
}

// checkCase runs a detector on a case with 1 and with 4 threads.
func checkCase(t *testing.T, id, name, dir string, p *policy.Policy) {
	one, four := runAlone(t, id, dir, p, 1), runAlone(t, id, dir, p, 4)
	if diff := cmp.Diff(one, four); diff != "" {
		t.Errorf("1 and 4 threads find different things (-1 +4):\n%s", diff)
	}
	if kindOf(name) == "miss" {
		if len(one.Findings) > 0 {
			t.Errorf("found what is not there: %s", tell(one.Findings))
		}
		return
	}
	if len(one.Findings) == 0 {
		t.Fatalf("found nothing; %+v", one.Detectors)
	}
	for i := range one.Findings {
		f := &one.Findings[i]
		var lacks []string
		for what, has := range map[string]bool{
			"subject": f.Subject != "", "title": f.Title != "", "explanation": f.Explanation != "",
			"events": len(f.Events) > 0 && f.EventCount >= int64(len(f.Events)),
			"time":   !f.First.IsZero() && !f.Last.Before(f.First),
			"actor":  f.Actor != "" || aboutNoOne()[id] != "",
		} {
			if !has {
				lacks = append(lacks, what)
			}
		}
		if slices.Sort(lacks); len(lacks) > 0 {
			t.Errorf("a finding lacks %s: %+v", strings.Join(lacks, ", "), f)
		}
	}
}

// runAlone runs one detector on the case in a folder.
func runAlone(t *testing.T, id, dir string, p *policy.Policy, threads int) *Report {
	t.Helper()
	c, err := casefile.Open(t.Context(), dir, casefile.OpenOptions{Threads: threads, Memory: 512 << 20})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), c, Options{Only: []string{id}, Policy: p})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return r
}

func tell(list []analyze.Finding) string {
	var b strings.Builder
	for i := range list {
		fmt.Fprintf(&b, "\n%s %s [%s] %s: %s", list[i].Severity, list[i].Title, list[i].Subject, list[i].Bucket, list[i].Explanation)
	}
	return b.String()
}

// TestCasesHaveDetectors finds folders whose detector is gone or misspelled.
func TestCasesHaveDetectors(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, a := range mustAll(t) {
		ids = append(ids, a.ID)
	}
	for _, path := range glob(t, filepath.Join(casesFolder, "*")) {
		if id := filepath.Base(path); !slices.Contains(ids, id) {
			t.Errorf("testdata/detectors/%s: no detector has that id", id)
		}
	}
	for _, g := range generators() {
		if !slices.Contains(ids, g.detector) {
			t.Errorf("the generator %s is for %s, an id that no detector has", g.name, g.detector)
		}
	}
}

// TestNotApplicable runs every detector on a case whose only event has no time,
// and on one whose events say nothing but when they were: each must say that it
// cannot run.
func TestNotApplicable(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty": `{"event_id":"00000000-1","kind":"other"}`,
		"bare": `{"event_id":"00000000-1","ts":"2026-03-02T10:00:00Z","kind":"inference"}
{"event_id":"00000000-2","ts":"2026-03-02T10:00:01Z","kind":"other"}
`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := Run(t.Context(), casetest.Files(t, map[string]string{"log.jsonl": text}), Options{})
			if err != nil {
				t.Fatal(err)
			}
			for i := range r.Detectors {
				d := &r.Detectors[i]
				if d.NotApplicable == "" || d.Findings > 0 || d.Tests > 0 {
					t.Errorf("%s: want it not to be applicable, got %d findings of %d tests", d.About.ID, d.Findings, d.Tests)
				}
			}
		})
	}
}

// TestAbout checks what detectors say of themselves.
func TestAbout(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(`^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, a := range mustAll(t) {
		switch {
		case !id.MatchString(a.ID):
			t.Errorf("%q is not of the form family.name", a.ID)
		case seen[a.ID]:
			t.Errorf("%s: two detectors have this id", a.ID)
		case a.Version < 1:
			t.Errorf("%s: version %d", a.ID, a.Version)
		case a.Severity < analyze.SeverityInfo || a.Severity > analyze.SeverityCritical:
			t.Errorf("%s: severity %d", a.ID, a.Severity)
		}
		seen[a.ID] = true
		for what, text := range map[string]string{"title": a.Title, "why": a.Why} {
			if strings.TrimSpace(text) == "" || strings.Contains(text, "\n") {
				t.Errorf("%s: the %s is empty or has several lines", a.ID, what)
			}
		}
		for what, list := range map[string][]string{
			"tags": a.Tags, "false positives": a.FalsePositives, "triage": a.Triage, "collect": a.Collect, "contain": a.Contain,
		} {
			if len(list) == 0 || slices.Contains(list, "") {
				t.Errorf("%s: %s: want at least one, and none empty", a.ID, what)
			}
		}
		for _, tag := range a.Tags {
			if !isTag(tag) {
				t.Errorf("%s: the tag %q is of no form that is known, or of an older edition", a.ID, tag)
			}
		}
	}
}

// isTag reports whether a tag names a technique in one of the editions of
// [analyze.TagVersions]. ATT&CK v19 moved T1562 to T1685 and T1686; of ATLAS
// the techniques that data 5.6 has and that access to models can show.
func isTag(tag string) bool {
	framework, technique, _ := strings.Cut(tag, ".")
	switch framework {
	case "attack":
		return regexp.MustCompile(`^t[0-9]{4}(\.[0-9]{3})?$`).MatchString(technique) && !strings.HasPrefix(technique, "t1562")
	case "owasp":
		return regexp.MustCompile(`^(llm|asi)(0[1-9]|10)$`).MatchString(technique)
	case "atlas":
		base, sub, _ := strings.Cut(strings.TrimPrefix(technique, "aml.t"), ".")
		known := []string{
			"0005", "0008", "0012", "0013", "0014", "0015", "0024", "0029", "0034", "0040", "0044", "0046", "0048", "0051", "0053",
			"0054", "0055", "0056", "0057", "0061", "0063", "0065", "0068", "0069", "0070", "0075", "0080", "0081", "0082", "0083",
			"0084", "0085", "0086", "0091", "0092", "0094", "0096", "0098", "0101", "0108", "0110",
		}
		return strings.HasPrefix(technique, "aml.t") && slices.Contains(known, base) && (sub == "" || regexp.MustCompile(`^[0-9]{3}$`).MatchString(sub))
	}
	return false
}

func mustAll(t *testing.T) []*analyze.About {
	t.Helper()
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// glob lists what a pattern matches, in order.
func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(casesFolder); err != nil {
		t.Fatal(err)
	}
	return paths
}
