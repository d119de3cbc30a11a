package keys

// Raw are the keys of the raw record.
type Raw struct {
	Form, Search, NextHit, LastHit, CopyID, CopyPlace, Export Binding
}

func raw() Raw {
	return Raw{
		Form:      bind("v", "v", "JSON, as logged, hex"),
		Search:    bind("/", "/", "search"),
		NextHit:   bind("n", "n", "next hit"),
		LastHit:   bind("N", "N", "hit before"),
		CopyID:    bind("i", "i", "copy event id"),
		CopyPlace: bind("o", "o", "copy place: path:offset+length"),
		Export:    bind("x", "x", "export record"),
	}
}
