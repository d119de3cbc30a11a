// Package request rebuilds logged requests from a case and changes them for
// what-if questions. What the log did not keep is said with each request: a
// replay is never more than what is known of the first time.
package request
