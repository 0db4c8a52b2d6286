package main

import (
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // small machines and containers have no zone files

	"deskpost/templates"
	"deskpost/ticket"
)

// policy checks everything that decides how the desk behaves.
func (c *checker) policy(raw *rawConfig) *ticket.Policy {
	p := &ticket.Policy{
		Zone:            c.zone(raw.Zone),
		Priorities:      c.priorities(raw.Desk.Priorities),
		DefaultPriority: raw.Desk.DefaultPriority,
		ReopenWindow:    c.duration(at("desk", "reopen_window"), raw.Desk.ReopenWindow, 0, 3650*day),
		Thanks:          raw.Desk.Thanks,
		Language:        c.oneOf(at("desk", "language"), raw.Desk.Language, templates.Languages()...),
		Admins:          raw.Mail.Admins,
		Roles:           c.roles(raw),
		Mailboxes:       map[string]ticket.Mailbox{},
	}
	for name, m := range raw.Mailbox {
		p.Mailboxes[name] = ticket.Mailbox{Key: name, Address: ticket.Address{Email: m.Address}, Department: m.Department}
	}
	if len(p.Priorities) > 0 && !c.known(at("desk", "priorities")) {
		c.oneOf(at("desk", "default_priority"), p.DefaultPriority, p.Priorities...)
	}
	p.Substatuses = c.statuses(raw)
	p.Calendars = c.calendars(raw, p.Zone)
	p.Calendar = c.calendarReference(at("sla", "calendar"), raw.SLA.Calendar, p)
	p.Plans = c.plans(raw, p)
	agents := c.names("agent")
	p.Departments = c.departments(raw, agents, p)
	p.Agents = c.agents(raw, agents, p)
	c.assignable(p)
	p.Teams = c.teams(raw, agents, p)
	p.Fields = c.fields(raw, p)
	c.valuesOfSteps(p)
	p.Canned = c.canned(raw, p)
	p.Macros = c.macros(raw, p)
	for i, admin := range p.Admins {
		path := at("mail", "admins")
		c.referenceAt(c.index.elementLine(path, i), path, admin, "an", "agent", agents)
	}
	c.behaviour(raw, p)
	c.rhythm(raw, p)
	return p
}

// behaviour fills in what [commands] and [mail] say.
func (c *checker) behaviour(raw *rawConfig, p *ticket.Policy) {
	in := func(key string) keyPath { return at("mail", key) }
	limit := func(key string, value int) int { return c.number(in(key), value, 1, 1_000_000) }
	p.NearMiss = ticket.NearMiss(c.oneOf(at("commands", "near_miss"), raw.Commands.NearMiss, "hold", "warn", "off"))
	p.TokenLife = time.Duration(c.number(at("commands", "token_days"), raw.Commands.TokenDays, 1, 3650)) * day
	p.SendDelay = c.duration(at("mail", "send_delay"), raw.Mail.SendDelay, 0, time.Hour)
	p.DraftLife = time.Duration(c.number(at("commands", "draft_days"), raw.Commands.DraftDays, 1, 365)) * day
	p.Acknowledge = ticket.Acknowledge(c.oneOf(in("acknowledge"), raw.Mail.Acknowledge, "verified", "always", "never"))
	p.OldMail = c.duration(in("old_mail"), raw.Mail.OldMail, time.Minute, 3650*day)
	p.Separator = c.separator(raw.Mail.Separator)
	p.Echo = c.echo(raw)
	p.Retries = c.retries(raw.Mail)
	p.Caps = ticket.Caps{
		AddressHour: limit("cap_address_hour", raw.Mail.CapAddressHour),
		AddressDay:  limit("cap_address_day", raw.Mail.CapAddressDay),
		TicketDay:   limit("cap_ticket_day", raw.Mail.CapTicketDay),
		SystemHour:  limit("cap_system_hour", raw.Mail.CapSystemHour),
		SenderHour:  limit("cap_sender_hour", raw.Mail.CapSenderHour),
		ReopenHour:  limit("cap_reopen_hour", raw.Mail.CapReopenHour),
		AgentBurst:  limit("cap_agent_burst", raw.Mail.CapAgentBurst),
	}
}

func (c *checker) zone(value string) *time.Location {
	path := at("zone")
	if !c.required(path, value, `zone = "Europe/Berlin" (timedatectl list-timezones lists the names)`) {
		return nil
	}
	return c.zoneAt(path, value)
}

func (c *checker) zoneAt(path keyPath, value string) *time.Location {
	zone, err := time.LoadLocation(value)
	if err != nil || value == "Local" {
		c.fault(path, `%q is not a time zone; write a name such as "Europe/Berlin" (timedatectl list-timezones lists them)`, value)
		return nil
	}
	return zone
}

func (c *checker) priorities(values []string) []string {
	path := at("desk", "priorities")
	if len(values) == 0 && !c.known(path) {
		c.fault(path, `must not be empty; write priorities = ["Low", "Normal", "High"]`)
	}
	seen := map[string]bool{}
	for i, v := range values {
		// Agents write them as verbs in commands: "#high".
		if v == "" || len(v) > 40 || strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r == '#' || r == 0x7f }) {
			c.faultAt(c.index.elementLine(path, i), path, "%q cannot be a priority; write one word", v)
		}
		if seen[strings.ToLower(v)] {
			c.faultAt(c.index.elementLine(path, i), path, "%q is there twice; take one out", v)
		}
		seen[strings.ToLower(v)] = true
	}
	return values
}

func (c *checker) roles(raw *rawConfig) map[string]ticket.Role {
	rights := make([]string, len(ticket.Rights))
	for i, r := range ticket.Rights {
		rights[i] = string(r)
	}
	roles := map[string]ticket.Role{}
	for _, r := range ticket.Roles() {
		roles[r.Key] = r
	}
	for _, name := range c.names("role") {
		path := at("role", name, "rights")
		role := ticket.Role{Key: name}
		if name == ticket.NoAccess {
			c.fault(at("role", name), "%q in the access of an agent takes a role away; give this one another name", name)
		}
		if len(raw.Role[name].Rights) == 0 && !c.known(path) {
			c.fault(path, `is missing or empty; write rights = ["read", "note"]`)
		}
		for i, r := range raw.Role[name].Rights {
			line := c.index.elementLine(path, i)
			if !slices.Contains(rights, r) {
				c.faultAt(line, path, "%q is not a right%s Write any of: %s", r, fullStop(didYouMean(r, rights)),
					strings.Join(rights, ", "))
			} else if slices.Contains(role.Rights, ticket.Right(r)) {
				c.faultAt(line, path, "%q is there twice; take one out", r)
			}
			role.Rights = append(role.Rights, ticket.Right(r))
		}
		roles[name] = role
	}
	return roles
}

func (c *checker) departments(raw *rawConfig, agents []string, p *ticket.Policy) map[string]ticket.Department {
	all := map[string]ticket.Department{}
	names, plans := c.names("department"), c.index.names("plan")
	if len(names) == 0 && !c.bad["department"] {
		c.fault(at("department"), "no department is set; add [department.NAME]")
	}
	for _, name := range names {
		d := raw.Department[name]
		in := func(key string) keyPath { return at("department", name, key) }
		c.required(in("name"), d.Name, `name = "Support"`)
		if d.Lead != "" {
			c.reference(in("lead"), d.Lead, "an", "agent", agents)
		}
		if d.Plan != "" {
			c.reference(in("plan"), d.Plan, "a", "plan", plans)
		}
		if len(d.Signature) > 4096 || strings.ContainsRune(d.Signature, 0) {
			c.fault(in("signature"), "is longer than 4 KiB or not text; shorten it")
		}
		all[name] = ticket.Department{
			Key: name, Name: c.oneLine(in("name"), d.Name), Parent: d.Parent,
			Address:   ticket.Address{Name: d.Name, Email: d.Address},
			Signature: d.Signature, Lead: d.Lead, Plan: d.Plan,
			Calendar: c.calendarReference(in("calendar"), d.Calendar, p), ReopenClosed: d.ReopenClosed,
			Assign:       ticket.AssignRule(c.oneOf(in("assign"), d.Assign, assignRules()...)),
			TellCustomer: c.tellCustomer(in("tell_customer"), d.TellCustomer),
			AfterReply: c.stateIn(c.index.line(in("after_reply")), in("after_reply"), d.AfterReply, "a status that a reply can set", p,
				ticket.Open, ticket.Pending, ticket.Hold),
			Language: c.oneOf(in("language"), d.Language, append(templates.Languages(), ticket.AutoLanguage)...), Portal: d.Portal, Rating: d.Rating,
		}
	}
	c.timers(raw, all)
	c.parents(names, all)
	return all
}

func (c *checker) agents(raw *rawConfig, names []string, p *ticket.Policy) map[string]ticket.Agent {
	all := map[string]ticket.Agent{}
	if len(names) == 0 && !c.bad["agent"] {
		c.fault(at("agent"), "no agent is set, so nobody would read tickets; add [agent.NAME]")
	}
	for _, name := range names {
		a := raw.Agent[name]
		in := func(key string) keyPath { return at("agent", name, key) }
		c.required(in("name"), a.Name, `name = "Jane Doe"`)
		if len(a.Emails) == 0 && !c.known(in("emails")) {
			c.fault(in("emails"), `is missing or empty; write emails = ["jane@bank.example"]`)
		}
		c.access(in("access"), a.Access, p)
		all[name] = ticket.Agent{
			Key: name, Name: c.oneLine(in("name"), a.Name), Emails: a.Emails, Access: a.Access, Disabled: a.Disabled,
			ReplyAs: ticket.EntryKind(c.oneOf(in("reply_as"), a.ReplyAs, string(ticket.Reply), string(ticket.Note))),
			Transcript: ticket.TranscriptMode(c.oneOf(in("transcript"), a.Transcript,
				string(ticket.TranscriptAlways), string(ticket.TranscriptErrors))),
			Notify: c.notify(name, a.Notify),
		}
	}
	return all
}

// access checks department = "role" pairs.
func (c *checker) access(path keyPath, access map[string]string, p *ticket.Policy) {
	roles := append(slices.Collect(maps.Keys(p.Roles)), ticket.NoAccess)
	for _, department := range slices.Sorted(maps.Keys(access)) {
		key := append(slices.Clone(path), department)
		if _, ok := p.Departments[department]; !ok {
			c.reference(key, department, "a", "department", slices.Collect(maps.Keys(p.Departments)))
		}
		c.reference(key, access[department], "a", "role", roles)
	}
}

func (c *checker) separator(value string) string {
	// Others occur in ordinary addresses, or mean something to mail servers.
	if !slices.Contains([]string{"", "+", "-", "=", "_"}, value) && !c.known(at("mail", "separator")) {
		c.fault(at("mail", "separator"), `%q cannot separate addresses from tags; write "+", the character your mail`+
			` server uses ("-", "=" or "_"), or "" if it has none`, value)
	}
	return value
}

func (c *checker) retries(raw rawMail) ticket.Retries {
	path := at("mail", "retry")
	r := ticket.Retries{
		TellAt: c.duration(at("mail", "tell_at"), raw.TellAt, time.Minute, 30*day),
		GiveUp: c.duration(at("mail", "give_up"), raw.GiveUp, time.Minute, 30*day),
	}
	if len(raw.Retry) == 0 && !c.known(path) {
		c.fault(path, `must not be empty; write retry = ["1m", "5m", "1h"]`)
	}
	for i, delay := range raw.Retry {
		r.Delays = append(r.Delays, c.durationAt(c.index.elementLine(path, i), path, delay, time.Second, day))
	}
	if r.TellAt > r.GiveUp && r.GiveUp > 0 {
		c.fault(at("mail", "tell_at"), "%s comes after give_up (%s); write a shorter duration",
			formatDuration(r.TellAt), formatDuration(r.GiveUp))
	}
	return r
}
