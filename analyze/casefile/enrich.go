package casefile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/enrich"
)

// The kinds of what a case can be enriched from.
const (
	EnrichGeoIP    = "geoip"    // MaxMind DB of countries and cities
	EnrichASN      = "asn"      // MaxMind DB of autonomous systems
	EnrichNetworks = "networks" // labels of networks
	EnrichPrices   = "prices"   // prices of models
	EnrichUsers    = "users"    // persons behind identities, and roles
	EnrichClock    = "clock"    // what to add to the times of sources whose clock was off
)

// EnrichKinds returns every kind, in order.
func EnrichKinds() []string {
	return append(EnrichFileKinds(), EnrichClock)
}

// EnrichFileKinds returns the kinds that come from files, in order.
func EnrichFileKinds() []string {
	return []string{EnrichGeoIP, EnrichASN, EnrichNetworks, EnrichPrices, EnrichUsers}
}

// EnrichOptions say from what to enrich which case.
type EnrichOptions struct {
	Dir     string
	Files   map[string]string // path by kind
	Without []string          // kinds to take away
	// Clock corrects clocks, beside the corrections that hold. A source is a
	// log format or the beginning, of at least 8 digits, of the SHA-256 of a
	// piece of evidence. A correction of 0 takes that of a format away, and says
	// of a piece of evidence that its clock was right.
	Clock []enrich.Correction

	Key     *ledger.Key
	Actor   string
	Tool    string
	Now     func() time.Time
	Threads int
	Memory  int64  // bytes
	Temp    string // folder for what does not fit in memory; "" is the case's staging folder
}

// EnrichReport says what a case is enriched from now, and what came of it.
type EnrichReport struct {
	Sources []EnrichSource
	Head    ledger.Head
	Took    time.Duration
}

// EnrichSource is one file that a case is enriched from, or the corrections of
// clocks.
type EnrichSource struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"` // file name, as given; of clocks the flag
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	// Input is what the case keeps: the file itself, or of an address database
	// the answers for the addresses in the case.
	Input string `json:"input"`
	Note  string `json:"note,omitempty"` // type and date of an address database; the corrections of clocks
}

// enrichBody is the body of an enrich entry. Sources are all that hold from
// then on.
type enrichBody struct {
	Load    string         `json:"load"` // staging folder until the files are in place
	Sources []EnrichSource `json:"sources"`
	Inputs  []FileRef      `json:"inputs,omitempty"` // new ones
	Derived *DerivedState  `json:"derived"`
}

// Enrich looks up what responders know beside the logs, and adds it to the
// derived state: where addresses are, what calls cost, who is behind an
// identity, whose clock was off. What shaped the result stays in the case, so that later loads and
// rebuilds give the same without the files.
func Enrich(ctx context.Context, o *EnrichOptions) (*EnrichReport, error) {
	start := time.Now()
	w, err := openExisting(o.Dir, "enrich", &LoadOptions{Key: o.Key, Tool: o.Tool, Actor: o.Actor, Now: o.Now})
	if errors.Is(err, ErrNoCase) {
		return nil, fmt.Errorf("enriching %s: %w", o.Dir, err)
	}
	if err != nil {
		return nil, err
	}
	defer w.close()
	r, err := w.enrich(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("enriching %s: %w", o.Dir, err)
	}
	r.Took = time.Since(start)
	return r, nil
}

func (w *writer) enrich(ctx context.Context, o *EnrichOptions) (*EnrichReport, error) {
	base := w.currentDerived()
	switch {
	case w.state.generation == "":
		return nil, ErrEmptyCase
	case base == "" || w.state.derived == nil || w.state.derived.Schema != derivedSchema:
		return nil, errors.New("the derived database is missing or of another version of exhibit; run exhibit rebuild first")
	}
	name := fmt.Sprintf("enrich-%06d", w.state.head.Size+1)
	staging, err := stage(w.dir, name)
	if err != nil {
		return nil, err
	}
	committed := false
	defer func() {
		if !committed {
			_ = os.RemoveAll(staging)
		}
	}()
	path := filepath.Join(staging, stagedDerived)
	if err := copyFile(base, path); err != nil {
		return nil, fmt.Errorf("copying the derived database: %w", err)
	}
	temp, err := os.MkdirTemp(o.tempFolder(staging), "exhibit-*")
	if err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }() // what is left behind spoils no result
	body := &enrichBody{Load: name}
	settings := duckSettings{threads: o.Threads, memory: share(o.Memory), temp: temp, data: w.state.liveBytes()}
	if body.Derived, err = w.enrichDatabase(ctx, o, body, staging, path, settings); err != nil {
		return nil, err
	}
	if err := errors.Join(ctx.Err(), syncFile(path), syncTree(staging)); err != nil {
		return nil, err
	}
	committed = true // from here on, the staging folder belongs to the ledger
	r := &EnrichReport{Sources: body.Sources}
	if r.Head, err = w.ledger.Append(ledger.ActionEnrich, body); err != nil {
		return nil, err
	}
	if w.state, err = readState(w.ledger); err != nil {
		return nil, err
	}
	return r, recoverStaging(w.dir, w.state)
}

func (o *EnrichOptions) tempFolder(staging string) string {
	if o.Temp != "" {
		return o.Temp
	}
	return staging
}

// enrichDatabase reads the files, keeps what shapes the result, and fills the
// tables of the staged database.
func (w *writer) enrichDatabase(ctx context.Context, o *EnrichOptions, body *enrichBody, staging, path string, settings duckSettings) (st *DerivedState, err error) {
	db, err := openDuck(path, settings)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	events, err := absolute(w.dir, w.state, w.state.events)
	if err != nil {
		return nil, err
	}
	seen := &seenValues{db: db, events: quoteList(only(events, "events"))}
	for _, kind := range EnrichKinds() {
		find := w.enrichSource
		if kind == EnrichClock {
			find = w.clockSource
		}
		source, ref, err := find(ctx, o, kind, staging, seen)
		if err != nil {
			return nil, err
		}
		if source != nil {
			body.Sources = append(body.Sources, *source)
		}
		if ref != nil {
			body.Inputs = append(body.Inputs, *ref)
		}
	}
	open := func(sum string) ([]byte, error) {
		for _, ref := range body.Inputs {
			if ref.SHA256 == sum {
				return os.ReadFile(filepath.Join(staging, filepath.FromSlash(ref.Path)))
			}
		}
		return w.readInput(sum)
	}
	e, err := readEnrichment(body.Sources, open)
	if err != nil {
		return nil, err
	}
	if err := e.fill(ctx, seen); err != nil {
		return nil, err
	}
	x := &extension{previous: w.state}
	if st, err = x.addHashes(ctx, db); err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, "checkpoint")
	return st, err
}

func (w *writer) readInput(sum string) ([]byte, error) { return readInput(w.dir, w.state, sum) }

// readInput returns an input of a case, and checks that it is the one.
func readInput(dir string, s *state, sum string) ([]byte, error) {
	data, err := os.ReadFile(locate(dir, s, inputsDir+"/"+sum))
	if err != nil {
		return nil, fmt.Errorf("reading an input of the case: %w", err)
	}
	if sumOf(data) != sum {
		return nil, fmt.Errorf("%s/%s is altered; run exhibit verify", inputsDir, sum)
	}
	return data, nil
}

// maxEnrichInput bounds a list: networks, prices, users.
const maxEnrichInput = 256 << 20

// enrichSource returns the source of a kind: a new file, or the one that holds
// already. The reference is to a new input.
func (w *writer) enrichSource(ctx context.Context, o *EnrichOptions, kind, staging string, seen *seenValues) (*EnrichSource, *FileRef, error) {
	path, given := o.Files[kind]
	switch {
	case !given && slices.Contains(o.Without, kind):
		return nil, nil, nil
	case !given:
		return w.state.enrichedBy(kind), nil, nil
	}
	sum, size, err := hashFile(path)
	if err != nil {
		return nil, nil, err
	}
	s := &EnrichSource{Kind: kind, Name: ledger.EscapePath(filepath.Base(path)), Size: size, SHA256: sum}
	var data []byte
	switch {
	case kind == EnrichGeoIP || kind == EnrichASN:
		data, s.Note, err = lookUpAddresses(ctx, kind, path, seen)
	case size > maxEnrichInput:
		err = fmt.Errorf("reading %s: it has %d bytes, more than the %d that a list may have", path, size, maxEnrichInput)
	default:
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, nil, err
	}
	ref, err := writeInput(staging, data)
	s.Input = ref.SHA256
	return s, &ref, err
}

// seenValues finds the distinct values in the events of a case.
type seenValues struct {
	db     *sql.DB
	events string // list of segments
	addrs  []string
	known  bool
}

// addresses returns the source addresses as written, in order.
func (v *seenValues) addresses(ctx context.Context) ([]string, error) {
	if v.known {
		return v.addrs, nil
	}
	err := v.each(ctx, "enrich_addresses", func(rows *sql.Rows) error {
		var s string
		err := rows.Scan(&s)
		v.addrs = append(v.addrs, s)
		return err
	})
	v.known = err == nil
	return v.addrs, err
}

// each runs a statement over the events and calls row for each of its rows.
func (v *seenValues) each(ctx context.Context, name string, row func(*sql.Rows) error) error {
	q, err := statement(name, map[string]string{"events": v.events})
	if err != nil {
		return err
	}
	rows, err := v.db.QueryContext(ctx, q)
	if err != nil {
		return fmt.Errorf("running %s.sql: %w", name, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return fmt.Errorf("running %s.sql: %w", name, err)
		}
	}
	return rows.Err()
}

// lookUpAddresses returns what a database says of the addresses in the case,
// as CSV, and its type and date.
func lookUpAddresses(ctx context.Context, kind, path string, seen *seenValues) (data []byte, note string, err error) {
	d, err := enrich.OpenDatabase(path)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	name, built := d.Type()
	note = fmt.Sprintf("%s of %s", ledger.EscapePath(name), time.Unix(built, 0).UTC().Format(time.DateOnly))
	addrs, err := seen.addresses(ctx)
	if err != nil {
		return nil, "", err
	}
	var buf bytes.Buffer
	out := csv.NewWriter(&buf)
	for _, s := range addrs {
		a, ok := enrich.ParseAddress(s)
		if !ok {
			continue
		}
		var p enrich.Place
		if err := d.Add(&p, a); err != nil {
			return nil, "", fmt.Errorf("looking into %s: %w", path, err)
		}
		if p == (enrich.Place{}) {
			continue
		}
		row := append([]string{s, p.Country, p.City}, p.WritePoint()...)
		if kind == EnrichASN {
			row = []string{s, strconv.FormatUint(uint64(p.ASN), 10), p.Organization}
		}
		if err := out.Write(row); err != nil {
			return nil, "", err
		}
	}
	out.Flush()
	return buf.Bytes(), note, out.Error()
}

// enrichment is what a case is enriched from, read.
type enrichment struct {
	places   map[string]enrich.Place
	networks *enrich.Networks
	prices   *enrich.Prices
	people   *enrich.People
	clocks   *enrich.Clocks
}

// readEnrichment reads the inputs of sources; open returns one by its hash.
func readEnrichment(sources []EnrichSource, open func(sum string) ([]byte, error)) (*enrichment, error) {
	e := &enrichment{places: map[string]enrich.Place{}}
	for _, s := range sources {
		data, err := open(s.Input)
		if err != nil {
			return nil, err
		}
		switch s.Kind {
		case EnrichGeoIP, EnrichASN:
			err = e.addPlaces(s.Kind, data)
		case EnrichNetworks:
			e.networks, err = enrich.ParseNetworks(s.Name, data)
		case EnrichPrices:
			e.prices, err = enrich.ParsePrices(s.Name, data)
		case EnrichUsers:
			e.people, err = enrich.ParsePeople(s.Name, data)
		case EnrichClock:
			e.clocks, err = enrich.ParseClocks(s.Name, data)
		default:
			err = fmt.Errorf("this program does not know how to enrich from %.40q", s.Kind)
		}
		if err != nil {
			return nil, err
		}
	}
	return e, nil
}

// enrichment returns what the case is enriched from, nil for nothing.
func (w *writer) enrichment() (*enrichment, error) {
	if len(w.state.enrichment) == 0 {
		return nil, nil
	}
	return readEnrichment(w.state.enrichment, w.readInput)
}

// addPlaces reads what lookUpAddresses wrote.
func (e *enrichment) addPlaces(kind string, data []byte) error {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return fmt.Errorf("reading the answers of an address database: %w", err)
	}
	for _, r := range rows {
		if len(r) != 3 && (len(r) != 5 || kind != EnrichGeoIP) { // of countries and cities the first versions kept no coordinates
			return errors.New("reading the answers of an address database: want three columns, or five of places")
		}
		p := e.places[r[0]]
		if kind == EnrichGeoIP {
			if p.Country, p.City = r[1], r[2]; len(r) == 5 {
				p.ReadPoint(r[3], r[4])
			}
		} else {
			n, err := strconv.ParseUint(r[1], 10, 32)
			if err != nil {
				return fmt.Errorf("reading the answers of an address database: %w", err)
			}
			p.ASN, p.Organization = uint32(n), r[2]
		}
		e.places[r[0]] = p
	}
	return nil
}

// point returns where an address as written is: by the list of networks, which
// knows best, else by the address database.
func (e *enrichment) point(s string) (enrich.Point, bool) {
	if a, ok := enrich.ParseAddress(s); ok && e.networks != nil {
		if p, ok := e.networks.Point(a); ok {
			return p, true
		}
	}
	p := e.places[s]
	return p.Point, p.Located
}

// place returns what is known of an address as written.
func (e *enrichment) place(s string) (p enrich.Place, network string) {
	p = e.places[s]
	if a, ok := enrich.ParseAddress(s); ok && e.networks != nil {
		network, _ = e.networks.Label(a)
	}
	return p, network
}

// hashFile hashes a file of a responder's, which is only read.
func hashFile(path string) (string, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, fmt.Errorf("reading what to enrich from: %w", err)
	}
	defer f.Close()
	h := &hashingWriter{w: io.Discard, h: sha256.New()}
	if _, err := io.Copy(h, f); err != nil {
		return "", 0, fmt.Errorf("reading %s: %w", path, err)
	}
	return hexSum(h.h.Sum(nil)), h.n, nil
}
