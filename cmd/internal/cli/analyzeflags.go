package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/baseline"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
	"github.com/exhibit-forensics/exhibit/analyze/rules"
	"github.com/exhibit-forensics/exhibit/analyze/suppression"
)

// analyzeFlags say what to look for, for analyze and check.
type analyzeFlags struct {
	Only, Except []string
	Severity     map[string]analyze.Severity
	Suppress     string // file
	Policy       string // file
	Rules        string // folder or file
	Baseline     string // file
	FailOn       string

	files  []analysisFile
	policy *policy.Policy // read by prepare
	// baselineDigest is of the baseline, "" for none.
	baselineDigest string
}

// analysisFile is a parameter file that shaped a result.
type analysisFile struct {
	kind, name string
	data       []byte
}

func addAnalyzeFlags(cmd *cobra.Command, o *analyzeFlags) {
	flags := cmd.Flags()
	flags.Var(&alternatives{&o.Only, nil}, "only", "only what has this `NAME`; repeatable")
	flags.Var(&alternatives{&o.Except, nil}, "except", "all but what has this `NAME`; repeatable")
	flags.Var(severityValue{&o.Severity}, "severity", "give findings of a detector this severity, such as reconcile.skew=info; repeatable")
	flags.StringVar(&o.Suppress, "suppress", "", "YAML `FILE` of findings that need no action, with reason, expiry and name")
	flags.StringVar(&o.Policy, "policy", "", "policy `FILE`: who may do what, thresholds, severities and what to do; - is standard input")
	flags.StringVar(&o.Rules, "rules", "", "run the Sigma rules in this folder or file (`DIR`) beside the built-in ones")
	flags.StringVar(&o.Baseline, "baseline", "", "baseline `FILE`: what was normal before, which exhibit baseline save writes")
	for _, name := range []string{"only", "except"} {
		// The flag was defined above, the only thing that can fail.
		_ = cmd.RegisterFlagCompletionFunc(name, completeDetectors)
	}
	addFailOnFlag(cmd, &o.FailOn)
}

// completeDetectors completes detectors and families.
func completeDetectors(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names, err := assessment.Names()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// severityValue collects severities by detector.
type severityValue struct{ of *map[string]analyze.Severity }

func (v severityValue) Type() string { return "DETECTOR=LEVEL" }

func (v severityValue) String() string {
	if v.of == nil {
		return ""
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(*v.of)) {
		out = append(out, name+"="+(*v.of)[name].String())
	}
	return strings.Join(out, " ")
}

func (v severityValue) Set(s string) error {
	name, word, ok := strings.Cut(s, "=")
	if !ok {
		return fmt.Errorf("%q is no detector and severity such as reconcile.skew=info", s)
	}
	level, err := analyze.ParseSeverity(word)
	if err != nil {
		return err
	}
	if *v.of == nil {
		*v.of = map[string]analyze.Severity{}
	}
	if _, ok := (*v.of)[name]; ok {
		return fmt.Errorf("%s has two severities", name)
	}
	(*v.of)[name] = level
	return nil
}

// prepare reads the parameter files and refuses what cannot be meant, before
// any work.
func (o *analyzeFlags) prepare(f *factory) (*assessment.Options, error) {
	ao := &assessment.Options{Only: o.Only, Except: o.Except, Severity: o.Severity, Today: f.now().UTC()}
	if o.Rules != "" {
		if err := o.readRules(ao); err != nil {
			return nil, err
		}
	}
	if err := ao.Check(); err != nil {
		return nil, usagef("%w", err)
	}
	if o.Suppress != "" {
		data, err := readParameter("list of suppressions", o.Suppress)
		if err != nil {
			return nil, err
		}
		if ao.Suppress, err = suppression.Parse(o.Suppress, data); err != nil {
			return nil, usagef("%w", err)
		}
		o.files = append(o.files, analysisFile{"suppressions", o.Suppress, data})
	}
	if o.Policy != "" {
		data, err := f.readPolicy(o.Policy)
		if err != nil {
			return nil, err
		}
		if o.policy, err = usePolicy(o.Policy, data); err != nil {
			return nil, err
		}
		ao.Policy = o.policy
		o.files = append(o.files, analysisFile{policyKind, o.Policy, data})
	}
	if o.Baseline != "" {
		b, data, err := readBaseline(o.Baseline)
		if err != nil {
			return nil, err
		}
		ao.Baseline, o.baselineDigest = b, baseline.Digest(data)
		o.files = append(o.files, analysisFile{"baseline", o.Baseline, data})
	}
	return ao, nil
}

// policyKind is the kind of file that a policy is among the inputs of a case.
const policyKind = "policy"

// readRules reads the rules that are run beside the built-in ones. One that
// cannot be used is refused: what it would have found must not be missed in
// silence.
func (o *analyzeFlags) readRules(ao *assessment.Options) error {
	set, err := rules.Load([]string{o.Rules}, nil)
	if err == nil {
		err = ruleProblems(set.Problems)
	}
	if err != nil {
		return err
	}
	ao.Rules = set
	for _, f := range set.Files() {
		o.files = append(o.files, analysisFile{"rules", f.Name, f.Text})
	}
	return nil
}

// params are the parameters that shape the result.
func (o *analyzeFlags) params() map[string]any {
	params := map[string]any{
		"only": o.Only, "except": o.Except, "severity": severityValue{&o.Severity}.String(), "suppress": o.Suppress, "rules": o.Rules, "fail_on": o.FailOn,
	}
	if o.policy != nil {
		params["policy"], params["policy_sha256"] = o.Policy, o.policy.Digest()
	}
	if o.baselineDigest != "" {
		params["baseline"], params["baseline_sha256"] = o.Baseline, o.baselineDigest
	}
	return params
}
