package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// openAIUsage is what OpenAI says that an organisation used and owes: totals
// over buckets of time, which a case holds against the calls that it knows.
//
// Members are those of the API reference (GET /organization/usage/... and
// /organization/costs) and of openai-python's UsageCompletionsResponse.
type openAIUsage struct{}

var _ Format = openAIUsage{}

func (openAIUsage) Name() string { return "openai-usage" }

func (openAIUsage) Doc() string {
	return "OpenAI usage and costs of an organisation: pages of the API, arrays and lines of buckets"
}

// Detect accepts what begins with a bucket or one of its results, or with a
// page, which is empty where nothing was used.
func (openAIUsage) Detect(s *Sample) error {
	page := s.First.Get("data")
	if string(s.First.Get("object").Text()) == "page" && page.Kind() == jsontape.Array && page.Len() == 0 {
		return nil
	}
	return detectPage(s, isOpenAIBucket, "no record at its start is a bucket with start_time and results, or a result of organization.usage or organization.costs")
}

func isOpenAIBucket(v jsontape.Value) bool {
	return v.Get("start_time").Exists() && v.Get("results").Exists() || isOpenAITotal(v.Get("object").Text())
}

// isOpenAITotal reports whether the object of a result is one of the totals.
func isOpenAITotal(object []byte) bool {
	return bytes.HasPrefix(object, []byte("organization.usage.")) || bytes.HasPrefix(object, []byte("organization.costs."))
}

func (openAIUsage) Framing(s *Sample) Framing { return pageFraming(s) }

// Decode makes one event of each result of a bucket; a bucket in which nothing
// was used has none. A result that was taken out of its bucket is a record of
// its own. Anything else becomes an event of kind other.
func (openAIUsage) Decode(d *Decoder, record []byte) error {
	v, err := recordObject(d, record, "openai-usage")
	if err != nil {
		return err
	}
	results := inlined(d, v.Get("results"))
	switch {
	case results.Kind() == jsontape.Array:
		start, end := v.Get("start_time"), v.Get("end_time")
		for r := range results.Elements() {
			if err := d.full("openai-usage"); err != nil {
				return err
			}
			decodeOpenAITotal(d, d.Add(), r, start, end)
		}
	case isOpenAITotal(v.Get("object").Text()):
		decodeOpenAITotal(d, d.Add(), v, v.Get("start_time"), v.Get("end_time"))
	default:
		d.Add().Kind = KindOther
	}
	return nil
}

// decodeOpenAITotal fills the event of one result. Which of the names are there
// depends on how the caller had the totals grouped.
func decodeOpenAITotal(d *Decoder, e *Event, v, start, end jsontape.Value) {
	setPeriod(d, e, "start_time", start, end)
	e.Kind = KindOther
	e.Provider = word(d, "openai")
	if v.Kind() != jsontape.Object {
		return
	}
	e.Plane, e.Kind = PlaneAccess, KindUsage
	var requests, searches Int
	for key, m := range v.Members() {
		switch string(key) {
		case "object":
			e.Operation = m.Text()
		case "input_tokens":
			e.InputTokens = countOf(m)
		case "output_tokens":
			e.OutputTokens = countOf(m)
		case "input_cached_tokens":
			e.CacheReadTokens = countOf(m)
		case "input_cache_write_tokens":
			e.CacheWriteTokens = countOf(m)
		case "num_model_requests":
			requests = countOf(m)
		case "num_requests": // searches in files and the web; the calls that made them are counted elsewhere
			searches = countOf(m)
		case "project_id":
			e.Tenant = m.Text()
		case "user_id":
			e.Principal = m.Text()
		case "api_key_id":
			e.CredentialID = m.Text()
		case "model":
			e.Model = m.Text()
		case "vector_store_id":
			e.addID("vector_store_id", m)
		case "amount":
			amount := inlined(d, m)
			e.CostUSD = dollars(amount.Get("value"), amount.Get("currency"), 0)
		}
	}
	if e.RequestCount = searches; !searches.OK {
		e.RequestCount = requests
	}
	if len(e.CredentialID) > 0 {
		e.CredentialKind = word(d, "api_key")
	}
	if len(e.Principal) > 0 {
		e.PrincipalType = word(d, "user")
	}
	if e.CostUSD.OK {
		e.CostBasis = word(d, "openai costs")
	}
}
