package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/replay/cassette"
	"github.com/exhibit-forensics/exhibit/replay/plan"
	replayrun "github.com/exhibit-forensics/exhibit/replay/run"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
	"github.com/exhibit-forensics/exhibit/replay/server"
	"github.com/exhibit-forensics/exhibit/replay/sigv4"
)

// replaySending says whether and how requests are sent.
type replaySending struct {
	Yes             bool
	KeyEnv, KeyFile string
	MaxCalls        int64
	MaxTokens       int64
	MaxCost         dollarValue
	MaxSeconds      int64
	Concurrency     int
	Rate            float64
	Cassette        string
	FromCassette    string
	GradeOnly       bool
}

func addSendingFlags(cmd *cobra.Command, o *replaySending) {
	o.Concurrency = 1
	flags := cmd.Flags()
	flags.BoolVar(&o.Yes, "yes", false, "send the requests")
	flags.StringVar(&o.KeyEnv, "key-env", "", "environment variable (`NAME`) with the key of the server; of an access key of AWS the two or three, with commas")
	flags.StringVar(&o.KeyFile, "key-file", "", "`FILE` with the key of the server and nothing else, or one profile of AWS credentials")
	flags.Var((*wholeValue)(&o.MaxCalls), "max-calls", "stop before more calls than this; 0 is no bound")
	flags.Var((*wholeValue)(&o.MaxTokens), "max-tokens", "stop before more tokens than this, of requests and replies; 0 is no bound")
	flags.Var(&o.MaxCost, "max-cost", "stop before it costs more than this; needs prices in the case")
	flags.Var((*wholeValue)(&o.MaxSeconds), "max-seconds", "stop after so many seconds; 0 is no bound")
	flags.Var((*countValue)(&o.Concurrency), "concurrency", "requests on their way at once")
	flags.Float64Var(&o.Rate, "rate", 0, "requests a second (`N`) at most; 0 is no bound")
	flags.StringVar(&o.Cassette, "cassette", "", "`FILE` that keeps what is sent and received, in place of the case; one that exists is gone on with")
	flags.StringVar(&o.FromCassette, "from-cassette", "", "compare what this `FILE` holds, or a cassette of the case by its SHA-256, and send nothing")
	flags.BoolVar(&o.GradeOnly, "grade-only", false, "judge the logged replies and send nothing")
}

func (o *replaySending) check() error {
	ways := 0
	for _, is := range []bool{o.Yes, o.FromCassette != "", o.GradeOnly} {
		if is {
			ways++
		}
	}
	switch {
	case ways > 1:
		return usagef("--yes, --from-cassette and --grade-only are three ways to get verdicts: give one")
	case o.KeyEnv != "" && o.KeyFile != "":
		return usagef("--key-env and --key-file both say where the key is: give one")
	case o.Rate < 0 || math.IsNaN(o.Rate) || math.IsInf(o.Rate, 0):
		return usagef("--rate is no number of requests a second")
	case o.Concurrency > replayrun.MaxConcurrency:
		return usagef("--concurrency is %d at most", replayrun.MaxConcurrency)
	}
	return nil
}

// account is that of what may be used.
func (o *replaySending) account() *replayrun.Account {
	return replayrun.NewAccount(replayrun.Budget{
		Calls: int(o.MaxCalls), Tokens: o.MaxTokens, CostNanoUSD: int64(o.MaxCost), Wall: time.Duration(o.MaxSeconds) * time.Second,
	})
}

// offline reports whether nothing is sent and nothing planned.
func (o *replaySending) offline() bool { return o.FromCassette != "" || o.GradeOnly }

func (o *replaySending) params(into map[string]any) {
	into["yes"], into["cassette"], into["from_cassette"], into["grade_only"] = o.Yes, o.Cassette, o.FromCassette, o.GradeOnly
	into["max_calls"], into["max_tokens"], into["max_cost"], into["max_seconds"] = int(o.MaxCalls), int(o.MaxTokens), o.MaxCost.String(), int(o.MaxSeconds)
	into["concurrency"] = o.Concurrency
	if o.Rate > 0 {
		into["rate"] = o.Rate
	}
}

// maxKey bounds a key: those of providers have some hundred bytes.
const maxKey = 16 << 10

// awsVariables are the names under which AWS's tools keep an access key: only
// those that are named are read.
const awsVariables = "--key-env AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY,AWS_SESSION_TOKEN, the last for temporary ones"

// key reads the key of the server; none where none was named.
func (o *replaySending) key(f *factory) (*server.Key, error) {
	switch {
	case o.KeyEnv != "":
		return o.keyOfEnv(f)
	case o.KeyFile != "":
		return o.keyOfFile()
	}
	return &server.Key{}, nil
}

// keyOfEnv reads a key from the variables that were named: one, or the parts of
// an access key of AWS.
func (o *replaySending) keyOfEnv(f *factory) (*server.Key, error) {
	var values []string
	for _, name := range strings.Split(o.KeyEnv, ",") {
		value := strings.TrimSpace(f.env(name))
		if value == "" {
			return nil, fmt.Errorf("reading the key: the environment variable %s is not set or empty", name)
		}
		values = append(values, value)
	}
	switch len(values) {
	case 1:
		return &server.Key{Text: values[0]}, nil
	case 2, 3:
		c, err := sigv4.New(values[0], values[1], strings.Join(values[2:], ""))
		return &server.Key{AWS: c}, err
	}
	return nil, usagef("--key-env names %d variables: a key is one, an access key of AWS two or three", len(values))
}

func (o *replaySending) keyOfFile() (*server.Key, error) {
	file, err := os.Open(o.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxKey+1))
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	if len(data) <= maxKey && sigv4.IsFile(string(data)) {
		c, err := sigv4.Parse(string(data))
		return &server.Key{AWS: c}, err
	}
	if data = bytes.TrimSpace(data); len(data) == 0 || len(data) > maxKey || bytes.ContainsAny(data, "\r\n") {
		return nil, fmt.Errorf("reading the key: %s does not hold one line of at most %d bytes, nor a profile of AWS credentials", o.KeyFile, maxKey)
	}
	return &server.Key{Text: string(data)}, nil
}

// send carries out a plan and keeps what is sent and received in a cassette.
func (f *factory) send(ctx context.Context, d *dryRun, tape func(*cassette.Plan) (*cassette.Writer, error)) (report *replayrun.Report, err error) {
	how, login, err := f.sending(ctx, d)
	if err != nil {
		return nil, err
	}
	defer how.Sandbox.Close()
	how.Cassette, err = tape(&cassette.Plan{Server: d.target.URL.String(), Header: login.Header, Requests: plan.All(d.entries)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, how.Cassette.Close()) }()
	var done, all atomic.Int64
	how.Progress = func(n, of int) { done.Store(int64(n)); all.Store(int64(of)) }
	watch := f.watch(func(time.Time) string { return fmt.Sprintf("replaying  %d of %d", done.Load(), all.Load()) })
	defer watch.Stop()
	return replayrun.Run(ctx, how)
}

// sending is how requests are sent: the sandbox, which is to be closed, the keys
// and the budgets.
func (f *factory) sending(ctx context.Context, d *dryRun) (*replayrun.Options, *server.Login, error) {
	o := d.options
	if o.Send.MaxCost > 0 && d.price == nil {
		return nil, nil, &HintError{
			Err:   fmt.Errorf("holding --max-cost: the case has no price of %s", cmp.Or(o.Target.Model, "the models that the log names, and one price holds for one --model")),
			Hints: []string{"exhibit enrich --prices FILE adds prices; --max-tokens needs none"},
		}
	}
	key, err := o.Send.key(f)
	if err != nil {
		return nil, nil, err
	}
	login, err := o.Target.login(d.target, key)
	if err != nil {
		return nil, nil, err
	}
	box, err := sandbox.New(ctx, &sandbox.Options{Allow: o.Target.Allow, Acknowledged: o.Target.Acknowledged, Now: f.now})
	if errors.Is(err, sandbox.ErrNotAcknowledged) {
		return nil, nil, usagef("%v", err)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("preparing the replay: %w", err)
	}
	how := &replayrun.Options{
		Sandbox: box, Secret: login.Secret, Sign: login.Sign, Concurrency: o.Send.Concurrency, PerSecond: o.Send.Rate, Now: f.now, Account: d.account,
	}
	if d.price != nil {
		how.Price = func(_ string, in, out int64) (int64, bool) { return d.price.Of(in, out), true }
	}
	return how, login, nil
}

// dollarValue is an amount in 1e-9 USD.
type dollarValue int64

func (v *dollarValue) Type() string { return "USD" }

func (v *dollarValue) String() string {
	if *v == 0 {
		return ""
	}
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%09d", int64(*v)/1e9, int64(*v)%1e9), "0"), ".")
}

func (v *dollarValue) Set(s string) error {
	r, ok := new(big.Rat).SetString(s)
	if !ok || r.Sign() <= 0 || len(s) > 32 || strings.ContainsAny(s, "/eExX_pP") {
		return fmt.Errorf("%q is no amount of dollars such as 0.50", s)
	}
	r.Mul(r, big.NewRat(1e9, 1))
	n := new(big.Int).Quo(r.Num(), r.Denom())
	if !n.IsInt64() || n.Sign() == 0 {
		return fmt.Errorf("%s is no amount of dollars that can be counted", strconv.Quote(s))
	}
	*v = dollarValue(n.Int64())
	return nil
}
