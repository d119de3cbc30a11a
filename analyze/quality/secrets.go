package quality

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// How much evidence, decompressed, is searched for secrets: in the unique texts
// of a call, which is a small part of the evidence and is read at about 1 GiB of
// evidence a second, and in all of the raw records, where headers are.
const (
	ScanTexts   = 4 << 30
	ScanRecords = 64 << 20
)

// The names of the faults that [survey.findSecrets] counts.
const (
	faultSecretTexts   = "secrets in texts"
	faultSecretRecords = "secrets in records"
)

// findSecrets looks for keys and tokens in clear.
func (s *survey) findSecrets(ctx context.Context, o Options) error {
	find, err := content.NewCredentials()
	if err != nil {
		return err
	}
	var size int64
	for _, x := range s.overview.Sources {
		size += x.StreamSize
	}
	if o.All || size <= ScanTexts {
		if err := s.secretTexts(ctx, find); err != nil {
			return err
		}
		s.scanned("secrets were looked for in every unique text")
	} else {
		s.scanned("secrets were not looked for in texts: there is more than %d GiB of evidence; --all looks", ScanTexts>>30)
	}
	if o.All || size <= ScanRecords {
		if err := s.secretRecords(ctx, find); err != nil {
			return err
		}
		s.scanned("secrets were looked for in every raw record")
	} else {
		s.scanned("secrets were not looked for in raw records, where headers are: there is more than %d MiB of evidence; --all looks", ScanRecords>>20)
	}
	return nil
}

func (s *survey) scanned(format string, args ...any) {
	s.r.Scanned = append(s.r.Scanned, fmt.Sprintf(format, args...))
}

// secretTexts counts the unique texts with secrets, each for the source that
// shows it first.
func (s *survey) secretTexts(ctx context.Context, find *content.Credentials) error {
	var texts int64
	if err := s.query(ctx, "texts_count", nil, func(r *sql.Rows) error { return r.Scan(&texts) }); err != nil {
		return err
	}
	s.r.Case.secretTexts.Of = texts
	for i := range s.r.Sources {
		s.r.Sources[i].secretTexts.Of = texts
	}
	seen := tallies{}
	err := s.query(ctx, "texts", []any{sql.Named("pattern", find.Pattern())}, func(r *sql.Rows) error {
		var event string
		var text sql.RawBytes
		if err := r.Scan(&event, &text); err != nil {
			return err
		}
		if x := s.sourceOf(event); x != nil && seen.add(x, find.Find(text), event) {
			x.secretTexts.N++
			s.r.Case.secretTexts.N++
		}
		return nil
	})
	seen.describe(faultSecretTexts)
	return err
}

// secretRecords counts the raw records with secrets.
func (s *survey) secretRecords(ctx context.Context, find *content.Credentials) error {
	seen := tallies{}
	err := s.query(ctx, "records", nil, func(r *sql.Rows) error {
		var evidence string
		var record int64
		var raw sql.RawBytes
		if err := r.Scan(&evidence, &record, &raw); err != nil {
			return err
		}
		event := s.c.EventID(evidence, record, 0)
		x := s.sourceOf(event)
		if x == nil {
			return nil
		}
		x.secretRecords.Of++
		if seen.add(x, find.Find(raw), event) {
			x.secretRecords.N++
		}
		return nil
	})
	seen.describe(faultSecretRecords)
	return err
}

// sourceOf returns the source of an event, by the evidence that its id begins
// with.
func (s *survey) sourceOf(event string) *Source {
	prefix, _, _ := strings.Cut(event, "-")
	if s.byPrefix == nil {
		s.byPrefix = map[string]*Source{}
		for _, it := range s.c.Items() {
			i := slices.IndexFunc(s.r.Sources, func(x Source) bool { return x.Name == it.Format })
			if i >= 0 && len(it.SHA256) >= len(prefix) {
				s.byPrefix[it.SHA256[:len(prefix)]] = &s.r.Sources[i]
			}
		}
	}
	return s.byPrefix[prefix]
}

// tallies says which kinds of secrets were found in the things of each source,
// and the first of these things.
type tallies map[*Source]*tally

type tally struct {
	kinds map[string]int64
	first string
}

// add notes the secrets that were found in one thing, and reports whether there
// were any.
func (t tallies) add(x *Source, found []content.Credential, event string) bool {
	if len(found) == 0 {
		return false
	}
	if t[x] == nil {
		t[x] = &tally{kinds: map[string]int64{}, first: event}
	}
	t[x].first = min(t[x].first, event)
	kinds := map[string]bool{}
	for _, f := range found {
		kinds[f.Kind] = true
	}
	for kind := range kinds {
		t[x].kinds[kind]++
	}
	return true
}

// describe says what was found.
func (t tallies) describe(fault string) {
	for x, n := range t {
		var words []string
		for _, kind := range slices.Sorted(maps.Keys(n.kinds)) {
			words = append(words, fmt.Sprintf("%s %d", kind, n.kinds[kind]))
		}
		x.detail[fault] = fmt.Sprintf("%s; see event %s", strings.Join(words, ", "), n.first)
	}
}
