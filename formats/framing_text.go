package formats

import "fmt"

// String returns the word for the kind.
func (k FramingKind) String() string {
	switch k {
	case FrameLines:
		return "lines"
	case FrameValues:
		return "values"
	case FrameArray:
		return "array"
	case FrameTable:
		return "table"
	}
	return "unknown"
}

// MarshalText writes the kind as a word.
func (k FramingKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (k *FramingKind) UnmarshalText(text []byte) error {
	for kind := FrameLines; kind <= FrameTable; kind++ {
		if kind.String() == string(text) {
			*k = kind
			return nil
		}
	}
	return fmt.Errorf("reading a framing: this program does not know the kind %q", text)
}
