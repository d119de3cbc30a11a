package keys

// Findings are the keys of the findings.
type Findings struct {
	State, Note, Tag, Filter, Conversation, Find, All, Fold, Detail, Back, NextSection, LastSection Binding
}

func findings() Findings {
	return Findings{
		State:        bind("s", "s", "state"),
		Note:         bind("n", "n", "note"),
		Tag:          bind("t", "t", "tag"),
		Filter:       bind("x", "x", "its events"),
		Conversation: bind("c", "c", "conversation"),
		Find:         bind("/", "/", "find"),
		All:          bind("a", "a", "suppressed and closed"),
		Fold:         bind("z", "z", "fold"),
		Detail:       bind("enter right l", "enter", "read"),
		Back:         bind("left h", "←/h", "to the list"),
		NextSection:  bind("]", "]", "next section"),
		LastSection:  bind("[", "[", "section before"),
	}
}
