package casefile

import (
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/enrich"
)

// Points returns what says where a source address, as the log wrote it, is, as far
// as the case is enriched with that.
func (c *Case) Points() (func(address string) (enrich.Point, bool), error) {
	sources := slices.DeleteFunc(slices.Clone(c.state.enrichment), func(s EnrichSource) bool {
		return s.Kind != EnrichGeoIP && s.Kind != EnrichNetworks
	})
	e, err := readEnrichment(sources, func(sum string) ([]byte, error) { return readInput(c.Dir, c.state, sum) })
	if err != nil {
		return nil, err
	}
	return e.point, nil
}
