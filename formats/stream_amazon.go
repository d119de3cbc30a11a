package formats

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// Amazon's event stream, application/vnd.amazon.eventstream: a sequence of
// binary messages, each of a prelude (length of the message, length of its
// headers, CRC of both), headers, a payload and a CRC. Captures of Bedrock's
// streams hold it in base64. The layout is that of "Event stream encoding" in
// the Amazon Transcribe developer guide, which all services share.

const (
	amazonPrelude = 12
	amazonCRC     = 4
	amazonString  = 7 // type of a header whose value is a string
)

// isAmazonStream reports whether the bytes begin with the prelude of a message.
func isAmazonStream(b []byte) bool {
	return len(b) >= amazonPrelude+amazonCRC && crc32.ChecksumIEEE(b[:8]) == binary.BigEndian.Uint32(b[8:])
}

// foldAmazonStream folds the messages of a stream of Bedrock. It reports
// whether the shape of any was known.
func foldAmazonStream(d *Decoder, e *Event, b []byte) bool {
	f := fold{d: d, e: e}
	for isAmazonStream(b) {
		total, headers := int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:]))
		if total > int64(len(b)) || amazonPrelude+headers+amazonCRC > total {
			break
		}
		end := total - amazonCRC
		f.amazonMessage(b[amazonPrelude:amazonPrelude+headers], b[amazonPrelude+headers:end])
		b = b[total:]
	}
	if len(b) > 0 {
		truncated(e)
	}
	return f.finish()
}

// amazonMessage takes one message. Converse names the event in a header, and
// the payload holds its members; InvokeModel wraps a chunk of the model in it.
func (f *fold) amazonMessage(headers, payload []byte) {
	name := amazonEvent(headers)
	if f.d.body.Parse(payload) != nil {
		f.otherText(payload)
		return
	}
	v := f.d.body.Root()
	if len(name) > 0 && f.converse(name, v) {
		f.known = true
		return
	}
	f.chunk(v)
}

// amazonEvent returns the type of an event, or of an exception.
func amazonEvent(headers []byte) []byte {
	for len(headers) > 0 {
		n := int(headers[0])
		if len(headers) < n+4 || headers[n+1] != amazonString {
			return nil // all headers of these messages are strings
		}
		name := headers[1 : n+1]
		size := int(binary.BigEndian.Uint16(headers[n+2:]))
		if len(headers) < n+4+size {
			return nil
		}
		value := headers[n+4 : n+4+size]
		if bytes.Equal(name, []byte(":event-type")) || bytes.Equal(name, []byte(":exception-type")) {
			return value
		}
		headers = headers[n+4+size:]
	}
	return nil
}
