package data_test

import (
	"testing"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func TestSubject(t *testing.T) {
	dir, key := tuitest.Demo(t)
	c := tuitest.Source(t, dir, key)
	list, err := c.SubjectList(t.Context(), "principal", 3)
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	for _, kind := range []string{"principal", "credential_id", "model", "src_ip"} {
		list, err := c.SubjectList(t.Context(), kind, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range list {
			s, err := c.Subject(t.Context(), kind, v.Value, func(int64, int64) {})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s %s %+v %d hours", kind, v.Value, s.All, len(s.Hours))
			if k, err := c.SubjectKind(t.Context(), v.Value); err != nil || k != kind {
				t.Error(k, err)
			}
			if _, err := c.SubjectShared(t.Context(), s); err != nil {
				t.Error(err)
			}
		}
	}
}
