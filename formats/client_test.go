package formats

import "testing"

func TestClientOf(t *testing.T) {
	for _, tt := range []struct{ name, ua, want string }{
		{"absent", "", ""},
		{"unknown", "my-own-thing/3", "other"},
		{"blank", "   ", "other"},
		{"AWS CLI 1", "aws-cli/1.29.1 Python/3.11 Linux/6.1 Botocore/1.31.1", "aws-cli"},
		{"AWS CLI 2", "aws-cli/2.15.0 md/awscrt#0.19 ua/2.0 os/linux#6.1 lang/python#3.11 cfg/retry-mode#standard", "aws-cli"},
		{"boto3 over botocore", "Boto3/1.34.1 md/Botocore#1.34.1 ua/2.0 os/macos#23.1.0", "boto3"},
		{"in brackets", "[Boto3/1.26.165 Python/3.10.6 Linux/5.19 Botocore/1.29.165]", "boto3"},
		{"botocore alone", "Botocore/1.34.1 Python/3.12", "botocore"},
		{"Go SDK", "aws-sdk-go/1.44.0 (go1.21; linux; amd64)", "aws-sdk-go"},
		{"Go SDK 2", "aws-sdk-go-v2/1.30.0 os/linux lang/go#1.22 api/bedrockruntime#1.9", "aws-sdk-go"},
		{"Java SDK", "aws-sdk-java/2.20.1 Linux/5.10 OpenJDK_64-Bit_Server_VM/17", "aws-sdk-java"},
		{"JavaScript SDK", "aws-sdk-js/3.400.0 os/linux lang/js md/nodejs/18", "aws-sdk-js"},
		{"Node SDK", "aws-sdk-nodejs/2.1400.0 linux/v18 promise", "aws-sdk-js"},
		{"Rust SDK", "aws-sdk-rust/1.3.7 os/linux lang/rust/1.78", "aws-sdk-rust"},
		{"Ruby SDK", "aws-sdk-ruby3/3.190.0 ruby/3.2", "aws-sdk-ruby"},
		{"SDK of an unknown language", "aws-sdk-zig/0.1", "aws-sdk"},
		{"Terraform over the SDK", "APN/1.0 HashiCorp/1.0 Terraform/1.5.0 (+https://www.terraform.io) aws-sdk-go/1.44", "terraform"},
		{"stratus over Terraform", "APN/1.0 HashiCorp/1.0 Terraform/1.1.2 stratus-red-team_0b2c HashiCorp-terraform-exec/0.17", "stratus-red-team"},
		{"stratus with a run id", "stratus-red-team_3f0c0f0e-1111-4222-8333-444455556666", "stratus-red-team"},
		{"service", "secretsmanager.amazonaws.com", "aws-internal"},
		{"AWS Internal", "AWS Internal", "aws-internal"},
		{"S3 console", "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.11.1 Linux/5.4]", "aws-console"},
		{"RDS console", "RDS Console, aws-internal/3 aws-sdk-java/1.12", "aws-console"},
		{"sign-in", "signin.amazonaws.com", "aws-console"},
		{"OpenAI Python", "OpenAI/Python 1.30.1", "openai-python"},
		{"OpenAI Python async", "AsyncOpenAI/Python 1.30.1", "openai-python"},
		{"OpenAI JS", "OpenAI/JS 4.52.0", "openai-js"},
		{"Anthropic Python", "Anthropic/Python 0.34.0", "anthropic-python"},
		{"Anthropic on Bedrock", "AsyncAnthropicBedrock/Python 0.34.0", "anthropic-python"},
		{"vendor without a language", "OpenAI 1.0", "other"},
		{"LiteLLM", "litellm/1.40.0", "litellm"},
		{"LangChain over boto3", "Boto3/1.34 Botocore/1.34 langchain-aws/0.2", "langchain"},
		{"LlamaIndex", "llama-index-core/0.10 python-httpx/0.27", "llamaindex"},
		{"Claude Code", "claude-cli/1.0.24 (external, cli)", "claude-code"},
		{"Codex", "codex_cli_rs/0.20.0 (Ubuntu 22.4.0; x86_64)", "codex"},
		{"curl", "curl/8.5.0", "curl"},
		{"requests", "python-requests/2.31.0", "python-requests"},
		{"httpx", "python-httpx/0.27.0", "httpx"},
		{"Postman", "PostmanRuntime/7.36.0", "postman"},
		{"browser", "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0", "browser"},
		{"tool behind a browser's name", "Mozilla/5.0 (compatible; Nuclei - Open-source project)", "nuclei"},
		{"S3 Browser", "[S3 Browser 9.5.5 https://s3browser.com]", "s3-browser"},
		{"letter case", "CURL/8", "curl"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ClientOf([]byte(tt.ua)); got != tt.want {
				t.Errorf("ClientOf(%q) = %q, want %q", tt.ua, got, tt.want)
			}
		})
	}
}

func TestClientOfIsBounded(t *testing.T) {
	long := make([]byte, 1<<20)
	for i := range long {
		long[i] = "aws-cli "[i%8]
	}
	if got := ClientOf(long); got != "aws-cli" {
		t.Errorf("ClientOf = %q, want aws-cli", got)
	}
	if n := testing.AllocsPerRun(100, func() { ClientOf(long) }); n != 0 {
		t.Errorf("ClientOf allocates %v times", n)
	}
}

func BenchmarkClientOf(b *testing.B) {
	ua := []byte("[Boto3/1.26.165 Python/3.10.6 Linux/5.19 Botocore/1.29.165]")
	for b.Loop() {
		ClientOf(ua)
	}
}
