package keys

// Raw are the keys of the raw record.
type Raw struct {
	Form, CopyID Binding
}

func raw() Raw {
	return Raw{
		Form:   bind("v", "v", "JSON, as logged, hex"),
		CopyID: bind("i", "i", "copy the event id"),
	}
}
