// Package features makes the tables that detectors read: calls and other acts
// with who did them, and what subjects did by five minutes, hour and hour of
// week. Each table is one SQL file of its name, made when it is first asked for.
//
// The files are plain GROUP BYs in integers and decimals, so that they give the
// same on every run and can be carried to another engine. What is the same for
// several columns is written once; see [expand].
package features

import (
	"context"
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

//go:embed *.sql
var files embed.FS

// table is one table, and the tables that its statement reads.
type table struct {
	name string
	from []string
}

// tables lists the tables, each after those that it reads.
func tables() []table {
	return []table{
		{"call", nil},
		{"coverage_of_calls", []string{"call"}},
		{"act", nil},
		{"coverage_of_acts", []string{"act"}},
		{"feature_five", []string{"call"}},
		{"feature_hour", []string{"feature_five"}},
		{"feature_week", []string{"feature_hour"}},
		{"feature_spread", []string{"call"}},
		{"feature_latency", []string{"call"}},
		{"feature_value", []string{"call"}},
		{"feature_transition", []string{"call"}},
		{"feature_value_hour", []string{"call"}},
	}
}

// Names returns the names of the tables, in order.
func Names() []string {
	var names []string
	for _, t := range tables() {
		names = append(names, t.name)
	}
	return names
}

// Set makes tables in the session of a case.
type Set struct {
	c    *casefile.Case
	made map[string]bool
}

// NewSet returns a set that has made nothing yet.
func NewSet(c *casefile.Case) *Set { return &Set{c: c, made: map[string]bool{}} }

// Need makes the named tables, and what they are made from, where they are not
// there yet.
func (s *Set) Need(ctx context.Context, names ...string) error {
	for _, name := range names {
		i := slices.IndexFunc(tables(), func(t table) bool { return t.name == name })
		if i < 0 {
			return fmt.Errorf("making features: there is no table %q", name)
		}
		if s.made[name] {
			continue
		}
		if err := s.Need(ctx, tables()[i].from...); err != nil {
			return err
		}
		if err := s.make(ctx, name); err != nil {
			return fmt.Errorf("making table %s: %w", name, err)
		}
		s.made[name] = true
	}
	return nil
}

// make makes a table from those that it reads. The tables of calls and acts have a
// faster way than their statements, which say what comes out.
func (s *Set) make(ctx context.Context, name string) error {
	switch name {
	case "call":
		return s.c.MakeCallTable(ctx)
	case "act":
		return s.c.MakeActTable(ctx)
	}
	text, err := files.ReadFile(name + ".sql")
	if err != nil {
		return fmt.Errorf("reading embedded SQL: %w", err)
	}
	_, err = s.c.DB().ExecContext(ctx, expand(string(text)))
	return err
}

// each begins the part of a statement that is repeated, with union all between,
// for each of some words: a line {{each NAME of WORD, WORD}}, behind which
// {{NAME}} stands for the word. Such a line can stand behind another.
var each = regexp.MustCompile(`(?m)^\{\{each (\w+) of ([\w, ]+)\}\}\n`)

// expand repeats what a statement wants repeated.
func expand(text string) string {
	at := each.FindStringSubmatchIndex(text)
	if at == nil {
		return text
	}
	name, words, rest := text[at[2]:at[3]], strings.Split(text[at[4]:at[5]], ", "), text[at[1]:]
	for i, word := range words {
		words[i] = strings.TrimRight(expand(strings.ReplaceAll(rest, "{{"+name+"}}", word)), "\n")
	}
	return text[:at[0]] + strings.Join(words, "\nunion all\n") + "\n"
}
