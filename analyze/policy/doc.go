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
//  1. The more specific rule wins. A rule is more specific than another when it
//     is as close or closer in every respect (who, and each of what) and closer
//     in one.
//  2. A deny beats every allow that is not more specific. So an exception to a
//     deny must be closer about whom or about what, and no vaguer in anything.
//  3. Among equals, the first in the file is named as the reason.
//
// Who, from vague to close: everybody; a group; a role or application; a
// principal, person or credential by a pattern; one by its name. What: anything;
// a sensitivity; a pattern, closer the more characters it gives; a name.
//
// The allow rules of a section about a subject are a list of what it may do:
// what is on none of them is [Unlisted]. A subject that no allow rule is about
// is [NotCovered]. What a log does not say (a region, a country that no enrich
// told) is neither on the list nor off it: NotCovered, with the reason.
package policy
