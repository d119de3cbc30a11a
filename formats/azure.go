package formats

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// The logs that Azure resources write reach people in three shapes, which say
// the same under names that differ:
//
//   - resource logs, as storage accounts (a record a line) and event hubs (lists
//     called records) get them: time, resourceId, category, and the rest in
//     properties, an object or a string that holds one;
//   - rows of the table AzureDiagnostics, where each property has become a column
//     with a suffix for its type: modelName_s, responseCode_d;
//   - rows of a table for the one kind of log: ResponseCode.
//
// So a record is read by names in lower case without suffix, and what it is
// follows from the record and not from the format that was detected: an event
// hub mixes the logs of many resources. Common members are described at
// https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs-schema

// azureLog is what a record of an Azure resource is a log of.
type azureLog uint8

const (
	azureNone       azureLog = iota // of none of the resources read here
	azureAudit                      // Azure OpenAI: changes, and keys that were listed
	azureCall                       // Azure OpenAI: a call
	azureUsage                      // Azure OpenAI: the tokens of a call
	azureTrace                      // Azure OpenAI: messages of the service
	azureAI                         // Azure OpenAI: all else
	azureGateway                    // API Management: a call
	azureLLM                        // API Management: model, tokens and messages of a call
	azureManagement                 // API Management: all else
)

// azureRecord holds the members of a record that are used, from the record
// itself and from its properties.
type azureRecord struct {
	time, resource, category, table, provider             jsontape.Value
	operation, correlation, address, duration, location   jsontape.Value
	signature, result, resultText, succeeded, event, item jsontape.Value
	properties                                            jsontape.Value
	timeName                                              string
	cut                                                   bool // properties were cut off

	// Azure OpenAI.
	api, object, caller, deployment, model, stream jsontape.Value
	requestTime, responseTime                      jsontape.Value
	requestLength, responseLength                  jsontape.Value
	promptTokens, outputTokens, cachedTokens       jsontape.Value

	// The gateway.
	method, url, backendURL, status, total       jsontape.Value
	apiID, operationID, user, subscription       jsontape.Value
	requestSize, responseSize                    jsontape.Value
	requestBody, responseBody                    jsontape.Value
	backendRequestBody, backendResponseBody      jsontape.Value
	requestHeaders, responseHeaders              jsontape.Value
	backendResponseHeaders                       jsontape.Value
	lastError, lastErrorReason, lastErrorMessage jsontape.Value
	sequence, requestMessages, responseMessages  jsontape.Value
	deploymentName, streamCompletion, llmRequest jsontape.Value
}

// azureName returns the name of a member or column in lower case, without the
// suffix of its type and without the time zone that exports of the portal put
// behind a time. Longer names than any that is used give "".
func azureName(buf, key []byte) []byte {
	key = bytes.TrimSuffix(key, []byte(" [UTC]"))
	if n := len(key) - 2; n > 0 && key[n] == '_' {
		switch key[n+1] {
		case 's', 'd', 'b', 'g', 't': // string, double, boolean, GUID, time
			key = key[:n]
		}
	}
	if len(key) > cap(buf) {
		return nil
	}
	return appendLower(buf, key)
}

// read takes the members of an object. What was read before stays: the record
// itself is read before its properties.
func (r *azureRecord) read(v jsontape.Value) {
	var buf [32]byte
	for key, m := range v.Members() {
		if to := r.member(azureName(buf[:0], key)); to != nil && !to.Exists() && m.Kind() != jsontape.Null {
			*to = m
			if to == &r.time {
				r.timeName = timeName(key)
			}
		}
	}
}

// timeName returns the name of a member that holds the time, as written.
func timeName(key []byte) string {
	switch string(key) {
	case "time":
		return "time"
	case "TimeGenerated":
		return "TimeGenerated"
	}
	return string(key)
}

// member returns where the member with a name is kept, nil for others.
func (r *azureRecord) member(name []byte) *jsontape.Value {
	switch string(name) {
	case "time", "timegenerated":
		return &r.time
	case "resourceid", "_resourceid":
		return &r.resource
	case "category":
		return &r.category
	case "type":
		return &r.table
	case "resourceprovider":
		return &r.provider
	case "operationname":
		return &r.operation
	case "correlationid":
		return &r.correlation
	case "calleripaddress":
		return &r.address
	case "durationms":
		return &r.duration
	case "location", "region":
		return &r.location
	case "resultsignature":
		return &r.signature
	case "resulttype":
		return &r.result
	case "resultdescription":
		return &r.resultText
	case "isrequestsuccess":
		return &r.succeeded
	case "event":
		return &r.event
	case "_itemid":
		return &r.item
	case "properties":
		return &r.properties
	}
	if to := r.openAIMember(name); to != nil {
		return to
	}
	return r.gatewayMember(name)
}

// openAIMember is [azureRecord.member] for the properties of Azure OpenAI.
func (r *azureRecord) openAIMember(name []byte) *jsontape.Value {
	switch string(name) {
	case "apiname":
		return &r.api
	case "objectid":
		return &r.object
	case "callerobjectid":
		return &r.caller
	case "modeldeploymentname":
		return &r.deployment
	case "modelname":
		return &r.model
	case "streamtype":
		return &r.stream
	case "requesttime":
		return &r.requestTime
	case "responsetime":
		return &r.responseTime
	case "requestlength":
		return &r.requestLength
	case "responselength":
		return &r.responseLength
	case "prompttokens":
		return &r.promptTokens
	case "completiontokens", "generatedtokens":
		return &r.outputTokens
	case "cachedtokens":
		return &r.cachedTokens
	}
	return nil
}

// gatewayMember is [azureRecord.member] for the properties of API Management.
func (r *azureRecord) gatewayMember(name []byte) *jsontape.Value {
	switch string(name) {
	case "method":
		return &r.method
	case "url":
		return &r.url
	case "backendurl":
		return &r.backendURL
	case "responsecode":
		return &r.status
	case "totaltime":
		return &r.total
	case "apiid":
		return &r.apiID
	case "operationid":
		return &r.operationID
	case "userid":
		return &r.user
	case "apimsubscriptionid":
		return &r.subscription
	case "requestsize":
		return &r.requestSize
	case "responsesize":
		return &r.responseSize
	case "requestbody":
		return &r.requestBody
	case "responsebody":
		return &r.responseBody
	case "backendrequestbody":
		return &r.backendRequestBody
	case "backendresponsebody":
		return &r.backendResponseBody
	case "requestheaders":
		return &r.requestHeaders
	case "responseheaders":
		return &r.responseHeaders
	case "backendresponseheaders":
		return &r.backendResponseHeaders
	case "lasterror":
		return &r.lastError
	case "lasterrorreason":
		return &r.lastErrorReason
	case "lasterrormessage":
		return &r.lastErrorMessage
	case "sequencenumber":
		return &r.sequence
	case "requestmessages":
		return &r.requestMessages
	case "responsemessages":
		return &r.responseMessages
	case "deploymentname":
		return &r.deploymentName
	case "isstreamcompletion":
		return &r.streamCompletion
	case "requestid":
		return &r.llmRequest
	}
	return nil
}

// log says what the record is a log of. It looks at the record itself only, so
// that it tells the same before the properties are read.
func (r *azureRecord) log() azureLog {
	_, service := azureResource(r.resource.Text())
	if len(service) == 0 {
		service = r.provider.Text()
	}
	switch management := hasPrefixFold(service, "microsoft.apimanagement"); {
	case management || string(r.table.Text()) == "ApiManagementGatewayLogs" || string(r.table.Text()) == "ApiManagementGatewayLlmLog":
		return r.managementLog()
	case hasPrefixFold(service, "microsoft.cognitiveservices"):
		return r.openAILog()
	case len(service) > 0:
		return azureNone
	}
	// Rows of which only some columns were exported.
	switch {
	case !r.correlation.Exists():
	case r.sequence.Exists() && (r.promptTokens.Exists() || r.requestMessages.Exists() || r.responseMessages.Exists()):
		return azureLLM
	case r.backendURL.Exists() && (r.apiID.Exists() || r.subscription.Exists() || r.operationID.Exists()):
		return azureGateway
	case bytes.HasPrefix(r.event.Text(), []byte("Shoebox")):
		return r.openAILog()
	}
	return azureNone
}

// managementLog tells the logs of API Management apart, by category in resource
// logs and AzureDiagnostics, by table elsewhere.
func (r *azureRecord) managementLog() azureLog {
	switch string(r.category.Text()) {
	case "GatewayLogs":
		return azureGateway
	case "GatewayLlmLogs":
		return azureLLM
	}
	switch string(r.table.Text()) {
	case "ApiManagementGatewayLogs":
		return azureGateway
	case "ApiManagementGatewayLlmLog":
		return azureLLM
	}
	switch {
	case r.category.Exists():
	case r.sequence.Exists():
		return azureLLM
	case r.backendURL.Exists() || r.status.Exists():
		return azureGateway
	}
	return azureManagement
}

// openAILog tells the logs of Azure OpenAI apart.
func (r *azureRecord) openAILog() azureLog {
	switch string(r.category.Text()) {
	case "Audit":
		return azureAudit
	case "RequestResponse":
		return azureCall
	case "AzureOpenAIRequestUsage":
		return azureUsage
	case "Trace":
		return azureTrace
	}
	return azureAI
}

// azureResource returns the subscription and the type of a resource, as its id
// /subscriptions/ID/resourceGroups/NAME/providers/NAMESPACE/TYPE/NAME names them.
// Logs write it in lower case or in upper case.
func azureResource(id []byte) (subscription, service Text) {
	id = bytes.TrimPrefix(id, []byte("/"))
	for len(id) > 0 {
		var name, value []byte
		name, id, _ = bytes.Cut(id, []byte{'/'})
		switch {
		case bytes.EqualFold(name, []byte("subscriptions")):
			value, id, _ = bytes.Cut(id, []byte{'/'})
			subscription = value
		case bytes.EqualFold(name, []byte("providers")):
			value, _, _ = bytes.Cut(id, []byte{'/'})
			return subscription, value
		}
	}
	return subscription, nil
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && bytes.EqualFold(b[:len(prefix)], []byte(prefix))
}

// detectAzure returns what the first record of a sample is a log of, or why it
// is none.
func detectAzure(s *Sample) (azureLog, error) {
	v, err := s.record("records")
	if err != nil {
		return azureNone, err
	}
	var r azureRecord
	r.read(v)
	log := r.log()
	if log == azureNone {
		return azureNone, errors.New("the first record has no resourceId, table or columns of such a log of Azure")
	}
	return log, nil
}

// azureFraming cuts the records of an event hub's message; without such an
// envelope it is JSON of whatever shape.
func azureFraming(s *Sample) Framing {
	return listFraming(s, "records")
}

// decodeAzure makes one event of a record, by what it is a log of. A record of
// another resource becomes an event of kind other, without columns.
func decodeAzure(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding azure record: want an object, not %s", v.Kind())
	}
	var r azureRecord
	r.read(v)
	log := r.log()
	e := d.Add()
	e.Kind = KindOther
	if log == azureNone {
		return nil
	}
	if err := r.readProperties(d); err != nil {
		return err
	}
	r.common(d, e)
	switch log {
	case azureGateway:
		r.gateway(d, e)
	case azureLLM:
		r.llm(d, e)
	case azureManagement:
	default:
		r.openAI(d, e, log)
	}
	if r.cut {
		e.ContentState = ContentTruncated
	}
	return nil
}

// readProperties reads the properties, an object or a text that holds one. A
// text that was cut off, as columns of AzureDiagnostics are, is read as far as
// it goes.
func (r *azureRecord) readProperties(d *Decoder) error {
	p := r.properties
	if text := p.Text(); len(text) > 0 {
		if err := d.Nested.ParsePrefix(text); err != nil {
			return fmt.Errorf("decoding properties: %w", err)
		}
		p = d.Nested.Root()
		r.cut = !d.Nested.Complete()
	}
	r.read(p)
	return nil
}

// common fills the columns that the logs of all resources have.
func (r *azureRecord) common(d *Decoder, e *Event) {
	e.Plane = PlaneAccess
	d.setTimeUTC(e, r.timeName, r.time)
	e.NativeID = nameOf(r.item)
	e.RequestID = nameOf(r.correlation)
	e.Operation = nameOf(r.operation)
	e.SrcIP = nameOf(r.address)
	e.Region = nameOf(r.location)
	// The case of an id differs from one shape to the next, and means nothing.
	subscription, service := azureResource(r.resource.Text())
	e.Tenant, e.Service = lowerText(d, subscription), lowerText(d, service)
	e.Latency = positive(millisOf(r.duration))
}

// lowerText returns a text in lower case.
func lowerText(d *Decoder, t Text) Text {
	if t == nil {
		return nil
	}
	return appendLower(d.Arena.Bytes(len(t))[:0], t)
}

// inlineJSON returns the value that a text of JSON holds, for tables keep objects
// so; other values as they are.
func inlineJSON(d *Decoder, v jsontape.Value) jsontape.Value {
	if text := v.Text(); len(text) > 0 {
		return parseInner(d, text)
	}
	return v
}

// positive returns a duration or count, NULL for a negative one: Azure OpenAI
// writes those where its clocks disagree.
func positive(n Int) Int {
	if n.V < 0 {
		return Int{}
	}
	return n
}
