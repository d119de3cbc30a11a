package cli

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/exhibit-forensics/exhibit/analyze/clouddigest/digesttest"
)

// digests is the command of scripts that writes logs of CloudTrail with their
// digests, metadata and public keys:
//
//	digests clean|incident DIR
func digests(t *testing.T) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 2 {
			ts.Fatalf("usage: digests clean|incident DIR")
		}
		files := digesttest.Files{}
		switch args[0] {
		case "clean":
			trail := digesttest.NewTrail(t, "us-east-1")
			files.Add(trail.Chain(digesttest.Start(), 5, 1)...)
			files["keys.json"] = digesttest.PublicKeys(trail.Key)
		case "incident":
			files = digesttest.NewIncident(t).Files
		default:
			ts.Fatalf("no such logs: %s", strings.Join(args, " "))
		}
		files.Write(t, ts.MkAbs(args[1]))
	}
}
