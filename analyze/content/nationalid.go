package content

import "time"

// idNumber is a number that a state gives a person.
type idNumber struct {
	label  string
	shapes []string // as written: 9 for a digit, A for a letter, the rest as it is
	// score is how sure a number is that stands without a word of context, by how
	// few texts of the shape are valid by chance: a check digit alone lets one in
	// ten pass, two or check digit and date one in a hundred.
	score float64
	valid func(id []byte) bool // of the digits and letters alone, letters in upper case
	words []string             // context, in lower case
}

// idNumbers lists the numbers that are known. The rules are those of the
// offices that give them, as ISO 7064, the OECD's list of tax identification
// numbers (oecd.org, "Tax identification numbers") and python-stdnum 2.2
// describe them; that library was an independent check of each.
func idNumbers() []idNumber {
	return []idNumber{
		{"us-ssn", []string{"999-99-9999"}, 0.5, validSSN, []string{"ssn", "social security"}},
		{"us-ssn", []string{"999 99 9999", "999999999"}, 0.05, validSSN, []string{"ssn", "social security"}},
		{"us-itin", []string{"999-99-9999"}, 0.5, validITIN, []string{"itin", "taxpayer", "tax id"}},
		{"us-itin", []string{"999999999"}, 0.05, validITIN, []string{"itin", "taxpayer", "tax id"}},
		{"uk-nhs", []string{"999 999 9999", "999-999-9999", "9999999999"}, 0.1, validNHS, []string{"nhs", "patient", "health"}},
		{"uk-nino", []string{"AA999999A", "AA 99 99 99 A", "AA 999999 A"}, 0.45, validNINO, []string{"national insurance", "nino", "ni number", "ni no"}},
		{"in-aadhaar", []string{"9999 9999 9999", "9999-9999-9999"}, 0.4, validAadhaar, []string{"aadhaar", "aadhar", "uidai"}},
		{"in-aadhaar", []string{"999999999999"}, 0.05, validAadhaar, []string{"aadhaar", "aadhar", "uidai"}},
		{"in-pan", []string{"AAAAA9999A"}, 0.2, validPAN, []string{"pan", "permanent account", "income tax"}},
		{"pl-pesel", []string{"99999999999"}, 0.2, validPESEL, []string{"pesel"}},
		{"es-nif", []string{"99999999A", "99999999-A"}, 0.4, validNIF, []string{"nif", "dni", "documento"}},
		{"es-nie", []string{"A9999999A", "A-9999999-A"}, 0.45, validNIE, []string{"nie", "extranjero"}},
		{"it-codice-fiscale", []string{"AAAAAA99A99A999A"}, 0.9, validCodiceFiscale, []string{"codice fiscale", "fiscale"}},
		{"de-tax-id", []string{"99999999999", "99 999 999 999"}, 0.15, validGermanTaxID, []string{"steuer", "tax id", "idnr", "tin"}},
		{"fr-nir", []string{"999999999999999", "9 99 99 99 999 999 99"}, 0.5, validNIR, []string{"sécurité sociale", "securite sociale", "nir", "insee"}},
		{"nl-bsn", []string{"999999999", "9999.99.999"}, 0.05, validBSN, []string{"bsn", "burgerservice", "sofi"}},
		{"be-rijksregister", []string{"99.99.99-999.99", "99999999999"}, 0.3, validBelgian, []string{"rijksregister", "registre national", "insz", "niss"}},
		{"br-cpf", []string{"999.999.999-99"}, 0.7, validCPF, []string{"cpf", "cadastro"}},
		{"br-cpf", []string{"99999999999"}, 0.2, validCPF, []string{"cpf", "cadastro"}},
		{"ca-sin", []string{"999-999-999", "999 999 999", "999999999"}, 0.1, validSIN, []string{"sin", "social insurance"}},
		{"au-tfn", []string{"999 999 999", "999999999"}, 0.1, validTFN, []string{"tfn", "tax file"}},
		{"kr-rrn", []string{"999999-9999999"}, 0.6, validRRN, []string{"resident registration", "rrn", "주민"}},
		{"cn-resident-id", []string{"999999999999999999", "99999999999999999A"}, 0.7, validChineseID, []string{"身份证", "resident id", "id card"}},
		{"sg-nric", []string{"A9999999A"}, 0.45, validNRIC, []string{"nric", "fin"}},
		{"se-personnummer", []string{"999999-9999", "99999999-9999"}, 0.4, validPersonnummer, []string{"personnummer", "personal number"}},
		{"fi-hetu", []string{"999999-999A", "999999-9999", "999999A999A", "999999A9999"}, 0.6, validHETU, []string{"henkilötunnus", "hetu"}},
		{"no-fodselsnummer", []string{"99999999999", "999999 99999"}, 0.25, validNorwegian, []string{"fødselsnummer", "fodselsnummer", "personnummer"}},
		{"tr-tckn", []string{"99999999999"}, 0.2, validTurkish, []string{"kimlik", "tckn", "tc no"}},
		{"za-id", []string{"9999999999999"}, 0.25, validSouthAfrican, []string{"id number", "identity", "south africa"}},
		{"mx-curp", []string{"AAAA999999AAAAAA99", "AAAA999999AAAAAAA9"}, 0.85, validCURP, []string{"curp"}},
	}
}

// digitAt returns the value of a digit or of a letter counted from A as 10.
func digitAt(id []byte, i int) int {
	if c := id[i]; c >= 'A' {
		return int(c-'A') + 10
	}
	return int(id[i] - '0')
}

// number returns the digits from i to j as a number.
func number(id []byte, i, j int) int {
	n := 0
	for ; i < j; i++ {
		n = n*10 + digitAt(id, i)
	}
	return n
}

// weighted returns the sum of digits times weights.
func weighted(id []byte, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += w * digitAt(id, i)
	}
	return sum
}

// isDate reports whether year, month and day are a day of the calendar.
func isDate(year, month, day int) bool {
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 && time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}

// sameDigits reports whether all digits are the same, which passes many checks
// and is given to nobody.
func sameDigits(id []byte) bool {
	for _, c := range id {
		if c != id[0] {
			return false
		}
	}
	return true
}

// luhn is the check of ISO/IEC 7812-1, annex B.
func luhn(id []byte) bool {
	sum := 0
	for i := range id {
		d := digitAt(id, len(id)-1-i)
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// validSSN follows ssa.gov, "Social Security Number Randomization": no area 000,
// 666 or from 900, no group 00, no serial 0000. Numbers known from advertising
// and as placeholders are none.
func validSSN(id []byte) bool {
	switch string(id) {
	case "078051120", "219099999", "123456789", "111111111", "222222222", "333333333", "444444444", "555555555", "777777777", "888888888":
		return false
	}
	area := number(id, 0, 3)
	return area != 0 && area != 666 && area < 900 && number(id, 3, 5) != 0 && number(id, 5, 9) != 0
}

// validITIN follows irs.gov, "General ITIN information": 9xx with a group from 50
// to 65, 70 to 88, 90 to 92 or 94 to 99.
func validITIN(id []byte) bool {
	g := number(id, 3, 5)
	return id[0] == '9' && (g >= 50 && g <= 65 || g >= 70 && g <= 88 || g >= 90 && g <= 92 || g >= 94)
}

// validNHS is modulus 11 of the NHS Data Model and Dictionary, "NHS Number".
func validNHS(id []byte) bool {
	check := 11 - weighted(id, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
	return !sameDigits(id) && check%11 == digitAt(id, 9) && check != 10
}

// validNINO follows HMRC's National Insurance Manual NIM39110: which letters and
// prefixes are not used, and the suffix.
func validNINO(id []byte) bool {
	for _, c := range id[:2] {
		switch c {
		case 'D', 'F', 'I', 'Q', 'U', 'V':
			return false
		}
	}
	switch string(id[:2]) {
	case "BG", "GB", "NK", "KN", "NT", "TN", "ZZ":
		return false
	}
	return id[1] != 'O' && id[8] >= 'A' && id[8] <= 'D'
}

// verhoeffMul is the multiplication of the dihedral group of order 10, of
// Verhoeff, Error Detecting Decimal Codes (1969).
func verhoeffMul(a, b int) int {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return 5 + (a+b)%5
	case b < 5:
		return 5 + (a-b+5)%5
	}
	return (a - b + 5) % 5
}

// validAadhaar is Verhoeff's check; the first digit is 2 or more (uidai.gov.in,
// "Aadhaar numbering scheme").
func validAadhaar(id []byte) bool {
	if id[0] < '2' || sameDigits(id) {
		return false
	}
	permute := [10]int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	sum := 0
	for i := range id {
		d := digitAt(id, len(id)-1-i)
		for range i % 8 {
			d = permute[d]
		}
		sum = verhoeffMul(sum, d)
	}
	return sum == 0
}

// validPAN: the fourth letter says what holds the number (incometax.gov.in); P
// is a person.
func validPAN(id []byte) bool { return id[3] == 'P' }

// validPESEL is the check of the Polish act on the population register, and the
// date, whose month says the century.
func validPESEL(id []byte) bool {
	month := number(id, 2, 4)
	century := []int{1900, 2000, 2100, 2200, 1800}[month/20]
	return isDate(century+number(id, 0, 2), month%20, number(id, 4, 6)) && weighted(id, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 == 0
}

func nifLetter(n int) byte { return "TRWAGMYFPDXBNJZSQVHLCKE"[n%23] }

// validNIF is modulus 23 of the Spanish interior ministry, "Cálculo del dígito de
// control del NIF/NIE".
func validNIF(id []byte) bool { return id[8] == nifLetter(number(id, 0, 8)) && number(id, 0, 8) > 0 }

func validNIE(id []byte) bool {
	return id[0] >= 'X' && id[0] <= 'Z' && id[8] == nifLetter(int(id[0]-'X')*10_000_000+number(id, 1, 8))
}

// validCodiceFiscale is the check of the decree of 23 December 1976: characters
// in odd places count by a table, those in even places as they are.
func validCodiceFiscale(id []byte) bool {
	odd := [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	sum := 0
	for i, c := range id[:15] {
		v := int(c - '0')
		if c >= 'A' {
			v = int(c - 'A')
		}
		if i%2 == 0 {
			v = odd[v]
		}
		sum += v
	}
	day := number(id, 9, 11)
	return id[15] == byte('A'+sum%26) && day%40 >= 1 && day%40 <= 31 && day < 72
}

// validGermanTaxID is ISO 7064 mod 11,10; of the first ten digits one stands two
// or three times, and no other more than once (Bundeszentralamt für Steuern).
func validGermanTaxID(id []byte) bool {
	var counts [10]int
	product := 10
	for i := range id[:10] {
		d := digitAt(id, i)
		counts[d]++
		sum := (product + d) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	repeated := 0
	for _, n := range counts {
		if n > 3 {
			return false
		}
		if n > 1 {
			repeated++
		}
	}
	return id[0] != '0' && repeated == 1 && (11-product)%10 == digitAt(id, 10)
}

// validNIR is 97 minus the first 13 digits modulo 97 (INSEE); the month is 1 to
// 12, or 20 and more where it is not known.
func validNIR(id []byte) bool {
	month := number(id, 3, 5)
	return (id[0] == '1' || id[0] == '2') && (month >= 1 && month <= 12 || month >= 20 && month <= 42 || month >= 50) && 97-number(id, 0, 13)%97 == number(id, 13, 15)
}

// validBSN is the test of eleven of the Dutch civil service number.
func validBSN(id []byte) bool {
	return !sameDigits(id) && weighted(id, 9, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0
}

// validBelgian is 97 minus the first nine digits modulo 97, with a 2 before them
// for those born from 2000 on.
func validBelgian(id []byte) bool {
	n, check := number(id, 0, 9), number(id, 9, 11)
	month, day := number(id, 2, 4), number(id, 4, 6)
	return month <= 12 && day <= 31 && n > 0 && (97-n%97 == check || id[0] < '4' && 97-(2_000_000_000+n)%97 == check)
}

// validCPF has two check digits, each modulus 11 (Receita Federal).
func validCPF(id []byte) bool {
	check := func(n int) int {
		sum := 0
		for i := range n {
			sum += (n + 1 - i) * digitAt(id, i)
		}
		return sum * 10 % 11 % 10
	}
	return !sameDigits(id) && check(9) == digitAt(id, 9) && check(10) == digitAt(id, 10)
}

func validSIN(id []byte) bool { return id[0] != '0' && id[0] != '8' && !sameDigits(id) && luhn(id) }

// validTFN is modulus 11 of the Australian tax file number.
func validTFN(id []byte) bool {
	return !sameDigits(id) && weighted(id, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0
}

// validRRN: the date, the digit of sex and century, and a check that numbers
// given from October 2020 no longer have.
func validRRN(id []byte) bool {
	if !isDate(2000+number(id, 0, 2), number(id, 2, 4), number(id, 4, 6)) || id[6] == '0' || id[6] == '9' {
		return false
	}
	checked := (11-weighted(id, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)%11)%10 == digitAt(id, 12)
	return checked || number(id, 0, 2) >= 20 && (id[6] == '3' || id[6] == '4')
}

// validChineseID is GB 11643-1999: a date and ISO 7064 mod 11-2.
func validChineseID(id []byte) bool {
	if !isDate(number(id, 6, 10), number(id, 10, 12), number(id, 12, 14)) || number(id, 6, 10) < 1900 {
		return false
	}
	sum := weighted(id, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
	return id[17] == "10X98765432"[sum%11]
}

// validNRIC is the check letter of Singapore's numbers, by the letter before
// them; the sum of T, G and M starts at 4, 4 and 3.
func validNRIC(id []byte) bool {
	sum := weighted(id[1:], 2, 7, 6, 5, 4, 3, 2)
	switch id[0] {
	case 'S':
		return id[8] == "JZIHGFEDCBA"[sum%11]
	case 'T':
		return id[8] == "JZIHGFEDCBA"[(sum+4)%11]
	case 'F':
		return id[8] == "XWUTRQPNMLK"[sum%11]
	case 'G':
		return id[8] == "XWUTRQPNMLK"[(sum+4)%11]
	case 'M':
		return id[8] == "XWUTRQPNJLK"[10-(sum+3)%11]
	}
	return false
}

// validPersonnummer is Luhn's check of the last ten digits and the date; to the
// day of a coordination number 60 is added (Skatteverket).
func validPersonnummer(id []byte) bool {
	id = id[len(id)-10:]
	return isDate(2000+number(id, 0, 2), number(id, 2, 4), number(id, 4, 6)%60) && luhn(id)
}

// validHETU is modulus 31 of date and serial. The sign of the century is - or a
// letter, which stands between (Digital and Population Data Services Agency).
func validHETU(id []byte) bool {
	serial := id[6:]
	if len(id) == 11 {
		serial = id[7:]
	}
	n := number(id, 0, 6)*1000 + number(serial, 0, 3)
	return isDate(2000+number(id, 4, 6), number(id, 2, 4), number(id, 0, 2)) && serial[3] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[n%31]
}

// validNorwegian has two check digits, each modulus 11; to the day of a D number
// 40 is added (Skatteetaten).
func validNorwegian(id []byte) bool {
	day := number(id, 0, 2)
	if day > 40 {
		day -= 40
	}
	return isDate(2000+number(id, 4, 6), number(id, 2, 4), day) &&
		weighted(id, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11 == 0 && weighted(id, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// validTurkish has two check digits (Nüfus ve Vatandaşlık İşleri).
func validTurkish(id []byte) bool {
	odd := digitAt(id, 0) + digitAt(id, 2) + digitAt(id, 4) + digitAt(id, 6) + digitAt(id, 8)
	even := digitAt(id, 1) + digitAt(id, 3) + digitAt(id, 5) + digitAt(id, 7)
	return id[0] != '0' && (7*odd-even+100)%10 == digitAt(id, 9) && (odd+even+digitAt(id, 9))%10 == digitAt(id, 10)
}

// validSouthAfrican: the date, a digit of citizenship, Luhn's check.
func validSouthAfrican(id []byte) bool {
	return isDate(2000+number(id, 0, 2), number(id, 2, 4), number(id, 4, 6)) && id[10] <= '2' && luhn(id)
}

// validCURP: the date and a check digit over 37 characters, of which Ñ, which
// stands between N and O, is not written in a number.
func validCURP(id []byte) bool {
	sum := 0
	for i := range id[:17] {
		v := digitAt(id, i)
		if id[i] >= 'O' {
			v++
		}
		sum += v * (18 - i)
	}
	return isDate(2000+number(id, 4, 6), number(id, 6, 8), number(id, 8, 10)) && (id[10] == 'H' || id[10] == 'M' || id[10] == 'X') && (10-sum%10)%10 == digitAt(id, 17)
}
