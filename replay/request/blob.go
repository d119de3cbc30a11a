package request

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
)

// addBlobs gives the blobs of messages their bytes. The columns have only the
// type and size of what was sent in place, such as a picture; the body has the
// bytes, in base64, in the same order. A blob takes the next text of the body
// that holds as many bytes as the log counted, and stays without when there is
// none.
func addBlobs(messages []replay.Message, column string, body []byte) error {
	if len(body) == 0 || column == "" {
		return nil
	}
	var logged []loggedMessage
	if err := json.Unmarshal([]byte(column), &logged); err != nil {
		return fmt.Errorf("reading messages: %w", err)
	}
	var blobs []*replay.Part
	var sizes []int
	for i := range logged {
		for j := range logged[i].Parts {
			size, err := strconv.Atoi(string(logged[i].Parts[j].Size))
			if p := &messages[i].Parts[j]; p.Type == replay.PartBlob && err == nil && size > 0 {
				blobs, sizes = append(blobs, p), append(sizes, size)
			}
		}
	}
	texts := json.NewDecoder(bytes.NewReader(body))
	for i, p := range blobs {
		if p.Data = nextBlob(texts, sizes[i]); p.Data == nil {
			return nil // what writes the request says that it has no bytes
		}
	}
	return nil
}

// nextBlob reads on to the next text that holds so many bytes in base64, plain
// or in a data URL (RFC 2397); nil when there is none.
func nextBlob(d *json.Decoder, size int) []byte {
	for {
		token, err := d.Token()
		if err != nil {
			return nil
		}
		text, ok := token.(string)
		if !ok || len(text) < size {
			continue
		}
		if head, data, ok := strings.Cut(text, ";base64,"); ok && strings.HasPrefix(head, "data:") {
			text = data
		}
		text = strings.TrimRight(text, "=")
		if base64.RawStdEncoding.DecodedLen(len(text)) != size {
			continue
		}
		// The decoder passes over line breaks, which hold no bytes.
		if data, err := base64.RawStdEncoding.DecodeString(text); err == nil && len(data) == size {
			return data
		}
	}
}
