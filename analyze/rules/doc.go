// Package rules runs Sigma rules over a case: it reads rules, correlations and
// filters as the Sigma specification 2.1.0 of 2025-08-02 writes them
// (github.com/SigmaHQ/sigma-specification), compiles detections to SQL of DuckDB
// and sweeps correlations over what they match. It holds a pack of rules of its
// own.
//
// What a field is depends on the log source of a rule; see [Sources]. For
// category genai it is a column of the view events, or of calls with service:
// call, and raw.PATH a member of the record. For the log of a vendor it is a
// member of the record as the vendor wrote it, so that public rules run
// unchanged: a.b.c leads through objects, through every element of arrays on the
// way, and is also found as the one member that is called a.b.c, and where a log
// names members so, as c in the member a.b. A field can so have several values.
// It matches when one of them does, and an object or an array inside an array is
// its JSON text.
//
// Where the specification leaves a choice, this is what is chosen:
//   - Text is compared without case, by DuckDB's lower; a number of a rule also
//     with text that is that number, true and false also with these words.
//   - A field without a value matches nothing but null, so that "not" of anything
//     about it is true, and so is neq. A column that is NULL does not exist; a
//     member that is null exists.
//   - Windows of correlations slide and hold what is at most timespan apart.
//     Events without a time or without a value to group by are in none. Alerts
//     whose windows overlap are one.
//   - Conditions that hold when nothing happened are refused: a log that is silent
//     does not say that it was watching.
//   - Windows are looked at when something happens, with all that has the same
//     time. In temporal_ordered, what has the same time may be in any order, and
//     one event may be a match of several rules.
//   - value_percentile is the share of a value among the values of the window, in
//     percent, judged for each event when it happens; with percentile: P in the
//     condition, as pySigma writes it, the P-th percentile by nearest rank.
//   - A record that holds several events matches rules about records once, as the
//     first of them that is no duplicate.
//   - Times are those that clocks were corrected to.
//   - A rule that a correlation names gives no findings of its own unless the
//     correlation says generate: true.
//
// It does not know how findings are shown, and decides nothing by itself: a
// match says that a rule's author thought of something like it.
package rules
