package detectors

import (
	"fmt"
	"math"
	"testing"
)

func reconGenerators() []generator {
	looks := []string{"ListFoundationModels", "GetUseCaseForModelAccess", "ListInferenceProfiles", "ListProvisionedModelThroughputs", "ListCustomModels"}
	asks := func(l *journal, n int, who string, client string) {
		for i := range n {
			l.add(at(18, 11, i), who, "kind", "other", "operation", looks[i%len(looks)], "model", nil, "client", client)
		}
	}
	return []generator{
		{"recon.model-enumeration", "hit-after-weeks", func(t *testing.T) string {
			var l journal
			l.weeks(20, team()...)
			asks(&l, 5, "ana", "boto3")
			for i := range 4 {
				l.add(at(18, 12, i), "ana", "kind", "other", "operation", "GetFoundationModelAvailability", "model", fmt.Sprintf("model-%c", 'q'+i))
			}
			return l.load(t)
		}},
		{"recon.model-enumeration", "miss-inventory-every-day", func(t *testing.T) string {
			var l journal
			l.weeks(20, team()...)
			for day := range 20 {
				for i, op := range looks {
					l.add(at(day, 6, i), "inventory", "kind", "other", "operation", op, "model", nil)
				}
			}
			asks(&l, 2, "ana", "aws-console")
			return l.load(t)
		}},
		{"recon.restricted-tests", "hit-refused-again", func(t *testing.T) string {
			var l journal
			l.weeks(28, team()...)
			for i := range 8 {
				l.add(at(26, 11, i), "ana", "model", fmt.Sprintf("model-%c", 'q'+i%2), "outcome", "denied", "error_code", "AccessDeniedException")
			}
			return l.load(t)
		}},
		{"recon.restricted-tests", "miss-always-refused", func(t *testing.T) string {
			var l journal
			l.weeks(28, team()...)
			for day := range 28 {
				for i := range 3 {
					l.add(at(day, 6, i), "broken", "model", "model-z", "outcome", "denied", "error_code", "AccessDeniedException")
				}
			}
			l.add(at(26, 11, 0), "ana", "outcome", "denied", "error_code", "AccessDeniedException")
			l.add(at(26, 11, 5), "ana", "model", "model-z", "outcome", "denied", "error_code", "AccessDeniedException")
			return l.load(t)
		}},
	}
}

// TestAtLeast checks the tail of the negative binomial against its sum from
// below, term by term, and against the Poisson that it becomes.
func TestAtLeast(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		n    int64
		a, b float64
	}{{0, 1, 1}, {1, 0.5, 3}, {4, 2.5, 20}, {30, 7, 0.5}, {3, 12, 40}} {
		below, term := 0.0, math.Pow(tt.b/(tt.b+1), tt.a)
		for k := range tt.n {
			below += term
			term *= (tt.a + float64(k)) / (float64(k+1) * (tt.b + 1))
		}
		if got, want := atLeast(tt.n, tt.a, tt.b), 1-below; math.Abs(got-want) > 1e-9 {
			t.Errorf("atLeast(%d, %v, %v) = %v, want %v", tt.n, tt.a, tt.b, got, want)
		}
	}
	if got, want := atLeast(2, 1e9, 1e9), 1-2/math.E; math.Abs(got-want) > 1e-5 {
		t.Errorf("two or more of a Poisson count of 1: %v, want %v", got, want)
	}
	if got := atLeast(500, 0.01, 40); got <= 0 || got > 1e-100 {
		t.Errorf("500 or more where almost none are expected: %v", got)
	}
}
