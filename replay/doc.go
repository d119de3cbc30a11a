// Package replay asks again what a log says was asked: it rebuilds logged
// requests to models, sends them to a model in a sandbox, and says how the
// answers compare with those in the log.
//
// The root holds the words that its parts share:
//
//	request     a logged request, rebuilt from a case, with its fidelity and what-if changes
//	protocol    a request as the bytes of a provider's protocol, and its reply read back
//	mask        personal data and secrets taken out before anything is sent
//	sandbox     the one transport that dials, and only to allowed addresses
//	server      model servers found on this machine, and what they say of themselves
//	cassette    exchanges as received, kept as evidence
//	run         a plan carried out within budgets, resumed after an interrupt
//	verdict     what a reply shows, by analyze/content and by assertions
//	compare     rates with intervals, and paired comparisons
//	suite       regression suites made of incidents
//
// Nothing here runs a tool that a model asks for, and nothing but sandbox opens
// a connection.
package replay
