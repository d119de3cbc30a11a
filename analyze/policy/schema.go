package policy

import (
	_ "embed" // for the schema
)

// schema is the published schema. Beside what it says, names are unique, groups
// are defined, and networks, zones and dates exist: policy lint says so.
//
//go:embed policy.schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of a policy.
func Schema() []byte { return append([]byte(nil), schema...) }
