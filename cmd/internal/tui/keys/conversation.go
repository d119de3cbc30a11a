package keys

// Conversation are the keys of a transcript.
type Conversation struct {
	NextMatch, PreviousMatch, Matches, Search, Fold, Unfold, Toggle, FoldAll Binding
	NextTurn, PreviousTurn, Replay, PreviousReplay, Raw, CopyID, Export      Binding
}

func conversation() Conversation {
	return Conversation{
		NextMatch:      bind("n", "n", "next match"),
		PreviousMatch:  bind("N", "N", "previous match"),
		Matches:        bind("m", "m", "list of matches"),
		Search:         bind("/", "/", "search"),
		Fold:           bind("left h", "←/h", "fold"),
		Unfold:         bind("right l", "→/l", "unfold"),
		Toggle:         bind("enter", "enter", "fold or unfold"),
		FoldAll:        bind("z", "z", "fold or unfold all"),
		NextTurn:       bind("]", "]", "next turn"),
		PreviousTurn:   bind("[", "[", "previous turn"),
		Replay:         bind("p", "p", "next replay or transcript"),
		PreviousReplay: bind("P", "P", "previous replay"),
		Raw:            bind("r", "r", "raw record"),
		CopyID:         bind("i", "i", "copy the event id"),
		Export:         bind("x", "x", "export"),
	}
}
