package drill

import (
	"cmp"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// deed is a step of an incident, as the logs have it.
type deed struct {
	trailRecord
	seen        seen   // what the provider says of a call
	gateway     seen   // what the gateway says of it
	body, reply string // of the invocation log
	note        string
}

// played are the logs of a run with every scenario, by incident and as a whole.
type playedRun struct {
	report *Report
	deeds  map[string][]deed
	by     map[string][]deed // what principals did beside incidents, in order of time
	with   map[string][]deed // what was done with a credential, in order of time
	issued map[string]deed   // by which a credential was issued
}

func playEverything(t *testing.T) *playedRun {
	t.Helper()
	c := incidentsConfig(35, 2)
	c.Days, c.Calls, c.Words, c.Sources = 18, 15_000, [2]int{20, 60}, []string{"cloudtrail", "bedrock", "litellm"}
	report, dir := generate(t, c)
	run := &playedRun{report: report, deeds: map[string][]deed{}, by: map[string][]deed{}, with: map[string][]deed{}, issued: map[string]deed{}}
	calls, gateway := decodeLines(t, filepath.Join(dir, "bedrock.jsonl"), "bedrock"), decodeLines(t, filepath.Join(dir, "litellm.jsonl"), "litellm")
	bodies := map[string]bedrockRecord{}
	for _, b := range readBedrock(t, filepath.Join(dir, "bedrock.jsonl")) {
		bodies[b.RequestID] = b
	}
	byID, steps := map[string]deed{}, map[string]bool{}
	for _, s := range report.Truth {
		steps[s.RequestID] = true
	}
	for _, r := range readTrail(t, filepath.Join(dir, "cloudtrail.json")) {
		d := deed{trailRecord: r, seen: calls[r.RequestID], gateway: gateway[r.RequestID], body: string(bodies[r.RequestID].Input.InputBodyJSON)}
		if out := bodies[r.RequestID].Output; out != nil {
			d.reply = string(out.OutputBodyJSON)
		}
		byID[r.RequestID] = d
		run.with[r.UserIdentity.AccessKeyID] = append(run.with[r.UserIdentity.AccessKeyID], d)
		run.issued[r.ResponseElements.Credentials.AccessKeyID] = d
		if !steps[r.RequestID] {
			run.by[r.UserIdentity.ARN] = append(run.by[r.UserIdentity.ARN], d)
		}
	}
	for _, s := range report.Truth {
		d := byID[s.RequestID]
		d.note = s.Note
		run.deeds[s.Incident] = append(run.deeds[s.Incident], d)
	}
	return run
}

// of returns the deeds whose note holds words.
func of(deeds []deed, words string) []deed {
	return slices.DeleteFunc(slices.Clone(deeds), func(d deed) bool { return !strings.Contains(d.note, words) })
}

func each(deeds []deed, least int, ok func(d deed) bool) error {
	if len(deeds) < least {
		return fmt.Errorf("%d steps, want %d", len(deeds), least)
	}
	for _, d := range deeds {
		if !ok(d) {
			return fmt.Errorf("step %s at %s does not fit: %.300s / %.300s", d.EventName, d.EventTime, d.body, d.reply)
		}
	}
	return nil
}

// before returns what a principal did before a time, beside incidents.
func (run *playedRun) before(arn string, at time.Time) []deed {
	all := run.by[arn]
	n, _ := slices.BinarySearchFunc(all, at, func(d deed, at time.Time) int { return d.EventTime.Compare(at) })
	return all[:n]
}

// ordered says whether the first deed of each kind comes before that of the next.
func ordered(deeds []deed, notes ...string) error {
	last := -1
	for _, n := range notes {
		i := slices.IndexFunc(deeds, func(d deed) bool { return strings.Contains(d.note, n) })
		if i <= last {
			return fmt.Errorf("no step that %q after step %d", n, last)
		}
		last = i
	}
	return nil
}

func within(deeds []deed, d time.Duration) error {
	if took := deeds[len(deeds)-1].EventTime.Sub(deeds[0].EventTime); took > d {
		return fmt.Errorf("took %s, want at most %s", took, d)
	}
	return nil
}

// shows says whether a text is in the bodies of a call, as they are written.
func (d deed) asked(s string) bool   { return strings.Contains(d.body, s) }
func (d deed) replied(s string) bool { return strings.Contains(d.reply, s) }

// characters are what makes each scenario one of its kind.
var characters = map[string]func(run *playedRun, in IncidentTruth, deeds []deed) error{
	"new-model": func(run *playedRun, in IncidentTruth, deeds []deed) error {
		return each(deeds, 4, func(d deed) bool {
			id := d.RequestParameters.ModelID
			return slices.Contains(restricted, id) && !slices.ContainsFunc(run.before(in.Subject.Principal, in.First), func(o deed) bool { return o.RequestParameters.ModelID == id })
		})
	},
	"denied-then-allowed": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return cmp.Or(
			ordered(deeds, "is denied", "gives the subject leave", "is answered"),
			each(of(deeds, "is denied"), 1, func(d deed) bool { return d.ErrorCode == "AccessDeniedException" }),
			each(of(deeds, "is answered"), 2, func(d deed) bool {
				return d.ErrorCode == "" && d.RequestParameters.ModelID == of(deeds, "is denied")[0].RequestParameters.ModelID
			}),
		)
	},
	"privilege-gained": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return cmp.Or(ordered(deeds, "takes a policy", "new policy"), each(deeds[:1], 1, func(d deed) bool { return strings.HasPrefix(d.EventName, "Attach") }))
	},
	"dormant-revived": func(run *playedRun, in IncidentTruth, deeds []deed) error {
		before := run.before(in.Subject.Principal, in.First)
		if len(before) < 3 || in.First.Sub(before[len(before)-1].EventTime) < 3*24*time.Hour {
			return fmt.Errorf("%d calls before", len(before))
		}
		return each(deeds, 4, func(d deed) bool { return d.UserIdentity.AccessKeyID == before[0].UserIdentity.AccessKeyID })
	},
	"concurrent-networks": func(run *playedRun, _ IncidentTruth, deeds []deed) error {
		return each(deeds, 3, func(d deed) bool {
			return slices.ContainsFunc(run.with[d.UserIdentity.AccessKeyID], func(o deed) bool {
				return o.SourceIPAddress != d.SourceIPAddress && o.EventTime.Sub(d.EventTime).Abs() < 3*time.Minute
			})
		})
	},
	"impossible-travel": func(run *playedRun, in IncidentTruth, deeds []deed) error {
		far := netip.MustParsePrefix("2001:db8:e000::/36")
		return each(deeds, 2, func(d deed) bool {
			return far.Contains(netip.MustParseAddr(d.SourceIPAddress)) && slices.ContainsFunc(run.with[d.UserIdentity.AccessKeyID], func(o deed) bool {
				return o.SourceIPAddress != d.SourceIPAddress && in.First.Sub(o.EventTime) < 2*time.Hour
			})
		})
	},
	"new-client": func(run *playedRun, in IncidentTruth, deeds []deed) error {
		return each(deeds, 3, func(d deed) bool {
			return d.UserAgent != "" && !slices.ContainsFunc(run.before(in.Subject.Principal, in.First), func(o deed) bool { return o.UserAgent == d.UserAgent })
		})
	},
	"root-or-phantom": func(_ *playedRun, in IncidentTruth, deeds []deed) error {
		return each(deeds, 4, func(d deed) bool {
			return in.Strength == Easy && d.UserIdentity.Type == "Root" || in.Strength != Easy &&
				(strings.Contains(d.UserIdentity.ARN, "BedrockAPIKey-") && !isModelCall(d.EventName) || d.EventName == "CreateAccessKey")
		})
	},
	"credential-moved": func(run *playedRun, _ IncidentTruth, deeds []deed) error {
		return each(deeds, 3, func(d deed) bool {
			o, known := run.issued[d.UserIdentity.AccessKeyID]
			return known && o.SourceIPAddress != d.SourceIPAddress
		})
	},
	"model-enumeration": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return each(deeds, 12, func(d deed) bool {
			return strings.HasPrefix(d.EventName, "List") || strings.HasPrefix(d.EventName, "Get")
		})
	},
	"validation-probe": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return cmp.Or(ordered(deeds, "invalid", "is answered"), each(of(deeds, "tries"), 2, func(d deed) bool {
			return d.ErrorCode == "ValidationException" && (d.asked(":-1") || d.body == "")
		}))
	},
	"llmjacking": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return cmp.Or(ordered(deeds, "looks around", "enables", "resells"), each(of(deeds, "resells"), 15, func(d deed) bool {
			return strings.HasPrefix(d.UserIdentity.AccessKeyID, "AKIA") && d.gateway.request == ""
		}))
	},
	"restricted-tests": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return each(deeds, 5, func(d deed) bool {
			return d.ErrorCode == "AccessDeniedException" && slices.Contains(restricted, d.RequestParameters.ModelID)
		})
	},
	"leaked-key": func(_ *playedRun, in IncidentTruth, deeds []deed) error {
		return cmp.Or(ordered(deeds, "writes a key", "uses the key"),
			each(deeds[:1], 1, func(d deed) bool { return d.asked(deeds[1].UserIdentity.AccessKeyID) || d.body == "" }),
			each(deeds[1:], 3, func(d deed) bool { return d.SourceIPAddress != deeds[0].SourceIPAddress && in.Subject.Person != "" }))
	},
	"call-spike": func(run *playedRun, in IncidentTruth, deeds []deed) error {
		hours := map[time.Time]int{}
		for _, d := range run.before(in.Subject.Principal, in.First) {
			hours[d.EventTime.Truncate(time.Hour)]++
		}
		most := 0
		for _, n := range hours {
			most = max(most, n)
		}
		if in.Strength == Easy && len(deeds) < 2*most {
			return fmt.Errorf("%d calls, and %d in an hour before", len(deeds), most)
		}
		return within(deeds, 4*time.Hour)
	},
	"token-spike": func(run *playedRun, in IncidentTruth, deeds []deed) error {
		if in.Strength == Stealthy {
			return run.more(in, deeds, 100, tokens)
		}
		return run.more(in, deeds, 200, tokens)
	},
	"cost-spike": func(run *playedRun, in IncidentTruth, deeds []deed) error { return run.more(in, deeds, 200, cost) },
	"latency-rise": func(run *playedRun, in IncidentTruth, deeds []deed) error {
		return run.more(in, deeds, 300, func(d deed) int64 { return d.gateway.took })
	},
	"slow-drift": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		days := map[time.Time]int{}
		for _, d := range deeds {
			days[d.EventTime.Truncate(24*time.Hour)]++
		}
		if len(days) < 3 || days[deeds[0].EventTime.Truncate(24*time.Hour)] >= days[deeds[len(deeds)-1].EventTime.Truncate(24*time.Hour)] {
			return fmt.Errorf("days %v", days)
		}
		return nil
	},
	"burst": func(_ *playedRun, in IncidentTruth, deeds []deed) error {
		beat := map[Strength]time.Duration{Easy: time.Second, Normal: 5 * time.Second, Stealthy: time.Minute}[in.Strength]
		for i, d := range deeds[1:] {
			if gap := d.EventTime.Sub(deeds[i].EventTime); gap != beat {
				return fmt.Errorf("%s between two calls", gap)
			}
		}
		return nil
	},
	"throttling-storm": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		refused := slices.DeleteFunc(slices.Clone(deeds), func(d deed) bool { return d.ErrorCode != "ThrottlingException" })
		return cmp.Or(within(deeds, 20*time.Minute), each(refused, len(deeds)/2, func(deed) bool { return true }))
	},
	"new-destination": func(run *playedRun, in IncidentTruth, deeds []deed) error {
		return each(deeds, 2, func(d deed) bool {
			_, url, _ := strings.Cut(d.reply, `"url":"`)
			url, _, _ = strings.Cut(url, `"`)
			host := strings.Join(strings.SplitN(url, "/", 4)[:3], "/")
			return host != "" && !slices.ContainsFunc(run.before(in.Subject.Principal, in.First), func(o deed) bool { return o.replied(host + "/") })
		})
	},
	"large-outputs-off-hours": func(run *playedRun, in IncidentTruth, deeds []deed) error {
		return cmp.Or(run.more(in, deeds, 200, func(d deed) int64 { return d.seen.out }), each(deeds, 5, func(d deed) bool {
			for _, offset := range offsets {
				if h := d.EventTime.Add(time.Duration(offset) * time.Hour).Hour(); h >= 21 || h < 6 {
					return true
				}
			}
			return false
		}))
	},
	"embedding-sweep": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return each(deeds, 50, func(d deed) bool {
			return d.RequestParameters.ModelID == "amazon.titan-embed-text-v2:0" && (d.body == "" || d.asked(deeds[0].body[:min(40, len(deeds[0].body))]))
		})
	},
	"output-ratio-shift": func(run *playedRun, in IncidentTruth, deeds []deed) error {
		return run.more(in, deeds, 150, func(d deed) int64 { return 100 * d.seen.out / max(1, d.seen.in) })
	},
	"secret-in-response": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return each(deeds, 1, func(d deed) bool {
			return d.reply == "" || slices.ContainsFunc([]string{"_access_key = ", "=ghp_", " PRIVATE KEY-----", "postgres://", "glpat-"}, d.replied)
		})
	},
	"prompt-leak": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return each(deeds, 1, func(d deed) bool {
			said, _, _ := strings.Cut(d.seen.system, ". ")
			return d.seen.reply == "" || said != "" && strings.Contains(d.seen.reply, said)
		})
	},
	"injection-direct": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return each(deeds, 2, func(d deed) bool { return isModelCall(d.EventName) })
	},
	"injection-indirect": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		if len(deeds)%2 != 0 {
			return fmt.Errorf("%d steps", len(deeds))
		}
		return each(of(deeds, "obeys"), 1, func(d deed) bool {
			_, url, _ := strings.Cut(d.reply, `"url":"`)
			url, _, _ = strings.Cut(url, `"`)
			return d.body == "" || url != "" && d.asked(url) && d.asked("tool_result")
		})
	},
	"refused-reworded-answered": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		last := deeds[len(deeds)-1]
		return cmp.Or(ordered(deeds, "is refused", "is answered"), each(deeds[:1], 1, func(d deed) bool {
			return d.seen.reply == "" || strings.Contains(last.body, strings.TrimSuffix(d.seen.reply, ".")) || last.body == ""
		}))
	},
	"refusal-shift": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return each(deeds, 5, func(d deed) bool {
			words := []string{"help", "can't", "cannot", "decline", "not able"}
			return d.reply == "" || slices.ContainsFunc(words, d.replied)
		})
	},
	"agent-outside-project": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return each(deeds, 2, func(d deed) bool { return d.reply == "" || d.replied(`"tool_use"`) })
	},
	"ungrounded-answer": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return each(deeds, 4, func(d deed) bool {
			number := strings.FieldsFunc(d.seen.reply, func(r rune) bool { return r < '0' || r > '9' })
			return d.reply == "" || len(number) > 0 && !strings.Contains(d.body, " "+number[0]+" ")
		})
	},
	"conflicting-documents": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return each(deeds, 4, func(d deed) bool { return d.body == "" || strings.Count(d.body, "Document ") >= 2 })
	},
	"model-version-drift": func(run *playedRun, in IncidentTruth, deeds []deed) error {
		return run.more(in, deeds, 100, func(d deed) int64 { return d.seen.out })
	},
	"logging-off": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return cmp.Or(ordered(deeds, "looks whether", "turns model invocation logging off", "is asked", "on again"),
			each(of(deeds, "is asked"), 4, func(d deed) bool { return d.seen.request == "" }))
	},
	"guardrail-weakened": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return cmp.Or(ordered(deeds, "is stopped", "s the guardrail", "is answered"),
			each(of(deeds, "is stopped"), 1, func(d deed) bool { return d.seen.outcome == "blocked" || d.reply == "" }),
			each(of(deeds, "is answered"), 2, func(d deed) bool { return d.seen.outcome == "success" || d.reply == "" }))
	},
	"trail-stopped": func(_ *playedRun, _ IncidentTruth, deeds []deed) error {
		return cmp.Or(ordered(deeds, "looks which", "a trail", "calls a model"), each(deeds[1:2], 1, func(d deed) bool {
			return slices.Contains([]string{"DeleteTrail", "StopLogging", "PutEventSelectors"}, d.EventName)
		}))
	},
}

func tokens(d deed) int64 { return d.seen.in + d.seen.out }

func cost(d deed) int64 { return d.gateway.cost.V }

// more says whether the median of a figure over the deeds is so high, in per cent
// of that over what the subject did before.
func (run *playedRun) more(in IncidentTruth, deeds []deed, percent int64, figure func(d deed) int64) error {
	median := func(list []deed) int64 {
		all := []int64{0}
		for _, d := range list {
			if v := figure(d); v > 0 {
				all = append(all, v)
			}
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	if usual, now := median(run.before(in.Subject.Principal, in.First)), median(deeds); 100*now < percent*usual || now == 0 {
		return fmt.Errorf("a median of %d, before it was %d", now, usual)
	}
	return nil
}

// Each instance of each scenario, in each strength, is what its name says.
func TestScenarios(t *testing.T) {
	run := playEverything(t)
	for _, in := range run.report.Incidents {
		t.Run(in.Incident, func(t *testing.T) {
			check := characters[in.Scenario]
			if check == nil {
				t.Fatalf("nothing is known of %s", in.Scenario)
			}
			if err := check(run, in, run.deeds[in.Incident]); err != nil {
				t.Error(err)
			}
		})
	}
}

// A stealthy incident has fewer steps than a normal one, and that has fewer than
// an easy one, where the strength is in their number.
func TestStrengths(t *testing.T) {
	c := incidentsConfig(36, 1)
	c.Calls = 60_000
	report, _ := generate(t, c)
	steps := map[string]int{}
	for _, in := range report.Incidents {
		steps[in.Scenario+" "+string(in.Strength)] = in.Steps
	}
	byEffect := []string{"latency-rise", "output-ratio-shift", "refusal-shift", "model-version-drift", "slow-drift", "call-spike"}
	for _, name := range IncidentNames() {
		easy, normal, stealthy := steps[name+" easy"], steps[name+" normal"], steps[name+" stealthy"]
		if !slices.Contains(byEffect, name) && (easy < normal || normal < stealthy || easy == stealthy) {
			t.Errorf("%s has %d, %d and %d steps", name, easy, normal, stealthy)
		}
	}
}
