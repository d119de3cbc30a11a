package render

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/suite"
)

// hostileLog is what an attacker would like to put into a report.
const hostileLog = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\x1b[31m]]>&"

// suiteReport is a suite of three cases, met, unmet and not judged, in which
// everything that a log can say is hostile.
func suiteReport(t testing.TB, text string) *SuiteReport {
	t.Helper()
	valid := strings.ToValidUTF8(text, "\ufffd")
	request := func() *replay.Request {
		return &replay.Request{
			Event: "e" + valid, Tools: json.RawMessage(text), Documents: json.RawMessage(text),
			Losses: []replay.Loss{{Part: valid, Why: valid}},
			Messages: []replay.Message{{Role: text, Parts: []replay.Part{
				{Type: replay.PartText, Text: text},
				{Type: replay.PartToolCall, Name: text, JSON: json.RawMessage(text)},
				{Type: replay.PartBlob, Name: text, Data: []byte(text)},
				{Type: replay.PartOther, JSON: json.RawMessage(text)},
			}}},
		}
	}
	parsed, err := suite.Parse([]byte("version: 1\nname: a\ncases:\n- id: one\n  request: {messages: [{role: user, text: hi}]}\n  expect: [{not_contains: alert}]\n" +
		"- id: two\n  request: {messages: [{role: user, text: hi}]}\n  expect: [{contains: alert}]\n- id: three\n  request: {messages: [{role: user, text: hi}]}\n  expect: [{contains: a}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	parsed.Name, parsed.From.Case, parsed.From.Head = text, text, text
	for i := range parsed.Cases {
		c := &parsed.Cases[i]
		c.Title, c.Finding, c.Detector, c.Request = text, text, text, request()
	}
	reply := func() *replay.Reply {
		return &replay.Reply{Text: "alert " + text, Complete: true, FinishReason: "stop", Outcome: "success", ToolCalls: []replay.ToolCall{{Name: text, Arguments: json.RawMessage(text)}}}
	}
	graded, err := parsed.Grade([]suite.Answer{{Case: "one", Sample: 1, Reply: reply()}, {Case: "two", Sample: 1, Reply: reply()}, {Case: "three", Sample: 1, Problem: text}})
	if err != nil {
		t.Fatal(err)
	}
	return &SuiteReport{Report: graded, Version: text, Digest: "d", Server: text, Protocol: text, Model: text, Answered: []string{text}, Cassette: "c"}
}

func TestSuiteHTML(t *testing.T) {
	var b bytes.Buffer
	if err := SuiteHTML(&b, suiteReport(t, hostileLog)); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, never := range []string{"<script", "<img", "\u202e", "\x1b", "http://", "https://", "src=\"", "url("} {
		if strings.Contains(page, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	for _, want := range []string{
		"1 failed</span>, <span class=\"word unknown\">1 not judged</span>, <span class=\"word met\">1 passed",
		`&lt;script&gt;alert(1)`, `\u{202e}`, `<details id="one" open>`, `<details id="two">`, `<details id="three" open>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
}

// FuzzSuiteHTML wants tags from the template and none from a log.
func FuzzSuiteHTML(f *testing.F) {
	tags := func(page string) int { return strings.Count(page, "<") }
	count := func(t testing.TB, text string) int {
		var b bytes.Buffer
		if err := SuiteHTML(&b, suiteReport(t, text)); err != nil {
			t.Fatal(err)
		}
		return tags(b.String())
	}
	plain := count(f, "x")
	f.Add(hostileLog)
	f.Add("{{.}} -->")
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" || len(text) > 1000 {
			return // what is empty is left out
		}
		if got := count(t, text); got != plain {
			t.Errorf("%d tags with %q, and %d with x", got, text, plain)
		}
	})
}

func TestSuiteJUnit(t *testing.T) {
	var b bytes.Buffer
	if err := SuiteJUnit(&b, suiteReport(t, hostileLog)); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if !strings.Contains(text, `<testsuites name="exhibit" tests="3" failures="1" errors="1" skipped="0">`) {
		t.Errorf("other counts in\n%s", text)
	}
	dec := xml.NewDecoder(&b)
	elements := 0
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			elements++
			if e.Name.Local == "script" {
				t.Error("an element of the log")
			}
		}
	}
	if elements != 7 {
		t.Errorf("%d elements, want 7", elements)
	}
}
