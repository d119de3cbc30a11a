package formats

import "bytes"

// ClientOf returns the family of the SDK or tool that a user agent names, as a
// short stable word such as "boto3" or "claude-code"; "other" when it names
// none that is known, and "" when there is no user agent. Where several are
// named the most telling one wins: a tool over the framework it uses, that over
// an SDK, that over the HTTP library underneath. The user agent is what the
// caller claims; nothing proves it.
func ClientOf(userAgent []byte) string {
	if len(userAgent) == 0 {
		return ""
	}
	// No honest user agent is longer, and an attacker's must not cost more.
	ua := userAgent[:min(len(userAgent), 1024)]
	if bytes.EqualFold(ua, []byte("AWS Internal")) {
		return "aws-internal"
	}
	best, word := rankNone, "other"
	vendor := "" // the last token named a vendor whose SDKs are told apart by the next
	for len(ua) > 0 {
		var token []byte
		token, ua = nextToken(ua)
		var buf [maxToken]byte
		t := buf[:copy(buf[:], token)]
		for i, c := range t {
			if 'A' <= c && c <= 'Z' {
				t[i] = c + 'a' - 'A'
			}
		}
		w, rank := vendorSDK(vendor, t)
		if rank == rankNone {
			w, rank = clientToken(t)
		}
		if rank > best {
			best, word = rank, w
		}
		vendor = vendorOf(t)
	}
	return word
}

// maxClients is how many user agents a decoder remembers; a log has few.
const maxClients = 1000

// clientOf is [ClientOf] with a memory, since logs repeat their user agents.
func (d *Decoder) clientOf(userAgent []byte) string {
	if len(userAgent) == 0 || len(userAgent) > 1024 {
		return ClientOf(userAgent)
	}
	client, ok := d.clients[string(userAgent)]
	if ok {
		return client
	}
	if d.clients == nil || len(d.clients) >= maxClients {
		d.clients = make(map[string]string)
	}
	client = ClientOf(userAgent)
	d.clients[string(userAgent)] = client
	return client
}

// maxToken is how many bytes of a token are looked at; no known one is longer.
const maxToken = 64

// nextToken cuts the first run of bytes that are no separators from a user
// agent.
func nextToken(ua []byte) (token, rest []byte) {
	separator := func(c byte) bool {
		switch c {
		case ' ', '\t', '/', '(', ')', '[', ']', ',', ';', '#', '+', '"', '\'', ':', '=':
			return true
		}
		return false
	}
	for len(ua) > 0 && separator(ua[0]) {
		ua = ua[1:]
	}
	n := 0
	for n < len(ua) && !separator(ua[n]) {
		n++
	}
	return ua[:n], ua[n:]
}

// clientRank orders what a user agent can name by how much it tells.
type clientRank uint8

const (
	rankNone      clientRank = iota
	rankBrowser              // claimed by nearly everything
	rankHTTP                 // an HTTP library, or a language
	rankCore                 // the core under an SDK: botocore under boto3
	rankService              // an AWS service calling for itself or for someone
	rankSDK                  // the SDK of a provider
	rankConsole              // a web console, which uses an SDK
	rankFramework            // a framework over several SDKs
	rankTool                 // a tool that people run
	rankAttack               // a tool made for attacks, real or rehearsed
)

// vendorOf says whether a token, in lower case, is a vendor's name as its SDKs
// write it before the language: "OpenAI/Python 1.2", "AsyncAnthropic/Python".
func vendorOf(token []byte) string {
	token = bytes.TrimPrefix(token, []byte("async"))
	switch string(token) {
	case "openai", "azureopenai":
		return "openai"
	case "anthropic", "anthropicbedrock", "anthropicvertex":
		return "anthropic"
	}
	return ""
}

// vendorSDK returns the SDK of a vendor for the language that follows its name.
func vendorSDK(vendor string, language []byte) (string, clientRank) {
	switch vendor {
	case "openai":
		switch string(language) {
		case "python":
			return "openai-python", rankSDK
		case "js", "node", "nodejs":
			return "openai-js", rankSDK
		case "go":
			return "openai-go", rankSDK
		case "java":
			return "openai-java", rankSDK
		}
	case "anthropic":
		switch string(language) {
		case "python":
			return "anthropic-python", rankSDK
		case "js", "node", "nodejs":
			return "anthropic-js", rankSDK
		case "go":
			return "anthropic-go", rankSDK
		case "java":
			return "anthropic-java", rankSDK
		}
	}
	return "", rankNone
}

// clientToken returns the family that one token of a user agent, in lower case,
// names.
func clientToken(token []byte) (string, clientRank) {
	if word, rank := exactToken(token); rank != rankNone {
		return word, rank
	}
	has := func(prefix string) bool { return len(token) >= len(prefix) && string(token[:len(prefix)]) == prefix }
	switch {
	case has("stratus-red-team"):
		return "stratus-red-team", rankAttack
	case has("aws-sdk-"):
		return awsSDK(token[len("aws-sdk-"):])
	case has("aws-tools-for-powershell"), has("awspowershell"):
		return "aws-powershell", rankTool
	case has("langchain"):
		return "langchain", rankFramework
	case has("llama-index"), has("llama_index"), has("llamaindex"):
		return "llamaindex", rankFramework
	case has("s3console"):
		return "aws-console", rankConsole
	case has("googleapis"), has("gl-python"), has("gl-go"), has("google-genai-sdk"):
		return "google-sdk", rankSDK
	case has("azsdk-"):
		return "azure-sdk", rankSDK
	case bytes.HasSuffix(token, []byte(".amazonaws.com")):
		return "aws-internal", rankService
	}
	return "", rankNone
}

// awsSDK returns the family of an AWS SDK from what follows "aws-sdk-".
func awsSDK(rest []byte) (string, clientRank) {
	n := 0
	for n < len(rest) && 'a' <= rest[n] && rest[n] <= 'z' {
		n++
	}
	switch string(rest[:n]) {
	case "go":
		return "aws-sdk-go", rankSDK
	case "java":
		return "aws-sdk-java", rankSDK
	case "js", "nodejs":
		return "aws-sdk-js", rankSDK
	case "rust":
		return "aws-sdk-rust", rankSDK
	case "ruby":
		return "aws-sdk-ruby", rankSDK
	case "dotnet", "net":
		return "aws-sdk-dotnet", rankSDK
	case "php":
		return "aws-sdk-php", rankSDK
	case "cpp":
		return "aws-sdk-cpp", rankSDK
	case "kotlin":
		return "aws-sdk-kotlin", rankSDK
	case "swift":
		return "aws-sdk-swift", rankSDK
	}
	return "aws-sdk", rankSDK
}

// exactToken returns the family of a token that is a name in full.
func exactToken(token []byte) (string, clientRank) {
	switch string(token) {
	case "pacu":
		return "pacu", rankAttack
	case "trufflehog":
		return "trufflehog", rankAttack
	case "scoutsuite":
		return "scoutsuite", rankAttack
	case "nuclei":
		return "nuclei", rankAttack
	case "sqlmap":
		return "sqlmap", rankAttack

	case "aws-cli":
		return "aws-cli", rankTool
	case "terraform":
		return "terraform", rankTool
	case "pulumi":
		return "pulumi", rankTool
	case "ansible":
		return "ansible", rankTool
	case "aws-cdk", "cdk":
		return "aws-cdk", rankTool
	case "prowler":
		return "prowler", rankTool
	case "s3browser", "s3browser.com":
		return "s3-browser", rankTool
	case "rclone":
		return "rclone", rankTool
	case "winscp":
		return "winscp", rankTool
	case "cyberduck":
		return "cyberduck", rankTool
	case "claude-cli", "claude-code":
		return "claude-code", rankTool
	case "codex_cli_rs", "codex-cli", "codex":
		return "codex", rankTool
	case "geminicli", "gemini-cli":
		return "gemini-cli", rankTool
	case "githubcopilotchat", "github-copilot", "copilot":
		return "copilot", rankTool
	case "cursor":
		return "cursor", rankTool
	case "aider":
		return "aider", rankTool
	case "opencode":
		return "opencode", rankTool
	case "postmanruntime", "postman":
		return "postman", rankTool
	case "insomnia":
		return "insomnia", rankTool
	case "curl":
		return "curl", rankTool
	case "wget":
		return "wget", rankTool
	case "powershell", "windowspowershell":
		return "powershell", rankTool

	case "litellm":
		return "litellm", rankFramework
	case "vercel", "ai-sdk":
		return "vercel-ai-sdk", rankFramework

	case "console", "console.amazonaws.com", "signin.amazonaws.com":
		return "aws-console", rankConsole

	case "boto3":
		return "boto3", rankSDK
	case "botocore":
		return "botocore", rankCore
	case "boto":
		return "boto", rankSDK
	case "openai-python":
		return "openai-python", rankSDK
	case "openai-node", "openai-js":
		return "openai-js", rankSDK
	case "openai-go":
		return "openai-go", rankSDK
	case "openai-java":
		return "openai-java", rankSDK
	case "anthropic-sdk-python", "anthropic-python":
		return "anthropic-python", rankSDK
	case "anthropic-sdk-typescript", "anthropic-js":
		return "anthropic-js", rankSDK
	case "anthropic-sdk-go", "anthropic-go":
		return "anthropic-go", rankSDK

	case "aws-internal":
		return "aws-internal", rankService

	case "python-requests":
		return "python-requests", rankHTTP
	case "python-httpx", "httpx":
		return "httpx", rankHTTP
	case "aiohttp":
		return "aiohttp", rankHTTP
	case "python-urllib", "python-urllib3", "urllib3":
		return "urllib", rankHTTP
	case "go-http-client":
		return "go-http-client", rankHTTP
	case "axios":
		return "axios", rankHTTP
	case "node-fetch", "undici", "node":
		return "node", rankHTTP
	case "okhttp":
		return "okhttp", rankHTTP
	case "apache-httpclient":
		return "apache-httpclient", rankHTTP
	case "reqwest":
		return "reqwest", rankHTTP

	case "mozilla":
		return "browser", rankBrowser
	}
	return "", rankNone
}
