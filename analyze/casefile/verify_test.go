package casefile

import (
	"path/filepath"
	"testing"
)

func TestVerifySmall(t *testing.T) {
	key := testKey(t)
	evidence := smallEvidence(t)
	dir := filepath.Join(t.TempDir(), "small.case")
	mustLoad(t, dir, key, filepath.Join(evidence, "a"), filepath.Join(evidence, "b"))
	mustLoad(t, dir, key, filepath.Join(evidence, "c"))
	r := mustBeClean(t, dir)
	t.Logf("%+v", *r)
	r = mustVerify(t, dir, VerifyOptions{Evidence: []string{evidence}})
	t.Logf("%+v", *r)
}
