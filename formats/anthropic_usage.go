package formats

import (
	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// anthropicUsage is what Anthropic says that an organisation used and owes:
// the usage report of the Messages API, the cost report, and the days of Claude
// Code users. All are totals, which a case holds against the calls that it
// knows.
//
// Members are those of the Admin API reference (GET
// /v1/organizations/usage_report/messages, /cost_report and
// /usage_report/claude_code).
type anthropicUsage struct{}

var _ Format = anthropicUsage{}

func (anthropicUsage) Name() string { return "anthropic-usage" }

func (anthropicUsage) Doc() string {
	return "Anthropic usage, cost and Claude Code reports of an organisation: pages of the API, arrays and lines"
}

// Detect accepts what begins with a bucket of a report or with the day of a
// user of Claude Code. An empty page does not tell of what.
func (anthropicUsage) Detect(s *Sample) error {
	return detectPage(s, isAnthropicTotal, "no record at its start is a bucket with starting_at and results, or a day with core_metrics of Claude Code")
}

func isAnthropicTotal(v jsontape.Value) bool {
	return v.Get("starting_at").Exists() && v.Get("results").Exists() || isClaudeCodeDay(v)
}

func isClaudeCodeDay(v jsontape.Value) bool {
	return v.Get("date").Exists() && v.Get("core_metrics").Exists()
}

func (anthropicUsage) Framing(s *Sample) Framing { return pageFraming(s) }

// Decode makes one event of each result of a bucket, and one of each model of a
// day of Claude Code. A bucket in which nothing was used has none. Anything else
// becomes an event of kind other.
func (anthropicUsage) Decode(d *Decoder, record []byte) error {
	v, err := recordObject(d, record, "anthropic-usage")
	if err != nil {
		return err
	}
	results := inlined(d, v.Get("results"))
	switch {
	case results.Kind() == jsontape.Array:
		for r := range results.Elements() {
			if err := d.full("anthropic-usage"); err != nil {
				return err
			}
			e := d.Add()
			setPeriod(d, e, "starting_at", v.Get("starting_at"), v.Get("ending_at"))
			decodeAnthropicTotal(d, e, r)
		}
	case isClaudeCodeDay(v):
		return decodeClaudeCodeDay(d, v)
	default:
		d.Add().Kind = KindOther
	}
	return nil
}

// decodeAnthropicTotal fills the event of one result, of tokens or of costs.
// Which of the names are there depends on how the caller had the totals
// grouped. Neither report counts requests.
func decodeAnthropicTotal(d *Decoder, e *Event, v jsontape.Value) {
	e.Kind = KindOther
	e.Provider = word(d, "anthropic")
	if v.Kind() != jsontape.Object {
		return
	}
	e.Plane, e.Kind = PlaneAccess, KindUsage
	operation := "usage_report/messages"
	u := usage{apart: true}
	var amount, currency jsontape.Value
	for key, m := range v.Members() {
		switch string(key) {
		case "uncached_input_tokens":
			u.input = countOf(m)
		case "output_tokens":
			u.output = countOf(m)
		case "cache_read_input_tokens":
			u.cacheRead = countOf(m)
		case "cache_creation":
			u.cacheWrite = cacheCreation(inlined(d, m))
		case "model":
			e.Model = m.Text()
		case "workspace_id":
			e.Tenant = m.Text()
		case "api_key_id":
			e.CredentialID = m.Text()
		case "account_id":
			e.setAccount(d, "account", m)
		case "service_account_id":
			e.setAccount(d, "service_account", m)
		case "inference_geo":
			if geo := m.Text(); string(geo) != "not_available" { // of models that cannot be told where to run
				e.InferenceRegion = geo
			}
		case "amount":
			amount, operation = m, "cost_report"
		case "currency":
			currency = m
		}
	}
	u.fill(e)
	e.Operation = word(d, operation)
	if len(e.CredentialID) > 0 {
		e.CredentialKind = word(d, "api_key")
	}
	// "123.45" in USD is $1.23: the lowest unit of the currency.
	if e.CostUSD = dollars(amount, currency, -2); e.CostUSD.OK {
		e.CostBasis = word(d, "anthropic cost report")
	}
}

// setAccount sets the account that used something, unless the report says that
// it was none.
func (e *Event) setAccount(d *Decoder, kind string, v jsontape.Value) {
	if id := v.Text(); len(id) > 0 {
		e.Principal, e.PrincipalType = id, word(d, kind)
	}
}

// cacheCreation returns the tokens written to caches of either lifetime; NULL
// when a count is none.
func cacheCreation(v jsontape.Value) Int {
	const most = 1 << 60 // far above any count, so that the sum fits
	hour, minutes := countOf(v.Get("ephemeral_1h_input_tokens")), countOf(v.Get("ephemeral_5m_input_tokens"))
	if min(hour.V, minutes.V) < 0 || max(hour.V, minutes.V) > most {
		return Int{}
	}
	return Int{hour.V + minutes.V, hour.OK || minutes.OK}
}

// day is the period of a record of Claude Code: one day of UTC, whose end the
// record does not write.
const day = 24 * 60 * 60 * 1e6

// decodeClaudeCodeDay makes the events of one user's day: one of each model, or
// one without tokens where no model is listed.
func decodeClaudeCodeDay(d *Decoder, v jsontape.Value) error {
	models := inlined(d, v.Get("model_breakdown"))
	if models.Len() == 0 {
		d.Add().claudeCode(d, v)
	}
	for m := range models.Elements() {
		if err := d.full("anthropic-usage"); err != nil {
			return err
		}
		e := d.Add()
		e.claudeCode(d, v)
		e.Model = m.Get("model").Text()
		tokens := m.Get("tokens")
		u := usage{ // as the Messages API counts
			input: countOf(tokens.Get("input")), output: countOf(tokens.Get("output")),
			cacheRead: countOf(tokens.Get("cache_read")), cacheWrite: countOf(tokens.Get("cache_creation")), apart: true,
		}
		u.fill(e)
		cost := m.Get("estimated_cost")
		if e.CostUSD = dollars(cost.Get("amount"), cost.Get("currency"), -2); e.CostUSD.OK {
			e.CostBasis = word(d, "anthropic estimate")
		}
	}
	return nil
}

// claudeCode fills what all models of a user's day share. Keys are named there,
// not identified.
func (e *Event) claudeCode(d *Decoder, v jsontape.Value) {
	d.SetTime(e, "date", v.Get("date"))
	if e.TS.OK {
		e.TSEnd = Time{e.TS.Micros + day, true}
	}
	e.Plane, e.Kind = PlaneAccess, KindUsage
	e.Provider = word(d, "anthropic")
	e.Operation = word(d, "usage_report/claude_code")
	e.Tenant = v.Get("organization_id").Text()
	actor := inlined(d, v.Get("actor"))
	e.PrincipalType = actor.Get("type").Text()
	e.Principal = firstText(actor.Get("email_address"), actor.Get("api_key_name"))
}
