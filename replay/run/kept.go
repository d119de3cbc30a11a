package run

import (
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/cassette"
)

// Kept returns what the ledger of a case says of a cassette.
func Kept(s *cassette.Summary) casefile.ReplaySummary {
	out := casefile.ReplaySummary{
		Plan: s.Plan, Server: s.Server, Models: s.Models, Requests: s.Requests, Attempts: s.Attempts,
		Ends: map[string]int64{}, Unfinished: s.Unfinished, Received: s.Bytes,
	}
	if s.Growing && out.Unfinished == 0 {
		out.Unfinished = 1 // the next, which is not known yet
	}
	for end, n := range s.Ends {
		out.Ends[string(end)] = n
	}
	if s.Cut > 0 { // by a kill, which leaves no end
		out.Ends[string(replay.Cut)] += s.Cut
	}
	return out
}
