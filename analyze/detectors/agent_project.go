package detectors

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// agentProject finds agents whose tools write outside the project that they work
// on.
type agentProject struct{}

func (agentProject) about() *analyze.About {
	return &analyze.About{
		ID: "agent.outside-project", Version: 1, Severity: analyze.SeverityMedium,
		Needs: []string{"tool_calls"},
		Title: "An agent wrote outside its project",
		Why: "What an agent may change is its project: the folder that its session was started in where the log says so, else the folder " +
			"in which most of the files lie that its tools named in the session. Files that are run at a login, a start or a commit weigh more.",
		Tags: []string{"attack.t1546", "atlas.aml.t0081", "owasp.asi02", "owasp.asi05"},
		Thresholds: []analyze.Threshold{
			{Name: "files", Default: 5, Unit: "files", What: "that a session must name before its project is taken from them"},
			{Name: "share", Default: 0.7, Unit: "share", What: "of a session's files that a folder must hold to be its project"},
		},
		FalsePositives: []string{"a task over several repositories", "settings that the user asked the agent to change"},
		Triage:         []string{"read who asked for the file: the user, or a text that the agent read", "compare the file with its last known state"},
		Collect:        []string{"the file and its history", "the conversation"},
		Contain:        []string{"restore the file", "limit the agent's tools to its project"},
	}
}

// writers are tools that change the file that they are given.
var writers = regexp.MustCompile(`(?i)^(?:.*[._])?(?:write|edit|multi_?edit|notebook_?edit|create|append|delete|remove|move|rename|str_replace|apply_patch|insert|put|save|upload)(?:[._a-z]*)$`)

// started are files that a login, a start, a commit or an agent runs or obeys.
var started = regexp.MustCompile(`(?i)(?:^|/)(?:\.(?:bash|zsh)(?:rc|_profile|env)|\.profile|authorized_keys|\.git/hooks/|\.git/config|crontab|cron\.[a-z]+/|LaunchAgents/|systemd/|rc\.local|autostart/|sudoers|\.claude/settings|\.cursor/|mcp\.json|\.vscode/tasks\.json)|^/etc/`)

// scratch are folders that anything may be written to.
var scratch = regexp.MustCompile(`^(?:/tmp|/var/tmp|/dev/shm|/private/tmp|/var/folders)(?:/|$)`)

// projectWork is what the tools of one session named.
type projectWork struct {
	uses   []*toolUse
	paths  []string // of each use
	first  int64    // event that the session began with
	writes bool
}

// projects are the sessions whose tools name files.
type projects struct {
	sessions map[[2]string]*projectWork
	order    [][2]string // in which they began
}

func (p *projects) add(u *toolUse) {
	place := u.file()
	if place == "" {
		return
	}
	key := [2]string{u.agent, u.session}
	w := p.sessions[key]
	if w == nil {
		if p.sessions == nil {
			p.sessions = map[[2]string]*projectWork{}
		}
		w = &projectWork{first: u.eid}
		p.sessions[key] = w
		p.order = append(p.order, key)
	}
	w.uses, w.paths = append(w.uses, u), append(w.paths, place)
	w.writes = w.writes || writers.MatchString(u.tool)
}

func (d agentProject) detect(ctx context.Context, r *run) (*result, error) {
	files, err := r.threshold(d.about(), "files")
	if err != nil {
		return nil, err
	}
	share, err := r.threshold(d.about(), "share")
	if err != nil {
		return nil, err
	}
	tools, err := r.toolsFound(ctx)
	if err != nil {
		return nil, err
	}
	res, unknown := &result{}, 0
	var hits toolHits
	for _, key := range tools.projects.order {
		w := tools.projects.sessions[key]
		if !w.writes {
			continue
		}
		root, err := w.root(ctx, r, files, share)
		if err != nil {
			return nil, err
		}
		if root == "" {
			unknown++
			continue
		}
		for i, u := range w.uses {
			if writers.MatchString(u.tool) && !within(w.paths[i], root) && !scratch.MatchString(w.paths[i]) {
				hits.add(u, w.paths[i])
			}
		}
	}
	if unknown > 0 {
		res.notes = append(res.notes, fmt.Sprintf("not enough history: %s named too few files in one folder to know the project", counted(unknown, "session")))
	}
	res.found = hits.found(func(f *analyze.Finding, g *toolGroup) {
		f.Title = fmt.Sprintf("%s wrote to %s", f.Subject, g.whats[0])
		f.Explanation = fmt.Sprintf("The session works in another folder, and wrote outside it by %s.", counted(len(g.uses), "tool call"))
		for _, place := range g.whats {
			if started.MatchString(place) {
				f.Severity = analyze.SeverityHigh
				f.Explanation += " " + place + " is run or obeyed at a login, a start or a commit."
				break
			}
		}
	})
	return res, nil
}

// file returns the absolute path that a use is about, "" where there is none.
func (u *toolUse) file() string {
	for _, text := range u.texts() {
		if name := strings.ToLower(text.name); !strings.Contains(name, "path") && !strings.Contains(name, "file") {
			continue
		}
		place := strings.ReplaceAll(text.text, `\`, "/")
		if len(place) > 2 && place[1] == ':' { // a drive
			place = place[2:]
		}
		if strings.HasPrefix(place, "~/") {
			place = "/home/~/" + place[2:]
		}
		if len(place) <= 4096 && strings.HasPrefix(place, "/") && !strings.Contains(place, "\n") {
			return path.Clean(place)
		}
	}
	return ""
}

// root returns the folder that a session works in, "" where it is not known: that
// in which it began, else one that holds a share of its files, of which there
// must be so many.
func (w *projectWork) root(ctx context.Context, r *run, files, share float64) (string, error) {
	record, err := r.c.Raw(ctx, w.first)
	if err != nil {
		return "", err
	}
	var line struct { // of a Claude Code transcript
		CWD string `json:"cwd"`
	}
	if json.Unmarshal(record.Raw, &line) == nil && strings.HasPrefix(line.CWD, "/") {
		return path.Clean(line.CWD), nil
	}
	if float64(len(w.paths)) < files {
		return "", nil
	}
	counts := map[string]int{}
	for _, place := range w.paths {
		for dir := path.Dir(place); strings.Count(dir, "/") >= 2; dir = path.Dir(dir) {
			counts[dir]++
		}
	}
	best := ""
	for dir, n := range counts {
		if float64(n) < share*float64(len(w.paths)) {
			continue
		}
		// Of the folders that hold most of the files the one with the most, then
		// the deepest.
		if best == "" || n > counts[best] || n == counts[best] && (len(dir) > len(best) || len(dir) == len(best) && dir < best) {
			best = dir
		}
	}
	return best, nil
}

// within reports whether a file lies in a folder.
func within(file, dir string) bool { return file == dir || strings.HasPrefix(file, dir+"/") }
