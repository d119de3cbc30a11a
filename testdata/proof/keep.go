package main

import "strings"

// keep returns a report with the parts of an older one that it lacks, each in the place
// that it has in a whole report. An older report that was measured with something else,
// as its head says, is not kept.
func keep(older, fresh string) string {
	head, parts := split(fresh)
	before, old := split(older)
	if head != before {
		return fresh
	}
	var b strings.Builder
	b.WriteString(head)
	for _, s := range sections() {
		if text, ok := parts[s.title]; ok {
			b.WriteString(text)
		} else {
			b.WriteString(old[s.title])
		}
	}
	return b.String()
}

// split takes a report apart into its head and its parts by their titles. What stands
// in a fence is quoted, and no title.
func split(report string) (head string, parts map[string]string) {
	parts = map[string]string{}
	title, fenced := "", false
	for line := range strings.Lines(report) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if name, ok := strings.CutPrefix(line, "## "); ok && !fenced {
			title = strings.TrimSpace(name)
		}
		if title == "" {
			head += line
		} else {
			parts[title] += line
		}
	}
	return head, parts
}
