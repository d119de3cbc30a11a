package clouddigest

import (
	"strings"
	"time"
)

// missing is a digest that is not here and should be.
type missing struct {
	trail  int32
	object string
	end    int64
	named  bool // by the next digest; else told from the rhythm of the trail
}

// gap is a time from which a trail has no digests, and says so.
type gap struct {
	trail    int32
	from, to int64
}

// maxMissing bounds how many digests that are told from the rhythm of their
// trail are listed: eleven years of hours.
const maxMissing = 100_000

// missingSlack is how far a period may be from the rhythm of its trail.
const missingSlack = 5 * 60

// findMissing walks each trail from its first digest to its last, and reports
// where the chain is broken.
func (v *validation) findMissing() {
	for _, t := range v.trails {
		older := int32(-1) // the newest digest before the one looked at
		for _, n := range t.digests {
			d := v.digests[n]
			if d.copyOf >= 0 {
				continue
			}
			v.checkBreak(t, d, older)
			if older < 0 || d.end >= v.digests[older].end {
				older = n
			}
		}
	}
}

// checkBreak looks at what lies between a digest and the one before it.
func (v *validation) checkBreak(t *trail, d *digest, older int32) {
	path := v.files[d.file].path
	if len(d.next) > 1 && !t.backfill {
		v.warn(KindOverlap, path, d.object, "%d digests name it as the one before them", len(d.next))
	}
	if older < 0 {
		if d.previous != nil && d.back < 0 {
			v.report.Earlier++
		}
		return
	}
	before := v.digests[older]
	switch {
	case d.previous == nil && t.backfill:
		return // each may stand alone
	case d.previous == nil:
		v.gaps = append(v.gaps, gap{d.trail, before.end, d.start})
		v.warn(KindGap, path, d.object, "a chain begins here: from %s to %s logging or its validation was off, or the digests at its end were removed; no digest names them", stamp(&before.end), stamp(&d.start))
		return
	case d.back < 0:
		v.missingBefore(t, d, before)
		return
	}
	switch from := v.digests[d.back].end; {
	case t.backfill:
	case d.start > from:
		v.warn(KindGap, path, d.object, "it follows the digest before it, and leaves the time from %s to %s out", stamp(&from), stamp(&d.start))
		v.gaps = append(v.gaps, gap{d.trail, from, d.start})
	case d.start < before.end || d.back != older:
		v.warn(KindOverlap, path, d.object, "its period, from %s, overlaps that of %s", stamp(&d.start), before.object)
	}
}

// missingBefore lists the digests that are missing before d. The last of them
// is named by d; before it stand as many as the rhythm of the trail has room
// for, up to the newest digest that is here. The AWS CLI reports the named one
// only (aws-cli issue 7054).
func (v *validation) missingBefore(t *trail, d, before *digest) {
	last := missing{trail: d.trail, object: d.previous.object, end: d.start, named: true}
	if p, ok := parsePlace(d.previous.object); ok {
		last.end = p.end
	}
	if v.named[logName(d.previous.object)] {
		return // a file of its name cannot be read, which is reported
	}
	v.missing = append(v.missing, last)
	v.problem(KindMissing, "", last.object, "this digest, up to %s, is missing: the next one names it", stamp(&last.end))
	if t.backfill {
		return // these have no rhythm
	}
	for n := int64(1); last.end-n*t.rhythm > before.end+missingSlack; n++ {
		if len(v.missing) >= maxMissing {
			v.problem(KindMissing, "", last.object, "more digests before it are missing, back to %s", stamp(&before.end))
			return
		}
		m := missing{trail: d.trail, end: last.end - n*t.rhythm}
		m.object = renamed(last.object, last.end, m.end)
		v.missing = append(v.missing, m)
		v.problem(KindMissing, "", m.object, "a digest up to about %s is missing: the chain is broken from %s to %s, and there is one every %d minutes; its name is told from that", stamp(&m.end), stamp(&before.end), stamp(&d.start), t.rhythm/60)
	}
}

// renamed puts another time into the key of a digest, in its name and in the
// folders of its day.
func renamed(object string, from, to int64) string {
	a, b := time.Unix(from, 0).UTC(), time.Unix(to, 0).UTC()
	const folder = "/2006/01/02/"
	object = strings.Replace(object, a.Format(folder), b.Format(folder), 1)
	return strings.Replace(object, a.Format(nameTime), b.Format(nameTime), 1)
}
