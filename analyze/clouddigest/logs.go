package clouddigest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// LogStatus says what became of a log file that a digest names.
type LogStatus uint8

// The statuses.
const (
	LogOK       LogStatus = iota // here, with the hash that the digest names
	LogAltered                   // a file of its name is here, with another hash
	LogAppended                  // the same, and the first gzip member has the hash: data was appended
	LogMissing                   // no file of its name or hash is here
	LogUnknown                   // the digest has no hash that can be checked, or is itself not what AWS signed
)

// String returns the status in a word.
func (s LogStatus) String() string {
	return [...]string{"ok", "altered", "appended", "missing", "unknown"}[s]
}

// logResult is what became of a log file of a digest.
type logResult struct {
	digest, log int32
	file        int32 // where it is; -1 when it is not below the paths
	evidence    int32 // in the case, -1 when it is not there
	status      LogStatus
}

// logResultSize is roughly what one takes in memory, with its part of the
// index by name.
const logResultSize = 80

// uncovered is a log that no digest names.
type uncovered struct {
	file, evidence int32 // one of both is -1
	when           string
}

// copies finds the copies of log files, below the paths and in the case. A copy
// is a number: of a file, or behind the files of an evidence.
type copies struct {
	v      *validation
	byName map[string][]int32
	bySum  map[[sha256.Size]byte][]int32
	claim  []bool                     // a digest names it
	other  map[[sha256.Size]byte]bool // hashes of logs that were found under another name
}

// newCopies lists everything that can be a log.
func (v *validation) newCopies() *copies {
	c := &copies{v: v, byName: map[string][]int32{}, bySum: map[[sha256.Size]byte][]int32{}, other: map[[sha256.Size]byte]bool{}}
	for i := range v.files {
		if f := &v.files[i]; f.kind == kindLog || f.kind == kindOther {
			c.add(int32(i), f.path, f.sum, f.err == "")
		}
	}
	for i, e := range v.o.Evidence {
		sum, err := hex.DecodeString(e.StreamSHA256)
		if err == nil && len(sum) == sha256.Size {
			c.add(int32(len(v.files)+i), e.Path, [sha256.Size]byte(sum), true)
		}
	}
	c.claim = make([]bool, len(v.files)+len(v.o.Evidence))
	return c
}

func (c *copies) add(n int32, path string, sum [sha256.Size]byte, whole bool) {
	name := logName(path)
	if len(c.byName[name]) < maxSame {
		c.byName[name] = append(c.byName[name], n)
	}
	if whole {
		c.bySum[sum] = append(c.bySum[sum], n)
	}
}

// logName is the name of a log file without the ending that a copy may have
// lost. It holds 16 random characters, so that folders need not be compared.
func logName(path string) string {
	if at := strings.LastIndex(path, "::"); at >= 0 {
		path = path[at+2:]
	}
	return strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".gz")
}

// sum is the hash of a copy.
func (c *copies) sum(n int32) (sum [sha256.Size]byte) {
	if f := int(n) - len(c.v.files); f >= 0 {
		_, _ = hex.Decode(sum[:], []byte(c.v.o.Evidence[f].StreamSHA256)) // checked by newCopies
		return sum
	}
	return c.v.files[n].sum
}

// path is where a copy is.
func (c *copies) path(n int32) string {
	if f := int(n) - len(c.v.files); f >= 0 {
		return "case: " + c.v.o.Evidence[f].Path
	}
	return c.v.files[n].path
}

// checkLogs compares the log files that the digests name with their copies.
// First each is looked for by its name; then what was not found by its hash
// among the copies that are no other log.
func (v *validation) checkLogs() {
	c := v.newCopies()
	total := 0
	for _, d := range v.digests {
		if d.copyOf < 0 {
			total += len(d.logs)
		}
	}
	v.logs = make([]logResult, 0, total)
	for i, d := range v.digests {
		if d.copyOf >= 0 {
			continue
		}
		for j := range d.logs {
			r := logResult{digest: int32(i), log: int32(j), file: -1, evidence: -1, status: LogMissing}
			c.byNameOf(&r, &d.logs[j])
			v.logs = append(v.logs, r)
		}
	}
	for i := range v.logs {
		r := &v.logs[i]
		l := &v.digests[r.digest].logs[r.log]
		if r.status == LogMissing && !l.unknown {
			c.byHashOf(r, l)
		}
		v.reportLog(r, l)
	}
	v.findUncovered(c)
}

// byNameOf finds the copies with the name of a log. Each must have its hash.
func (c *copies) byNameOf(r *logResult, l *logFile) {
	bad := false
	for _, n := range c.byName[logName(l.object)] {
		c.claim[n] = true
		if l.unknown {
			r.set(c.v, n, LogUnknown)
			continue
		}
		if c.sum(n) == l.sum && c.whole(n) {
			if !bad {
				r.set(c.v, n, LogOK)
			}
			c.remarkMembers(n, l)
			continue
		}
		bad = true
		c.altered(r, n, l)
	}
}

func (c *copies) whole(n int32) bool { return int(n) >= len(c.v.files) || c.v.files[n].err == "" }

func (r *logResult) set(v *validation, n int32, s LogStatus) {
	r.status = s
	if e := int(n) - len(v.files); e >= 0 {
		r.evidence = int32(e)
	} else {
		r.file = n
	}
}

// altered reports a copy that is not what CloudTrail delivered.
func (c *copies) altered(r *logResult, n int32, l *logFile) {
	path := c.path(n)
	if int(n) < len(c.v.files) {
		f := &c.v.files[n]
		switch {
		case f.first != nil && *f.first == l.sum:
			r.set(c.v, n, LogAppended)
			c.v.problem(KindLogAppended, path, l.object, "data was appended: what CloudTrail delivered is the first gzip member, and the file goes on behind it")
			return
		case f.err != "":
			r.set(c.v, n, LogAltered)
			c.v.problem(KindLogAltered, path, l.object, "it cannot be read to its end: %s", f.err)
			return
		}
	}
	r.set(c.v, n, LogAltered)
	c.v.problem(KindLogAltered, path, l.object, "it has the SHA-256 %x, the digest names %x", c.sum(n), l.sum)
}

// remarkMembers says that a file was packed by somebody else than CloudTrail.
func (c *copies) remarkMembers(n int32, l *logFile) {
	if int(n) < len(c.v.files) && c.v.files[n].members > 1 {
		c.v.warn(KindMembers, c.path(n), l.object, "the file has %d gzip members, together what the digest names; CloudTrail writes one", c.v.files[n].members)
	}
}

// byHashOf finds a log under another name. A copy stands for one log only: logs
// without events have the same bytes.
func (c *copies) byHashOf(r *logResult, l *logFile) {
	list := c.bySum[l.sum]
	for len(list) > 0 && c.claim[list[0]] {
		list = list[1:]
	}
	if len(list) > 0 {
		c.claim[list[0]], c.other[l.sum] = true, true
		r.set(c.v, list[0], LogOK)
		list = list[1:]
	}
	c.bySum[l.sum] = list
}

// reportLog says what is not there.
func (v *validation) reportLog(r *logResult, l *logFile) {
	d := v.digests[r.digest]
	switch {
	case r.status == LogOK && d.faults != "" && !d.authentic:
		r.status = LogUnknown // what is wrong with the digest is reported
	case l.unknown:
		r.status = LogUnknown
		v.warn(KindLogUnknown, v.files[d.file].path, l.object, "the digest has no SHA-256 of this log")
	case r.status == LogMissing:
		v.problem(KindLogMissing, "", l.object, "the digest up to %s names this log, and it is neither below the paths nor in the case", stamp(&d.end))
	}
}

// The log times that digests cover are those of delivery, and a log's name has
// that of its events. CloudTrail delivers within about five minutes on average
// and without a promise (CloudTrail User Guide, "How CloudTrail works"), so what
// was logged in the last quarter of an hour may be named by a later digest.
const deliverySlack = 15 * 60

// spans are the periods that digests of one account and region cover, in order
// and without overlap.
type spans [][2]int64

// merged sorts periods and joins those that meet.
func (s spans) merged() spans {
	slices.SortFunc(s, func(a, b [2]int64) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	out := s[:0]
	for _, p := range s {
		if n := len(out); n > 0 && p[0] <= out[n-1][1] {
			out[n-1][1] = max(out[n-1][1], p[1])
			continue
		}
		out = append(out, p)
	}
	return out
}

// findUncovered lists the logs that no digest names.
func (v *validation) findUncovered(c *copies) {
	by := map[[2]string]spans{}
	for _, d := range v.digests {
		if d.copyOf < 0 && !d.place.backfill {
			at := [2]string{d.place.account, d.place.region}
			by[at] = append(by[at], [2]int64{d.start, d.end})
		}
	}
	for at, s := range by {
		by[at] = s.merged()
	}
	named := map[[sha256.Size]byte]bool{} // these are in the case too
	for i := range v.files {
		f := &v.files[i]
		if c.claim[i] || c.other[f.sum] {
			f.listed = true
		} else if f.kind == kindLog {
			named[f.sum] = true
			v.addUncovered(uncovered{int32(i), -1, when(by, f.path)}, f.path)
		}
	}
	for i, e := range v.o.Evidence {
		if n := int32(len(v.files) + i); e.CloudTrail && !c.claim[n] && !c.other[c.sum(n)] && !named[c.sum(n)] {
			v.addUncovered(uncovered{-1, int32(i), when(by, e.Path)}, c.path(n))
		}
	}
}

func (v *validation) addUncovered(u uncovered, path string) {
	v.loose = append(v.loose, u)
	v.warn(KindUncovered, path, "", "no digest names it: %s", u.when)
}

// when says where a log lies among the digests of its account and region, by
// its name: ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.
func when(by map[[2]string]spans, path string) string {
	account, rest, ok := strings.Cut(logName(path), "_CloudTrail_")
	part := strings.Split(rest, "_")
	if !ok || len(part) < 3 {
		return "its name does not say of what time it is"
	}
	t, err := time.Parse("20060102T1504Z", part[1])
	s := by[[2]string{account, part[0]}]
	switch {
	case err != nil:
		return "its name does not say of what time it is"
	case len(s) == 0:
		return "there is no digest of its account and region"
	}
	return s.where(t.Unix())
}

func (s spans) where(t int64) string {
	if t < s[0][0] {
		return "it is of a time before the first digest"
	}
	if t > s[len(s)-1][1]-deliverySlack {
		return "it is of a time after the last digest, or shortly before its end"
	}
	i, _ := slices.BinarySearchFunc(s, t, func(p [2]int64, t int64) int { return cmp.Compare(p[1], t) })
	if s[i][0] <= t { // s[i] is the first that ends at t or later
		return "it is of a time that digests cover"
	}
	return "it is of a time between digests, in a gap or where one is missing"
}
