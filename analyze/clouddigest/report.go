package clouddigest

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The kinds of what can be wrong or odd.
const (
	KindSignature   = "signature"
	KindDigest      = "digest altered"
	KindAppended    = "digest appended"
	KindBroken      = "digest unreadable"
	KindMissing     = "digest missing"
	KindDuplicate   = "digest twice"
	KindPlace       = "digest moved"
	KindMetadata    = "metadata altered"
	KindKeyUnknown  = "key unknown"
	KindKeyTime     = "key not valid"
	KindKeyList     = "key list"
	KindLogAltered  = "log altered"
	KindLogAppended = "log appended"
	KindLogMissing  = "log missing"
	KindLogUnknown  = "log unknown"
	KindUncovered   = "log uncovered"
	KindGap         = "gap"
	KindOverlap     = "overlap"
	KindMembers     = "gzip members"
	KindUnreadable  = "unreadable"
	KindLeftOut     = "left out"
	KindWeak        = "weak"
)

// A Finding is one thing that validation found.
type Finding struct {
	Kind   string `json:"kind"`
	Path   string `json:"path,omitempty"`   // the file, "" where there is none
	Object string `json:"object,omitempty"` // the key in S3, where one is to blame
	What   string `json:"what"`
}

// maxFindings bounds the lists of a report; the rest is counted, and in
// [Report.WriteResults].
const maxFindings = 10_000

// Report is what Verify found.
type Report struct {
	Counts
	// Problems are signs of alteration, deletion and bad signatures. Warnings do
	// not fail a verification.
	Problems, Warnings         []Finding
	ProblemCount, WarningCount int64
	Keys                       []KeyUse
	Days                       []Day
	// Limits says in sentences what the result does not prove.
	Limits []string

	v *validation
}

// Counts are numbers of files, digests and logs.
type Counts struct {
	Files    int64 `json:"files"`
	Others   int64 `json:"other_files"` // neither digests, logs, metadata nor keys, and named by no digest
	Metadata int64 `json:"metadata"`
	Public   int64 `json:"public_keys"`
	Trails   int64 `json:"trails"` // chains: one for each account, region and trail
	Digests  int64 `json:"digests"`
	Backfill int64 `json:"backfill"` // of these

	// By what vouches for them; what is wrong with a digest counts as failed.
	Signature   int64 `json:"signature"`
	SignedChain int64 `json:"signed_chain"`
	Chain       int64 `json:"chain"`
	Nothing     int64 `json:"nothing"`
	Failed      int64 `json:"failed"`

	Missing int64 `json:"missing"` // digests
	Gaps    int64 `json:"gaps"`
	Earlier int64 `json:"earlier"` // chains that go on before what is here

	Logs        int64 `json:"logs"` // that digests name
	LogsOK      int64 `json:"logs_ok"`
	LogsAltered int64 `json:"logs_altered"` // appended to, too
	LogsMissing int64 `json:"logs_missing"`
	LogsUnknown int64 `json:"logs_unknown"`
	Uncovered   int64 `json:"uncovered"` // logs that no digest names
}

// KeyUse is a public key and how many digests verify with it.
type KeyUse struct {
	Fingerprint string
	From, To    *time.Time // validity; nil when it is not said
	Path        string     // of the list
	SHA256      string     // of the list, decompressed
	Digests     int64
}

// Day counts the digests of one trail that end on one day, in UTC.
type Day struct {
	Account, Region, Trail, Day                      string
	Digests                                          int64
	Signature, SignedChain, Chain, Nothing, Failed   int64
	Missing                                          int64
	Logs, LogsOK, LogsAltered, LogsMissing, LogsOpen int64 // open: nothing to trust says their hash
}

func newReport() *Report { return &Report{Problems: []Finding{}, Warnings: []Finding{}} }

// OK says that nothing is altered, missing or badly signed, as far as can be
// known from what was given.
func (r *Report) OK() bool { return r.ProblemCount == 0 }

func (v *validation) problem(kind, path, object, format string, args ...any) {
	if v.report.ProblemCount++; len(v.report.Problems) < maxFindings {
		v.report.Problems = append(v.report.Problems, Finding{kind, path, object, fmt.Sprintf(format, args...)})
	}
}

func (v *validation) warn(kind, path, object, format string, args ...any) {
	if v.report.WarningCount++; len(v.report.Warnings) < maxFindings {
		v.report.Warnings = append(v.report.Warnings, Finding{kind, path, object, fmt.Sprintf(format, args...)})
	}
}

// fault reports a problem of a digest.
func (v *validation) fault(d *digest, kind, format string, args ...any) {
	if !strings.Contains(d.faults, kind) {
		d.faults = strings.TrimPrefix(d.faults+", "+kind, ", ")
	}
	v.problem(kind, v.files[d.file].path, d.object, format, args...)
}

// stamp writes seconds as a time.
func stamp(s *int64) string {
	if s == nil {
		return "an unknown time"
	}
	return time.Unix(*s, 0).UTC().Format(time.RFC3339)
}

// finish counts, and puts everything into an order.
func (v *validation) finish() {
	r := v.report
	r.v = v
	v.countFiles()
	days := map[dayKey]*Day{}
	for _, d := range v.digests {
		if d.copyOf < 0 {
			v.countDigest(d, day(days, v.trails[d.trail].place, d.end))
		}
	}
	for _, m := range v.missing {
		day(days, v.trails[m.trail].place, m.end).Missing++
	}
	for i := range v.logs {
		l := &v.logs[i]
		d := v.digests[l.digest]
		countLog(&r.Counts, day(days, d.place, d.end), l.status)
	}
	r.Trails, r.Missing, r.Gaps, r.Uncovered = int64(len(v.trails)), int64(len(v.missing)), int64(len(v.gaps)), int64(len(v.loose))
	for _, d := range days {
		r.Days = append(r.Days, *d)
	}
	slices.SortFunc(r.Days, func(a, b Day) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Region, b.Region), strings.Compare(a.Trail, b.Trail), strings.Compare(a.Day, b.Day))
	})
	v.listKeys()
	v.weigh()
	order := func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Object, b.Object), strings.Compare(a.Path, b.Path), strings.Compare(a.What, b.What))
	}
	slices.SortStableFunc(r.Problems, order)
	slices.SortStableFunc(r.Warnings, order)
}

// countFiles counts the files, and reports what is no part of a copied bucket
// and what is named like a digest and is none.
func (v *validation) countFiles() {
	r := v.report
	r.Files, r.Public, r.Metadata = int64(len(v.files)), int64(len(v.keys)), int64(len(v.metadata))
	for i := range v.files {
		f := &v.files[i]
		switch {
		case f.kind == kindBroken:
			v.problem(KindBroken, f.path, "", "it is named like a digest, or says that it is one, and cannot be read as one: %s", f.err)
		case f.kind == kindKeys && f.err != "":
			v.problem(KindUnreadable, f.path, "", "reading the list of public keys: %s", f.err)
		case f.kind == kindOther && !f.listed:
			if r.Others++; f.err != "" {
				v.warn(KindUnreadable, f.path, "", "%s", f.err)
			}
		}
	}
	for i := range v.metadata {
		if m := &v.metadata[i]; !m.taken && m.signature != nil {
			v.warn(KindMetadata, v.files[m.file].path, m.key, "it is of no digest here")
		}
	}
}

type dayKey struct {
	place place
	day   int64
}

func day(days map[dayKey]*Day, p place, end int64) *Day {
	p.end = 0
	at := dayKey{p, end / 86400}
	if end%86400 < 0 {
		at.day--
	}
	if days[at] == nil {
		days[at] = &Day{Account: p.account, Region: p.region, Trail: p.label(), Day: time.Unix(end, 0).UTC().Format(time.DateOnly)}
	}
	return days[at]
}

func (v *validation) countDigest(d *digest, day *Day) {
	c := &v.report.Counts
	c.Digests++
	day.Digests++
	if d.place.backfill {
		c.Backfill++
	}
	all, here := &c.Failed, &day.Failed
	if d.faults == "" {
		all = [...]*int64{&c.Nothing, &c.Chain, &c.SignedChain, &c.Signature}[d.proof]
		here = [...]*int64{&day.Nothing, &day.Chain, &day.SignedChain, &day.Signature}[d.proof]
	}
	*all++
	*here++
}

func countLog(c *Counts, day *Day, s LogStatus) {
	all := [...]*int64{&c.LogsOK, &c.LogsAltered, &c.LogsAltered, &c.LogsMissing, &c.LogsUnknown}[s]
	here := [...]*int64{&day.LogsOK, &day.LogsAltered, &day.LogsAltered, &day.LogsMissing, &day.LogsOpen}[s]
	c.Logs++
	day.Logs++
	*all++
	*here++
}

func (v *validation) listKeys() {
	for i := range v.keys {
		k := &v.keys[i]
		f := &v.files[k.file]
		v.report.Keys = append(v.report.Keys, KeyUse{k.fingerprint, when64(k.from), when64(k.to), f.path, hex.EncodeToString(f.sum[:]), k.used})
	}
	slices.SortStableFunc(v.report.Keys, func(a, b KeyUse) int {
		return cmp.Or(strings.Compare(a.Fingerprint, b.Fingerprint), strings.Compare(a.Path, b.Path))
	})
}

func when64(s *int64) *time.Time {
	if s == nil {
		return nil
	}
	t := time.Unix(*s, 0).UTC()
	return &t
}

// weigh names the weaker checks, and what no check can show.
func (v *validation) weigh() {
	r := v.report
	if len(v.keys) == 0 {
		v.warn(KindWeak, "", "", "no list of public keys was given, so no signature was checked: the chain of hashes alone is the weaker check, for whoever can write all digests can make one; save the output of aws cloudtrail list-public-keys")
	} else if r.Chain > 0 {
		v.warn(KindWeak, "", "", "digests that only the chain of hashes vouches for: %d, the weaker check", r.Chain)
	}
	if r.Nothing > 0 {
		v.warn(KindWeak, "", "", "digests that nothing vouches for: %d; of the newest of a chain the signature is in its object metadata only", r.Nothing)
	}
	r.Limits = []string{
		"Digests before the first and after the last of each chain cannot be missed; nothing here names them.",
		"That the bucket is the right one is known only where a signature verifies: a copy has no bucket.",
	}
	if len(v.keys) > 0 {
		r.Limits = append(r.Limits, "That the public keys are those of AWS is the word of whoever saved the list.")
	}
	if r.Others > 0 {
		r.Limits = append(r.Limits, fmt.Sprintf("Files that are none of these and that no digest names: %d.", r.Others))
	}
	if r.Earlier > 0 {
		r.Limits = append(r.Limits, fmt.Sprintf("Chains that go on before what is here: %d.", r.Earlier))
	}
}
