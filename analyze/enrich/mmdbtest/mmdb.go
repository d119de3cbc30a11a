// Package mmdbtest writes small MaxMind DB files for tests, by the published
// format (https://maxmind.github.io/MaxMind-DB/): no file of a vendor is kept
// in the repository.
package mmdbtest

import (
	"bytes"
	"net/netip"
	"slices"
)

// Map is a map of the data section; values are Map, string, uint32 or uint64.
type Map map[string]any

// Entry is what a database says of a network of IPv4.
type Entry struct {
	Network netip.Prefix
	Data    Map
}

// noNode is the mark of a record that leads nowhere.
const noNode = -1

// Write returns a database of the given type with the given entries.
func Write(kind string, built uint64, entries []Entry) []byte {
	var data bytes.Buffer
	nodes := [][2]int{{noNode, noNode}}
	var leaves []int // offsets in the data section
	for _, e := range entries {
		leaves = append(leaves, data.Len())
		write(&data, e.Data)
		at := 0
		addr := e.Network.Addr().As4()
		for i := range e.Network.Bits() {
			bit := addr[i/8] >> (7 - i%8) & 1
			if i == e.Network.Bits()-1 {
				nodes[at][bit] = -2 - (len(leaves) - 1)
				break
			}
			if nodes[at][bit] == noNode {
				nodes = append(nodes, [2]int{noNode, noNode})
				nodes[at][bit] = len(nodes) - 1
			}
			at = nodes[at][bit]
		}
	}
	var out bytes.Buffer
	for _, n := range nodes {
		for _, to := range n {
			record := to
			switch {
			case to == noNode:
				record = len(nodes)
			case to < noNode: // 16 zero bytes stand before the data section
				record = len(nodes) + 16 + leaves[-2-to]
			}
			out.Write([]byte{byte(record >> 16), byte(record >> 8), byte(record)})
		}
	}
	out.Write(make([]byte, 16))
	out.Write(data.Bytes())
	out.WriteString("\xab\xcd\xefMaxMind.com")
	write(&out, Map{
		"binary_format_major_version": uint32(2), "binary_format_minor_version": uint32(0), "build_epoch": built,
		"database_type": kind, "ip_version": uint32(4), "node_count": uint32(len(nodes)), "record_size": uint32(24),
	})
	return out.Bytes()
}

// write appends a value: a control byte of type and size, then its bytes.
func write(out *bytes.Buffer, v any) {
	switch v := v.(type) {
	case string:
		if len(v) >= 29 { // the size goes on in the next byte
			out.Write([]byte{2<<5 | 29, byte(len(v) - 29)})
		} else {
			out.WriteByte(2<<5 | byte(len(v)))
		}
		out.WriteString(v)
	case uint32:
		out.WriteByte(6<<5 | 4)
		out.Write([]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
	case uint64: // an extended type: 9 - 7
		out.Write([]byte{8, 2})
		for i := 7; i >= 0; i-- {
			out.WriteByte(byte(v >> (8 * i)))
		}
	case Map:
		out.WriteByte(7<<5 | byte(len(v)))
		var keys []string
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			write(out, k)
			write(out, v[k])
		}
	}
}
