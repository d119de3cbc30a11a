package detectors

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/baseline"
)

// rareCount tests whether an actor did something more often in a span of time
// than it and its peers did before.
//
// Counts of one actor are taken as Poisson with a rate of its own, and the rates of
// peers as Gamma: what is expected of the next span is then negative binomial
// (Greenwood and Yule, "An inquiry into the nature of frequency distributions",
// Journal of the Royal Statistical Society 83, 1920). The Gamma is that of the
// peers' rate, worth [peerSpans] spans, and what the actor itself did. What was
// before counts half as much after [halfLife]. Of peers, a count counts for the
// history as less than what is looked at, so that what intruders did does not
// become normal. Who has a habit of its own is also held against that alone, and the
// milder answer counts. Nothing is said of an actor before [warmSpans] spans.
type rareCount struct {
	head   analyze.About
	counts string // statement of the counts: actor, time, role, app, kind, count
	events string // statement of the events of one count
	span   int64  // microseconds
	least  int64  // that is looked at
	unit   string // what a span is: day
	what   string // what is counted, in words
	// paced is how many spans are also tested together, each with those before it: who
	// takes their time does little in one. 0 where each is tested alone.
	paced int64
	// operations is an expression for the operations that both statements ask for
	// as $operations; "" where they do not.
	operations string
	reads      []string // tables beside those of calls and acts
	// before returns what a baseline tells, which may be nil; nil itself where nothing
	// does. Both statements are then told what is not new, as $known.
	before func(*baseline.Baseline) *countedBefore
}

const (
	peerSpans = 20
	warmSpans = 3
	halfLife  = 7 * 24 * 3600 * 1_000_000.0 // microseconds
)

// LooksAtModels matches the operations that list or describe models and their
// settings, of Amazon Bedrock, SageMaker, Vertex AI and Azure.
const LooksAtModels = `^(List(FoundationModels|FoundationModelAgreementOffers|InferenceProfiles|CustomModels|ImportedModels|ProvisionedModelThroughputs|` +
	`MarketplaceModelEndpoints|Guardrails|KnowledgeBases|Agents|ModelInvocationJobs|Endpoints|EndpointConfigs|Models|ModelPackages|Deployments)|` +
	`Get(FoundationModel|FoundationModelAvailability|UseCaseForModelAccess|InferenceProfile|CustomModel|ImportedModel|ModelInvocationLoggingConfiguration)|` +
	`Describe(Endpoint|Model)|.*\.(ListModels|GetModel|ListEndpoints|ListPublisherModels)|Microsoft\.CognitiveServices/accounts/(models|deployments)/read)$`

func (d *rareCount) about() *analyze.About { return &d.head }

// past is the decayed history of an actor or a group.
type past struct {
	sum, capped, spans float64
	seen               int // spans, not decayed
	at                 int64
}

func (p *past) decay(at int64) {
	f := math.Exp2(-float64(at-p.at) / halfLife)
	p.sum, p.capped, p.spans, p.at = p.sum*f, p.capped*f, p.spans*f, at
}

// tally is one count.
type tally struct {
	used
	n    int64
	past bool // a baseline tells of it: it is learned from and not tested
}

func (d *rareCount) detect(ctx context.Context, r *run) (*result, error) {
	if err := r.need(ctx, append([]string{"call", "act"}, d.reads...)...); err != nil {
		return nil, err
	}
	var before *countedBefore
	if d.before != nil {
		before = d.before(r.options.Baseline)
	}
	list, err := d.read(ctx, r, before)
	if err != nil {
		return nil, err
	}
	res := d.testAll(list, before)
	if d.before != nil && r.options.Baseline != nil {
		res.compare(r, before.days, list)
	}
	return res, nil
}

// testAll tests counts, which are in the order of time and actor.
func (d *rareCount) testAll(list []tally, before *countedBefore) *result {
	members := make([]used, len(list))
	for i := range list {
		members[i] = list[i].used
	}
	groupOf := peerGroups(members)
	list = before.join(list)
	own, groups := map[string]*past{}, map[string]*past{}
	recent := map[string][]tally{}
	res := &result{}
	var spans []spanned
	for len(list) > 0 {
		end := 1
		for end < len(list) && list[end].atUS == list[0].atUS {
			end++
		}
		for _, c := range list[:end] {
			mine, theirs := pastOf(own, c.actor, c.atUS), pastOf(groups, groupOf[c.actor], c.atUS)
			if c.past || mine.seen < warmSpans {
				continue
			}
			res.tests++
			x := d.worst(c, recent[c.actor], mine, theirs)
			if x.n >= d.least && x.p <= DefaultQ {
				x.group = groupOf[c.actor]
				spans = append(spans, x)
			}
		}
		for _, c := range list[:end] {
			if !c.past && before.tells(c.actor, c.atUS) {
				continue
			}
			for _, p := range []*past{own[c.actor], groups[groupOf[c.actor]]} {
				p.sum += float64(c.n)
				p.capped += float64(min(c.n, d.least-1))
				p.spans++
				p.seen++
			}
			if d.paced > 1 && !c.past {
				recent[c.actor] = append(d.near(recent[c.actor], c.atUS+d.span), c)
			}
		}
		list = list[end:]
	}
	for _, x := range apart(spans) {
		res.tested = append(res.tested, d.tell(x, before))
	}
	return res
}

func (d *rareCount) read(ctx context.Context, r *run, before *countedBefore) ([]tally, error) {
	var args []any
	if before != nil {
		known, err := json.Marshal(before.known)
		if err != nil {
			return nil, fmt.Errorf("writing what is not new: %w", err)
		}
		args = append(args, sql.Named("known", string(known)))
	}
	var list []tally
	return list, r.query(ctx, d.counts, d.args(args...), func(rows *sql.Rows) error {
		var c tally
		err := rows.Scan(&c.actor, &c.atUS, &c.role, &c.app, &c.kind, &c.n)
		list = append(list, c)
		return err
	})
}

// args are the arguments of a statement, with more.
func (d *rareCount) args(more ...any) []any {
	if d.operations != "" {
		more = append(more, sql.Named("operations", d.operations))
	}
	return more
}

func pastOf(by map[string]*past, name string, at int64) *past {
	p := by[name]
	if p == nil {
		p = &past{at: at}
		by[name] = p
	}
	p.decay(at)
	return p
}

// chance is how probable n or more are, and how many were expected. The group's
// past holds that of the actor, which is taken out.
func chance(n int64, own, group *past) (p, expected float64) {
	rate := (max(group.capped-own.capped, 0) + 0.5) / (max(group.spans-own.spans, 0) + 1)
	return chanceAt(n, 1, rate, own)
}

// chanceAt is chance of n or more in so many spans, with the rate of the group.
func chanceAt(n int64, spans int, rate float64, own *past) (p, expected float64) {
	k := float64(spans)
	a, b := peerSpans*rate+own.sum, (peerSpans+own.spans)/k
	p, expected = atLeast(n, a, b), a/b
	if own.sum >= 1 { // a habit
		a, b = own.sum+0.5, (own.spans+0.5)/k
		p, expected = max(p, atLeast(n, a, b)), max(expected, a/b)
	}
	return p, expected
}

// atLeast is how probable n or more are of a negative binomial count whose rate is
// Gamma with shape a and rate b.
func atLeast(n int64, a, b float64) float64 {
	if n <= 0 {
		return 1
	}
	lgamma := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	k := float64(n)
	term := math.Exp(lgamma(a+k) - lgamma(a) - lgamma(k+1) + a*math.Log(b/(b+1)) - k*math.Log(b+1))
	sum := 0.0
	for ; term > sum*1e-12 && term > 0; k++ {
		sum += term
		term *= (a + k) / ((k + 1) * (b + 1))
	}
	// So little that no float64 holds it is still not nothing.
	return min(max(sum, math.SmallestNonzeroFloat64), 1)
}

// tell makes the finding that a test becomes where it counts.
func (d *rareCount) tell(c spanned, before *countedBefore) tested {
	f := found{}
	f.Subject, f.Actor = c.actor, c.actor
	f.Bucket = time.UnixMicro(c.atUS).UTC().Format(time.DateOnly)
	f.First, f.Last = time.UnixMicro(c.fromUS).UTC(), time.UnixMicro(c.atUS+d.span-1).UTC()
	when := "In this " + d.unit
	if c.spans > 1 {
		when = fmt.Sprintf("On %d %ss, one after the other,", c.spans, d.unit)
	}
	f.Explanation = fmt.Sprintf("%s %d %s; by its own %ss before and those of its group (%s) %.2g were expected.", when, c.n, d.what, d.unit, c.group, c.expected)
	f.Facts = []analyze.Fact{{Name: "count", Value: c.n}, {Name: "expected", Value: c.expected}}
	if days := before.of(c.actor); len(days) > 0 {
		f.Facts = append(f.Facts, analyze.Fact{Name: d.unit + "s_in_baseline", Value: int64(len(days))})
	}
	t := tested{p: c.p, found: f}
	t.complete = func(ctx context.Context, r *run, f *found) error {
		operations, models := map[string]bool{}, map[string]bool{}
		first, last := int64(math.MaxInt64), int64(0)
		args := d.args(sql.Named("actor", c.actor), sql.Named("from", c.fromUS), sql.Named("to", c.atUS+d.span))
		if before != nil {
			known, err := json.Marshal(append([]string{}, before.models[c.actor]...))
			if err != nil {
				return fmt.Errorf("writing what is not new: %w", err)
			}
			args = append(args, sql.Named("known", string(known)))
		}
		err := r.query(ctx, d.events, args, func(rows *sql.Rows) error {
			var eid, at int64
			var operation, model string
			if err := rows.Scan(&eid, &operation, &model, &at); err != nil {
				return err
			}
			f.eids = append(f.eids, eid)
			first, last = min(first, at), max(last, at)
			operations[operation] = true
			if model != "" {
				models[model] = true
			}
			return nil
		})
		if err != nil || len(f.eids) == 0 {
			return err
		}
		f.First, f.Last = time.UnixMicro(first).UTC(), time.UnixMicro(last).UTC()
		slices.Sort(f.eids)
		for _, fact := range []struct {
			name string
			of   map[string]bool
		}{{"operations", operations}, {"models", models}} {
			if names := sortedKeys(fact.of); len(names) > 0 {
				f.Facts = append(f.Facts, analyze.Fact{Name: fact.name, Value: strings.Join(names[:min(len(names), 20)], " ")})
			}
		}
		return nil
	}
	return t
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	var keys []K
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
