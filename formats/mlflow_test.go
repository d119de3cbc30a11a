package formats

import "testing"

func FuzzDecodeMLflow(f *testing.F) { fuzzDecode(f, mlflow{}) }

// TestOTelID checks that an id of a span has one spelling, however MLflow wrote
// it.
func TestOTelID(t *testing.T) {
	d := NewDecoder()
	for _, tt := range []struct {
		name, id string
		size     int // bytes
		want     string
	}{
		{"base64 of a span", `"RlAuoH5YYus="`, 8, "46502ea07e5862eb"},
		{"base64 of a trace", `"67wYVbZ6XIS4mDnbwRydBg=="`, 16, "ebbc1855b67a5c84b89839dbc11c9d06"},
		{"hexadecimal", `"46502ea07e5862eb"`, 8, "46502ea07e5862eb"},
		{"early hexadecimal", `"0x46502ea07e5862eb"`, 8, "46502ea07e5862eb"},
		{"something else", `"not/base-64="`, 8, "not/base-64="},
		{"none", `null`, 8, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := d.JSON.Parse([]byte(tt.id)); err != nil {
				t.Fatal(err)
			}
			if got := string(otelID(d, d.JSON.Root(), tt.size)); got != tt.want {
				t.Errorf("otelID(%s) = %s, want %s", tt.id, got, tt.want)
			}
		})
	}
}
