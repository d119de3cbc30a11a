// Package clouddigest validates the digest files of AWS CloudTrail on disk,
// without a network: their signatures, the chain that they form, and the log
// files that they name. It follows what AWS publishes for validation outside
// of the AWS CLI ("Custom implementations of CloudTrail log file integrity
// validation" and "CloudTrail digest file structure" in the CloudTrail User
// Guide).
//
// It reads files and the list of what a case holds, and writes nothing. It does
// not decode logs and draws no conclusions from what is in them.
package clouddigest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// Options say what to validate, and with what.
type Options struct {
	// Paths are folders or files with digests, logs, object metadata and lists
	// of public keys. Links inside folders are not followed.
	Paths []string
	// Evidence is what the case holds; nil without a case.
	Evidence []Evidence
	Threads  int
	// Memory bounds the index of all digests and logs, in bytes; 0 is 512 MiB,
	// enough for some 150,000 digests with metadata and as many logs. The process
	// takes about twice the index: 576 MB for 100,000 digests and 86,000 logs.
	Memory int64
	// Done and Total count the bytes read and to read; both may be nil.
	Done, Total *atomic.Int64
}

// Evidence is one evidence of a case, as far as it can be a log file.
type Evidence struct {
	Path         string // as loaded; of a member of an archive with "::" before its name
	StreamSHA256 string // hex, of the decompressed bytes
	CloudTrail   bool   // it was read as CloudTrail
}

// ErrNoDigests means that nothing below the paths is a digest file.
var ErrNoDigests = errors.New("no CloudTrail digest file is there")

// defaultMemory is the bound of the index that holds when none is given.
const defaultMemory = 512 << 20

// Verify validates all digests below the paths. It reports everything that is
// wrong and does not stop at the first; an error means that it could not look.
func Verify(ctx context.Context, o Options) (*Report, error) {
	v := &validation{o: o, report: newReport()}
	if v.o.Memory <= 0 {
		v.o.Memory = defaultMemory
	}
	v.o.Threads = max(1, v.o.Threads)
	if err := v.read(ctx); err != nil {
		return nil, fmt.Errorf("validating CloudTrail digests: %w", err)
	}
	if len(v.digests) == 0 && len(v.broken) == 0 {
		return nil, fmt.Errorf("validating CloudTrail digests: %w", ErrNoDigests)
	}
	v.index()
	v.attachMetadata()
	v.checkKeys()
	v.chain()
	v.prove()
	v.findMissing()
	v.checkLogs()
	v.finish()
	return v.report, ctx.Err()
}

// validation is a Verify at work.
type validation struct {
	o        Options
	files    []file
	digests  []*digest // by trail and time once chain has run
	broken   []int32   // files that bear the name of a digest and are none
	metadata []metadata
	keys     []key
	trails   []*trail
	missing  []missing
	gaps     []gap
	logs     []logResult
	loose    []uncovered
	byKey    map[string][]int32 // digests by bucket and object
	byPrint  map[string][]*key  // keys by fingerprint, in lower case
	named    map[string]bool    // the names of the broken files
	held     int64              // bytes of the index, roughly
	report   *Report
}

// maxSame bounds how many things of one name are compared with each other:
// digests of one object, metadata of one digest, keys of one fingerprint, copies
// of one log. More are never delivered, and would make hostile input slow.
const maxSame = 16

// index prepares what is looked up by name.
func (v *validation) index() {
	v.byPrint, v.named = map[string][]*key{}, map[string]bool{}
	for i := range v.keys {
		k := &v.keys[i]
		if f := strings.ToLower(k.fingerprint); len(v.byPrint[f]) < maxSame {
			v.byPrint[f] = append(v.byPrint[f], k)
		}
	}
	for _, n := range v.broken {
		v.named[logName(v.files[n].path)] = true
	}
}

// hold counts bytes of the index.
func (v *validation) hold(n int) error {
	if v.held += int64(n); v.held > v.o.Memory {
		return fmt.Errorf("the index of digests and logs needs more than %d MiB: give more with --memory, or verify one account or region at a time", v.o.Memory>>20)
	}
	return nil
}
