package features

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

const oneCall = `{"timestamp":"2026-03-02T10:00:00Z","requestId":"r-1","operation":"Converse","modelId":"model-a","schemaType":"ModelInvocationLog","schemaVersion":"1.0","accountId":"111122223333","region":"us-east-1","identity":{"arn":"arn:aws:iam::111122223333:user/ana"},"input":{"inputContentType":"application/json","inputTokenCount":7},"output":{"outputTokenCount":3}}` + "\n"

// TestColumns holds the columns that are told against those of the tables.
func TestColumns(t *testing.T) {
	dir := casetest.Load(t, casetest.Write(t, map[string]string{"one.jsonl": oneCall}))
	told, err := Columns(t.Context(), casetest.Open(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	c := casetest.Open(t, dir)
	if err := NewSet(c).Need(t.Context(), Names()...); err != nil {
		t.Fatal(err)
	}
	made, err := c.Tables(t.Context(), Names()...)
	if err != nil {
		t.Fatal(err)
	}
	names := func(list []casefile.TableColumn) (out []string) {
		for _, x := range list {
			out = append(out, x.Table+"."+x.Name)
		}
		return out
	}
	if diff := cmp.Diff(names(made), names(told)); diff != "" {
		t.Errorf("(-made +told):\n%s", diff)
	}
}

// TestNeedFor checks which tables a query makes.
func TestNeedFor(t *testing.T) {
	c := casetest.Files(t, map[string]string{"one.jsonl": oneCall})
	for _, tt := range []struct {
		query string
		want  []string
	}{
		{"select 1", nil},
		{"select 'feature_week' as call from events", nil},
		{"select * from Feature_Hour", []string{"call", "feature_five", "feature_hour"}},
		{"explain select * from act", []string{"act"}},
		{"with x as (select subject from feature_latency) select (select count(*) from act)", []string{"act", "call", "feature_latency"}},
		{"select 1; select * from act", nil},
		{"create table x as select * from act", nil},
		{"select from where", nil},
	} {
		t.Run(tt.query, func(t *testing.T) {
			s := NewSet(c)
			if err := s.NeedFor(t.Context(), tt.query); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, name := range Names() {
				if s.made[name] {
					got = append(got, name)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
