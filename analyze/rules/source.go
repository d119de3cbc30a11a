package rules

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/formats"
)

// Source is a log source that rules can be for.
type Source struct {
	LogSource
	Doc string // what it is, in a line
	// Formats are the formats of the records that rules of the log of a vendor
	// read; nil for the columns of a case.
	Formats []string
	view    string
	// inner are members that hold the record of the vendor when something else
	// wrapped it: a JSON pointer, and a word that is in every such record.
	inner []wrapped
	// columns are members that a decoder copies into a column as they are, so
	// that a rule about them need not read other records.
	columns map[string]string
	members []string // that the vendor documents, when they are known
	dotted  bool     // members have points in their names: "api_key.created": {...}
}

type wrapped struct{ word, pointer string }

// The views that rules read.
const (
	viewEvents  = "events"
	viewCalls   = "calls"
	viewRecords = "records"
)

// cloudTrailMembers are the top-level members of a CloudTrail record:
// docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
func cloudTrailMembers() []string {
	return []string{
		"eventTime", "eventVersion", "userIdentity", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent",
		"errorCode", "errorMessage", "requestParameters", "responseElements", "additionalEventData", "requestID", "eventID",
		"eventType", "apiVersion", "managementEvent", "readOnly", "resources", "recipientAccountId", "serviceEventDetails",
		"sharedEventID", "vpcEndpointId", "vpcEndpointAccountId", "eventCategory", "addendum", "sessionCredentialFromConsole",
		"eventContext", "edgeDeviceDetails", "tlsDetails", "insightDetails",
	}
}

// Sources lists the log sources. Beside these, product: FORMAT is the log of any
// format that exhibit formats lists.
func Sources() []Source {
	vendor := func(product, service, doc string, formats ...string) Source {
		return Source{LogSource: LogSource{Product: product, Service: service}, Doc: doc, Formats: formats, view: viewEvents}
	}
	trail := vendor("aws", "cloudtrail", "CloudTrail records, as AWS writes them", "cloudtrail")
	trail.inner = []wrapped{{`"CloudTrailEvent"`, "/CloudTrailEvent"}, {`"detail-type"`, "/detail"}}
	trail.columns, trail.members = map[string]string{"eventName": "operation"}, cloudTrailMembers()
	bedrock := vendor("aws", "bedrock_invocation", "model invocation logs of Amazon Bedrock", "bedrock")
	bedrock.inner = []wrapped{{`"logEvents"`, "/message"}, {`"message"`, "/message"}}
	openAI := vendor("openai", "audit", "the audit log of an OpenAI organisation", "openai-audit")
	openAI.columns, openAI.dotted = map[string]string{"type": "operation"}, true
	anthropic := vendor("anthropic", "compliance_activity", "activities of Anthropic's Compliance API", "anthropic-activity")
	anthropic.columns = map[string]string{"type": "operation"}
	audit := vendor("m365", "audit", "the unified audit log of Microsoft 365, with Copilot", "purview")
	audit.inner = []wrapped{{`"AuditData"`, "/AuditData"}, {`"auditData"`, "/auditData"}}
	google := vendor("gcp", "gcp.audit", "Cloud Audit Logs of Google Cloud", "google-audit")
	google.columns = map[string]string{"protoPayload.methodName": "operation", "protoPayload.serviceName": "service"}
	return []Source{
		{LogSource: LogSource{Category: "genai"}, Doc: "columns of the view events, and raw.PATH of the record", view: viewEvents},
		{LogSource: LogSource{Category: "genai", Service: "call"}, Doc: "columns of the view calls: each call once, from however many logs", view: viewCalls},
		trail, bedrock, openAI, anthropic,
		vendor("azure", "openai_diagnostics", "diagnostic logs of Azure OpenAI", "azure-openai"),
		vendor("azure", "apim_gateway", "the gateway log of Azure API Management", "apim-gateway"),
		vendor("azure", "apim_llm", "the log of prompts and replies of Azure API Management", "apim-llm"),
		google,
		vendor("gcp", "vertex_request_response", "request-response logs of Vertex AI", "vertex"),
		audit,
	}
}

// sourceOf finds the source of a rule, or says why there is none.
func sourceOf(s LogSource) (*Source, error) {
	for _, x := range Sources() {
		if x.LogSource == s {
			return &x, nil
		}
	}
	if s.Category == "" && s.Service == "" {
		if f, ok := formats.ByName(s.Product); ok {
			return &Source{LogSource: s, Formats: []string{f.Name()}, view: viewEvents}, nil
		}
	}
	return nil, fmt.Errorf("no log source %s is known here; exhibit rules list --log-sources lists them", s)
}

// vendor reports whether fields are members of records.
func (s *Source) vendor() bool { return s.Formats != nil }

//go:embed columns.txt
var columnsText string

// columnType is what can be done with a column.
type columnType uint8

const (
	typeText columnType = iota
	typeNumber
	typeBool
	typeTime
)

// FieldDoc describes a field of category genai.
type FieldDoc struct {
	View, Name, Doc string
	typ             columnType
}

// Fields lists the columns that rules of category genai can name, with service:
// call those of calls. It is the taxonomy of the log source.
func Fields(view string) []FieldDoc {
	var list []FieldDoc
	for line := range strings.Lines(columnsText) {
		part := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(part) != 3 || part[0] != view {
			continue
		}
		f := FieldDoc{View: view, Name: part[1]}
		switch {
		case strings.HasPrefix(part[2], "TIMESTAMP"):
			f.typ = typeTime
		case part[2] == "BIGINT" || strings.HasPrefix(part[2], "DECIMAL"):
			f.typ = typeNumber
		case part[2] == "BOOLEAN":
			f.typ = typeBool
		}
		if c, ok := formats.ColumnByName(f.Name); ok {
			f.Doc = c.Doc
		}
		list = append(list, f)
	}
	return list
}

// rawPrefix begins the name of a member of the record in category genai.
const rawPrefix = "raw."

// column finds a column of the source, or says that there is none.
func (s *Source) column(name string) (*FieldDoc, error) {
	list := Fields(s.view)
	if i := slices.IndexFunc(list, func(f FieldDoc) bool { return f.Name == name }); i >= 0 {
		return &list[i], nil
	}
	hint := "exhibit rules list --fields lists them"
	for _, f := range list {
		if strings.EqualFold(strings.ReplaceAll(f.Name, "_", ""), strings.ReplaceAll(name, "_", "")) {
			hint = "did you mean " + f.Name + "?"
		}
	}
	if s.view == viewEvents {
		hint += " A member of the record is raw.NAME."
	}
	return nil, fmt.Errorf("%s have no column %q; %s", s.view, name, hint)
}
