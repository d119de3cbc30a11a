package timeline

// layout is where things stand on the screen: lines from the top, cells from the
// left.
type layout struct {
	bars       int // lines of the histogram; 0 where there is no room
	lanes      int // lines of sources
	axis       int // the line of times; -1 for none
	flags      int // the line of findings and failures; -1 for none
	all        int // the line of what the filter hides; -1 for none
	margin     int // cells before the first bar
	chartWidth int
	head       int // the line of headings
	list, rows int // first line, and how many
	details    int // lines
	gutter     int // cells before the first column
	columns    []placed
}

// The heights from which on things are drawn: a terminal of 24 lines leaves the
// view 21, one of 40 leaves 37.
const (
	barsFrom    = 12
	flagsFrom   = 16
	lineFrom    = 16 // a line of details
	panelFrom   = 28
	tallFrom    = 34
	wideGutter  = 96 // cells from which on the list has lanes
	maxLanes    = 6
	marginLanes = 12
	marginAll   = 4
)

// arrange lays out the screen for its size and for what there is to draw.
func (v *View) arrange() {
	l := layout{axis: -1, flags: -1, all: -1, margin: 1}
	h, y := v.height, 1 // the first line says what the histogram shows
	sources := len(v.chart.now.sources)
	if v.env.Styles.Plain {
		y = 2
		l.lanes = 0
	} else if h >= barsFrom {
		l.bars = 2
		if h >= flagsFrom {
			l.bars = 4
		}
		if h >= tallFrom {
			l.bars = 6
		}
		y += l.bars
		if v.chart.now.all != nil && h >= flagsFrom {
			l.all = y
			y++
		}
		if v.lanes && sources > 1 && h >= panelFrom {
			l.lanes = min(sources, maxLanes)
			y += l.lanes
		}
		if h >= flagsFrom {
			l.flags = y
			y++
		}
		l.axis = y
		y++
	}
	switch {
	case l.lanes > 0:
		l.margin = marginLanes
	case l.all >= 0:
		l.margin = marginAll
	}
	l.chartWidth = max(1, v.width-l.margin-1)
	switch {
	case v.details == detailsNone:
	case v.details == detailsMore && h >= lineFrom:
		l.details = h / 3
	case h >= panelFrom:
		l.details = min(9, h/4)
	case h >= lineFrom:
		l.details = 1
	}
	l.head = y
	l.list = y + 1
	l.rows = max(1, h-l.list-l.details)
	l.gutter = 4
	if v.laned() {
		l.gutter += min(sources, maxLanes) + 1
	}
	if v.env.Styles.Plain {
		l.gutter = 2
	}
	v.lay = l
	v.lay.columns = v.place(l.gutter, max(1, v.width-l.gutter))
	v.rows.Resize(l.rows)
}

// laned reports whether the rows of the list have a lane for each source.
func (v *View) laned() bool {
	return v.lanes && !v.env.Styles.Plain && v.width >= wideGutter && len(v.chart.now.sources) > 1
}

// timeLayout is how times are written in the list.
func (v *View) timeLayout() string {
	if v.width >= 110 {
		return "2006-01-02 15:04:05.000000"
	}
	return "01-02 15:04:05.000000"
}
