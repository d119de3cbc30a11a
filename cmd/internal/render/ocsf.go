package render

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// OCSFVersion is the version of the schema of [OCSF].
const OCSFVersion = "1.6.0"

// OCSF writes findings as events of the class Detection Finding (2004) of the
// Open Cybersecurity Schema Framework, one JSON object a line. What the schema
// has no attribute for is in unmapped.
func OCSF(w io.Writer, r *FindingReport) error {
	titles := map[string]*analyze.About{}
	for _, d := range r.Detectors {
		titles[d.ID] = d.About
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		data, err := JSON(newOCSFEvent(f, titles[f.Detector], r))
		if err != nil {
			return fmt.Errorf("rendering OCSF: %w", err)
		}
		if _, err := w.Write(append(data, '\n')); err != nil {
			return err
		}
	}
	return nil
}

type ocsfEvent struct {
	ActivityID   int            `json:"activity_id"`
	ActivityName string         `json:"activity_name"`
	CategoryUID  int            `json:"category_uid"`
	CategoryName string         `json:"category_name"`
	ClassUID     int            `json:"class_uid"`
	ClassName    string         `json:"class_name"`
	TypeUID      int            `json:"type_uid"`
	TypeName     string         `json:"type_name"`
	Time         int64          `json:"time"` // milliseconds
	StartTime    *int64         `json:"start_time,omitempty"`
	EndTime      *int64         `json:"end_time,omitempty"`
	Count        int64          `json:"count,omitempty"`
	SeverityID   int            `json:"severity_id"`
	Severity     string         `json:"severity"`
	StatusID     int            `json:"status_id"`
	Status       string         `json:"status"`
	StatusDetail string         `json:"status_detail,omitempty"`
	Alert        bool           `json:"is_alert"`
	Message      string         `json:"message"`
	Metadata     ocsfMetadata   `json:"metadata"`
	Info         ocsfInfo       `json:"finding_info"`
	Evidences    []ocsfEvidence `json:"evidences,omitempty"`
	Unmapped     map[string]any `json:"unmapped"`
}

type ocsfMetadata struct {
	Version string      `json:"version"`
	Product ocsfProduct `json:"product"`
}

type ocsfProduct struct {
	Name    string `json:"name"`
	Vendor  string `json:"vendor_name"`
	Version string `json:"version"`
}

type ocsfInfo struct {
	UID       string        `json:"uid"`
	Title     string        `json:"title"`
	Desc      string        `json:"desc,omitempty"`
	Types     []string      `json:"types"`
	FirstSeen *int64        `json:"first_seen_time,omitempty"`
	LastSeen  *int64        `json:"last_seen_time,omitempty"`
	Analytic  ocsfAnalytic  `json:"analytic"`
	Attacks   []ocsfAttack  `json:"attacks,omitempty"`
	Related   []ocsfRelated `json:"related_events,omitempty"`
}

type ocsfAnalytic struct {
	UID     string `json:"uid"`
	Name    string `json:"name"`
	TypeID  int    `json:"type_id"`
	Type    string `json:"type"`
	Version string `json:"version,omitempty"`
}

type ocsfAttack struct {
	Technique    *ocsfEntity `json:"technique,omitempty"`
	SubTechnique *ocsfEntity `json:"sub_technique,omitempty"`
	Version      string      `json:"version"`
}

type ocsfEntity struct {
	UID string `json:"uid"`
}

type ocsfRelated struct {
	UID string `json:"uid"`
}

type ocsfEvidence struct {
	Actor *ocsfActor     `json:"actor,omitempty"`
	Data  map[string]any `json:"data"`
}

type ocsfActor struct {
	User struct {
		Name string `json:"name"`
	} `json:"user"`
}

func newOCSFEvent(f *ReportedFinding, about *analyze.About, r *FindingReport) ocsfEvent {
	e := ocsfEvent{
		CategoryUID: 2, CategoryName: "Findings", ClassUID: 2004, ClassName: "Detection Finding",
		Count: f.EventCount, Message: f.Title, StatusDetail: f.settled(),
		Alert:    f.Severity >= analyze.SeverityMedium && f.settled() == "",
		Metadata: ocsfMetadata{Version: OCSFVersion, Product: ocsfProduct{Name: "exhibit", Vendor: "exhibit", Version: r.Version}},
		Info:     newOCSFInfo(f, about),
		Unmapped: sarifProperties(f),
	}
	e.activity(f)
	e.severity(f.Severity)
	e.StartTime, e.EndTime = milliseconds(f.First), milliseconds(f.Last)
	e.Time = firstTime(f.Last, f.First, r.Newest).UnixMilli()
	for _, p := range f.Places {
		evidence := ocsfEvidence{Data: map[string]any{
			"event_id": p.Event, "path": p.Path, "evidence_sha256": p.SHA256, "byte_offset": p.Offset, "byte_length": p.Length,
		}}
		if f.Actor != "" {
			evidence.Actor = &ocsfActor{}
			evidence.Actor.User.Name = f.Actor
		}
		e.Evidences = append(e.Evidences, evidence)
	}
	return e
}

// firstTime is the first time that is one.
func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Unix(0, 0)
}

func milliseconds(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

// activity says what became of the finding.
func (e *ocsfEvent) activity(f *ReportedFinding) {
	e.ActivityID, e.ActivityName, e.StatusID, e.Status = 1, "Create", 1, "New"
	switch {
	case f.State == "closed":
		e.ActivityID, e.ActivityName, e.StatusID, e.Status = 3, "Close", 4, "Resolved"
	case f.Suppressed != nil:
		e.StatusID, e.Status = 3, "Suppressed"
	case f.State == "investigating", f.State == "contained":
		e.ActivityID, e.ActivityName, e.StatusID, e.Status = 2, "Update", 2, "In Progress"
	}
	e.TypeUID, e.TypeName = 100*e.ClassUID+e.ActivityID, e.ClassName+": "+e.ActivityName
}

func (e *ocsfEvent) severity(s analyze.Severity) {
	words := []string{"Informational", "Low", "Medium", "High", "Critical"}
	s = min(max(s, analyze.SeverityInfo), analyze.SeverityCritical)
	e.SeverityID, e.Severity = int(s), words[s-analyze.SeverityInfo]
}

func newOCSFInfo(f *ReportedFinding, about *analyze.About) ocsfInfo {
	info := ocsfInfo{
		UID: f.ID, Title: f.Title, Desc: f.Explanation, Types: []string{analyze.Family(f.Detector)},
		FirstSeen: milliseconds(f.First), LastSeen: milliseconds(f.Last),
		Analytic: ocsfAnalytic{UID: f.Detector, Name: f.Detector, TypeID: 1, Type: "Rule"},
	}
	if about != nil {
		info.Analytic.Name, info.Analytic.Version = cmp.Or(about.Title, f.Detector), fmt.Sprint(about.Version)
	}
	if f.Test != nil {
		info.Analytic.TypeID, info.Analytic.Type = 3, "Statistical"
	}
	version := strings.TrimPrefix(analyze.TagVersions()["attack"], "MITRE ATT&CK v")
	for _, id := range techniques(f.Tags) {
		technique, _, sub := strings.Cut(id, ".")
		attack := ocsfAttack{Technique: &ocsfEntity{technique}, Version: version}
		if sub {
			attack.SubTechnique = &ocsfEntity{id}
		}
		info.Attacks = append(info.Attacks, attack)
	}
	for _, p := range f.Places {
		info.Related = append(info.Related, ocsfRelated{p.Event})
	}
	return info
}
