package casefile

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// Analysis is the last recorded run of the detectors.
type Analysis struct {
	Run         int64  // number of its entry in the ledger
	Time, Actor string // of the entry
	Tool        string
	Program     string // SHA-256, "" where it is not known
	Params      map[string]any
	Files       []AnalysisFile
	Detectors   []DetectorCount
	// Stale says that the case was changed since: loaded into, enriched, decoded
	// again.
	Stale bool
}

// analysisEntry is an analyze entry of the ledger.
type analysisEntry struct {
	seq               int64
	time, actor, tool string
	body              analyzeBody
}

// Analysis returns the last recorded run of the detectors, nil when there is
// none.
func (c *Case) Analysis() *Analysis {
	last := c.state.analysis
	if last == nil {
		return nil
	}
	b := &last.body
	return &Analysis{
		Run: last.seq, Time: last.time, Actor: last.actor, Tool: last.tool, Program: b.Program, Params: b.Params, Files: b.Files, Detectors: b.Detectors,
		Stale: c.state.changed > last.seq,
	}
}

// Analyzed reports whether the last recorded run was of the case as it is now, by
// the same program with the same parameters and files: another would find the
// same. Of the options only those are read.
func (c *Case) Analyzed(o *AnalysisOptions) (bool, error) {
	last := c.state.analysis
	if last == nil || c.state.changed > last.seq || o.Program == "" || o.Program != last.body.Program {
		return false, nil
	}
	mine, theirs := analyzeBody{Params: o.Params}, analyzeBody{Params: last.body.Params, Files: last.body.Files}
	for _, f := range o.Files {
		sum := sha256.Sum256(f.Data)
		mine.Files = append(mine.Files, f.kept(hex.EncodeToString(sum[:])))
	}
	return mine.same(&theirs)
}

// Findings returns what the last recorded run found, in the order in which to
// look at it; nothing where there is no run.
func (c *Case) Findings(ctx context.Context) ([]analyze.Finding, error) {
	last := c.state.analysis
	if last == nil {
		return nil, nil
	}
	if last.body.Findings.Size > maxFindingsFile {
		return nil, fmt.Errorf("reading the findings: the file has more than %d bytes", maxFindingsFile)
	}
	data, err := readInput(c.Dir, c.state, last.body.Findings.SHA256)
	if err != nil {
		return nil, err
	}
	list, err := decodeFindings(data)
	if err != nil {
		return nil, err
	}
	out := make([]analyze.Finding, len(list))
	for i := range list {
		out[i] = list[i].Finding
		for _, p := range list[i].places {
			out[i].Events = append(out[i].Events, c.EventID(p.evidence, p.record, p.part))
		}
	}
	return out, ctx.Err()
}

// ParameterFile returns the file of a kind that shaped the last recorded run,
// and whether there is one.
func (c *Case) ParameterFile(kind string) (ParameterFile, bool, error) {
	if c.state.analysis == nil {
		return ParameterFile{}, false, nil
	}
	for _, f := range c.state.analysis.body.Files {
		if f.Kind == kind {
			data, err := readInput(c.Dir, c.state, f.SHA256)
			return ParameterFile{Kind: kind, Name: f.Name, Data: data}, err == nil, err
		}
	}
	return ParameterFile{}, false, nil
}

// placeOf finds where the event of an id stands. The id has the digits of
// evidence that the case shows.
func (c *Case) placeOf(id string) (eventPlace, error) {
	m := eventIDForm.FindStringSubmatch(id)
	if m == nil {
		return eventPlace{}, fmt.Errorf("%.80q: %w", id, ErrNotEventID)
	}
	if c.byPrefix == nil {
		c.byPrefix = map[string]string{}
		for _, it := range c.items {
			if it.Evidence != 0 {
				c.byPrefix[it.SHA256[:min(c.prefix, len(it.SHA256))]] = it.SHA256
			}
		}
	}
	sum, ok := c.byPrefix[m[1]]
	if !ok {
		return eventPlace{}, fmt.Errorf("%.80q: %w", id, ErrNoEvent)
	}
	return placeOf("0"+id[len(m[1]):], []string{sum})
}

// FindingState is what was said of a finding last.
type FindingState struct {
	State   string // one of FindingStates
	Verdict string // one of FindingVerdicts, "" where it is not closed
	Tags    []string
	Notes   int
}

// FindingAct is one thing that was said of a finding: an entry of the ledger.
type FindingAct struct {
	Seq            int64
	Time           string // RFC 3339, by the clock of the writing machine
	Actor          string
	Action         string // triage, note or tag
	Finding        string // id
	State, Verdict string // of triage
	Text           string // reason of a triage, note, or tag
	Removed        bool   // of a tag
}

// Judged returns what was said last of every finding of which something was
// said, by id, also of findings that the last run does not have.
func (c *Case) Judged() map[string]FindingState { return c.state.judged() }

// History returns what was said of a finding, in order.
func (c *Case) History(finding string) []FindingAct {
	var out []FindingAct
	for _, a := range c.state.acts {
		if a.Finding == finding {
			out = append(out, a)
		}
	}
	return out
}

func (s *state) judged() map[string]FindingState {
	out := map[string]FindingState{}
	for _, a := range s.acts {
		f, ok := out[a.Finding]
		if !ok {
			f.State = StateOpen
		}
		switch a.Action {
		case ledger.ActionTriage:
			f.State, f.Verdict = a.State, a.Verdict
		case ledger.ActionNote:
			f.Notes++
		case ledger.ActionTag:
			f.Tags = retagged(f.Tags, a.Text, a.Removed)
		}
		out[a.Finding] = f
	}
	return out
}

// judgedSQL is the relation of what was said of findings last. It is made of the
// ledger at each open, so that it needs no new generation of the database.
func (s *state) judgedSQL() string {
	judged := s.judged()
	if len(judged) == 0 {
		return "(select '' as finding, '' as state, '' as verdict where false)"
	}
	var rows []string
	for _, id := range slices.Sorted(maps.Keys(judged)) {
		f := judged[id]
		rows = append(rows, "("+quoteText(id)+", "+quoteText(f.State)+", nullif("+quoteText(f.Verdict)+", ''))")
	}
	return "(select * from (values " + strings.Join(rows, ", ") + ") v(finding, state, verdict))"
}

// EventPlace is where an event stands in the evidence.
type EventPlace struct {
	Event          string // id
	Path           string // of the evidence, as loaded
	SHA256         string // of the evidence
	Offset, Length int64  // bytes, in the decompressed evidence
}

// EventPlaces finds where events stand, in one pass over their places. Ids that
// the case does not have are left out. The case is open with its manifests.
func (c *Case) EventPlaces(ctx context.Context, ids []string) (map[string]EventPlace, error) {
	items := map[int64]*Item{}
	number := map[string]int64{}
	for _, it := range c.items {
		if it.Evidence != 0 {
			items[it.Evidence], number[it.SHA256] = it, it.Evidence
		}
	}
	var evidence, record, part []int64
	for _, id := range ids {
		if p, err := c.placeOf(id); err == nil {
			evidence, record, part = append(evidence, number[p.evidence]), append(record, p.record), append(part, p.part)
		}
	}
	out := map[string]EventPlace{}
	if len(evidence) == 0 {
		return out, nil
	}
	args := []any{sql.Named("evidence", evidence), sql.Named("record", record), sql.Named("part", part)}
	err := c.query(ctx, "finding_places", map[string]string{"events": c.allEvents()}, args, func(r *sql.Rows) error {
		var n, record, part int64
		var p EventPlace
		if err := r.Scan(&n, &record, &part, &p.Offset, &p.Length); err != nil {
			return err
		}
		it := items[n]
		p.Event, p.Path, p.SHA256 = c.EventID(it.SHA256, record, part), it.Path, it.SHA256
		out[p.Event] = p
		return nil
	})
	return out, err
}
