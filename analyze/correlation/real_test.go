package correlation

import (
	"os"
	"path/filepath"
	"testing"
)

// sharedData is where third-party logs lie, beside the repository.
const sharedData = "../../../shared/data"

// TestRoleChainOfRealLogs follows the role that an attack tool took on in the
// public logs of an incident: one AssumeRole by user bert-jan and 29 refused
// GetPasswordData with the credential that it issued.
func TestRoleChainOfRealLogs(t *testing.T) {
	logs := filepath.Join(sharedData, "cloudtrail", "invictus")
	if _, err := os.Stat(logs); err != nil {
		t.Skipf("NOT TESTED AGAINST REAL LOGS: %s is missing: %v", logs, err)
	}
	const (
		request    = "4869b1fd-798d-4546-bcb5-24d68ae8173a" // of the AssumeRole
		credential = "ASIATFQR7NSCWLLE7IWW"
		attacker   = "arn:aws:sts::123837392027:assumed-role/stratus-red-team-ec2-get-password-data-role/aws-go-sdk-1688990082523310002"
	)
	c := openPaths(t, 2, logs)
	for _, test := range []struct {
		name    string
		o       Options
		entries int
	}{
		{"from the request that issued it", Options{Start: []string{request}}, 30},
		{"from the credential", Options{Start: []string{credential}}, 30},
		{"from the principal", Options{Principal: attacker}, 30},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := timeline(t, c, test.o)
			if len(r.Entries) != test.entries {
				t.Fatalf("got %d entries, want %d", len(r.Entries), test.entries)
			}
			issuer := -1
			for i := range r.Entries {
				if r.Entries[i].Text("operation") == "AssumeRole" {
					issuer = i
				}
			}
			if issuer < 0 || r.Entries[issuer].Text("issued_credential_id") != credential {
				t.Fatal("no entry issued the credential")
			}
			refused := 0
			for i := range r.Entries {
				e := &r.Entries[i]
				if e.Text("operation") == "GetPasswordData" && e.Text("error_code") == "Client.UnauthorizedOperation" &&
					e.Parent == issuer && e.ParentBy == ParentCredential {
					refused++
				}
			}
			if refused != 29 {
				t.Errorf("got %d refused GetPasswordData under the AssumeRole, want 29", refused)
			}
		})
	}
	t.Run("one call leads up to who issued its credential, and no further down", func(t *testing.T) {
		all := timeline(t, c, Options{Start: []string{credential}})
		one := timeline(t, c, Options{Start: []string{all.Entries[len(all.Entries)-1].EventID}})
		if len(one.Entries) != 2 || one.Entries[0].Text("operation") != "AssumeRole" {
			t.Errorf("got %d entries, the first %s", len(one.Entries), one.Entries[0].Text("operation"))
		}
	})
}
