package render

import (
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/correlation"
)

// absences say which calls are not seen on a plane, and what that means.
func (d *drawing) absences() error {
	if len(d.r.Absences) == 0 {
		return nil
	}
	if err := d.e.part("What should be there and is not"); err != nil {
		return err
	}
	for _, a := range d.r.Absences {
		mark := "  "
		if a.Why == correlation.WhyMissing {
			mark = "! "
		}
		if err := d.sentence(mark+Terminal(Absent(a)), a.Why == correlation.WhyMissing); err != nil {
			return err
		}
	}
	return nil
}

// Absent says which calls are not seen on a plane, and what that means.
func Absent(a correlation.Absence) string {
	verb := "have"
	if a.Events == 1 {
		verb = "has"
	}
	text := counted(a.Events, "call") + " " + verb + " no " + a.Plane + " event"
	switch a.Why {
	case correlation.WhyMissing:
		text += ", though a log covers the time, account and region"
	case correlation.WhyNotCovered:
		text += "; the " + a.Plane + " logs in this case do not cover the time, account and region"
	case correlation.WhyNoSource:
		text += "; this case holds no " + a.Plane + " log"
	}
	return text
}

// sentence draws a text that is broken between its words.
func (d *drawing) sentence(text string, strong bool) error {
	for i, line := range wrap(text, d.width-2) {
		if i > 0 {
			line = "  " + line
		}
		if strong {
			line = d.e.paint(bold, line)
		}
		if err := d.e.print(line); err != nil {
			return err
		}
	}
	return nil
}

// probable draws the events that nothing but time, principal and model join,
// apart from those that identifiers join.
func (d *drawing) probable() error {
	if len(d.r.Probable) == 0 {
		return nil
	}
	if err := d.e.part("Probable: joined by time, principal and model only"); err != nil {
		return err
	}
	return d.list(d.r.Probable)
}

// weak lists the identifiers that were not followed, by the reason.
func (d *drawing) weak() error {
	if len(d.r.Weak) == 0 {
		return nil
	}
	if err := d.e.part("Identifiers that were not followed"); err != nil {
		return err
	}
	for _, reason := range []correlation.Reason{
		correlation.ReasonEvents, correlation.ReasonPrincipals, correlation.ReasonPlaceholder,
		correlation.ReasonCredential, correlation.ReasonAttribute,
	} {
		if err := d.weakFor(reason); err != nil {
			return err
		}
	}
	return nil
}

func (d *drawing) weakFor(reason correlation.Reason) error {
	said := false
	for _, w := range d.r.Weak {
		if w.Reason != reason {
			continue
		}
		if !said {
			said = true
			if err := d.sentence(WhyWeak(reason)+":", false); err != nil {
				return err
			}
		}
		segments := []segment{{Terminal(strings.ReplaceAll(w.Kind, "_", " ")), ""}, {Terminal(w.Value), ""}, {counted(w.Events, "event"), ""}}
		if w.Principals > 1 {
			segments = append(segments, segment{counted(w.Principals, "principal"), ""})
		}
		if err := d.flow(4, 2, segments); err != nil {
			return err
		}
	}
	return nil
}

// WhyWeak says why identifiers are not followed.
func WhyWeak(r correlation.Reason) string {
	switch r {
	case correlation.ReasonPlaceholder:
		return "stands for the lack of a value"
	case correlation.ReasonEvents:
		return "shared by more events than one call or session has"
	case correlation.ReasonPrincipals:
		return "shared by more principals than one call or session has"
	case correlation.ReasonAttribute:
		return "names a person, an account or a label, not an activity"
	case correlation.ReasonCredential:
		return "leads to who issued it, not to its other uses (--credential shows those)"
	}
	return string(r)
}
