package analyze

import "sync"

// Progress says how far a long analysis is, to who watches it from another
// goroutine. The nil Progress takes no notice.
type Progress struct {
	mu  sync.Mutex
	now Step
}

// Step is what is being done.
type Step struct {
	Name   string // of a detector, a check, or what else is done
	Number int    // of this step, from 1; 0 before the first
	Of     int    // how many steps there are
	// Read and Texts are the bytes and the number of texts that were read in this
	// step, and AllTexts how many there are; 0 where none are read.
	Read            int64
	Texts, AllTexts int64
}

// Plan adds steps to those that there are.
func (p *Progress) Plan(steps int) {
	p.change(func(s *Step) { s.Of += steps })
}

// Begin begins the next step.
func (p *Progress) Begin(name string) {
	p.change(func(s *Step) { *s = Step{Name: name, Number: s.Number + 1, Of: s.Of} })
}

// Done says that some steps were done beside the others.
func (p *Progress) Done(steps int) {
	p.change(func(s *Step) { s.Number += steps })
}

// Reading says that so many texts are read in this step.
func (p *Progress) Reading(texts int64) {
	p.change(func(s *Step) { s.Read, s.Texts, s.AllTexts = 0, 0, texts })
}

// Text says that a text of so many bytes was read.
func (p *Progress) Text(bytes int) {
	p.change(func(s *Step) {
		s.Texts++
		s.Read += int64(bytes)
	})
}

// ReadAll says that all texts were read.
func (p *Progress) ReadAll() {
	p.change(func(s *Step) { s.Read, s.Texts, s.AllTexts = 0, 0, 0 })
}

// Now returns what is being done.
func (p *Progress) Now() (now Step) {
	p.change(func(s *Step) { now = *s })
	return now
}

func (p *Progress) change(f func(*Step)) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.now)
}
