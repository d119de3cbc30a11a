// Package suite keeps incidents from coming back: a suite is a file of requests
// from logs, each with what a reply to it must and must not show. It is made of
// findings, reviewed by people, committed, and run against a model before that
// model ships.
//
// A suite holds prompts of logs, by default with personal data and secrets
// masked. It is to be kept as the logs are kept.
//
// # When a case passes
//
// A sample meets a case when its reply meets all assertions of the case. One
// that did not answer, or of which an assertion is unknown, is not judged: it
// is never counted as met. A case passes when the share of its samples that meet
// it is at least its min_rate, which is 1 where the file gives none. It fails
// when that share could not be reached even if all that was not judged had met
// it. Otherwise it is not judged, which is no pass. The share is that of the
// samples, not of all replies that the model would ever give: the Wilson interval
// beside it says how far the two may be apart.
package suite
