package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/replay"
)

// LeftOut stands in a kept header in place of a value that is secret.
const LeftOut = "(left out)"

// maxChunks is how many pieces of a reply are kept apart. A server that drips
// byte by byte is still kept whole: beyond it pieces are at least minChunk long.
const (
	maxChunks = 1 << 14
	minChunk  = 4 << 10
	readSize  = 32 << 10
)

// Request is one request to be sent.
type Request struct {
	Method string
	URL    *url.URL
	Header []replay.Header // kept with the exchange
	Secret []replay.Header // sent; their values are never kept nor returned
	Body   []byte
	Sign   Signer // nil where nothing is signed
}

// Signer puts on a request that is about to be sent, and is not changed any
// more, headers that say who sends it. It returns them: those that may be kept,
// and those with a secret.
type Signer interface {
	Sign(r *http.Request, body []byte, at time.Time) (plain, secret []replay.Header, err error)
}

// Result says what became of a request. The body went to the sink.
type Result struct {
	Address        string // what was dialled; "" when nothing was
	Started        time.Time
	RequestHeader  []replay.Header
	Status         int
	ResponseHeader []replay.Header
	Bytes          int64
	Scrubbed       int // places in the reply where a secret of the request stood
	End            replay.End
	Problem        string
}

// Send sends one request and gives each piece of the reply body to sink as it
// comes; a piece is valid until sink returns. Redirects are not followed: they
// are replies. What goes wrong on the way is said in the result; the error is
// that of sink or the end of ctx.
func (s *Sandbox) Send(ctx context.Context, r *Request, sink func(replay.Chunk) error) (*Result, error) {
	result := &Result{Started: s.options.Now(), RequestHeader: keptHeader(r)}
	if err := s.check(ctx, r); err != nil {
		result.End, result.Problem = replay.Refused, err.Error()
		return result, ctx.Err()
	}
	limited, cancel := context.WithTimeoutCause(ctx, s.options.Timeout, errTooLong)
	defer cancel()
	watch, stop := context.WithCancelCause(limited)
	defer stop(nil)
	idle := time.AfterFunc(s.options.Idle, func() { stop(errIdle) })
	defer idle.Stop()

	request, secret, err := s.prepare(watch, r, result)
	if err != nil {
		result.End, result.Problem = replay.Refused, err.Error()
		return result, ctx.Err()
	}
	response, err := s.transport.RoundTrip(request)
	if err != nil {
		result.End, result.Problem = endOf(watch, err, replay.Unreached)
		return result, ctx.Err()
	}
	defer func() { _ = response.Body.Close() }() // what it held is read or given up
	result.Status = response.StatusCode
	result.ResponseHeader = receivedHeader(response.Header, secret)
	p := &pieces{sandbox: s, result: result, sink: newScrubber(sink, secret), idle: idle}
	if err := p.read(response.Body); err != nil {
		return result, s.ended(ctx, watch, result, err)
	}
	result.End, result.Problem = statusEnd(response)
	result.Problem = withoutSecrets(result.Problem, secret) // a status line and a redirect are the server's words
	return result, nil
}

// check refuses what must not be sent, before anything is dialled.
func (s *Sandbox) check(ctx context.Context, r *Request) error {
	host, port, err := target(r.URL)
	if err != nil {
		return err
	}
	addrs, err := s.addresses(ctx, host, port)
	if err != nil {
		return err
	}
	own := !slices.ContainsFunc(addrs, func(a netip.Addr) bool { return !a.IsLoopback() })
	if (len(r.Secret) > 0 || r.Sign != nil) && r.URL.Scheme != "https" && !own {
		return &RefusedError{host, "a key would cross the network in the clear; use https"}
	}
	return nil
}

// prepare makes what is sent, and notes its header. It returns the headers with
// secrets too.
func (s *Sandbox) prepare(ctx context.Context, r *Request, result *Result) (*http.Request, []replay.Header, error) {
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		result.Address = info.Conn.RemoteAddr().String()
	}}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), r.Method, r.URL.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, nil, err
	}
	request.GetBody = nil // a request that may have arrived is not sent again unseen
	for _, h := range slices.Concat(r.Header, r.Secret) {
		request.Header.Set(h.Name, h.Value)
	}
	if r.Sign == nil {
		return request, r.Secret, nil
	}
	plain, signed, err := r.Sign.Sign(request, r.Body, s.options.Now())
	if err != nil {
		return nil, nil, err
	}
	result.RequestHeader = append(result.RequestHeader, plain...)
	result.RequestHeader = append(result.RequestHeader, leftOut(signed)...)
	return request, slices.Concat(r.Secret, signed), nil
}

// The reasons for which an exchange is ended from this side.
var (
	errTooLong  = errors.New("it took longer than the time limit")
	errIdle     = errors.New("nothing came for too long")
	errTooLarge = errors.New("the reply is longer than the size limit")
)

// errSink wraps an error of whoever takes the pieces.
type errSink struct{ error }

func (e errSink) Unwrap() error { return e.error }

// ended writes into the result why reading stopped. It returns an error only
// where going on makes no sense: ctx is done, or the sink failed.
func (s *Sandbox) ended(ctx, watch context.Context, result *Result, err error) error {
	var sink errSink
	if errors.As(err, &sink) {
		result.End, result.Problem = replay.Cut, "what came could not be kept"
		return sink.error
	}
	result.End, result.Problem = endOf(watch, err, replay.Cut)
	return ctx.Err()
}

// endOf names the end that an error makes, otherwise the given one.
func endOf(ctx context.Context, err error, otherwise replay.End) (replay.End, string) {
	var refused *RefusedError
	cause := context.Cause(ctx)
	switch {
	case errors.As(err, &refused):
		return replay.Refused, refused.Error()
	case errors.Is(err, errTooLarge):
		return replay.TooLarge, err.Error()
	case errors.Is(cause, errTooLong), errors.Is(cause, errIdle):
		return replay.TimedOut, cause.Error()
	case cause != nil:
		return replay.Cut, "interrupted"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return otherwise, "the connection ended before the reply did"
	}
	return otherwise, err.Error()
}

// statusEnd says how a whole reply ended, by its status (RFC 9110, section 15).
func statusEnd(r *http.Response) (replay.End, string) {
	switch {
	case r.StatusCode < 300:
		return replay.Complete, ""
	case r.StatusCode < 400:
		return replay.Rejected, "it redirects to " + r.Header.Get("Location") + ": redirects are not followed, give that address if it is meant"
	case r.StatusCode == http.StatusTooManyRequests, r.StatusCode == http.StatusRequestTimeout, r.StatusCode >= 500:
		return replay.Throttled, "the server answered " + r.Status
	case slices.Contains(notLetIn(), r.StatusCode):
		return replay.Rejected, "the server answered " + r.Status
	}
	return replay.Failed, "the server answered " + r.Status
}

// notLetIn are the statuses that say something of the key, the path or the model,
// and nothing of what was asked. 403 is not one of them: guards answer it to
// prompts.
func notLetIn() []int {
	return []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusProxyAuthRequired}
}

// pieces reads a body in the pieces in which it comes.
type pieces struct {
	sandbox *Sandbox
	result  *Result
	sink    *scrubber
	idle    *time.Timer
	chunks  int
}

func (p *pieces) read(body io.Reader) error {
	limit := p.sandbox.options.MaxReply
	buf := make([]byte, readSize)
	for {
		n, err := p.fill(body, buf[:min(int64(readSize), limit-p.result.Bytes+1)])
		over := p.result.Bytes+int64(n) > limit
		if over {
			n = int(limit - p.result.Bytes)
		}
		if n > 0 {
			p.idle.Reset(p.sandbox.options.Idle)
			p.result.Bytes += int64(n)
			p.chunks++
			if err := p.give(buf[:n]); err != nil {
				return err
			}
		}
		if over {
			return errors.Join(p.finish(), fmt.Errorf("%w of %d bytes", errTooLarge, limit))
		}
		if err != nil {
			last := p.finish()
			if errors.Is(err, io.EOF) {
				return last
			}
			return errors.Join(last, err)
		}
	}
}

// fill reads once, or, after many pieces, until there is a fair amount.
func (p *pieces) fill(body io.Reader, buf []byte) (int, error) {
	if p.chunks < maxChunks || len(buf) < minChunk {
		return body.Read(buf)
	}
	n := 0
	for n < minChunk {
		m, err := body.Read(buf[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (p *pieces) give(data []byte) error {
	err := p.sink.write(replay.Chunk{After: p.sandbox.options.Now().Sub(p.result.Started), Data: data})
	return p.kept(err)
}

// kept notes what the scrubber found, and marks an error of whoever keeps the
// pieces as theirs.
func (p *pieces) kept(err error) error {
	p.result.Scrubbed = p.sink.count
	if err != nil {
		return errSink{err}
	}
	return nil
}

func (p *pieces) finish() error {
	return p.kept(p.sink.flush(p.sandbox.options.Now().Sub(p.result.Started)))
}

// keptHeader returns the header of a request without the values of secrets.
func keptHeader(r *Request) []replay.Header {
	return slices.Concat(r.Header, leftOut(r.Secret))
}

// leftOut returns headers without their values.
func leftOut(secret []replay.Header) []replay.Header {
	var out []replay.Header
	for _, h := range secret {
		out = append(out, replay.Header{Name: h.Name, Value: LeftOut})
	}
	return out
}

// receivedHeader returns a reply's header in order, without the values of
// cookies, which are a secret of the session, and of what repeats a secret.
func receivedHeader(header http.Header, secret []replay.Header) []replay.Header {
	repeats := func(v string) bool {
		return slices.ContainsFunc(secretsOf(secret), func(s []byte) bool { return strings.Contains(v, string(s)) })
	}
	var out []replay.Header
	for name, values := range header {
		for _, v := range values {
			if name == "Set-Cookie" || repeats(v) {
				v = LeftOut
			}
			out = append(out, replay.Header{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(out, func(a, b replay.Header) int { return strings.Compare(a.Name, b.Name) })
	return out
}
