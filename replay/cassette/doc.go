// Package cassette keeps what a replay sent and received, as evidence: a file
// that a kill leaves readable, that is resumed without repeating what is
// finished, and from which every verdict can be made again without a network.
//
// A cassette is a file of JSON lines, each an object with one member that names
// its kind. Numbers are whole, times are UTC, durations in microseconds, bytes
// base64, and requests are named by their number in the plan, from 1:
//
//	plan     the first line: the server, the header and whatever else holds for
//	         all requests, and how many there are
//	request  a request of the plan: its id, where it comes from, where it goes
//	body     a piece of the body of the request before it
//	run      a command that carries out the plan, or goes on with it, began
//	sent     an attempt to send a request begins
//	chunk    bytes of the reply to it, and when they came
//	end      how the attempt ended, with its headers
//	done     of a plan that grows: nothing is added any more, and why
//
// The lines up to the last body are the plan. They are written before anything
// is sent and determine the run; the SHA-256 of their bytes is the hash of the
// plan. The rest is appended as it happens, so that the lines of exchanges that
// run at the same time stand among each other. An end is on the disk before the
// run goes on. Every line has one spelling, canonical JSON (RFC 8785), and no
// member that is not known here: the SHA-256 of the file stands for what it
// says.
//
// The plan of a conversation grows: what is asked next depends on what came
// before. Its plan line says so, and how many requests there are when it is made;
// each further one stands, as a request with its body, behind the final end of
// the one before it. The hash of the plan is that of what was there before
// anything was sent, which determines the rest together with the replies. A
// request of which not all of the body is there was cut by the end of the
// command, and is no part of the plan.
//
// A last line without a newline is a torn append, as in a ledger: it is cut off
// when the run is resumed, and the next run line says so. An attempt without an
// end was cut by the end of the command. Anything else that does not follow from
// the lines before it, such as a second attempt after a final end, is an error:
// no run writes it.
//
// Headers arrive here without the values that are secret (see replay/sandbox).
package cassette
