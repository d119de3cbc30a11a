package cli

import (
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/exhibit-forensics/exhibit/replay/replaytest"
)

// serve is a command of scripts:
//
//	serve VARIABLE REPLIES.jsonl
//
// It serves recorded replies on loopback while the script runs, and sets the
// variable to the address.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: serve VARIABLE REPLIES.jsonl")
	}
	replies, err := replaytest.ParseReplies([]byte(ts.ReadFile(args[1])))
	ts.Check(err)
	s := replaytest.Serve(replies)
	ts.Defer(s.Close)
	ts.Setenv(args[0], s.URL)
	servers, _ := ts.Value(serversKey{}).(map[string]*replaytest.Server)
	servers[args[0]] = s
}

// serversKey is where a script keeps its servers.
type serversKey struct{}

// seen is a command of scripts:
//
//	seen VARIABLE FILE
//
// It writes what a server was asked into a file, a request a line.
func seen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: seen VARIABLE FILE")
	}
	servers, _ := ts.Value(serversKey{}).(map[string]*replaytest.Server)
	s := servers[args[0]]
	if s == nil {
		ts.Fatalf("no server %s is served", args[0])
	}
	var out []byte
	for _, line := range s.Seen() {
		out = append(append(out, line...), '\n')
	}
	ts.Check(os.WriteFile(filepath.Clean(ts.MkAbs(args[1])), out, 0o600))
}
