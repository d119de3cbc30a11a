// Package formats turns evidence into records and records into events. It
// holds the [Event], the only vocabulary between logs and everything else, the
// [Format] contract with its implementations, and what they share: detection,
// framing, decompression, and the decoding of times, user agents, messages and
// the bodies of providers.
//
// A stream of evidence is sampled ([NewSample]), recognised ([Detect]), cut
// into records by its [Framing], and each record is decoded into events with a
// [Decoder], which first opens rows of tables and lines that a container runtime
// wrapped, so that formats see what they would see without. Records and what lies between them tile the stream without gap,
// and a record that cannot be parsed becomes an event of kind unparsed: nothing
// is dropped. Input is hostile: reads are bounded, and nothing recurses on the
// depth of its input.
//
// The package knows no database and no command line, stores nothing, and does
// not decide what an event means for an investigation.
package formats
