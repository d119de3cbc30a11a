package sigv4

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, text string
		want       Credentials
		problem    string
	}{
		{
			name: "a profile", text: "[default]\r\naws_access_key_id = AKIDEXAMPLE\r\naws_secret_access_key=secret/+=of-it\r\nregion = us-east-1\r\n",
			want: Credentials{id: "AKIDEXAMPLE", secret: "secret/+=of-it"},
		},
		{
			name: "temporary, without a profile", text: "# of today\naws_session_token = a=b==\nAWS_ACCESS_KEY_ID=ASIAEXAMPLE\n\naws_secret_access_key = s3cret-value\n",
			want: Credentials{id: "ASIAEXAMPLE", secret: "s3cret-value", token: "a=b=="},
		},
		{name: "two profiles", text: "[a]\naws_access_key_id=x\naws_secret_access_key=s3cret-value\n[b]\n", problem: "several profiles"},
		{name: "twice", text: "aws_access_key_id=x\naws_access_key_id=s3cret-value\n", problem: "there twice"},
		{name: "no secret", text: "aws_access_key_id=AKIDEXAMPLE\n", problem: "the secret access key is empty"},
		{name: "no id", text: "aws_secret_access_key=s3cret-value\n", problem: "the access key id is empty"},
		{name: "a line of something else", text: "s3cret-value\n", problem: "not NAME = VALUE"},
		{name: "a blank", text: "aws_access_key_id=AKID\naws_secret_access_key=s3cret value\n", problem: "holds what none has"},
		{name: "an id with slashes", text: "aws_access_key_id=AKID/20150830\naws_secret_access_key=s3cret-value\n", problem: "letters and digits"},
		{name: "too long", text: "aws_access_key_id=AKID\naws_secret_access_key=s3cret-value\naws_session_token=" + strings.Repeat("x", maxCredential+1), problem: "longer than"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Parse(test.text)
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("error %v, want %q and nothing of the secret", err, test.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, got, cmp.AllowUnexported(Credentials{})); diff != "" {
				t.Errorf("credentials (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNotPrinted prints credentials in every way and looks for parts of them.
func TestNotPrinted(t *testing.T) {
	c, err := New("AKIDEXAMPLE", "s3cret-value", "t0ken-value")
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner(c, "us-east-1", "bedrock")
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(map[string]any{"c": c, "s": s})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprint(c), fmt.Sprintf("%v %+v", *c, *c), fmt.Sprintf("%v %+v %#v %s %q %x %d", c, c, c, c, c, c, c), string(asJSON),
		fmt.Sprint([]*Credentials{c}), fmt.Sprint(fmt.Errorf("with %v", c)), fmt.Sprint(s), fmt.Sprintf("%+v %#v", s, s),
	} {
		for _, part := range []string{"AKIDEXAMPLE", "s3cret", "t0ken"} {
			if strings.Contains(text, part) || strings.Contains(text, fmt.Sprintf("%x", part)) {
				t.Errorf("printed: %s", text)
			}
		}
	}
}

// FuzzParse asserts that what is taken can stand in a header, and that no error
// repeats what was read.
func FuzzParse(f *testing.F) {
	f.Add("[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\naws_session_token = token==\n")
	f.Add("aws_access_key_id=\n=\n[\n;\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err != nil {
			for line := range strings.Lines(text) {
				_, value, _ := strings.Cut(line, "=")
				if value = strings.TrimSpace(value); len(value) > 24 && strings.Contains(err.Error(), value) {
					t.Errorf("the error repeats a value: %v", err)
				}
			}
			return
		}
		for _, part := range []string{c.id, c.secret, c.token} {
			if strings.ContainsAny(part, " \r\n\x00") || !strings.Contains(text, part) {
				t.Errorf("a part that cannot be one: %q", part)
			}
		}
	})
}
