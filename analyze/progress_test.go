package analyze

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestProgress checks what a watcher sees of a run with texts.
func TestProgress(t *testing.T) {
	var nobody *Progress
	nobody.Plan(1)
	nobody.Begin("volume.calls")
	nobody.Text(1)
	if got := nobody.Now(); got != (Step{}) {
		t.Errorf("nobody sees %+v", got)
	}

	p := &Progress{}
	var got []Step
	for _, act := range []func(){
		func() { p.Plan(2) },
		func() { p.Begin("volume.calls") },
		func() { p.Begin("content.injection") },
		func() { p.Reading(3) },
		func() { p.Text(5); p.Text(2) },
		p.ReadAll,
	} {
		act()
		got = append(got, p.Now())
	}
	want := []Step{
		{Of: 2},
		{Name: "volume.calls", Number: 1, Of: 2},
		{Name: "content.injection", Number: 2, Of: 2},
		{Name: "content.injection", Number: 2, Of: 2, AllTexts: 3},
		{Name: "content.injection", Number: 2, Of: 2, AllTexts: 3, Read: 7, Texts: 2},
		{Name: "content.injection", Number: 2, Of: 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}
