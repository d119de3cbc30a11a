package policy

// Memo remembers answers of a policy, for detectors that ask the same often. It
// must not be used by two goroutines at once; a goroutine has its own.
type Memo struct {
	policy *Policy
	calls  map[callKey]Verdict
	models map[string]modelAnswer
	hours  map[Subject]hoursAnswer
}

type callKey struct {
	Subject
	Call
}

type modelAnswer struct {
	Model
	ok bool
}

type hoursAnswer struct {
	Hours
	ok bool
}

// maxMemo bounds the answers of each kind that are remembered: a log can name
// any number of subjects. When they are more, remembering begins anew.
const maxMemo = 1 << 16

// NewMemo returns a memo for a policy, which may be nil.
func NewMemo(p *Policy) *Memo {
	return &Memo{policy: p, calls: map[callKey]Verdict{}, models: map[string]modelAnswer{}, hours: map[Subject]hoursAnswer{}}
}

// remember returns the answer to key, asking once.
func remember[K comparable, V any](known map[K]V, key K, ask func() V) V {
	v, ok := known[key]
	if !ok {
		if len(known) >= maxMemo {
			clear(known)
		}
		v = ask()
		known[key] = v
	}
	return v
}

// Allows is [Policy.Allows].
func (m *Memo) Allows(s Subject, c Call) Verdict {
	return remember(m.calls, callKey{s, c}, func() Verdict { return m.policy.Allows(s, c) })
}

// ModelOf is [Policy.ModelOf].
func (m *Memo) ModelOf(model string) (Model, bool) {
	a := remember(m.models, model, func() modelAnswer {
		found, ok := m.policy.ModelOf(model)
		return modelAnswer{found, ok}
	})
	return a.Model, a.ok
}

// BusinessHours is [Policy.BusinessHours].
func (m *Memo) BusinessHours(s Subject) (Hours, bool) {
	a := remember(m.hours, s, func() hoursAnswer {
		h, ok := m.policy.BusinessHours(s)
		return hoursAnswer{h, ok}
	})
	return a.Hours, a.ok
}
