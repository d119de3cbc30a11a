package keys

// SQL are the keys of the SQL console: those of the line that is typed, and
// those of the rows.
type SQL struct {
	Run, NewLine, Complete, CompleteBack, Older, Newer, Leave, FromFilter Binding

	Edit, Open, Value, Equal, Save, CopyRow, CopyAll, FirstColumn, LastColumn Binding
}

func sql() SQL {
	return SQL{
		Run:          bind("enter", "enter", "run"),
		NewLine:      bind("ctrl+j alt+enter", "ctrl+j", "new line"),
		Complete:     bind("tab", "tab", "complete"),
		CompleteBack: bind("shift+tab", "shift+tab", "the completion before"),
		Older:        bind("ctrl+up", "ctrl+↑", "older query (↑ on the first line too)"),
		Newer:        bind("ctrl+down", "ctrl+↓", "newer query (↓ on the last line too)"),
		Leave:        bind("esc", "esc", "leave the query"),
		FromFilter:   bind("ctrl+g", "ctrl+g", "filter as query"),

		Edit:        bind("e i", "e", "edit"),
		Open:        bind("enter", "enter", "open event"),
		Value:       bind("v", "v", "whole value"),
		Equal:       bind("=", "=", "filter by value"),
		Save:        bind("s", "s", "save rows"),
		CopyRow:     bind("Y", "Y", "copy the row"),
		CopyAll:     bind("A", "A", "copy all rows"),
		FirstColumn: bind("0", "0", "first column"),
		LastColumn:  bind("$", "$", "last column"),
	}
}
