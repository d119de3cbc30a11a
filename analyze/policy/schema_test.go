package policy

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// node is what the test reads of a schema.
type node struct {
	Ref                  string          `json:"$ref"`
	Properties           map[string]node `json:"properties"`
	Items                *node           `json:"items"`
	AdditionalProperties json.RawMessage `json:"additionalProperties"`
	Required             []string        `json:"required"`
	Enum                 []string        `json:"enum"`
	Defs                 map[string]node `json:"$defs"`
}

func schemaRoot(t *testing.T) node {
	t.Helper()
	var root node
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	return root
}

// TestSchemaKeys walks the Go types and the schema side by side: each key of one
// must be in the other, lists must be lists and maps maps.
func TestSchemaKeys(t *testing.T) {
	root := schemaRoot(t)
	seen := 0
	var walk func(path string, typ reflect.Type, n node)
	walk = func(path string, typ reflect.Type, n node) {
		if n.Ref != "" {
			name := strings.TrimPrefix(n.Ref, "#/$defs/")
			def, ok := root.Defs[name]
			if !ok {
				t.Fatalf("%s: no definition %s", path, n.Ref)
			}
			n = def
		}
		if _, ok := reflect.New(typ).Interface().(scalar); ok {
			if n.Properties != nil || n.Items != nil {
				t.Errorf("%s is one value, and more in the schema", path)
			}
			return
		}
		switch typ.Kind() { //nolint:exhaustive // as in decoder
		case reflect.Struct:
			var keys []string
			for _, k := range keysOf(typ) {
				keys = append(keys, k.name)
			}
			slices.Sort(keys)
			if diff := cmp.Diff(keys, slices.Sorted(maps.Keys(n.Properties))); diff != "" {
				t.Errorf("%s (-Go +schema):\n%s", path, diff)
			}
			if string(n.AdditionalProperties) != "false" {
				t.Errorf("%s: the schema takes keys that it does not know", path)
			}
			for _, r := range n.Required {
				if _, ok := n.Properties[r]; !ok {
					t.Errorf("%s: %s is required and unknown", path, r)
				}
			}
			for _, k := range keysOf(typ) {
				seen++
				walk(path+"."+k.name, typ.FieldByIndex(k.index).Type, n.Properties[k.name])
			}
		case reflect.Slice:
			if n.Items == nil {
				t.Fatalf("%s is a list, but not in the schema", path)
			}
			walk(path+"[]", typ.Elem(), *n.Items)
		case reflect.Map:
			var elem node
			if err := json.Unmarshal(n.AdditionalProperties, &elem); err != nil {
				t.Fatalf("%s is a map, but not in the schema", path)
			}
			walk(path+"{}", typ.Elem(), elem)
		}
	}
	walk("policy", reflect.TypeFor[document](), root)
	if seen < 70 {
		t.Errorf("only %d keys were compared", seen)
	}
}

// TestSchemaWords compares the lists of words.
func TestSchemaWords(t *testing.T) {
	root := schemaRoot(t)
	hours := root.Defs["calendars"].Items.Properties["hours"]
	tests := []struct {
		name      string
		want, got []string
	}{
		{"sensitivities", sensitivities(), root.Defs["sensitivity"].Enum},
		{"severities", analyze.Severities(), root.Defs["severity"].Enum},
		{"effects", effects(), root.Defs["effect"].Enum},
		{"weekdays", weekdays(), hours.Items.Properties["days"].Items.Enum},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	var sections []string
	for _, s := range Sections() {
		sections = append(sections, string(s))
	}
	keys := []string{"version"}
	if diff := cmp.Diff(slices.Sorted(slices.Values(append(keys, sections...))), slices.Sorted(maps.Keys(root.Properties))); diff != "" {
		t.Errorf("sections (-want +got):\n%s", diff)
	}
}
