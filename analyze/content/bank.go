package content

// card reports the number of a payment card: 13 to 19 digits in one run or in
// groups, of an issuer's range, with Luhn's check digit (ISO/IEC 7812-1).
func (s *personalScan) card(from, end int) bool {
	b := s.text.Raw
	if !isDigit(b[from]) {
		return false
	}
	var digits [20]byte
	n, to := 0, from
	var sep byte
	for i := from; i < len(b) && n < len(digits); i++ {
		if isDigit(b[i]) {
			digits[n] = b[i]
			n++
			to = i + 1
			continue
		}
		between := n == 4 || n == 8 || n == 10 || n == 12 // groups of four, or of four, six and the rest
		if b[i] != ' ' && b[i] != '-' || sep != 0 && b[i] != sep || !between {
			break
		}
		sep = b[i]
	}
	if sep == 0 && to != end || n > 19 || !isCard(digits[:n], sep != 0) || glued(b, from, to) {
		return false
	}
	score := 0.7
	switch string(digits[:n]) {
	case "4111111111111111", "4242424242424242", "5555555555554444", "378282246310005", "4012888888881881", "4000056655665556", "6011111111111117", "4000000000000002", "30569309025904":
		score = 0.1 // numbers that payment processors publish for tests
	}
	return s.add("card", from, to, score, "card", "visa", "mastercard", "amex", "credit", "debit", "cvv", "cvc", "expir", "payment", "karte", "carte", "tarjeta")
}

// isCard checks the ranges of issuers (ISO/IEC 7812-1 and the networks' own
// pages) and Luhn's digit. A number in groups has the usual ones.
func isCard(d []byte, grouped bool) bool {
	if len(d) < 13 || grouped && len(d) < 14 {
		return false
	}
	n, four := len(d), number(d, 0, 4)
	known := false
	switch {
	case d[0] == '4': // Visa
		known = n == 13 || n == 16 || n == 19
	case four >= 5100 && four <= 5599, four >= 2221 && four <= 2720: // Mastercard
		known = n == 16
	case four/100 == 34, four/100 == 37: // American Express
		known = n == 15
	case four == 6011, four/100 == 65, four/10 >= 644 && four/10 <= 649, four/100 == 62: // Discover, UnionPay
		known = n >= 16
	case four/10 >= 300 && four/10 <= 305, four/100 == 36, four/100 == 38, four/100 == 39: // Diners Club
		known = n == 14
	case four >= 3528 && four <= 3589: // JCB
		known = n == 16
	}
	return known && !sameDigits(d) && luhn(d)
}

// ibanLengths are those of SWIFT's IBAN registry, release 99.
const ibanLengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"

// iban reports an international bank account number: ISO 13616, in one run or in
// groups of four, with the check of ISO 7064 mod 97-10.
func (s *personalScan) iban(from int) bool {
	b := s.text.Raw
	if from+15 > len(b) || !isAlpha(b[from]) || !isAlpha(b[from+1]) || !isDigit(b[from+2]) || !isDigit(b[from+3]) {
		return false
	}
	country, want := string([]byte{b[from] &^ 0x20, b[from+1] &^ 0x20}), 0
	for i := 0; i < len(ibanLengths); i += 4 {
		if ibanLengths[i:i+2] == country {
			want = number([]byte(ibanLengths), i+2, i+4)
		}
	}
	var id [34]byte
	n, to := 0, from
	for i := from; i < len(b) && n < want; i++ {
		if b[i] == ' ' && n%4 == 0 {
			continue
		}
		if !isAlnum(b[i]) {
			return false
		}
		id[n] = b[i]
		if isAlpha(b[i]) {
			id[n] &^= 0x20
		}
		n++
		to = i + 1
	}
	if want == 0 || n != want || glued(b, from, to) {
		return false
	}
	rest := 0
	for i := range n {
		v := digitAt(id[:n], (i+4)%n)
		if v >= 10 {
			rest *= 10
		}
		rest = (rest*10 + v) % 97
	}
	return rest == 1 && s.add("iban", from, to, 0.95)
}
