package casefile

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/enrich/mmdbtest"
)

// enrichFiles writes what the tests enrich from, and returns the paths by kind.
func enrichFiles(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{}
	write := func(kind, text string) {
		files[kind] = filepath.Join(dir, kind)
		if err := os.WriteFile(files[kind], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	network := netip.MustParsePrefix("198.51.100.0/24")
	write(EnrichGeoIP, string(mmdbtest.Write("Test-City", 1767225600, []mmdbtest.Entry{
		{Network: network, Data: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}, "city": mmdbtest.Map{"names": mmdbtest.Map{"en": "Köln"}}}},
	})))
	write(EnrichASN, string(mmdbtest.Write("Test-ASN", 1767225600, []mmdbtest.Entry{
		{Network: network, Data: mmdbtest.Map{"autonomous_system_number": uint32(64500), "autonomous_system_organization": "Example, Inc."}},
	})))
	write(EnrichNetworks, "198.51.100.8/29,office\n")
	write(EnrichPrices, `{"model-a":{"input_cost_per_token":3e-06,"output_cost_per_token":1.5e-05}}`)
	write(EnrichUsers, "person,value,role\nAna,ana@example.com,\nBob,bob@example.com,\n,gateway-role,service\n")
	return files
}

// enrichLog is a log of a gateway: who called is a role that all share, and the
// end user stands beside a key.
var enrichLog = []string{
	`{"ts":"2026-03-04T05:06:07Z","kind":"inference","plane":"content","principal":"gateway-role","credential_id":"key-1","end_user":"ana@example.com","src_ip":"198.51.100.9","model":"model-a","input_tokens":1000,"output_tokens":10}`,
	`{"ts":"2026-03-04T05:06:08Z","kind":"inference","plane":"content","principal":"gateway-role","credential_id":"key-1","src_ip":"198.51.100.200","model":"model-b","input_tokens":1000,"output_tokens":10}`,
	`{"ts":"2026-03-04T05:06:09Z","kind":"inference","plane":"content","principal":"gateway-role","credential_id":"key-2","end_user":"ana@example.com","src_ip":"192.0.2.1","model":"model-a","cost_usd":0.5,"input_tokens":1,"output_tokens":1}`,
	`{"ts":"2026-03-04T05:06:10Z","kind":"inference","plane":"content","principal":"gateway-role","credential_id":"key-2","end_user":"bob@example.com","src_ip":"masked.***","model":"model-a"}`,
	`{"ts":"2026-03-04T05:06:11Z","kind":"inference","plane":"content","principal":"gateway-role","credential_id":"key-2"}`,
}

func enrichOptions(t *testing.T, dir string, files map[string]string) *EnrichOptions {
	return &EnrichOptions{Dir: dir, Files: files, Key: testKey(t), Actor: "ana", Tool: "exhibit test", Now: testClock, Threads: 2, Memory: 1 << 30}
}

func TestEnrich(t *testing.T) {
	dir, key := filepath.Join(t.TempDir(), "x.case"), testKey(t)
	for _, line := range enrichLog {
		loadMapped(t, dir, key, "ts kind plane principal credential_id end_user src_ip model input_tokens output_tokens cost_usd", callLog(t, "one.jsonl", line))
	}
	o := enrichOptions(t, dir, enrichFiles(t))
	o.Key = key
	if _, err := Enrich(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	const columns = "src_country, src_city, src_asn, src_network, person, cost_usd::varchar, cost_basis"
	want := "DE Köln 64500 office Ana 0.003150000 prices: model-a\n" +
		"DE Köln 64500 <nil> Ana <nil> <nil>\n" +
		"<nil> <nil> <nil> <nil> Ana 0.500000000 <nil>\n" +
		"<nil> <nil> <nil> <nil> Bob <nil> <nil>\n" +
		"<nil> <nil> <nil> <nil> <nil> <nil> <nil>\n"
	check := func(want string) {
		t.Helper()
		withCase(t, dir, func(c *Case) {
			for _, view := range []string{"events", "calls"} {
				if d := cmp.Diff(want, queryText(t, c, "select "+columns+" from "+view+" order by ts")); d != "" {
					t.Errorf("%s (-want +got):\n%s", view, d)
				}
			}
		})
		mustBeClean(t, dir)
	}
	check(want)
	withCase(t, dir, func(c *Case) {
		e, err := c.Enrichment(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		conflicts := []IdentityConflict{{"key-2", "Ana", 1}, {"key-2", "Bob", 1}}
		if d := cmp.Diff(conflicts, e.Conflicts); d != "" {
			t.Errorf("conflicts (-want +got):\n%s", d)
		}
		if e.Events != 5 || e.Attributed != 4 || e.Listed != 3 || e.Taught != 1 || e.Priced != 1 || e.Located != 2 || e.Labelled != 1 {
			t.Errorf("%+v", e)
		}
	})

	// A rebuild and a later load need none of the files.
	for kind, path := range o.Files {
		if err := os.Remove(path); err != nil {
			t.Fatal(kind, err)
		}
	}
	before := stateOf(t, dir)
	if err := os.RemoveAll(filepath.Join(dir, derivedDir)); err != nil {
		t.Fatal(err)
	}
	if r := mustRebuild(t, &RebuildOptions{Dir: dir, Key: key, Actor: "ana", Tool: "exhibit test", Now: testClock, Threads: 2, Memory: 1 << 30}); len(r.Changed) > 0 {
		t.Errorf("a rebuild changed %v", r.Changed)
	}
	check(want)
	more := strings.Replace(enrichLog[1], "05:06:08", "05:07:00", 1)
	loadMapped(t, dir, key, "ts kind plane principal credential_id end_user src_ip model input_tokens output_tokens cost_usd", callLog(t, "more.jsonl", more))
	check(want + "DE Köln 64500 <nil> Ana <nil> <nil>\n")
	if after := stateOf(t, dir); len(after.enrichment) != len(before.enrichment) {
		t.Error("the load lost the enrichment")
	}

	// Taken away, it is as if it had never been.
	o = enrichOptions(t, dir, nil)
	o.Key, o.Without = key, EnrichKinds()
	if _, err := Enrich(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	withCase(t, dir, func(c *Case) {
		if got := queryText(t, c, "select count(src_country) + count(person) + count(cost_usd) from events"); got != "1\n" {
			t.Errorf("%s values are left", got)
		}
	})
	mustBeClean(t, dir)
}

// TestEnrichFails checks that a file that cannot be read changes nothing.
func TestEnrichFails(t *testing.T) {
	key := testKey(t)
	dir := smallCase(t, key)
	head := stateOf(t, dir).head
	for _, kind := range EnrichFileKinds() {
		path := filepath.Join(t.TempDir(), "bad")
		if err := os.WriteFile(path, []byte("{\"no\": \"list\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		o := enrichOptions(t, dir, map[string]string{kind: path})
		o.Key = key
		if _, err := Enrich(t.Context(), o); err == nil {
			t.Errorf("%s reads nonsense", kind)
		}
	}
	if got := stateOf(t, dir).head; got != head {
		t.Errorf("the ledger went from %v to %v", head, got)
	}
	mustBeClean(t, dir)
}
