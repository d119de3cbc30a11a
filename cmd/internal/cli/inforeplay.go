package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/formats"
)

// replayMessages list the cassettes that the case keeps; none where nothing was
// replayed. Of a run that was interrupted and resumed the last one is listed.
func replayMessages(c *casefile.Case) []render.Message {
	t := render.Table{Name: "replays", Title: "Replays", Columns: []render.Column{
		{Name: "replay"},
		{Name: "time", Kind: render.KindTime},
		{Name: "actor"},
		{Name: "server"},
		{Name: "models"},
		{Name: "requests", Kind: render.KindInt},
		{Name: "attempts", Kind: render.KindInt},
		{Name: "complete", Kind: render.KindInt},
		{Name: "unfinished", Kind: render.KindInt},
		{Name: "size", Kind: render.KindSize},
	}}
	var unfinished int64
	for _, r := range c.Replays() {
		if r.Continued {
			continue
		}
		t.Rows = append(t.Rows, []any{
			r.SHA256[:min(12, len(r.SHA256))], ledgerTime(r.Time), r.Actor, r.Server, known(strings.Join(r.Models, ", ")),
			r.Requests, r.Attempts, r.Ends["complete"], r.Unfinished, r.Size,
		})
		if r.Unfinished > 0 {
			unfinished++
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	messages := []render.Message{t}
	if unfinished > 0 {
		text := fmt.Sprintf("%s unfinished: the same command goes on where it ended", plural(unfinished, "replay"))
		messages = append(messages, render.Note{Level: render.LevelNote, Text: text})
	}
	return messages
}

// ledgerTime shows the time of an entry of the ledger, to the second; nil where
// it is none.
func ledgerTime(s string) any {
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return nil
	}
	return render.Stamp{Micros: at.UnixMicro(), Precision: formats.PrecisionS}
}
