package enrich

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// Prices knows what models cost.
type Prices struct {
	byName   map[string]Price
	patterns []pricePattern // in the order of the list
}

type pricePattern struct {
	match *regexp.Regexp
	name  string
	Price
}

// A Price is what a model costs, in 1e-15 USD per token: integers, because
// sums of cost must not depend on the order of adding.
type Price struct {
	Input, Output         int64
	CacheRead, CacheWrite *int64 // nil: the list does not say
}

// priceUnit is how many units of a Price are a dollar.
const priceUnit = 1_000_000_000_000_000

// ParsePrices reads a price list in one of two public shapes:
// LiteLLM's model_prices_and_context_window.json (an object of models with
// input_cost_per_token and the like), or Langfuse's default-model-prices.json
// (an array of models with a matchPattern and prices per token, plain or in
// pricing tiers, of which the default one counts).
func ParsePrices(name string, text []byte) (*Prices, error) {
	p := &Prices{byName: map[string]Price{}}
	var list []langfusePrice
	models := map[string]litellmPrice{}
	var err error
	if strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(string(text[:min(len(text), 64)]), "\ufeff")), "[") {
		if err = json.Unmarshal(text, &list); err == nil {
			err = p.addLangfuse(list)
		}
	} else if err = json.Unmarshal(text, &models); err == nil {
		p.addLiteLLM(models)
	}
	if err == nil && p.Len() == 0 {
		err = errors.New("no model has a price for tokens of input and output")
	}
	if err != nil {
		return nil, fmt.Errorf("reading prices %s: %w", name, err)
	}
	return p, nil
}

// litellmPrice is an entry of LiteLLM's list. Members of other types, as in its
// sample_spec, are ignored.
type litellmPrice struct {
	Input      price `json:"input_cost_per_token"`
	Output     price `json:"output_cost_per_token"`
	CacheRead  price `json:"cache_read_input_token_cost"`
	CacheWrite price `json:"cache_creation_input_token_cost"`
}

// langfusePrice is an entry of Langfuse's list.
type langfusePrice struct {
	Name    string           `json:"modelName"`
	Pattern string           `json:"matchPattern"`
	Prices  map[string]price `json:"prices"`
	Tiers   []struct {
		Default bool             `json:"isDefault"`
		Prices  map[string]price `json:"prices"`
	} `json:"pricingTiers"`
}

// price is a decimal number of dollars, exact.
type price struct {
	units int64
	ok    bool
}

// UnmarshalJSON reads a number; anything else is no price.
func (p *price) UnmarshalJSON(text []byte) error {
	*p = price{}
	if len(text) == 0 || len(text) > 64 || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return nil
	}
	if e := strings.IndexAny(string(text), "eE"); e >= 0 && len(text)-e > 4 {
		return nil // an exponent of more than two digits is no price
	}
	r, ok := new(big.Rat).SetString(string(text))
	if !ok || r.Sign() < 0 {
		return nil
	}
	r.Mul(r, new(big.Rat).SetInt64(priceUnit))
	n := new(big.Int).Quo(r.Num(), r.Denom())
	// A token of more than ten cents is a mistake, and would overflow sums.
	if n.IsInt64() && n.Int64() <= priceUnit/10 {
		*p = price{n.Int64(), true}
	}
	return nil
}

func (p price) pointer() *int64 {
	if !p.ok {
		return nil
	}
	return &p.units
}

func (p *Prices) addLiteLLM(models map[string]litellmPrice) {
	for name, m := range models {
		if m.Input.ok && m.Output.ok {
			p.byName[name] = Price{m.Input.units, m.Output.units, m.CacheRead.pointer(), m.CacheWrite.pointer()}
		}
	}
}

func (p *Prices) addLangfuse(list []langfusePrice) error {
	for _, m := range list {
		prices := m.Prices
		for _, t := range m.Tiers {
			if t.Default || prices == nil {
				prices = t.Prices
			}
		}
		in, out := prices["input"], prices["output"]
		if !in.ok || !out.ok {
			continue
		}
		read := prices["input_cached_tokens"]
		if !read.ok {
			read = prices["cache_read_input_tokens"]
		}
		write := prices["cache_creation_input_tokens"]
		entry := Price{in.units, out.units, read.pointer(), write.pointer()}
		p.byName[m.Name] = entry
		if m.Pattern == "" {
			continue
		}
		match, err := regexp.Compile(m.Pattern)
		if err != nil {
			return fmt.Errorf("pattern of %s: %w", m.Name, err)
		}
		p.patterns = append(p.patterns, pricePattern{match, m.Name, entry})
	}
	return nil
}

// Len is the number of models with a price.
func (p *Prices) Len() int { return len(p.byName) }

// Find returns the price of a model and the name of the list's entry for it.
// It tries the name as written, then what remains without what a log adds to
// it: the path of an ARN, the prefix of an inference profile, the provider.
// Nothing that is not exactly in the list, or matched by one of its patterns,
// has a price.
func (p *Prices) Find(provider, model string) (Price, string, bool) {
	for _, name := range spellings(provider, model) {
		if price, ok := p.byName[name]; ok {
			return price, name, true
		}
	}
	for _, name := range spellings("", model) {
		for _, q := range p.patterns {
			if q.match.MatchString(name) {
				return q.Price, q.name, true
			}
		}
	}
	return Price{}, "", false
}

// spellings lists the names under which a list may have a model.
func spellings(provider, model string) []string {
	names := []string{model}
	add := func(s string) {
		if s != "" && !slices.Contains(names, s) {
			names = append(names, s)
		}
	}
	if provider != "" {
		add(provider + "/" + model)
	}
	if i := strings.LastIndexByte(model, '/'); i >= 0 { // an ARN, or PROVIDER/MODEL
		add(model[i+1:])
	}
	for _, name := range slices.Clone(names) {
		// us.anthropic.claude...: a geographic inference profile of Bedrock.
		if geo, rest, ok := strings.Cut(name, "."); ok && slices.Contains([]string{"us", "eu", "apac", "jp", "au", "ca", "us-gov", "global"}, geo) {
			add(rest)
		}
	}
	return names
}
