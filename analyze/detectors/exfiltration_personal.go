package detectors

import "github.com/exhibit-forensics/exhibit/analyze"

func personalData() *documentShift {
	return &documentShift{
		statement: "personal_answers", events: "personal_answer_events", reads: "sign", least: 3,
		title: "More answers to %s hold personal data than before",
		what:  "answers hold personal data",
		head: analyze.About{
			ID: "exfiltration.personal-data", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "More answers hold personal data than before",
			Why: "Names with numbers, addresses and accounts of people that suddenly stand in the answers to somebody are what is taken along, or what an application gives away. Tested are six hours, days and pairs of " +
				"days of each actor against its days before, with those of all as a start. One answer with very many is one answer here.",
			Tags:  []string{"atlas.aml.t0057", "atlas.aml.t0024", "owasp.llm02"},
			Needs: []string{"text", "actor"},
			FalsePositives: []string{
				"another task, such as letters to customers",
				"addresses and numbers of the company itself",
			},
			Triage:  []string{"read some of the answers: whose data is it, and where did the model have it from?", "see whether the actor needs it for its work"},
			Collect: []string{"the answers, with the documents and results of tools that they are from"},
			Contain: []string{"take the documents or tools from the application", "tell who is responsible for the protection of the data"},
		},
	}
}
