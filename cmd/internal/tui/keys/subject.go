package keys

// Subject are the keys of the subject.
type Subject struct {
	Others, Find, Kind, Filter, EarlierWeek, LaterWeek, NextSection, LastSection Binding
}

func subject() Subject {
	return Subject{
		Others:      bind("o", "o", "other subjects"),
		Find:        bind("/", "/", "find"),
		Kind:        bind("right l left h", "←/→", "principals, models ..."),
		Filter:      bind("x", "x", "its events"),
		EarlierWeek: bind("< ,", "<", "week before"),
		LaterWeek:   bind("> .", ">", "week after"),
		NextSection: bind("]", "]", "next section"),
		LastSection: bind("[", "[", "section before"),
	}
}
