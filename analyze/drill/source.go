package drill

// source writes events as one log that would have seen them. Its methods are
// called side by side and keep no state.
type source interface {
	// name is the word for the source: lower case letters, digits and dashes.
	name() string
	// sees says whether the log has a record of an event.
	sees(e *event) bool
	// append appends the record of an event that the log has. A record ends
	// without a line end.
	append(dst []byte, w *scribe, e *event) []byte
	// framing returns what stands before, between and after the records of a
	// file.
	framing() framing
	// extension of a flat file's name, with its dot.
	extension() string
	// period is how long the log writes to one file of an S3 tree, in
	// milliseconds.
	period() int64
	// key is the name of a file in an S3 tree. It begins at ms; unique is a
	// random part.
	key(region string, ms int64, unique string) string
}

// framing is what makes records a file.
type framing struct{ head, between, tail string }

// all lists the sources: the logs of providers, access planes first, then from
// the provider towards the caller.
func all() []source {
	return []source{
		cloudtrail{},
		bedrock{},
		openAI{},
		litellm{},
		otlp{},
		langfuse{},
	}
}

// DefaultSources returns the names of the sources that are generated when none
// is chosen: what AWS itself keeps.
func DefaultSources() []string { return []string{cloudtrail{}.name(), bedrock{}.name()} }

// Sources returns the names of the sources that can be generated.
func Sources() []string {
	var names []string
	for _, s := range all() {
		names = append(names, s.name())
	}
	return names
}

func sourceOf(name string) source {
	for _, s := range all() {
		if s.name() == name {
			return s
		}
	}
	return nil
}

// scribe is the working memory of one worker.
type scribe struct {
	teller  teller
	dialog  dialog
	told    *event // the event that dialog belongs to
	passage passage
	passed  *event   // the event that passage belongs to
	inner   []byte   // JSON that a record holds as a text
	sources []source // that are written
	forged  event    // what a record is made of that does not tell the truth
}

// say returns what an event says. It is made once for all sources, and valid
// until the next event.
func (w *scribe) say(e *event) *dialog {
	if w.told != e {
		w.teller.tell(&w.dialog, e)
		w.told = e
	}
	return &w.dialog
}

// follow returns how an event passed the gateway. It is made once for all
// sources, and valid until the next event.
func (w *scribe) follow(e *event) *passage {
	if w.passed != e {
		w.passage = w.teller.pass(w.say(e), e)
		w.passed = e
	}
	return &w.passage
}
