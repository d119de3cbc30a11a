package formats

// setGeneral takes the attributes of the general conventions.
func (s *otelAttributes) setGeneral(key []byte, a attr) bool {
	e := s.e
	switch string(key) {
	case "session.id":
		s.session = a.text()
	case "user.id":
		setName(&e.Principal, a.text())
	case "enduser.id":
		e.EndUser = a.text()
	case "enduser.role", "user.roles":
		setName(&e.Role, a.first())
	case "aws.request_id", "aws.request.id", "aws.requestId", "http.response.header.x-request-id", "http.response.header.request-id",
		"http.response.header.x-amzn-requestid", "http.response.header.apim-request-id":
		setName(&e.RequestID, a.first())
	case "mcp.session.id":
		e.addID("mcp_session_id", a.v)
	case "mcp.method.name":
		s.rpcMethod = a.text()
	case "error.type":
		setName(&e.ErrorCode, a.text())
	case "exception.type":
		s.exceptionType = a.text()
	case "exception.message":
		s.exceptionMessage = a.text()
	case "log.record.uid":
		setName(&e.NativeID, a.text())
	default:
		return s.setNetwork(key, a)
	}
	return true
}

// setNetwork takes the attributes of HTTP and database spans, stable and
// deprecated.
func (s *otelAttributes) setNetwork(key []byte, a attr) bool {
	e := s.e
	switch string(key) {
	case "server.address":
		s.address = a.text()
	case "net.peer.name", "http.host":
		setName(&s.address, a.text())
	case "http.request.method", "http.method":
		setName(&s.httpMethod, a.text())
	case "url.full", "http.url":
		setName(&s.url, a.text())
	case "http.response.status_code", "http.status_code":
		if n := a.integer(); n.OK && n.V >= 100 && n.V <= 599 {
			e.HTTPStatus = n
		}
	case "http.request.body.size", "http.request_content_length":
		e.BytesIn = a.integer()
	case "http.response.body.size", "http.response_content_length":
		e.BytesOut = a.integer()
	case "client.address":
		e.SrcIP = a.text()
	case "http.client_ip":
		setName(&e.SrcIP, a.text())
	case "user_agent.original":
		e.UserAgent = a.text()
	case "http.user_agent":
		setText(&e.UserAgent, a.text())
	case "db.system.name", "db.system":
		setName(&s.dbSystem, a.text())
	case "db.namespace", "db.name", "db.collection.name":
		setName(&s.dbName, a.text())
	case "cloud.region":
		setName(&e.Region, a.text())
	default:
		return false
	}
	return true
}

// seconds returns a number of seconds in microseconds.
func seconds(a attr) Int {
	n, ok := scaled(a.text(), 6, true)
	return Int{n, ok}
}
