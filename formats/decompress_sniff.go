package formats

import "bytes"

// sniff returns the name of a compression, or of another format that holds
// compressed data and is not supported, by the first bytes of a stream.
func sniff(start []byte) string {
	for _, m := range []struct{ magic, name string }{
		{"\x1f\x8b", "gzip"},
		{"\x28\xb5\x2f\xfd", "zstd"},
		{"\xfd7zXZ\x00", "xz"},
		{"7z\xbc\xaf\x27\x1c", "7z"},
		{"Rar!\x1a\x07", "rar"},
		{"\x04\x22\x4d\x18", "lz4"},
		{"\xff\x06\x00\x00sNaPpY", "framed snappy"},
		{"\x1f\x9d", "compress (.Z)"},
	} {
		if bytes.HasPrefix(start, []byte(m.magic)) {
			return m.name
		}
	}
	// A skippable frame, which pzstd begins a stream with: RFC 8878, 3.1.2.
	if len(start) >= 4 && start[0]&0xf0 == 0x50 && string(start[1:4]) == "\x2a\x4d\x18" {
		return "zstd"
	}
	// "BZh", a level, and the first block's magic, which is pi.
	if len(start) >= 10 && string(start[:3]) == "BZh" && string(start[4:10]) == "1AY&SY" {
		return "bzip2"
	}
	return ""
}

// sniffContainer returns the name of what holds several streams, or rows, by
// the first bytes of a stream.
func sniffContainer(start []byte) string {
	switch text := string(start[:min(4, len(start))]); {
	case text == zipLocal, text == zipEnd: // the end alone: without members
		return "zip"
	case text == "PAR1", text == "PARE": // PARE: the footer is encrypted
		return "parquet"
	case isTarHeader(start):
		return "tar"
	}
	return ""
}

// sniffEncoding returns the encoding of text by its byte order mark, "" for
// UTF-8 and text without one. UTF-32 goes first: its mark begins like that of
// UTF-16, and no text has a NUL there.
func sniffEncoding(start []byte) string {
	for _, m := range []struct{ mark, name string }{
		{"\xff\xfe\x00\x00", "UTF-32"},
		{"\x00\x00\xfe\xff", "UTF-32"},
		{"\xff\xfe", utf16LE},
		{"\xfe\xff", utf16BE},
	} {
		if bytes.HasPrefix(start, []byte(m.mark)) {
			return m.name
		}
	}
	return ""
}
