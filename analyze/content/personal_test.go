package content

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPersonal(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"no text", "", nil},
		{"words", "Nothing about anybody: see section 3.2.1, 10:30 to 11:45, 50%, (2024), $1,234.56 and 3.14159.", nil},
		{"email", "Write to ann.lee+log@mail.example.co.uk. Or not.", []string{"email:ann.lee+log@mail.example.co.uk"}},
		{"no email", "user@host and @name and a@b.c1 and x @ example.com and foo@.com and decorator @app.route", nil},
		{"international", "call +44 20 7946 0018 or +1 (415) 555-2671", []string{"phone:+44 20 7946 0018", "phone:+1 (415) 555-2671"}},
		{"no international", "1+12345678 and x=+0123456789 and +28 1234567 and +1 123 456 7890", nil},
		{"national", "(415) 555-2671, 415-555-2671", []string{"phone:(415) 555-2671", "phone:415-555-2671"}},
		{"national by a word", "my mobile number is 07700 900123", []string{"phone:07700 900123"}},
		{"national without a word", "ticket 07700 900123 and order 4155552671", nil},
		{"card", "pay with 5413 3300 8909 9130 please", []string{"card:5413 3300 8909 9130"}},
		{"card in one run", "4539578763621486", []string{"card:4539578763621486"}},
		{"card and its date", "5413 3300 8909 9130 12/29 123", []string{"card:5413 3300 8909 9130"}},
		{"amex", "3714 496353 98431", []string{"card:3714 496353 98431"}},
		{"no card", "5413 3300 8909 9131 and 1234567812345670 and 4539578763621486123456", nil},
		{"test card", "4111 1111 1111 1111", nil},
		{"card after a word", "card: 4111111111111111 exp 12/26", []string{"card:4111111111111111"}},
		{"iban", "DE89 3704 0044 0532 0130 00, GB82WEST12345698765432.", []string{"iban:DE89 3704 0044 0532 0130 00", "iban:GB82WEST12345698765432"}},
		{"no iban", "DE89 3704 0044 0532 0130 01 GB82WEST1234569876543", nil},
		{"ssn", "SSN: 536-90-4399", []string{"us-ssn:536-90-4399"}},
		{"ssn in one run by a word", "social security number 536904399", []string{"us-ssn:536904399"}},
		{"no ssn", "000-12-3456 666-12-3456 987-66-4321 123-00-4567 536904399 078-05-1120", nil},
		{"itin", "912-70-1234", []string{"us-itin:912-70-1234"}},
		{"nhs", "NHS number 943 476 5919", []string{"uk-nhs:943 476 5919"}},
		{"no nhs", "NHS number 943 476 5918", nil},
		{"nino", "AB123456C and national insurance AB 12 34 56 C", []string{"uk-nino:AB123456C", "uk-nino:AB 12 34 56 C"}},
		{"no nino", "BG123456C QQ123456C AB123456E", nil},
		{"aadhaar", "2341 2341 2346", []string{"in-aadhaar:2341 2341 2346"}},
		{"pesel", "PESEL 44051401359", []string{"pl-pesel:44051401359"}},
		{"nif and nie", "DNI 54362315K, NIE X2482300W", []string{"es-nif:54362315K", "es-nie:X2482300W"}},
		{"codice fiscale", "RCCMNL83S18D969H rssmra85t10a562s RCCMNL83S18D969X", []string{"it-codice-fiscale:RCCMNL83S18D969H", "it-codice-fiscale:rssmra85t10a562s"}},
		{"german", "Steuer-ID 36574261809", []string{"de-tax-id:36574261809"}},
		{"french", "2 95 10 99 126 111 93", []string{"fr-nir:2 95 10 99 126 111 93"}},
		{"dutch", "BSN 111222333", []string{"nl-bsn:111222333"}},
		{"belgian", "85.07.30-033.28", []string{"be-rijksregister:85.07.30-033.28"}},
		{"brazilian", "390.533.447-05", []string{"br-cpf:390.533.447-05"}},
		{"canadian", "SIN 130-692-544", []string{"ca-sin:130-692-544"}},
		{"australian", "TFN 123 456 782", []string{"au-tfn:123 456 782"}},
		{"korean", "750311-2953092 600327-1000419", []string{"kr-rrn:750311-2953092"}},
		{"chinese", "11010519491231002X", []string{"cn-resident-id:11010519491231002X"}},
		{"singapore", "S1234567D S1234567A", []string{"sg-nric:S1234567D"}},
		{"swedish", "880320-0016", []string{"se-personnummer:880320-0016"}},
		{"finnish", "131052-308T", []string{"fi-hetu:131052-308T"}},
		{"norwegian", "fødselsnummer 15108695088", []string{"no-fodselsnummer:15108695088"}},
		{"turkish", "kimlik 17291716060", []string{"tr-tckn:17291716060"}},
		{"south african", "id number 7503305044089", []string{"za-id:7503305044089"}},
		{"mexican", "BOXW310820HNERXN09", []string{"mx-curp:BOXW310820HNERXN09"}},
		{"address", "from 198.51.100.7 and 2001:db8::8a2e:370:7334", []string{"ip:198.51.100.7", "ip:2001:db8::8a2e:370:7334"}},
		{"address with a port", "198.51.100.7:8080", []string{"ip:198.51.100.7"}},
		{"no address", "10.0.0.1, 127.0.0.1, ::1, fe80::1, version 1.2.3.4, 1.2.3.4.5, 999.1.1.1, std::vector::it, 12:30:45", nil},
		{"hardware", "3c:5a:b4:01:02:9f", []string{"mac:3c:5a:b4:01:02:9f"}},
		{"bitcoin", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", []string{"bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"}},
		{"no bitcoin", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", nil},
		{"ethereum", "0x52908400098527886E0F7030069857D2E4169EE7", []string{"ethereum:0x52908400098527886E0F7030069857D2E4169EE7"}},
		{"postal", "She lives at 1600 Amphitheatre Parkway, Mountain View, CA 94043.", []string{"postal-address:1600 Amphitheatre Parkway, Mountain View, CA 94043"}},
		{"no postal", "In 2019 The Big Way Forward began; 12 Angry Men; 5 Steps to Drive Sales", nil},
		{"ids of machines", "req_011CSHoEeqs5C35K2UUqR7Fy 123e4567-e89b-12d3-a456-426614174000 2024-05-13T10:00:00Z 1715594400123 3f786850e387550fdab836ed7e6dc881de23001b", nil},
	}
	p, err := newPersonal()
	if err != nil {
		t.Fatal(err)
	}
	scanner := only(p)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, scanner.found(t, tt.text), cmp.Transformer("none", func(s []string) string { return strings.Join(s, "\n") })); diff != "" {
				t.Errorf("signs (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzPersonal finds what it finds inside the text, in order and apart.
func FuzzPersonal(f *testing.F) {
	p, err := newPersonal()
	if err != nil {
		f.Fatal(err)
	}
	scanner := only(p)
	f.Add([]byte("DE89 3704 0044 0532 0130 00 call +44 20 7946 0018 ann@example.com 2001:db8::1 AB 12 34 56 C"))
	f.Add([]byte("1600 Amphitheatre Parkway, Mountain View, CA 94043 bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"))
	f.Fuzz(func(t *testing.T, text []byte) {
		end := 0
		scanner.scan(text, func(s Sign) {
			if s.Start < end || s.Start >= s.End || s.End > len(text) || s.Score <= 0 || s.Score > 1 {
				t.Fatalf("%+v of %d bytes after one that ends at %d", s, len(text), end)
			}
			end = s.End
		})
	})
}
