package enrich

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/enrich/mmdbtest"
)

func TestNetworks(t *testing.T) {
	n, err := ParseNetworks("n.csv", []byte("\ufeffcidr,label\n# ours\n10.0.0.0/8,corporate\n10.1.0.0/16 , vpn\n2001:db8::/32,\"lab\"\n192.0.2.7,host\n"))
	if err != nil || n.Len() != 4 {
		t.Fatal(n, err)
	}
	for addr, want := range map[string]string{
		"10.2.3.4": "corporate", "10.1.3.4": "vpn", "::ffff:10.1.3.4": "vpn", "2001:db8::1": "lab", "192.0.2.7": "host", "192.0.2.8": "",
	} {
		if got, ok := n.Label(netip.MustParseAddr(addr)); got != want || ok != (want != "") {
			t.Errorf("%s is in %q, want %q", addr, got, want)
		}
	}
	located, err := ParseNetworks("n.csv", []byte("cidr,label,latitude,longitude\n10.0.0.0/8,offices, large,50.5,-10\n10.1.0.0/16,vpn\n10.2.0.0/16,rooms,1,300\n"))
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]string{"10.9.0.1": "offices, large", "10.2.0.1": "rooms,1,300", "10.1.0.1": "vpn"} {
		label, _ := located.Label(netip.MustParseAddr(addr))
		if point, ok := located.Point(netip.MustParseAddr(addr)); label != want || ok != (addr == "10.9.0.1") || ok && point != (Point{50.5, -10}) {
			t.Errorf("%s is in %q at %v, want %q", addr, label, point, want)
		}
	}
	for _, bad := range []string{"10.0.0.0/8,a,1,2\n10.0.0.0/8,a,1,3", "10.0.0.0/8", "10.0.0.0/33,x", "10.0.0.0/8,a\n10.0.0.0/8,b", "::ffff:10.0.0.0/104,x", "x,y"} {
		if _, err := ParseNetworks("bad.csv", []byte(bad)); err == nil || !strings.Contains(err.Error(), "bad.csv") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestPeople(t *testing.T) {
	p, err := ParsePeople("u.csv", []byte("value,person,role\nana@example.com,Ana,\narn:aws:sts::1:assumed-role/dev/*,,shared\narn:aws:sts::1:assumed-role/dev/ana*,Ana,developer\n"))
	if err != nil || p.Len() != 3 {
		t.Fatal(p, err)
	}
	for value, want := range map[string]Identity{
		"ana@example.com":                       {"Ana", ""},
		"arn:aws:sts::1:assumed-role/dev/bob":   {"", "shared"},
		"arn:aws:sts::1:assumed-role/dev/ana-1": {"Ana", "developer"},
	} {
		if got, ok := p.Identify(value); got != want || !ok {
			t.Errorf("%s is %v, want %v", value, got, want)
		}
	}
	if _, ok := p.Identify("Ana@example.com"); ok {
		t.Error("values are compared without letter case")
	}
	for _, bad := range []string{"", "who,what\n", "person,value\nAna,\n", "person,value\nAna,x\nBob,x\n", "person,value\n,x\n", "person,value\nAna,*\n", "person,value\nAna,x*\nBob,x*\n"} {
		if _, err := ParsePeople("bad.csv", []byte(bad)); err == nil || !strings.Contains(err.Error(), "bad.csv") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestPrices(t *testing.T) {
	lite := `{"sample_spec":{"input_cost_per_token":"the cost","mode":"chat"},
		"anthropic.claude-x-v1:0":{"input_cost_per_token":3e-06,"output_cost_per_token":1.5e-05,"cache_read_input_token_cost":3e-07},
		"azure/gpt-x":{"input_cost_per_token":0.0000025,"output_cost_per_token":0.00001},
		"odd":{"input_cost_per_token":-1,"output_cost_per_token":1e999999999}}`
	p, err := ParsePrices("p.json", []byte(lite))
	if err != nil || p.Len() != 2 {
		t.Fatal(p, err)
	}
	for _, c := range []struct{ provider, model, entry string }{
		{"aws", "anthropic.claude-x-v1:0", "anthropic.claude-x-v1:0"},
		{"aws", "us.anthropic.claude-x-v1:0", "anthropic.claude-x-v1:0"},
		{"aws", "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-x-v1:0", "anthropic.claude-x-v1:0"},
		{"azure", "gpt-x", "azure/gpt-x"},
		{"", "gpt-x", ""},
		{"aws", "anthropic.claude-x", ""},
		{"aws", "", ""},
	} {
		price, entry, ok := p.Find(c.provider, c.model)
		if entry != c.entry || ok != (c.entry != "") {
			t.Errorf("%s/%s costs as %q, want %q", c.provider, c.model, entry, c.entry)
		}
		if entry == "anthropic.claude-x-v1:0" && (price.Input != 3_000_000_000 || price.Output != 15_000_000_000 || price.CacheRead == nil || *price.CacheRead != 300_000_000 || price.CacheWrite != nil) {
			t.Errorf("%s costs %v", entry, price)
		}
	}
	fuse := `[{"modelName":"gpt-y","matchPattern":"(?i)^(openai/)?(gpt-y)(-\\d+)?$","pricingTiers":[{"isDefault":false,"prices":{"input":9,"output":9}},{"isDefault":true,"prices":{"input":1e-6,"output":2e-6}}]},
		{"modelName":"old","matchPattern":"^old$","prices":{"input":1e-6,"output":2e-6,"input_cached_tokens":5e-7}}]`
	if p, err = ParsePrices("f.json", []byte(fuse)); err != nil || p.Len() != 2 {
		t.Fatal(p, err)
	}
	if price, entry, ok := p.Find("openai", "GPT-Y-2026"); !ok || entry != "gpt-y" || price.Input != 1_000_000_000 {
		t.Error(price, entry, ok)
	}
	for _, bad := range []string{"", "{}", "[]", "3", `{"m":{}}`, `[{"modelName":"m","matchPattern":"(","prices":{"input":1e-6,"output":1e-6}}]`} {
		if _, err := ParsePrices("bad.json", []byte(bad)); err == nil || !strings.Contains(err.Error(), "bad.json") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "city.mmdb")
	city := mmdbtest.Write("Test-City", 1767225600, []mmdbtest.Entry{
		{Network: netip.MustParsePrefix("198.51.100.0/24"), Data: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}, "city": mmdbtest.Map{"names": mmdbtest.Map{"en": "Köln"}}}},
		{Network: netip.MustParsePrefix("203.0.113.0/25"), Data: mmdbtest.Map{"autonomous_system_number": uint32(64500), "autonomous_system_organization": "An organisation with a long name Ltd"}},
	})
	if err := os.WriteFile(path, city, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := OpenDatabase(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if kind, built := d.Type(); kind != "Test-City" || built != 1767225600 {
		t.Error(kind, built)
	}
	for addr, want := range map[string]Place{
		"198.51.100.9":  {Country: "DE", City: "Köln"},
		"203.0.113.5":   {ASN: 64500, Organization: "An organisation with a long name Ltd"},
		"203.0.113.200": {}, "2001:db8::1": {},
	} {
		var p Place
		if err := d.Add(&p, netip.MustParseAddr(addr)); err != nil || p != want {
			t.Errorf("%s is at %v (%v), want %v", addr, p, err, want)
		}
	}
	if err := os.WriteFile(path+".bad", city[:40], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDatabase(path + ".bad"); err == nil {
		t.Error("a broken database opens")
	}
	for s, want := range map[string]bool{"198.51.100.9": true, " 198.51.100.9": true, "fe80::1%eth0": true, "81.2.69.***": false, "035.249.253.232": false, "s3.amazonaws.com": false, "": false} {
		if _, ok := ParseAddress(s); ok != want {
			t.Errorf("%q is an address: %v", s, ok)
		}
	}
}

func TestClocks(t *testing.T) {
	evidence := strings.Repeat("ab", 32)
	c, err := ParseClocks("c.csv", []byte("source,add,reason\nbedrock,+1m30s,\"NTP was off, see ticket 7\"\n"+evidence+",0s,\ncloudtrail,-250ms,\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		format, evidence, want string
		ok                     bool
	}{
		{"bedrock", "cd", "+1m30s", true},
		{"bedrock", evidence, "+0s", true},
		{"cloudtrail", "cd", "-250ms", true},
		{"otlp", "cd", "+0s", false},
	} {
		if got, ok := c.Of(tt.format, tt.evidence); FormatCorrection(got.Add) != tt.want || ok != tt.ok {
			t.Errorf("%s %.8s: %+v, %v", tt.format, tt.evidence, got, ok)
		}
	}
	again, err := ParseClocks("c.csv", c.CSV())
	if err != nil || !slices.Equal(again.List(), c.List()) || len(c.List()) != 3 {
		t.Errorf("%v, %+v and %+v", err, again, c)
	}
	c.Set(Correction{Source: "bedrock", Add: 1000})
	c.Remove("cloudtrail")
	c.Remove("moon")
	want := []Correction{{Source: evidence}, {Source: "bedrock", Add: 1000}}
	if got := c.List(); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	for _, bad := range []string{
		"", "source,add\n", "source,add,reason\nbedrock,soon,\n", "source,add,reason\nbedrock,1ns,\n", "source,add,reason\nbedrock,900000h,\n",
		"source,add,reason\na,1s,\na,2s,\n", "source,add,reason\n,1s,\n", "source,add,reason\na,1s,\"x\ny\"\n", "source,add,reason\na,1s\n",
	} {
		if _, err := ParseClocks("bad.csv", []byte(bad)); err == nil || !strings.Contains(err.Error(), "bad.csv") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzLists(f *testing.F) {
	f.Add([]byte("10.0.0.0/8,corporate\n"))
	f.Add([]byte("person,value,role\nAna,ana@example.com,\n"))
	f.Add([]byte("source,add,reason\nbedrock,+1m30s,why\n"))
	f.Add([]byte(`{"m":{"input_cost_per_token":3e-06,"output_cost_per_token":1.5e-05}}`))
	f.Add([]byte(`[{"modelName":"m","matchPattern":"^m$","prices":{"input":1e-6,"output":2e-6}}]`))
	f.Fuzz(func(t *testing.T, text []byte) { // must not crash or hang
		if n, err := ParseNetworks("n", text); err == nil {
			n.Label(netip.MustParseAddr("10.0.0.1"))
		}
		if p, err := ParsePeople("p", text); err == nil {
			p.Identify("ana@example.com")
		}
		if p, err := ParsePrices("p", text); err == nil {
			p.Find("openai", "m")
		}
		if c, err := ParseClocks("c", text); err == nil {
			if again, err := ParseClocks("c", c.CSV()); err != nil || !slices.Equal(again.List(), c.List()) {
				t.Errorf("%v: %+v becomes %+v", err, c.List(), again)
			}
		}
	})
}
