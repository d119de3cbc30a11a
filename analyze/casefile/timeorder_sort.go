package casefile

import (
	"context"
	"slices"
	"sort"
)

// keySorter sorts keys that mostly come sorted, as logs do: it finds the runs in
// which they ascend and merges these, two by two. Its memory is used again.
type keySorter struct {
	keys, spare []orderKey
	ends        []int // of the runs
}

func (s *keySorter) reset() { s.keys, s.ends = s.keys[:0], s.ends[:0] }

// add adds a key.
func (s *keySorter) add(k orderKey) {
	if n := len(s.keys); n > 0 && k.before(s.keys[n-1]) {
		s.ends = append(s.ends, n)
	}
	s.keys = append(s.keys, k)
}

// write sorts the keys and appends their ordinals to dst.
func (s *keySorter) write(dst []uint32) []uint32 {
	s.ends = append(s.ends, len(s.keys))
	s.spare = slices.Grow(s.spare[:0], len(s.keys))[:len(s.keys)]
	for len(s.ends) > 1 {
		from, merged := 0, s.ends[:0]
		for i := 0; i < len(s.ends); i += 2 {
			mid, to := s.ends[i], s.ends[min(i+1, len(s.ends)-1)]
			mergeKeys(s.spare[from:to], s.keys[from:mid], s.keys[mid:to])
			merged = append(merged, to)
			from = to
		}
		s.ends = merged
		s.keys, s.spare = s.spare, s.keys
	}
	for i := range s.keys {
		dst = append(dst, s.keys[i].ordinal)
	}
	return dst
}

// mergeKeys merges two sorted lists into dst, which has room for both.
func mergeKeys(dst, a, b []orderKey) {
	for i := range dst {
		if len(b) == 0 || len(a) > 0 && !b[0].before(a[0]) {
			dst[i], a = a[0], a[1:]
		} else {
			dst[i], b = b[0], b[1:]
		}
	}
}

// The segments are merged in slices of time of about mergeSlice events: what is
// sorted at once stays in the processor's cache, and threads share the slices.
// About slicePoints events for each slice, spread over the segments, say where to
// cut.
const (
	mergeSlice  = 64 << 10
	slicePoints = 256
)

// merge puts the events of all segments in order.
func (b *orderBuilder) merge(ctx context.Context) error {
	cuts := b.cuts()
	// Where each slice begins: in each segment, and in the order.
	from := make([][]int, len(cuts)+2)
	starts := make([]int, len(cuts)+2)
	for i := range from {
		from[i] = make([]int, len(b.readings))
		for s := range b.readings {
			r := &b.readings[s]
			switch i {
			case 0:
			case len(cuts) + 1:
				from[i][s] = r.n
			default:
				from[i][s] = sort.Search(r.n, func(at int) bool { return !b.order.key(r.event(at)).before(cuts[i-1]) })
			}
			starts[i] += from[i][s]
		}
	}
	b.order.ordinals = make([]uint32, starts[len(starts)-1])
	sorters := make([]keySorter, b.threads)
	err := eachOf(ctx, len(cuts)+1, b.threads, func(worker, i int) error {
		sorter := &sorters[worker]
		sorter.reset()
		for s := range b.readings {
			b.addSlice(sorter, &b.readings[s], from[i][s], from[i+1][s])
		}
		sorter.write(b.order.ordinals[starts[i]:starts[i]])
		return nil
	})
	b.readings = nil
	return err
}

// cuts returns the keys at which the order is cut into slices.
func (b *orderBuilder) cuts() []orderKey {
	var sample []orderKey
	total, every := 0, max(1, b.slice/slicePoints)
	for i := range b.readings {
		r := &b.readings[i]
		total += r.n
		for at := 0; at < r.n; at += every {
			sample = append(sample, b.order.key(r.event(at)))
		}
	}
	slices.SortFunc(sample, orderKey.compare)
	var cuts []orderKey
	for n, i := total/b.slice, 1; i < n && len(sample) > 0; i++ {
		cuts = append(cuts, sample[i*len(sample)/n])
	}
	return cuts
}

// addSlice adds a slice of the events of a segment to what is sorted.
func (b *orderBuilder) addSlice(sorter *keySorter, r *readSegment, from, to int) {
	for i := from; i < to; i++ {
		ordinal := r.event(i)
		place := r.runs[0].place
		if len(r.runs) > 1 {
			place = r.runs[sort.Search(len(r.runs), func(i int) bool { return r.runs[i].first > ordinal })-1].place
		}
		sorter.add(orderKey{b.order.times[ordinal], place, ordinal})
	}
}
