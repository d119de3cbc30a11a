package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// accessObject is a request in JSON. The names are everyone's own, but most are
// those of NGINX's variables, or close to them.
type accessObject struct {
	timeField                              string
	time                                   jsontape.Value
	addr, user, request, method, uri, path Text
	agent, host, server, upstream, service Text
	status, bytesOut, bodyOut, bytesIn     jsontape.Value
	requestTime, upstreamTime              jsontape.Value
	requestID                              Text
	requestBody, replyBody                 jsontape.Value
	forwarded                              []jsontape.Value
	headers                                []header
}

// header is a request header that a variable $http_NAME stands for.
type header struct {
	name  string
	value Text
}

func (o *accessObject) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "time_iso8601", "time_local", "time", "timestamp", "@timestamp", "ts", "msec", "datetime":
			if o.timeField == "" || string(key) == "msec" || string(key) == "time_iso8601" {
				o.timeField, o.time = string(key), m
			}
		case "remote_addr":
			o.addr = accessValue(m)
		case "remote_user":
			o.user = accessValue(m)
		case "request":
			o.request = accessValue(m)
		case "request_method", "method", "verb", "http_method":
			setText(&o.method, accessValue(m))
		case "request_uri":
			o.uri = accessValue(m)
		case "uri", "path", "url", "request_path":
			setText(&o.path, accessValue(m))
		case "status", "status_code":
			o.status = m
		case "bytes_sent":
			o.bytesOut = m
		case "body_bytes_sent":
			o.bodyOut = m
		case "request_length":
			o.bytesIn = m
		case "request_time", "duration":
			o.requestTime = m
		case "upstream_response_time":
			o.upstreamTime = m
		case "http_user_agent", "user_agent", "agent":
			setText(&o.agent, accessValue(m))
		case "host", "http_host", "vhost":
			setText(&o.host, accessValue(m))
		case "server_name":
			o.server = accessValue(m)
		case "upstream_addr":
			o.upstream = accessValue(m)
		case "proxy_upstream_name":
			o.service = accessValue(m)
		case "request_id", "req_id":
			setText(&o.requestID, accessValue(m))
		case "http_x_forwarded_for", "x_forwarded_for", "x-forwarded-for", "xff":
			o.forwarded = append(o.forwarded, m)
		case "request_body":
			o.requestBody = m
		case "response_body", "resp_body":
			o.replyBody = m
		default:
			o.header(key, m)
		}
	}
}

// header keeps a variable that is a header of the request.
func (o *accessObject) header(key []byte, v jsontape.Value) {
	name, ok := bytes.CutPrefix(key, []byte("http_"))
	if value := accessValue(v); ok && value != nil && len(o.headers) < 32 {
		o.headers = append(o.headers, header{string(bytes.ReplaceAll(name, []byte{'_'}, []byte{'-'})), value})
	}
}

func (o *accessObject) decode(d *Decoder, e *Event) {
	o.readTime(d, e)
	e.SrcIP, e.Principal, e.RequestID = o.addr, o.user, o.requestID
	if e.UserAgent = o.agent; o.agent != nil {
		e.Client = d.clientOf(o.agent)
	}
	e.Service, e.Destination = o.service, o.upstream
	for _, v := range o.forwarded {
		addForwarded(e, accessValue(v))
	}
	if e.BytesOut = loggedInt(o.bytesOut); !e.BytesOut.OK {
		e.BytesOut = loggedInt(o.bodyOut)
	}
	e.BytesIn = loggedInt(o.bytesIn)
	setDuration(&e.Latency, scalar(o.upstreamTime), 6)
	setDuration(&e.Latency, scalar(o.requestTime), 6)
	var u usage
	for _, h := range o.headers {
		readHeader(d, e, &u, Text(h.name), h.value)
	}
	u.fill(e)

	a := access{method: o.method, target: o.uri, host: o.host, request: loggedBody(o.requestBody), reply: loggedBody(o.replyBody)}
	setText(&a.host, o.server)
	a.status = loggedInt(o.status).V
	method, target := cutRequest(o.request)
	setText(&a.method, method)
	setText(&a.target, target)
	setText(&a.target, o.path)
	if bytes.HasPrefix(o.request, []byte{'/'}) {
		setText(&a.target, o.request)
	}
	a.fill(d, e)
}

// readTime sets the time, whose form is that of the variable.
func (o *accessObject) readTime(d *Decoder, e *Event) {
	if w, zoned, ok := parseCommon(o.time.Text()); ok {
		d.setTimeOf(e, o.timeField, w, zoned)
		return
	}
	d.SetTime(e, o.timeField, o.time)
}

// loggedInt returns an integer that may be written in quotation marks.
func loggedInt(v jsontape.Value) Int {
	n, ok := scaled(scalar(v), 0, false)
	return Int{n, ok && n >= 0}
}

// loggedBody returns a body; "-" is none.
func loggedBody(v jsontape.Value) body {
	if t := v.Text(); t != nil && (len(t) == 0 || string(t) == "-") {
		return body{}
	}
	return bodyOf(v)
}
