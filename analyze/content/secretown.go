package content

import (
	"strings"
)

// ownSecretRules lists what gitleaks has no rule for. Lengths are lower bounds,
// for they grow with time.
func ownSecretRules() []*secretRule {
	return []*secretRule{
		// RFC 3986, section 3.2.1: scheme://user:password@host. A password that is
		// a word such as password is a placeholder.
		{
			ID: "connection-string", Keywords: []string{"://"}, needs: '@', score: 0.9, rank: 2, wordy: true,
			Regex:      `\b[a-zA-Z][a-zA-Z0-9+.-]{1,30}://[^\s:@/'"<>{}$]{0,64}:([^\s@/'"<>{}$*]{4,128})@[a-zA-Z0-9\[._-]{1,253}`,
			Allowlists: []allowlist{{Regexes: []string{`(?i)^(?:pass(?:word|wd|phrase)?|pw|pwd|user(?:name)?|root|admin|guest|postgres|mysql|p4ssw0rd|hunter2|foo(?:bar)?|bar|xxx+|\.\.\.|%[sv]|[A-Z]+_[A-Z_]+)$`}}},
		},
		// The keys of ADO, ODBC and JDBC strings (Microsoft Learn, "Connection string
		// syntax"), where a server is named before or after.
		{
			ID: "connection-string", Keywords: []string{"password=", "pwd="}, score: 0.8, rank: 2, wordy: true,
			Regex:      `(?i)(?:server|data source|host|uid|user id|user|database)\s?=[^;\r\n]{1,128};[^\r\n]{0,200}?\b(?:password|pwd)=([^;\s'"<>{}$*]{4,128})`,
			Allowlists: []allowlist{{Regexes: []string{`(?i)^(?:pass(?:word|wd)?|pwd|root|admin)$`}}},
		},
		// Microsoft Learn, "Configure Azure Storage connection strings": 64 bytes in
		// base64; of Service Bus and Event Hubs 32 bytes.
		{
			ID: "azure-account-key", Keywords: []string{"accountkey=", "sharedaccesskey="}, score: 0.95, rank: 1, Entropy: 4,
			Regex: `(?i)(?:accountkey|sharedaccesskey)=([a-z0-9+/]{43,86}={1,2})`,
		},
		// 40 bytes of base64 (AWS IAM user guide, "Manage access keys"), known by the
		// name before them in a file of credentials, JSON of STS or an environment.
		{
			ID: "aws-secret-access-key", Keywords: []string{"secret_access_key", "secretaccesskey", "secretkey", "secret_key"}, score: 0.95, rank: 1, Entropy: 4,
			Regex: `(?i)secret_?(?:access_?)?key\\?["']?\s{0,3}(?:=|:|=>|,)\s{0,3}\\?["']?([a-z0-9+/]{40})(?:[^a-z0-9+/=]|$)`,
		},
		// The session token of STS, whose first bytes are fixed (decoded, they
		// say origin).
		{
			ID: "aws-session-token", Keywords: []string{"iqojb3jpz2lu"}, score: 0.9, rank: 1, Entropy: 4,
			Regex: `\b(IQoJb3JpZ2lu[A-Za-z0-9+/]{100,1000}[A-Za-z0-9+/]{0,1000}={0,2})`,
		},
	}
}

// shapeRules makes rules of the shapes of credentials: they are broader than
// those of gitleaks and give way to them.
func shapeRules() []*secretRule {
	var rules []*secretRule
	for _, s := range shapes() {
		rules = append(rules, &secretRule{
			ID: slug(s.kind), Regex: s.begin + s.rest, Keywords: literals(strings.TrimRight(s.begin, " ")), shape: s.kind,
			score: shapeScore(s.kind), rank: shapeRank(s.kind),
		})
	}
	return rules
}

// shapeRank ranks the shapes: what says only that something is a key or a token
// comes after what says whose.
func shapeRank(kind string) int {
	if kind == "API key (sk-)" || strings.HasPrefix(kind, "bearer") || strings.HasPrefix(kind, "basic") {
		return 4
	}
	return 2
}

func shapeScore(kind string) float64 {
	if shapeRank(kind) == 4 {
		return 0.7
	}
	return 0.9
}

// slug makes the id of a rule of words: lower case, with hyphens.
func slug(words string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(words), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	}), "-")
}

// literals returns the texts that an expression of literals and of one class at
// most stands for.
func literals(expression string) []string {
	open := strings.IndexByte(expression, '[')
	if open < 0 {
		return []string{expression}
	}
	shut := open + strings.IndexByte(expression[open:], ']')
	var all []string
	for _, c := range expression[open+1 : shut] {
		all = append(all, expression[:open]+string(c)+expression[shut+1:])
	}
	return all
}
