package content

// phoneWords are words of context of telephone numbers.
func phoneWords() []string {
	return []string{"phone", "telephone", "mobile", "cell", "call", "fax", "tel", "whatsapp", "sms", "text me", "reach me", "contact", "telefon", "handy", "téléphone", "móvil", "teléfono", "numéro", "电话", "手机", "電話"}
}

// callingCode reports whether digits can begin with a country code of ITU-T
// E.164: none begins with 0, and of two digits 28, 83 and 89 are not given.
func callingCode(d []byte) bool {
	n := number(d, 0, 2)
	return n >= 10 && n != 28 && n != 83 && n != 89
}

// international reports a number of E.164 with its plus: 8 to 15 digits, with
// single signs between groups. It returns where the number ends, or the place
// itself.
func (s *personalScan) international(at int) int {
	b := s.text.Raw
	if at < s.end || at > 0 && (isAlnum(b[at-1]) || b[at-1] == '+' || b[at-1] == '=') {
		return at
	}
	digits, to := s.phoneDigits(b, at+1, len(s.phone))
	if len(digits) < 8 || len(digits) > 15 || !callingCode(digits) || digits[0] == '1' && !northAmerican(digits[1:]) || glued(b, at, to) || sameDigits(digits) {
		return at
	}
	if !s.add("phone", at, to, 0.6, phoneWords()...) {
		return at
	}
	return to
}

// phoneDigits reads some digits with signs between them, at most 16.
func (s *personalScan) phoneDigits(b []byte, from, most int) ([]byte, int) {
	digits := s.phone[:0]
	to, gap := from, 0
	for i := from; i < len(b) && len(digits) < most; i++ {
		switch {
		case isDigit(b[i]):
			digits, to, gap = append(digits, b[i]), i+1, 0
		case isPhoneSign(b[i]) && gap < 2:
			gap++
		default:
			return digits, to
		}
	}
	return digits, to
}

// isPhoneSign reports whether a sign stands between groups of digits.
func isPhoneSign(c byte) bool {
	return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/'
}

// northAmerican reports whether ten digits are a number of the North American
// numbering plan: area and exchange begin with 2 to 9, and neither is N11.
func northAmerican(d []byte) bool {
	return len(d) == 10 && d[0] >= '2' && d[3] >= '2' && string(d[1:3]) != "11" && string(d[4:6]) != "11"
}

// national reports a number as it is dialled within a country: in the form of
// North America, which is telling, or with a leading zero, which is one only
// where a word says so. It returns where the number ends, or the place itself.
func (s *personalScan) national(from int) int {
	b := s.text.Raw
	if from < s.end || b[from] != '(' && !isDigit(b[from]) {
		return from
	}
	digits, to := s.phoneDigits(b, from, len(s.phone))
	if len(digits) > 10 && b[from] != '0' { // the next number stands close by
		digits, to = s.phoneDigits(b, from, 10)
	}
	if len(digits) < 7 || glued(b, from, to) || sameDigits(digits) {
		return from
	}
	score := -1.0
	switch form := b[from:to]; {
	case northAmerican(digits) && (isForm(form, "(999) 999-9999") || isForm(form, "(999)999-9999")):
		score = 0.6
	case northAmerican(digits) && (isForm(form, "999-999-9999") || isForm(form, "999.999.9999")):
		score = 0.4
	case northAmerican(digits), digits[0] == '0' && len(digits) >= 9 && len(digits) <= 12:
		score = 0.05
	}
	if score < 0 || !s.add("phone", from, to, score, phoneWords()...) {
		return from
	}
	return to
}

// isForm reports whether a text is written like a form, in which 9 is a digit.
func isForm(text []byte, form string) bool {
	if len(text) != len(form) {
		return false
	}
	for i, c := range text {
		if form[i] == '9' && !isDigit(c) || form[i] != '9' && c != form[i] {
			return false
		}
	}
	return true
}
