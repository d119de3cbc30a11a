package affected

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/correlation"
)

// thing is something to look for: a text by its hash, or a value by the kinds
// under which the case has it.
type thing struct {
	kind  string // as it is told
	value string
	index []string // kinds of the index of identifiers, or content or a column
}

const (
	// maxThings bounds what is looked for at once: a long conversation has
	// hundreds of texts.
	maxThings = 5000
	// maxStart bounds the events of a finding that are looked at.
	maxStart = 1000
	// minDigits is how many digits of a hash may stand for it.
	minDigits = 8
)

// findingForm is the form of the ids of [analyze.FindingID].
var findingForm = regexp.MustCompile(`^f-[0-9a-f]{16}$`)

// IsFinding reports whether a value has the form of the id of a finding.
func IsFinding(value string) bool { return findingForm.MatchString(value) }

// begin finds what to look for.
func (s *search) begin(ctx context.Context) error {
	s.r.Start = Start{Kind: StartValue, Value: s.o.Value}
	if s.o.Text != nil {
		return s.beginText(ctx)
	}
	if !utf8.ValidString(s.o.Value) { // columns hold UTF-8
		return nil
	}
	done, err := s.beginFinding(ctx)
	if err != nil || done {
		return err
	}
	eids, unclear, err := s.resolve(ctx)
	if err != nil {
		return err
	}
	if len(eids) > 0 {
		return s.beginEvents(ctx, StartEvent, eids)
	}
	if err := s.run(ctx, "start", sql.Named("eids", []int64{})); err != nil {
		return err
	}
	if err := s.beginValue(ctx); err != nil || len(s.things) > 0 {
		return err
	}
	return unclear
}

// beginText looks for a text of a file.
func (s *search) beginText(ctx context.Context) error {
	if err := s.run(ctx, "start", sql.Named("eids", []int64{})); err != nil {
		return err
	}
	trimmed := strings.TrimSuffix(strings.TrimSuffix(string(s.o.Text), "\n"), "\r")
	for i, text := range slices.Compact([]string{string(s.o.Text), trimmed}) {
		if err := s.addHashes(ctx, sumOf(text)); err != nil || len(s.things) > 0 {
			s.r.Start.Trimmed = i > 0
			return err
		}
	}
	return nil
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// beginFinding starts from the events of a finding, if the value is one.
func (s *search) beginFinding(ctx context.Context) (bool, error) {
	if s.o.Finding == nil || !IsFinding(s.o.Value) {
		return false, nil
	}
	f, err := s.o.Finding(ctx, s.o.Value)
	if err != nil || f == nil {
		return false, err
	}
	s.r.Start.Title = f.Title
	var eids []int64
	for _, id := range f.Events[:min(maxStart, len(f.Events))] {
		found, err := s.c.ResolveEvent(ctx, id)
		if err != nil {
			return true, fmt.Errorf("looking up the events of finding %s: %w", f.ID, err)
		}
		eids = append(eids, found[0])
	}
	s.r.Start.Cut = max(0, f.EventCount-int64(len(eids)))
	if len(eids) == 0 {
		return true, fmt.Errorf("looking for who is affected: finding %s has no events: it is about %s", f.ID, f.Subject)
	}
	return true, s.beginEvents(ctx, StartFinding, eids)
}

// resolve returns the event that the value is the id of. A text that has the
// form of one but names none, or several, can still be another value: that it
// is ambiguous is an error only when it is none.
func (s *search) resolve(ctx context.Context) (eids []int64, unclear, err error) {
	eids, err = s.c.ResolveEvent(ctx, s.o.Value)
	switch {
	case errors.Is(err, casefile.ErrNotEventID), errors.Is(err, casefile.ErrNoEvent):
		return nil, nil, nil
	case errors.Is(err, casefile.ErrAmbiguous):
		return nil, err, nil
	case err != nil:
		return nil, nil, err
	}
	return eids, nil, nil
}

// beginEvents looks for what the calls of the events hold.
func (s *search) beginEvents(ctx context.Context, kind StartKind, eids []int64) error {
	s.r.Start.Kind = kind
	survivors, err := s.c.Survivors(ctx, eids)
	if err != nil {
		return err
	}
	for i, eid := range eids {
		if of, ok := survivors[eid]; ok {
			eids[i] = of
		}
	}
	if err := s.run(ctx, "start", sql.Named("eids", eids)); err != nil {
		return err
	}
	var parts []int64 // all events of the calls
	err = s.query(ctx, "start_events", nil, func(r *sql.Rows) error {
		var eid int64
		err := r.Scan(&eid)
		parts = append(parts, eid)
		return err
	})
	if err != nil {
		return err
	}
	hashes, err := s.c.TextHashes(ctx, parts)
	if err != nil {
		return err
	}
	for _, hash := range hashes {
		s.add(kindContent, hash, kindContent)
	}
	keys, err := s.c.Keys(ctx, parts)
	if err != nil {
		return err
	}
	slices.SortFunc(keys, (*casefile.Keys).Compare)
	for _, k := range keys {
		s.r.Start.Events = append(s.r.Start.Events, k.EventID)
		for _, id := range k.Identifiers() {
			s.add(correlation.KindOf(id.Kind), id.Value, correlation.IndexKinds(correlation.KindOf(id.Kind))...)
		}
	}
	if len(survivors) > 0 && kind == StartEvent {
		rows, err := s.c.Events(ctx, eids, nil)
		if err != nil {
			return err
		}
		s.r.Start.Same = rows[0].EventID
	}
	return s.addColumns(ctx, parts)
}

// addColumns adds who called from where. All else that the principal did is no
// answer to who met the same, unless it is asked for.
func (s *search) addColumns(ctx context.Context, eids []int64) error {
	rows, err := s.c.Events(ctx, eids, []string{"principal", "end_user", "src_ip"})
	if err != nil {
		return err
	}
	for _, row := range rows {
		for i, kind := range []string{kindPrincipal, kindEndUser, kindAddress} {
			if groupOf(kind) == groupPrincipal && !slices.Contains(s.o.By, groupPrincipal) {
				continue
			}
			if v, ok := row.Values[i].(string); ok {
				s.add(kind, v, kind)
			}
		}
	}
	return nil
}

// hashForm is the form of a hash or of its beginning.
var hashForm = regexp.MustCompile(fmt.Sprintf(`^[0-9a-fA-F]{%d,%d}$`, minDigits, hex.EncodedLen(sha256.Size)))

// beginValue looks for a value: it can be an identifier of several kinds, the
// value of a column, the beginning of a hash, and a text.
func (s *search) beginValue(ctx context.Context) error {
	value := s.o.Value
	counts, err := s.c.CountIdentifiers(ctx, []string{value})
	if err != nil {
		return err
	}
	for _, id := range slices.SortedFunc(maps.Keys(counts), casefile.Identifier.Compare) {
		s.add(correlation.KindOf(id.Kind), value, correlation.IndexKinds(correlation.KindOf(id.Kind))...)
	}
	err = s.query(ctx, "found", []any{sql.Named("value", value)}, func(r *sql.Rows) error {
		var kind, value string
		err := r.Scan(&kind, &value)
		s.add(kind, value, kind)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.addHashes(ctx, sumOf(value)); err != nil {
		return err
	}
	if !hashForm.MatchString(value) {
		return nil
	}
	return s.addHashes(ctx, strings.ToLower(value))
}

// addHashes adds the one text of the case whose hash begins with the digits.
func (s *search) addHashes(ctx context.Context, digits string) error {
	rest := hex.EncodedLen(sha256.Size) - len(digits)
	low, high := digits+strings.Repeat("0", rest), digits+strings.Repeat("f", rest)
	var found []string
	err := s.query(ctx, "hashes", []any{sql.Named("low", low), sql.Named("high", high)}, func(r *sql.Rows) error {
		var hash string
		err := r.Scan(&hash)
		found = append(found, hash)
		return err
	})
	switch {
	case err != nil:
		return err
	case len(found) > 1:
		return &AmbiguousError{Value: digits, Hashes: found}
	}
	for _, hash := range found {
		s.add(kindContent, hash, kindContent)
	}
	return nil
}

// The kinds of things that are no identifiers of the index.
const (
	kindContent   = "content"
	kindPrincipal = "principal"
	kindEndUser   = "end_user"
	kindAddress   = "address"
)

// groupOf is the group that a kind of things belongs to.
func groupOf(kind string) string {
	switch kind {
	case kindContent:
		return groupContent
	case "credential", "issued_credential":
		return groupCredential
	case "session":
		return groupSession
	case kindAddress:
		return groupAddress
	case kindPrincipal, kindEndUser:
		return groupPrincipal
	}
	return groupIdentifier
}

// add adds a thing to look for, once. A credential that is used and one that is
// issued are one thing. Placeholders stand for the lack of a value.
func (s *search) add(kind, value string, index ...string) {
	if kind == "issued_credential" {
		kind = groupCredential
	}
	if kind == groupCredential {
		index = []string{"credential", "issued_credential"}
	}
	if value == "" || kind != kindContent && s.r.Start.Kind != StartValue && correlation.IsPlaceholder(value) {
		return
	}
	if len(s.o.By) > 0 && !slices.Contains(s.o.By, groupOf(kind)) {
		return
	}
	t := thing{kind, value, index}
	at, have := slices.BinarySearchFunc(s.things, t, compareThings)
	if have {
		return
	}
	s.things = slices.Insert(s.things, at, t)
}

// compareThings orders things by group, kind and value.
func compareThings(a, b thing) int {
	return cmp.Or(
		cmp.Compare(slices.Index(Groups(), groupOf(a.kind)), slices.Index(Groups(), groupOf(b.kind))),
		cmp.Compare(a.kind, b.kind), cmp.Compare(a.value, b.value),
	)
}
