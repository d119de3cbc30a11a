package classify

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// examples are of a class if they have feature 1, whatever else they have.
func examples() []Example {
	var all []Example
	for i := range uint32(40) {
		all = append(all, Example{Features{1, 10 + i%7}, true, 1}, Example{Features{2, 10 + i%7}, false, 1})
	}
	return all
}

func TestLearn(t *testing.T) {
	o := Options{Bits: 6, Ridge: 1e-4, Iterations: 100}
	m := Learn(examples(), o)
	for _, tt := range []struct {
		name     string
		features Features
		is       bool
	}{
		{"of the class", Features{1, 11}, true},
		{"not of the class", Features{2, 11}, false},
		{"with what is new", Features{1, 33}, true},
		{"nothing", nil, false},
	} {
		if got := m.Score(tt.features) >= 0.5; got != tt.is {
			t.Errorf("%s: %v", tt.name, m.Score(tt.features))
		}
	}
	if diff := cmp.Diff(m, Learn(examples(), o)); diff != "" {
		t.Errorf("learned again (-first +second):\n%s", diff)
	}
	if none := Learn(nil, o); none.Score(Features{1}) != 0.5 {
		t.Errorf("learned from nothing: %v", none.Score(Features{1}))
	}
}

func TestParse(t *testing.T) {
	m := Learn(examples(), Options{Bits: 4, Ridge: 1e-4, Iterations: 50})
	file := m.Append(nil)
	got, err := Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, got); diff != "" {
		t.Errorf("parsed (-written +read):\n%s", diff)
	}
	endless := (&Model{Bias: math.Inf(1), Weights: make([]int8, 4)}).Append(nil)
	for name, file := range map[string][]byte{"empty": nil, "cut": file[:len(file)-1], "only a head": file[:head], "endless": endless} {
		if _, err := Parse(file); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestReplyTopics checks that replies that differ in nothing but their topic
// look alike.
func TestReplyTopics(t *testing.T) {
	r := NewReplyReader()
	one := r.Features(nil, []byte("i cannot help you with gardening. it is important to see a doctor."))
	two := r.Features(nil, []byte("i cannot help you with explosives. it is important to see a lawyer."))
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("features (-one +two):\n%s", diff)
	}
	three := r.Features(nil, []byte("i can help you with gardening. it is important to see a doctor."))
	if cmp.Equal(one, three) {
		t.Error("cannot looks like can")
	}
	if diff := cmp.Diff(r.Features(nil, []byte("i can’t say.")), r.Features(nil, []byte("i can't say."))); diff != "" {
		// The lengths differ in bytes, and no step of them is crossed.
		t.Errorf("apostrophes (-typographic +plain):\n%s", diff)
	}
}

func TestTail(t *testing.T) {
	var r TailReader
	long := strings.Repeat("a few words, ", 10)
	if got := r.Features(nil, []byte("short")); len(got) != 0 {
		t.Errorf("a short text has %d features", len(got))
	}
	if got := r.Features(nil, []byte(long+"\nshort")); len(got) != 0 {
		t.Errorf("a short last line has %d features", len(got))
	}
	for name, text := range map[string]string{"control": long + "\x00", "no UTF-8": long + "\xff\xff\xff"} {
		if got := r.Features(nil, []byte(text)); len(got) != 0 {
			t.Errorf("%s: %d features", name, len(got))
		}
	}
	if a, b := r.Features(nil, []byte(long)), r.Features(nil, []byte(long+" \n")); len(a) == 0 || !cmp.Equal(a, b) {
		t.Errorf("%d features, with space behind %d", len(a), len(b))
	}
}

// FuzzFeatures reads any text.
func FuzzFeatures(f *testing.F) {
	f.Add([]byte("i’m sorry, but i can't.\n1. no\n- ```x```"))
	f.Add(bytes.Repeat([]byte("a+b=\xe2\x80"), 30))
	f.Fuzz(func(t *testing.T, text []byte) {
		var r TailReader
		one := NewReplyReader()
		a := one.Features(nil, text)
		if b := one.Features(nil, text); !cmp.Equal(a, b) {
			t.Fatal("a reply has other features the second time")
		}
		if !cmp.Equal(r.Features(nil, text), r.Features(nil, text)) {
			t.Fatal("an end has other features the second time")
		}
	})
}
