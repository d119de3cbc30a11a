// Package ledger keeps the list of everything that was done to a case as a signed transparency log, and proves from it
// later that nothing was altered. It holds the examiner's key, canonical JSON, the trees over evidence and records, proofs that work
// without the case, the writers' lock and the few synced file operations that all this needs. It knows nothing about
// what the entries mean, and no database.
//
// # Files
//
//	ledger.jsonl               one entry a line
//	checkpoints/00000001.txt   the signed head after entry 1, and so on, one for every entry
//	ledger.next                the signed head of an append in progress; usually not there
//	.lock                      the writers' lock; what it says is for people and proves nothing
//
// # Entries
//
// A line is one JSON object in canonical form (RFC 8785) and a newline (0x0A). Only values with one undisputed spelling
// are used: objects, arrays, strings, booleans, null, and integers within ±(2^53-1); anything else is written as a
// string. Nesting ends at 64 levels, a line at 16 MiB. The members are, in the order in which they stand:
//
//	action     create, load, decode, analyze, triage, note, tag, replay, export, redact or seal
//	actor      who did it; by default the name of the signing key
//	body       an object with the facts of the action
//	recovered  only on the first entry after an incomplete line was cut off: torn_bytes and torn_sha256
//	seq        the number of the entry, from 1 without a hole
//	time       RFC 3339 in UTC with six digits, by the clock of the writing machine
//	tool       the program and its versions
//
// Entry 1, and no other, is create. Its body has format (1), id (32 random hex digits), origin ("exhibit.case/" and the
// id), key (the examiner's public key) and, where they were given, case_number, examiner, label and note.
//
// Paths that may not be UTF-8 are written by EscapePath: a backslash as \\, a byte outside UTF-8 as \xHH.
//
// # Tree and checkpoints
//
// Entry n is leaf n-1 of an RFC 6962 tree. The leaf data are the exact bytes of the line without its newline:
//
//	leaf = SHA-256(0x00 || line)    node = SHA-256(0x01 || left || right)
//
// Checkpoint n is a C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint): a signed note whose text is three lines,
// the origin, n, and the base64 root over the first n lines, signed with Ed25519 under the key of the create entry.
// A case takes exactly one signature in exactly the bytes that were written, so that no bit of a checkpoint is free.
// The file name is n with at least eight digits.
//
// The head SIZE:ROOT (root in hex) says the same in one line. Noted outside the case, it proves later that the first
// SIZE entries are unaltered and none of them is missing.
//
// # Appending
//
// In this order, each step on disk before the next:
//
//  1. the signed checkpoint for the new size goes to ledger.next
//  2. the line and its newline go to ledger.jsonl
//  3. ledger.next becomes checkpoints/n.txt
//
// So after a crash the end of the ledger is always vouched for by a signature, and only these states are possible:
//
//   - ledger.next alone: the append had not begun; the next writer removes the file
//   - ledger.next for size n+1 and part of a line after n entries: a torn append; the next writer cuts it off, and its
//     entry records length and hash of what was cut off
//   - ledger.next for size n and n whole lines, the last without a checkpoint file: the next writer moves it into place
//
// Readers accept all three and say so. Everything else is tampering: a line that nothing signed covers was not written
// by this program, so nobody can have a line signed by adding it and waiting for the examiner's next command.
// ledger.next must be left alone by whatever cleans the case up.
//
// # What it proves
//
// A ledger that verifies was written entry by entry with the private key of its create entry and has not been altered
// since. By itself it does not prove
//
//   - whose key that is: compare the key, or give it to Verify as trusted
//   - that no entries are missing at the end, if their checkpoints were removed too: note the head elsewhere
//   - that the times are true: they are those of the examiner's machine
//   - that the examiner, who has the key, did not write the whole case anew: a head that others noted does
//
// # Manifest and records
//
// A load entry's body holds manifest_root (hex), the root of an RFC 6962 tree over the lines of the load's manifest, and
// in manifest.rows their number. A manifest line is the canonical JSON of one piece of evidence. Its records and
// records_root (hex) are the size and the root of a tree over the records of that evidence in order, with leaf data of 48
// bytes:
//
//	offset (8, big-endian) || length (8, big-endian) || record SHA-256 (32)
//
// # Proofs
//
// Proof is the C2SP tlog-proof of one entry (https://c2sp.org/tlog-proof); index is seq-1. EventProof leads from one
// record to the signature without the case: one line of canonical JSON with the members
//
//	entry           the line of the load entry, as text
//	entry_proof     the tlog-proof of that line, as text
//	evidence        the manifest's line of the evidence, as text
//	evidence_index  its place among the lines of the manifest, from 0
//	evidence_proof  the path from that line's leaf to the manifest_root of the load entry, base64, from the leaf up
//	format          exhibit.event-proof/1
//	key             the public key
//	raw             the record's bytes in base64; left out if they are not handed out
//	record          sha256 (hex), offset, length, and index among the records of the evidence, from 0
//	record_proof    the path from the record's leaf to the records_root of the evidence, in the same way
//
// To check one with other tools: hash the record, form the leaf, follow record_proof to the root that evidence names,
// follow evidence_proof to the root that entry names, then check entry_proof for the leaf of entry under key.
package ledger
