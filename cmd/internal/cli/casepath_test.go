package cli

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestCasePath(t *testing.T) {
	tests := []struct {
		name       string
		folders    []string
		env, flag  string
		create     string // what load takes
		open       string // what other commands take; "" where they refuse
		problem    string // of the refusal
		wantsUsage bool
	}{
		{"flag", []string{"a.case", "b"}, "a.case", "b", "b", "b", "", false},
		{"environment", []string{"a.case", "b.case"}, "b.case", "", "b.case", "b.case", "", false},
		{"only one here", []string{"a.case", "notes"}, "", "", "a.case", "a.case", "", false},
		{"none", nil, "", "", "exhibit.case", "", "no case at exhibit.case", false},
		{"several", []string{"a.case", "b.case"}, "", "", "", "", "several cases here: a.case, b.case", true},
		{"missing", nil, "", "x.case", "x.case", "", "no case at x.case", false},
		{"file", nil, "", "file.case", "file.case", "", "file.case is not a folder", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			makeCases(t, tt.folders...)
			if err := os.WriteFile("file.case", nil, 0o600); err != nil {
				t.Fatal(err)
			}
			f, _, _ := testFactory()
			f.env = func(name string) string { return map[string]string{caseEnv: tt.env}[name] }
			if got, err := f.newCasePath(tt.flag); got != tt.create || (err != nil) != (tt.create == "") {
				t.Errorf("to create: %q, %v; want %q", got, err, tt.create)
			}
			got, err := f.casePath(tt.flag)
			if got != tt.open || (err != nil) != (tt.problem != "") {
				t.Errorf("to open: %q, %v; want %q", got, err, tt.open)
			}
			if err != nil && !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("problem: %v; want %s", err, tt.problem)
			}
			if usage := (*UsageError)(nil); errors.As(err, &usage) != tt.wantsUsage {
				t.Errorf("usage error: %v", err)
			}
		})
	}
}
