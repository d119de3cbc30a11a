package casefile

import "math/bits"

// NoFacet stands for no facet where counts are not to be split.
const NoFacet = -1

// BucketStart returns when a bucket of a histogram begins, by its number: time
// from from to to, in microseconds since 1970 began in UTC, is cut into buckets
// that are equal but for a microsecond. The end of the last is BucketStart of
// their number.
func BucketStart(from, to int64, buckets, number int) int64 {
	if to <= from || buckets <= 0 {
		return from
	}
	hi, lo := bits.Mul64(uint64(to)-uint64(from), uint64(max(0, min(number, buckets))))
	offset, rest := bits.Div64(hi, lo, uint64(buckets))
	if rest > 0 {
		offset++ // a bucket begins with the first whole microsecond in it
	}
	return int64(uint64(from) + offset)
}

// Histogram counts the events of a subset, nil for all, by buckets of the time
// from from to to (not included; see [BucketStart]) and by the values of a facet,
// or not by these with [NoFacet]. The counts of a value are a row: the result has
// a row for each value of the facet, or one, with a count for each bucket. Events
// without a time are in no bucket.
func (o *EventOrder) Histogram(s *EventSubset, from, to int64, buckets, facet int) [][]uint32 {
	rows := 1
	if facet != NoFacet {
		rows = len(o.facets[facet].Values)
	}
	out := make([][]uint32, rows)
	for i := range out {
		out[i] = make([]uint32, buckets)
	}
	if s == nil {
		s = o.All()
	}
	start := o.At(from)
	for b := range buckets {
		end := max(start, o.At(BucketStart(from, to, buckets, b+1)))
		if facet == NoFacet {
			out[0][b] = uint32(s.Rank(end) - s.Rank(start))
		} else {
			counts := o.countValues(s, start, end, facet)
			for v := range out {
				out[v][b] = counts[v]
			}
		}
		start = end
	}
	return out
}

// countValues counts the members from one position up to another by the values of
// a facet.
func (o *EventOrder) countValues(s *EventSubset, from, to, facet int) (counts [maxFacetValues]uint32) {
	values := o.values[facet]
	if s.bits == nil {
		for _, v := range values[from:to] {
			counts[v]++
		}
		return counts
	}
	for from < to {
		word := from >> 6
		w := s.bits[word] &^ (1<<(from&63) - 1)
		next := (word + 1) << 6
		if next > to {
			w &= 1<<(to&63) - 1
		}
		for ; w != 0; w &= w - 1 {
			counts[values[word<<6+bits.TrailingZeros64(w)]]++
		}
		from = next
	}
	return counts
}
