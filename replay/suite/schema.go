package suite

import (
	_ "embed" // for the schema
)

// schema is the published schema. Beside what it says, ids of cases are unique
// and texts of JSON, regular expressions and expressions are valid: suite lint
// says so.
//
//go:embed suite.schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of a suite.
func Schema() []byte { return append([]byte(nil), schema...) }
