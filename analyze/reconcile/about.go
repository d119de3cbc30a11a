package reconcile

import "github.com/exhibit-forensics/exhibit/analyze"

// Abouts says what each check claims and what to do about it, in the order of
// [Checks].
func Abouts() []*analyze.About {
	return []*analyze.About{
		{
			ID: "reconcile.missing", Version: missingVersion, Severity: analyze.SeverityMedium,
			Title:          "Calls that one log shows are missing from another",
			Why:            "A log that lacks calls which it normally shows was switched off, filtered, cut or not exported in full. What was said in these calls is known from nowhere else.",
			FalsePositives: []string{"exports that begin or end at different times", "one kind of log that was not exported for every region or account"},
			Triage:         []string{"read the cause in the facts: was logging off, is it one record, or silence", "see who called, and what else happened at that time"},
			Collect:        []string{"the missing log again, from where it is written first", "the configuration history of logging"},
			Contain:        []string{"switch the missing logging on, to a place that its users cannot write to"},
		},
		{
			ID: "reconcile.holes", Version: holesVersion, Severity: analyze.SeverityMedium,
			Title:          "A log names records that are nowhere",
			Why:            "Numbers that are left out and parents that are missing say that records were removed or never arrived.",
			FalsePositives: []string{"samplers that drop spans", "exports of a part of a conversation"},
			Triage:         []string{"look at what stands before and after the hole", "ask for the export again and compare its size"},
			Collect:        []string{"the same log from its source, with its listing of files"},
		},
		{
			ID: "reconcile.usage", Version: usageVersion, Severity: analyze.SeverityMedium,
			Title:          "The provider counted other calls than the logs show",
			Why:            "Use that was billed and that no log shows went around the gateway, or its records were removed.",
			FalsePositives: []string{"logs that do not cover the period or a project"},
			Triage:         []string{"see which key, model and project the difference is of", "look for calls of that key in every log"},
			Collect:        []string{"usage by key and by hour from the provider"},
			Contain:        []string{"limit the key to the gateway's addresses", "rotate the key"},
		},
		{
			ID: "reconcile.claims", Version: claimsVersion, Severity: analyze.SeverityMedium,
			Title:          "A transcript claims other calls than were seen",
			Why:            "A transcript lies with the one who writes it. Calls that it claims or leaves out are to be believed by the log of the provider.",
			FalsePositives: []string{"sessions that name their caller in another way"},
			Triage:         []string{"compare the session in both logs by time", "see whether another client used the same key"},
			Collect:        []string{"the machine on which the transcript was written"},
		},
		{
			ID: "reconcile.disagree", Version: disagreeVersion, Severity: analyze.SeverityMedium,
			Title:          "Logs tell one call differently",
			Why:            "A value that differs between two logs of the same call was changed in one of them, or on the way.",
			FalsePositives: []string{"a new version of a gateway that counts or names differently"},
			Triage:         []string{"show both events and their raw records", "with a third log, see which one stands alone"},
			Collect:        []string{"both logs again, from where they are written first"},
		},
		{
			ID: "reconcile.conflict", Version: conflictVersion, Severity: analyze.SeverityHigh,
			Title:          "One id with two contents",
			Why:            "The id of a record is unique in its log. Of two records with one id, one was changed.",
			FalsePositives: []string{"a log that delivers a record again when it is complete"},
			Triage:         []string{"show both records and see what differs", "see which file came by which way"},
			Collect:        []string{"the files again, with the hashes of the provider"},
		},
		{
			ID: "reconcile.repeated", Version: repeatedVersion, Severity: analyze.SeverityLow,
			Title:          "A record stands in one file more than once",
			Why:            "Copies inflate counts, and can hide that other records are gone from a file of the same length.",
			FalsePositives: []string{"delivery at least once"},
			Triage:         []string{"see whether the copies are next to each other", "compare the number of records with the source"},
			Collect:        []string{"the file again, from where it is written first"},
		},
		{
			ID: "reconcile.skew", Version: skewVersion, Severity: analyze.SeverityLow,
			Title:          "A clock was off",
			Why:            "With a wrong clock, cause and effect change places in a timeline.",
			FalsePositives: []string{"logs that write the time of the end of a call"},
			Triage:         []string{"read the correction in the facts, and type it: exhibit enrich --clock"},
			Collect:        []string{"the state of time synchronisation of the host"},
		},
		{
			ID: "reconcile.silence", Version: silenceVersion, Severity: analyze.SeverityMedium,
			Title:          "A log is silent where it never is",
			Why:            "Silence against a log's own rhythm means that nothing was called, or that nothing was written.",
			FalsePositives: []string{"holidays and outages"},
			Triage:         []string{"see whether other logs show calls in the window", "look for changes of logging at its beginning"},
			Collect:        []string{"the window again from the source", "the record of outages"},
		},
		{
			ID: "reconcile.regression", Version: regressionVersion, Severity: analyze.SeverityLow,
			Title:          "Times go back within a file",
			Why:            "A log that is written in order and is not was put together, edited, or written with a clock that was set back.",
			FalsePositives: []string{"writers that buffer, after a restart"},
			Triage:         []string{"look at the records around the place", "see whether the clock of the host was set"},
			Collect:        []string{"the file again, from where it is written first"},
		},
	}
}
