package keys

// Timeline are the keys of the timeline.
type Timeline struct {
	Search, NextHit, PrevHit, Time, NextError, PrevError, NextFinding, PrevFinding, NextGap, PrevGap Binding

	Only, Not, Severity, Zoom, Out, Brush, Brushed, Columns, Calls, Colour, Lanes, Details, Mark, NextMark, Note, Tag, Export Binding
}

func timeline() Timeline {
	return Timeline{
		Search:      bind("/", "/", "search"),
		NextHit:     bind("n", "n", "next hit"),
		PrevHit:     bind("N", "N", "hit before"),
		Time:        bind("t", "t", "to a time"),
		NextError:   bind("e", "e", "next failure"),
		PrevError:   bind("E", "E", "failure before"),
		NextFinding: bind("a", "a", "next event of a finding"),
		PrevFinding: bind("A", "A", "event of a finding before"),
		NextGap:     bind("]", "]", "next gap"),
		PrevGap:     bind("[", "[", "gap before"),
		Only:        bind("=", "=", "only this value"),
		Not:         bind("-", "-", "not this value"),
		Severity:    bind("s", "s", "events of findings by severity"),
		Zoom:        bind("z", "z", "zoom the histogram to the brush or to what is seen"),
		Out:         bind("Z", "Z", "zoom out"),
		Brush:       bind("v", "v", "brush from here, again: to here"),
		Brushed:     bind("b", "b", "only what is brushed or zoomed to"),
		Columns:     bind("c", "c", "columns"),
		Calls:       bind("x", "x", "one event per call, or all"),
		Colour:      bind("p", "p", "colours: outcome, plane, source"),
		Lanes:       bind("L", "L", "a lane per source, or none"),
		Details:     bind("d", "d", "details: by room, more, none"),
		Mark:        bind("m", "m", "mark"),
		NextMark:    bind("M", "M", "next mark"),
		Note:        bind("o", "o", "note on the event"),
		Tag:         bind("T", "T", "tag of the event"),
		Export:      bind("X", "X", "export"),
	}
}
