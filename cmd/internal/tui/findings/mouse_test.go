package findings_test

import (
	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func click(d *tuitest.Driver, x, y int) {
	d.Do(d.Part.Mouse(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft}))
}

func wheel(d *tuitest.Driver, x, y int) {
	d.Do(d.Part.Mouse(tea.MouseWheelMsg{X: x, Y: y, Button: tea.MouseWheelDown}))
}
