package render

import (
	"slices"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/formats"
)

// minGap is the shortest pause that begins a new block: a minute.
const minGap = int64(60_000_000)

// blockGap returns from which pause on a new block begins, so that there are at
// most ten of them or one for four entries.
func blockGap(entries []correlation.Entry) int64 {
	var gaps []int64
	for i := range entries {
		if g := entries[i].Gap; g != nil && *g >= minGap {
			gaps = append(gaps, *g)
		}
	}
	most := max(10, len(entries)/4)
	if len(gaps) <= most {
		return minGap
	}
	slices.Sort(gaps)
	return gaps[len(gaps)-most-1] + 1
}

// maxBlock is how long a block is at most, so that its relative times keep
// their seconds: an hour.
const maxBlock = int64(3_600_000_000)

// begins reports whether an entry with a time begins a block.
func (d *drawing) begins(i int) bool {
	e := &d.entries[i]
	if e.Gap == nil || *e.Gap >= d.gap || *e.At-d.block >= maxBlock {
		return true
	}
	return d.day(*e.At) != d.day(d.block)
}

func (d *drawing) day(micros int64) string {
	return Stamp{micros, formats.PrecisionS}.Format(d.e.o.Zone)[:len(time.DateOnly)]
}

// measure finds the widths of the columns.
func (d *drawing) measure() {
	d.clocks, d.relatives, d.ids = 0, len("+0.000s"), 0
	for i := range d.entries {
		e := &d.entries[i]
		d.ids = max(d.ids, displaywidth.String(Terminal(e.EventID)))
		if e.At == nil {
			continue
		}
		if d.begins(i) {
			d.block = *e.At
		}
		d.relatives = max(d.relatives, len(d.relative(e)))
		d.clocks = max(d.clocks, len(d.clock(e)))
	}
	if !d.roomy {
		d.clocks = 0
	}
	d.block = 0
}

func (d *drawing) relative(e *correlation.Entry) string {
	return Relative(time.Duration(*e.At-d.block) * time.Microsecond)
}

// clock is the time of day, without the zone.
func (d *drawing) clock(e *correlation.Entry) string { return timeOfDay(d.stamp(e)) }

// timeOfDay is that of a stamp, without the zone.
func timeOfDay(stamp string) string {
	_, clock, _ := strings.Cut(stamp, "T")
	if i := strings.IndexAny(clock, "Z+-"); i >= 0 {
		return clock[:i]
	}
	return clock
}

// blockLine begins a block where one begins: with its time, and how long
// nothing happened before it.
func (d *drawing) blockLine(i int) error {
	e := &d.entries[i]
	if e.At == nil {
		if i > 0 && d.entries[i-1].At == nil {
			return nil
		}
		d.open = nil
		return d.heading("without a time", "")
	}
	if !d.begins(i) {
		return nil
	}
	d.block = *e.At
	if e.Gap == nil {
		return d.heading(d.stamp(e), "")
	}
	return d.heading(d.stamp(e), "  … "+duration(*e.Gap)+" later")
}

// heading draws the line above a block.
func (d *drawing) heading(text, more string) error {
	d.above = ""
	if err := d.e.print(""); err != nil {
		return err
	}
	return d.e.print(d.e.paint(bold, text) + more)
}
