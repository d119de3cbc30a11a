// Package correlation follows identifiers through a case: from a request id, a
// session, a credential or an event to everything that shares a strong
// identifier with it, in all sources, as one timeline.
//
// Events are joined by identifiers only. What merely happened at the same time
// is kept apart and called probable, and an identifier that too many unrelated
// events share is reported and not followed. The package draws no conclusions
// beyond that, and knows no database: it asks package casefile.
package correlation
