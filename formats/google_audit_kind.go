package formats

import "bytes"

// methodOf returns the last part of the name of a method: GenerateContent of
// google.cloud.aiplatform.v1.PredictionService.GenerateContent.
func methodOf(name []byte) []byte {
	return name[bytes.LastIndexByte(name, '.')+1:]
}

// classify sets plane and kind:
//
//   - calls of models, and of what finds documents for them, are of the access
//     plane and of the kind of what they call;
//   - what obtains or proves an identity is auth, of the access plane;
//   - what changes something is admin, of the control plane: all of the log
//     activity, what Google itself did, and what needs a permission to administer;
//   - what reads or writes data is data, of the access plane; the rest other.
func (r *auditEntry) classify(e *Event) {
	e.Plane, e.Kind = PlaneAccess, KindOther
	method := string(methodOf(e.Operation))
	switch service := string(e.Service); service {
	case "aiplatform.googleapis.com", "generativelanguage.googleapis.com", "discoveryengine.googleapis.com":
		if e.Kind = googleModelKind(method); e.Kind == KindInference {
			e.Stream = googleStream([]byte(method))
		}
	case "iamcredentials.googleapis.com", "sts.googleapis.com", "login.googleapis.com":
		e.Kind = KindAuth
	}
	if e.Kind != KindOther || method == "CountTokens" || method == "ComputeTokens" {
		return
	}
	access := r.access()
	switch {
	case r.isLog("activity"), r.isLog("system_event"), access == accessAdmin:
		e.Plane, e.Kind = PlaneControl, KindAdmin
	case access == accessData:
		e.Kind = KindData
		e.Destination = nameOf(r.resource)
	}
}

// googleModelKind returns the kind of a method of a service that serves models,
// other for those that call none. A job of many prompts counts as inference.
// https://cloud.google.com/vertex-ai/docs/general/audit-logging
func googleModelKind(method string) Kind {
	switch method {
	case "GenerateContent", "StreamGenerateContent", "BidiGenerateContent", "ChatCompletions",
		"Predict", "RawPredict", "StreamRawPredict", "DirectPredict", "DirectRawPredict", "StreamDirectPredict",
		"StreamDirectRawPredict", "StreamingPredict", "StreamingRawPredict", "ServerStreamingPredict",
		"PredictLongRunning", "Explain", "CreateBatchPredictionJob", "BatchGenerateContent",
		"QueryReasoningEngine", "StreamQueryReasoningEngine",
		"AnswerQuery", "StreamAnswerQuery", "ConverseConversation", "Assist", "StreamAssist",
		"GenerateGroundedContent", "StreamGenerateGroundedContent":
		return KindInference
	case "EmbedContent", "BatchEmbedContents", "AsyncBatchEmbedContent":
		return KindEmbedding
	case "RetrieveContexts", "AugmentPrompt", "FindNeighbors", "ReadIndexDatapoints", "Search", "SearchLite", "Rank":
		return KindRetrieval
	}
	return KindOther
}

// googleStream says whether a method of a model streams its reply, as its name
// tells.
func googleStream(method []byte) Bool {
	return BoolOf(hasPrefixFold(method, "stream") || hasPrefixFold(method, "serverstream") || hasPrefixFold(method, "bidi"))
}

// auditAccess is what the permissions that a call needed are for.
type auditAccess uint8

const (
	accessNone  auditAccess = iota // to read how things are set up, or not said
	accessData                     // to read or write data
	accessAdmin                    // to change how things are set up
)

// access returns the strongest of the types of the permissions. An entry of the
// log data_access without types is taken for one about data.
func (r *auditEntry) access() auditAccess {
	access, typed := accessNone, false
	for p := range r.permissions.Elements() {
		switch string(p.Get("permissionType").Text()) {
		case "ADMIN_WRITE":
			return accessAdmin
		case "DATA_READ", "DATA_WRITE":
			access, typed = accessData, true
		case "ADMIN_READ":
			typed = true
		}
	}
	if !typed && r.isLog("data_access") {
		return accessData
	}
	return access
}
