package plan

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/request"
)

func ptr[T any](v T) *T { return &v }

// planned is a variant with bodies of so many bytes.
func planned(r *replay.Request, sizes ...int) Entry {
	e := Entry{Variant: request.Variant{Name: "logged", Request: r}}
	for _, n := range sizes {
		e.Outgoing = append(e.Outgoing, &replay.Outgoing{Body: []byte(strings.Repeat("x", n))})
	}
	return e
}

func maxTokens(value string) []replay.Parameter {
	return []replay.Parameter{{Name: "temperature", Value: json.RawMessage("7")}, {Name: "max_tokens", Value: json.RawMessage(value)}}
}

// TestEstimate says what sending a plan takes: what was logged where it is known,
// an estimate that says so where it is not, and nothing where nothing is known.
func TestEstimate(t *testing.T) {
	price := &Price{Input: 3_000_000_000, Output: 15_000_000_000} // 3 and 15 dollars for a million
	logged := replay.Reply{InputTokens: ptr[int64](100), OutputTokens: ptr[int64](20), Latency: ptr(1500 * time.Microsecond)}
	tests := []struct {
		name    string
		entries []Entry
		price   *Price
		want    Estimate
	}{
		{name: "nothing"},
		{
			name: "as logged", entries: []Entry{planned(&replay.Request{Logged: logged}, 400)}, price: price,
			want: Estimate{Calls: 1, Bytes: 400, Input: Sum{100, 1, 0}, Output: Sum{20, 1, 0}, Time: Sum{1500, 1, 0}, Cost: Sum{600_000, 1, 0}},
		},
		{
			name: "each sample counts", entries: []Entry{planned(&replay.Request{Logged: logged}, 400, 401, 402)},
			want: Estimate{Calls: 3, Bytes: 1203, Input: Sum{300, 3, 0}, Output: Sum{60, 3, 0}, Time: Sum{4500, 3, 0}},
		},
		{
			name: "changed: a quarter of the bytes, rounded up", entries: []Entry{planned(&replay.Request{Logged: logged, Changes: []string{"x"}}, 401)}, price: price,
			want: Estimate{Calls: 1, Bytes: 401, Input: Sum{101, 1, 1}, Output: Sum{20, 1, 0}, Time: Sum{1500, 1, 0}, Cost: Sum{603_000, 1, 1}},
		},
		{
			name: "an empty body", entries: []Entry{planned(&replay.Request{}, 0)},
			want: Estimate{Calls: 1, Input: Sum{0, 1, 1}},
		},
		{
			name: "no reply was logged: the limit of the request", entries: []Entry{planned(&replay.Request{Parameters: maxTokens("50")}, 4)}, price: price,
			want: Estimate{Calls: 1, Bytes: 4, Input: Sum{1, 1, 1}, Output: Sum{50, 1, 1}, Cost: Sum{753_000, 1, 1}},
		},
		{
			name: "no limit either: nothing is known of output, nor of cost", entries: []Entry{planned(&replay.Request{}, 4)}, price: price,
			want: Estimate{Calls: 1, Bytes: 4, Input: Sum{1, 1, 1}},
		},
		{
			name: "limits that are none",
			entries: []Entry{
				planned(&replay.Request{Parameters: maxTokens("0")}, 4), planned(&replay.Request{Parameters: maxTokens("-5")}, 4),
				planned(&replay.Request{Parameters: maxTokens("1.5")}, 4), planned(&replay.Request{Parameters: maxTokens(`"50"`)}, 4),
				planned(&replay.Request{Parameters: maxTokens("99999999999999999999")}, 4), planned(&replay.Request{Parameters: maxTokens("{")}, 4),
			},
			want: Estimate{Calls: 6, Bytes: 24, Input: Sum{6, 6, 6}},
		},
		{
			name: "zero is a number", entries: []Entry{planned(&replay.Request{Logged: replay.Reply{InputTokens: ptr[int64](0), OutputTokens: ptr[int64](0), Latency: ptr(time.Duration(0))}, Parameters: maxTokens("50")}, 4)}, price: price,
			want: Estimate{Calls: 1, Bytes: 4, Input: Sum{0, 1, 0}, Output: Sum{0, 1, 0}, Time: Sum{0, 1, 0}, Cost: Sum{0, 1, 0}},
		},
		{
			name: "a log that says less than nothing", entries: []Entry{planned(&replay.Request{Logged: replay.Reply{InputTokens: ptr[int64](-9), OutputTokens: ptr[int64](-9), Latency: ptr(-time.Second)}}, 4)}, price: price,
			want: Estimate{Calls: 1, Bytes: 4, Input: Sum{1, 1, 1}},
		},
		{
			name: "a log that says more than can be counted",
			entries: []Entry{
				planned(&replay.Request{Logged: replay.Reply{InputTokens: ptr[int64](math.MaxInt64), OutputTokens: ptr[int64](math.MaxInt64)}}, 1, 1),
				planned(&replay.Request{Logged: replay.Reply{InputTokens: ptr[int64](5), OutputTokens: ptr[int64](5)}}, 1),
			},
			price: price,
			want:  Estimate{Calls: 3, Bytes: 3, Input: Sum{math.MaxInt64, 3, 0}, Output: Sum{math.MaxInt64, 3, 0}, Cost: Sum{math.MaxInt64, 3, 0}},
		},
		{
			name: "some known, some not",
			entries: []Entry{
				planned(&replay.Request{Logged: logged}, 400), planned(&replay.Request{}, 8), planned(&replay.Request{Parameters: maxTokens("10")}, 4),
			},
			want: Estimate{Calls: 3, Bytes: 412, Input: Sum{103, 3, 2}, Output: Sum{30, 2, 1}, Time: Sum{1500, 1, 0}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Of(test.entries, test.price)); diff != "" {
				t.Errorf("estimate (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPrice wants costs rounded up, so that a budget is not passed by a sum of
// fractions, and none that is no number.
func TestPrice(t *testing.T) {
	for _, test := range []struct {
		price         Price
		input, output int64
		want          int64
	}{
		{Price{3_000_000_000, 15_000_000_000}, 1_000_000, 0, 3_000_000_000},
		{Price{3_000_000_000, 15_000_000_000}, 0, 1_000_000, 15_000_000_000},
		{Price{1, 1}, 1, 0, 1},             // a 1e-15 of a dollar is a 1e-9
		{Price{1, 1}, 500_000, 500_000, 1}, // exactly one
		{Price{1, 1}, 500_000, 500_001, 2}, // and a little more
		{Price{0, 0}, 1 << 40, 1 << 40, 0}, // a model that costs nothing
		{Price{1, 1}, 0, 0, 0},             // nothing was asked
		{Price{math.MaxInt64, 0}, math.MaxInt64, 0, math.MaxInt64},
	} {
		if got := test.price.Of(test.input, test.output); got != test.want {
			t.Errorf("%+v of %d and %d: %d, want %d", test.price, test.input, test.output, got, test.want)
		}
	}
}
