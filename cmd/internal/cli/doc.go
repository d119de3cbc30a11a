// Package cli is the command tree of exhibit: one file per verb, with its
// flags, its help and a run function, and what all verbs share: the factory,
// flag groups, exit codes and progress. What a command finds out comes from the
// packages below it; what it prints goes through package render.
//
// A verb is a function newVerb(f) that fills an options struct from flags and
// a function runVerb(ctx, f, opts) that does the work. To add one, write its
// file and name it in newRoot.
package cli
