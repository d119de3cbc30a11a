// Package policy reads policy.yml, in which a security team writes who may do
// what with models, and answers the questions of detectors about it: whether a
// call is allowed, an action approved, an hour a working hour, an address,
// destination, data format, tool or folder one of those that are meant to be
// used. It knows no database and no clock: subjects and instants come from the
// caller, and the same question has the same answer always.
//
// A policy is optional. Every method works on a nil *Policy, which covers
// nothing; [Policy.Covers] says whether there is anything to compare with.
//
// # How rules decide
//
// The sections calls, networks, destinations, formats, tools and writes are
// lists of rules. A rule has an effect (allow, deny, or seen: noted by policy
// init and confirmed by nobody), says whom it is about (everybody when it does
// not say) and what it is about. Of the rules that apply:
//
//  1. A deny beats every allow that is no exception to it.
//  2. An exception is more specific: about whom and about each of what it is as
//     close as the deny or closer, and closer in one of them.
//  3. Of several that decide alike, the closest is named as the reason, about
//     whom first and then about what, and of equals the first in the file.
//
// Closer is what lies within the other: something within anything, a name
// within a pattern that fits it, a pattern within a pattern, a network within a
// network, a member within its group, the name of a model within a sensitivity.
// What may reach outside is not closer: another group, a role against a group, a
// pattern that crosses another; then the deny stands. Of networks, a block counts
// as closer than an autonomous system, and that as closer than a country.
//
// The allow rules of a section about a subject are a list of what it may do:
// what is on none of them is [Unlisted]. A subject that no allow rule is about
// is [NotCovered]. What a log does not say (a region, a country that no enrich
// told) is neither on the list nor off it: NotCovered, with the reason.
package policy
