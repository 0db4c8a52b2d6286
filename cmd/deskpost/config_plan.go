package main

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"deskpost/ticket"
	"deskpost/ticket/sla"
)

// maxTarget bounds targets and the times of steps; calendars look ten years
// ahead, and a target is working time.
const maxTarget = 366 * day

func (c *checker) plans(raw *rawConfig, p *ticket.Policy) map[string]ticket.Plan {
	plans := map[string]ticket.Plan{}
	for _, name := range c.names("plan") {
		r := raw.Plan[name]
		in := func(key string) keyPath { return at("plan", name, key) }
		c.required(in("name"), r.Name, `name = "Sev-A"`)
		plan := ticket.Plan{
			Key: name, Name: c.oneLine(in("name"), r.Name),
			Calendar: c.calendarReference(in("calendar"), r.Calendar, p),
			Targets:  c.targets(in("targets"), r.Targets, p.Priorities),
			PauseOn:  r.PauseOn, PauseFirst: r.PauseFirst,
			Steps: c.steps(in("steps"), r.Steps, raw, p),
			OnReopen: sla.OnReopen(c.oneOf(in("on_reopen"), r.OnReopen, string(sla.ReopenResume), string(sla.ReopenRestart),
				string(sla.ReopenNone))),
			OnChange: sla.OnChange(c.oneOf(in("on_change"), r.OnChange, string(sla.FromStart), string(sla.Carry), string(sla.FromChange))),
		}
		for i, status := range r.PauseOn {
			c.pause(c.index.elementLine(in("pause_on"), i), in("pause_on"), status, p)
		}
		c.reachable(in("steps"), plan)
		plans[name] = plan
	}
	return plans
}

// reachable refuses steps of clocks that no target of the plan ever starts. A due
// date needs none.
func (c *checker) reachable(path keyPath, plan ticket.Plan) {
	for _, s := range plan.Steps {
		in := append(slices.Clone(path), s.Key, "metric")
		if s.Metric == sla.Due || !slices.Contains(sla.Metrics, s.Metric) {
			continue
		}
		promised := false
		for _, target := range plan.Targets {
			promised = promised || target.Budget(s.Metric) > 0
		}
		if !promised {
			c.fault(in, "no target of the plan promises %q, so the step would never be reached; write such as %s = \"4h\" into a target, or take the step out", s.Metric, s.Metric)
		}
	}
}

// pause checks one status in which clocks are paused, or "snooze".
func (c *checker) pause(line int, path keyPath, status string, p *ticket.Policy) {
	if status != "snooze" {
		c.stateIn(line, path, status, "a status in which clocks can be paused, nor snooze", p,
			ticket.New, ticket.Open, ticket.Pending, ticket.Hold)
	}
}

// targets checks the table of priorities. They are written as in [desk] or in
// small letters.
func (c *checker) targets(path keyPath, raw map[string]rawTarget, priorities []string) map[string]sla.Target {
	targets := map[string]sla.Target{}
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		at := append(slices.Clone(path), key)
		i := slices.IndexFunc(priorities, func(p string) bool { return strings.EqualFold(p, key) })
		if i < 0 {
			if !c.known(at) {
				c.fault(at, "%q is not a priority%s Write one of: %s", key, fullStop(didYouMean(key, priorities)), strings.Join(priorities, ", "))
			}
			continue
		}
		if _, twice := targets[priorities[i]]; twice {
			c.fault(at, "the priority %s is there twice; keep one of them", priorities[i])
		}
		span := func(name, value string) time.Duration {
			if value == "" {
				return 0
			}
			return c.duration(append(slices.Clone(at), name), value, time.Minute, maxTarget)
		}
		r := raw[key]
		targets[priorities[i]] = sla.Target{First: span("first", r.First), Next: span("next", r.Next),
			Resolve: span("resolve", r.Resolve), Keep: span("keep", r.Keep)}
		if r == (rawTarget{}) && !c.known(at) {
			c.fault(at, `promises nothing; write such as first = "1h" or resolve = "8h", or take it out`)
		}
	}
	return targets
}

// steps checks the steps of a plan, in the order of the file.
func (c *checker) steps(path keyPath, raw map[string]rawStep, rawAll *rawConfig, p *ticket.Policy) []sla.Step {
	keys := slices.SortedFunc(maps.Keys(raw), func(a, b string) int {
		line := func(key string) int { return c.index.line(append(slices.Clone(path), key)) }
		if d := line(a) - line(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	var steps []sla.Step
	for _, key := range keys {
		steps = append(steps, c.step(append(slices.Clone(path), key), key, raw[key], rawAll, p))
	}
	return steps
}

func (c *checker) step(path keyPath, key string, r rawStep, raw *rawConfig, p *ticket.Policy) sla.Step {
	in := func(key string) keyPath { return append(slices.Clone(path), key) }
	if !validName(key) {
		c.fault(path, "%q cannot be a name; write one to forty small letters, digits and hyphens, such as warn", shorten(key))
	}
	s := sla.Step{Key: key, Do: r.Do, Max: r.Max}
	metrics := []string{string(sla.Every)}
	for _, m := range sla.Metrics {
		metrics = append(metrics, string(m))
	}
	if c.required(in("metric"), r.Metric, `metric = "first", or "*" for all`) {
		s.Metric = sla.Metric(c.oneOf(in("metric"), r.Metric, metrics...))
	}
	if c.required(in("at"), r.At, `at = "75%"`) {
		point, err := sla.ParsePoint(r.At, parseDuration)
		if err != nil {
			c.fault(in("at"), "%v", err)
		}
		s.At = point
	}
	switch {
	case r.Repeat == "" && r.Max != 0:
		c.fault(in("max"), `is for steps that repeat; write repeat = "4h", or take it out`)
	case r.Repeat == "":
	case s.At.Before():
		c.fault(in("repeat"), `a step before the deadline cannot repeat; write at = "0" or later, or take it out`)
	default:
		s.Repeat = c.duration(in("repeat"), r.Repeat, time.Minute, maxTarget)
		if r.Max == 0 && !c.known(in("max")) {
			c.fault(in("max"), "is missing; write how often the step is done in all, such as max = 5")
		} else {
			c.number(in("max"), r.Max, 1, 100)
		}
	}
	s.Expires, s.Wake = c.expires(in("expires"), r.Expires, s.At), r.Wake
	if len(r.Do) == 0 && !c.known(in("do")) {
		c.fault(in("do"), `is missing or empty; write such as do = ["mail:assignee,lead"]`)
	}
	for i, action := range r.Do {
		c.action(c.index.elementLine(in("do"), i), in("do"), action, raw, p)
	}
	return s
}

// staleAfter is how long after its time people still want to be warned of a
// deadline, unless the step says otherwise.
const staleAfter = 2 * time.Hour

// neverExpires is the value for people who always want to be told.
const neverExpires = "never"

// expires is how long after its time people still want to be told of a step. That
// a deadline has passed they want always.
func (c *checker) expires(path keyPath, value string, point sla.Point) time.Duration {
	switch {
	case value == "" && point.Before():
		return staleAfter
	case value == "" || value == neverExpires:
		return 0
	case point == (sla.Point{}) || point.IsPart && !point.Before():
		c.fault(path, "that a deadline has passed is always told; take it out")
		return 0
	}
	return c.duration(path, value, time.Minute, maxTarget)
}

// withoutObject are the actions that need none.
var withoutObject = []string{"unassign"}

// action checks one thing that a step does.
func (c *checker) action(line int, path keyPath, text string, raw *rawConfig, p *ticket.Policy) {
	verb, object, _ := strings.Cut(text, ":")
	verbs := []string{"mail", "priority", "assign", "unassign", "team", "dept", "tag", "field", "note", "status", "macro", "webhook"}
	known := func(value, what string, words []string) {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, value) }) {
			c.faultAt(line, path, "%q is not %s%s Write one of: %s", value, what, fullStop(didYouMean(value, words)), strings.Join(words, ", "))
		}
	}
	switch {
	case !slices.Contains(verbs, verb):
		c.faultAt(line, path, `%q is nothing a step can do%s Write one of: mail:assignee,lead, priority:+1, assign:NAME, unassign, team:NAME, dept:NAME, tag:NAME, field:NAME=VALUE, note:TEXT, status:open, macro:NAME, webhook:NAME`,
			text, fullStop(didYouMean(verb, verbs)))
	case slices.Contains(withoutObject, verb):
		if object != "" {
			c.faultAt(line, path, "%q has an object, and there is none; write %s", text, verb)
		}
	case object == "":
		c.faultAt(line, path, "%q lacks its object; write such as mail:assignee,lead", text)
	case verb == "mail":
		roles := slices.Concat([]string{"assignee", "team", "members", "lead", "manager", "watchers", "admins", "customer"}, c.index.names("agent"))
		for who := range strings.SplitSeq(object, ",") {
			if strings.Contains(who, "@") {
				c.address(line, path, who)
				continue
			}
			known(who, "a role or an agent", roles)
		}
	case verb == "priority":
		known(object, "a priority", append([]string{"+1", "-1"}, p.Priorities...))
	case verb == "assign":
		known(object, "an agent", append([]string{"none"}, c.index.names("agent")...))
	case verb == "team":
		known(object, "a team", append([]string{"none"}, c.index.names("team")...))
	case verb == "tag":
		c.stepTag(line, path, object)
	case verb == "field":
		c.stepField(line, path, object, raw)
	case verb == "note":
		if strings.TrimSpace(object) != object || strings.ContainsFunc(object, unicode.IsControl) || len(object) > maxStepNote {
			c.faultAt(line, path, "a note is one line of at most %d characters without spaces around it; shorten it", maxStepNote)
		}
	case verb == "dept":
		known(object, "a department", c.index.names("department"))
	case verb == "macro":
		c.referenceAt(line, path, object, "a", "macro", c.index.names("macro"))
	case verb == "webhook":
		c.referenceAt(line, path, object, "a", "webhook", c.index.names("webhook"))
	case verb == "status":
		c.stateIn(line, path, object, "a status that a step can set", p, ticket.Open, ticket.Pending, ticket.Hold, ticket.Resolved)
	}
}

// Limits of what steps write.
const (
	maxStepTag  = 50
	maxStepNote = 500
)

// stepTag checks a tag to add, or to take off where it begins with "-".
func (c *checker) stepTag(line int, path keyPath, object string) {
	tag := strings.TrimLeft(object, "+-")
	if len(object)-len(tag) > 1 || tag == "" || len(tag) > maxStepTag || strings.ContainsFunc(tag, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == ',' }) {
		c.faultAt(line, path, "%q is not a tag of at most %d characters; write such as tag:late, or tag:-late to take it off", object, maxStepTag)
	}
}

// stepField checks a field and the value that it gets. Fields are checked after
// plans, so their values are looked at in valuesOfSteps.
func (c *checker) stepField(line int, path keyPath, object string, raw *rawConfig) {
	key, _, ok := strings.Cut(object, "=")
	switch _, there := raw.Field[key]; {
	case !ok:
		c.faultAt(line, path, "%q is no field with a value; write field:NAME=VALUE, or field:NAME= to empty it", object)
	case !there:
		c.referenceAt(line, path, key, "a", "field", c.index.names("field"))
	}
}

// valuesOfSteps checks the values that steps give to fields.
func (c *checker) valuesOfSteps(p *ticket.Policy) {
	for _, name := range c.names("plan") {
		for _, step := range p.Plans[name].Steps {
			path := at("plan", name, "steps", step.Key, "do")
			for i, action := range step.Do {
				object, ok := strings.CutPrefix(action, "field:")
				key, value, _ := strings.Cut(object, "=")
				at := slices.IndexFunc(p.Fields, func(f ticket.Field) bool { return f.Key == key })
				if !ok || at < 0 || value == "" {
					continue
				}
				if _, err := p.Fields[at].Normal(value); err != nil {
					c.faultAt(c.index.elementLine(path, i), path, "the field %s: %v", key, err)
				}
			}
		}
	}
}
