package celltest

import "testing"

func TestCheckFindsWhatIsHostile(t *testing.T) {
	safe := map[string]bool{}
	for _, name := range []string{
		"empty", "plain", "hebrew", "hebrew with points", "zalgo", "combining flood", "combining alone", "enclosing", "chinese", "japanese",
		"korean", "jamo flood", "full-width", "hindi", "conjunct flood", "thai", "tamil", "burmese and khmer", "tibetan", "arabic", "mixed directions",
		"emoji", "zwj family", "zwj flood", "skin tones", "flags", "keycaps", "variation flood", "spaces", "private use", "wide glyphs", "boxes",
		"long word", "long spaces", "markup",
	} {
		safe[name] = true
	}
	for _, text := range Texts() {
		if err := Check(text.Text); (err == nil) != safe[text.Name] {
			t.Errorf("%s: %v", text.Name, err)
		}
	}
}
