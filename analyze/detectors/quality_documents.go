package detectors

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// documentShift tests whether more answers, or the documents that they are from, have something
// wrong with them than before, day by day. See [rateShift].
type documentShift struct {
	head              analyze.About
	statement, events string
	title, what       string // with the subject; of how many calls
	reads             string // the table that the statements read
	least             int64  // calls that are looked at
}

func (d *documentShift) about() *analyze.About { return &d.head }

func (d *documentShift) detect(ctx context.Context, r *run) (*result, error) {
	if err := r.need(ctx, d.reads); err != nil {
		return nil, err
	}
	return (&rateShift{statement: d.statement, least: d.least, tell: d.tell}).test(ctx, r)
}

func (d *documentShift) tell(x rated, span int64, p, before float64) tested {
	f := found{}
	_, name, _ := strings.Cut(x.subject, " ")
	f.Subject = name
	f.First, f.Last = time.UnixMicro(x.at).UTC(), time.UnixMicro(x.at+span-1).UTC()
	f.Bucket = f.Last.Format(time.DateOnly)
	f.Title = fmt.Sprintf(d.title, name)
	f.Explanation = fmt.Sprintf("In these %d hours %d of %d %s; on the days before it was %.1f %%.", span/hour, x.with, x.n, d.what, 100*before)
	f.Facts = []analyze.Fact{{Name: "calls", Value: x.with}, {Name: "of", Value: x.n}, {Name: "rate_before", Value: math.Round(before*1e4) / 1e4}}
	return tested{p: min(p, 1), found: f, complete: func(ctx context.Context, r *run, f *found) error {
		return completeSpan(ctx, r, f, d.events, sql.Named("subject", x.subject), sql.Named("from", x.at), sql.Named("to", x.at+span))
	}}
}

func qualityUngrounded() *documentShift {
	return &documentShift{
		statement: "ungrounded", events: "ungrounded_events", reads: "stated", least: 2,
		title: "Answers of %s state numbers that their documents do not have",
		what:  "answers from documents state a number that stands in no document, question or earlier turn of the call",
		head: analyze.About{
			ID: "quality.ungrounded", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "Answers state numbers that their documents do not have",
			Why: "An application that is to answer from documents and begins to make up figures harms who relies on it; the cause can be another model, another prompt, or somebody who tampers with either. " +
				"Looked at are numbers of two digits and more. Tested are six hours, days and pairs of days of each application against its days before, for applications that reckon always state such numbers. " +
				"Wrong statements without numbers are not seen.",
			Tags:  []string{"atlas.aml.t0048", "owasp.llm09"},
			Needs: []string{"text"},
			FalsePositives: []string{
				"an application that begins to reckon sums from its documents",
				"documents that are no longer logged",
			},
			Triage:  []string{"compare an answer with its documents: exhibit show EVENT", "see whether model, system prompt or index changed before"},
			Collect: []string{"the answers with their documents", "the versions of model, prompt and index"},
			Contain: []string{"tell who relied on the answers", "go back to the version before"},
		},
	}
}

func qualityConflicting() *documentShift {
	return &documentShift{
		statement: "conflicts", events: "conflict_events", reads: "stated", least: 2,
		title: "Documents that %s was given contradict each other",
		what:  "calls were given two different numbers for the same thing",
		head: analyze.About{
			ID: "quality.conflicting-documents", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "Documents of one context contradict each other",
			Why: "Who can write into an index can plant a document that says otherwise than the true one, and the model picks one without a word. Looked at are numbers that stand behind the same two words and " +
				"before the same one. Tested are six hours, days and pairs of days of each application against its days before, for some indexes hold old versions.",
			Tags:  []string{"atlas.aml.t0070", "atlas.aml.t0085.000", "owasp.llm04"},
			Needs: []string{"text"},
			FalsePositives: []string{
				"a new version of a document beside the old one",
				"two things with the same words, such as rows of a table",
			},
			Triage:  []string{"read the documents: which is true, and who wrote the other when?", "find all calls that were given it: exhibit affected EVENT"},
			Collect: []string{"the documents with their history", "the answers that were given from them"},
			Contain: []string{"take the wrong document out of the index", "tell who was answered from it"},
		},
	}
}

func qualityRetrieval() *documentShift {
	return &documentShift{
		statement: "retrieval_changed", events: "retrieval_changed_events", reads: "read_again", least: 3,
		title: "Questions of %s are answered from other documents than before",
		what:  "questions that were asked again were answered from other documents than the time before",
		head: analyze.About{
			ID: "quality.retrieval-changed", Version: 1, Statistical: true, Severity: analyze.SeverityLow,
			Title: "The same questions are answered from other documents than before",
			Why: "Where the same question brings other documents, the index or the search was changed: by a release, or by somebody who wants other texts to be read. Compared is each question, word for word, with the " +
				"last time it was asked. Tested are six hours, days and pairs of days of each application against its days before, for some indexes change all the time.",
			Tags:  []string{"atlas.aml.t0070", "owasp.llm08"},
			Needs: []string{"text"},
			FalsePositives: []string{
				"an index that was filled anew",
				"a tool whose results change by nature, such as the state of an order",
			},
			Triage:  []string{"compare the documents of one question before and after: exhibit show EVENT", "see who changed the index or the search at that time"},
			Collect: []string{"the documents with their history", "the log of the index"},
			Contain: []string{"go back to the index before", "tell who was answered from the new documents"},
		},
	}
}
