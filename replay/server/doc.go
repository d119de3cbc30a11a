// Package server finds model servers on this machine and reads what they say of
// themselves: what they are, which models they have, which protocols they speak,
// and whether they pass on what they are sent to somewhere else.
//
// What it sends are GET requests without anything of a case in them, through
// the sandbox and to loopback only, unless it is asked about another address.
// A server is named after what it says, never after its port.
//
// Loopback is not yet a sandbox. A gateway on this machine that says what it is
// is recognised; of one that says nothing no more is said than that. That a
// server does not forward cannot be learned from it.
package server
