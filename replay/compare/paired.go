package compare

import "math"

// Alpha is the probability, were nothing changed, below which a change is
// called one.
const Alpha = 0.05

// Prompt is one prompt and what a verdict said of the replies to it on the two
// sides that are compared. Either may be several samples.
type Prompt struct {
	ID   string
	A, B []bool
}

// Paired compares a verdict on two sides, prompt by prompt.
type Paired struct {
	Prompts    int      // with replies on both sides: only those are compared
	Unpaired   int      // with replies on one side only
	A, B       Rate     // over the prompts compared
	More       []string // prompts with more hits on side B, in their order
	Fewer      []string // prompts with fewer
	Difference float64  // rate of B less rate of A; NaN with no prompt
	Low, High  float64  // its interval, 95 %
	P          float64  // were nothing changed: of so uneven a split of the prompts that changed, or a more uneven one
}

// Changed reports whether there is evidence of a change, were this the only
// comparison: [Holm] corrects P for others. That there is none does not say that nothing changed.
func (p *Paired) Changed() bool { return p.P < Alpha }

// Pair compares two sides. P is that of McNemar's exact test (McNemar 1947,
// Psychometrika 12:153; exact by the binomial distribution); with several
// samples a prompt counts by which side has the higher rate, which is the sign
// test and the same thing with one sample. The interval of the difference is
// Newcombe's tenth (1998, Statistics in Medicine 17:2635) with one sample, and
// a bootstrap over prompts with more; of fewer than six prompts it is all there is.
func Pair(prompts []Prompt, seed uint64) Paired {
	var p Paired
	var a, b [][]bool
	single := true
	var cells [2][2]int
	for _, prompt := range prompts {
		if len(prompt.A) == 0 || len(prompt.B) == 0 {
			p.Unpaired++
			continue
		}
		p.Prompts++
		a, b = append(a, prompt.A), append(b, prompt.B)
		switch d := share(prompt.B) - share(prompt.A); {
		case d > 0:
			p.More = append(p.More, prompt.ID)
		case d < 0:
			p.Fewer = append(p.Fewer, prompt.ID)
		}
		if len(prompt.A) > 1 || len(prompt.B) > 1 {
			single = false
		}
		cells[index(prompt.A[0])][index(prompt.B[0])]++
	}
	p.A, p.B = RateOfPrompts(a), RateOfPrompts(b)
	p.P = signTest(len(p.More), len(p.Fewer))
	p.Difference = meanShare(b) - meanShare(a)
	if single {
		p.Low, p.High = newcombe(cells)
	} else {
		i := Bootstrap(len(a), func(pick []int) float64 {
			var sum float64
			for _, k := range pick {
				sum += share(b[k]) - share(a[k])
			}
			return sum / float64(len(pick))
		}, seed)
		if p.Low, p.High = i.Low, i.High; math.IsNaN(p.Low) {
			p.Low, p.High = -1, 1
		}
	}
	return p
}

func index(hit bool) int {
	if hit {
		return 1
	}
	return 0
}

func share(replies []bool) float64 {
	n := 0
	for _, hit := range replies {
		n += index(hit)
	}
	return float64(n) / float64(len(replies))
}

// meanShare gives each prompt the same weight, however many replies it has.
func meanShare(prompts [][]bool) float64 {
	var sum float64
	for _, replies := range prompts {
		sum += share(replies)
	}
	return sum / float64(len(prompts))
}

// signTest returns the two-sided exact probability of so uneven a split of a+b
// changes, or a more uneven one, when either direction is as likely. Without a
// change it is 1.
func signTest(a, b int) float64 {
	n := float64(a + b)
	total, _ := math.Lgamma(n + 1)
	var sum float64
	for i := range min(a, b) + 1 {
		chosen, _ := math.Lgamma(float64(i) + 1)
		rest, _ := math.Lgamma(n - float64(i) + 1)
		sum += math.Exp(total - chosen - rest - n*math.Ln2)
	}
	return min(1, 2*sum)
}

// newcombe returns the interval of the difference between two rates of the same
// prompts, B less A. cells[a][b] counts prompts by what each side said.
func newcombe(cells [2][2]int) (low, high float64) {
	both, onlyA, onlyB, neither := float64(cells[1][1]), float64(cells[1][0]), float64(cells[0][1]), float64(cells[0][0])
	n := both + onlyA + onlyB + neither
	if n == 0 {
		return -1, 1
	}
	pa, pb := (both+onlyA)/n, (both+onlyB)/n
	la, ua := wilson(both+onlyA, n)
	lb, ub := wilson(both+onlyB, n)
	phi := correlation(both, onlyA, onlyB, neither)
	d := pb - pa
	down := (pb-lb)*(pb-lb) - 2*phi*(pb-lb)*(ua-pa) + (ua-pa)*(ua-pa)
	up := (ub-pb)*(ub-pb) - 2*phi*(ub-pb)*(pa-la) + (pa-la)*(pa-la)
	return max(-1, d-math.Sqrt(max(0, down))), min(1, d+math.Sqrt(max(0, up)))
}

// correlation is the phi coefficient with Newcombe's correction towards 0 where
// it is positive.
func correlation(both, onlyA, onlyB, neither float64) float64 {
	margins := (both + onlyA) * (onlyB + neither) * (both + onlyB) * (onlyA + neither)
	if margins == 0 {
		return 0
	}
	n := both + onlyA + onlyB + neither
	over := both*neither - onlyA*onlyB
	if over > 0 {
		over = max(0, over-n/2)
	}
	return over / math.Sqrt(margins)
}
