package reconcile

// checks lists the checks in the order in which they run and are reported:
// what is missing, what is contradicted, what is odd in one log alone.
func checks() []check {
	return []check{
		missingCheck{},
		holesCheck{},
		usageCheck{},
		claimsCheck{},
		disagreeCheck{},
		conflictCheck{},
		repeatedCheck{},
		skewCheck{},
		silenceCheck{},
		regressionCheck{},
	}
}
