package formats

import (
	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// isTokenMetric reports whether a metric is one of those that sum up the tokens of calls.
func isTokenMetric(name []byte) bool {
	switch string(name) {
	case "gen_ai.client.token.usage", "gen_ai.client.inference.tokens":
		return true
	}
	return false
}

// readMetric makes one event of a metric, of kind other: most say nothing about
// a call. Tokens are totals over a period, but only where each point says what
// is new since the last one (delta). A cumulative point, which SDKs send unless
// told otherwise, repeats all earlier ones, and adding those up would count
// calls many times.
func readMetric(d *Decoder, r *otelResource, v jsontape.Value) {
	var name Text
	var points, temporality jsontape.Value
	for key, m := range v.Members() {
		switch string(key) {
		case "name":
			name = m.Text()
		case "gauge", "sum", "histogram", "exponentialHistogram", "exponential_histogram", "summary":
			points = member(m, "dataPoints", "data_points")
			temporality = member(m, "aggregationTemporality", "aggregation_temporality")
		}
	}
	if isTokenMetric(name) && isDelta(temporality) {
		for p := range points.Elements() {
			if len(d.Events()) > maxSpans {
				return
			}
			readTokens(d, r, name, p)
		}
		return
	}
	e := d.Add()
	e.Kind, e.Operation = KindOther, name
	setNano(e, "timeUnixNano", member(points.Index(0), "timeUnixNano", "time_unix_nano"))
	r.fill(e)
}

// member returns the member of an object by either of its names.
func member(v jsontape.Value, camel, snake string) jsontape.Value {
	if m := v.Get(camel); m.Exists() {
		return m
	}
	return v.Get(snake)
}

// isDelta reports whether the points of a metric each cover a period of their
// own.
func isDelta(temporality jsontape.Value) bool {
	switch string(scalar(temporality)) {
	case "1", "AGGREGATION_TEMPORALITY_DELTA":
		return true
	}
	return false
}

// readTokens makes the total that one point of a token metric is.
func readTokens(d *Decoder, r *otelResource, name Text, p jsontape.Value) {
	e := d.Add()
	s := newOtelAttributes(d, e)
	var typ Text
	var sum attr
	for key, m := range p.Members() {
		switch string(key) {
		case "startTimeUnixNano", "start_time_unix_nano":
			setNano(e, "startTimeUnixNano", m)
		case "timeUnixNano", "time_unix_nano":
			if n, ok := nanos(m); ok && n > 0 {
				e.TSEnd = Time{int64(n / 1000), true}
			}
		case "sum", "asInt", "as_int", "asDouble", "as_double":
			sum = attr{m, wrapNumber}
		case "attributes":
			for key, a := range attributesOf(m).members() {
				if string(key) == "gen_ai.token.type" {
					typ = a.text()
				}
				s.take(key, a)
			}
		}
	}
	e.Kind, e.Operation = KindUsage, name
	switch string(typ) {
	case "input":
		e.InputTokens = sum.integer()
	case "output", "completion":
		e.OutputTokens = sum.integer()
	}
	s.who()
	s.where()
	r.fill(e)
}
