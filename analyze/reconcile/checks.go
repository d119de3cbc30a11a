package reconcile

// checks lists the checks in the order in which they run and are reported:
// what is missing, what is contradicted, what is odd in one log alone.
func checks() []check {
	return []check{
		missing{},
		holesCheck{},
		usageCheck{},
		claimsCheck{},
		disagree{},
		conflict{},
		repeated{},
		skewCheck{},
		silenceCheck{},
		regressionCheck{},
	}
}
