package assessment

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/netip"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/features"
	"github.com/exhibit-forensics/exhibit/analyze/story"
)

//go:embed acting.sql
var actingSQL string

// acting says, by the id of a finding whose actor is an address, for its log named
// nobody, who acted from there at that time, where that was one.
func acting(ctx context.Context, c *casefile.Case, findings []analyze.Finding) (map[string]string, error) {
	type asked struct {
		ID      string `json:"id"`
		Address string `json:"address"`
		From    int64  `json:"from_us"`
		To      int64  `json:"to_us"`
	}
	var list []asked
	for i := range findings {
		f := &findings[i]
		if _, err := netip.ParseAddr(f.Actor); err != nil || f.First.IsZero() {
			continue
		}
		last := f.First
		if f.Last.After(last) {
			last = f.Last
		}
		list = append(list, asked{f.ID, f.Actor, f.First.Add(-story.Gap).UnixMicro(), last.Add(story.Gap).UnixMicro()})
	}
	if list == nil {
		return nil, nil
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("asking who acted from addresses: %w", err)
	}
	if err := features.NewSet(c).Need(ctx, "call", "act"); err != nil {
		return nil, err
	}
	who, err := readActing(ctx, c, string(text))
	if err != nil {
		return nil, fmt.Errorf("asking who acted from addresses: %w", err)
	}
	return who, nil
}

func readActing(ctx context.Context, c *casefile.Case, asked string) (map[string]string, error) {
	rows, err := c.DB().QueryContext(ctx, actingSQL, sql.Named("asked", asked))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	who := map[string]string{}
	for rows.Next() {
		var id, actor string
		if err := rows.Scan(&id, &actor); err != nil {
			return nil, err
		}
		who[id] = actor
	}
	return who, rows.Err()
}
