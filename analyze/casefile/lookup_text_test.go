package casefile

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTexts finds texts by their hash wherever they stand: in columns, in
// messages and in documents.
func TestTexts(t *testing.T) {
	sum := func(text string) string {
		h := sha256.Sum256([]byte(text))
		return hex.EncodeToString(h[:])
	}
	dir := t.TempDir() + "/t.case"
	mustLoad(t, dir, testKey(t), writeEvidence(t, "a.jsonl",
		`{"timestamp":"2026-03-04T05:06:07Z","system_prompt":"be kind","prompt":"what rises?","response":"dues","request_id":"r-1","retrieved":[{"content":"Harbour dues rise."}]}`+"\n"+
			`{"timestamp":"2026-03-04T05:06:08Z","prompt":"other","request_id":"r-2"}`+"\n"))
	c := openLookup(t, dir)
	keys, err := c.IdentifierEvents(t.Context(), "r-1")
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	want := []string{sum("be kind"), sum("what rises?"), sum("dues"), sum("Harbour dues rise.")}
	slices.Sort(want)
	hashes, err := c.TextHashes(t.Context(), []int64{keys[0].EID})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, hashes); diff != "" {
		t.Errorf("hashes (-want +got)\n%s", diff)
	}
	texts, err := c.Texts(t.Context(), append(hashes, sum("nobody said this")), 7)
	if err != nil {
		t.Fatal(err)
	}
	wantTexts := map[string]Text{
		sum("be kind"): {"be kind", 7}, sum("what rises?"): {"what ri", 11}, sum("dues"): {"dues", 4}, sum("Harbour dues rise."): {"Harbour", 18},
	}
	if diff := cmp.Diff(wantTexts, texts); diff != "" {
		t.Errorf("texts (-want +got)\n%s", diff)
	}
	if texts, err = c.textsOf(t.Context(), append(hashes, sum("nobody said this")), 7); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantTexts, texts); diff != "" {
		t.Errorf("texts out of all texts (-want +got)\n%s", diff)
	}
	if err := c.StoredViews(t.Context()); err != nil {
		t.Fatal(err)
	}
	var role string
	err = c.DB().QueryRowContext(t.Context(), "select role from stored_use where eid = $1 and lower(hex(hash)) = $2", keys[0].EID, sum("Harbour dues rise.")).Scan(&role)
	if err != nil || role != "document" {
		t.Errorf("the document is used as %q, %v", role, err)
	}
	if counts, err := c.CountIdentifiers(t.Context(), []string{"r-1", "\xff"}); err != nil || len(counts) != 1 {
		t.Errorf("a value that is not UTF-8: %v, %v", counts, err)
	}
}
