package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// addAnthropicSource adds an image or a document of the Messages API.
func addAnthropicSource(d *Decoder, m *Message, source jsontape.Value) {
	mime := Text(source.Get("media_type").Text())
	switch string(source.Get("type").Text()) {
	case "base64":
		m.Add(inlineBlob(d, mime, source.Get("data")))
	case "url":
		m.Add(Part{Type: PartURI, Name: mime, Text: source.Get("url").Text()})
	case "file":
		m.Add(Part{Type: PartURI, Name: mime, Text: source.Get("file_id").Text()})
	case "text":
		m.Add(Part{Type: PartOther, Name: mime, Text: source.Get("data").Text()})
	case "content":
		m.Add(Part{Type: PartOther, Name: mime, JSON: rawJSON(d, source.Get("content"))})
	}
}

// readUserID takes metadata.user_id. Claude Code writes its session there, as
// user_<hash>_account_<uuid or nothing>_session_<uuid>, in newer versions as
// JSON; any other value is the caller's name for its end user.
func readUserID(d *Decoder, e *Event, v jsontape.Value) {
	id := v.Text()
	if len(id) == 0 {
		return
	}
	if id[0] == '{' {
		if inner := parseInner(d, id); inner.Get("session_id").Kind() == jsontape.String {
			setSession(e, inner.Get("session_id").Text())
			addAccount(e, inner.Get("account_uuid").Text())
			setName(&e.EndUser, inner.Get("device_id").Text())
			return
		}
	}
	user, account, session, ok := splitUserID(id)
	if !ok {
		setName(&e.EndUser, id)
		return
	}
	setName(&e.EndUser, user)
	addAccount(e, account)
	setSession(e, session)
}

// splitUserID takes a user id of Claude Code apart. The shape is checked to
// the letter: a prompt-controlled value must not pass for a session.
func splitUserID(id []byte) (user, account, session Text, ok bool) {
	const mark = "_account_"
	user, rest, found := bytes.Cut(id, []byte(mark))
	hash, prefixed := bytes.CutPrefix(user, []byte("user_"))
	if !found || !prefixed || len(hash) == 0 || !isHex(hash) {
		return nil, nil, nil, false
	}
	account, session, found = bytes.Cut(rest, []byte("_session_"))
	if !found || !isUUID(session) || len(account) > 0 && !isUUID(account) {
		return nil, nil, nil, false
	}
	return user, account, session, true
}

// addAccount keeps the account of a Claude Code user.
func addAccount(e *Event, account Text) {
	if len(account) > 0 {
		e.OtherIDs = append(e.OtherIDs, ID{Kind: "account_uuid", Value: account})
	}
}

// setSession sets the session, and keeps a second one under other_ids.
func setSession(e *Event, session Text) {
	switch {
	case len(session) == 0 || bytes.Equal(session, e.SessionID):
	case e.SessionID == nil:
		e.SessionID = session
	default:
		e.OtherIDs = append(e.OtherIDs, ID{Kind: "session_id", Value: session})
	}
}

// isUUID reports whether b has the 8-4-4-4-12 form of a UUID.
func isUUID(b []byte) bool {
	return len(b) == 36 && b[8] == '-' && b[13] == '-' && b[18] == '-' && b[23] == '-' &&
		isHex(b[:8]) && isHex(b[9:13]) && isHex(b[14:18]) && isHex(b[19:23]) && isHex(b[24:])
}

// isHex reports whether b holds nothing but hexadecimal digits.
func isHex(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}
