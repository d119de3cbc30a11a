package formats

import "bytes"

// classify sets the plane and kind from source, name and category:
//
//   - what calls a model, an agent, a knowledge base or a guardrail is of the
//     access plane, and of the kind of what it calls;
//   - STS and sign-ins are auth; data events, uses of keys and reads of secrets,
//     parameters, catalogues and query results are data: all of the access plane;
//   - of the rest, what changes something is admin, of the control plane, and
//     what reads is other, of the access plane.
func (r *trailRecord) classify(e *Event) {
	e.Plane, e.Kind = PlaneAccess, KindOther
	if r.insight.Exists() {
		return
	}
	service, _, _ := bytes.Cut(e.Service, []byte{'.'})
	name := string(e.Operation)
	switch {
	case bytes.HasPrefix(service, []byte("bedrock")):
		e.Kind = bedrockKind(name)
	case bytes.HasPrefix(service, []byte("sagemaker")) && bytes.HasPrefix(e.Operation, []byte("InvokeEndpoint")):
		e.Kind = KindInference
	case isAuth(string(service), name) || string(r.eventType.Text()) == "AwsConsoleSignIn":
		e.Kind = KindAuth
	case string(r.category.Text()) == "Data" || isDataAccess(string(service), name):
		e.Kind = KindData
	}
	if e.Kind == KindOther && r.changes(e.Operation) {
		e.Plane, e.Kind = PlaneControl, KindAdmin
	}
}

// bedrockKind returns the kind of a call of bedrock, its runtimes, its agents
// and bedrock-mantle that uses a model or what stands around one, else other.
func bedrockKind(name string) Kind {
	switch name {
	case "InvokeModel", "InvokeModelWithResponseStream", "InvokeModelWithBidirectionalStream",
		"Converse", "ConverseStream", "StartAsyncInvoke", "CreateModelInvocationJob",
		"InvokeAgent", "InvokeInlineAgent", "InvokeFlow", "InvokeAgentRuntime",
		"RetrieveAndGenerate", "RetrieveAndGenerateStream",
		"CreateInference", "CreateChatCompletion", "CreateResponse", "CreateMessage":
		return KindInference
	case "Retrieve", "Rerank":
		return KindRetrieval
	case "ApplyGuardrail":
		return KindGuardrail
	case "InvokeGateway":
		return KindTool
	}
	return KindOther
}

// isAuth reports whether a call obtains or proves an identity.
func isAuth(service, name string) bool {
	return service == "sts" || service == "signin" || service == "rolesanywhere" && name == "CreateSession"
}

// isDataAccess reports whether a management event, or one of an old version
// that has no category, reads or writes data, or uses a key or a secret.
func isDataAccess(service, name string) bool {
	switch service {
	case "s3":
		switch name {
		case "GetObject", "PutObject", "DeleteObject", "DeleteObjects", "CopyObject", "HeadObject", "ListObjects", "ListObjectsV2",
			"ListObjectVersions", "SelectObjectContent", "RestoreObject", "CreateMultipartUpload", "UploadPart", "UploadPartCopy",
			"CompleteMultipartUpload", "GetObjectTorrent", "PostObject":
			return true
		}
	case "kms":
		switch name {
		case "Decrypt", "Encrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair",
			"GenerateDataKeyPairWithoutPlaintext", "GenerateMac", "VerifyMac", "Sign", "Verify", "DeriveSharedSecret":
			return true
		}
	case "secretsmanager":
		return name == "GetSecretValue" || name == "BatchGetSecretValue"
	case "ssm":
		switch name {
		case "GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory":
			return true
		}
	case "glue":
		switch name {
		case "GetDatabase", "GetDatabases", "GetTable", "GetTables", "GetTableVersion", "GetTableVersions",
			"GetPartition", "GetPartitions", "BatchGetPartition", "SearchTables":
			return true
		}
	case "lakeformation":
		return name == "GetDataAccess"
	case "athena":
		return name == "StartQueryExecution" || name == "GetQueryResults"
	}
	return false
}

// changes reports whether the call changes something: readOnly says so. Events
// before version 1.01 lack it, and their verb decides.
func (r *trailRecord) changes(name []byte) bool {
	if ro := truth(r.readOnly); ro.OK {
		return !ro.V
	}
	for _, verb := range [...]string{
		"Create", "Delete", "Put", "Update", "Attach", "Detach", "Modify", "Add", "Remove",
		"Start", "Stop", "Enable", "Disable", "Set", "Register", "Deregister", "Run", "Terminate", "Authorize", "Revoke",
	} {
		if bytes.HasPrefix(name, []byte(verb)) {
			return true
		}
	}
	return false
}
