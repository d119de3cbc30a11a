package detectors

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// newDestination is the statement of its name, whose findings count less where the
// person who talks to the agent named the destination: what an intruder plants
// stands in a document or in what a tool gave back. Its findings are also ones that
// a baseline can show to be nothing new: their buckets are destinations.
type newDestination struct {
	*sqlDetector
}

const (
	// maxDestinationsRead bounds the findings for which it is read what the user said,
	// and maxUserText what is read of one text, in characters.
	maxDestinationsRead = 1_000
	maxUserText         = 64 << 10
)

func newNewDestination() (detector, error) {
	d, err := newSQLDetector("new_destination")
	if err != nil {
		return nil, err
	}
	return &newDestination{d}, nil
}

func (d *newDestination) detect(ctx context.Context, r *run) (*result, error) {
	res, err := d.sqlDetector.detect(ctx, r)
	if err != nil {
		return nil, err
	}
	if res.based = r.options.Baseline != nil; res.based {
		for i := range res.found {
			f := &res.found[i]
			f.normal = r.normalDestination(f.Subject, f.Bucket)
		}
	}
	return res, d.askedFor(ctx, r, res.found)
}

// askedFor makes findings good to know only whose destination the user named in the
// call in which it was first reached.
func (d *newDestination) askedFor(ctx context.Context, r *run, list []found) error {
	of := map[int64][]*found{} // by the first call
	var eids []int64
	for i := range list {
		if f := &list[i]; len(f.eids) > 0 && len(eids) < maxDestinationsRead {
			if of[f.eids[0]] == nil {
				eids = append(eids, f.eids[0])
			}
			of[f.eids[0]] = append(of[f.eids[0]], f)
		}
	}
	if len(eids) == 0 {
		return nil
	}
	said, err := r.userTexts(ctx, eids)
	if err != nil {
		return err
	}
	for _, eid := range eids {
		for _, f := range of[eid] {
			for _, text := range said[eid] {
				if !namesHost(text, f.Bucket) {
					continue
				}
				f.Severity = analyze.SeverityInfo
				f.Explanation += " The user named the destination in the same call: it was asked for, if the user is who they seem to be."
				f.Facts = append(f.Facts, analyze.Fact{Name: "named_by_user", Value: true})
				break
			}
		}
	}
	return nil
}

// userTexts returns what users said to the model in some calls, without prompts that
// hold documents.
func (r *run) userTexts(ctx context.Context, eids []int64) (map[int64][]string, error) {
	if err := r.need(ctx, "said"); err != nil {
		return nil, err
	}
	list, err := json.Marshal(eids)
	if err != nil {
		return nil, fmt.Errorf("writing the calls to read: %w", err)
	}
	of := map[string][]int64{}
	var hashes []string
	err = r.query(ctx, "user_texts", []any{sql.Named("eids", string(list))}, func(rows *sql.Rows) error {
		var eid int64
		var hash string
		if err := rows.Scan(&eid, &hash); err != nil {
			return err
		}
		if of[hash] == nil {
			hashes = append(hashes, hash)
		}
		of[hash] = append(of[hash], eid)
		return nil
	})
	if err != nil {
		return nil, err
	}
	texts, err := r.c.Texts(ctx, hashes, maxUserText)
	if err != nil {
		return nil, fmt.Errorf("reading what users said: %w", err)
	}
	out := map[int64][]string{}
	for _, hash := range hashes {
		for _, eid := range of[hash] {
			out[eid] = append(out[eid], texts[hash].Text)
		}
	}
	return out, nil
}

// namesHost reports whether a text names a host, and not only a longer name that
// holds it. The host is in lower case.
func namesHost(text, host string) bool {
	text = strings.ToLower(text)
	for from := 0; ; {
		at := strings.Index(text[from:], host)
		if at < 0 || host == "" {
			return false
		}
		begin, end := from+at, from+at+len(host)
		before := begin == 0 || !inHost(text[begin-1]) && text[begin-1] != '.'
		after := end == len(text) || !inHost(text[end]) && (text[end] != '.' || end+1 == len(text) || !inHost(text[end+1]))
		if before && after {
			return true
		}
		from = begin + 1
	}
}

// inHost reports whether a byte can stand in the label of a host; a byte of a longer
// letter can.
func inHost(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-' || b == '_' || b >= 0x80
}
