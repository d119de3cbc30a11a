package keys

// Correlation are the keys of the events that belong together.
type Correlation struct {
	Next, Previous, Open, Raw, Subject, Follow, Probable, Clock, More, CopyID Binding
}

func correlation() Correlation {
	return Correlation{
		Next:     bind("o", "o", "next of call"),
		Previous: bind("O", "O", "previous of call"),
		Open:     bind("enter", "enter", "conversation"),
		Raw:      bind("r", "r", "raw record"),
		Subject:  bind("s", "s", "subject"),
		Follow:   bind("c", "c", "follow from here"),
		Probable: bind("p", "p", "probable events, or not"),
		Clock:    bind("t", "t", "times corrected, or as logged"),
		More:     bind("m", "m", "more events"),
		CopyID:   bind("i", "i", "copy the event id"),
	}
}
