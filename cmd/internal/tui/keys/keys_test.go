package keys_test

import (
	"reflect"
	"testing"

	"charm.land/bubbles/v2/key"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
)

// TestEveryKeyCanBePressed checks that the palette can press every key of the
// map, and that each says what it does.
func TestEveryKeyCanBePressed(t *testing.T) {
	n := 0
	eachBinding(reflect.ValueOf(keys.New()).Elem(), func(name string, b key.Binding) {
		n++
		if b.Help().Key == "" || b.Help().Desc == "" {
			t.Errorf("%s does not say what it does", name)
		}
		for _, k := range b.Keys() {
			pressed, ok := keys.Parse(k)
			if !ok {
				t.Errorf("%s: %q is no key", name, k)
			} else if !keys.Is(pressed, b) {
				t.Errorf("%s: %q, pressed, is %q", name, k, pressed.String())
			}
		}
	})
	if n < 20 {
		t.Errorf("only %d bindings were found", n)
	}
}

// TestGlobalKeysDiffer checks that no key does two things everywhere.
func TestGlobalKeysDiffer(t *testing.T) {
	m := keys.New()
	owner := map[string]string{}
	for _, list := range [][]keys.Binding{m.Global.Bindings(), m.Move.Rows(), {m.Move.Left, m.Move.Right, m.Move.Enter}} {
		for _, b := range list {
			for _, k := range b.Keys() {
				if other, ok := owner[k]; ok {
					t.Errorf("%q is %q and %q", k, other, b.Help().Desc)
				}
				owner[k] = b.Help().Desc
			}
		}
	}
}

// TestOwnKeysReachTheirView checks that no view has a key for itself that works
// everywhere, and so would never reach it. The editor of the console is another
// thing: while text is typed, what works everywhere does not.
func TestOwnKeysReachTheirView(t *testing.T) {
	m := keys.New()
	taken := map[string]bool{}
	for _, b := range m.Global.Bindings() {
		for _, k := range b.Keys() {
			taken[k] = true
		}
	}
	typing := map[string]bool{"SQL.Complete": true, "SQL.Leave": true}
	v := reflect.ValueOf(m).Elem()
	for i := range v.NumField() {
		group := v.Type().Field(i).Name
		if group == "Global" {
			continue
		}
		eachBinding(v.Field(i), func(name string, b key.Binding) {
			for _, k := range b.Keys() {
				if taken[k] && !typing[group+"."+name] {
					t.Errorf("%s.%s: %q works everywhere", group, name, k)
				}
			}
		})
	}
}

func eachBinding(v reflect.Value, each func(name string, b key.Binding)) {
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if b, ok := v.Field(i).Interface().(key.Binding); ok {
			each(name, b)
		} else if v.Field(i).Kind() == reflect.Struct {
			eachBinding(v.Field(i), each)
		}
	}
}

func TestStep(t *testing.T) {
	m := keys.New()
	for _, test := range []struct {
		key string
		by  int
	}{{"up", -1}, {"k", -1}, {"down", 1}, {"j", 1}, {"pgup", -10}, {"pgdown", 10}, {"space", 10}, {"home", -99}, {"g", -99}, {"end", 99}, {"G", 99}} {
		k, _ := keys.Parse(test.key)
		if by, ok := m.Move.Step(k, 10, 99); !ok || by != test.by {
			t.Errorf("%q moves by %d (%v), want %d", test.key, by, ok, test.by)
		}
	}
	k, _ := keys.Parse("x")
	if _, ok := m.Move.Step(k, 10, 99); ok {
		t.Error("x moves")
	}
}
