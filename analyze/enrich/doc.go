// Package enrich reads what a responder knows beside the logs: where addresses
// are, which networks are whose, what models cost, who is behind an identity,
// and whose clock was off. It looks values up and keeps nothing; package casefile decides what
// of the answers stands in a case.
//
// Everything is a local file: nothing is asked of a network.
package enrich

// maxLine bounds a line of a list.
const maxLine = 1 << 20
