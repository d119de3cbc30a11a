// Package verdict says what a reply shows, given the request that it answers
// and the reply that the log has of the same request. It calls nobody: verdicts
// are made from texts alone, by analyze/content and by counting, so that
// recorded replies can be judged without any call, and the same reply always
// gets the same verdicts, byte for byte.
//
// A verdict is true, false or a number, or it is unknown: of a reply that was
// cut off, what was not found may stand in what did not come; what a request
// does not ask for cannot be obeyed; what the log does not say cannot be
// compared. Unknown is never counted as false.
//
// What no rule can tell is left open too. Whether an injected instruction was
// followed shows only where following leaves a trace that nothing else leaves:
// a marker that it asks for, an address that only it names, in a link or in the
// arguments of a tool. A reply that obeys "answer in French" looks like any
// other, and one that quotes an address looks like one that follows it: of those
// the verdict is unknown.
//
// Assertions are expectations as data, for suite files. A judge model is one of
// them: this package writes the question and reads the answer, and the caller
// sends it; what it says is marked as said by a model.
//
// # How well refusals are known
//
// The verdict refused has the error of the scanner, which differs from model to
// model: its sensitivity was 0.70 for one model of XSTest and 0.94 for the other
// (see analyze/content). A rate that is corrected for the error on another model
// can be farther from the truth than the rate itself. To know the rate of one's
// own model, label some of its replies and use [compare.Corrected].
package verdict
