package cli

import (
	"context"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
)

// say is the command of scripts that says something of an event, as a person does
// in the explorer, which needs a terminal:
//
//	say CASE EVENT note|tag TEXT
func say(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: say CASE EVENT note|tag TEXT")
	}
	ctx := context.Background()
	source, err := data.Open(ctx, data.Options{
		Dir: ts.MkAbs(args[0]), Threads: 1, Memory: 1 << 30, Actor: "ana", Tool: "exhibit test", Now: time.Now,
		Unlock: func() (*ledger.Key, error) { return ledger.LoadKey(ts.Getenv("EXHIBIT_KEY")) },
	})
	ts.Check(err)
	defer func() { ts.Check(source.Close()) }()
	eids, err := source.Resolve(ctx, args[1])
	ts.Check(err)
	if args[2] == ledger.ActionNote {
		_, err = source.Note(ctx, eids[0], args[3])
	} else {
		_, err = source.Tag(ctx, eids[0], args[3], false)
	}
	ts.Check(err)
}
