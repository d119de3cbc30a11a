package casefile

import "github.com/exhibit-forensics/exhibit/formats"

// Status says what a load did with an input.
type Status string

// The statuses.
const (
	StatusLoaded       Status = "loaded"
	StatusDamaged      Status = "damaged"      // what could be read before the fault is loaded
	StatusDuplicate    Status = "duplicate"    // the same bytes are in the case already
	StatusEmpty        Status = "empty"        // no bytes
	StatusUnrecognised Status = "unrecognised" // no format fits; nothing of it is in the case
	StatusUnreadable   Status = "unreadable"   // could not be opened or read
	StatusContainer    Status = "container"    // holds others, which are listed after it
)

// Item is one input of a load or one member of a container, and a line of its
// manifest. The path of a member is that of its container, "::" and its name. Sizes are in
// bytes, times in microseconds since the epoch, UTC. The manifest has times as
// text: from the year 2255 on, canonical JSON has no number for them.
type Item struct {
	Evidence     int64  `json:"evidence,omitempty"` // number of the evidence in the case, from 1; 0 when nothing was loaded
	Path         string `json:"path"`               // as given, with bytes that are not UTF-8 escaped
	Status       Status `json:"status"`
	Label        string `json:"label,omitempty"` // the examiner's label, such as an exhibit number
	Size         int64  `json:"size"`
	SHA256       string `json:"sha256,omitempty"`
	Container    string `json:"container,omitempty"` // SHA-256 of the container that it is a member of
	Member       string `json:"member,omitempty"`    // its name there, escaped like Path
	Members      int64  `json:"members,omitempty"`   // of a container: how many are listed
	Compression  string `json:"compression,omitempty"`
	Encoding     string `json:"encoding,omitempty"` // of text that the stream has in UTF-8
	StreamSize   int64  `json:"stream_size"`        // decompressed
	StreamSHA256 string `json:"stream_sha256,omitempty"`
	Format       string `json:"format,omitempty"`
	// Framing is how records were cut and what was taken off them before they
	// were decoded; nil when nothing was.
	Framing     *formats.Framing `json:"framing,omitempty"`
	Records     int64            `json:"records"`
	Frames      int64            `json:"frames"`
	Events      int64            `json:"events"`
	Unparsed    int64            `json:"unparsed"`
	WithoutTime int64            `json:"without_time"`
	RecordsRoot string           `json:"records_root,omitempty"` // RFC 6962 root over the record leaves, hex
	FirstTS     *int64           `json:"first_ts,omitempty,string"`
	LastTS      *int64           `json:"last_ts,omitempty,string"`
	Note        string           `json:"note,omitempty"` // why the status is what it is

	Problems []Problem `json:"-"` // the first few, for the summary

	in      *Item // the container
	leftOut bool  // nothing that is loaded, such as a link
}

// loaded reports whether something of the input is in the case.
func (it *Item) loaded() bool {
	return it.Status == StatusLoaded || it.Status == StatusDamaged && !it.isContainer()
}

// framing returns how the records were cut; cases made before it was kept hold
// none that had to be opened.
func (it *Item) framing() formats.Framing {
	if it.Framing == nil {
		return formats.Framing{}
	}
	return *it.Framing
}

// isContainer reports whether the item was opened for its members.
func (it *Item) isContainer() bool {
	return it.Status == StatusContainer || it.Status == StatusDamaged && openerOf(it.Format) != nil
}

// fault notes what went wrong while the input was read. Only what is loaded, or
// whose members are, can be damaged.
func (it *Item) fault(note string) {
	if it.loaded() || it.isContainer() {
		it.Status = StatusDamaged
	}
	it.remark(note)
}

// remark adds to the note.
func (it *Item) remark(note string) {
	if it.Note != "" {
		note = it.Note + "\n" + note
	}
	it.Note = note
}
